"""Search by attributes or by words: an expression of known attributes filters; CLIP searches for any other words.

CLIP (Radford et al. 2021, arXiv:2103.00020) puts pictures and sentences into one space, so that the cosine between the
two says how well they fit, whichever space is on the map.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core import checkpoints
from core.captions.parsing import parse_prompt
from core.latents.atlas import Atlas
from core.latents.spaces import ENCODERS
from core.pipelines.latent_map.atlas_store import AtlasStore, OpenAtlas
from core.pipelines.latent_map.search import Labels, search
from core.pipelines.latent_map.types import Found, LatentMapError
from core.pipelines.prompts.text import cleaned, vocabulary_note

SPACE = "clip"
MOST, LEAST = 60, 8  # a search by words returns a tenth of the atlas, within these
SHOWN = 120  # characters of the words in a response

Embed = Callable[[str], tuple[np.ndarray, int]]  # a text -> unit vector (D,), characters that were read


@dataclass(frozen=True, kw_only=True)
class Sought(Found):
    """Pictures nearest to words, the nearest first in ``rows``; ``understood`` are the words that CLIP encoded."""

    similarity: np.ndarray  # float32 (N,): the cosine of every picture with the words


def find(store: AtlasStore, opened: OpenAtlas, expression: object, by_words: bool, embed: Embed) -> Found:
    """Search an atlas for an expression of attributes, or for any words.

    Raises ``LatentMapError``, or ``CheckpointError`` for weights that cannot be opened.
    """
    line, _ = cleaned(expression)
    if not (by_words and line):
        try:
            return _having(opened.atlas, line)
        except LatentMapError as error:
            if not line:
                raise
            if why := words_problem(store, opened):
                said = str(error).rstrip(".")
                raise LatentMapError(f"{said}. Any other words are looked for by CLIP. {why}") from error
    elif why := words_problem(store, opened):
        raise LatentMapError(f"Words are looked for by CLIP. {why}")
    return _nearest(opened, line, embed)


def words_problem(store: AtlasStore, opened: OpenAtlas) -> str:
    """Say why an atlas cannot be searched by words now, and what helps; return "" if it can."""
    if SPACE in opened.atlas.spaces:
        return store.problem(opened, SPACE)
    missing = checkpoints.missing(store.root / ENCODERS[SPACE].checkpoint)
    if missing:
        return missing
    if opened.atlas.kind == "photos":
        return "These photos were mapped without it; map them again."
    folder = f"{store.folder.parent.name}/{store.folder.name}/{opened.name}"
    return f"This atlas was built without it; add it with: python scripts/build_atlas.py --add {SPACE} --out {folder}"


def _having(atlas: Atlas, expression: str) -> Found:
    mask, said = search(expression, Labels(atlas.present(), atlas.classes, atlas.class_names, atlas.count))
    notes = () if mask.any() else ("No picture of this atlas is like that.",)
    return Found(np.flatnonzero(mask), said, notes)


def _nearest(opened: OpenAtlas, line: str, embed: Embed) -> Sought:
    vector, read = embed(line)
    similarity = _units(opened) @ vector
    count = min(MOST, max(LEAST, len(similarity) // 10), len(similarity))
    rows = np.argsort(-similarity, kind="stable")[:count]
    notes = vocabulary_note(parse_prompt(line[:read]))
    words = line[:read].strip()
    if line[read:].strip():
        notes = (f"Only the first {len(words.split())} words were read: more do not fit the text encoder.", *notes)
    said = words if len(words) <= SHOWN else f"{words[:SHOWN].rstrip()} ..."
    return Sought(rows, said, notes, similarity=similarity.astype(np.float32))


def _units(opened: OpenAtlas) -> np.ndarray:
    with opened.lock:
        if opened.units is None:
            vectors = opened.atlas.spaces[SPACE].vectors()
            opened.units = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-8)
        return opened.units
