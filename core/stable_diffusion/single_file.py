"""Opens a Stable Diffusion model of the 1.5 class from one safetensors file, with nothing from a network.

Sizes are read from the weights' shapes, the rest is version 1.5's. CLIP's vocabulary lies beside this module: the
merges of byte-pair encoding that OpenAI published with CLIP under the MIT licence.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
from diffusers.loaders.single_file_utils import (
    convert_ldm_clip_checkpoint,
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
)
from safetensors import safe_open
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from core.checkpoints import CheckpointError
from core.stable_diffusion.autoencoders import TINY, shapes_of
from core.stable_diffusion.describe import CLIP, UNET, VAE, check_file

LENGTH = 77  # tokens of a prompt, start and end included
START, END, WORD_END = "<|startoftext|>", "<|endoftext|>", "</w>"
SCHEDULE = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
}
_V_PREDICTION = "v_pred"  # an empty tensor of this name says how the model was trained
_MERGES = Path(__file__).with_name("merges.txt.gz")

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class SingleFile:
    """What a file holds, on the CPU: the denoiser in ``dtype``, the others in float32."""

    unet: UNet2DConditionModel
    encoder: CLIPTextModel
    tokenizer: CLIPTokenizer
    vae: AutoencoderKL
    schedule: dict[str, Any]


def open_single_file(path: Path, dtype: torch.dtype, report: Callable[[str], None] = lambda part: None) -> SingleFile:
    """Open a file strictly, part by part. Raises ``CheckpointError``."""
    shapes = check_file(path).shapes
    try:
        report("text encoder")
        encoder = _text_encoder(path, shapes)
        report("denoiser")
        unet = _unet(path, shapes, dtype)
        report("autoencoder")
        vae = _vae(path, shapes)
    except CheckpointError:
        raise
    except Exception as error:  # converters and loaders raise many kinds of errors for other models
        raise CheckpointError(f"{path.name} is no model of the 1.5 class ({str(error)[:200]}).") from error
    prediction = {"prediction_type": "v_prediction"} if _V_PREDICTION in shapes else {}
    return SingleFile(unet, encoder, clip_tokenizer(), vae, {**SCHEDULE, **prediction})


def open_autoencoder(path: Path) -> AutoencoderKL | AutoencoderTiny:
    """Open the autoencoder of a file strictly: one by itself, or that of a whole model. Raises ``CheckpointError``."""
    kind, prefix, shapes = shapes_of(path)
    try:
        if kind == TINY:
            with torch.device("meta"):
                tiny = AutoencoderTiny()
            return _filled(tiny, _tensors(path, "", torch.float32), path)
        return _vae(path, {prefix + name: shape for name, shape in shapes.items()}, prefix)
    except CheckpointError:
        raise
    except Exception as error:  # converters raise many kinds of errors for other models
        raise CheckpointError(f"{path.name} holds no autoencoder of the 1.5 class ({str(error)[:200]}).") from error


def clip_tokenizer() -> CLIPTokenizer:
    """Build CLIP's tokenizer from its published merges."""
    merges = [tuple(line.split(" ")) for line in gzip.decompress(_MERGES.read_bytes()).decode().split("\n")]
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    letters = [*(chr(byte) for byte in printable), *(chr(256 + at) for at in range(len(others)))]
    tokens = [*letters, *(letter + WORD_END for letter in letters), *("".join(pair) for pair in merges), START, END]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    special = {"unk_token": END, "bos_token": START, "eos_token": END, "pad_token": END}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=LENGTH, **special)


