"""Every autoencoder behind one interface: ours, Stable Diffusion's, TAESD, or any folder that holds one.

Latents leave ``encode`` normalised, about mean 0 and deviation 1: ours are so by their weights, Stable Diffusion's by
the factor in its config (0.18215), TAESD's because it was distilled to that scale.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from torch import Tensor

from core import checkpoints
from core.checkpoints import CheckpointError
from core.hardware import cpu_has_bf16
from core.latents import sources
from core.models import FlatAutoencoder, LatentCodec


class Codec(Protocol):
    """Pictures (N, 3, H, W) in [-1, 1] <-> latents (N, C, H/factor, W/factor), or codes (N, D) of one size alone."""

    factor: int  # pixels per latent position along a side; of a flat code the whole side

    def encode(self, x: Tensor) -> Tensor: ...

    def decode(self, z: Tensor) -> Tensor: ...


class FlatCodec:
    """The CAE and the VAE: pictures (N, 3, S, S) <-> codes (N, D), the VAE's being the posterior's mean."""

    def __init__(self, autoencoder: FlatAutoencoder) -> None:
        self.autoencoder = autoencoder
        self.factor = autoencoder.config.sample_size

    @torch.no_grad()
    def encode(self, x: Tensor) -> Tensor:
        return self.autoencoder.encode(x)

    @torch.no_grad()
    def decode(self, z: Tensor) -> Tensor:
        return self.autoencoder.decode(z).clamp(-1, 1)


class TinyCodec:
    """TAESD, distilled from Stable Diffusion's VAE and speaking its latents. github.com/madebyollin/taesd"""

    def __init__(self, autoencoder: AutoencoderTiny) -> None:
        self.autoencoder = autoencoder
        self.factor = 2 ** (len(autoencoder.config.encoder_block_out_channels) - 1)
        self.scale = float(autoencoder.config.scaling_factor)

    @torch.no_grad()
    def encode(self, x: Tensor) -> Tensor:
        return self.autoencoder.encode(x).latents * self.scale

    @torch.no_grad()
    def decode(self, z: Tensor) -> Tensor:
        return self.autoencoder.decode(z / self.scale).sample.clamp(-1, 1)


@dataclass(frozen=True)
class OpenCodec:
    """An autoencoder ready to use: the side of its pictures, the shape of their latents, the weights' fingerprint."""

    codec: Codec
    fingerprint: str
    size: int
    latent_shape: tuple[int, ...]

    @property
    def flat(self) -> bool:
        """One code without places."""
        return len(self.latent_shape) == 1

    def encode(self, x: Tensor) -> Tensor:
        return self.codec.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.codec.decode(z)


def encoder_on(
    device: str, codec: FlatCodec | LatentCodec | TinyCodec, *, quick: bool = False
) -> Callable[[Tensor], Tensor]:
    """Pictures on the CPU -> latents on ``device``, to which the codec's network is moved.

    ``quick`` takes bfloat16 where the device has it: twice as fast on a CPU, and the error, 0.004 of the latents'
    deviation, is far below what the posterior leaves undecided.
    """
    codec.autoencoder.to(device, memory_format=torch.channels_last)
    kind = torch.device(device).type
    half = quick and (kind != "cpu" or cpu_has_bf16())

    def encode(x: Tensor) -> Tensor:
        with torch.autocast(kind, torch.bfloat16, enabled=half):
            return codec.encode(x.to(device, memory_format=torch.channels_last)).float()

    return encode


def open_codec(model: str | Path, root: Path) -> OpenCodec:
    """A key, a model id in the Hugging Face cache, a folder or a file -> its autoencoder, float32, on the CPU.

    Only from files of this machine, strictly, and never from pickles. Raises ``CheckpointError``.
    """
    folder = sources.find(model, root)
    metadata = sources.metadata(folder)
    ours = [root / name for name in sources.BUILT_IN.values()]
    if folder.is_file():
        from core.stable_diffusion.single_file import open_autoencoder

        autoencoder, fingerprint = open_autoencoder(folder), _fingerprint(folder)
    elif folder in ours or metadata.kind == "FlatAutoencoder":
        autoencoder, fingerprint = checkpoints.load_model(folder), checkpoints.fingerprint(folder)
    else:
        autoencoder, fingerprint = _foreign(
            folder, {"AutoencoderKL": AutoencoderKL, "AutoencoderTiny": AutoencoderTiny}[metadata.kind]
        )
    autoencoder.to(memory_format=torch.channels_last)
    codecs = {"AutoencoderKL": LatentCodec, "AutoencoderTiny": TinyCodec, "FlatAutoencoder": FlatCodec}
    return OpenCodec(codecs[metadata.kind](autoencoder), fingerprint, metadata.size, metadata.latent_shape)


def _foreign(folder: Path, cls: type) -> tuple[torch.nn.Module, str]:
    """A folder that others wrote: diffusers renames the weights of older versions; none may lack, none be left over."""
    weights = sources.weights_file(folder)
    try:
        autoencoder, report = cls.from_pretrained(
            folder,
            variant="fp16" if "fp16" in weights.name else None,
            local_files_only=True,
            use_safetensors=True,
            low_cpu_mem_usage=False,
            output_loading_info=True,
        )
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise CheckpointError(f"{folder} cannot be opened ({str(error)[:200]}).") from error
    differing = [*report["missing_keys"], *report["unexpected_keys"]]
    if differing:
        raise CheckpointError(f"{folder}: the weights do not fit config.json; they differ in {differing[0]}.")
    if not all(torch.isfinite(tensor).all() for tensor in autoencoder.state_dict().values()):
        raise CheckpointError(f"{folder}: the weights hold values that are not numbers.")
    return autoencoder.float().eval().requires_grad_(False), _fingerprint(weights)


def _fingerprint(weights: Path) -> str:
    with open(weights, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
