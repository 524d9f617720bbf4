"""Writes a Stable Diffusion pipeline as one file with the layer names of the original training code."""

from __future__ import annotations

import re
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel

_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_ENDS = {
    "conv_in": "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_VAE_NAMES = {
    "group_norm": "norm",
    "to_q": "q",
    "to_k": "k",
    "to_v": "v",
    "to_out.0": "proj_out",
    "conv_shortcut": "nin_shortcut",
    "conv_norm_out": "norm_out",
}
_PREFIX = {"unet": "model.diffusion_model.", "vae": "first_stage_model.", "clip": "cond_stage_model.transformer."}


def unet_name(name: str, layers: int = 2) -> str:
    """``down_blocks.0.resnets.1.conv1.weight`` -> ``input_blocks.2.0.in_layers.2.weight``."""
    for ours, theirs in _ENDS.items():
        if name.startswith(f"{ours}."):
            return theirs + name.removeprefix(ours)
    where, kind, number, rest = re.fullmatch(r"(mid_block|\w+_blocks\.\d+)\.(\w+)\.(\d+)\.(.+)", name).groups()
    if kind == "resnets":
        part, tail = rest.split(".", 1)
        rest = f"{_RESNET[part]}.{tail}"
    if where == "mid_block":
        return f"middle_block.{2 * int(number) if kind == 'resnets' else 1}.{rest}"
    side, level = where.split(".")
    per = layers + 1
    if side == "down_blocks":
        if kind == "downsamplers":
            return f"input_blocks.{per * (int(level) + 1)}.0.op.{rest.removeprefix('conv.')}"
        return f"input_blocks.{per * int(level) + int(number) + 1}.{int(kind == 'attentions')}.{rest}"
    if kind == "upsamplers":
        return f"output_blocks.{per * int(level) + layers}.UP.{rest}"
    return f"output_blocks.{per * int(level) + int(number)}.{int(kind == 'attentions')}.{rest}"


def vae_name(name: str, levels: int) -> str:
    for ours, theirs in _VAE_NAMES.items():
        name = name.replace(f".{ours}.", f".{theirs}.")
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    name = name.replace("mid_block.attentions.0", "mid.attn_1")
    name = re.sub(r"down_blocks\.(\d)\.resnets\.", r"down.\1.block.", name)
    name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(r"up_blocks\.(\d)\.resnets\.", lambda m: f"up.{levels - 1 - int(m[1])}.block.", name)
    return re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{levels - 1 - int(m[1])}.upsample", name)


def original(unet: nn.Module, vae: nn.Module, encoder: nn.Module) -> dict[str, Tensor]:
    """The tensors of a pipeline under their original names."""
    state = {}
    for name, value in unet.state_dict().items():
        named = unet_name(name, unet.config.layers_per_block)
        if ".UP." in named:
            level = int(name.split(".")[1])
            named = named.replace(".UP.", ".2." if unet.config.up_block_types[level].startswith("Cross") else ".1.")
        state[_PREFIX["unet"] + named] = value
    for name, value in vae.state_dict().items():
        named = vae_name(name, len(vae.config.block_out_channels))
        if ".attn_1." in named and name.endswith("weight") and value.ndim == 2:
            value = value[:, :, None, None]
        state[_PREFIX["vae"] + named] = value
    for name, value in encoder.state_dict().items():
        state[f"{_PREFIX['clip']}text_model.{name.removeprefix('text_model.')}"] = value
    positions = torch.arange(encoder.config.max_position_embeddings)[None]
    return {**state, f"{_PREFIX['clip']}text_model.embeddings.position_ids": positions}


def random_parts(widths=(32, 64, 64, 64), width=64, vae_widths=(32, 32, 32, 32), layers=2, heads=8):
    """A denoiser, an autoencoder and a text encoder of version 1.5's form with random weights."""
    cross = [True] * (len(widths) - 1) + [False]
    with torch.random.fork_rng():
        torch.manual_seed(8)
        unet = UNet2DConditionModel(
            sample_size=64,
            block_out_channels=widths,
            down_block_types=tuple("CrossAttnDownBlock2D" if one else "DownBlock2D" for one in cross),
            up_block_types=tuple("CrossAttnUpBlock2D" if one else "UpBlock2D" for one in reversed(cross)),
            cross_attention_dim=width,
            attention_head_dim=heads,
        )
        vae = AutoencoderKL(
            block_out_channels=vae_widths,
            down_block_types=("DownEncoderBlock2D",) * len(vae_widths),
            up_block_types=("UpDecoderBlock2D",) * len(vae_widths),
            layers_per_block=2,
            latent_channels=4,
            sample_size=512,
        )
        encoder = CLIPTextModel(
            CLIPTextConfig(
                vocab_size=49408,
                hidden_size=width,
                intermediate_size=4 * width,
                num_hidden_layers=layers,
                num_attention_heads=max(1, width // 64),
                max_position_embeddings=77,
                bos_token_id=49406,
                eos_token_id=49407,
            )
        )
    return unet, vae, encoder


def single_file(path: Path, parts=None, dtype: torch.dtype = torch.float16, changed: dict | None = None) -> Path:
    """Write one file; ``changed`` replaces tensors by name, None leaves one out."""
    state = {**original(*(parts or random_parts())), **(changed or {})}
    kept = {n: v.to(dtype) if v.is_floating_point() else v for n, v in state.items() if v is not None}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.contiguous() for name, value in kept.items()}, path)
    return path
