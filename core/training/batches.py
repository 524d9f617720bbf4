"""Batches from picture sets: drawn by generator, mirrored and jittered on the fly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core import checkpoints, draws
from core.data import PictureSet
from core.images import to_tensor


def metadata_of(sets: Mapping[str, PictureSet]) -> dict[str, object]:
    """What a run's ``run.json`` says of its data: pictures per kind and part."""
    parts = ("train", "val", "test")
    return {"data": {kind: {part: len(s.indices(part)) for part in parts} for kind, s in sets.items()}}


def history(start: Path, weights: Path | None = None) -> dict[str, object]:
    """What is known of the checkpoint ``start`` that a run begins with; ``weights`` is the folder of its weights."""
    return {"weights": checkpoints.fingerprint(weights or start), **training_of(start)}


def begin_with(model: nn.Module, start: Path | None) -> dict[str, object]:
    """Load the weights of the checkpoint ``start`` into ``model``. Returns what a run's metadata says of them, nothing
    without a start.

    Raises ``CheckpointError`` where their shape differs.
    """
    if start is None:
        return {}
    checkpoints.fill(model, checkpoints.load_model(start).state_dict())
    return {"started_from": history(start)}


def training_of(start: Path) -> dict[str, object]:
    """What ``training.json`` of a finished model says of its training, and of what that began with."""
    path = start / "training.json"
    known = checkpoints.read_json(path) if path.is_file() else {}
    return {key: known[key] for key in ("steps", "pictures_seen", "hours", "notes", "started_from") if key in known}


def draw_rows(rows: np.ndarray, count: int, generator: torch.Generator) -> np.ndarray:
    """``count`` row numbers with replacement."""
    return rows[draws.integers(generator, len(rows), count).numpy()]


def pictures(source: PictureSet, rows: np.ndarray) -> Tensor:
    """Rows -> float (N, 3, S, S) in [-1, 1]."""
    order = np.argsort(rows)  # ascending access keeps a cold memory map fast
    pixels = np.empty((len(rows), *source.pixels.shape[1:]), dtype=np.uint8)
    pixels[order] = source.pixels[rows[order]]
    return to_tensor(pixels)


def mirror(x: Tensor, generator: torch.Generator) -> Tensor:
    """Each picture flipped left to right with probability one half."""
    flip = draws.rand(generator, len(x)) < 0.5
    return torch.where(flip[:, None, None, None], x.flip(3), x)


def soften(x: Tensor, generator: torch.Generator, share: float) -> Tensor:
    """A share of the batch (N, 3, S, S) shown as if it had been enlarged from S/2 to S pixels."""
    chosen, side = draws.rand(generator, len(x)) < share, x.shape[-1]
    small = int(side * (0.5 + 0.4 * float(torch.rand((), generator=generator))))  # the same for the whole batch
    if not chosen.any():
        return x
    soft = F.interpolate(x[chosen], size=small, mode="bicubic", antialias=True, align_corners=False)
    out = x.clone()
    out[chosen] = F.interpolate(soft, size=side, mode="bicubic", align_corners=False).clamp(-1, 1)
    return out


def jitter(
    x: Tensor, generator: torch.Generator, *, shift: float = 0.08, zoom: float = 0.12, turn: float = 0.08
) -> Tensor:
    """Random affine view and colour: (N, 3, S, S) -> the same shape. For classifiers, not for generators."""
    n = len(x)

    def uniform(*shape: int) -> Tensor:
        return draws.rand(generator, *shape) * 2 - 1

    scale, angle = torch.exp(uniform(n) * zoom), uniform(n) * turn
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    move = uniform(n, 2) * shift * 2
    theta = torch.stack([cos, -sin, move[:, 0], sin, cos, move[:, 1]], dim=1).view(n, 2, 3)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    x = F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
    contrast, tint = 1 + 0.25 * uniform(n, 1, 1, 1), 0.2 * uniform(n, 1, 1, 1) + 0.08 * uniform(n, 3, 1, 1)
    return (x * contrast + tint).clamp(-1, 1)


def crop(x: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """The same random window of every picture: (N, 3, S, S) -> (N, 3, size, size), at multiples of eight pixels."""
    room = (x.shape[-1] - size) // 8 + 1
    top, left = (8 * int(v) for v in torch.randint(room, (2,), generator=generator))
    return x[..., top : top + size, left : left + size]


def concatenate(parts: Sequence[Tensor]) -> Tensor:
    return torch.cat(list(parts)).contiguous(memory_format=torch.channels_last)
