"""Requests of the Text prompts tab answered: calls into the pipelines, their results as JSON for the page."""

from __future__ import annotations

import dataclasses
import io
import logging
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from core import recipe
from core.captions.parsing import understood
from core.checkpoints import CheckpointError
from core.images import PictureError
from core.pipelines.progress import Progress
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.text import cleaned
from core.pipelines.prompts.types import Drawing, MorphResult, PromptRequest, PromptsResult, Readback
from core.recipe import Recipe, RecipeError
from ui.components.pictures import data_uri, exact_uri, preview_uri
from ui.faces.requests import ticket_of
from ui.faces.responses import PREVIEW_EVERY, Answer, Turn
from ui.prompts.requests import MODELS, PromptAsk, parse_prompts, parse_typed
from ui.prompts.words import said

log = logging.getLogger(__name__)

USER_ERRORS = (RecipeError, PictureError, CheckpointError)
GIF_SIDE, GIF_FRAME = 256, 90  # pixels and milliseconds
TITLES = {"text": "Built in", "stable-diffusion": "Stable Diffusion"}


class PromptStudio:
    """Both pipelines, the built-in one and Stable Diffusion; what a visitor set travels inside the request."""

    def __init__(self, built_in: PromptsPipeline) -> None:
        self.built_in = built_in
        self.pipelines = {"text": built_in, "sd": PromptsPipeline(built_in.root, "sd")}

    def answer(self, value: Any, turn: Turn) -> Iterator[Answer]:
        """Each message holds all that is known of its request so far, so that a page may miss any but the last."""
        state: Answer = {"ticket": ticket_of(value), "last": False}
        try:
            ask = parse_prompts(value)
            state["kind"] = ask.kind
            missing = None if ask.kind == "open" else self._of(ask.recipe).missing()
            if missing:
                adopt = {"adopt": recipe.to_dict(ask.recipe)} if ask.restored else {}
                yield {**state, **adopt, "missing": missing, "last": True}
                return
            for patch in getattr(self, f"_{ask.kind}")(ask, turn):
                state = {**state, **patch}
                yield state
            if not state["last"]:
                yield {**state, "last": True}
        except USER_ERRORS as error:
            yield {**state, "error": str(error), "last": True}
        except Exception:
            log.exception("a request of the Text prompts tab failed")
            sentence = "Drawing failed on the server. Your prompt is kept: try again, or reload the page."
            yield {**state, "error": sentence, "last": True}

    def understood(self, value: Any) -> Answer:
        """What is being typed -> characters of the words that mean something here, of those that do not, and the cut.

        Needs no network: the grammar knows its words, and the tokenizer's file where the encoder stops reading.
        """
        ticket, text, model = parse_typed(value)
        flat = "".join(" " if c.isspace() else c for c in text[: recipe.MAX_PROMPT])
        reading = understood(flat)  # positions are those of the text as it stands in its field
        line, notes = cleaned(text)
        window = self.pipelines[model].window(line)
        cut = window is not None and window < len(line)
        return {
            "ticket": ticket,
            "known": [[span.start, span.end] for span in reading.known],
            "unknown": [[span.start, span.end] for span in reading.unknown],
            "asked": [said(name, wanted > 0) for name, wanted in reading.attributes.items()]
            + [said(name, True) for name in reading.classes],
            "words": [len(line[:window].split()) if cut else len(line.split()), len(text.split())],
            "cut": cut or bool(notes),
        }

    # --- what there is ------------------------------------------------------------------------------------------------

    def _open(self, ask: PromptAsk, turn: Turn) -> Iterator[Answer]:
        models = [
            {"key": key, "title": TITLES[key], "missing": self.pipelines[name].missing()}
            for key, name in MODELS.items()
        ]
        yield {"models": models, "prior": self.built_in.has_prior(), "clip": self.built_in.best_needs()}

    def _of(self, wanted: Recipe) -> PromptsPipeline:
        return self.pipelines[MODELS[wanted.model]]

    # --- pictures -----------------------------------------------------------------------------------------------------

    def _draw(self, ask: PromptAsk, turn: Turn) -> Iterator[Answer]:
        yield from self._drawn(ask, [ask.recipe], turn)

    def _compare(self, ask: PromptAsk, turn: Turn) -> Iterator[Answer]:
        first = recipe.single(ask.recipe, 0)
        yield from self._drawn(ask, [first, dataclasses.replace(first, prompt=ask.other)], turn)

    def _drawn(self, ask: PromptAsk, wanted: list[Recipe], turn: Turn) -> Iterator[Answer]:
        if ask.restored:
            yield {"adopt": recipe.to_dict(ask.recipe)}
        pipeline, cancel, started = self._of(ask.recipe), turn.cancel(ask), time.perf_counter()
        drawings: list[Drawing] = []
        notes: list[str] = list(ask.notes)
        for one in wanted:
            events = pipeline.draw(PromptRequest(one), previews=turn.wants_previews(ask), cancel=cancel)
            for event in _paced(events):
                if isinstance(event, Progress):
                    yield _progress(event, [drawing.image for drawing in drawings], len(wanted) * one.count)
                else:
                    result: PromptsResult = event
            drawings += result.drawings
            notes += [note for note in result.notes if note not in notes]
            if result.cancelled:
                break
        seconds = time.perf_counter() - started
        if not result.cancelled:
            turn.pace = seconds / (ask.recipe.steps * len(drawings))
        drawn = {
            "pictures": [_picture(drawing) for drawing in drawings],
            "notes": notes,
            "cancelled": result.cancelled,
            "milliseconds": round(1000 * seconds),
            "link": recipe.to_link(ask.recipe),
            "recipe": recipe.to_dict(ask.recipe),
            "other": ask.other,
            "solvers": list(pipeline.solvers()),
        }
        yield {"progress": None, "drawn": drawn}
        if not result.cancelled and not cancel():
            yield {"readings": [self.read(drawing) for drawing in drawings], "last": True}

    def read(self, drawing: Drawing) -> Answer:
        """A picture against its prompt: everything that was asked with its probability, and the CLIP score."""
        read: Readback = self.built_in.readback(drawing.image, drawing.recipe.prompt)
        asked = [{"words": said(one.name, one.wanted), "probability": round(one.probability, 4)} for one in read.asked]
        return {"asked": asked, "score": None if read.score is None else round(read.score, 4)}

    # --- how it came to be --------------------------------------------------------------------------------------------

    def _explain(self, ask: PromptAsk, turn: Turn) -> Iterator[Answer]:
        """The same picture once more, with the words' attention and every step kept."""
        request = PromptRequest(recipe.single(ask.recipe, 0), maps=True, film=True)
        *_, result = self._of(ask.recipe).draw(request, previews=False, cancel=turn.cancel(ask))
        if result.cancelled:
            return
        drawing = result.drawings[0]
        maps = [{"word": one.word, "share": round(one.share, 4), "heat": _heat(one.heat)} for one in drawing.maps]
        film = [preview_uri(frame) for frame in drawing.film]
        yield {"explained": {"maps": maps, "film": film, "link": recipe.to_link(drawing.recipe)}, "last": True}

    def _morph(self, ask: PromptAsk, turn: Turn) -> Iterator[Answer]:
        if not ask.other:
            raise RecipeError("A morph needs a second prompt to go to. Write one below the first.")
        request, cancel = PromptRequest(ask.recipe), turn.cancel(ask)
        for event in self._of(ask.recipe).morph(request, ask.other, ask.frames, cancel=cancel):
            if isinstance(event, Progress):
                shown = [exact_uri(image) for image in event.done]
                yield {"progress": {"step": event.step, "steps": event.steps, "unit": "Picture", "pictures": shown}}
            else:
                yield {"progress": None, "morphed": self._morphed(ask, event), "last": True}

    def _morphed(self, ask: PromptAsk, result: MorphResult) -> Answer:
        return {
            "frames": [exact_uri(frame) for frame in result.frames],
            "notes": [*ask.notes, *result.notes],
            "cancelled": result.cancelled,
            "milliseconds": round(result.milliseconds),
            "link": recipe.to_link(ask.recipe),
            "recipe": recipe.to_dict(ask.recipe),
            "other": ask.other,
        }

    def _gif(self, ask: PromptAsk, turn: Turn) -> Iterator[Answer]:
        events = self._of(ask.recipe).morph(PromptRequest(ask.recipe), ask.other, ask.frames, cancel=turn.cancel(ask))
        *_, result = events
        if result.cancelled:
            return
        first, *rest = (_enlarged(frame) for frame in (*result.frames, *result.frames[-2:0:-1]))
        buffer = io.BytesIO()
        first.save(buffer, "GIF", save_all=True, append_images=rest, duration=GIF_FRAME, loop=0)
        yield {"gif": data_uri(buffer.getvalue(), "image/gif"), "last": True}


