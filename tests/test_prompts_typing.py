"""What the Text prompts tab reads of a sentence while it is typed, and what its chips and examples say."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import tiny_text
from tiny_prompts import RECIPE, handlers_of, typed

import app
from core.captions.parsing import parse_prompt
from core.pipelines.prompts.text import whole_words
from core.pipelines.prompts.types import DRAFTED, PromptRequest
from ui.components.vocabulary import requested_words
from ui.prompts.words import BUILDER, EXAMPLES, prompt_words


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tiny_text.checkpoint_root(tmp_path_factory.mktemp("text"))


@pytest.fixture(scope="module")
def handlers(root):
    return handlers_of(root)


def test_words_are_marked_where_they_stand_in_the_field(handlers):
    text = "😀 a  smiling\tdragon <b>Ñandú</b> without\nglasses"
    response = typed(handlers, text)
    assert [text[a:b] for a, b in response["known"]] == ["smiling", "glasses"]
    unknown = [text[a:b] for a, b in response["unknown"]]
    assert unknown[0] == "dragon" and "Ñandú" in unknown
    assert response["requested"] == ["Smiling", "No eyeglasses"] and not response["cut"]
    assert typed(handlers, "an old bearded man, sushi")["requested"] == ["Old", "Beard", "Man", "Sushi"]
    assert typed(handlers, None)["requested"] == typed(handlers, "\x00\ud800")["requested"] == []


def test_a_cut_is_reported_before_anything_is_drawn(handlers):
    text = "smiling woman " * 100
    response = typed(handlers, text)
    assert response["cut"] and response["words"] == [46, 200]
    assert handlers.built_in.engine.cut_note(text.strip()) == (
        "Only the first 46 words were read: more do not fit the text encoder.",
    )
    assert not typed(handlers, "woman " * 20)["cut"] and typed(handlers, "word " * 4_000)["cut"]


def test_words_behind_the_cut_are_neither_understood_nor_achieved(handlers):
    text = "a  woman " * 46 + "with eyeglasses eating sushi"
    response = typed(handlers, text)
    assert response["requested"] == ["Woman"] and response["unknown"] == []
    assert max(end for _, end in response["known"]) <= response["read"] < text.index("eyeglasses")
    wanted = replace(RECIPE, prompt=" ".join(text.split()))
    *_, result = handlers.built_in.draw(PromptRequest(wanted), previews=False)
    assert set(result.parsed.attributes) == {"Male"} and not result.parsed.classes
    read = handlers.readback(result.drawings[0])
    assert [one.words for one in read.requested] == ["Woman"]


def test_a_word_that_is_cut_in_its_middle_is_not_read():
    assert whole_words("a smiling woman", 12) == "a smiling" == whole_words("a smiling woman", 9)
    assert whole_words("a smiling woman", 10) == "a smiling" and whole_words("word", 2) == ""
    assert whole_words("a woman", None) == whole_words("a woman", 7) == "a woman"


def test_parsing_a_prompt_needs_no_torch(root):
    program = (
        "import sys; from core.pipelines.prompts.pipeline import PromptsPipeline\n"
        "from ui.prompts.handlers import PromptsHandlers\n"
        f"pipeline = PromptsPipeline({str(root)!r})\n"
        "response = PromptsHandlers(pipeline, pipeline).parse_prompt({'text': 'a man ' * 99, 'request_id': 1})\n"
        "print(response['cut'], 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=Path(app.__file__).parent
    )
    assert done.stdout.strip() == "True False", done.stderr


def test_every_chip_and_every_example_is_understood():
    chips = [chip for group in prompt_words(DRAFTED)["builder"] for chip in group["chips"]]
    assert len(chips) == sum(len(group) for _, group in BUILDER) + 20
    for _, role, phrase in chips:
        sentence = f"a person with {phrase} hair" if role in ("colour", "texture") else f"a person, {phrase}"
        parsed = parse_prompt(sentence)
        assert not parsed.unknown and len(parsed.attributes) + len(parsed.classes) == 1, phrase
    for text in EXAMPLES:
        assert not parse_prompt(text).unknown and parse_prompt(text).known


def test_requests_are_described_as_a_person_would():
    absent = {name: requested_words(name, False) for name in ("Male", "No_Beard", "Wearing_Hat", "Bald")}
    assert absent == {"Male": "Woman", "No_Beard": "Beard", "Wearing_Hat": "No hat", "Bald": "Not bald"}
    assert requested_words("ice_cream", True) == "Ice cream"
