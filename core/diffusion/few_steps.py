"""Drawing in few steps, without guidance: for a denoiser that has learned where a guided solver goes in several.

Progressive distillation (Salimans & Ho 2022, arXiv:2202.00512), of a guided teacher (Meng et al. 2023,
arXiv:2210.03142), in one round: every long step of the student ends where the teacher's short ones end.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from core.diffusion.objective import Objective
from core.diffusion.sampling import Before, Denoiser, Plan, Step, make_scheduler, predict, timestep_of

TEACHER = Plan("dpm++", 8, 4.5, (0.0, 0.8))  # what is learned: the plain drawing of a face


def nodes(objective: Objective, steps: int) -> Tensor:
    """(steps,) timesteps on the objective's table at which the student's steps begin: those of the teacher's solver."""
    scheduler = make_scheduler(objective, TEACHER.solver)
    scheduler.set_timesteps(steps)
    return torch.cat([timestep_of(objective, timestep) for timestep in scheduler.timesteps]).long()


def sample_few_steps(
    denoiser: Denoiser, objective: Objective, steps: int, noise: Tensor, attributes: Tensor
) -> Iterator[Step]:
    """Noise (N, C, S, S) and attributes (N, 40) -> one :class:`Step` after each step: one call of the network each."""
    times = nodes(objective, steps)
    x = noise
    for number, timestep in enumerate(times, start=1):
        at = timestep.expand(len(x))
        before = Before(x, at, predict(denoiser, x, at, attributes, 1.0))
        clean = objective.clean(x, before.prediction.output, at)
        if number < steps:
            noise_left = objective.noise(x, before.prediction.output, at)
            x = objective.noised(clean, noise_left, times[number].expand(len(x)))
        else:
            x = clean
        yield Step(number, clean, x, before)


def target_between(objective: Objective, x: Tensor, after: Tensor, timesteps: Tensor, ends: Tensor) -> Tensor:
    """What the network should predict of ``x`` at ``timesteps`` (N,), so that its deterministic step ends in ``after``.

    ``ends`` (N,) are the timesteps of the ends, -1 for the clean latents. Latents and result are (N, C, S, S).
    """
    alpha, sigma = objective.at(timesteps)
    alpha_to, sigma_to = objective.at(ends)
    last = (ends < objective.first).view(-1, 1, 1, 1)
    alpha_to, sigma_to = torch.where(last, 1.0, alpha_to), torch.where(last, 0.0, sigma_to)
    turned = alpha_to * sigma - alpha * sigma_to  # both latents are alpha * clean + sigma * noise with the same two
    clean = (sigma * after - sigma_to * x) / turned
    noise = (alpha_to * x - alpha * after) / turned
    return objective.target(clean, noise, timesteps)
