"""Train the eye locator on face crops, whose eyes are where the alignment of the set put them, seen from all about."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core import checkpoints
from core.data import PictureSet
from core.models import EyeLocator
from core.training import batches
from core.training.loop import Loop, LoopConfig

EYES = ((0.368, 0.436), (0.628, 0.436))  # in a face crop: left, right
EYE_DISTANCE = EYES[1][0] - EYES[0][0]
NEAR_ENOUGH = 0.1  # of the eyes' distance
MOST_TURNED = math.radians(10)  # what the first pass leaves
MOST_SHIFTED = 0.05  # of the face crop, each way
MOST_ZOOMED = 0.16
MOST_CUT = 0.3  # of half a face crop, how much of each side another picture may cover
SOFTNESS = (0.03, 0.35)  # of half a face crop, over how much it fades


@dataclass(frozen=True)
class EyesPreset:
    loop: LoopConfig
    model: dict = field(default_factory=dict)


PRESETS = {
    "smoke": EyesPreset(
        LoopConfig(steps=4, batch_size=8, learning_rate=1e-3, warmup=1, log_every=1, validate_every=2, precision="no"),
        {"widths": (8, 8, 8), "side": 48},
    ),
    "cpu": EyesPreset(
        LoopConfig(steps=1000, batch_size=64, learning_rate=2e-3, warmup=50, ema_decay=0.99, validate_every=250)
    ),
    "gpu": EyesPreset(
        LoopConfig(steps=6000, batch_size=256, learning_rate=3e-3, warmup=100, validate_every=500),
        {"widths": (32, 64, 128)},
    ),
}


def train_eyes(
    faces: PictureSet,
    grounds: PictureSet,
    preset: EyesPreset,
    out: Path,
    *,
    start: Path | None = None,
    resume: bool = False,
) -> Loop:
    """Face crops and pictures to lay behind them -> a run folder with ``best/`` and ``last/``. ``start``: a checkpoint
    to go on from.
    """
    # data
    rows, behind = faces.indices("train"), grounds.indices("train")
    # model, optimiser
    torch.manual_seed(preset.loop.seed)
    model = EyeLocator(**preset.model)
    metadata = batches.metadata_of({faces.name: faces, grounds.name: grounds})
    if start is not None:
        checkpoints.load_weights(model, start / checkpoints.WEIGHTS)
        metadata["started_from"] = batches.history(start)
    loop = Loop(preset.loop, out, {"model": model}, metadata)

    def train_step(step: int) -> dict[str, Tensor]:
        generator = loop.generator(step)
        crops = batches.pictures(faces, batches.draw_rows(rows, loop.batch_size, generator))
        others = batches.pictures(grounds, batches.draw_rows(behind, loop.batch_size, generator))
        x, eyes = views(crops, others, model.config.side, model.config.reach, generator)
        with loop.autocast():
            found = loop.modules["model"](x.to(loop.device).contiguous(memory_format=torch.channels_last))
        distance = eye_distances(found, eyes.to(loop.device), model.config.reach).mean()
        loop.update("model", distance)
        return {"loss": distance.detach()}

    # train, log, save
    loop.run(train_step, lambda m: _validate(m, faces, grounds, loop.device), resume=resume)
    return loop


def eye_distances(found: Tensor, eyes: Tensor, reach: float) -> Tensor:
    """Points (N, 2, 2) in the picture, twice -> (N, 2), how far each is off in eye distances of a face at rest."""
    return ((found - eyes).square().sum(dim=2) + 1e-8).sqrt() * reach / EYE_DISTANCE


def views(crops: Tensor, others: Tensor, side: int, reach: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Face crops and pictures behind them, both (N, 3, P, P) -> (N, 3, side, side) and where the eyes are, (N, 2, 2).

    Turned, moved, nearer or farther, soft or sharp, coloured anew, mirrored; around the crop another picture or the
    crop's own mirror image, from a border that lies elsewhere in every view: a border in one place would tell where the
    eyes are, and photos have none.
    """
    n = len(crops)

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(n, generator=generator) * (high - low) + low

    sharpness = int(torch.randint(24, 81, (1,), generator=generator))  # pixels of the crop, one choice for all
    small = F.interpolate(crops, size=(sharpness, sharpness), mode="bilinear", antialias=True)
    angle, zoom = uniform(-MOST_TURNED, MOST_TURNED), reach * torch.exp(uniform(-MOST_ZOOMED, MOST_ZOOMED))
    shift = torch.stack([uniform(-MOST_SHIFTED, MOST_SHIFTED), uniform(-MOST_SHIFTED, MOST_SHIFTED)], dim=1)
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], dim=1)  # (N, 2, 2)
    matrix = torch.cat([zoom[:, None, None] * turn, 2 * shift[:, :, None]], dim=2)  # view -> crop, both in [-1, 1]
    grid = F.affine_grid(matrix, [n, 3, side, side], align_corners=False)
    low = torch.rand(n, 1, 1, 2, generator=generator) * MOST_CUT - 1  # the border left and above, (N, 1, 1, (x, y))
    high = 1 - torch.rand(n, 1, 1, 2, generator=generator) * MOST_CUT  # right and below
    softness = uniform(*SOFTNESS)[:, None, None]
    inside = (torch.minimum(grid - low, high - grid).amin(dim=3) / softness).clamp(0, 1)[:, None]
    own = F.grid_sample(small, _folded(grid, low, high), mode="bilinear", padding_mode="border", align_corners=False)
    behind = F.interpolate(others, size=(side, side), mode="bilinear")
    kept = (torch.rand(n, generator=generator) < 0.5)[:, None, None, None]
    x = torch.where(kept, own, inside * own + (1 - inside) * behind)
    eyes = torch.tensor(EYES) * 2 - 1  # (2, 2)
    offset = (eyes[None] - 2 * shift[:, None]) / zoom[:, None, None]
    points = (offset @ turn + 1) / 2  # the inverse turn, since turn is orthogonal: (N, 2, 2)
    flip = torch.rand(n, generator=generator) < 0.5
    x = torch.where(flip[:, None, None, None], x.flip(3), x)
    mirrored = torch.stack([1 - points[..., 0], points[..., 1]], dim=2).flip(1)
    return _recoloured(x, generator), torch.where(flip[:, None, None], mirrored, points)


