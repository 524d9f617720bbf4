"""Train the KL autoencoder: pixels and gradients first, the classifier's features and a patch discriminator late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor, nn
from torch.nn import functional as F

from core import draws
from core.data import PictureSet
from core.models.autoencoder import PatchDiscriminator, build_autoencoder, kl_divergence, psnr_of
from core.models.classifier import PerceptualLoss, PictureClassifier
from core.training import batches
from core.training.group_norm import use_quick_group_norm
from core.training.loop import Loop, LoopConfig
from core.training.mixture import SHARES, Mixture


@dataclass(frozen=True)
class AutoencoderPreset:
    loop: LoopConfig
    model: dict = field(default_factory=dict)
    size: int = 128  # of the pictures; those with classes are taken at their own 64
    crop: int = 64  # early steps see windows of this side, four times as many for the same cost ...
    full_from: float = 0.75  # ... later ones whole pictures, whose normalisation statistics are those of use
    windows_among: int = 4  # one step in so many still sees windows then, and with them the sets of small pictures
    halved: float = 0.25  # share of the steps whose latents are halved in size and decoded to the halved picture
    kl_weight: float = 1e-4
    perceptual_weight: float = 0.05
    adversarial_weight: float = 0.02
    adversarial_from: float = 0.5
    mix: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))


PRESETS = {
    "smoke": AutoencoderPreset(
        LoopConfig(steps=4, batch_size=4, learning_rate=1e-3, warmup=1, log_every=1, validate_every=2, precision="no"),
        {"channels": (16, 16, 16), "latent_channels": 4},
        size=64,
        crop=32,
        adversarial_from=0.25,
    ),
    "cpu": AutoencoderPreset(
        LoopConfig(steps=32000, batch_size=32, learning_rate=6e-4, validate_every=500),
        {"channels": (24, 48, 96, 128), "latent_channels": 8, "size": 128, "groups": 8},
    ),
    "gpu": AutoencoderPreset(
        LoopConfig(steps=40000, batch_size=256, learning_rate=6e-4, ema_decay=0.9995, validate_every=2000),
        {"channels": (48, 96, 192, 256), "layers": 2, "latent_channels": 8, "size": 128, "groups": 8},
    ),
}


def train_autoencoder(
    sets: Mapping[str, PictureSet],
    classifier: PictureClassifier | None,
    preset: AutoencoderPreset,
    out: Path,
    *,
    start: Path | None = None,
    resume: bool = False,
    until: int | None = None,
) -> Loop:
    """Picture sets by kind -> a run folder with ``best/`` and ``last/``. Without a classifier no perceptual loss.

    ``start`` is a checkpoint whose weights the run begins with; raises ``CheckpointError`` where their shape differs.
    """
    # data
    mixture = Mixture(sets, preset.mix)
    # model, optimiser
    torch.manual_seed(preset.loop.seed)
    model = use_quick_group_norm(build_autoencoder(**preset.model))
    metadata = {**batches.metadata_of(sets), "preset": _without_loop(preset), **batches.begin_with(model, start)}
    modules: dict[str, nn.Module] = {"model": model}
    if preset.adversarial_weight:
        modules["discriminator"] = PatchDiscriminator()
    loop = Loop(preset.loop, out, modules, metadata)
    perceptual = None
    if classifier is not None and preset.perceptual_weight:
        perceptual = PerceptualLoss(classifier).to(loop.device, memory_format=torch.channels_last)

    def train_step(step: int) -> dict[str, Tensor]:
        progress = step / preset.loop.steps
        generator = loop.generator(step)
        if progress < preset.full_from or step % preset.windows_among == 0:
            x = mixture.batch(loop.batch_size, generator, preset.crop).to(loop.device)
        else:
            x = mixture.batch(max(1, loop.batch_size // 4), generator).to(loop.device)
        noise = draws.randn(generator, len(x), *_latent_shape(loop.modules["model"], x)).to(loop.device)
        with loop.autocast():
            halved = bool(torch.rand((), generator=generator) < preset.halved)
            y, mean, logvar = _reconstruct(loop.modules["model"], x, noise, halved=halved)
            x = F.interpolate(x, scale_factor=0.5, mode="bilinear", antialias=True) if halved else x
            losses = pixel_losses(y.float(), x)
            losses["kl"] = preset.kl_weight * kl_divergence(mean.float(), logvar.float())
            if perceptual is not None and not halved:
                some = max(1, len(x) // 4)  # features cost as much as the autoencoder, and a part of the batch suffices
                losses["perceptual"] = preset.perceptual_weight * perceptual(y[-some:], x[-some:])
            adversarial = preset.adversarial_weight > 0 and progress >= preset.adversarial_from and not halved
            if adversarial:
                loop.modules["discriminator"].requires_grad_(False)
                losses["fooling"] = -preset.adversarial_weight * loop.modules["discriminator"](y).float().mean()
                loop.modules["discriminator"].requires_grad_(True)
        total = sum(losses.values())
        loop.update("model", total)
        if adversarial:
            losses["discriminator"] = _train_discriminator(loop, x, y.detach())
        return {"loss": total.detach(), **{name: value.detach() for name, value in losses.items()}}

    # train, log, save
    loop.run(train_step, lambda model: _validate(model, sets, loop.device), resume=resume, until=until)
    return loop


def pixel_losses(y: Tensor, x: Tensor) -> dict[str, Tensor]:
    """L1, squared error, and the L1 of gradients at three scales, which keeps edges."""
    gradients = y.new_zeros(())
    difference = y - x
    scaled = difference
    for _ in range(3):
        gradients = gradients + scaled.diff(dim=2).abs().mean() + scaled.diff(dim=3).abs().mean()
        scaled = F.avg_pool2d(scaled, 2)
    return {"l1": difference.abs().mean(), "l2": difference.square().mean(), "gradients": 0.25 * gradients}


def _reconstruct(model: nn.Module, x: Tensor, noise: Tensor, *, halved: bool) -> tuple[Tensor, Tensor, Tensor]:
    """``halved`` asks that a smaller latent be a smaller picture, which makes latents easier to learn (EQ-VAE, Kouzelis
    et al. 2025, arXiv:2502.09509; Skorokhodov et al. 2025, arXiv:2502.14831)."""
    mean, logvar = model.quant_conv(model.encoder(x)).float().chunk(2, dim=1)
    logvar = logvar.clamp(-30, 20)
    z = mean + (0.5 * logvar).exp() * noise
    if halved:
        z = F.avg_pool2d(z, 2)
    return model.decoder(model.post_quant_conv(z)), mean, logvar


def _latent_shape(model: AutoencoderKL, x: Tensor) -> tuple[int, int, int]:
    side = x.shape[-1] // 2 ** (len(model.config.block_out_channels) - 1)
    return model.config.latent_channels, side, side


def _train_discriminator(loop: Loop, x: Tensor, y: Tensor) -> Tensor:
    """One hinge step on real and reconstructed pictures."""
    with loop.autocast():
        scores = loop.modules["discriminator"](torch.cat([x, y.to(x.dtype)])).float()
        real, fake = scores.chunk(2)
        loss = 0.5 * (F.relu(1 - real).mean() + F.relu(1 + fake).mean())
    loop.update("discriminator", loss)
    return loss


def _validate(model: nn.Module, sets: Mapping[str, PictureSet], device: torch.device) -> dict[str, float]:
    figures: dict[str, float] = {}
    for kind, picture_set in sets.items():
        rows = picture_set.sharp("val")[:256]
        psnr = []
        for part in np.array_split(rows, max(1, len(rows) // 64)):
            x = batches.pictures(picture_set, part).to(device)
            psnr.append(psnr_of(model(x).sample, x).cpu())
        figures[f"psnr_{kind}"] = float(torch.cat(psnr).mean())
    return {**figures, "rank": -float(np.mean(list(figures.values())))}  # the mean over the sets decides


def _without_loop(preset: AutoencoderPreset) -> dict:
    return {name: value for name, value in vars(preset).items() if name != "loop"}
