"""From noise to latents: diffusers' solvers by name, guidance on a part of the steps, each step yielded.

The denoiser is any callable ``(x, timesteps, attributes) -> prediction``. Classifier-free guidance: Ho & Salimans 2022
(arXiv:2207.12598); on an interval only: Kynkäänniemi et al. 2024 (arXiv:2404.07724).
"""

from __future__ import annotations

import inspect
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    FlowMatchEulerDiscreteScheduler,
    SchedulerMixin,
    UniPCMultistepScheduler,
)
from torch import Tensor

from core.diffusion.objective import Objective

HALVED_BY = 4.0  # attributes: that many halve what guidance adds

Denoiser = Callable[[Tensor, Tensor, Tensor], Tensor]

_VARIANCE_PRESERVING = {
    "dpm++": (DPMSolverMultistepScheduler, {"solver_order": 2, "timestep_spacing": "trailing"}),
    "unipc": (UniPCMultistepScheduler, {"solver_order": 2, "timestep_spacing": "trailing"}),
    "ddim": (DDIMScheduler, {"timestep_spacing": "trailing", "set_alpha_to_one": True}),
    "ddpm": (DDPMScheduler, {"timestep_spacing": "trailing"}),
}
_FLOW = {
    "dpm++": (DPMSolverMultistepScheduler, {"use_flow_sigmas": True}),
    "unipc": (UniPCMultistepScheduler, {"use_flow_sigmas": True}),
    "flow-euler": (FlowMatchEulerDiscreteScheduler, {}),
}


@dataclass(frozen=True)
class GuidedPrediction:
    """What the network said of noisy latents: ``output`` is unconditional + scale * (conditional - unconditional).

    Without guidance the network is called once: ``unconditional`` is then None, and ``scale`` is 1. All are
    (N, C, S, S) and of the kind that the objective predicts.
    """

    output: Tensor
    conditional: Tensor
    unconditional: Tensor | None = None
    scale: float | Tensor = 1.0  # one for all, or (N, 1, 1, 1)


@dataclass(frozen=True)
class Before:
    """What one step began with: nothing is computed for it, and nothing of a drawing depends on it."""

    latents: Tensor  # (N, C, S, S), noisy
    timesteps: Tensor  # (N,) or (1,) on the objective's table
    prediction: GuidedPrediction


@dataclass(frozen=True)
class Step:
    """The state after one step. A caller that stops iterating stops the drawing, and may keep ``clean``."""

    number: int  # steps done, from 1
    clean: Tensor  # (N, C, S, S) predicted clean latents
    latents: Tensor  # (N, C, S, S) after this step; the result, after the last one
    before: Before | None = None  # of drawings from noise or a draft; edits of photos have none


@dataclass(frozen=True)
class Plan:
    """How noise becomes a picture. ``interval`` is the part of the steps with guidance, 0 the first step."""

    solver: str = "dpm++"
    steps: int = 10
    guidance: float = 2.0
    interval: tuple[float, float] = (0.0, 1.0)

    def guided(self, step: int) -> bool:
        position = step / max(1, self.steps - 1)
        return self.guidance != 1.0 and self.interval[0] <= position <= self.interval[1]


def solvers(objective: Objective) -> tuple[str, ...]:
    """Names of the solvers that this objective can be drawn with."""
    return tuple(_FLOW if objective.prediction == "flow" else _VARIANCE_PRESERVING)


def make_scheduler(objective: Objective, solver: str) -> SchedulerMixin:
    """A fresh diffusers scheduler: they keep state while stepping, so every drawing has its own."""
    table = _FLOW if objective.prediction == "flow" else _VARIANCE_PRESERVING
    if solver not in table:
        raise ValueError(f"Unknown solver {solver!r}; this model can use {', '.join(table)}.")
    cls, options = table[solver]
    known = set(inspect.signature(cls.__init__).parameters)
    return cls(**{k: v for k, v in {**objective.scheduler_config(), **options}.items() if k in known})


