"""Loads a text pipeline for the pool: the built-in one or any Stable Diffusion 1.5, from files of this machine.

Importing this module imports transformers, too, which takes seconds; the pool does it when it is first needed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from diffusers.utils import logging as diffusers_logging
from transformers import CLIPTextModel, CLIPTokenizer
from transformers.utils import logging as transformers_logging

from core import checkpoints
from core.checkpoints import CheckpointError
from core.hardware import cpu_has_bf16
from core.latents import sources
from core.latents.codecs import Codec, OpenCodec
from core.models import LatentCodec
from core.models.prior import TextPrior
from core.networks.deterministic import make_deterministic
from core.stable_diffusion.describe import describe, files_of, part_files
from core.stable_diffusion.single_file import open_autoencoder, open_single_file

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
    codec: Codec
    prior: TextPrior | None  # draws a draft of the picture from the text
    tiny: AutoencoderTiny | None  # TAESD, for the previews of a large model
    schedule: dict[str, Any]  # the scheduler's config
    device: torch.device
    dtype: torch.dtype  # of the denoiser
    distilled: str = ""  # turbo or lcm
    files: tuple[Path, ...] = ()  # the weights, of which the denoiser's are first

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """(C, S, S) of one picture."""
        side = self.unet.config.sample_size
        return self.unet.config.in_channels, side, side

    @property
    def large(self) -> bool:
        return self.unet.config.sample_size > LARGE


Report = Callable[[str], None]  # called with the part that is being read


def load_text(
    path: Path, root: Path, codecs: Callable[[str | Path], OpenCodec], report: Report = lambda part: None
) -> TextNetworks:
    """Small models run in float32 on the CPU, deterministically; large ones on the fastest device and dtype.

    Raises ``CheckpointError``, also for models that cannot be drawn with.
    """
    large = path.is_file() or _is_large(path)
    device, dtype = _where(large)
    info = describe(path)
    if info.problem:
        raise CheckpointError(info.problem)
    parts = _of_file(path, dtype, report) if path.is_file() else _of_folder(path, root, codecs, dtype, device, report)
    unet = parts["unet"].to(device, memory_format=torch.channels_last).eval().requires_grad_(False)
    if not large:
        make_deterministic(unet)
    if device.type != "cpu":
        parts["codec"].autoencoder.to(device)
    return TextNetworks(
        unet=unet,
        encoder=parts["encoder"].to(device).eval().requires_grad_(False),
        tokenizer=parts["tokenizer"],
        codec=parts["codec"],
        prior=_prior(path / "prior"),
        tiny=_tiny() if large else None,
        schedule=parts["schedule"],
        device=device,
        dtype=dtype,
        distilled=info.distilled,
        files=tuple(files_of(path)),
    )


def _is_large(folder: Path) -> bool:
    side = checkpoints.read_json(folder / "unet" / "config.json").get("sample_size")
    return isinstance(side, int) and side > LARGE


def _of_file(path: Path, dtype: torch.dtype, report: Report) -> dict[str, Any]:
    opened = open_single_file(path, dtype, report)
    parts = {"unet": opened.unet, "encoder": opened.encoder, "tokenizer": opened.tokenizer, "schedule": opened.schedule}
    return {**parts, "codec": LatentCodec(opened.vae)}


def _of_folder(
    folder: Path,
    root: Path,
    codecs: Callable[[str | Path], OpenCodec],
    dtype: torch.dtype,
    device: torch.device,
    report: Report,
) -> dict[str, Any]:
    try:
        report("text encoder")
        encoder = _read(CLIPTextModel, folder, "text_encoder", torch.float32)
        tokenizer = CLIPTokenizer.from_pretrained(folder / "tokenizer", local_files_only=True)
        report("denoiser")
        unet = _read(UNet2DConditionModel, folder, "unet", dtype)
    except CheckpointError:
        raise
    except Exception as error:  # the loaders raise many kinds of errors for damaged files
        raise CheckpointError(f"{folder.name} cannot be opened ({str(error)[:200]}).") from error
    report("autoencoder")
    codec = _autoencoder(folder / "vae", root, codecs)
    if device.type != "cpu":  # the pool's own stays on the CPU
        codec = type(codec)(copy.deepcopy(codec.autoencoder))
    schedule = checkpoints.read_json(folder / "scheduler" / "scheduler_config.json")
    return {"unet": unet, "encoder": encoder, "tokenizer": tokenizer, "codec": codec, "schedule": schedule}


def _read(cls: type, folder: Path, part: str, dtype: torch.dtype) -> Any:
    """A part's weights, whole or in shards, in its own precision -> the model in ``dtype``. None may be missing."""
    _, variant = part_files(folder, part)
    model, report = cls.from_pretrained(
        folder / part,
        variant=variant,
        dtype=dtype,
        local_files_only=True,
        use_safetensors=True,
        output_loading_info=True,
        **({"low_cpu_mem_usage": False} if cls is UNet2DConditionModel else {}),  # else accelerate patches torch
    )
    differing = [*report["missing_keys"], *report["unexpected_keys"], *report["mismatched_keys"]]
    differing = [str(name) for name in differing if "position_ids" not in str(name)]
    if differing:
        raise CheckpointError(
            f"{folder.name}: the weights of {part} do not fit its config; they differ in {differing[0]}."
        )
    if any(not torch.isfinite(value).all() for value in model.parameters()):
        raise CheckpointError(f"{folder.name}: the weights hold values that are not numbers.")
    return model


def _autoencoder(folder: Path, root: Path, codecs: Callable[[str | Path], OpenCodec]) -> Codec:
    """Return the pool's autoencoder: the built-in pipeline has the KL autoencoder's weights, Stable Diffusion those of
    a model in the Reconstruction tab, which may be TAESD.
    """
    own, kl = checkpoints.weights(folder), checkpoints.weights(root / "autoencoder-kl")
    alike = own.is_file() and kl.is_file() and own.stat().st_size == kl.stat().st_size
    if alike and checkpoints.fingerprint(folder) == checkpoints.fingerprint(kl.parent):
        return codecs("autoencoder-kl").codec
    return codecs(folder).codec


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
    """Load TAESD from where the Reconstruction tab finds it; without it, previews are rough."""
    try:
        folder = sources.find("taesd", checkpoints.root())
    except CheckpointError:
        return None
    if folder.is_file():
        return open_autoencoder(folder)
    try:
        tiny = AutoencoderTiny.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, low_cpu_mem_usage=False
        )
        return tiny.eval()
    except (OSError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{PREVIEWS}: {folder} cannot be opened ({error}).") from error