def _paced(events: Iterator[Any]) -> Iterator[Any]:
    """Drops previews that follow the last one too closely; results always pass."""
    shown = 0.0
    for event in events:
        now = time.perf_counter()
        if not isinstance(event, Progress) or now - shown >= PREVIEW_EVERY:
            shown = now
            yield event


def _progress(event: Progress, before: list[Image.Image], count: int) -> Answer:
    done = [*before, *event.done]
    pictures = [preview_uri(picture) for picture in (*done, *([event.preview] if event.preview else []))]
    return {
        "progress": {"step": event.step, "steps": event.steps, "unit": "Step", "pictures": pictures}
        | {"done": len(done), "count": count}
    }


def _picture(drawing: Drawing) -> Answer:
    return {
        "picture": data_uri(recipe.to_png(drawing.image, drawing.recipe), "image/png"),
        "draft": preview_uri(drawing.draft) if drawing.draft else None,
        "seed": drawing.recipe.seed,
        "prompt": drawing.recipe.prompt,
        "recipe": recipe.to_dict(drawing.recipe),
        "link": recipe.to_link(drawing.recipe),
        "filename": recipe.filename(drawing.recipe),
    }


def _heat(heat: np.ndarray) -> str:
    return exact_uri(Image.fromarray(np.rint(255 * heat).astype(np.uint8)))


def _enlarged(frame: Image.Image) -> Image.Image:
    return frame if frame.width >= GIF_SIDE else frame.resize((GIF_SIDE, GIF_SIDE), Image.Resampling.LANCZOS)
