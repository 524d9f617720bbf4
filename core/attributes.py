"""The 40 CelebA attributes: their order, how people see them grouped, and vectors of them.

An attribute vector holds 40 values in [-1, 1] in the official order of ``list_attr_celeba``:
+1 present, -1 absent, 0 unspecified, anything between a strength (Liu et al. 2015, arXiv:1411.7766).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

NAMES: tuple[str, ...] = (
    "5_o_Clock_Shadow",
    "Arched_Eyebrows",
    "Attractive",
    "Bags_Under_Eyes",
    "Bald",
    "Bangs",
    "Big_Lips",
    "Big_Nose",
    "Black_Hair",
    "Blond_Hair",
    "Blurry",
    "Brown_Hair",
    "Bushy_Eyebrows",
    "Chubby",
    "Double_Chin",
    "Eyeglasses",
    "Goatee",
    "Gray_Hair",
    "Heavy_Makeup",
    "High_Cheekbones",
    "Male",
    "Mouth_Slightly_Open",
    "Mustache",
    "Narrow_Eyes",
    "No_Beard",
    "Oval_Face",
    "Pale_Skin",
    "Pointy_Nose",
    "Receding_Hairline",
    "Rosy_Cheeks",
    "Sideburns",
    "Smiling",
    "Straight_Hair",
    "Wavy_Hair",
    "Wearing_Earrings",
    "Wearing_Hat",
    "Wearing_Lipstick",
    "Wearing_Necklace",
    "Wearing_Necktie",
    "Young",
)
COUNT = len(NAMES)
INDEX: dict[str, int] = {name: index for index, name in enumerate(NAMES)}

MAIN: tuple[str, ...] = ("Smiling", "Male", "Young", "Eyeglasses")

GROUPS: dict[str, tuple[str, ...]] = {
    "Hair": (
        "Black_Hair",
        "Blond_Hair",
        "Brown_Hair",
        "Gray_Hair",
        "Bald",
        "Bangs",
        "Receding_Hairline",
        "Straight_Hair",
        "Wavy_Hair",
    ),
    "Beard": ("No_Beard", "5_o_Clock_Shadow", "Goatee", "Mustache", "Sideburns"),
    "Face": (
        "Arched_Eyebrows",
        "Bushy_Eyebrows",
        "Narrow_Eyes",
        "Big_Nose",
        "Pointy_Nose",
        "Big_Lips",
        "High_Cheekbones",
        "Oval_Face",
        "Pale_Skin",
        "Rosy_Cheeks",
        "Attractive",
    ),
    "Expression": ("Mouth_Slightly_Open",),
    "Age": ("Bags_Under_Eyes", "Chubby", "Double_Chin"),
    "Accessories": (
        "Heavy_Makeup",
        "Wearing_Lipstick",
        "Wearing_Earrings",
        "Wearing_Necklace",
        "Wearing_Necktie",
        "Wearing_Hat",
    ),
    "Picture": ("Blurry",),
}

# Two of one set cannot both be present. Hair colours, textures, and hair against no hair.
EXCLUSIVE: tuple[frozenset[str], ...] = (
    frozenset({"Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair"}),
    frozenset({"Straight_Hair", "Wavy_Hair"}),
    frozenset({"Bald", "Bangs"}),
    frozenset({"Bald", "Straight_Hair"}),
    frozenset({"Bald", "Wavy_Hair"}),
    frozenset({"Bald", "Black_Hair"}),
    frozenset({"Bald", "Blond_Hair"}),
    frozenset({"Bald", "Brown_Hair"}),
    frozenset({"Bald", "Gray_Hair"}),
    frozenset({"No_Beard", "5_o_Clock_Shadow"}),
    frozenset({"No_Beard", "Goatee"}),
    frozenset({"No_Beard", "Mustache"}),
)

PRESETS: dict[str, dict[str, float]] = {
    "Older": {"Young": -1, "Gray_Hair": 1, "Bags_Under_Eyes": 1},
    "Younger": {"Young": 1, "Gray_Hair": -1, "Bags_Under_Eyes": -1},
    "Red carpet": {
        "Smiling": 1,
        "Heavy_Makeup": 1,
        "Wearing_Lipstick": 1,
        "Wearing_Earrings": 1,
        "Wearing_Necklace": 1,
        "Male": -1,
        "Wavy_Hair": 1,
    },
    "Summer": {"Smiling": 1, "Young": 1, "Blond_Hair": 1, "Mouth_Slightly_Open": 1, "Pale_Skin": -1},
    "Professor": {"Male": 1, "Young": -1, "Eyeglasses": 1, "Gray_Hair": 1, "Wearing_Necktie": 1},
    "Film noir": {
        "Male": 1,
        "Wearing_Hat": 1,
        "Wearing_Necktie": 1,
        "Smiling": -1,
        "5_o_Clock_Shadow": 1,
        "No_Beard": -1,
    },
}


class AttributeValueError(ValueError):
    """An attribute name, value or table that cannot be used; the message is meant for the user."""


def label(name: str) -> str:
    """``5_o_Clock_Shadow`` as people read it: ``5 o'clock shadow``."""
    words = name.replace("5_o_Clock", "5 o'clock").replace("_", " ")
    return words[0].upper() + words[1:].lower()


