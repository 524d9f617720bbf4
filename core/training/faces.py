"""Train the face denoiser on latents: attributes dropped at random, so that most may be unspecified."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core import checkpoints, draws
from core.diffusion.objective import TIMESTEPS, Objective, Prediction
from core.latents import LatentSet
from core.models.face_unet import PRESETS as SHAPES
from core.models.face_unet import FaceUNet
from core.training.attribute_confidence import soften_labels
from core.training.batches import history
from core.training.loop import Loop, LoopConfig
from core.training.quick_layers import use_quick_layers


@dataclass(frozen=True)
class FacesPreset:
    loop: LoopConfig
    shape: str = "cpu"  # of core.models.face_unet.PRESETS
    prediction: Prediction = "v_prediction"
    uniform_times: float = 0.2
    unconditional: float = 0.12  # share of pictures that learn without any attribute
    complete: float = 0.3  # share that keeps all; the others keep each with a probability of their own
    repeat_below: float = 0.0  # attributes that fewer pictures show come up more often
    soft_labels: float = 0.0  # share of the pictures whose labels become strengths, where their confidence is known
    soft_from: float = 0.3  # share of the noise below which pictures without full detail are not shown
    overrides: dict = field(default_factory=dict)


PRESETS = {
    "smoke": FacesPreset(
        LoopConfig(steps=6, batch_size=8, learning_rate=1e-3, warmup=1, log_every=1, validate_every=3, precision="no"),
        "tiny",
    ),
    "baseline": FacesPreset(
        LoopConfig(steps=4000, batch_size=64, learning_rate=1e-4, warmup=0, decay_from=1.0, betas=(0.9, 0.999)),
        "baseline",
        "epsilon",
        uniform_times=1.0,
    ),
    "cpu": FacesPreset(LoopConfig(steps=4500, batch_size=64, learning_rate=6e-4, weight_decay=0.01)),
    "gpu": FacesPreset(
        LoopConfig(
            steps=60000, batch_size=512, learning_rate=6e-4, ema_decay=0.9998, weight_decay=0.01, validate_every=2000
        ),
        "gpu",
    ),
}


def train_faces(
    data: LatentSet,
    preset: FacesPreset,
    out: Path,
    *,
    confidence: np.ndarray | None = None,
    start: Path | None = None,
    resume: bool = False,
    until: int | None = None,
) -> Loop:
    """Encoded faces with attributes -> a run folder with ``best/`` and ``last/`` (EMA weights).

    ``confidence`` (N, 40) of :mod:`core.training.attribute_confidence` makes strengths of labels. ``start`` is a
    checkpoint folder whose weights the run begins with; raises ``CheckpointError`` where they are of another shape.
    """
    # data
    rows = data.indices("train")
    repeats = torch.from_numpy(repeat_factors(data.attributes[rows], preset.repeat_below))
    objective = Objective(preset.prediction)
    # model, optimiser
    torch.manual_seed(preset.loop.seed)
    channels, size = data.latents.shape[2], data.latents.shape[3]
    shape = {**SHAPES[preset.shape], **preset.overrides}
    detail = None if data.detail is None or (data.detail == 1).all() else torch.from_numpy(data.detail)
    model = FaceUNet(latent_channels=channels, sample_size=size, detail=detail is not None, **shape)
    metadata = _metadata(data, preset, objective, soft_labels=preset.soft_labels if confidence is not None else 0.0)
    if start is not None:
        checkpoints.load_weights(model, start / checkpoints.WEIGHTS)
        metadata["started_from"] = history(start)
    loop = Loop(preset.loop, out, {"model": use_quick_layers(model)}, metadata)

    def train_step(step: int) -> dict[str, Tensor]:
        generator = loop.generator(step)
        picked = rows[draws.weighted(generator, repeats, loop.batch_size).numpy()]
        mirrored = draws.integers(generator, 2, loop.batch_size).numpy()
        z = torch.from_numpy(data.latents[picked, mirrored].astype(np.float32))
        noise = draws.randn(generator, *z.shape)
        timesteps = objective.draw_timesteps(len(z), generator, uniform=preset.uniform_times)
        shares = None if detail is None else detail[picked]
        if shares is not None:
            timesteps = raise_timesteps(timesteps, shares, preset.soft_from)
        attributes = torch.from_numpy(data.attributes[picked]).float()
        if confidence is not None:
            attributes = soften_labels(attributes, torch.from_numpy(confidence[picked]), generator, preset.soft_labels)
        attributes = drop_attributes(attributes, generator, preset.unconditional, preset.complete)
        x, target = objective.noised(z, noise, timesteps), objective.target(z, noise, timesteps)
        x = x.to(loop.device).contiguous(memory_format=torch.channels_last)
        with loop.autocast():
            shares = None if shares is None else shares.to(loop.device)
            output = loop.modules["model"](x, timesteps.to(loop.device), attributes.to(loop.device), shares)
        loss = F.mse_loss(output.float(), target.to(loop.device))
        loop.update("model", loss)
        return {"loss": loss.detach()}

    # train, log, save
    loop.run(train_step, lambda model: _validate(model, data, objective, loop.device), resume=resume, until=until)
    return loop


def _metadata(data: LatentSet, preset: FacesPreset, objective: Objective, soft_labels: float) -> dict[str, object]:
    """What the run's ``run.json`` says beside its loop."""
    return {
        "data": {"celeba": {"train": len(data.indices("train"))}},
        "encoder": data.encoder,
        "shape": preset.shape,
        "repeat_below": preset.repeat_below,
        "soft_labels": soft_labels,
        "soft_from": preset.soft_from,
        "scheduler": objective.scheduler_config(),
    }


