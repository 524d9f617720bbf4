"""A real photo under other attributes: invert, change, decode, and put back what the edit did not touch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from core import attributes
from core.diffusion.inversion import edit_ddim, edit_ddpm, first_step
from core.images import to_images, to_pixels, to_tensor
from core.pipelines.faces.engine import FaceEngine
from core.pipelines.faces.entanglement import entangled
from core.pipelines.faces.types import EditRequest, EditResult
from core.pipelines.progress import Cancel, Progress

STEPS = 24  # an inversion wants finer steps than a drawing from noise
CHANGED = 0.10  # mean absolute difference (pictures in [-1, 1]) from which a pixel counts as edited


def edit_photo(engine: FaceEngine, request: EditRequest, cancel: Cancel | None) -> Iterator[Progress | EditResult]:
    """Yields progress, then one result."""
    recipe = request.recipe
    started = time.perf_counter()
    base, changed = attributes.dense(request.base), attributes.dense(recipe.attributes)
    wanted = attributes.resolve(np.where(changed != 0, changed, base))
    pixels = to_pixels(request.photo, engine.size)
    before = Image.fromarray(pixels)
    photo = to_tensor(pixels)
    z = engine.encode(photo)
    reconstruction = engine.decode(z)

    def composed(latents: Tensor) -> Image.Image:
        return to_images(keep_rest(photo, reconstruction, engine.decode(latents)))[0]

    source, target = torch.from_numpy(base)[None], torch.from_numpy(wanted.values)[None]
    network = engine.with_adapters(recipe)  # the style is put on the edit alone
    edited_by = None if network is None else partial(engine.denoise, network=network)
    options = {"steps": STEPS, "guidance": recipe.guidance, "faithfulness": request.faithfulness}
    options["edited_by"] = edited_by
    if request.method == "ddpm":
        steps = edit_ddpm(engine.denoise, engine.objective, z, source, target, seed=recipe.seed, **options)
    else:
        steps = edit_ddim(engine.denoise, engine.objective, z, source, target, **options)
    total, cancelled = STEPS - first_step(STEPS, request.faithfulness), False
    for step in steps:
        cancelled = cancel is not None and step.number < total and cancel()
        if cancelled:
            break
        shown = composed(step.clean) if step.number % 4 == 0 and step.number < total else None
        yield Progress(step.number, total, (), shown)
    after = composed(step.clean if cancelled else step.latents)
    notes = (*wanted.notes, *(["Stopped early; this is what was there."] if cancelled else []))
    milliseconds = (time.perf_counter() - started) * 1000
    had, has = engine.read_picture(before), engine.read_picture(after, recipe)
    requested = [name for name, old, new in zip(attributes.NAMES, base, wanted.values, strict=True) if old != new]
    yield EditResult(before, after, had, has, entangled(had, has, requested), notes, milliseconds, cancelled)


def keep_rest(photo: Tensor, reconstruction: Tensor, edited: Tensor) -> Tensor:
    """The edited picture with the photo's own detail back in place: all (1, 3, P, P) in [-1, 1].

    What the autoencoder loses (photo - reconstruction) is added back in proportion to how little a place changed, so
    an edit that changes nothing returns the photo.
    """
    difference = (edited - reconstruction).abs().mean(dim=1, keepdim=True)  # (1, 1, P, P)
    spread = F.avg_pool2d(F.max_pool2d(difference, 5, 1, 2), 5, 1, 2)  # a soft, slightly wider outline
    unchanged = (1 - spread / CHANGED).clamp(0, 1)
    return (edited + unchanged * (photo - reconstruction)).clamp(-1, 1)
