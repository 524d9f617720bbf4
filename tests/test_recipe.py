"""A recipe comes back from JSON, link and PNG as it was; every bad value of a field is refused with a sentence."""

import copy
import dataclasses
import json
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image
from recipe_cases import FULL, random_recipe, refusal

from core import attributes
from core.images import open_picture
from core.photo_edit import PhotoEdit
from core.recipe import (
    MAX_PROMPT,
    SEEDS,
    VERSION,
    Recipe,
    filename,
    from_dict,
    from_json,
    from_link,
    from_png,
    single,
    to_dict,
    to_json,
    to_link,
    to_png,
)

# --- round trips --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", [Recipe(), FULL, *(random_recipe(seed) for seed in range(40))])
def test_json_link_and_png_give_the_recipe_back(recipe: Recipe) -> None:
    text, link = to_json(recipe), to_link(recipe)
    png = to_png(Image.new("RGB", (64, 64), "red"), recipe)
    assert from_json(text) == from_link(link) == from_png(png) == from_dict(to_dict(recipe)) == recipe
    assert to_json(from_json(text)) == text and to_link(from_link(link)) == link
    assert list(from_json(text).attributes) == [name for name in attributes.NAMES if name in recipe.attributes]
    assert link.isascii() and link.replace("-", "a").replace("_", "a").isalnum()
    assert open_picture(png).getpixel((9, 9)) == (255, 0, 0)


def test_json_is_compact_and_leaves_defaults_out() -> None:
    assert to_json(Recipe()) == '{"seed":0,"version":2}'
    assert to_json(Recipe(seed=3, guidance=4.0, attributes={"Young": 1.0, "Bald": -0.5})) == (
        '{"attributes":{"Bald":-0.5,"Young":1},"guidance":4,"seed":3,"version":2}'
    )
    assert len(to_link(Recipe(seed=42, attributes={"Smiling": 1}))) < 80


def test_the_order_in_which_things_were_set_does_not_matter() -> None:
    one = Recipe(attributes={"Male": 1, "Bald": -1, "Young": 0}, styles={"b": 1, "a": 1})
    other = Recipe(attributes={"Bald": -1.0, "Male": 1.0}, styles={"a": 1.0, "b": 1.0})
    assert to_json(one) == to_json(other)
    assert one == other and hash(one) == hash(other)
    assert list(one.attributes.items()) == list(other.attributes.items())
    assert list(one.styles) == ["a", "b"]


def test_a_recipe_holds_plain_types_and_shares_nothing() -> None:
    mine = {"Male": np.float32(0.5)}
    recipe = Recipe(seed=np.int64(7), attributes=mine, guidance=Fraction(5, 2), guidance_interval=[0, 1])
    mine["Male"] = 9
    assert recipe == Recipe(seed=7, attributes={"Male": 0.5}, guidance=2.5, guidance_interval=(0.0, 1.0))
    assert type(recipe.seed) is int and type(recipe.guidance) is float and type(recipe.attributes["Male"]) is float
    assert type(recipe.guidance_interval) is tuple
    assert json.loads(json.dumps(to_dict(recipe)))["attributes"] == {"Male": 0.5}


def test_the_defaults_belong_to_the_version() -> None:
    """A stored recipe leaves them out, so changing one would redraw every old picture: raise VERSION instead."""
    assert VERSION == 2
    assert dataclasses.astuple(Recipe()) == (
        0,
        {},
        "",
        "",
        {},
        "faces",
        1,
        8,
        4.5,
        (0.0, 0.8),
        "dpm++",
        "noise",
        0.6,
        (1.0, 1.0, 1.0),
        "",
        (0.0, 0.0),
        None,
    )


@pytest.mark.parametrize(
    "edit",
    [
        7,
        {"photo": "data:image/png;base64,"},
        {"base": {"Wings": 1}},
        {"method": "magic"},
        {"faithfulness": 2},
        {"crop": [0, 0, 1]},
        {"crop": [0, 0, float("nan"), 0]},
    ],
)
def test_an_edit_that_cannot_be_is_refused(edit: object) -> None:
    refusal(from_dict, {"version": 1, "seed": 0, "edit": edit})


def test_single_and_filename() -> None:
    several = Recipe(seed=SEEDS - 2, count=4, prompt="hat")
    assert [single(several, i).seed for i in range(4)] == [SEEDS - 2, SEEDS - 1, 0, 1]
    assert single(several, 3) == Recipe(seed=1, prompt="hat")
    for i in (-1, 4, 1.0, True, "0", None):
        refusal(single, several, i)
    assert filename(Recipe(seed=42)) == "latentscape-faces-seed42.png"
    assert filename(Recipe(seed=7, edit=PhotoEdit())) == "latentscape-edited-photo-seed7.png"
    assert filename(Recipe(model="my model")) == "latentscape-my-model-seed0.png"


# --- every field --------------------------------------------------------------------------------------------------