def vector(values: Mapping[str, float]) -> np.ndarray:
    """``{name: strength}`` -> float32 (40,); what is not named stays 0. Raises on unknown names and bad values."""
    for name in values:
        if name not in INDEX:
            raise AttributeValueError(
                f"Unknown attribute {str(name)[:60]!r}. The 40 names are those of list_attr_celeba.txt."
            )
    return dense({name: strength(value, name) for name, value in values.items()})


def dense(values: Mapping[str, float]) -> np.ndarray:
    """As :func:`vector`, of names and strengths that were checked before, such as a recipe's."""
    result = np.zeros(COUNT, dtype=np.float32)
    for name, value in values.items():
        result[INDEX[name]] = value
    return result


def named(values: Sequence[float] | np.ndarray) -> dict[str, float]:
    """float (40,) -> ``{name: strength}`` of what is set, in the official order."""
    checked = check(values)
    return {name: round(float(value), 4) for name, value in zip(NAMES, checked, strict=True) if value != 0}


def check(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Any sequence -> float32 (40,), or an error that says what is wrong with it."""
    row = list(values)
    if len(row) != COUNT:
        raise AttributeValueError(f"An attribute row has {COUNT} values; this one has {len(row)}.")
    return np.array([strength(value, name) for name, value in zip(NAMES, row, strict=True)], dtype=np.float32)


def strength(value: object, name: str) -> float:
    """Check one value of an attribute, from -1 to 1. Raises :class:`AttributeValueError`."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise AttributeValueError(f"{name}: {str(value)[:40]!r} is not a number between -1 and 1.") from None
    if not -1.0 <= number <= 1.0:  # also refuses NaN
        raise AttributeValueError(f"{name}: {number:g} is outside -1 to 1.")
    return number


@dataclass(frozen=True)
class Resolved:
    """A vector without contradictions, and one sentence for each value that had to give way."""

    values: np.ndarray
    notes: tuple[str, ...]


def resolve(values: np.ndarray) -> Resolved:
    """A checked vector (40,): of two present attributes that exclude each other, the stronger stays (the earlier name
    on a tie).
    """
    result = np.array(values, dtype=np.float32)
    notes = []
    for group in EXCLUSIVE:
        present = sorted((n for n in group if result[INDEX[n]] > 0), key=lambda n: (-result[INDEX[n]], INDEX[n]))
        for loser in present[1:]:
            result[INDEX[loser]] = 0.0
            notes.append(f"{label(loser)} was left unspecified: it contradicts {label(present[0])}.")
    return Resolved(result, tuple(notes))


def confident(probabilities: Mapping[str, float]) -> dict[str, float]:
    """A classifier's probabilities -> the attributes that it is sure of, +1 or -1 each, without contradictions."""
    sure = {name: 1.0 if value >= 0.5 else -1.0 for name, value in probabilities.items() if abs(value - 0.5) >= 0.25}
    return named(resolve(vector(sure)).values)


def closest(labels: np.ndarray, wanted: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Rows of labels (N, 40), positive where present, that agree best with a request (40,); the seed orders equals."""
    order = np.random.default_rng(seed).permutation(len(labels))
    agreement = np.where(labels[order] > 0, 1, -1) @ np.asarray(wanted, np.float32)
    return order[np.argsort(-agreement, kind="stable")[:count]]
