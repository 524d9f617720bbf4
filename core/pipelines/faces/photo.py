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
from core.diffusion.sampling import Step
from core.images import to_images, to_pixels, to_tensor, to_uint8
from core.photos.alignment import Placement, align
from core.photos.compositing import put_back
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
    before = face_square(request.photo, request.placement, engine.size)
    photo = to_tensor(np.asarray(before))
    z = engine.encode(photo)
    reconstruction = engine.decode(z)

    def composed(latents: Tensor) -> Image.Image:
        return to_images(keep_rest(photo, reconstruction, engine.decode(latents)))[0]

    steps = _steps(engine, request, z, base, wanted.values)
    total, cancelled = STEPS - first_step(STEPS, request.faithfulness), False
    for step in steps:
        cancelled = cancel is not None and step.number < total and cancel()
        if cancelled:
            break
        shown = composed(step.clean) if step.number % 4 == 0 and step.number < total else None
        yield Progress(step.number, total, (), shown)
    latents = step.clean if cancelled else step.latents
    after, whole = composed(latents), None
    if request.placement is not None:
        squares = (to_uint8(x)[0] for x in (reconstruction, engine.decode(latents)))
        whole = put_back(request.photo, request.placement, *squares)
    notes = (*wanted.notes, *(["Stopped early; this is what was there."] if cancelled else []))
    milliseconds = (time.perf_counter() - started) * 1000
    had, has = engine.read_picture(before), engine.read_picture(after, recipe)
    requested = [name for name, old, new in zip(attributes.NAMES, base, wanted.values, strict=True) if old != new]
    yield EditResult(before, after, had, has, entangled(had, has, requested), notes, milliseconds, cancelled, whole)


def face_square(photo: Image.Image, placement: Placement | None, size: int) -> Image.Image:
    """What a face model sees of a photo, RGB (size, size): the square of a face, or the photo's centre square."""
    if placement is None:
        return Image.fromarray(to_pixels(photo, size))
    return align(photo, placement, size)


def _steps(engine: FaceEngine, request: EditRequest, z: Tensor, base: np.ndarray, wanted: np.ndarray) -> Iterator[Step]:
    """The steps from the photo's latents (1, C, S, S) to the edited ones; both attribute rows are (40,)."""
    recipe = request.recipe
    source, target = torch.from_numpy(base)[None], torch.from_numpy(wanted)[None]
    network = engine.with_adapters(recipe)  # the style is put on the edit alone
    edited_by = None if network is None else partial(engine.denoise, network=network)
    options = {"steps": STEPS, "guidance": recipe.guidance, "faithfulness": request.faithfulness}
    options["edited_by"] = edited_by
    if request.method == "ddpm":
        return edit_ddpm(engine.denoise, engine.objective, z, source, target, seed=recipe.seed, **options)
    return edit_ddim(engine.denoise, engine.objective, z, source, target, **options)


def keep_rest(photo: Tensor, reconstruction: Tensor, edited: Tensor) -> Tensor:
    """The edited picture with the photo's own detail back in place: all (1, 3, P, P) in [-1, 1].

    What the autoencoder loses (photo - reconstruction) is added back in proportion to how little a place changed, so
    an edit that changes nothing returns the photo.
    """
    difference = (edited - reconstruction).abs().mean(dim=1, keepdim=True)  # (1, 1, P, P)
    spread = F.avg_pool2d(F.max_pool2d(difference, 5, 1, 2), 5, 1, 2)  # a soft, slightly wider outline
    unchanged = (1 - spread / CHANGED).clamp(0, 1)
    return (edited + unchanged * (photo - reconstruction)).clamp(-1, 1)
