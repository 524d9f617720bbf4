"""Opens each kind of network for the pool: strictly, and with layers that give the same bits on any number of threads.

Importing this module imports torch and diffusers, which takes seconds; the pool does it when it is first needed. What
only text needs is imported with the text.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from core import checkpoints
from core.checkpoints import CheckpointError
from core.latents import sources
from core.latents.codecs import OpenCodec, open_codec
from core.models import FaceGenerator, FaceUNet, PictureClassifier, VariationUNet
from core.networks.deterministic import make_deterministic

if TYPE_CHECKING:
    from transformers import CLIPModel, CLIPTokenizer

    from core.networks.text_pipeline import TextNetworks

QUICK = 128  # pixels along a side

Codecs = Callable[[str | Path], OpenCodec]  # the pool's autoencoders, by name or folder


def load_denoiser(folder: Path, root: Path, codecs: Codecs) -> FaceUNet:
    return make_deterministic(_expected(folder, FaceUNet))


def load_differentiable(folder: Path, root: Path, codecs: Codecs) -> PictureClassifier:
    return _expected(folder, PictureClassifier).to(memory_format=torch.channels_last)


def load_gan(folder: Path, root: Path, codecs: Codecs) -> FaceGenerator:
    return make_deterministic(_expected(folder, FaceGenerator))


def load_variations(folder: Path, root: Path, codecs: Codecs) -> VariationUNet:
    return make_deterministic(_expected(folder, VariationUNet))


def load_classifier(folder: Path, root: Path, codecs: Codecs) -> PictureClassifier:
    return make_deterministic(_expected(folder, PictureClassifier).to(memory_format=torch.channels_last))


def load_autoencoder(folder: Path, root: Path, codecs: Codecs) -> OpenCodec:
    """Run a small network once: the first call sets up kernels, which would slow down the first request."""
    built_in = folder.name in sources.BUILT_IN.values() and folder.parent.resolve() == root.resolve()
    codec = open_codec(folder.name if built_in else folder, root)
    if built_in:
        make_deterministic(codec.codec.autoencoder)
    if codec.size <= QUICK:
        codec.decode(codec.encode(torch.zeros(1, 3, codec.size, codec.size)))
    return codec


def load_clip(folder: Path, root: Path, codecs: Codecs) -> tuple[CLIPModel, CLIPTokenizer]:
    from core.models.clip import load_clip as load

    return load(folder)


def load_text(folder: Path, root: Path, codecs: Codecs, **options: Any) -> TextNetworks:
    from core.networks.text_pipeline import load_text as load

    return load(folder, root, codecs, **options)


LOADERS: dict[str, Callable[[Path, Path, Codecs], Any]] = {
    "faces": load_denoiser,
    "classifier": load_classifier,
    "classifier-gradients": load_differentiable,
    "gan": load_gan,
    "variations": load_variations,
    "autoencoder": load_autoencoder,
    "clip": load_clip,
    "text": load_text,
}


def _expected(folder: Path, cls: type[nn.Module]) -> Any:
    model = checkpoints.load_model(folder)
    if not isinstance(model, cls):
        raise CheckpointError(f"{folder.name}: config.json describes a {type(model).__name__}, not a {cls.__name__}.")
    return model
