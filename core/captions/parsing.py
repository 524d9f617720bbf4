"""Parses a prompt into attributes and food classes: known phrases, their negations, and words that are unknown here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from core.captions.vocabulary import (
    ABSENT,
    ALSO_PEOPLE,
    BARRIERS,
    FOODS,
    HAIR,
    NEGATIONS,
    NO_BEARD,
    PEOPLE,
    PLAIN_WORDS,
    PRESENT,
    PRONOUN_WORDS,
    Wording,
)

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_END = re.compile(r"[.,;:!?\n()]")
_HIS = ("his", "her", "their", "the", "my")
_ARTICLES = ("a", "an", "the")
_HAIR = {word.split("-")[-1]: name for name, words in HAIR.items() for word in words}
_JOINTS = frozenset(("or", "nor"))  # continue a negation: without a hat or glasses
_HEADS = frozenset(("hair", "haired", "hairs", "curls", "locks"))
_BETWEEN = frozenset(("and", "long", "short", "jet"))  # long wavy and blond hair


class Span(NamedTuple):
    """Characters ``start`` to ``end`` of a text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class ParsedPrompt:
    """What a prompt requests: ``attributes`` at -1 or 1, ``classes`` in the order of the text.

    ``known`` and ``unknown`` are spans of the text; words of grammar are in neither.
    """

    attributes: dict[str, float] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    known: tuple[Span, ...] = ()
    unknown: tuple[Span, ...] = ()


class _Word(NamedTuple):
    start: int
    end: int
    text: str  # lower case, straight apostrophes
    begins: bool  # a part of the sentence: punctuation stands before it


class _Meaning(NamedTuple):
    attributes: tuple[tuple[str, float], ...] = ()
    food: str = ""


_Lexicon = dict[tuple[str, ...], _Meaning]


def parse_prompt(text: str, classes: Iterable[str] = tuple(FOODS)) -> ParsedPrompt:
    """Parse any text. Of two opposite statements the first counts; a pronoun counts only if no noun says the sex."""
    words, lexicon = _words(text), _lexicon(tuple(classes))
    said: dict[str, float] = {}
    foods: dict[str, None] = {}
    known, unknown = [], []
    negated, at = False, 0
    while at < len(words):
        word = words[at]
        negated = negated and not word.begins and word.text not in BARRIERS
        size, meaning = _match(words, at, lexicon)
        span = Span(word.start, words[at + size - 1].end, text[word.start : words[at + size - 1].end])
        if meaning is not None:
            known.append(span)
            for name, value in meaning.attributes:
                said.setdefault(name, -value if negated else value)
            if meaning.food and not negated:
                foods[meaning.food] = None
            following = words[at + size].text if at + size < len(words) else ""
            negated = negated and following in _JOINTS
        elif word.text in NEGATIONS:
            negated = True
        elif word.text not in PLAIN_WORDS:
            unknown.append(span)
        at += size
    pronouns = [PRONOUN_WORDS[word.text] for word in words if word.text in PRONOUN_WORDS]
    if pronouns:
        said.setdefault("Male", float(pronouns[0]))
    return ParsedPrompt(said, tuple(foods), tuple(known), tuple(unknown))


def _words(text: str) -> list[_Word]:
    words, last = [], 0
    for match in _WORD.finditer(text):
        begins = bool(_END.search(text, last, match.start()))
        words.append(_Word(match.start(), match.end(), match[0].lower().replace("’", "'"), begins))
        last = match.end()
    return words


def _match(words: Sequence[_Word], at: int, lexicon: _Lexicon) -> tuple[int, _Meaning | None]:
    """Return the length and the meaning of the phrase at ``at``; (1, None) if the word has no meaning."""
    for size in range(min(_LONGEST, len(words) - at), 0, -1):
        meaning = lexicon.get(tuple(word.text for word in words[at : at + size]))
        if meaning is not None and not (size == 1 and words[at].text in _HAIR and _hair(words, at)[0] > 1):
            return size, meaning
    return _hair(words, at)


def _hair(words: Sequence[_Word], at: int) -> tuple[int, _Meaning | None]:
    """Match colours and textures only before hair: a black hat is not black hair."""
    if words[at].text not in _HAIR:
        return 1, None
    names = []
    for place in range(at, min(at + 7, len(words))):
        text = words[place].text
        if text in _HAIR:
            names.append(_HAIR[text])
        elif text in _HEADS:
            return place - at + 1, _Meaning(tuple((name, 1.0) for name in dict.fromkeys(names)))
        elif text not in _BETWEEN:
            break
    return 1, None


_LONGEST = 6  # words of a phrase


@lru_cache(maxsize=8)
def _lexicon(classes: tuple[str, ...]) -> _Lexicon:
    """Map every phrase, as words without the article, to its meaning."""
    lexicon: _Lexicon = {}
    for table, value in ((PRESENT, 1.0), (ABSENT, -1.0)):
        for name, wording in table.items():
            _enter(lexicon, _phrases(wording), _Meaning(((name, value),)))
    _enter(lexicon, _phrases(NO_BEARD), _Meaning((("No_Beard", 1.0),)))
    for people in (PEOPLE, ALSO_PEOPLE):
        for (male, young), nouns in people.items():
            about = tuple((name, float(value)) for name, value in (("Male", male), ("Young", young)) if value)
            _enter(lexicon, nouns if about else (), _Meaning(about))
    for name in classes:
        food = FOODS.get(name)
        plain = (name.replace("_", " "),)
        phrases = plain if food is None else (*plain, *food.mass, *food.single, *food.synonyms)
        _enter(lexicon, phrases, _Meaning(food=name))
    return lexicon


def _phrases(wording: Wording) -> tuple[str, ...]:
    return (*wording.adjectives, *wording.features, *wording.worn, *wording.doing, *wording.synonyms)


def _enter(lexicon: _Lexicon, phrases: Iterable[str], meaning: _Meaning) -> None:
    for phrase in phrases:
        for his in _HIS if "{his}" in phrase else ("",):
            words = tuple(word.text for word in _words(phrase.format(his=his)))
            lexicon.setdefault(words[1:] if words[0] in _ARTICLES else words, meaning)
