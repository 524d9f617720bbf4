"""Captions say only what is given, and are understood again; prompts of strangers are read without harm."""

import random

import numpy as np
import pytest

from core import attributes
from core.captions.sentences import describe_face, describe_food, disturbed, parse_prompt
from core.captions.vocabulary import FOODS, OUTSIDE


def rows(count=400, seed=0):
    table = np.random.default_rng(seed).choice([-1, 0, 1], size=(count, attributes.COUNT), p=[0.5, 0.2, 0.3])
    return [attributes.resolve(row).values for row in table.astype(float)]


def test_what_a_caption_says_is_read_again():
    for seed, row in enumerate(rows(1500)):
        caption = describe_face(row, random.Random(seed))
        parsed = parse_prompt(caption.text)
        assert parsed.attributes == caption.attributes, caption.text
        assert not parsed.unknown and not parsed.classes, caption.text


def test_a_caption_never_says_more_than_is_given():
    for seed, row in enumerate(rows()):
        given = attributes.named(row)
        said = describe_face(row, random.Random(seed)).attributes
        assert said.items() <= given.items()
    assert describe_face([0.0] * 40, random.Random(1)).attributes == {}


def test_the_seed_decides_and_sentences_vary():
    row = attributes.vector({"Male": -1, "Smiling": 1, "Blond_Hair": 1, "Wavy_Hair": 1, "Eyeglasses": 1, "Young": 1})
    texts = [describe_face(row, random.Random(seed)).text for seed in range(300)]
    assert texts == [describe_face(row, random.Random(seed)).text for seed in range(300)]
    assert len({text.lower().rstrip(".") for text in texts}) > 220
    lengths = [len(describe_face(row, random.Random(seed)).attributes) for seed in range(300)]
    assert min(lengths) <= 2 and max(lengths) == 6


def test_every_attribute_is_mentioned_somewhere():
    seen = set()
    for seed, row in enumerate(rows(3000, seed=3)):
        seen |= {(name, value) for name, value in describe_face(row, random.Random(seed)).attributes.items()}
    assert {name for name, _ in seen} == set(attributes.NAMES)
    assert {("Smiling", -1.0), ("Young", -1.0), ("Eyeglasses", -1.0), ("No_Beard", 1.0), ("No_Beard", -1.0)} <= seen


def test_the_longest_captions_stay_short():
    longest = max(len(describe_face([1.0] * 40, random.Random(seed)).text.split()) for seed in range(500))
    assert longest < 80


@pytest.mark.parametrize("name", FOODS)
def test_foods_are_read_again(name):
    texts = set()
    for seed in range(200):
        caption = describe_food(name, random.Random(seed))
        parsed = parse_prompt(caption.text)
        assert parsed.classes == (name,) and not parsed.attributes and not parsed.unknown, caption.text
        texts.add(caption.text)
    assert len(texts) > 40


def test_a_class_without_words_of_its_own_uses_its_name():
    caption = describe_food("baby_back_ribs", random.Random(0))
    assert "baby back ribs" in caption.text.lower()
    assert parse_prompt(caption.text, ("baby_back_ribs",)).classes == ("baby_back_ribs",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a smiling young woman with wavy blond hair and eyeglasses",
            {"Smiling": 1, "Young": 1, "Male": -1, "Wavy_Hair": 1, "Blond_Hair": 1, "Eyeglasses": 1},
        ),
        ("an old man without a beard, wearing a hat", {"Young": -1, "Male": 1, "No_Beard": 1, "Wearing_Hat": 1}),
        ("She isn't smiling", {"Male": -1, "Smiling": -1}),
        ("a man in a black hat", {"Male": 1, "Wearing_Hat": 1}),
        ("man, 5 o’clock shadow, no glasses", {"Male": 1, "5_o_Clock_Shadow": 1, "Eyeglasses": -1}),
        ("bald woman with long black hair", {"Bald": 1, "Male": -1, "Black_Hair": 1}),
        ("a man with no hair and no tie", {"Male": 1, "Bald": 1, "Wearing_Necktie": -1}),
        ("a man without glasses or a hat eating sushi", {"Male": 1, "Eyeglasses": -1, "Wearing_Hat": -1}),
        ("a woman without a hat smiling", {"Male": -1, "Wearing_Hat": -1, "Smiling": 1}),
        ("someone who hides his goatee", {"Male": 1, "Goatee": 1}),
        ("", {}),
    ],
)
def test_prompts_as_people_type_them(text, expected):
    assert parse_prompt(text).attributes == expected


def test_unknown_words_are_listed_where_they_stand():
    text = "A purple dragon eating sushi, smiling"
    parsed = parse_prompt(text)
    assert [span.text for span in parsed.unknown] == ["purple", "dragon", "eating"]
    assert [span.text for span in parsed.known] == ["sushi", "smiling"]
    assert all(text[span.start : span.end] == span.text for span in (*parsed.known, *parsed.unknown))
    assert parsed.classes == ("sushi",) and parsed.attributes == {"Smiling": 1.0}
    assert parse_prompt("fries but no pizza").classes == ("french_fries",)


@pytest.mark.parametrize(
    "text",
    [
        "   ",
        "😀😀",
        "улыбающаяся женщина",
        "笑顔の女性",
        "<script>alert(1)</script> {{7*7}} %s {0}",
        "a\x00b\x1b",
        "no " * 10_000,
    ],
)
def test_strange_texts_are_read_without_harm(text):
    parsed = parse_prompt(text)
    assert not parsed.attributes and not parsed.classes


def test_disturbing_words_are_ignored_and_keep_the_rest():
    caption = describe_face(attributes.vector({"Male": 1, "Eyeglasses": 1}), random.Random(2))
    text = disturbed(caption.text, random.Random(3))
    assert set(caption.text.split()) <= set(text.split()) and text != caption.text
    assert all(not parse_prompt(word).attributes and not parse_prompt(word).classes for word in OUTSIDE)
