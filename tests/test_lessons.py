"""The lessons: every card names code that exists, terms that are explained, and a claim that is true."""

from __future__ import annotations

import json
import re

import lesson_claims_spaces  # noqa: F401 registers its checks, too
import pytest
from lesson_claims import CLAIMS

from ui.learn.sources import LESSONS, ROOT, UnknownSource, lesson_sources, source_of
from ui.page_files import ASSETS

LIST = json.loads((LESSONS / "list.json").read_text(encoding="utf-8"))
CARDS = {
    (entry["name"], place): card
    for entry in LIST
    for place, card in enumerate(json.loads((LESSONS / f"{entry['name']}.json").read_text(encoding="utf-8"))["cards"])
}
TERMS = json.loads((ASSETS / "learn" / "terms.json").read_text(encoding="utf-8"))
KEYS = {"title", "text", "act", "question", "show", "then", "paper", "source", "claim"}


def test_there_are_seven_lessons_of_five_to_eight_cards():
    assert len(LIST) == 7 and {path.stem for path in LESSONS.glob("*.json")} == {one["name"] for one in LIST} | {"list"}
    for entry in LIST:
        assert 5 <= sum(name == entry["name"] for name, _ in CARDS) <= 8


@pytest.mark.parametrize(("name", "place"), CARDS)
def test_a_card_is_whole(name, place):
    card = CARDS[name, place]
    assert set(card) <= KEYS and card["title"] and card["text"] and card["act"]["tab"]
    assert "paper" in card or "source" in card
    if "question" in card:
        choices, right = card["question"]["choices"], card["question"]["right"]
        assert 2 <= len(choices) <= 4 and 0 <= right < len(choices) and card["then"]
    for words in [*card["text"], *card.get("then", [])]:
        assert len(words) < 420
        for term in re.findall(r"\[\[([\w-]+)", words):
            assert term in TERMS
    if "source" in card:
        found = source_of(card["source"])
        line = (ROOT / found["path"]).read_text(encoding="utf-8").splitlines()[found["line"] - 1]
        assert found["name"].split(".")[-1] in line and found["code"]


def test_every_tab_that_a_card_sets_listens():
    tabs = {card[when]["tab"] for card in CARDS.values() for when in ("act", "show") if when in card}
    text = "".join(path.read_text(encoding="utf-8") for path in ASSETS.glob("*/act.js"))
    assert tabs <= set(re.findall(r'^acts\(\s*"(\w+)"', text, re.MULTILINE))


def test_an_unknown_source_is_refused():
    for reference in (
        "core/recipe.py",
        "core/recipe.py::nothing",
        "core/no.py::Recipe",
        "core/recipe.py::Recipe.x",
    ):
        with pytest.raises(UnknownSource):
            source_of(reference)


def test_sources_are_only_those_of_cards():
    assert set(json.loads(lesson_sources())) == {card["source"] for card in CARDS.values() if "source" in card}


def test_every_claim_is_checked_and_every_check_is_claimed():
    assert {card["claim"] for card in CARDS.values()} == set(CLAIMS)


@pytest.mark.parametrize("name", [card["claim"] for card in CARDS.values()])
def test_what_a_card_says_is_true_of_the_shipped_models(name):
    CLAIMS[name]()
