"""One request in the words of every generator: attributes, an embedding or a sentence."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
from PIL import Image

from core import attributes
from core.captions.parsing import parse_prompt
from core.captions.sentences import describe_face
from core.captions.weights import plain_words
from core.pipelines.compare.types import CompareRequest, SeenFace, Wanted
from core.pipelines.prompts.text import cleaned

See = Callable[[Image.Image], SeenFace]  # a square photo as the classifier sees it


def understand(request: CompareRequest, see: See) -> Wanted:
    """Read a request once for all generators; a sentence is written where none was given."""
    if request.photo is not None:
        seen = see(request.photo)
        return described("embedding", attributes.vector(attributes.confident(seen.achieved)), seen)
    if request.prompt.strip():
        line, notes = cleaned(request.prompt)
        resolved = attributes.resolve(attributes.vector(parse_prompt(plain_words(line)).attributes))
        return Wanted("sentence", resolved.values, line, notes=(*notes, *resolved.notes))
    resolved = attributes.resolve(attributes.vector(request.attributes))
    kind = "attributes" if resolved.values.any() else "nothing"
    return described(kind, resolved.values, notes=resolved.notes)


def described(
    kind: str, values: np.ndarray, seen: SeenFace | None = None, notes: tuple[str, ...] = (), seed: int = 0
) -> Wanted:
    """A request by attributes (40,), with a sentence that says some of them; which ones, ``seed`` decides."""
    sentence = describe_face(attributes.named(values), random.Random(seed)).text
    return Wanted(kind, values, sentence, seen, notes)
