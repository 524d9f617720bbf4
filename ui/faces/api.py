"""The Faces tab for programs: four public endpoints of ``gradio_client``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import gradio as gr

from core import recipe
from core.attributes import AttributeValueError, named, vector
from core.images import open_picture
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.faces.types import EditRequest, EditResult, FacesResult
from core.recipe import SOLVERS, Recipe, RecipeError
from ui.components.picture_files import PictureFiles
from ui.components.pictures import MAX_UPLOAD
from ui.faces.requests import METHODS
from ui.faces.responses import USER_ERRORS, base_attributes

AT_ONCE = 3  # requests that take turns, one network call each; more wait, and a large one holds up nobody

Wanted = dict[str, float] | None


def faces_api(pipeline: FacesPipeline, queue: str) -> None:
    """Adds ``/draw_face``, ``/sweep``, ``/read_photo`` and ``/edit_photo``; nothing of it shows on the page."""
    defaults = Recipe()
    with gr.Column(visible=False):
        wanted = gr.JSON({}, label="attributes")
        # No precision: Gradio would round 1.5 to 2, and fail without a sentence on what is no number.
        seed = gr.Number(defaults.seed, label="seed")
        count = gr.Number(defaults.count, label="count")
        steps = gr.Number(defaults.steps, label="steps")
        guidance = gr.Number(defaults.guidance, label="guidance")
        solver = gr.Textbox(defaults.solver, label="solver")
        name = gr.Textbox("Smiling", label="attribute")
        photo = gr.File(label="photo", type="filepath")
        method = gr.Textbox(METHODS[0], label="method")
        faithfulness = gr.Number(0.6, label="faithfulness")
        pictures = gr.Gallery(label="pictures", format="png")
        details = gr.JSON(label="details")
        ends = _Endpoints(pipeline)
        sampling = [wanted, seed, count, steps, guidance, solver]
        for function, inputs, outputs in (
            (ends.draw_face, sampling, [pictures, details]),
            (ends.sweep, [name, wanted, seed, steps, guidance, solver], [pictures, details]),
            (ends.read_photo, [photo], [pictures, details]),
            (ends.edit_photo, [photo, wanted, seed, steps, guidance, method, faithfulness], [pictures, details]),
        ):
            gr.Button(function.__name__).click(
                _told(function),
                inputs,
                outputs,
                api_name=function.__name__,
                api_description=function.__doc__,
                concurrency_limit=AT_ONCE,
                concurrency_id=queue,
            )


def _told(function: Callable[..., Any]) -> Callable[..., Any]:
    """Errors that are meant for the user reach the client as their sentence."""

    @functools.wraps(function)  # the parameters' names are what a client calls them
    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except USER_ERRORS as error:
            raise gr.Error(str(error)) from None

    return call


class _Endpoints:
    def __init__(self, pipeline: FacesPipeline) -> None:
        self.pipeline = pipeline
        self.files = PictureFiles()

    def draw_face(self, attributes: Wanted, seed: float, count: float, steps: float, guidance: float, solver: str):
        """Draws 1 to 16 faces. ``attributes`` is {CelebA name: strength in [-1, 1]}; what is not named stays open.

        Returns the pictures (64x64 PNG, each carrying its recipe) and, for each, its recipe and the classifier's
        probability of all 40 attributes.
        """
        request = _recipe(attributes, seed, count=count, steps=steps, guidance=guidance, solver=solver)
        result = self._finish(self.pipeline.draw(request, previews=False))
        return self.files.write_all((face.image, face.recipe) for face in result.faces), {
            "notes": list(result.notes),
            "milliseconds": round(result.milliseconds),
            "faces": [{"recipe": recipe.to_dict(face.recipe), "achieved": face.achieved} for face in result.faces],
        }

    def sweep(self, attribute: str, attributes: Wanted, seed: float, steps: float, guidance: float, solver: str):
        """Draws one face seven times while one attribute goes from -1 to +1 and everything else stays.

        Returns the seven pictures and, for each, its recipe and the probabilities that the classifier gives.
        """
        self._ready()
        vector({attribute: 0.0})
        request = _recipe(attributes, seed, steps=steps, guidance=guidance, solver=solver)
        result = self.pipeline.sweep(request, attribute)
        return self.files.write_all((face.image, face.recipe) for face in result.faces), {
            "faces": [{"recipe": recipe.to_dict(face.recipe), "achieved": face.achieved} for face in result.faces],
        }

    def read_photo(self, photo: str | None):
        """Reads a photo: its centre square as the model sees it, and the probability of all 40 attributes.

        ``base`` holds those of them that are sure enough to start an edit from.
        """
        self._ready()
        crop, probabilities = self.pipeline.read(_photo(photo))
        return [crop], {"probabilities": probabilities, "base": base_attributes(probabilities)}

    def edit_photo(
        self,
        photo: str | None,
        attributes: Wanted,
        seed: float,
        steps: float,
        guidance: float,
        method: str,
        faithfulness: float,
    ):
        """Changes a photo. ``attributes`` names what should be different; the rest stays as the photo has it.

        ``method`` is "ddpm" or "ddim"; ``faithfulness`` goes from 0 (free) to 1 (close to the photo). Returns the
        photo as the model sees it, the edited one, and the probabilities before and after.
        """
        self._ready()
        if method not in METHODS or not isinstance(faithfulness, int | float) or not 0 <= faithfulness <= 1:
            raise RecipeError(f"method is one of {', '.join(METHODS)}, faithfulness a number from 0 to 1.")
        changes = _wanted(attributes)
        picture = _photo(photo)
        base = base_attributes(self.pipeline.read(picture)[1])
        request = _recipe({**base, **changes}, seed, steps=steps, guidance=guidance)
        result = self._finish(self.pipeline.edit(EditRequest(picture, base, request, method, faithfulness)))
        return [result.before, result.after], {
            "achieved_before": result.achieved_before,
            "achieved_after": result.achieved_after,
            "notes": list(result.notes),
            "recipe": recipe.to_dict(request),
        }

    def _ready(self) -> None:
        missing = self.pipeline.missing()
        if missing:
            raise gr.Error(missing)

    def _finish(self, events: Any) -> Any:
        self._ready()
        return [event for event in events if isinstance(event, FacesResult | EditResult)][-1]


def _recipe(wanted: Wanted, seed: float, **settings: Any) -> Recipe:
    values = named(vector(_wanted(wanted)))
    if settings.get("solver", SOLVERS[0]) not in SOLVERS:
        raise RecipeError(f"Unknown solver; there are {', '.join(SOLVERS)}.")
    numbers = {name: _short(value) for name, value in {"seed": seed, **settings}.items()}
    return Recipe(attributes=values, **numbers)


def _wanted(values: Wanted) -> dict[str, float]:
    if not isinstance(values or {}, dict):
        raise AttributeValueError('attributes is an object such as {"Smiling": 1, "Young": -0.5}.')
    return values or {}


def _short(value: Any) -> Any:
    """7 for 7.0: some clients have no integers."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _photo(path: str | None):
    if not path:
        raise RecipeError("There is no photo in this request.")
    with open(path, "rb") as file:
        return open_picture(file.read(MAX_UPLOAD + 1))
