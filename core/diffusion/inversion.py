"""Photos back into the denoiser: the noise that draws them, and what becomes of them under other attributes.

``ddpm``: edit-friendly noise maps (Huberman-Spiegelglas et al. 2023, arXiv:2304.06140). Every level of the photo gets
noise of its own, and what the stochastic step misses is kept and added again, so nothing asked returns the photo
exactly. ``ddim``: deterministic inversion (Song et al. 2020, arXiv:2010.02502), approximate.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from diffusers import DDIMInverseScheduler
from torch import Tensor

from core.diffusion.objective import Objective
from core.diffusion.sampling import Denoiser, Step, guide, make_scheduler

METHODS = ("ddpm", "ddim")


def first_step(steps: int, faithfulness: float) -> int:
    """Steps left out at the noisy end: 0 for a free edit, most of them for a faithful one."""
    return min(steps - 2, round(steps * (0.05 + 0.75 * faithfulness)))


def edit_ddpm(
    denoiser: Denoiser,
    objective: Objective,
    z: Tensor,
    source: Tensor,
    target: Tensor,
    *,
    steps: int,
    guidance: float,
    faithfulness: float,
    seed: int,
) -> Iterator[Step]:
    """Latents of a photo (1, C, S, S) and attributes (1, 40), had and wanted -> steps towards the edited latents.

    Source and target go through the network side by side, so one pass both inverts and edits.
    """
    scheduler = make_scheduler(objective, "ddim")
    scheduler.set_timesteps(steps)
    times = scheduler.timesteps[first_step(steps, faithfulness) :]
    generator = torch.Generator().manual_seed(seed)
    levels = [objective.noised(z, torch.randn(z.shape, generator=generator), t.reshape(1)) for t in times] + [z]
    edited = levels[0]
    attributes = torch.cat([source, target])
    for index, timestep in enumerate(times):
        at = timestep.repeat(2)
        x = torch.cat([levels[index], edited])
        output = guide(denoiser, x, at, attributes, guidance)
        step_to = times[index + 1].reshape(1) if index + 1 < len(times) else None
        kept, changed = _stochastic_mean(objective, x, output, at, step_to).chunk(2)
        edited = changed + (levels[index + 1] - kept)
        yield Step(index + 1, objective.clean(x, output, at)[1:], edited)


def _stochastic_mean(objective: Objective, x: Tensor, output: Tensor, at: Tensor, step_to: Tensor | None) -> Tensor:
    """Mean of the DDPM step (DDIM with eta 1) from ``at`` to ``step_to``, or to the clean latents."""
    clean, noise = objective.clean(x, output, at), objective.noise(x, output, at)
    if step_to is None:
        return clean
    alpha, sigma = objective.at(at)
    alpha_to, sigma_to = objective.at(step_to)
    variance = (sigma_to / sigma).square() * (1 - (alpha / alpha_to).square())
    return alpha_to * clean + (sigma_to.square() - variance).clamp_min(0).sqrt() * noise


def edit_ddim(
    denoiser: Denoiser,
    objective: Objective,
    z: Tensor,
    source: Tensor,
    target: Tensor,
    *,
    steps: int,
    guidance: float,
    faithfulness: float,
) -> Iterator[Step]:
    """As :func:`edit_ddpm`, by running the deterministic solver backwards; what it misses is added at the end."""
    config = objective.scheduler_config()
    inverse = DDIMInverseScheduler(**config)
    inverse.set_timesteps(steps)
    forward = make_scheduler(objective, "ddim").from_config({**config, "timestep_spacing": "leading"})
    forward.set_timesteps(steps)
    skipped = first_step(steps, faithfulness)
    x = z
    for timestep in inverse.timesteps[: steps - skipped]:
        x = inverse.step(denoiser(x, timestep.reshape(1), source), timestep, x, return_dict=False)[0]
    both, attributes = torch.cat([x, x]), torch.cat([source, target])
    for index, timestep in enumerate(forward.timesteps[skipped:]):
        at = timestep.repeat(2)
        output = guide(denoiser, both, at, attributes, guidance)
        clean = objective.clean(both, output, at)[1:]
        both = forward.step(output, timestep, both, return_dict=False)[0]
        reconstructed, edited = both.chunk(2)
        yield Step(index + 1, clean, edited + (z - reconstructed))
