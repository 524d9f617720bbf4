"""Reads what people copy into prompts from other programs: ``(words)``, ``(words:1.3)``, ``[words]`` and ``BREAK``.

The signs become spaces, so that every word stays where it is in the prompt. A backslash before a sign makes it one of
the prompt's own: ``\\(words\\)``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

STEP = 1.1  # of a pair of brackets without a number
LEAST, MOST = 0.0, 3.0
TAG = re.compile(r"<(?:lora|lyco|hypernet):[^<>]*>", re.IGNORECASE)  # their names are no words of the prompt
_SIGNS = "()[]\\<"  # that a backslash may stand before
_BREAK = re.compile(r"\bBREAK\b")
_NUMBER = re.compile(r":\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)")
_WHEN = re.compile(r":\s*\d*\.?\d+\s*$")  # [these:those:0.5] changes words while drawing
_PAIRS = {")": "(", "]": "["}


@dataclass(frozen=True)
class WeightedPrompt:
    """``plain`` is the prompt with spaces in place of the signs, and as long; ``weights`` are those of its characters;
    ``breaks`` are the characters before which another part begins; ``notes`` say what has no effect.
    """

    plain: str
    weights: tuple[float, ...]
    breaks: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def even(self) -> bool:
        """Whether every word has the weight 1."""
        return all(weight == 1.0 for weight in self.weights)


class _Reader:
    """One pass over a prompt, with the brackets that are open."""

    def __init__(self, text: str) -> None:
        self.text, self.plain = text, list(text)
        self.weights = [1.0] * len(text)
        self.open: list[tuple[str, int]] = []  # a bracket and where it stands
        self.notes: dict[str, None] = {}
        self.escapes: list[int] = []  # places of backslashes

    def read(self) -> WeightedPrompt:
        at = 0
        while at < len(self.text):
            at = self._step(at)
        if self.open:
            self.notes["A bracket of the prompt is never closed; it has no effect."] = None
        if any(not LEAST <= weight <= MOST for weight in self.weights):
            self.notes[f"Weights of words go from {LEAST:g} to {MOST:g}; others are brought there."] = None
        breaks = [(match.start(), match.end()) for match in _BREAK.finditer("".join(self.plain))]
        for start, end in breaks:
            self._blank(start, end)
        for place in self.escapes:
            self._gather(place)
        weights = tuple(min(max(weight, LEAST), MOST) for weight in self.weights)
        return WeightedPrompt("".join(self.plain), weights, tuple(end for _, end in breaks), tuple(self.notes))

    def _step(self, at: int) -> int:
        """Read one character, or a tag or number that begins there; return where to go on."""
        sign = self.text[at]
        if tag := TAG.match(self.text, at):
            return self._blank(at, tag.end())
        if sign == "\\" and self.text[at + 1 : at + 2] and self.text[at + 1] in _SIGNS:
            self.escapes.append(at)
            return self._blank(at, at + 1) + 1
        if sign in "([":
            self.open.append((sign, at))
            return self._blank(at, at + 1)
        inside = self.open[-1] if self.open else ("", 0)
        if inside[0] == "(" and (number := _NUMBER.match(self.text, at)):
            self._close(at, float(number[1]))
            return self._blank(at, number.end())
        if inside[0] and inside[0] == _PAIRS.get(sign):
            changing = sign == "]" and self._changes_words(inside[1] + 1, at)
            self._close(at, 1.0 if changing else STEP if sign == ")" else 1 / STEP)
            return self._blank(at, at + 1)
        return at + 1

    def _close(self, end: int, weight: float) -> None:
        _, start = self.open.pop()
        for place in range(start, end):
            self.weights[place] *= weight

    def _gather(self, place: int) -> None:
        """Move the space of a backslash before adjacent signs: a tokenizer reads these at once."""
        start = place
        while start > 0 and not (self.plain[start - 1].isspace() or self.plain[start - 1].isalnum()):
            start -= 1
        for values in (self.plain, self.weights):
            values[start : place + 1] = [values[place], *values[start:place]]

    def _changes_words(self, start: int, end: int) -> bool:
        """Take the signs out of ``[these:those:0.5]`` and ``[these|those]``, which are not drawn in turn here."""
        when = _WHEN.search(self.text[start:end])
        if when is None and "|" not in self.text[start:end]:
            return False
        if when is not None:
            self._blank(start + when.start(), end)
        for place in range(start, end):
            if self.text[place] in "|:":
                self._blank(place, place + 1)
        self.notes["Words are not exchanged while drawing, as in [these:those:0.5]; all of them are read."] = None
        return True

    def _blank(self, start: int, end: int) -> int:
        self.plain[start:end] = " " * (end - start)
        return end


@lru_cache(maxsize=64)
def read_weights(text: str) -> WeightedPrompt:
    """Read a prompt of any content. Weights multiply where brackets are nested."""
    return _Reader(text).read()


def plain_words(text: str) -> str:
    """The prompt with spaces in place of signs, tags and weights, as long as it was."""
    return read_weights(text).plain


def escaped(text: str) -> str:
    """A prompt that is meant to the letter -> one that reads so: with backslashes before its signs."""
    text = _BREAK.sub("break", text)  # tokenizers know small letters alone
    starts = {match.start() for match in TAG.finditer(text)}
    signs = (at for at, letter in enumerate(text) if letter in "()[]\\" or at in starts)
    pieces, last = [], 0
    for at in signs:
        pieces.append(text[last:at])
        last = at
    return "\\".join([*pieces, text[last:]])
