"""Weights that people copy into prompts: what each sign means, and that words stay where they are."""

import random

import pytest
import tiny_text

from core.captions.weights import escaped, plain_words, read_weights
from core.pipelines.prompts.tags import without_tags
from core.recipe import Recipe, from_json, to_json
from core.stable_diffusion.single_file import clip_tokenizer


def weighted(text: str) -> dict[str, float]:
    """Word -> its weight."""
    read = read_weights(text)
    assert len(read.plain) == len(text) == len(read.weights)
    words, at = {}, 0
    for word in read.plain.split():
        at = read.plain.index(word, at)
        assert text[at : at + len(word)] == word
        (words[word],) = {round(weight, 4) for weight in read.weights[at : at + len(word)]}
        at += len(word)
    return words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a red hat", {"a": 1, "red": 1, "hat": 1}),
        ("a (red:1.3) hat", {"a": 1, "red": 1.3, "hat": 1}),
        ("(a red:.5) hat", {"a": 0.5, "red": 0.5, "hat": 1}),
        ("(red) [hat]", {"red": 1.1, "hat": 0.9091}),
        ("((red)) [[hat]]", {"red": 1.21, "hat": 0.8264}),
        ("(a (red:2) hat:1.5)", {"a": 1.5, "red": 3, "hat": 1.5}),
        ("( red : 1.2 )", {"red": 1.2}),
        (r"\(red\) hat", {"(red": 1, ")": 1, "hat": 1}),
        ("red BREAK hat", {"red": 1, "hat": 1}),
        ("a break", {"a": 1, "break": 1}),
        ("red <lora:oil:0.8> hat <lyco:x>", {"red": 1, "hat": 1}),
        ("red :) hat", {"red": 1, ":)": 1, "hat": 1}),
        ("(red: hat)", {"red:": 1.1, "hat": 1.1}),
        ("", {}),
    ],
)
def test_every_sign_has_its_weight(text, expected):
    assert weighted(text) == expected and read_weights(text).notes == ()


@pytest.mark.parametrize(
    ("text", "expected", "note"),
    [
        ("(red hat", {"red": 1, "hat": 1}, "never closed"),
        ("(red:9) [[hat", {"red": 3, "hat": 1}, "from 0 to 3"),
        ("(red:-1)", {"red": 0}, "from 0 to 3"),
        ("[red:blue:0.5] hat", {"red": 1, "blue": 1, "hat": 1}, "not exchanged"),
        ("[red|blue] hat", {"red": 1, "blue": 1, "hat": 1}, "not exchanged"),
    ],
)
def test_what_has_no_effect_is_said(text, expected, note):
    assert weighted(text) == expected and any(note in said for said in read_weights(text).notes)


def test_parts_begin_after_breaks():
    text = "(a hat:1.2) BREAK a man BREAK"
    read = read_weights(text)
    assert [text[start:].strip() for start in read.breaks] == ["a man BREAK", ""]
    assert plain_words(text).split() == ["a", "hat", "a", "man"]


@pytest.mark.parametrize("text", ["(" * 2000, "(a" * 1000, "[" * 1000 + ")" * 1000, "(:1)" * 500, ":" * 2000])
def test_nonsense_is_read_in_no_time(text):
    assert len(read_weights(text[:2000]).plain) == len(text[:2000])


LITERAL = [
    r"a (very:1.4) [old] man",
    "((x)),",
    "!(a)b)?",
    r"a\b \\(c",
    "red BREAK hat",
    "<lora:oil:1> :) (",
    "[a|b:0.5]",
]
PIECES = ["(", ")", "[", "]", "\\", ":1.2", "<lora:x:1>", "BREAK", "a", "old", "'s", " ", "!", "_", "7", "é"]


def test_recipes_of_the_first_version_read_their_prompts_to_the_letter():
    """Their brackets were words: the tokens are those that the picture was drawn with."""
    dice = random.Random(5)
    texts = LITERAL + ["".join(dice.choices(PIECES, k=12)) for _ in range(300)]
    tokenizers = clip_tokenizer(), tiny_text.tokenizer()
    for text in texts:
        read = read_weights(escaped(text))
        assert read.even and read.breaks == read.notes == ()
        assert without_tags(escaped(text), "")[1] == ()
        for tokenizer in tokenizers:
            assert tokenizer(read.plain).input_ids == tokenizer(text).input_ids, text
    old = from_json('{"version":1,"seed":1,"prompt":"a (red:2) hat","negative_prompt":"[x]"}')
    assert old == Recipe(seed=1, prompt=r"a \(red:2\) hat", negative_prompt=r"\[x\]")
    assert from_json(to_json(old)) == old  # once: what is written is of this version
    assert from_json('{"version":2,"seed":1,"prompt":"a (red:2) hat"}').prompt == "a (red:2) hat"
