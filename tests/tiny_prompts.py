"""Small requests for text prompts, and what the tests read of the answers."""

from __future__ import annotations

from dataclasses import replace

from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.types import PromptRequest, PromptsResult
from core.recipe import Recipe
from ui.prompts.handlers import PromptsHandlers

PROMPT = "a smiling woman with glasses"
RECIPE = Recipe(seed=11, model="text", prompt=PROMPT, steps=3)
SMALL = PromptRequest(Recipe(seed=11, prompt="a smiling woman with glasses", steps=3))


def handlers_of(root):
    return PromptsHandlers(PromptsPipeline(root), PromptsPipeline(root, "sd"))


def typed(handlers, text, model="text"):
    return handlers.parse_prompt({"text": text, "model": model, "request_id": 1})


def last(events):
    return list(events)[-1]


def pixels(result: PromptsResult) -> list[bytes]:
    return [drawing.image.tobytes() for drawing in result.drawings]


def asking(**options) -> PromptRequest:
    return replace(SMALL, recipe=replace(SMALL.recipe, **options))
