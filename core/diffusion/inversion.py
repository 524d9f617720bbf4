"""Photos back into the denoiser: the noise that draws them, and what becomes of them under other attributes.

``ddpm``: edit-friendly noise maps (Huberman-Spiegelglas et al. 2023, arXiv:2304.06140). Every level of the photo gets
noise of its own, and what the stochastic step misses is kept and added again, so without a change the photo returns
exactly. ``ddim``: deterministic inversion (Song et al. 2020, arXiv:2010.02502), approximate.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from core.diffusion.objective import TIMESTEPS, Objective
from core.diffusion.sampling import Denoiser, Step


def first_step(steps: int, faithfulness: float) -> int:
    """Steps left out at the noisy end: 0 for a free edit, most of them for a faithful one."""
    return min(steps - 2, round(steps * (0.05 + 0.75 * faithfulness)))


def levels(objective: Objective, steps: int) -> Tensor:
    """(steps,) timesteps from noise towards clean, evenly spaced on the table of DDPM.

    A flow meets the same ratios of noise to picture at other timesteps, so that faithfulness means the same there.
    """
    even = torch.arange(TIMESTEPS, 0, -TIMESTEPS / steps).round().long() - 1
    if objective.prediction != "flow":
        return even
    alpha, sigma = (level.flatten() for level in Objective("epsilon").at(even))
    return (TIMESTEPS * sigma / (alpha + sigma)).round().long() - 1


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
    edited_by: Denoiser | None = None,
) -> Iterator[Step]:
    """Latents of a photo (1, C, S, S), its attributes and the requested ones (1, 40) -> steps towards the edited photo.

    Source and target go through the network side by side, so one pass both inverts and edits; ``edited_by`` is
    another network for the edit alone.
    """
    times = levels(objective, steps)[first_step(steps, faithfulness) :]
    generator = torch.Generator().manual_seed(seed)
    noised = [objective.noised(z, torch.randn(z.shape, generator=generator), t.reshape(1)) for t in times] + [z]
    edited = noised[0]
    for index, timestep in enumerate(times):
        at = timestep.repeat(2)
        x = torch.cat([noised[index], edited])
        output = guided_edit(denoiser, x, timestep, source, target, guidance, edited_by)
        step_to = times[index + 1].reshape(1) if index + 1 < len(times) else None
        kept, changed = _stochastic_mean(objective, x, output, at, step_to).chunk(2)
        edited = changed + (noised[index + 1] - kept)
        yield Step(index + 1, objective.clean(x, output, at)[1:], edited)


def guided_edit(
    denoiser: Denoiser,
    x: Tensor,
    timestep: Tensor,
    source: Tensor,
    target: Tensor,
    scale: float,
    edited_by: Denoiser | None = None,
) -> Tensor:
    """Photo and edit at one level (2, C, S, S) -> their predictions: both guided by all their attributes, the edit
    also by those that changed, alone.

    Beside thirty-nine others a changed attribute has little effect, while a drawing conditioned on it alone follows it.
    So the direction from no attribute to this one alone is added (after Brack et al. 2023, arXiv:2301.12247).
    """
    changed = torch.where(target != source, target, torch.zeros_like(target))
    nothing = torch.zeros_like(target)
    photo, edit = x.chunk(2)
    conditions = [source, nothing], [target, nothing, changed]
    if edited_by is None:
        both = denoiser(
            torch.cat([photo, photo, edit, edit, edit]), timestep.repeat(5), torch.cat(conditions[0] + conditions[1])
        )
        of_photo, of_edit = both[:2], both[2:]
    else:
        of_photo = denoiser(photo.repeat(2, 1, 1, 1), timestep.repeat(2), torch.cat(conditions[0]))
        of_edit = edited_by(edit.repeat(3, 1, 1, 1), timestep.repeat(3), torch.cat(conditions[1]))
    kept = of_photo[1:] + scale * (of_photo[:1] - of_photo[1:])
    moved = of_edit[1:2] + scale * (of_edit[:1] - of_edit[1:2]) + (scale - 1) * (of_edit[2:] - of_edit[1:2])
    return torch.cat([kept, moved])


def _stochastic_mean(objective: Objective, x: Tensor, output: Tensor, at: Tensor, step_to: Tensor | None) -> Tensor:
    """Mean of the DDPM step (DDIM with eta 1) from ``at`` to ``step_to``, or to the clean latents."""
    clean, noise = objective.clean(x, output, at), objective.noise(x, output, at)
    if step_to is None:
        return clean
    alpha, sigma = objective.at(at)
    alpha_to, sigma_to = objective.at(step_to)
    added = sigma.square() - (alpha / alpha_to * sigma_to).square()  # variance between the two levels
    variance = added * (sigma_to / sigma).square()
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
    edited_by: Denoiser | None = None,
) -> Iterator[Step]:
    """As :func:`edit_ddpm`, by running the deterministic solver backwards; what it misses is added at the end."""
    times = levels(objective, steps)[first_step(steps, faithfulness) :]
    rising = times.flip(0)
    x = z
    for index, timestep in enumerate(rising):
        # the noise at the next level is taken to be that of this one
        at = rising[max(0, index - 1)].reshape(1)
        output = denoiser(x, at, source)
        x = _towards(objective, z if index == 0 else objective.clean(x, output, at), x, output, at, timestep)
    both = torch.cat([x, x])
    for index, timestep in enumerate(times):
        at = timestep.repeat(2)
        output = guided_edit(denoiser, both, timestep, source, target, guidance, edited_by)
        clean = objective.clean(both, output, at)
        step_to = times[index + 1] if index + 1 < len(times) else None
        both = clean if step_to is None else _towards(objective, clean, both, output, at, step_to)
        reconstructed, edited = both.chunk(2)
        yield Step(index + 1, clean[1:], edited + (z - reconstructed))


def _towards(objective: Objective, clean: Tensor, x: Tensor, output: Tensor, at: Tensor, step_to: Tensor) -> Tensor:
    """The deterministic step to another level."""
    alpha, sigma = objective.at(step_to.reshape(1))
    return alpha * clean + sigma * objective.noise(x, output, at)
