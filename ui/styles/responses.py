"""Requests of the Styles tab answered: calls into the pipeline, their results as JSON for the page."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

from PIL import Image

from core import recipe
from core.checkpoints import CheckpointError
from core.data.style_photos import MOST, check_photos
from core.images import PictureError, to_pixels
from core.pipelines.faces.types import EditRequest
from core.pipelines.progress import Progress
from core.pipelines.styles.pipeline import StylesPipeline
from core.pipelines.styles.types import MOST_TILES, JobStatus, StyleInfo, Tile, TrainRequest
from core.pipelines.uploads import collect
from core.recipe import Recipe, RecipeError
from ui.components.pictures import data_uri, exact_uri, preview_uri
from ui.faces.requests import ticket_of
from ui.faces.responses import PREVIEW_EVERY, Answer, Turn, base_attributes
from ui.reconstruction.requests import LabError
from ui.styles.requests import JobAsk, StyleAsk, parse_job, parse_styles

log = logging.getLogger(__name__)

USER_ERRORS = (RecipeError, PictureError, CheckpointError, LabError)
SIDE = 64  # pixels of a training picture
MOST_CURVE = 160  # points of a loss curve; the page has no more room
MOST_THUMBNAIL = 64 * 2**10  # bytes
MOST_FILE = 24 * 2**20  # bytes of a style that is downloaded through the page
FAILED = "This failed on the server. Your settings are kept: try again, or reload the page."


class StyleStudio:
    """The pipeline of the tab; nothing of a visitor is kept here."""

    def __init__(self, pipeline: StylesPipeline) -> None:
        self.pipeline = pipeline

    def answer(self, value: Any, turn: Turn, session: str) -> Iterator[Answer]:
        """Each message holds all that is known of its request so far, so that a page may miss any but the last."""
        state: Answer = {"ticket": ticket_of(value), "last": False}
        try:
            missing = self.pipeline.missing()
            if missing:
                yield {**state, "missing": missing, "last": True}
                return
            ask = parse_styles(value)
            state["kind"] = ask.kind
            if ask.restored:
                state["adopt"] = {"recipe": recipe.to_dict(ask.recipe), **_worn(ask)}
            for patch in getattr(self, f"_{ask.kind}")(ask, turn, session):
                state = {**state, **patch}
                yield state
            if not state["last"]:
                yield {**state, "last": True}
        except USER_ERRORS as error:
            yield {**state, "error": str(error), "last": True}
        except Exception:
            log.exception("a request of the Styles tab failed")
            yield {**state, "error": FAILED, "last": True}

    # --- what there is ------------------------------------------------------------------------------------------------

    def _open(self, ask: StyleAsk, turn: Turn, session: str) -> Iterator[Answer]:
        yield {"styles": self._listed(session), "last": True}

    def _listed(self, session: str) -> list[Answer]:
        return [_style(info) for info in self.pipeline.styles(session)[: MOST_TILES - 1]]

    def _add(self, ask: StyleAsk, turn: Turn, session: str) -> Iterator[Answer]:
        info = self.pipeline.add(session, ask.path)
        yield {"styles": self._listed(session), "added": info.name, "last": True}

    def _remove(self, ask: StyleAsk, turn: Turn, session: str) -> Iterator[Answer]:
        for name in ask.names:
            self.pipeline.shelf.remove(session, name)
        yield {"styles": self._listed(session), "last": True}

    def _fetch(self, ask: StyleAsk, turn: Turn, session: str) -> Iterator[Answer]:
        """A style's own file, as it can be loaded again here or elsewhere."""
        known = {info.name: info for info in self.pipeline.styles(session)}
        info = known.get(ask.names[0])
        if info is None or info.file is None:
            raise RecipeError("This style is not here any more.")
        if info.file.stat().st_size > MOST_FILE:
            raise RecipeError(f"This file is larger than {MOST_FILE // 2**20} MB; take it from its folder.")
        file = {"uri": data_uri(info.file.read_bytes(), "application/octet-stream"), "name": f"{info.name}.safetensors"}
        yield {"file": file, "last": True}

    # --- pictures -----------------------------------------------------------------------------------------------------

    def _wall(self, ask: StyleAsk, turn: Turn, session: str) -> Iterator[Answer]:
        """One picture at a time, so that a drawing that somebody waits for can interrupt it. Style "" is none."""
        tiles: list[Answer] = []
        problems: list[Answer] = []
        cancel = turn.cancel(ask)
        for name in ask.names:
            if cancel():
                return
            try:
                *_, result = self.pipeline.grid(ask.recipe, [name], (1.0,))
                tiles.append(_tile(result.tiles[0][0]))
            except CheckpointError as error:
                problems.append({"style": name, "reason": str(error)})
            yield {"wall": {"tiles": list(tiles), "problems": list(problems)}}

    def _draw(self, ask: StyleAsk, turn: Turn, session: str) -> Iterator[Answer]:
        cancel, started = turn.cancel(ask), time.perf_counter()
        before = None
        if ask.plain:
            *_, result = self.pipeline.draw(ask.recipe, previews=False)
            before = _picture(result.faces[0].image, result.faces[0].recipe)
            yield {"before": before}
            if cancel():
                return
        for event in _paced(self.pipeline.draw(ask.recipe, ask.worn, previews=turn.wants_previews(ask), cancel=cancel)):
            if isinstance(event, Progress):
                yield _progress(event)
                continue
            if event.cancelled:
                return
            turn.pace = (time.perf_counter() - started) / ask.recipe.steps / (2 if ask.plain else 1)
            face = event.faces[0]
            drawn = {"after": _picture(face.image, face.recipe), "milliseconds": round(event.milliseconds)}
            yield {"progress": None, "drawn": drawn, "last": True}

    def _grid(self, ask: StyleAsk, turn: Turn, session: str) -> Iterator[Answer]:
        columns = len(ask.weights)
        for event in _paced(self.pipeline.grid(ask.recipe, ask.names, ask.weights, cancel=turn.cancel(ask))):
            if isinstance(event, Progress):
                shown = [exact_uri(image) for image in event.done]
                rows = [shown[at : at + columns] for at in range(0, len(shown), columns)]
                yield {"progress": {"step": event.step, "steps": event.steps, "unit": "Picture"}, "rows": rows}
                continue
            rows = [[_tile(tile) for tile in row] for row in event.tiles]
            grid = {"rows": rows, "styles": list(event.styles), "weights": list(event.weights)}
            grid |= {"milliseconds": round(event.milliseconds), "cancelled": event.cancelled}
            yield {"progress": None, "rows": None, "grid": grid, "last": True}

    def _photo(self, ask: StyleAsk, turn: Turn, session: str) -> Iterator[Answer]:
        """What the classifier reads of the photo is kept; the style alone is new."""
        _, probabilities = self.pipeline.faces.read(ask.photo)
        base = base_attributes(probabilities)
        bare = Recipe(seed=ask.recipe.seed, guidance=ask.recipe.guidance)
        request = EditRequest(ask.photo, base, bare, ask.method, ask.faithfulness)
        for event in _paced(self.pipeline.photo(request, ask.worn, cancel=turn.cancel(ask))):
            if isinstance(event, Progress):
                yield _progress(event)
                continue
            if event.cancelled:
                return
            after = {"picture": exact_uri(event.after), "filename": "latentscape-photo-in-style.png"}
            drawn = {"after": after, "milliseconds": round(event.milliseconds)}
            yield {"progress": None, "before": {"picture": exact_uri(event.before)}, "drawn": drawn, "last": True}

    # --- trainings ----------------------------------------------------------------------------------------------------

    def job(self, value: Any, session: str) -> Answer:
        """One answer to one request about a training."""
        state: Answer = {"ticket": ticket_of(value), "last": True}
        try:
            ask = parse_job(value)
            handler: Callable[[JobAsk, str], Answer] = getattr(self, f"_job_{ask.kind}", self._job_acted)
            return {**state, "kind": ask.kind, **handler(ask, session)}
        except USER_ERRORS as error:
            return {**state, "error": str(error)}
        except Exception:
            log.exception("a training request of the Styles tab failed")
            return {**state, "error": FAILED}

    def _job_check(self, ask: JobAsk, session: str) -> Answer:
        """The pictures as they would be learnt from: cropped, each once, with the reasons for those left out."""
        pictures, problems = collect(ask.paths, MOST, side=SIDE)
        pixels = [to_pixels(picture, SIDE) for _, picture in pictures]
        left_out = [{"name": name, "reason": reason} for name, reason in problems]
        try:
            kept, sentence = check_photos(pixels), ""
        except CheckpointError as error:
            kept, sentence = pixels, str(error)
        crops = [preview_uri(Image.fromarray(one)) for one in kept]
        return {"checked": {"crops": crops, "same": len(pixels) - len(kept), "problems": left_out, "refused": sentence}}

    def _job_train(self, ask: JobAsk, session: str) -> Answer:
        pictures, _ = collect(ask.paths, MOST, side=SIDE)
        request = TrainRequest(
            tuple(picture for _, picture in pictures),
            ask.title,
            session,
            rank=ask.rank,
            steps=ask.steps,
            rate=ask.rate,
        )
        return {"status": _status(self.pipeline.trainer.start(request))}

    def _job_status(self, ask: JobAsk, session: str) -> Answer:
        status = self.pipeline.trainer.status(session, ask.job)
        more = {"styles": self._listed(session)} if status.over else {}
        return {"status": _status(status), **more}

    def _job_acted(self, ask: JobAsk, session: str) -> Answer:
        getattr(self.pipeline.trainer, ask.kind)(session, ask.job)  # pause, resume, keep or cancel: see JOB_KINDS
        return self._job_status(ask, session)