def noise_for(seed: int, shape: Sequence[int]) -> tuple[Tensor, torch.Generator]:
    """The starting noise (1, *shape) of one seed, drawn on the CPU, and its generator for stochastic solvers."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, *shape, generator=generator), generator


def noise_near(seed: int, shape: Sequence[int], place: tuple[float, float]) -> tuple[Tensor, torch.Generator]:
    """The starting noise of a place (x, y) on the plane of seeds around one, as :func:`noise_for` at (0, 0).

    The plane is spanned by two noises that belong to the seed. A place is reached by turning the seed's noise towards
    it, at (1, 0) and (0, 1) by a quarter (Shoemake 1985, spherical interpolation): so it is N(0, I) everywhere.
    """
    noise, generator = noise_for(seed, shape)
    distance = math.hypot(*place)
    if not distance:
        return noise, generator
    across, down = (noise_for((seed * 2_654_435_761 + way) % 2**63, shape)[0] for way in (1, 2))
    direction = (place[0] * across + place[1] * down) / distance
    angle = distance * math.pi / 2
    return math.cos(angle) * noise + math.sin(angle) * direction, generator


def sample_steps(
    denoiser: Denoiser,
    objective: Objective,
    plan: Plan,
    noise: Tensor,
    attributes: Tensor,
    generator: torch.Generator | list[torch.Generator] | None = None,
) -> Iterator[Step]:
    """Noise (N, C, S, S) and attributes (N, 40) -> one :class:`Step` after each denoising step."""
    scheduler = make_scheduler(objective, plan.solver)
    scheduler.set_timesteps(plan.steps)
    takes_generator = "generator" in inspect.signature(scheduler.step).parameters
    options = {"generator": generator} if takes_generator else {}
    x = noise * getattr(scheduler, "init_noise_sigma", 1.0)
    for number, timestep in enumerate(scheduler.timesteps, start=1):
        at = timestep_of(objective, timestep).expand(len(x))
        guided = plan.guided(number - 1) and bool(attributes.any())
        scale = adaptive_guidance(plan.guidance, attributes) if guided else 1.0
        before = Before(x, at, predict(denoiser, x, at, attributes, scale))
        clean = objective.clean(x, before.prediction.output, at)
        x = scheduler.step(before.prediction.output, timestep, x, return_dict=False, **options)[0]
        yield Step(number, clean, x, before)


def draw(*args: Any, **kwargs: Any) -> Tensor:
    """All of :func:`sample_steps` at once -> clean latents (N, C, S, S)."""
    return deque(sample_steps(*args, **kwargs), maxlen=1)[0].latents


def adaptive_guidance(scale: float, attributes: Tensor) -> Tensor:
    """Guidance scale and attributes (N, 40) -> the scale of each picture (N, 1, 1, 1), nearer to 1 the more are set.

    One attribute is followed only with guidance. Forty describe a face so closely that the same scale overshoots: the
    colours burn out and the faces grow alike.
    """
    count = attributes.abs().sum(dim=1).view(-1, 1, 1, 1)
    return 1 + (scale - 1) / (1 + count / HALVED_BY)


def guide(denoiser: Denoiser, x: Tensor, timesteps: Tensor, attributes: Tensor, scale: float | Tensor) -> Tensor:
    """Prediction moved away from the unconditional one by ``scale``, or one per picture; 1 needs a single call."""
    return predict(denoiser, x, timesteps, attributes, scale).output


def predict(
    denoiser: Denoiser, x: Tensor, timesteps: Tensor, attributes: Tensor, scale: float | Tensor
) -> GuidedPrediction:
    """As :func:`guide`, with the two predictions that it is made of."""
    if not isinstance(scale, Tensor) and scale == 1.0:
        output = denoiser(x, timesteps, attributes)
        return GuidedPrediction(output, output)
    both = denoiser(
        torch.cat([x, x]), torch.cat([timesteps, timesteps]), torch.cat([attributes, torch.zeros_like(attributes)])
    )
    return combined(*both.chunk(2), scale)


def combined(conditional: Tensor, unconditional: Tensor, scale: float | Tensor) -> GuidedPrediction:
    """Classifier-free guidance of two predictions (N, C, S, S)."""
    output = unconditional + scale * (conditional - unconditional)
    return GuidedPrediction(output, conditional, unconditional, scale)


def timestep_of(objective: Objective, timestep: Tensor) -> Tensor:
    """A scheduler's timestep -> (1,) on the objective's table; flow schedulers count from 1 to 1000."""
    if objective.prediction == "flow":
        return (timestep.float() - 1).round().clamp(0, 999).reshape(1)
    return timestep.reshape(1)