def _text_encoder(path: Path, shapes: Shapes) -> CLIPTextModel:
    inner = "text_model." if any(name.startswith(f"{CLIP}text_model.") for name in shapes) else ""
    words, width = shapes[f"{CLIP}{inner}embeddings.token_embedding.weight"]
    layers = f"{CLIP}{inner}encoder.layers."
    config = CLIPTextConfig(
        vocab_size=words,
        hidden_size=width,
        intermediate_size=shapes[f"{layers}0.mlp.fc1.weight"][0],
        num_hidden_layers=1 + max(int(n.removeprefix(layers).split(".")[0]) for n in shapes if n.startswith(layers)),
        num_attention_heads=max(1, width // 64),
        max_position_embeddings=shapes[f"{CLIP}{inner}embeddings.position_embedding.weight"][0],
        bos_token_id=words - 2,
        eos_token_id=words - 1,
        pad_token_id=1,
    )
    model = CLIPTextModel(config)
    tensors = convert_ldm_clip_checkpoint(_tensors(path, CLIP, torch.float32))
    wrapped = hasattr(model, "text_model")  # transformers keeps the layers in a model of their own until version 5.6
    plain = {name.removeprefix("text_model."): value for name, value in tensors.items() if "position_ids" not in name}
    return _filled(model, {f"text_model.{name}" if wrapped else name: value for name, value in plain.items()}, path)


def _unet(path: Path, shapes: Shapes, dtype: torch.dtype) -> UNet2DConditionModel:
    width = next(shape[1] for name, shape in shapes.items() if name.startswith(UNET) and "attn2.to_k.weight" in name)
    widths, crossed, layers = _levels(shapes)
    attends = {True: ("CrossAttnDownBlock2D", "CrossAttnUpBlock2D"), False: ("DownBlock2D", "UpBlock2D")}
    proj = next(shape for name, shape in shapes.items() if name.startswith(UNET) and name.endswith("1.proj_in.weight"))
    with torch.device("meta"):
        unet = UNet2DConditionModel(
            sample_size=64,
            block_out_channels=widths,
            down_block_types=tuple(attends[one][0] for one in crossed),
            up_block_types=tuple(attends[one][1] for one in reversed(crossed)),
            layers_per_block=layers,
            cross_attention_dim=width,
            attention_head_dim=8,  # heads, by the name that diffusers gave them
            use_linear_projection=len(proj) == 2,
        )
    tensors = convert_ldm_unet_checkpoint(_tensors(path, UNET, dtype), dict(unet.config))
    return _filled(unet, tensors, path)


def _levels(shapes: Shapes) -> tuple[tuple[int, ...], list[bool], int]:
    """The denoiser's widths, which levels have cross-attention, and how many blocks a level has."""
    widths, crossed, blocks, at = [], [], 0, 1
    while any(name.startswith(f"{UNET}input_blocks.{at}.") for name in shapes):
        name = f"{UNET}input_blocks.{at}."
        if f"{name}0.op.weight" in shapes:
            blocks = 0
        else:
            width = shapes[f"{name}0.out_layers.3.weight"][0]
            attention = any(other.startswith(f"{name}1.") for other in shapes)
            if blocks == 0:
                widths.append(width)
                crossed.append(attention)
            blocks += 1
        at += 1
    return tuple(widths), crossed, blocks


def _vae(path: Path, shapes: Shapes, prefix: str = VAE) -> AutoencoderKL:
    widths, level = [], 0
    while (name := f"{prefix}encoder.down.{level}.block.0.conv1.weight") in shapes:
        widths.append(shapes[name][0])
        level += 1
    with torch.device("meta"):
        vae = AutoencoderKL(
            block_out_channels=tuple(widths),
            down_block_types=("DownEncoderBlock2D",) * level,
            up_block_types=("UpDecoderBlock2D",) * level,
            layers_per_block=2,
            latent_channels=shapes[f"{prefix}decoder.conv_in.weight"][1],
            sample_size=512,
        )
    own = {name: value for name, value in _tensors(path, prefix, torch.float32).items() if name in shapes}
    return _filled(vae, convert_ldm_vae_checkpoint(own, dict(vae.config)), path)


def _tensors(path: Path, prefix: str, dtype: torch.dtype) -> dict[str, Tensor]:
    """Read one part's tensors."""
    with safe_open(path, framework="pt") as file:
        names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118 it is no dict
        return {name: file.get_tensor(name).to(dtype) for name in names}


def _filled(model: nn.Module, tensors: dict[str, Tensor], path: Path) -> Any:
    """Fill a model without numbers. Raises ``CheckpointError`` unless every tensor fits and is finite."""
    wanted = model.state_dict()
    differing = sorted(wanted.keys() ^ tensors.keys()) or sorted(
        n for n in wanted if wanted[n].shape != tensors[n].shape
    )
    if differing:
        raise CheckpointError(f"{path.name} is no model of the 1.5 class: its weights differ in {differing[0]}.")
    if not all(torch.isfinite(value).all() for value in tensors.values()):
        raise CheckpointError(f"{path.name}: the weights hold values that are not numbers.")
    model.load_state_dict(tensors, assign=True)
    return model.eval().requires_grad_(False)
