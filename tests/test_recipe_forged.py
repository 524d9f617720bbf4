"""Recipes from outside: forged, newer or damaged ones are refused with a sentence, and nothing of them runs."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from recipe_cases import FULL, refusal

from core.images import write_png
from core.recipe import (
    MAX_JSON,
    PNG_KEY,
    VERSION,
    RecipeError,
    from_json,
    from_link,
    from_png,
    to_json,
    to_link,
    to_png,
)

FORGED = [
    *("", " ", "hello", "null", "1", '"seed"', "[]", "{}", '{"seed":1}', '{"version":1}', '{"seed":1,"version":1'),
    *('{"seed":1,"version":1}{}', "{'seed':1,'version':1}", '{"seed":NaN,"version":1}', '{"seed":1e999,"version":1}'),
    *('{"seed":1,"seed":2,"version":1}', '{"seed":1,"version":1,"attributes":{"Male":1,"Male":-1}}'),
    *('{"seed":1,"version":1,"guidance":Infinity}', '{"seed":1,"version":1,"extra":1}', '{"seed":1,"version":1,"":1}'),
    *('{"seed":1,"version":1,"__class__":"os.system"}', '{"seed":1,"version":1,"to_png":1}'),
    *(f'{{"seed":1,"version":{version}}}' for version in ("0", "-1", "true", "1.0", '"1"', "null", "[]", "3", "999")),
    '{"seed":1,"version":1,"attributes":{"Male":{"Male":{"Male":1}}}}',
    '{"seed":1,"version":1,"attributes":[["Male",1]]}',
    '{"seed":1,"version":1,"guidance_interval":[[0,1],[0,1]]}',
    '{"seed":1,"version":1,"prompt":"\\ud800"}',
    '{"seed":' + "9" * 5000 + ',"version":1}',
    '{"seed":' + "9" * 1000 + ',"version":1}',
    "[" * 16_000,
    '{"a":' * 3000,
    '{"seed":1,"version":1,"prompt":"' + "x" * MAX_JSON + '"}',
    '{"seed":1,"version":1}' + " " * MAX_JSON,
    "é" * (MAX_JSON - 1),
]


@pytest.mark.parametrize("text", FORGED, ids=range(len(FORGED)))
def test_forged_texts_are_refused_everywhere(text: str) -> None:
    refusal(from_json, text)
    refusal(from_link, base64.urlsafe_b64encode(text.encode("utf-8", "replace")).decode().rstrip("="))
    info = PngImagePlugin.PngInfo()
    info.add_itxt(PNG_KEY, text.encode("utf-8", "replace"), zip=True)
    file = io.BytesIO()
    Image.new("RGB", (2, 2)).save(file, "PNG", pnginfo=info)
    refusal(from_png, file.getvalue())


@pytest.mark.parametrize("value", [None, 1, b'{"seed":1,"version":1}', ["a"], {"seed": 1, "version": 1}])
def test_other_things_than_text_are_refused(value: object) -> None:
    refusal(from_json, value)
    refusal(from_link, value)
    assert "carries no Latentscape recipe" in refusal(from_png, value)


def test_newer_recipes_say_so() -> None:
    assert "newer Latentscape" in refusal(from_json, '{"version":3,"seed":1,"dream":[1,2]}')


@pytest.mark.parametrize(
    "link", ["", "=", "a b", "a+b/", "%7B%7D", "é", "A", "AAAAA", "____", "x" * 100_000, "http://x"]
)
def test_broken_links(link: str) -> None:
    refusal(from_link, link)


def test_a_link_survives_padding_and_spaces_but_not_a_cut() -> None:
    link = to_link(FULL)
    assert from_link(f" {link}==\n") == FULL
    for end in range(0, len(link) - 1, 7):
        refusal(from_link, link[:end])


def test_pictures_without_or_with_a_forged_recipe() -> None:
    picture = Image.new("RGB", (2, 2))
    file = io.BytesIO()
    picture.save(file, "JPEG")
    none = "This picture carries no Latentscape recipe."
    for data in (write_png(picture), write_png(picture, {"parameters": to_json(FULL)}), file.getvalue(), b"", b"x"):
        assert refusal(from_png, data) == none
    bomb = PngImagePlugin.PngInfo()
    bomb.add_text(PNG_KEY, "0" * 10**7, zip=True)
    file = io.BytesIO()
    picture.save(file, "PNG", pnginfo=bomb)
    assert "damaged or too long" in refusal(from_png, file.getvalue())
    whole = to_png(picture, FULL)
    for end in range(0, whole.index(b"IDAT") - 8, 11):
        refusal(from_png, whole[:end])


def test_flipped_bytes_give_a_valid_recipe_or_a_sentence() -> None:
    random = np.random.default_rng(0)
    text = to_json(FULL).encode()
    for _ in range(500):
        forged = bytearray(text)
        for place in random.integers(0, len(forged), random.integers(1, 4)):
            forged[place] = random.integers(32, 127)
        try:
            recipe = from_json(forged.decode("utf-8", "replace"))
        except RecipeError:
            continue
        assert from_json(to_json(recipe)) == recipe
    assert json.loads(text)["version"] == VERSION