def repeat_factors(attributes: np.ndarray, below: float) -> np.ndarray:
    """(N, 40) of -1 and 1 -> (N,) how many times as often a picture is drawn, by the rarest attribute it shows.

    An attribute of share f < ``below`` has the factor sqrt(below / f) (repeat factor sampling; Gupta et al. 2019,
    https://arxiv.org/abs/1908.03195): else one picture in sixteen shows eyeglasses, and one in forty is conditioned on
    them.
    """
    shown = attributes > 0
    share = np.maximum(shown.mean(axis=0), 1e-3)
    factor = np.maximum(1.0, np.sqrt(below / share))
    return np.where(shown, factor, 1.0).max(axis=1)


def raise_timesteps(timesteps: Tensor, detail: Tensor, least: float) -> Tensor:
    """Timesteps (N,) in [0, 1000) of pictures without full detail (N,) -> squeezed into the upper ``1 - least``.

    Where little noise is left, only detail remains to be drawn, and an enlarged picture has none.
    """
    raised = (least * TIMESTEPS + (1 - least) * timesteps.float()).to(timesteps.dtype).clamp(max=TIMESTEPS - 1)
    return torch.where(detail < 1, raised, timesteps)


def drop_attributes(attributes: Tensor, generator: torch.Generator, unconditional: float, complete: float) -> Tensor:
    """(N, 40) of values in [-1, 1] -> the same with some set to 0, unspecified.

    Some pictures lose all, some keep all; each other picture keeps every attribute with one probability of its own,
    cubed towards few, because a person sets two and leaves 38 unspecified.
    """
    n = len(attributes)
    keep = draws.rand(generator, n, 1) ** 3
    fate = draws.rand(generator, n, 1)
    keep = torch.where(fate < unconditional, torch.zeros_like(keep), keep)
    keep = torch.where(fate > 1 - complete, torch.ones_like(keep), keep)
    return attributes * (draws.rand(generator, *attributes.shape) < keep)


@torch.no_grad()
def _validate(model: nn.Module, data: LatentSet, objective: Objective, device: torch.device) -> dict[str, float]:
    """Noise error on the validation part, all attributes given, over even timesteps; the same noise every time.

    It is in units of noise variance for every objective (an untrained network has 1.0), so presets compare.
    """
    rows = data.indices("val")
    if data.detail is not None and (data.detail[rows] == 1).any():
        rows = rows[data.detail[rows] == 1]  # the network draws with full detail
    generator = torch.Generator().manual_seed(1234)
    timesteps = (torch.arange(len(rows)) * TIMESTEPS // max(1, len(rows)) * 7919) % TIMESTEPS
    noise_error, target_error = [], []
    for part in np.array_split(np.arange(len(rows)), max(1, len(rows) // 64)):
        z = torch.from_numpy(data.latents[rows[part], 0].astype(np.float32))
        noise, t = torch.randn(z.shape, generator=generator), timesteps[part]
        attributes = torch.from_numpy(data.attributes[rows[part]]).float()
        x = objective.noised(z, noise, t)
        output = model(x.to(device), t.to(device), attributes.to(device)).float().cpu()
        noise_error.append((objective.noise(x, output, t) - noise).square().flatten(1).mean(dim=1))
        target_error.append((output - objective.target(z, noise, t)).square().flatten(1).mean(dim=1))
    return {"loss": float(torch.cat(noise_error).mean()), "target": float(torch.cat(target_error).mean())}
