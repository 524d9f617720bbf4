"""What happens inside one drawing: the noisy latents, the predictions and the schedule of each of its steps.

The steps are those of the drawing itself, which keep what they were made of, so that nothing is computed in another way
here. Importing this loads no network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core.pipelines.progress import Cancel, Progress
from core.recipe import Recipe

if TYPE_CHECKING:
    from torch import Tensor

    from core.diffusion.objective import Objective
    from core.diffusion.sampling import Step

MOST_SHOWN = 40  # steps of one drawing whose pictures are decoded, evenly over all
CURVE = 101  # points of the noise schedule
GREY = 128  # level of a pixel that guidance leaves as it is


@dataclass(frozen=True)
class InsideStep:
    """One step. Its pictures are decoded latents, RGB and of one size; the predictions are those of the clean picture.

    A prediction of velocity, flow or noise gives the clean latents by a linear formula, so guidance adds them up in the
    same way. Decoding is not linear: ``change`` is what guidance changed in the decoded picture, about :data:`GREY`.
    """

    number: int  # from 1
    timestep: int  # 0, the cleanest, to 999, on the objective's table
    signal: float  # alpha_t: the share of the clean latents in the noisy ones
    noise: float  # sigma_t: the share of the noise
    guidance: float  # the scale in effect; 1: the network is called once, and the next two are None
    noisy: Image.Image  # the latents x_t, as the decoder shows them: it has never seen noise
    conditional: Image.Image
    clean: Image.Image  # of the guided prediction; of the last step the drawn picture
    unconditional: Image.Image | None = None  # or of the negative prompt
    change: Image.Image | None = None  # clean - unconditional + GREY


@dataclass(frozen=True)
class Inside:
    """One drawing from its first step to its last; ``steps`` are all of them, or :data:`MOST_SHOWN` evenly."""

    recipe: Recipe
    steps: tuple[InsideStep, ...]
    count: int  # of all steps
    prediction: str  # what the network predicts: epsilon, v_prediction or flow
    curve: tuple[tuple[int, float, float], ...]  # (timestep, alpha, sigma) of the noise schedule, from noise to clean


@dataclass(frozen=True)
class Trajectory:
    """The way of one drawing through its latent space: n steps, or :data:`MOST_SHOWN` evenly."""

    recipe: Recipe
    numbers: tuple[int, ...]  # of the steps, from 1
    latents: np.ndarray  # float32 (n + 1, C, S, S): what each step began with, and the result
    pictures: tuple[Image.Image, ...]  # n: the predicted clean picture of each step; the last one is drawn
    codec: str = ""  # key of the autoencoder whose latents they are, where the latent map knows it


def look_inside(
    steps: Iterator[Step],
    recipe: Recipe,
    objective: Objective,
    picture: Callable[[Tensor], Image.Image],
    count: int,
    cancel: Cancel | None = None,
) -> Iterator[Progress | Inside]:
    """The ``count`` steps of a drawing of one picture -> :class:`Progress` after each, then one :class:`Inside`, unless
    it is cancelled. ``picture`` decodes latents (1, C, S, S).
    """
    shown, kept = shown_steps(count), []
    for step in steps:
        if cancel is not None and cancel():
            return
        if step.number in shown:
            kept.append(_inside_step(step, objective, picture, last=step.number == count))
        yield Progress(step.number, count)
    yield Inside(recipe, tuple(kept), count, objective.prediction, _curve(objective))


def follow_drawing(
    steps: Iterator[Step], recipe: Recipe, picture: Callable[[Tensor], Image.Image], count: int, codec: str
) -> Trajectory:
    """The ``count`` steps of a drawing of one picture -> its way; ``picture`` decodes latents (1, C, S, S)."""
    kept = [step for step in steps if step.number in shown_steps(count)]
    latents = [*(step.before.latents[0].numpy() for step in kept), kept[-1].latents[0].numpy()]
    pictures = [*(picture(step.clean) for step in kept[:-1]), picture(kept[-1].latents)]
    numbers = tuple(step.number for step in kept)
    return Trajectory(recipe, numbers, np.stack(latents).astype(np.float32), tuple(pictures), codec)


def shown_steps(count: int) -> frozenset[int]:
    """Numbers of the steps that are shown, the first and the last one always."""
    return frozenset(np.linspace(1, count, min(count, MOST_SHOWN)).round().astype(int).tolist())


def _inside_step(
    step: Step, objective: Objective, picture: Callable[[Tensor], Image.Image], *, last: bool
) -> InsideStep:
    x, at, said = step.before.latents, step.before.timesteps[:1], step.before.prediction
    alpha, sigma = (float(level) for level in objective.at(at))
    # The last step ends where no noise is left: its result is the prediction, as the solver rounds it.
    clean = picture(step.latents if last else step.clean)
    found = InsideStep(
        number=step.number,
        timestep=int(at.long()) - objective.first,
        signal=alpha,
        noise=sigma,
        guidance=float(said.scale),
        noisy=picture(x),
        conditional=clean,
        clean=clean,
    )
    if said.unconditional is None:
        return found
    conditional, unconditional = (
        picture(objective.clean(x, output, at)) for output in (said.conditional, said.unconditional)
    )
    change = difference(clean, unconditional)
    return replace(found, conditional=conditional, unconditional=unconditional, change=change)


def difference(picture: Image.Image, other: Image.Image) -> Image.Image:
    """Two pictures of one size -> what one has more than the other in each channel, about :data:`GREY`, clipped."""
    values = np.asarray(picture, np.int16) - np.asarray(other, np.int16) + GREY
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def _curve(objective: Objective) -> tuple[tuple[int, float, float], ...]:
    last = len(objective.alpha) - 1
    places = np.linspace(last, 0, CURVE).round().astype(int).tolist()
    return tuple((place, float(objective.alpha[place]), float(objective.sigma[place])) for place in places)
