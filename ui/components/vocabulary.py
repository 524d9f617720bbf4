"""The attributes' names, words, groups, presets and contradictions, as JSON for the page."""

from __future__ import annotations

from typing import Any

from core import attributes
from core.recipe import PNG_KEY, Recipe, to_dict

SOLVER_WORDS = {"dpm++": "DPM-Solver++", "unipc": "UniPC", "ddim": "DDIM", "ddpm": "DDPM", "flow-euler": "Flow Euler"}
FACE_SOLVERS = {"few-step": "Distilled", **SOLVER_WORDS}
TEXT_SOLVERS = {**{name: SOLVER_WORDS[name] for name in ("dpm++", "unipc", "ddim", "ddpm")}, "lcm": "LCM"}


def vocabulary() -> dict[str, Any]:
    """The constants that the scripts of the Faces tab read once."""
    first = Recipe(seed=FIRST_SEED, attributes=dict(FIRST_ATTRIBUTES))
    return {
        "labels": {name: attributes.label(name) for name in attributes.NAMES},
        "absent": {name: requested_words(name, False) for name in attributes.NAMES},
        "main": list(attributes.MAIN),
        "groups": {title: list(names) for title, names in attributes.GROUPS.items()},
        "presets": attributes.PRESETS,
        "exclusive": [sorted(group) for group in attributes.EXCLUSIVE],
        "solvers": SOLVER_WORDS,
        "pngKey": PNG_KEY,
        "first": to_dict(first),
    }


# The first face of a new visitor.
FIRST_SEED = 27
FIRST_ATTRIBUTES = {"Smiling": 1.0, "Young": 1.0}

_WORDS = {  # where the attribute's own name would sound wrong
    ("Male", True): "Man",
    ("Male", False): "Woman",
    ("Young", False): "Old",
    ("No_Beard", True): "No beard",
    ("No_Beard", False): "Beard",
    ("Mouth_Slightly_Open", False): "Mouth closed",
    ("Smiling", False): "Not smiling",
    ("Attractive", False): "Not attractive",
    ("Bald", False): "Not bald",
    ("Chubby", False): "Not chubby",
    ("Blurry", False): "Sharp",
}


def requested_words(name: str, wanted: bool) -> str:
    """Return the words of a requested attribute or class: ``("Eyeglasses", False)`` -> No eyeglasses."""
    if (name, wanted) in _WORDS:
        return _WORDS[name, wanted]
    label = attributes.label(name) if name in attributes.INDEX else name.replace("_", " ")
    label = label.removeprefix("Wearing ")
    return label[0].upper() + label[1:] if wanted else f"No {label[0].lower()}{label[1:]}"
