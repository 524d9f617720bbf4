"""Train an autoencoder with a flat code: pixels and gradients first, the classifier's features late; a VAE also pays
for the divergence of its posterior from N(0, 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from core import checkpoints, draws
from core.data import PictureSet
from core.models.autoencoder import psnr_of
from core.models.classifier import PerceptualLoss, PictureClassifier
from core.models.flat_autoencoder import FlatAutoencoder
from core.training import batches
from core.training.autoencoder import pixel_losses
from core.training.loop import Loop, LoopConfig
from core.training.mixture import SHARES, Mixture


@dataclass(frozen=True)
class FlatPreset:
    loop: LoopConfig
    model: dict = field(default_factory=dict)
    beta: float = 20.0  # nats of divergence per picture, over its values, against the pixel losses (VAE only)
    beta_warmup: float = 0.15  # share of the steps over which beta rises from zero, so that no dimension dies early
    perceptual_weight: float = 0.1
    perceptual_from: float = 0.5
    perceptual_every: int = 4  # of the batch's pictures: for all of them it would cost twice the autoencoder
    mix: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))


PRESETS = {
    "smoke": FlatPreset(
        LoopConfig(steps=4, batch_size=8, learning_rate=1e-3, warmup=1, log_every=1, validate_every=2, precision="no"),
        {"widths": (16, 16, 32, 32), "code_dim": 16},
    ),
    "cpu": FlatPreset(
        LoopConfig(steps=4000, batch_size=64, learning_rate=1e-3, weight_decay=0.01, validate_every=250),
        {"widths": (32, 64, 128, 192, 256), "sample_size": 128},
    ),
    "gpu": FlatPreset(
        LoopConfig(steps=40000, batch_size=256, learning_rate=1e-3, weight_decay=0.01, validate_every=2000),
        {"widths": (64, 128, 192, 256, 384), "blocks": 2, "sample_size": 128},
    ),
}


def train_flat_autoencoder(
    sets: Mapping[str, PictureSet],
    classifier: PictureClassifier | None,
    preset: FlatPreset,
    out: Path,
    *,
    variational: bool,
    start: Path | None = None,
    resume: bool = False,
    until: int | None = None,
) -> Loop:
    """Picture sets by kind -> a run folder with ``best/`` and ``last/``.

    ``start`` is a plain checkpoint whose weights a run begins with; a VAE's posterior then begins narrow around its
    codes. Raises ``CheckpointError`` where it is of another shape.
    """
    # data
    mixture = Mixture(sets, preset.mix)
    # model, optimiser
    torch.manual_seed(preset.loop.seed)
    model = FlatAutoencoder(variational=variational, **preset.model)
    metadata = {**batches.metadata_of(sets), "preset": {k: v for k, v in vars(preset).items() if k != "loop"}}
    if start is not None:
        _begin_with(model, checkpoints.load_model(start))
        metadata["started_from"] = checkpoints.fingerprint(start)
    loop = Loop(preset.loop, out, {"model": model}, metadata)
    perceptual = None
    if classifier is not None and preset.perceptual_weight:
        perceptual = PerceptualLoss(classifier).to(loop.device, memory_format=torch.channels_last)

    def train_step(step: int) -> dict[str, Tensor]:
        progress = step / preset.loop.steps
        generator = loop.generator(step)
        x = mixture.batch(loop.batch_size, generator).to(loop.device)
        noise = draws.randn(generator, len(x), model.config.code_dim).to(loop.device)
        with loop.autocast():
            y, losses = _reconstruct(loop.modules["model"], x, noise, min(1.0, progress / preset.beta_warmup), preset)
            losses |= pixel_losses(y.float(), x)
            if perceptual is not None and progress >= preset.perceptual_from:
                losses["perceptual"] = preset.perceptual_weight * perceptual(
                    y[:: preset.perceptual_every], x[:: preset.perceptual_every]
                )
        total = sum(losses.values())
        loop.update("model", total)
        return {"loss": total.detach(), **{name: value.detach() for name, value in losses.items()}}

    # train, log, save
    loop.run(train_step, lambda trained: _validate(trained, sets, preset, loop.device), resume=resume, until=until)
    return loop


def with_size(preset: FlatPreset, code_dim: int | None, beta: float | None) -> FlatPreset:
    """The preset with another size of the code or weight of the divergence."""
    model = preset.model if code_dim is None else {**preset.model, "code_dim": code_dim}
    return replace(preset, model=model, beta=preset.beta if beta is None else beta)


def code_divergence(mean: Tensor, logvar: Tensor) -> Tensor:
    """(N, D), (N, D) -> (N,) KL(N(mean, exp(logvar)) || N(0, 1)) in nats, summed over dimensions."""
    return 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum(dim=1)


def _reconstruct(
    model: FlatAutoencoder, x: Tensor, noise: Tensor, warm: float, preset: FlatPreset
) -> tuple[Tensor, dict[str, Tensor]]:
    mean, logvar = model.posterior(x)
    if logvar is None:
        return model.decode(mean), {}
    mean, logvar = mean.float(), logvar.float()
    y = model.decode(mean + (0.5 * logvar).exp() * noise)
    return y, {"kl": warm * preset.beta * code_divergence(mean, logvar).mean() / x[0].numel()}


def _begin_with(model: FlatAutoencoder, other: nn.Module) -> None:
    """Weights of a plain autoencoder into ``model``; of a variational one, the log variances begin at -3."""
    state = other.state_dict()
    if model.config.variational and isinstance(other, FlatAutoencoder) and not other.config.variational:
        for key in ("to_code.weight", "to_code.bias"):
            state[key] = torch.cat([state[key], torch.full_like(state[key], 0.0 if key.endswith("weight") else -3.0)])
    checkpoints.fill(model, state)


def _validate(
    model: FlatAutoencoder, sets: Mapping[str, PictureSet], preset: FlatPreset, device: torch.device
) -> dict[str, float]:
    figures: dict[str, float] = {}
    divergences = []
    for kind, picture_set in sets.items():
        psnr = []
        rows = picture_set.sharp("val")[:256]
        rows = rows if len(rows) else picture_set.indices("val")[:256]
        for part in np.array_split(rows, max(1, len(rows) // 64)):
            x = batches.pictures(picture_set, part).to(device)
            mean, logvar = model.posterior(x)
            psnr.append(psnr_of(model.decode(mean), x).cpu())
            if logvar is not None:
                divergences.append(code_divergence(mean, logvar).cpu())
        figures[f"psnr_{kind}"] = float(torch.cat(psnr).mean())
    rank = -float(np.mean(list(figures.values())))  # the mean over the sets decides, whatever it costs in nats
    if divergences:
        figures["nats"] = float(torch.cat(divergences).mean())
    return {**figures, "rank": rank}
