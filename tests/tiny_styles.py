"""Styles for several tests: random adapters of the tiny models, and pictures to learn a style from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from core import checkpoints
from core.models.adapters import TARGETS, AdapterFactors


def put_style(network: nn.Module, folder: Path, base: str, mark: str, *, seed: int = 0, std: float = 0.3, **metadata):
    """A style's folder with random factors of rank 2; ``metadata`` join what its ``config.json`` says."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        about = {"base": base, "fingerprint": mark, "title": folder.name.title(), **metadata}
        factors = AdapterFactors(network, TARGETS[base], 2, about)
        for up in factors.up:
            nn.init.normal_(up, std=std)
    factors.save_pretrained(folder)


def styled_faces(tiny_checkpoints: Path, root: Path, names: Iterable[str]) -> Path:
    """``root`` with the tiny face models and a style of each name, different ones."""
    for part in ("faces", "autoencoder-kl", "classifier"):
        (root / part).symlink_to(tiny_checkpoints / part)
    network, mark = checkpoints.load_model(root / "faces"), checkpoints.fingerprint(root / "faces")
    for seed, name in enumerate(names):
        put_style(network, root / "styles" / name, "faces", mark, seed=seed)
    return root


def noise_photos(count: int = 6) -> tuple[Image.Image, ...]:
    """Pictures of 90x70 that all differ."""
    values = np.random.default_rng(2).integers(0, 255, (count, 70, 90, 3), dtype=np.uint8)
    return tuple(Image.fromarray(one) for one in values)