def _worn(ask: StyleAsk) -> Answer:
    return {"worn": {"weights": ask.worn.weights, "mode": ask.worn.mode, "parts": list(ask.worn.parts)}}


def _style(info: StyleInfo) -> Answer:
    return {
        "name": info.name,
        "title": info.title,
        "own": info.origin == "session",
        "rank": info.rank,
        "trigger": info.trigger,
        "thumbnail": _thumbnail(info),
    }


def _thumbnail(info: StyleInfo) -> str | None:
    """The style on a face of its own choice, until the wall has drawn the current one."""
    if info.thumbnail is None or info.thumbnail.stat().st_size > MOST_THUMBNAIL:
        return None
    return data_uri(info.thumbnail.read_bytes(), "image/webp")


def _tile(tile: Tile) -> Answer:
    return {"style": tile.style, "weight": tile.weight, **_picture(tile.image, tile.recipe)}


def _picture(image: Image.Image, drawn: Recipe) -> Answer:
    return {
        "picture": data_uri(recipe.to_png(image, drawn), "image/png"),
        "recipe": recipe.to_dict(drawn),
        "link": recipe.to_link(drawn),
        "filename": recipe.filename(drawn),
    }


def _status(status: JobStatus) -> Answer:
    return {
        "job": status.job,
        "title": status.title,
        "state": status.state,
        "over": status.over,
        "step": status.step,
        "steps": status.steps,
        "losses": _thinned(status.losses),
        "held_out": _thinned(status.held_out),
        "sample": exact_uri(status.sample) if status.sample else None,
        "left": None if status.seconds_left is None else round(status.seconds_left),
        "ahead": status.ahead,
        "style": status.style,
        "message": status.message,
    }


def _thinned(curve: tuple[tuple[int, float], ...]) -> list[list[float]]:
    """At most ``MOST_CURVE`` points, each the mean of its neighbours, so that the noise of single steps goes."""
    size = -(-len(curve) // MOST_CURVE) or 1
    chunks = [curve[at : at + size] for at in range(0, len(curve), size)]
    return [[chunk[-1][0], round(sum(loss for _, loss in chunk) / len(chunk), 5)] for chunk in chunks]


def _paced(events: Iterator[Any]) -> Iterator[Any]:
    """Drops previews that follow the last one too closely; results always pass."""
    shown = time.perf_counter()
    for event in events:
        now = time.perf_counter()
        if not isinstance(event, Progress) or now - shown >= PREVIEW_EVERY:
            shown = now
            yield event


def _progress(event: Progress) -> Answer:
    preview = preview_uri(event.preview) if event.preview else None
    return {"progress": {"step": event.step, "steps": event.steps, "unit": "Step", "preview": preview}}
