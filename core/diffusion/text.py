"""Drawing by words: any Stable Diffusion folder's noise schedule, a negative prompt, and a start from a draft.

The denoiser is any callable ``(x, timesteps, states) -> prediction``; states (N, L, D) are those of the text encoder.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from diffusers import LCMScheduler, SchedulerMixin
from torch import Tensor
from torch.nn import functional as F

from core.diffusion.objective import TIMESTEPS, Objective
from core.diffusion.sampling import Before, GuidedPrediction, Plan, Step, combined, make_scheduler, solvers

TextDenoiser = Callable[[Tensor, Tensor, Tensor], Tensor]
LCM = "lcm"  # latent consistency models alone: Luo et al. 2023 (arXiv:2310.04378)
_KEPT = ("beta_start", "beta_end", "beta_schedule", "trained_betas", "rescale_betas_zero_snr")


class FolderObjective(Objective):
    """The objective that a pipeline's ``scheduler_config.json`` describes. Raises ``ValueError`` for other kinds.

    The timesteps are those that diffusers gives to the network: of flow they count from 1, sigma in thousandths.
    """

    def __init__(self, config: Mapping[str, object]) -> None:
        prediction = config.get("prediction_type", "epsilon")
        if prediction == "flow_prediction":
            super().__init__("flow")
            self.first, self._config = 1, super().scheduler_config()
            return
        if prediction not in ("epsilon", "v_prediction") or config.get("num_train_timesteps", TIMESTEPS) != TIMESTEPS:
            raise ValueError(f"This pipeline's schedule is of a kind that cannot be drawn with here ({prediction}).")
        kept = {key: config[key] for key in _KEPT if config.get(key) is not None}
        self._config = {"num_train_timesteps": TIMESTEPS, "prediction_type": prediction, "clip_sample": False, **kept}
        super().__init__(prediction)

    def scheduler_config(self) -> dict:
        return dict(self._config)


@dataclass(frozen=True)
class Conditioning:
    """Text states: (N, L, D) of the prompts, (1, L, D) of the negative or empty one that guidance moves away from."""

    prompt: Tensor
    negative: Tensor


@dataclass(frozen=True)
class Draft:
    """Clean latents (N, C, S, S) to begin with, and how much of the noise is put on them, 0 to 1."""

    latents: Tensor
    level: float

    def skipped(self, steps: int) -> int:
        """Steps at the noisy end that are left out; one at least remains."""
        return min(steps - 1, round(steps * (1 - self.level)))


def guidance_embedding(scale: float, width: int) -> Tensor:
    """Guidance scale -> (1, width): the condition of latent consistency models, which replaces guidance in every step
    (Luo et al. 2023, arXiv:2310.04378).
    """
    half = width // 2
    frequencies = torch.exp(torch.arange(half) * -(math.log(10000.0) / (half - 1)))
    angles = 1000.0 * (scale - 1.0) * frequencies[None]
    return F.pad(torch.cat([angles.sin(), angles.cos()], dim=1), (0, width % 2))


def text_solvers(objective: Objective) -> tuple[str, ...]:
    return solvers(objective) if objective.prediction == "flow" else (*solvers(objective), LCM)


def sample_text_steps(
    denoiser: TextDenoiser,
    objective: Objective,
    plan: Plan,
    noise: Tensor,
    conditioning: Conditioning,
    *,
    draft: Draft | None = None,
    generator: torch.Generator | None = None,
) -> Iterator[Step]:
    """Noise (N, C, S, S), or a draft with that noise on it, -> one :class:`Step` after each denoising step.

    The guidance interval is a part of the whole schedule, also where a draft leaves out its beginning.
    """
    scheduler = _scheduler(objective, plan.solver)
    scheduler.set_timesteps(plan.steps)
    skipped = 0 if draft is None else draft.skipped(len(scheduler.timesteps))
    times = scheduler.timesteps[skipped:]
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(skipped)
    if draft is None:
        x = noise * getattr(scheduler, "init_noise_sigma", 1.0)
    else:
        x = objective.noised(draft.latents, noise, times[:1].long())
    takes_generator = "generator" in inspect.signature(scheduler.step).parameters
    options = {"generator": generator} if takes_generator else {}
    for number, timestep in enumerate(times, start=1):
        at = timestep.reshape(1).long()
        scale = plan.guidance if plan.guided(skipped + number - 1) else 1.0
        before = Before(x, at, predict_text(denoiser, x, at, conditioning, scale))
        clean = objective.clean(x, before.prediction.output, at)
        x = scheduler.step(before.prediction.output, timestep, x, return_dict=False, **options)[0]
        yield Step(number, clean, x, before)


def guide_text(
    denoiser: TextDenoiser, x: Tensor, timesteps: Tensor, conditioning: Conditioning, scale: float
) -> Tensor:
    """Prediction moved away from that of the negative prompt by ``scale``; 1 needs a single call."""
    return predict_text(denoiser, x, timesteps, conditioning, scale).output


def predict_text(
    denoiser: TextDenoiser, x: Tensor, timesteps: Tensor, conditioning: Conditioning, scale: float
) -> GuidedPrediction:
    """As :func:`guide_text`, with the two predictions that it is made of."""
    if scale == 1.0:
        output = denoiser(x, timesteps, conditioning.prompt)
        return GuidedPrediction(output, output)
    states = torch.cat([conditioning.prompt, conditioning.negative.expand_as(conditioning.prompt)])
    both = denoiser(torch.cat([x, x]), timesteps.expand(len(x)).repeat(2), states)
    return combined(*both.chunk(2), scale)


def _scheduler(objective: Objective, solver: str) -> SchedulerMixin:
    if solver != LCM:
        return make_scheduler(objective, solver)
    known = inspect.signature(LCMScheduler.__init__).parameters
    return LCMScheduler(**{key: value for key, value in objective.scheduler_config().items() if key in known})
