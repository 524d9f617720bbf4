"""Few steps: an adapter of the face denoiser that goes in four calls where the guided solver goes in fourteen.

The teacher draws from noise under requests of the kind that the page makes, and keeps where it was at each of the
student's nodes. The adapter (an LCM-LoRA in form: Luo et al. 2023, arXiv:2311.05556) then learns the steps between.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F
from tqdm import tqdm

from core import draws
from core.checkpoints import CheckpointError
from core.diffusion.few_steps import TEACHER, nodes, sample_few_steps, target_between
from core.diffusion.sampling import Denoiser, sample_steps
from core.models.adapters import EVERYWHERE, AdapterFactors
from core.training.faces import drop_attributes
from core.training.loop import Loop, LoopConfig
from core.training.lora.data import StyleBase

CHUNK = 128  # trajectories that are drawn and stored at a time
HELD_OUT = 64  # trajectories


@dataclass(frozen=True)
class FewStepsPreset:
    loop: LoopConfig
    trajectories: int
    steps: int = 4  # of the student; the teacher's are a multiple
    rank: int = 32
    unconditional: float = 0.1  # share of requests for nothing
    complete: float = 0.1  # share of requests for all 40 attributes


PRESETS = {
    "smoke": FewStepsPreset(
        LoopConfig(steps=6, batch_size=8, learning_rate=1e-3, warmup=1, log_every=1, validate_every=3, precision="no"),
        trajectories=2 * CHUNK,
        rank=4,
    ),
    "cpu": FewStepsPreset(
        LoopConfig(steps=2500, batch_size=64, learning_rate=1e-3, warmup=50, ema_decay=0.995, validate_every=250),
        trajectories=16384,
    ),
    "gpu": FewStepsPreset(
        LoopConfig(steps=20000, batch_size=512, learning_rate=1e-3, warmup=100, validate_every=1000),
        trajectories=200_000,
        rank=64,
    ),
}


@dataclass(frozen=True)
class Trajectories:
    """``latents`` float16 (N, steps + 1, C, S, S), from noise to the drawn face; ``attributes`` float32 (N, 40)."""

    latents: np.ndarray
    attributes: np.ndarray


def draw_trajectories(base: StyleBase, rows: np.ndarray, preset: FewStepsPreset, folder: Path) -> Trajectories:
    """Attribute rows (M, 40) of real faces -> the teacher's trajectories under requests for some of them.

    They are stored in ``folder`` by chunks; those that are there already are kept. Raises ``CheckpointError`` where
    they belong to another denoiser.
    """
    folder.mkdir(parents=True, exist_ok=True)
    owner = folder / "fingerprint.txt"
    if owner.is_file() and owner.read_text().strip() != base.fingerprint:
        raise CheckpointError(f"{folder} holds trajectories of another denoiser; choose another --out.")
    owner.write_text(base.fingerprint)
    latents, attributes = [], []
    for number in tqdm(range(-(-preset.trajectories // CHUNK)), desc="trajectories", unit="chunk", mininterval=5):
        file = folder / f"{number:05d}.npz"
        if not file.is_file():
            path, wanted = _chunk(base, rows, preset, number)
            part = file.with_suffix(".part")
            with open(part, "wb") as opened:
                np.savez(opened, latents=path, attributes=wanted)
            os.replace(part, file)
        with np.load(file) as stored:
            latents.append(stored["latents"])
            attributes.append(stored["attributes"])
    count = preset.trajectories
    return Trajectories(np.concatenate(latents)[:count], np.concatenate(attributes)[:count])


@torch.no_grad()
def _chunk(base: StyleBase, rows: np.ndarray, preset: FewStepsPreset, number: int) -> tuple[np.ndarray, np.ndarray]:
    generator = torch.Generator().manual_seed(2**32 + number)  # no seed of a recipe
    picked = draws.integers(generator, len(rows), CHUNK).numpy()
    given = torch.from_numpy(rows[picked].astype(np.float32))
    wanted = drop_attributes(given, generator, preset.unconditional, preset.complete)
    config = base.network.config
    noise = draws.randn(generator, CHUNK, config.latent_channels, config.sample_size, config.sample_size)
    device = next(base.network.parameters()).device

    def denoise(x: Tensor, timesteps: Tensor, attributes: Tensor) -> Tensor:
        inputs = x.to(device).contiguous(memory_format=torch.channels_last), timesteps.to(device), attributes.to(device)
        with torch.autocast(device.type, torch.bfloat16):
            return base.prediction(base.network(*inputs)).float().cpu()

    every = TEACHER.steps // preset.steps
    path = [noise]
    for step in sample_steps(denoise, base.objective, TEACHER, noise, wanted):
        if step.number % every == 0:
            path.append(step.latents)
    return torch.stack(path, dim=1).half().numpy(), wanted.numpy()


def train_few_steps(
    base: StyleBase,
    data: Trajectories,
    preset: FewStepsPreset,
    out: Path,
    *,
    resume: bool = False,
    until: int | None = None,
) -> Loop:
    """Trajectories of a face denoiser -> a run folder whose ``best/`` and ``last/`` are adapters (averaged weights)."""
    # model, optimiser
    torch.manual_seed(preset.loop.seed)
    taught_by = {"solver": TEACHER.solver, "teacher_steps": TEACHER.steps, "guidance": TEACHER.guidance}
    about = {"base": base.kind, "fingerprint": base.fingerprint, "steps": preset.steps, **taught_by}
    model = AdapterFactors(base.network, EVERYWHERE["faces"], preset.rank, about)
    loop = Loop(preset.loop, out, {"model": model}, {"trajectories": len(data.latents), "few_steps": about})
    network = base.network.to(loop.device, memory_format=torch.channels_last).eval()
    attached = model.attached(network)

    def predict(model: nn.Module, x: Tensor, timesteps: Tensor, attributes: Tensor) -> Tensor:
        x = x.to(loop.device).contiguous(memory_format=torch.channels_last)
        inputs = x, timesteps.to(loop.device), attributes.to(loop.device)
        return base.prediction(functional_call(attached, model.by_name(), inputs))

    def train_step(step: int) -> dict[str, Tensor]:
        x, target, timesteps, attributes = _batch(base, data, preset, loop.batch_size, loop.generator(step))
        with loop.autocast():
            output = predict(loop.modules["model"], x, timesteps, attributes)
        loss = F.mse_loss(output.float(), target.to(loop.device))
        loop.update("model", loss)
        return {"loss": loss.detach()}

    def validate(model: nn.Module) -> dict[str, float]:
        def denoise(x: Tensor, timesteps: Tensor, attributes: Tensor) -> Tensor:
            return predict(model, x, timesteps, attributes).float().cpu()

        return {"loss": missed(denoise, base, data, preset.steps)}

    loop.run(train_step, validate, resume=resume, until=until)
    return loop


def _batch(
    base: StyleBase, data: Trajectories, preset: FewStepsPreset, count: int, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Latents (N, C, S, S) at nodes of the student, what it should predict there, their timesteps and attributes."""
    times = nodes(base.objective, preset.steps)
    ends = torch.cat([times[1:], times.new_tensor([-1])])
    rows = draws.integers(generator, len(data.latents) - HELD_OUT, count).numpy()
    at = draws.integers(generator, preset.steps, count)
    x, after = (torch.from_numpy(data.latents[rows, at.numpy() + later].astype(np.float32)) for later in (0, 1))
    target = target_between(base.objective, x, after, times[at], ends[at])
    return x, target, times[at], torch.from_numpy(data.attributes[rows])


@torch.no_grad()
def missed(denoise: Denoiser, base: StyleBase, data: Trajectories, steps: int) -> float:
    """Mean squared distance, in units of the latents' variance, between where the student's drawings of the held-out
    requests end and where the teacher's do.
    """
    path = torch.from_numpy(data.latents[-HELD_OUT:].astype(np.float32))
    wanted = torch.from_numpy(data.attributes[-HELD_OUT:])
    *_, step = sample_few_steps(denoise, base.objective, steps, path[:, 0], wanted)
    return float(F.mse_loss(step.latents, path[:, -1]))
