"""What a prompt is made of, on tiny real models: any text, long ones, weights of words, by both models."""

from dataclasses import replace
from pathlib import Path

import pytest
import tiny_text
import torch
from tiny_prompts import SMALL, asking, last, pixels

from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.text import cleaned
from core.pipelines.prompts.types import PromptRequest

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tiny_text.checkpoint_root(tmp_path_factory.mktemp("text"))


@pytest.fixture(scope="module")
def pipeline(root):
    return PromptsPipeline(root)


@pytest.fixture(scope="module")
def stable_diffusion(tmp_path_factory):
    return tiny_text.stable_diffusion(tmp_path_factory.mktemp("sd"))


@pytest.mark.parametrize(
    "prompt",
    ["", "   \n", "😀😀😀", "улыбка 笑顔", "<b>{{7*7}}</b> %s ${x}", "a\x00\x1b[31mman", "bald woman with long hair"],
)
def test_any_prompt_draws(pipeline, prompt):
    request = PromptRequest.of(SMALL.recipe, prompt)
    assert len(last(pipeline.draw(request, previews=False)).drawings) == 1


def test_long_prompts_are_cut_and_it_is_said(pipeline):
    result = last(pipeline.draw(PromptRequest.of(SMALL.recipe, "smiling woman " * 5_000), previews=False))
    assert "The prompt was cut after" in result.notes[0]
    assert result.notes[-1] == "Only the first 46 words were read: more do not fit the text encoder."
    assert cleaned("woman " * 300)[1] == ()
    unknown = last(pipeline.draw(asking(prompt="a purple dragon"), previews=False))
    assert unknown.notes == (
        "The built-in model knows faces and twenty foods; these words mean nothing to it: purple, dragon.",
    )


@pytest.mark.parametrize("model", ["text", "sd"])
def test_weights_of_words_change_the_picture_by_as_much(root, stable_diffusion, model):
    engine = PromptsPipeline(root, model if model == "text" else str(stable_diffusion)).engine
    plain, empty = engine.states("a smiling woman"), engine.states("")
    spans = engine.spans("a smiling woman")
    smiling = [i for i, (start, end) in enumerate(spans) if end and start >= 2 and end <= 9]
    others = [i for i in range(len(spans)) if i not in smiling]
    for text, weight in (("a (smiling:1.5) woman", 1.5), ("a (smiling) woman", 1.1), ("a [smiling] woman", 1 / 1.1)):
        weighted = engine.states(text)
        expected = empty + weight * (plain - empty)
        torch.testing.assert_close(weighted[:, smiling], expected[:, smiling])
        assert torch.equal(weighted[:, others], plain[:, others])
    assert torch.equal(engine.states("a (smiling:1.0) woman"), plain)


def test_weighted_words_are_read_like_plain_ones(pipeline):
    plain = pipeline.parse("a smiling woman with blond hair")
    copied = "a (smiling:1.3) woman with [blond hair] <lora:oil:0.8>"
    parsed = pipeline.parse(copied)
    assert parsed.attributes == plain.attributes and parsed.unknown == ()
    assert {copied[span.start : span.end] for span in parsed.known} >= {"smiling", "woman"}
    result = last(pipeline.draw(asking(prompt=copied)))
    assert [note for note in result.notes if "mean nothing" in note] == []
    assert any("<lora:oil> is left out" in note for note in result.notes)


def test_a_morph_goes_between_weighted_prompts(root, stable_diffusion):
    for one in (PromptsPipeline(root), PromptsPipeline(root, str(stable_diffusion))):
        heavy, light = "a (smiling:1.5) woman", "a [smiling] woman, " + "an old man " * 40
        morph = last(one.morph(asking(prompt=heavy, steps=2), light, 2))
        ends = [pixels(last(one.draw(asking(prompt=text, steps=2))))[0] for text in (heavy, light)]
        if one.built_in:
            assert [frame.tobytes() for frame in morph.frames] == ends
            assert any("second prompt were read" in note for note in morph.notes)
        assert morph.frames[0].tobytes() != morph.frames[1].tobytes()
        assert "has no effect" in last(one.morph(asking(steps=2), "sushi <lora:a>", 2)).notes[-1]


def test_stable_diffusion_reads_long_prompts_by_parts(root, stable_diffusion):
    engine = PromptsPipeline(root, str(stable_diffusion)).engine
    length = engine.states("a").shape[1]
    words = " ".join(["smiling", "woman", "glasses"] * 30)
    parts = engine.parts(words)
    assert engine.states(words).shape[1] == length * len(parts) and len(parts) > 1
    read = sorted(span for part in parts for span in part.spans if span[1])
    assert "".join(words[a:b] for a, b in read) == words.replace(" ", "")  # every word once, none cut in two
    both = engine.states("a woman BREAK an old man")
    assert torch.equal(both, torch.cat([engine.states("a woman"), engine.states("an old man")], dim=1))
    result = last(PromptsPipeline(root, str(stable_diffusion)).draw(replace(asking(prompt=words), maps=True)))
    assert result.notes == () and len(result.drawings[0].maps) == 90


def test_a_cut_negative_prompt_is_noted(pipeline):
    notes = last(pipeline.draw(asking(negative_prompt="an old man " * 40))).notes
    assert any(note.startswith("Only the first 46 words of the negative prompt were read") for note in notes)
    notes = last(pipeline.draw(asking(negative_prompt="a hat <lora:oil:1>"))).notes
    assert notes == ("<lora:oil> has no effect in the negative prompt.",)
