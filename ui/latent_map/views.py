"""Converts results of the pipeline to responses of the Latent map."""

from __future__ import annotations

import base64
import dataclasses
import math

import numpy as np

from core.pipelines.latent_map.types import (
    ClusterCard,
    ClusterResult,
    Decoded,
    DirectionInfo,
    Found,
    Located,
    PathResult,
    PointCard,
    Selection,
    Trait,
    WalkResult,
)
from core.pipelines.latent_map.word_search import Sought
from ui.components.pictures import exact_uri
from ui.latent_map.responses import (
    ClustersResponse,
    ClusterView,
    DecodeResponse,
    LocatedView,
    PathResponse,
    PointResponse,
    SearchResponse,
    SelectionResponse,
    TraitView,
    WalkResponse,
)
from ui.messages import Json

MOST_TRAITS = 14
MOST_NEAR = 8  # nearest pictures of a place


def packed(values: np.ndarray) -> str:
    """Encode float32, little-endian, base64: a quarter of the length of JSON numbers."""
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode("ascii")


def finite(value: float | None, digits: int = 4) -> float | None:
    """Convert NaN and infinity, which JSON lacks, to None."""
    return round(float(value), digits) if value is not None and math.isfinite(value) else None


def point_response(card: PointCard) -> PointResponse:
    return PointResponse(
        row=card.row,
        picture=exact_uri(card.picture),
        name=card.name,
        measured=card.measured,
        requested=card.requested,
        recipe=dataclasses.asdict(card.recipe) if card.recipe else None,
        class_name=card.class_name,
    )


def located_view(found: Located) -> LocatedView:
    places = {kind: [round(x, 5) for x in place] for kind, place in found.places.items()}
    return LocatedView(places, found.rows, [finite(distance, 2) for distance in found.distances], found.problem)


def decode_response(found: Decoded) -> DecodeResponse:
    return DecodeResponse(
        picture=exact_uri(found.picture),
        place=[round(x, 5) for x in found.place],
        decoded=found.decoded,
        uncertainty=finite(found.uncertainty),
        distance=finite(found.distance, 2),
        rows=list(found.rows[:MOST_NEAR]),
        weights=[round(weight, 3) for weight in found.weights[:MOST_NEAR]],
        note=found.note,
        milliseconds=round(found.milliseconds, 1),
    )


def search_response(found: Found) -> SearchResponse:
    by_words = isinstance(found, Sought)
    return SearchResponse(
        how="words" if by_words else "attributes",
        rows=found.rows.tolist(),
        understood=found.understood,
        values=packed(found.similarity) if by_words else "",
        notes=found.notes,
    )


def path_response(found: PathResult) -> PathResponse:
    return PathResponse(**_film(found), rows=found.rows, length=finite(found.length, 2))


def walk_response(found: WalkResult, about: DirectionInfo) -> WalkResponse:
    return WalkResponse(
        **_film(found),
        strengths=[round(strength, 2) for strength in found.strengths],
        probabilities=[round(share, 3) for share in found.probabilities],
        boundary=finite(found.boundary, 3),
        auc=finite(about.auc, 3),
        entangled=[(name, round(cosine, 2)) for name, cosine in about.entangled[:3]],
    )


def selection_response(found: Selection) -> SelectionResponse:
    return SelectionResponse(
        size=found.size,
        share=round(found.share, 4),
        traits=[_trait(trait) for trait in found.traits[:MOST_TRAITS]],
        medoid=found.medoid,
        mean=exact_uri(found.mean) if found.mean else None,
        notes=found.notes,
    )


def clusters_response(found: ClusterResult) -> ClustersResponse:
    cards, silhouette = [_cluster(card) for card in found.clusters], finite(found.silhouette, 3)
    return ClustersResponse(
        labels=packed(found.labels), cards=cards, silhouette=silhouette, noise=found.noise, notes=found.notes
    )


def _film(found: PathResult | WalkResult) -> Json:
    return {
        "frames": [exact_uri(picture) for picture in found.pictures],
        "trail": np.asarray(found.trail, float).round(5).tolist(),
        "decoded": found.decoded,
        "notes": found.notes,
        "milliseconds": round(found.milliseconds, 1),
    }


def _trait(trait: Trait) -> TraitView:
    return TraitView(
        name=trait.name,
        share=round(trait.share, 4),
        base=round(trait.base, 4),
        lift=finite(trait.lift, 2),
        significant=bool(trait.significant),
        rarer=trait.rarer,
    )


def _cluster(card: ClusterCard) -> ClusterView:
    traits, mean = [_trait(trait) for trait in card.traits], exact_uri(card.mean) if card.mean else None
    return ClusterView(card.number, card.size, card.medoid, card.rows, traits, mean)
