"""The Text prompts tab for programs: one public endpoint of ``gradio_client``."""

from __future__ import annotations

from typing import Any

import gradio as gr

from core.pipelines.prompts.types import PromptRequest
from core.recipe import to_dict
from ui.components.picture_files import PictureFiles
from ui.endpoints import off_the_page, with_own_settings, with_sentences
from ui.messages import RequestError, to_json
from ui.prompts.handlers import PromptsHandlers
from ui.prompts.requests import MODELS, DrawRequest

SETTINGS = ("seed", "count", "steps", "guidance", "solver", "start", "model", "checkpoint")
OWN = {"steps": 0, "guidance": 0, "solver": "", "start": ""}  # what stands for the model's own setting


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
        checkpoint: str = "",
    ) -> tuple[list[str], dict[str, Any]]:
        """Draws 1 to 16 pictures from a sentence. ``model`` is "text" (the built-in one) or "stable-diffusion", of
        which ``checkpoint`` names one in the server's list; ``start`` is "noise" or "prior". 0 ``steps`` or
        ``guidance``, no ``solver``, no ``start`` and no ``checkpoint`` stand for those that suit the model.

        Returns the pictures (PNG, each carrying its recipe) and, for each, its recipe, what the classifier says of
        everything that was requested, and the CLIP score; and what was not understood.
        """
        settings = (seed, count, steps, guidance, solver, start, model, checkpoint)
        return _drawn(handlers, files, prompt, negative_prompt, settings)

    with off_the_page():
        inputs = _inputs(to_dict(handlers.built_in.usual()) | OWN)
        pictures = gr.Gallery(label="pictures", format="png")
        details = gr.JSON(label="details")
        gr.Button("draw_prompt").click(
            with_sentences(draw_prompt),
            inputs,
            [pictures, details],
            api_name="draw_prompt",
            api_description=draw_prompt.__doc__,
            concurrency_limit=2,
            concurrency_id=queue,
        )


def _inputs(usual: dict[str, Any]) -> list[gr.Component]:
    """List the arguments of ``/draw_prompt`` in order, with their defaults."""
    texts = [gr.Textbox("", label="prompt"), gr.Textbox("", label="negative_prompt")]
    # No precision: Gradio would round 1.5 to 2, and fail without a sentence on what is no number.
    numbers = [gr.Number(usual[name], label=name) for name in SETTINGS[:4]]
    return [*texts, *numbers, *(gr.Textbox(usual[name], label=name) for name in SETTINGS[4:])]


def _drawn(
    handlers: PromptsHandlers, files: PictureFiles, prompt: str, negative: str, settings: tuple
) -> tuple[list, dict]:
    values = dict(zip(SETTINGS, settings, strict=True))
    sent = with_own_settings(handlers.usual(values["model"], values["checkpoint"]), values)
    sent |= {"prompt": prompt, "negative_prompt": negative}
    request = DrawRequest.from_json({"recipe": sent})
    pipeline = handlers.pipelines[MODELS[request.recipe.model]]
    if missing := pipeline.missing(request.recipe.checkpoint):
        raise RequestError(missing)
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