NAN, INF, HUGE = float("nan"), float("inf"), 10**400
NOT_NUMBERS = (None, "1", True, [], {}, b"1", 1j)
BAD = {
    "seed": (-1, SEEDS, 1.0, NAN, HUGE, *NOT_NUMBERS),
    "attributes": (
        *(None, [], "Smiling", {"smiling": 1}, {"": 1}, {1: 1}, {None: 1}, {"x" * 10**5: 1}),
        *({"Male": value} for value in (1.01, -2, NAN, INF, HUGE, *NOT_NUMBERS)),
    ),
    "prompt": (None, 1, b"text", ["a"], "x" * (MAX_PROMPT + 1), "a\0b", "\x1b[31m", "\ud800"),
    "negative_prompt": (None, 1, "x" * (MAX_PROMPT + 1), "\x7f"),
    "styles": (
        *(None, ["woodcut"], {f"s{i}": 1 for i in range(9)}, {1: 1}),
        *({name: 1} for name in ("", "..", "../x", "a/b", "a\\b", "/etc", ".hidden", "a.", "a ", "a\n", "ü", "x" * 65)),
        *({"woodcut": value} for value in (2.01, -3, NAN, INF, HUGE, *NOT_NUMBERS)),
    ),
    "model": (None, 1, "", "..", "../faces", "someone/model", "C:\\x", "faces\n", "x" * 65, ["faces"]),
    "checkpoint": (None, 1, "a\nb", "x" * 201, ["a"]),
    "count": (0, 17, 1000, -1, 1.0, NAN, *NOT_NUMBERS),
    "steps": (0, 251, -1, 10.0, HUGE, *NOT_NUMBERS),
    "guidance": (0.99, 15.01, -1, NAN, INF, HUGE, *NOT_NUMBERS),
    "guidance_interval": (
        *(None, 1, "01", (), (0,), (0, 1, 1), (0.9, 0.1), (-0.1, 1), (0, 1.1), (0, NAN), (NAN, 1), {0: 0, 1: 1}),
        *(("0", "1"), (False, True)),
    ),
    "nearby": (None, 1, (), (0,), (0, 0, 0), (1.01, 0), (0, NAN), (0, INF), ("0", "0"), (True, False), {0: 0, 1: 1}),
    "solver": (None, "", "euler", "DDIM", 1, ["ddim"], "x" * 10**5),
}


BAD_PAIRS = [(name, value) for name, values in BAD.items() for value in values]


@pytest.mark.parametrize(("name", "value"), BAD_PAIRS, ids=[f"{name}-{i}" for i, (name, _) in enumerate(BAD_PAIRS)])
def test_every_bad_value_is_refused(name: str, value: object) -> None:
    message = refusal(lambda: dataclasses.replace(FULL, **{name: value}))
    assert refusal(lambda: Recipe(**{name: value})) == message
    assert refusal(from_dict, {**to_dict(FULL), name: value}) == message


def test_messages_name_what_is_wrong() -> None:
    assert "Unknown attribute 'Smilling'" in refusal(lambda: Recipe(attributes={"Smilling": 1}))
    assert "Smiling must be a number from -1 to 1" in refusal(lambda: Recipe(attributes={"Smiling": 2}))
    assert "seed must be a whole number" in refusal(lambda: Recipe(seed="seven"))
    assert "from 1 to 16" in refusal(lambda: Recipe(count=1000))
    for other in (None, [], "{}", Recipe, Recipe()):
        assert "not a Latentscape recipe" in refusal(from_dict, other)


def test_what_was_checked_cannot_be_changed() -> None:
    recipe = Recipe(attributes={"Male": 0.5}, styles={"oil": 1})
    for change in (
        lambda: recipe.attributes.update(Male=9),
        lambda: recipe.attributes.__setitem__("Male", 9),
        lambda: recipe.styles.pop("oil"),
        lambda: recipe.styles.clear(),
    ):
        with pytest.raises(TypeError, match="cannot be changed"):
            change()
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe.seed = -1
    for again in (copy.deepcopy(recipe), Recipe(**dataclasses.asdict(recipe))):
        assert again == recipe and hash(again) == hash(recipe)
    assert type(to_dict(recipe)["attributes"]) is dict


@pytest.mark.parametrize("value", [0, SEEDS - 1])
def test_the_ends_of_the_ranges_are_inside(value: int) -> None:
    Recipe(seed=value)
    Recipe(steps=1, count=1, guidance=1, guidance_interval=(0, 0))
    Recipe(steps=250, count=16, guidance=15, guidance_interval=(1, 1), prompt="x" * MAX_PROMPT)
    Recipe(attributes=dict.fromkeys(attributes.NAMES, -1), styles={c * 64: 2 for c in "abcdefgh"})


def test_what_validates_can_be_stored() -> None:
    long = Recipe(prompt="🎩" * MAX_PROMPT)  # 8,000 bytes
    assert from_png(to_png(Image.new("RGB", (2, 2)), long)) == from_link(to_link(long)) == long
    everything = {"negative_prompt": long.prompt, "attributes": dict.fromkeys(attributes.NAMES, 1)}
    assert "shorten the prompt" in refusal(lambda: dataclasses.replace(long, **everything))