def _folded(grid: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Coordinates (N, H, W, 2) folded back and forth between two borders: what lies beyond is the mirror image."""
    share = ((grid - low) / (high - low)).remainder(2)
    return low + (1 - (1 - share).abs()) * (high - low)


def _recoloured(x: Tensor, generator: torch.Generator) -> Tensor:
    """Other light, other contrast, a tint; one in eight without colour."""
    n = len(x)

    def normal(scale: float, channels: int = 1) -> Tensor:
        return torch.randn(n, channels, 1, 1, generator=generator) * scale

    grey = (torch.rand(n, generator=generator) < 0.125)[:, None, None, None]
    x = torch.where(grey, x.mean(dim=1, keepdim=True).expand_as(x), x)
    return (x * normal(0.2).exp() + normal(0.2) + normal(0.06, 3)).clamp(-1, 1)


def _validate(model: nn.Module, faces: PictureSet, grounds: PictureSet, device: torch.device) -> dict[str, float]:
    generator = torch.Generator().manual_seed(1)
    errors = []
    rows, behind = faces.indices("val"), grounds.indices("train")
    for start in range(0, len(rows), 64):
        crops = batches.pictures(faces, rows[start : start + 64])
        others = batches.pictures(grounds, batches.draw_rows(behind, len(crops), generator))
        x, eyes = views(crops, others, model.config.side, model.config.reach, generator)
        errors.append(eye_distances(model(x.to(device)).cpu(), eyes, model.config.reach))
    error = torch.cat(errors)
    within = (error.amax(dim=1) <= NEAR_ENOUGH).float().mean()
    return {"loss": float(error.mean()), "within_a_tenth": float(np.float64(within))}
