"""New pictures from the latents of one: noise up to a level, and from there the denoiser (SDEdit).

Meng et al. 2021 (arXiv:2108.01073). At level 1 nothing of the latents is left and the condition alone decides.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from core.diffusion.inversion import levels
from core.diffusion.objective import Objective
from core.diffusion.sampling import Denoiser, Step, guide


def vary_steps(
    denoiser: Denoiser,
    objective: Objective,
    z: Tensor,
    noise: Tensor,
    condition: Tensor,
    *,
    steps: int,
    level: float,
    guidance: float,
) -> Iterator[Step]:
    """Latents (N, C, S, S), noise of that shape, conditions (N, D) -> the denoising steps from ``level`` on.

    ``level`` is the share of the schedule of ``steps`` that is run, above 0 and at most 1; each step is DDIM's.
    """
    times = levels(objective, steps)[-max(1, round(steps * level)) :]
    alpha, sigma = objective.at(times[:1])
    x = noise if level == 1 else alpha * z + sigma * noise
    for index, timestep in enumerate(times):
        at = timestep.expand(len(x))
        output = guide(denoiser, x, at, condition, guidance)
        clean = objective.clean(x, output, at)
        if index + 1 < len(times):
            alpha, sigma = objective.at(times[index + 1 : index + 2])
            x = alpha * clean + sigma * objective.noise(x, output, at)
        else:
            x = clean
        yield Step(index + 1, clean, x)


def noises(seeds: list[int], shape: tuple[int, ...]) -> Tensor:
    """One standard noise (N, *shape) per seed, drawn on the CPU."""
    return torch.stack([torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds])
