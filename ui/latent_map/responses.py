"""Requests of the Latent map answered: calls into the pipeline, their results as JSON for the page."""

from __future__ import annotations

import base64
import dataclasses
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.checkpoints import CheckpointError
from core.images import PictureError
from core.latents.atlas import AtlasError
from core.latents.paths import to_gif
from core.pipelines.latent_map.pipeline import ExplorePipeline
from core.pipelines.latent_map.types import (
    Advance,
    AtlasInfo,
    ClusterCard,
    ClusterRequest,
    Decoded,
    ExploreError,
    Located,
    PathRequest,
    Trait,
    WalkRequest,
)
from core.pipelines.latent_map.word_search import Sought
from ui.components.pictures import data_uri, exact_uri
from ui.latent_map.requests import KINDS, MapAsk, MapError, finite, parse_map, parse_photos
from ui.messages import request_id_of
from ui.reconstruction.requests import LabError

log = logging.getLogger(__name__)

Answer = dict[str, Any]
NEAR = 8  # nearest pictures that are shown of each space
ODD = 24  # outliers, near-duplicates
MOST_TRAITS = 14
USER_ERRORS = (MapError, LabError, ExploreError, AtlasError, CheckpointError, PictureError)


@dataclass
class Visit:
    """What one visitor has here, kept in ``gr.State``: the name of the atlas of their own photos."""

    photos: str = ""
    ended: int = 0  # the ticket up to which reading photos is no longer wanted


class MapRoom:
    """The tab's pipeline; nothing of a visitor is kept here."""

    def __init__(self, explore: ExplorePipeline) -> None:
        self.explore = explore

    def answer(self, value: Any, among: Sequence[str] = KINDS) -> Answer:
        """One request of those kinds, one message; what cannot be answered is said in its ``error``."""
        state: Answer = {"ticket": request_id_of(value), "last": True}
        try:
            ask = parse_map(value)
            if ask.kind not in among:
                raise MapError("This takes longer and waits in the queue.")
            return {**state, "kind": ask.kind, **getattr(self, f"_{ask.kind}")(ask)}
        except USER_ERRORS as error:
            return {**state, "error": str(error)}
        except Exception:
            log.exception("a request of the Latent map failed")
            return {**state, "error": "This failed on the server. Try again, or reload the page."}

    # --- looking ------------------------------------------------------------------------------------------------------

    def _open(self, ask: MapAsk) -> Answer:
        atlases = [_plain(info) for info in self.explore.atlases()]
        return {"atlases": atlases, "missing": self.explore.missing() or ""}

    def _atlas(self, ask: MapAsk) -> Answer:
        return {"atlas": _plain(self.explore.open(ask.atlas))}

    def _points(self, ask: MapAsk) -> Answer:
        points = self.explore.points(ask.atlas, ask.space, ask.projection)
        return {
            "places": _packed(points.places),
            "dimensions": int(points.places.shape[1]),
            "explained": [round(share, 4) for share in points.explained],
            "colourings": self.explore.colourings(ask.atlas, ask.space),
        }

    def _colour(self, ask: MapAsk) -> Answer:
        found = self.explore.colour(ask.atlas, ask.space, ask.by)
        return {"title": found.title, "scale": found.kind, "values": _packed(found.values), "names": list(found.names)}

    def _sheet(self, ask: MapAsk) -> Answer:
        return {"sheet": data_uri(self.explore.sheet(ask.atlas, ask.number), "image/webp")}

    def _point(self, ask: MapAsk) -> Answer:
        card = self.explore.point(ask.atlas, ask.row)
        return {
            "row": card.row,
            "picture": exact_uri(card.picture),
            "name": card.name,
            "measured": card.measured,
            "asked": card.asked,
            "recipe": dataclasses.asdict(card.recipe) if card.recipe else None,
            "className": card.class_name,
        }

    def _near(self, ask: MapAsk) -> Answer:
        """What may come a moment after the card of a point."""
        near = {one.space: list(one.rows) for one in self.explore.neighbours(ask.atlas, ask.row, NEAR)}
        answer: Answer = {"row": ask.row, "near": near}
        space = self.explore.open(ask.atlas).space(ask.space)
        if space.decodes and not space.problem:
            through = self.explore.decode_row(ask.atlas, ask.space, ask.projection, ask.row).picture
            answer["through"] = exact_uri(through)
        return answer

    def _locate(self, ask: MapAsk) -> Answer:
        found = self.explore.locate(ask.atlas, ask.picture, NEAR)
        if all(one.problem for one in found):
            raise MapError(found[0].problem)
        return {"spaces": {one.space: _located(one) for one in found}}

    def _decode(self, ask: MapAsk) -> Answer:
        return _decoded(self.explore.decode_at(ask.atlas, ask.space, ask.projection, ask.place))

    def _search(self, ask: MapAsk) -> Answer:
        found = self.explore.search(ask.atlas, ask.expression, ask.words)
        by_words = isinstance(found, Sought)
        return {
            "how": "words" if by_words else "attributes",
            "rows": found.rows.tolist(),
            "understood": found.understood,
            "values": _packed(found.similarity) if by_words else "",
            "notes": list(found.notes),
        }

    # --- ways ---------------------------------------------------------------------------------------------------------

    def _path(self, ask: MapAsk) -> Answer:
        found = self.explore.path(_path_request(ask))
        return {
            "frames": [exact_uri(picture) for picture in found.pictures],
            "trail": np.asarray(found.trail, float).round(5).tolist(),
            "rows": list(found.rows),
            "length": finite(found.length, 2),
            "decoded": found.decoded,
            "notes": list(found.notes),
            "milliseconds": round(found.milliseconds, 1),
        }

    def _gif(self, ask: MapAsk) -> Answer:
        request = self._walk_request(ask) if ask.attribute else _path_request(ask)
        found = self.explore.walk(request) if ask.attribute else self.explore.path(request)
        return {"gif": data_uri(to_gif(found.pictures), "image/gif")}

    def _walk(self, ask: MapAsk) -> Answer:
        request = self._walk_request(ask)
        found = self.explore.walk(request)
        about = self.explore.direction(ask.atlas, ask.space, ask.attribute, request.method)
        return {
            "frames": [exact_uri(picture) for picture in found.pictures],
            "trail": np.asarray(found.trail, float).round(5).tolist(),
            "strengths": [round(strength, 2) for strength in found.strengths],
            "probabilities": [round(share, 3) for share in found.probabilities],
            "boundary": finite(found.boundary, 3),
            "decoded": found.decoded,
            "notes": list(found.notes),
            "milliseconds": round(found.milliseconds, 1),
            "auc": finite(about.auc, 3),
            "entangled": [[name, round(cosine, 2)] for name, cosine in about.entangled[:3]],
        }

    def _walk_request(self, ask: MapAsk) -> WalkRequest:
        if len(ask.stops) != 1:
            raise MapError("A walk starts from one picture or place: click it first.")
        where = ask.atlas, ask.space, ask.projection
        return WalkRequest(*where, ask.stops[0], ask.attribute, ask.method or "probe", frames=ask.frames)

    # --- crowds -------------------------------------------------------------------------------------------------------

    def _crowd(self, ask: MapAsk) -> Answer:
        found = self.explore.describe(ask.atlas, ask.space, ask.rows)
        return {
            "size": found.size,
            "share": round(found.share, 4),
            "traits": [_trait(trait) for trait in found.traits[:MOST_TRAITS]],
            "medoid": found.medoid,
            "mean": exact_uri(found.mean) if found.mean else None,
            "notes": list(found.notes),
        }

    def _clusters(self, ask: MapAsk) -> Answer:
        found = self.explore.clusters(ClusterRequest(ask.atlas, ask.space, ask.method, ask.count))
        return {
            "labels": _packed(found.labels),
            "cards": [_cluster(card) for card in found.clusters],
            "silhouette": finite(found.silhouette, 3),
            "noise": found.noise,
            "notes": list(found.notes),
        }

    def _counts(self, ask: MapAsk) -> Answer:
        found = self.explore.count_choice(ask.atlas, ask.space, ask.method)
        return {
            "counts": list(found.counts),
            "silhouettes": [finite(value) for value in found.silhouettes],
            "elbow": [finite(value) for value in found.elbow],
            "suggested": found.suggested,
        }

    def _oddities(self, ask: MapAsk) -> Answer:
        found = self.explore.oddities(ask.atlas, ask.space, ODD)
        return {
            "outliers": list(found.outliers),
            "factors": [finite(factor, 2) for factor in found.factors],
            "duplicates": [list(pair) for pair in found.duplicates],
        }

    # --- photos of one's own ------------------------------------------------------------------------------------------

    def photos(self, value: Any, visit: Visit) -> Iterator[Answer]:
        """Uploaded photos become the visitor's own atlas; how far it is, then the atlas. It replaces the one before."""
        state: Answer = {"ticket": request_id_of(value), "last": False}
        try:
            for step in self.explore.add_photos(parse_photos(value), cancel=lambda: visit.ended >= state["ticket"]):
                if isinstance(step, Advance):
                    yield {**state, "phase": step.phase, "done": step.done, "total": step.total}
                    continue
                self.explore.close(visit.photos)
                visit.photos = step.name
                state["atlas"] = _plain(step)
            yield {**state, "last": True}
        except USER_ERRORS as error:
            yield {**state, "error": str(error), "last": True}
        except Exception:
            log.exception("photos could not be mapped")
            yield {**state, "error": "These photos could not be mapped. Try fewer of them.", "last": True}

    def forget(self, visit: Visit) -> None:
        """The visitor is gone, and so are their photos."""
        self.explore.close(visit.photos)


