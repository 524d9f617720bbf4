"""Search by words: ``eyeglasses and not young``, ``(smiling or blond hair) and hat``.

    any     = all { "or" all }
    all     = one { ("and" | "," | "but") one }
    one     = ("not" | "without" | "no" | "-") one | "(" any ")" | words

Words are understood as in the captions, so that synonyms work: ``bearded`` is not no beard, ``woman`` is not male.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from core import attributes
from core.captions.parsing import parse_prompt
from core.pipelines.latent_map.types import LatentMapError

MOST = 200  # characters
DEPTH = 20  # brackets and negations inside each other
_TOKEN = re.compile(r"[()|&,+!-]|[^\s()|&,+!]+")
_OPERATORS = {"and": "and", "&": "and", ",": "and", "+": "and", "but": "and", "or": "or", "|": "or", "with": "and"}
_NOT = ("not", "without", "no", "-", "!")
_NAMED = {name.replace("_", " ").lower(): name for name in attributes.NAMES}
_NAMED |= {attributes.label(name).lower(): name for name in attributes.NAMES}
_EXAMPLE = "such as: eyeglasses and not young"


@dataclass(frozen=True)
class Labels:
    """What is known of N pictures: bool (N, 40), and class numbers (N,) with their names."""

    present: np.ndarray | None
    classes: np.ndarray | None
    class_names: tuple[str, ...]
    count: int


def search(expression: str, labels: Labels) -> tuple[np.ndarray, str]:
    """Return which pictures match an expression, bool (N,), and how it was understood. Raises ``LatentMapError``."""
    text = expression.strip() if isinstance(expression, str) else ""
    if not text:
        raise LatentMapError(f"Write what to look for, {_EXAMPLE}.")
    if len(text) > MOST:
        raise LatentMapError(f"This search is longer than {MOST} characters.")
    reader = _Reader(_TOKEN.findall(text.lower().replace("’", "'")), labels)
    found, said = reader.any(0)
    if reader.at < len(reader.tokens):
        raise LatentMapError(f"There is a {reader.tokens[reader.at]!r} too many in this search.")
    return found, said


class _Reader:
    """Recursive descent; every method returns the pictures and the words for them."""

    def __init__(self, tokens: list[str], labels: Labels) -> None:
        self.tokens, self.labels, self.at = tokens, labels, 0

    def any(self, depth: int) -> tuple[np.ndarray, str]:
        parts = [self.all(depth)]
        while self._operator() == "or":
            self.at += 1
            parts.append(self.all(depth))
        return np.any([mask for mask, _ in parts], axis=0), " or ".join(said for _, said in parts)

    def all(self, depth: int) -> tuple[np.ndarray, str]:
        parts = [self.one(depth)]
        while (operator := self._operator()) == "and" or self._peek() in _NOT or self._peek() == "(":
            if operator == "and":
                while self._operator() == "and":  # ", and" and "but with" are one
                    self.at += 1
            parts.append(self.one(depth))
        return np.all([mask for mask, _ in parts], axis=0), " and ".join(said for _, said in parts)

    def one(self, depth: int) -> tuple[np.ndarray, str]:
        token = self._peek()
        if depth > DEPTH:
            raise LatentMapError("This search has too many brackets inside each other.")
        if token in _NOT:
            self.at += 1
            mask, said = self.one(depth + 1)
            return ~mask, f"not {said}" if " " not in said or said.startswith("(") else f"not ({said})"
        if token == "(":
            self.at += 1
            mask, said = self.any(depth + 1)
            if self._peek() != ")":
                raise LatentMapError("A bracket is open at the end of this search; close it with ).")
            self.at += 1
            return mask, f"({said})"
        return self._words()

    def _words(self) -> tuple[np.ndarray, str]:
        start = self.at
        while (token := self._peek()) is not None and token not in _OPERATORS and token not in (*_NOT, "(", ")"):
            self.at += 1
        words = " ".join(self.tokens[start : self.at])
        if not words:
            end = self._peek()
            place = "at the end" if end is None else f"before {end!r}"
            raise LatentMapError(f"Something is missing {place} of this search; write it {_EXAMPLE}.")
        return self._meaning(words)

    def _meaning(self, words: str) -> tuple[np.ndarray, str]:
        names = {name.replace("_", " ").lower(): number for number, name in enumerate(self.labels.class_names)}
        plain = words.replace("_", " ")
        if plain in names and self.labels.classes is not None:
            return self.labels.classes == names[plain], plain
        if plain in _NAMED:
            return self._has({_NAMED[plain]: 1.0})
        parsed = parse_prompt(plain, self.labels.class_names)
        if parsed.unknown or not (parsed.attributes or parsed.classes):
            word = parsed.unknown[0].text if parsed.unknown else words
            raise LatentMapError(f"The word {word[:40]!r} is not known here; search for attributes, {_EXAMPLE}.")
        masks, said = [], []
        if parsed.attributes:
            mask, words = self._has(parsed.attributes)
            masks, said = [mask], [words]
        for name in parsed.classes:
            masks.append(self.labels.classes == self.labels.class_names.index(name))
            said.append(name.replace("_", " "))
        return np.all(masks, axis=0), " and ".join(said)

    def _has(self, wanted: dict[str, float]) -> tuple[np.ndarray, str]:
        if self.labels.present is None:
            raise LatentMapError("The attributes of these pictures are not known, so they cannot be searched.")
        masks = [self.labels.present[:, attributes.INDEX[name]] == (value > 0) for name, value in wanted.items()]
        said = [("" if value > 0 else "not ") + attributes.label(name).lower() for name, value in wanted.items()]
        return np.all(masks, axis=0), " and ".join(said)

    def _peek(self) -> str | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _operator(self) -> str:
        return _OPERATORS.get(self._peek() or "", "")
