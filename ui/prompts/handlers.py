"""Handlers of the requests of the Text prompts tab: each calls a pipeline."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from core import recipe
from core.captions.parsing import parse_prompt
from core.captions.weights import plain_words
from core.pipelines.progress import Progress
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.text import cleaned, flat
from core.pipelines.prompts.types import Drawing, PromptRequest
from core.recipe import Recipe
from ui.components.inside import InsideResponse, inside_response
from ui.components.vocabulary import requested_words
from ui.messages import UNSET, Json, Response, stream, to_json
from ui.prompts import responses
from ui.prompts.requests import MODELS, DrawRequest, MorphRequest, OpenRequest, TypedRequest
from ui.prompts.responses import (
    DrawnView,
    DrawResponse,
    ExplainResponse,
    GifResponse,
    MorphResponse,
    OpenResponse,
    ReadbackView,
    TypedResponse,
)
from ui.session import SessionState, paced

FAILED = "Drawing failed on the server. Your prompt is kept: try again, or reload the page."


class PromptsHandlers:
    """Handlers around both pipelines, built-in and Stable Diffusion. A visitor's settings are in the request."""

    def __init__(self, built_in: PromptsPipeline, stable_diffusion: PromptsPipeline) -> None:
        self.built_in = built_in
        self.pipelines = {"text": built_in, "sd": stable_diffusion}
        self.routes = {
            "open": (OpenRequest, self.open),
            "draw": (DrawRequest, self._where_present(self.draw)),
            "compare": (DrawRequest, self._where_present(self.compare)),
            "explain": (DrawRequest, self._where_present(self.explain)),
            "inside": (DrawRequest, self._where_present(self.inside)),
            "morph": (MorphRequest, self._where_present(self.morph)),
            "gif": (MorphRequest, self._where_present(self.gif)),
        }

    def respond(self, value: Any, state: SessionState) -> Iterator[Json]:
        """Parse JSON from the page and yield its responses."""
        return stream(self.routes, value, state, failed=FAILED)

    def parse_prompt(self, value: Any) -> Json:
        """What is being typed. No network is needed: the grammar knows its words, the tokenizer's file where the
        encoder stops reading.
        """
        request = TypedRequest.from_json(value)
        line, notes = cleaned(request.text)
        read = self.pipelines[request.model].read_part(line)
        end = _end_of_words(request.text, len(read.split())) if read != line else len(request.text)
        text = plain_words(flat(request.text[: recipe.MAX_PROMPT]))[:end]
        parsed = parse_prompt(text)  # positions are those of the text as it stands in its field
        requested = [requested_words(name, wanted > 0) for name, wanted in parsed.attributes.items()]
        response = TypedResponse(
            request_id=request.request_id,
            known=[(span.start, span.end) for span in parsed.known],
            unknown=[(span.start, span.end) for span in parsed.unknown],
            requested=requested + [requested_words(name, True) for name in parsed.classes],
            words=(len(read.split()), len(request.text.split())),
            cut=read != line or bool(notes),
            read=min(end, len(text)),
            last=True,
        )
        return to_json(response)

    def open(self, request: OpenRequest, state: SessionState) -> Iterator[OpenResponse]:
        models = [
            responses.model_view("Built in", self.built_in),
            *responses.stable_diffusion_views(self.pipelines["sd"]),
        ]
        yield OpenResponse(models=models, prior=self.built_in.has_prior(), clip=self.built_in.best_needs())

    # --- pictures -----------------------------------------------------------------------------------------------------

    def draw(self, request: DrawRequest, state: SessionState) -> Iterator[DrawResponse]:
        yield from self._drawn(request, [request.recipe], state)

    def compare(self, request: DrawRequest, state: SessionState) -> Iterator[DrawResponse]:
        first = recipe.single(request.recipe, 0)
        yield from self._drawn(request, [first, replace(first, prompt=request.other)], state)

    def _drawn(self, request: DrawRequest, wanted: list[Recipe], state: SessionState) -> Iterator[DrawResponse]:
        """Draw recipes one by one, then compare each picture with its prompt."""
        response, pipeline = DrawResponse(), self._of(request.recipe)
        whole, *wanted = (pipeline.named(one) for one in (request.recipe, *wanted))
        if request.restored:
            response = replace(response, restored=recipe.to_dict(whole))
            yield response
        cancel, started = state.cancel(request), time.perf_counter()
        previews, drawings, notes = state.wants_previews(whole), [], [*request.notes, *_unnamed(request)]
        for one in wanted:
            for event in paced(pipeline.draw(PromptRequest(one), previews=previews, cancel=cancel)):
                if isinstance(event, Progress):
                    progress = responses.progress_view(event, drawings, len(wanted) * one.count)
                    response = replace(response, progress=progress)
                    yield response
            drawings += event.drawings
            notes += [note for note in event.notes if note not in notes]
            if event.cancelled:
                break
        seconds = time.perf_counter() - started
        if not event.cancelled:
            state.pace = seconds / (request.recipe.steps * len(drawings))
        drawn = DrawnView(
            pictures=[responses.picture_view(drawing) for drawing in drawings],
            notes=notes,
            cancelled=event.cancelled,
            milliseconds=round(1000 * seconds),
            link=recipe.to_link(whole),
            recipe=recipe.to_dict(whole),
            other=request.other,
            solvers=pipeline.solvers(whole.checkpoint),
        )
        response = replace(response, progress=None, drawn=drawn)
        yield response
        if not event.cancelled and not cancel():
            yield replace(response, readback=[self.readback(drawing) for drawing in drawings], last=True)

    def readback(self, drawing: Drawing) -> ReadbackView:
        read = self._of(drawing.recipe).read_part(drawing.recipe.prompt)
        return responses.readback_view(self.built_in.readback(drawing.image, read))

    # --- how it came to be --------------------------------------------------------------------------------------------

    def explain(self, request: DrawRequest, state: SessionState) -> Iterator[ExplainResponse]:
        """Draw the same picture again, keeping the words' attention and every step."""
        wanted = PromptRequest(recipe.single(request.recipe, 0), maps=True, film=True)
        *_, result = self._of(request.recipe).draw(wanted, previews=False, cancel=state.cancel(request))
        if not result.cancelled:
            yield ExplainResponse(explained=responses.explained_view(result.drawings[0]), last=True)

    def inside(self, request: DrawRequest, state: SessionState) -> Iterator[InsideResponse]:
        wanted = PromptRequest(request.recipe)
        events = self._of(request.recipe).inside(wanted, cancel=state.cancel(request))
        yield from map(inside_response, paced(events))

    def morph(self, request: MorphRequest, state: SessionState) -> Iterator[MorphResponse]:
        for event in self._morph(request, state):
            if isinstance(event, Progress):
                yield MorphResponse(progress=responses.morphing_view(event))
            else:
                yield MorphResponse(progress=None, morphed=responses.morphed_view(event, request), last=True)

    def gif(self, request: MorphRequest, state: SessionState) -> Iterator[GifResponse]:
        *_, result = self._morph(request, state)
        if not result.cancelled:
            yield GifResponse(gif=responses.gif_uri(result.frames), last=True)

    def _morph(self, request: MorphRequest, state: SessionState) -> Iterator[Any]:
        start, pipeline = PromptRequest(request.recipe), self._of(request.recipe)
        return pipeline.morph(start, request.other, request.frames, cancel=state.cancel(request))

    def usual(self, model: Any, checkpoint: Any) -> Recipe:
        """The settings that suit a model; those of the built-in one for anything that names none."""
        named = MODELS.get(model, "text") if isinstance(model, str) else "text"
        return self.pipelines[named].usual(checkpoint if isinstance(checkpoint, str) else "")

    def _of(self, wanted: Recipe) -> PromptsPipeline:
        return self.pipelines[MODELS[wanted.model]]

    def _where_present(self, handler: Callable[..., Iterator[Response]]) -> Callable[..., Iterator[Response]]:
        """Wrap a handler: without the recipe's model, a sentence says how to get it."""

        def answer(request: DrawRequest, state: SessionState) -> Iterator[Response]:
            missing = self._of(request.recipe).missing(request.recipe.checkpoint)
            if missing:
                restored = recipe.to_dict(request.recipe) if request.restored else UNSET
                yield DrawResponse(restored=restored, missing=missing, last=True)
            else:
                yield from handler(request, state)

        return answer


def _unnamed(request: DrawRequest) -> tuple[str, ...]:
    """Say of a recipe from before models had names that another one may have drawn it."""
    if not request.restored or request.recipe.model != "stable-diffusion" or request.recipe.checkpoint:
        return ()
    return ("This recipe does not name its model; if it was another one, or a long prompt, the picture differs.",)


def _end_of_words(text: str, count: int) -> int:
    """Return where the first ``count`` words of a text end."""
    words = islice(re.finditer(r"\S+", flat(text)), count)
    return max((word.end() for word in words), default=0)
