"""Writes captions: many sentences from an attribute row or a food class.

The grammar is seeded: the same random state writes the same sentence. :func:`parse_prompt` parses every caption back.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core import attributes
from core.captions.parsing import ParsedPrompt, Span, parse_prompt
from core.captions.vocabulary import (
    ABSENT,
    ABSENT_NOUNS,
    FACE_OPENINGS,
    FOOD_ADJECTIVES,
    FOOD_OPENINGS,
    FOOD_PLACES,
    FOODS,
    HAIR,
    NO_BEARD,
    NO_BEARD_NOUN,
    OUTSIDE,
    PEOPLE,
    PRESENT,
    PRONOUNS,
    Food,
    Wording,
)

__all__ = ["Caption", "ParsedPrompt", "Span", "describe_face", "describe_food", "disturbed", "parse_prompt"]

# Probabilities that people mention an attribute; others are in between.
_COLOURS = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair")
_STRIKING = frozenset(("Smiling", "Eyeglasses", "Wearing_Hat", "Bald", "Young", *_COLOURS))
_FAINT = frozenset(("Attractive", "Blurry", "High_Cheekbones", "Pointy_Nose", "Oval_Face", "Narrow_Eyes", "Big_Lips"))


@dataclass(frozen=True)
class Caption:
    """A sentence and its exact content: attributes at -1 or 1, or a class."""

    text: str
    attributes: dict[str, float] = field(default_factory=dict)
    food: str = ""


def describe_face(values: Sequence[float] | Mapping[str, float], random: random.Random) -> Caption:
    """Write a caption that mentions some of the given attributes: a row (40,) of -1, 0, 1, or ``{name: value}``."""
    given = dict(values) if isinstance(values, Mapping) else dict(zip(attributes.NAMES, values, strict=True))
    said = _chosen({name: 1.0 if value > 0 else -1.0 for name, value in given.items() if value}, random)
    text = _Sentence(said, random).write()
    return Caption(text, {name: said[name] for name in attributes.NAMES if name in said})


def describe_food(name: str, random: random.Random) -> Caption:
    """Write a caption of a class named as in Food-101; a class without words in the vocabulary uses its name."""
    food = FOODS.get(name, Food((name.replace("_", " "),)))
    adjective = f"{random.choice(FOOD_ADJECTIVES)} " if random.random() < 0.3 else ""
    draw = random.random()
    if draw < 0.35 or (draw < 0.6 and not food.single):
        phrase = f"{random.choice(food.servings)} {adjective}{random.choice(food.mass)}"
    elif draw < 0.6:
        phrase = _with_article(f"{adjective}{random.choice(food.single)}")
    else:
        phrase = f"{adjective}{random.choice(food.mass)}"
    if random.random() < 0.45:
        phrase = f"{random.choice(FOOD_OPENINGS)} {phrase}"
    if random.random() < 0.25:
        phrase = f"{phrase} {random.choice(FOOD_PLACES)}"
    return Caption(_finished(phrase, random), food=name)


def disturbed(text: str, random: random.Random) -> str:
    """Insert one to four words without a meaning into a sentence, or append them."""
    words = text.split(" ")
    for _ in range(random.randint(1, 4)):
        place = len(words) if random.random() < 0.5 else random.randint(0, len(words))
        words.insert(place, random.choice(OUTSIDE))
    return " ".join(words)


def _chosen(given: dict[str, float], random: random.Random) -> dict[str, float]:
    """Choose the attributes that a sentence mentions: mostly present ones, sometimes absent ones."""
    said: dict[str, float] = {}
    if "Male" in given and random.random() < 0.9:
        said["Male"] = given["Male"]
    weights = {}
    for name, value in given.items():
        if name == "Male" or not _has_words(name, value):
            continue
        weight = 3.0 if name in _STRIKING else 0.5 if name in _FAINT else 1.2
        if name == "No_Beard":  # nobody says of a woman that she is clean-shaven
            weight = 2.5 if value < 0 else 0.8 if given.get("Male", 0) > 0 else 0.0
        elif value < 0:
            weight = 1.2 if name in ABSENT else 0.12
        if weight:
            weights[name] = weight
    count = min(len(weights), 1 + int(random.expovariate(1 / 3.0)))
    order = sorted(weights, key=lambda name: random.random() ** (1 / weights[name]), reverse=True)
    for name in order:
        if count and not _contradicts(name, given[name], said):
            said[name] = given[name]
            count -= 1
    if not said and "Male" in given:
        said["Male"] = given["Male"]
    return said


def _has_words(name: str, value: float) -> bool:
    if value > 0:
        return name in PRESENT or name == "No_Beard"
    return (name in ABSENT and ABSENT[name] != Wording(synonyms=ABSENT[name].synonyms)) or name in ABSENT_NOUNS


def _contradicts(name: str, value: float, said: Mapping[str, float]) -> bool:
    if value < 0:
        return False
    return any(said.get(other, 0) > 0 for group in attributes.EXCLUSIVE if name in group for other in group - {name})


class _Sentence:
    """A caption in progress: every attribute is mentioned in exactly one place."""

    def __init__(self, said: Mapping[str, float], random: random.Random) -> None:
        self.random = random
        self.said = said
        self.he, self.his = PRONOUNS[int(said.get("Male", 0))]
        self.adjectives: list[str] = []
        self.features: list[str] = []
        self.worn: list[str] = []
        self.doing: list[str] = []
        self.absent: list[str] = []
        self.blurry = ""
        self.noun = self._noun()
        self._place_hair()
        for name, value in said.items():
            self._place(name, value)

    def write(self) -> str:
        for part in (self.adjectives, self.features, self.worn, self.absent):
            self.random.shuffle(part)
        draw = self.random.random()
        form = self._phrase if draw < 0.62 else self._sentences if draw < 0.82 else self._keywords
        return _finished(form().format(his=self.his), self.random)

    def _noun(self) -> str:
        male, young = int(self.said.get("Male", 0)), int(self.said.get("Young", 0))
        self.age_in_noun = bool(male and young) and self.random.random() < 0.15
        return self.random.choice(PEOPLE[male, young if self.age_in_noun else 0])

    def _place_hair(self) -> None:
        """Colour and texture share one phrase: wavy blond hair."""
        named = [name for name in HAIR if self.said.get(name, 0) > 0]
        self.hair = set(named)
        if not named:
            return
        if len(named) == 1 and PRESENT[named[0]].adjectives and self.random.random() < 0.3:
            self.adjectives.append(self.random.choice(PRESENT[named[0]].adjectives))
            return
        self.random.shuffle(named)
        self.features.append(" ".join(self.random.choice(HAIR[name]) for name in named) + " hair")

    def _place(self, name: str, value: float) -> None:
        if name == "Male" or name in self.hair or (name == "Young" and self.age_in_noun):
            return
        if name == "Blurry":
            self.blurry = self.random.choice(PRESENT[name].adjectives)
            return
        if name == "No_Beard" and value > 0:
            if self.random.random() < 0.5:
                self.adjectives.append(self.random.choice(NO_BEARD.adjectives))
            else:
                self.absent.append(NO_BEARD_NOUN)
            return
        wording = PRESENT[name] if value > 0 else ABSENT.get(name)
        if wording is None:
            self.absent.append(self.random.choice(ABSENT_NOUNS[name]))
            return
        places = [
            (part, words)
            for part, words in (
                (self.adjectives, wording.adjectives if len(self.adjectives) < 3 else ()),
                (self.features, wording.features),
                (self.worn, wording.worn),
                (self.doing, wording.doing),
            )
            if words
        ]
        part, words = self.random.choice(places) if places else (self.adjectives, wording.adjectives)
        part.append(self.random.choice(words))

    def _opening(self) -> str:
        if self.blurry:
            return f"{_with_article(self.blurry)} {self.random.choice(('photo', 'picture', 'portrait'))} of "
        return f"{self.random.choice(FACE_OPENINGS)} " if self.random.random() < 0.35 else ""

    def _subject(self) -> str:
        return _with_article(" ".join([*self.adjectives, self.noun]))

    def _phrase(self) -> str:
        """A smiling young woman with wavy blond hair, wearing glasses."""
        text = self._opening() + self._subject()
        if self.features:
            text += f" with {_listed(self.features)}"
        tail = []
        if self.worn:
            tail.append(f"{self.random.choice(('wearing', 'wearing', 'who is wearing'))} {_listed(self.worn)}")
        if self.doing:
            tail.append(f"{self.random.choice(('', 'who is '))}{_listed(self.doing)}")
        if self.absent:
            tail.append(self._without())
        self.random.shuffle(tail)
        after_absent = False  # a comma ends the scope of "without"
        for part in tail:
            text += (", " if after_absent else self.random.choice((" ", ", "))) + part
            after_absent = part.startswith(("without", "but", "with no"))
        return text

    def _without(self) -> str:
        if self.random.random() < 0.6:
            return f"without {' or '.join(self.absent)}"
        return f"{self.random.choice(('but with', 'with'))} no {self._bare()}"

    def _bare(self) -> str:
        return " or ".join(part.removeprefix("a ") for part in self.absent)

    def _sentences(self) -> str:
        """A young woman. She has wavy blond hair. She is wearing glasses."""
        is_, has = ("are", "have") if self.he == "they" else ("is", "has")
        parts = [self._opening() + self._subject()]
        rest = []
        if self.features:
            rest.append(f"{has} {_listed(self.features)}")
        if self.worn:
            rest.append(f"{is_} wearing {_listed(self.worn)}")
        if self.doing:
            rest.append(f"{is_} {_listed(self.doing)}")
        if self.absent:
            rest.append(f"{has} no {self._bare()}")
        self.random.shuffle(rest)
        if len(rest) > 1 and self.random.random() < 0.5:
            rest = [f"{rest[0]} and {rest[1]}", *rest[2:]]
        return ". ".join([*parts, *(f"{self.he.capitalize()} {part}" for part in rest)])

    def _keywords(self) -> str:
        """Woman, young, wavy blond hair, glasses: as people type who have used such programs before."""
        parts = [self.noun, *self.adjectives, *self.features, *self.worn, *self.doing]
        parts += [f"no {part.removeprefix('a ')}" for part in self.absent]
        parts = [part.removeprefix("a ").removeprefix("an ") for part in parts]
        if self.blurry:
            parts.append(f"{self.blurry} photo")
        first, rest = parts[0], parts[1:]
        self.random.shuffle(rest)
        return ", ".join([first, *rest])


def _listed(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _with_article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _finished(text: str, random: random.Random) -> str:
    if random.random() < 0.5:
        text = text[0].upper() + text[1:]
    return text + ("." if random.random() < 0.3 else "")
