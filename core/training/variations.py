"""Train the variation model: the face denoiser's body, conditioned on the classifier's embedding of the same face."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from core import checkpoints, draws
from core.diffusion.objective import TIMESTEPS, Objective, prediction_of
from core.latents import LatentSet
from core.models import FaceUNet, VariationUNet
from core.models.face_unet import PRESETS as SHAPES
from core.models.variation_unet import body_of
from core.training.batches import history
from core.training.embeddings import vectors
from core.training.faces import raise_timesteps
from core.training.loop import Loop, LoopConfig
from core.training.quick_layers import use_quick_layers

READS_CONDITION = ("tokens.", "pool.", "embed.")  # parts of names of the layers that a condition passes first


@dataclass(frozen=True)
class VariationsPreset:
    loop: LoopConfig
    shape: str = "cpu"  # of core.models.face_unet.PRESETS, where nothing is there to start from
    unconditional: float = 0.15  # share of faces that are learned without an embedding, for guidance
    spread: float = 0.3  # deviations of noise on the embeddings, at most: photos of others lie between those trained on
    uniform_times: float = 0.2
    soft_from: float = 0.3  # share of the noise below which pictures without full detail are not shown
    whole: bool = True  # train every layer; else those alone that read the condition


PRESETS = {
    "smoke": VariationsPreset(
        LoopConfig(steps=4, batch_size=8, learning_rate=1e-3, warmup=1, log_every=1, validate_every=2, precision="no"),
        "tiny",
    ),
    "cpu": VariationsPreset(LoopConfig(steps=3000, batch_size=64, learning_rate=3e-4, weight_decay=0.01)),
    "gpu": VariationsPreset(
        LoopConfig(
            steps=30000, batch_size=512, learning_rate=3e-4, ema_decay=0.9998, weight_decay=0.01, validate_every=2000
        ),
        "gpu",
    ),
}


def train_variations(
    latents: LatentSet,
    embeddings: LatentSet,
    made_with: dict[str, str],
    preset: VariationsPreset,
    out: Path,
    *,
    start: Path | None = None,
    resume: bool = False,
    until: int | None = None,
) -> Loop:
    """Latents and embeddings of the same faces -> a run folder with ``best/`` and ``last/`` (EMA weights).

    ``start`` is the checkpoint folder of a face denoiser or of a variation model to begin with; its objective is kept.
    ``made_with`` are the fingerprints of autoencoder and classifier. Raises ``CheckpointError``.
    """
    # data
    rows = latents.indices("train")
    # model, optimiser
    torch.manual_seed(preset.loop.seed)
    objective = Objective("flow" if start is None else prediction_of(start / "scheduler_config.json"))
    model = build_model(latents, embeddings, rows, preset, start)
    if not preset.whole:
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(any(part in name for part in READS_CONDITION))
    metadata = _metadata(rows, made_with, preset, objective, start)
    loop = Loop(preset.loop, out, {"model": use_quick_layers(model)}, metadata)

    def train_step(step: int) -> dict[str, Tensor]:
        batch = draw_batch(loop, latents, embeddings, rows, objective, preset, step)
        with loop.autocast():
            output = loop.modules["model"](batch.x, batch.timesteps, batch.condition, batch.detail)
        loss = F.mse_loss(output.float(), batch.target)
        loop.update("model", loss)
        return {"loss": loss.detach()}

    # train, log, save
    known = {"latents": latents, "embeddings": embeddings, "objective": objective, "device": loop.device}
    loop.run(train_step, partial(validate_model, **known), resume=resume, until=until)
    return loop


@dataclass(frozen=True)
class _Batch:
    """What one step shows the network, on its device."""

    x: Tensor  # (N, C, S, S) noisy latents
    target: Tensor
    timesteps: Tensor  # (N,)
    condition: Tensor  # (N, E + 1)
    detail: Tensor | None  # (N,)


def draw_batch(
    loop: Loop,
    latents: LatentSet,
    embeddings: LatentSet,
    rows: np.ndarray,
    objective: Objective,
    preset: VariationsPreset,
    step: int,
) -> _Batch:
    """The batch of a step, from its own generator."""
    generator = loop.generator(step)
    picked = rows[draws.integers(generator, len(rows), loop.batch_size).numpy()]
    mirrored = draws.integers(generator, 2, loop.batch_size).numpy()
    z = torch.from_numpy(latents.latents[picked, mirrored].astype(np.float32))
    noise = draws.randn(generator, *z.shape)
    timesteps = objective.draw_timesteps(len(z), generator, uniform=preset.uniform_times)
    detail = None if latents.detail is None else torch.from_numpy(latents.detail[picked])
    if detail is not None:
        timesteps = raise_timesteps(timesteps, detail, preset.soft_from)
    condition = blurred(loop.modules["model"], vectors(embeddings, picked, mirrored), preset, generator)
    x = objective.noised(z, noise, timesteps).to(loop.device).contiguous(memory_format=torch.channels_last)
    target = objective.target(z, noise, timesteps)
    rest = [None if each is None else each.to(loop.device) for each in (target, timesteps, condition, detail)]
    return _Batch(x, *rest)


def build_model(
    latents: LatentSet, embeddings: LatentSet, rows: np.ndarray, preset: VariationsPreset, start: Path | None
) -> VariationUNet:
    """A variation model that knows the embeddings of the training faces; its body is that of ``start``."""
    begun = None if start is None else checkpoints.load_model(start)
    if isinstance(begun, VariationUNet):
        return begun.train().requires_grad_(True)
    if begun is not None and not isinstance(begun, FaceUNet):
        raise checkpoints.CheckpointError(f"{start.name} is neither a face denoiser nor a variation model.")
    channels, size = latents.latents.shape[2:4]
    if begun is not None and (begun.config.latent_channels, begun.config.sample_size) != (channels, size):
        raise checkpoints.CheckpointError(f"{start.name} draws latents of another shape than these.")
    detail = latents.detail is not None and bool((latents.detail != 1).any())
    fresh = {**SHAPES[preset.shape], "latent_channels": channels, "sample_size": size, "detail": detail}
    config = fresh if begun is None else {k: v for k, v in begun.config.items() if not k.startswith("_")}
    known = vectors(embeddings, rows)
    model = VariationUNet(config, known.shape[1], latents.attributes.shape[1])
    if begun is not None:
        model.load_state_dict(model.state_dict() | body_of(begun))
    model.embedding_mean.copy_(known.mean(dim=0))
    model.embedding_std.copy_(known.std(dim=0).clamp_min(1e-3))
    model.prior.fit(torch.from_numpy(latents.attributes[rows]).float(), known)
    return model


def blurred(model: VariationUNet, embedding: Tensor, preset: VariationsPreset, generator: torch.Generator) -> Tensor:
    """Embeddings (N, E) -> conditions (N, E + 1), with noise on each and some left out altogether."""
    condition = model.condition(embedding.to(model.embedding_mean.device)).cpu()
    amount = preset.spread * draws.rand(generator, len(condition), 1)
    noise = torch.cat([draws.randn(generator, *embedding.shape), torch.zeros(len(embedding), 1)], dim=1)
    kept = draws.rand(generator, len(condition), 1) >= preset.unconditional
    return (condition + amount * noise) * kept


@torch.no_grad()
def validate_model(
    model: VariationUNet, latents: LatentSet, embeddings: LatentSet, objective: Objective, device: torch.device
) -> dict[str, float]:
    """Noise error on the validation part with the faces' own embeddings, and without any, over even timesteps."""
    rows = latents.indices("val")
    if latents.detail is not None and (latents.detail[rows] == 1).any():
        rows = rows[latents.detail[rows] == 1]
    generator = torch.Generator().manual_seed(1234)
    timesteps = (torch.arange(len(rows)) * TIMESTEPS // max(1, len(rows)) * 7919) % TIMESTEPS
    errors: dict[str, list[Tensor]] = {"loss": [], "unconditional": []}
    for part in np.array_split(np.arange(len(rows)), max(1, len(rows) // 64)):
        z = torch.from_numpy(latents.latents[rows[part], 0].astype(np.float32))
        noise, t = torch.randn(z.shape, generator=generator), timesteps[part]
        x, condition = objective.noised(z, noise, t), model.condition(vectors(embeddings, rows[part]).to(device))
        for name, given in (("loss", condition), ("unconditional", torch.zeros_like(condition))):
            output = model(x.to(device), t.to(device), given).float().cpu()
            errors[name].append((objective.noise(x, output, t) - noise).square().flatten(1).mean(dim=1))
    return {name: float(torch.cat(values).mean()) for name, values in errors.items()}


def _metadata(
    rows: np.ndarray, made_with: dict[str, str], preset: VariationsPreset, objective: Objective, start: Path | None
) -> dict[str, object]:
    settings = {name: value for name, value in vars(preset).items() if name != "loop"}
    began = {} if start is None else {"started_from": history(start)}
    about = {"data": {"celeba": {"train": len(rows)}}, "trained_with": made_with, "preset": settings}
    return {**about, "scheduler": objective.scheduler_config(), **began}