def _path_request(ask: MapAsk) -> PathRequest:
    return PathRequest(ask.atlas, ask.space, ask.projection, ask.stops, ask.way, ask.frames)


def _packed(values: np.ndarray) -> str:
    """float32, little-endian, base64: a quarter of the same numbers as JSON."""
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode("ascii")


def _plain(info: AtlasInfo) -> Answer:
    return dataclasses.asdict(info)


def _decoded(found: Decoded) -> Answer:
    return {
        "picture": exact_uri(found.picture),
        "place": [round(x, 5) for x in found.place],
        "decoded": found.decoded,
        "uncertainty": finite(found.uncertainty),
        "distance": finite(found.distance, 2),
        "rows": list(found.rows[:8]),
        "weights": [round(weight, 3) for weight in found.weights[:8]],
        "note": found.note,
        "milliseconds": round(found.milliseconds, 1),
    }


def _located(found: Located) -> Answer:
    places = {kind: [round(x, 5) for x in place] for kind, place in found.places.items()}
    distances = [finite(distance, 2) for distance in found.distances]
    return {"places": places, "rows": list(found.rows), "distances": distances, "problem": found.problem}


def _trait(trait: Trait) -> Answer:
    return {
        "name": trait.name,
        "share": round(trait.share, 4),
        "base": round(trait.base, 4),
        "lift": finite(trait.lift, 2),
        "significant": bool(trait.significant),
        "rarer": trait.rarer,
    }


def _cluster(card: ClusterCard) -> Answer:
    return {
        "number": card.number,
        "size": card.size,
        "medoid": card.medoid,
        "rows": list(card.rows),
        "traits": [_trait(trait) for trait in card.traits],
        "mean": exact_uri(card.mean) if card.mean else None,
    }
