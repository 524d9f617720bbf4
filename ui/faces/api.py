"""The Faces tab for programs: four public endpoints of ``gradio_client``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from core import recipe
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.faces.types import METHODS, EditRequest
from core.recipe import Recipe
from ui.checks import recipe_from
from ui.components.picture_files import PictureFiles
from ui.endpoints import off_the_page, with_sentences
from ui.faces.requests import attribute_name
from ui.photo_inputs import align_inputs, api_photo, placement_of

AT_ONCE = 3  # requests that alternate network calls; further ones wait in the queue

Attributes = dict[str, float] | None


def faces_api(pipeline: FacesPipeline, queue: str) -> None:
    """Add the endpoints ``/draw_face``, ``/sweep``, ``/read_photo`` and ``/edit_photo``, hidden on the page."""
    defaults = Recipe()
    with off_the_page():
        wanted = gr.JSON({}, label="attributes")
        # No precision: Gradio would round 1.5 to 2, and fail without a sentence for what is no number.
        seed = gr.Number(defaults.seed, label="seed")
        count = gr.Number(defaults.count, label="count")
        steps = gr.Number(defaults.steps, label="steps")
        guidance = gr.Number(defaults.guidance, label="guidance")
        solver = gr.Textbox(defaults.solver, label="solver")
        name = gr.Textbox("Smiling", label="attribute")
        photo = gr.File(label="photo", type="filepath")
        method = gr.Textbox(METHODS[0], label="method")
        faithfulness = gr.Number(0.6, label="faithfulness")
        align, face = align_inputs()
        pictures = gr.Gallery(label="pictures", format="png")
        details = gr.JSON(label="details")
        ends = _Endpoints(pipeline)
        editing = [method, faithfulness, align, face]
        sampling = [wanted, seed, count, steps, guidance, solver]
        for function, inputs, outputs in (
            (ends.draw_face, sampling, [pictures, details]),
            (ends.sweep, [name, wanted, seed, steps, guidance, solver], [pictures, details]),
            (ends.read_photo, [photo, align, face], [pictures, details]),
            (ends.edit_photo, [photo, wanted, seed, steps, guidance, *editing], [pictures, details]),
        ):
            gr.Button(function.__name__).click(
                with_sentences(function),
                inputs,
                outputs,
                api_name=function.__name__,
                api_description=function.__doc__,
                concurrency_limit=AT_ONCE,
                concurrency_id=queue,
            )


class _Endpoints:
    def __init__(self, pipeline: FacesPipeline) -> None:
        self.pipeline = pipeline
        self.files = PictureFiles()

    def draw_face(self, attributes: Attributes, seed: float, count: float, steps: float, guidance: float, solver: str):
        """Draws 1 to 16 faces. ``attributes`` is {CelebA name: strength in [-1, 1]}; what is not named stays
        unspecified.

        Returns the pictures (PNG, each with its recipe) and, for each, its recipe and the classifier's
        probability of all 40 attributes.
        """
        wanted = _recipe(attributes, seed=seed, count=count, steps=steps, guidance=guidance, solver=solver)
        result = self._finished(self.pipeline.draw(wanted, previews=False))
        return self.files.write_all((face.image, face.recipe) for face in result.faces), {
            "notes": list(result.notes),
            "milliseconds": round(result.milliseconds),
            "faces": [{"recipe": recipe.to_dict(face.recipe), "achieved": face.achieved} for face in result.faces],
        }

    def sweep(self, attribute: str, attributes: Attributes, seed: float, steps: float, guidance: float, solver: str):
        """Draws one face seven times while one attribute goes from -1 to +1 and everything else stays.

        Returns the seven pictures and, for each, its recipe and the probabilities that the classifier gives.
        """
        wanted = _recipe(attributes, seed=seed, steps=steps, guidance=guidance, solver=solver)
        result = self._finished(self.pipeline.sweep(wanted, attribute_name(attribute)))
        return self.files.write_all((face.image, face.recipe) for face in result.faces), {
            "faces": [{"recipe": recipe.to_dict(face.recipe), "achieved": face.achieved} for face in result.faces],
        }

    def read_photo(self, photo: str | None, align: bool = False, face: float = 0):
        """Reads a photo: its centre square as the model sees it, and the probability of all 40 attributes. With
        ``align`` it is the square of a face instead; ``face`` 0 is the largest.

        ``base`` contains the confident ones, from which an edit starts.
        """
        self._ready()
        opened = api_photo(photo)
        classified = self.pipeline.read(opened, placement_of(self.pipeline, opened, align, face))
        return [classified.crop], {"probabilities": classified.achieved, "base": classified.base}

    def edit_photo(
        self,
        photo: str | None,
        attributes: Attributes,
        seed: float,
        steps: float,
        guidance: float,
        method: str,
        faithfulness: float,
        align: bool = False,
        face: float = 0,
    ):
        """Edits a photo. ``attributes`` names the changes; the others stay as in the photo.

        ``method`` is "ddpm" or "ddim"; ``faithfulness`` goes from 0 (free) to 1 (close to the photo). With ``align``
        a face of the photo is edited instead of its centre square; ``face`` 0 is the largest. Returns the square as
        the model sees it, the edited one, with ``align`` also the whole photo with the edit in it at its own size,
        and the probabilities before and after.
        """
        self._ready()
        changes = _recipe(attributes, seed=seed, steps=steps, guidance=guidance)
        request = EditRequest(api_photo(photo), {}, changes, method, faithfulness)  # refused before a network runs
        request = replace(request, placement=placement_of(self.pipeline, request.photo, align, face))
        base = self.pipeline.read(request.photo, request.placement).base
        wanted = replace(changes, attributes={**base, **changes.attributes})
        request = replace(request, base=base, recipe=wanted)
        result = self._finished(self.pipeline.edit(request))
        whole = [] if result.whole is None else [result.whole]
        return [result.before, result.after, *whole], {
            "achieved_before": result.achieved_before,
            "achieved_after": result.achieved_after,
            "notes": list(result.notes),
            "recipe": recipe.to_dict(request.recipe),
        }

    def _ready(self) -> None:
        missing = self.pipeline.missing()
        if missing:
            raise gr.Error(missing)

    def _finished(self, events: Iterator[Any]) -> Any:
        self._ready()
        *_, result = events
        return result


def _recipe(attributes: Any, **settings: Any) -> Recipe:
    return recipe_from({**recipe.to_dict(Recipe()), "attributes": attributes or {}, **settings})
