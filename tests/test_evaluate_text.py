"""Figures of CLIP and of the text pipeline, on tiny ones."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tiny_text

from core import data
from core.captions.sentences import Caption
from core.checkpoints import CheckpointError
from core.evaluation import Options, evaluate, text
from core.networks.pool import pool_of
from core.pipelines.models.pipeline import CheckpointIndex
from core.pipelines.prompts.engine import TextEngine
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.types import PromptRequest
from core.recipe import Recipe


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tiny_text.checkpoint_root(tmp_path_factory.mktemp("text"))


@pytest.fixture(scope="module")
def measured(root):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"FACES": 40, "PER_FOOD": 2, "CURVE": (2, 4), "CURVE_FACES": 6}.items():
            patch.setattr(text, name, value)
        for name in ("clip", "text"):
            evaluate(name, root, tiny_text.picture_sets(), Options("python scripts/evaluate.py"))
    return {name: json.loads((root / name / "metrics.json").read_text()) for name in ("clip", "text")}


def test_figures_have_their_counts_and_bounds(measured):
    clip, drawn = measured["clip"], measured["text"]
    assert clip["pictures"] == {"celeba": 8, "food101": 8} and set(clip["retrieval"]["exact"]) == {"1", "5", "10"}
    assert drawn["captions"] == {"faces": 40, "dishes": 2 * len(tiny_text.FOODS)}
    assert set(drawn["adherence"]) == set(text.VISIBLE) and drawn["measured_with"]["classifier"]
    assert 0 <= drawn["dish_accuracy"] <= 1 and drawn["frechet"]["faces"]["to_test"] > 0
    assert {name: row["steps_done"] for name, row in drawn["draft"].items()} == {
        "noise_2": 2,
        "noise_4": 4,
        "prior_2": 1,
        "prior_4": 2,
    }


def test_cards_and_the_models_page_know_them(root, measured):
    for name, words in (("clip", "CLIPModel"), ("text", "DiffusionPipeline")):
        card = (root / name / "README.md").read_text()
        assert "non-commercial research" in card and words in card and "## Measured" in card
        shown = CheckpointIndex(root).card(name)
        assert shown.status == "present" and shown.parameters > 1000 and not shown.notes
    assert (root / "text" / "samples.webp").is_file()


def test_batches_draw_what_the_app_draws(root):
    prompts = ["a smiling woman", "a pizza", "a man with glasses"]
    engine = TextEngine(pool_of(root), root / "text")
    for start in ("noise", "prior"):
        recipe = Recipe(seed=3, steps=4, start=start)
        batch = text.draw_texts(engine, recipe, prompts)
        for index, prompt in enumerate(prompts):
            request = PromptRequest(replace(recipe, seed=3 + index, prompt=prompt))
            *_, result = PromptsPipeline(root).draw(request)
            alone = np.asarray(result.drawings[0].image).astype(int)
            assert np.abs(alone - batch[index]).max() <= 2


def test_adherence_compares_captions_that_mention_with_those_that_deny(monkeypatch):
    said = [Caption("", {"Smiling": value}) for value in (1.0, 1.0, -1.0, -1.0)] + [Caption("")] * 2
    logits = np.zeros((6, 40))
    logits[:, 31] = [2, 1, 0, -1, 9, 9]
    monkeypatch.setattr(text, "FEW", 2)
    assert text.requested_auc(said, logits, "Smiling") == {"auc": 1.0, "requested": 2, "against": 2}
    monkeypatch.setattr(text, "FEW", 3)
    assert text.requested_auc(said, logits, "Smiling") == {"auc": 0.5, "requested": 2, "against": 4}


def test_missing_ones_name_their_command(tmp_path):
    for name in ("clip", "text"):
        with pytest.raises(CheckpointError, match=f"train_{name}.py"):
            evaluate(name, tmp_path, tiny_text.picture_sets(), Options())


def test_dishes_are_needed_for_the_text_pipeline(root):
    with pytest.raises(data.DataError, match="food101"):
        evaluate("text", root, {"celeba": tiny_text.picture_sets()["celeba"]}, Options())
