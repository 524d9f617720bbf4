"""Words of the Text prompts page, as JSON: chips that write them, examples, first settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core.captions.vocabulary import FOODS
from core.recipe import MAX_PROMPT, PNG_KEY, Recipe, to_dict
from ui.components.vocabulary import TEXT_SOLVERS

FIRST_SEED = 5
EXAMPLES = (
    "a smiling young woman with wavy blond hair",
    "a plate of sushi",
    "a young man with black hair and eyeglasses",
    "an old man with gray hair and a beard",
    "a bowl of ramen",
    "a serious man wearing a hat",
    "a slice of chocolate cake",
    "a young woman with black hair and bangs, wearing red lipstick",
    "a stack of pancakes",
    "a bald man with a mustache, smiling",
    "a bowl of ice cream",
)
# Chips write a sentence; of a group whose role is in ONE only one chip is set at a time.
ONE = ("noun", "age", "mood", "colour", "texture", "food")
BUILDER: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    ("Who", (("Woman", "noun", "woman"), ("Man", "noun", "man"), ("Young", "age", "young"), ("Old", "age", "old"))),
    (
        "Mood",
        (
            ("Smiling", "mood", "smiling"),
            ("Serious", "mood", "serious"),
            ("Open mouth", "feature", "an open mouth"),
        ),
    ),
    (
        "Hair",
        (
            ("Black", "colour", "black"),
            ("Blond", "colour", "blond"),
            ("Brown", "colour", "brown"),
            ("Gray", "colour", "gray"),
            ("Wavy", "texture", "wavy"),
            ("Straight", "texture", "straight"),
            ("Bangs", "feature", "bangs"),
            ("Bald", "adjective", "bald"),
        ),
    ),
    (
        "Face",
        (
            ("Beard", "feature", "a beard"),
            ("Mustache", "feature", "a mustache"),
            ("Bushy eyebrows", "feature", "bushy eyebrows"),
            ("Rosy cheeks", "feature", "rosy cheeks"),
            ("Pale skin", "feature", "pale skin"),
            ("Double chin", "feature", "a double chin"),
        ),
    ),
    (
        "Wearing",
        (
            ("Glasses", "worn", "glasses"),
            ("Hat", "worn", "a hat"),
            ("Lipstick", "worn", "lipstick"),
            ("Earrings", "worn", "earrings"),
            ("Necklace", "worn", "a necklace"),
            ("Tie", "worn", "a tie"),
        ),
    ),
)


def prompt_words(usual: Recipe) -> dict[str, Any]:
    """The constants that the scripts of the tab read once; ``usual`` are the settings of the built-in model."""
    foods = [(name.replace("_", " ").capitalize(), "food", _serving(name)) for name in FOODS]
    groups = (*BUILDER, ("Food", tuple(foods)))
    return {
        "first": to_dict(replace(usual, seed=FIRST_SEED, prompt=EXAMPLES[0])),
        "examples": list(EXAMPLES),
        "builder": [{"title": title, "chips": [list(chip) for chip in chips]} for title, chips in groups],
        "one": list(ONE),
        "solvers": TEXT_SOLVERS,
        "most": MAX_PROMPT,
        "pngKey": PNG_KEY,
    }


def _serving(name: str) -> str:
    food = FOODS[name]
    return f"{food.servings[0]} {food.mass[0]}"
