"""Loads a text pipeline for the pool: the built-in one or any Stable Diffusion 1.5, from files of this machine.

Importing this module imports transformers, too, which takes seconds; the pool does it when it is first needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderTiny, StableDiffusionPipeline, UNet2DConditionModel
from diffusers.utils import logging as diffusers_logging
from torch import nn
from transformers import CLIPTextModel, CLIPTokenizer
from transformers.utils import logging as transformers_logging

from core import checkpoints
from core.checkpoints import CheckpointError
from core.hardware import cpu_has_bf16
from core.latents.codecs import OpenCodec
from core.models import LatentCodec
from core.models.prior import TextPrior
from core.networks.deterministic import make_deterministic

transformers_logging.disable_progress_bar()  # loading takes seconds; a bar would only clutter the log
diffusers_logging.disable_progress_bar()
LARGE = 32  # latents along a side from which a model is a foreign one
PREVIEWS = "LATENTSCAPE_TAESD"


@dataclass(frozen=True)
class TextNetworks:
    """A text pipeline: the built-in one or any Stable Diffusion 1.5."""

    unet: UNet2DConditionModel
    encoder: CLIPTextModel
    tokenizer: CLIPTokenizer
    codec: LatentCodec
    prior: TextPrior | None  # draws a draft of the picture from the text
    tiny: AutoencoderTiny | None  # TAESD, for the previews of a large model
    schedule: dict[str, Any]  # the scheduler's config
    device: torch.device
    dtype: torch.dtype  # of the denoiser

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """(C, S, S) of one picture."""
        side = self.unet.config.sample_size
        return self.unet.config.in_channels, side, side

    @property
    def large(self) -> bool:
        return self.unet.config.sample_size > LARGE


def load_text(folder: Path, root: Path, codecs: Callable[[str | Path], OpenCodec]) -> TextNetworks:
    """Small models run in float32 on the CPU, deterministically; large ones on the fastest device and dtype."""
    side = checkpoints.read_json(folder / "unet" / "config.json").get("sample_size")
    large = isinstance(side, int) and side > LARGE
    device, dtype = _where(large)
    pipeline = _open_pipeline(
        folder, {"vae": _autoencoder(folder / "vae", root, codecs)} if device.type == "cpu" else {}
    )
    unet = pipeline.unet.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)
    if not large:
        make_deterministic(unet)
    return TextNetworks(
        unet=unet if dtype == torch.float32 else unet.to(dtype),
        encoder=pipeline.text_encoder.to(device).eval().requires_grad_(False),
        tokenizer=pipeline.tokenizer,
        codec=LatentCodec(pipeline.vae.to(device).eval().requires_grad_(False)),
        prior=_prior(folder / "prior"),
        tiny=_tiny() if large else None,
        schedule=dict(pipeline.scheduler.config),
        device=device,
        dtype=dtype,
    )


def _autoencoder(folder: Path, root: Path, codecs: Callable[[str | Path], OpenCodec]) -> nn.Module:
    """Return the pool's autoencoder: the built-in pipeline has the KL autoencoder's weights, Stable Diffusion those of
    a model in the Reconstruction tab.
    """
    own, kl = checkpoints.weights(folder), checkpoints.weights(root / "autoencoder-kl")
    alike = own.is_file() and kl.is_file() and own.stat().st_size == kl.stat().st_size
    if alike and checkpoints.fingerprint(folder) == checkpoints.fingerprint(kl.parent):
        return codecs("autoencoder-kl").codec.autoencoder
    return codecs(folder).codec.autoencoder


def _open_pipeline(folder: Path, components: dict[str, nn.Module]) -> StableDiffusionPipeline:
    """Load from files of this machine, safetensors only, without the safety checker."""
    half = (folder / "unet" / "diffusion_pytorch_model.fp16.safetensors").is_file()
    plain = (folder / "unet" / checkpoints.WEIGHTS).is_file()
    if not (half or plain):
        raise CheckpointError(f"{folder} holds no safetensors; other weight formats are not opened.")
    try:
        pipeline = StableDiffusionPipeline.from_pretrained(
            folder,
            variant=None if plain else "fp16",
            dtype=torch.float32,
            local_files_only=True,
            use_safetensors=True,
            low_cpu_mem_usage=False,  # else accelerate patches torch, and networks of other threads get no weights
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
            **components,
        )
    except Exception as error:  # the loaders raise many kinds of errors for damaged files
        raise CheckpointError(f"{folder.name} cannot be opened ({str(error)[:200]}).") from error
    if any(not torch.isfinite(value).all() for value in pipeline.unet.parameters()):
        raise CheckpointError(f"{folder.name}: the weights hold values that are not numbers.")
    return pipeline


def _where(large: bool) -> tuple[torch.device, torch.dtype]:
    if large and torch.cuda.is_available():
        return torch.device("cuda"), torch.float16
    fast = large and cpu_has_bf16()
    return torch.device("cpu"), torch.bfloat16 if fast else torch.float32


def _prior(folder: Path) -> TextPrior | None:
    if not (folder / checkpoints.WEIGHTS).is_file():
        return None
    model = TextPrior.from_config(checkpoints.read_json(folder / "config.json"))
    checkpoints.load_weights(model, folder / checkpoints.WEIGHTS)
    return model.eval().requires_grad_(False)


def _tiny() -> AutoencoderTiny | None:
    """Load TAESD from the folder that the environment names; without it, previews are rough."""
    folder = os.environ.get(PREVIEWS, "")
    if not folder or not Path(folder).is_dir():
        return None
    try:
        return AutoencoderTiny.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, low_cpu_mem_usage=False
        ).eval()
    except (OSError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{PREVIEWS}: {folder} cannot be opened ({error}).") from error
