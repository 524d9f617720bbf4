"""The Text prompts tab for programs: one public endpoint of ``gradio_client``."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.pipelines.prompts.types import PromptRequest
from core.recipe import Recipe, to_dict
from ui.components.picture_files import PictureFiles
from ui.endpoints import off_the_page, with_sentences
from ui.messages import to_json
from ui.prompts.handlers import PromptsHandlers
from ui.prompts.requests import MODELS, DrawRequest

SETTINGS = ("seed", "count", "steps", "guidance", "solver", "start", "model")


def prompts_api(handlers: PromptsHandlers, queue: str) -> None:
    """Add the endpoint ``/draw_prompt``, which the page does not show."""
    files = PictureFiles()

    def draw_prompt(
        prompt: str,
        negative_prompt: str,
        seed: float,
        count: float,
        steps: float,
        guidance: float,
        solver: str,
        start: str,
        model: str,
    ) -> tuple[list[str], dict[str, Any]]:
        """Draws 1 to 16 pictures from a sentence. ``model`` is "text" (the built-in one) or "stable-diffusion",
        ``start`` "noise" or "prior"; nothing for the model's usual one.

        Returns the pictures (PNG, each carrying its recipe) and, for each, its recipe, what the classifier says of
        everything that was requested, and the CLIP score; and what was not understood.
        """
        settings = (seed, count, steps, guidance, solver, start, model)
        return _drawn(handlers, files, prompt, negative_prompt, settings)

    usual = to_dict(handlers.built_in.usual()) | {"start": ""}
    with off_the_page():
        texts = [gr.Textbox("", label="prompt"), gr.Textbox("", label="negative_prompt")]
        # No precision: Gradio would round 1.5 to 2, and fail without a sentence on what is no number.
        numbers = [gr.Number(usual[name], label=name) for name in SETTINGS[:4]]
        names = [gr.Textbox(usual[name], label=name) for name in SETTINGS[4:]]
        pictures = gr.Gallery(label="pictures", format="png")
        details = gr.JSON(label="details")
        gr.Button("draw_prompt").click(
            with_sentences(draw_prompt),
            [*texts, *numbers, *names],
            [pictures, details],
            api_name="draw_prompt",
            api_description=draw_prompt.__doc__,
            concurrency_limit=2,
            concurrency_id=queue,
        )


def _drawn(
    handlers: PromptsHandlers, files: PictureFiles, prompt: str, negative: str, settings: tuple
) -> tuple[list, dict]:
    values = dict(zip(SETTINGS, settings, strict=True))
    if not values["start"]:
        named = MODELS.get(str(values["model"]), MODELS["text"])  # a model that is none is refused below
        values["start"] = handlers.pipelines[named].usual().start
    sent = {**to_dict(Recipe()), **values, "prompt": prompt, "negative_prompt": negative}
    request = DrawRequest.from_json({"recipe": sent})
    pipeline = handlers.pipelines[MODELS[request.recipe.model]]
    *_, result = pipeline.draw(PromptRequest(request.recipe), previews=False)
    details = {
        "notes": [*request.notes, *result.notes],
        "unknown": [span.text for span in result.parsed.unknown],
        "milliseconds": round(result.milliseconds),
        "drawings": [  # in the order of the seeds
            {"recipe": to_dict(drawing.recipe), **to_json(handlers.readback(drawing))} for drawing in result.drawings
        ],
    }
    return files.write_all((drawing.image, drawing.recipe) for drawing in result.drawings), details
