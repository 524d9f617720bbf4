"""Recipes for the tests of recipes, and the sentence with which a call refuses what it gets."""

import numpy as np
import pytest

from core import attributes
from core.photo_edit import PhotoEdit
from core.recipe import (
    SEEDS,
    SOLVERS,
    Recipe,
    RecipeError,
)

FULL = Recipe(
    seed=4_294_967_295,
    attributes={"Smiling": 1.0, "Male": -0.35, "5_o_Clock_Shadow": 0.1},
    prompt='a "quiet" café,\nin 日本 🎩 \\ </script>',
    negative_prompt="blurry",
    styles={"woodcut": 0.8, "Blue Period v1.2": -2.0, "zero": 0.0},
    model="faces",
    count=16,
    steps=250,
    guidance=7.25,
    guidance_interval=(0.1, 0.9),
    solver="ddim",
    nearby=(-0.25, 0.125),
    edit=PhotoEdit({"Male": -1.0}, "ddim", 0.35, (0.25, 0.4, 1.5, -12.5)),
)


def random_recipe(seed: int) -> Recipe:
    random = np.random.default_rng(seed)
    names = random.choice(attributes.NAMES, random.integers(0, 41), replace=False).tolist()
    letters = [chr(c) for c in (*range(32, 127), 10, 228, 0x2603, 0x1F3A9)]
    start, end = sorted(random.uniform(0, 1, 2).tolist())
    return Recipe(
        seed=int(random.integers(0, SEEDS)),
        attributes={name: float(random.choice([-1, 1, random.uniform(-1, 1)])) for name in names},
        prompt="".join(random.choice(letters, random.integers(0, 300))),
        negative_prompt="".join(random.choice(letters, random.integers(0, 300))),
        styles={f"style-{i}": float(random.uniform(-2, 2)) for i in range(random.integers(0, 9))},
        model=str(random.choice(["faces", "text", "s3.v2"])),
        count=int(random.integers(1, 17)),
        steps=int(random.integers(1, 251)),
        guidance=float(random.uniform(1, 15)),
        guidance_interval=(start, end),
        solver=str(random.choice(SOLVERS)),
        nearby=tuple(random.uniform(-1, 1, 2).tolist()),
        checkpoint="".join(random.choice(letters[:95], random.integers(0, 40))),
    )


def refusal(call, *arguments: object) -> str:
    with pytest.raises(RecipeError) as caught:
        call(*arguments)
    message = str(caught.value)
    assert message.endswith(".") and len(message) < 200 and "\n" not in message
    return message
