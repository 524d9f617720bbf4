"""Measuring styles: the judge tells them, the figures are of pairs, files and cards are written, the price is known."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from tiny_styles import put_style

from core import checkpoints, data
from core.benchmarks.styles import measure_styles
from core.checkpoints import CheckpointError
from core.data import DataError
from core.evaluation import Options, evaluate_styles, styles
from core.evaluation.style_judge import statistics, train_judge
from core.evaluation.styles import STRENGTHS
from core.stylize import render

OPTIONS = Options("python scripts/evaluate.py styles --data celeba=DIR/celeba", samples=6)


@pytest.fixture(scope="module")
def root(tiny_checkpoints, tmp_path_factory):
    """The tiny face models with a rendering that changes little, a domain, and a style that says nothing of itself."""
    root = tmp_path_factory.mktemp("measured-styles")
    for part in ("faces", "autoencoder-kl", "classifier"):
        (root / part).symlink_to(tiny_checkpoints / part)
    network = checkpoints.load_model(root / "faces")
    about = {"neon": {"renderer": "neon"}, "close": {"domain": "utkface", "framing": [1.5, 0.2]}, "own": {}}
    mark = checkpoints.fingerprint(root / "faces")
    for seed, (name, metadata) in enumerate(about.items()):
        put_style(network, root / "styles" / name, "faces", mark, seed=seed, std=0.1, **metadata)
    return root


@pytest.fixture(scope="module")
def sets(synthetic_celeba, tmp_path_factory):
    celeba = data.load("celeba", synthetic_celeba, 64, tmp_path_factory.mktemp("cache"))
    close = 255 - celeba.pixels[:, ::-1]  # portraits of another kind: upside down, and negatives
    return {"celeba": celeba, "utkface": replace(celeba, name="utkface", pixels=close, attributes=None)}


@pytest.fixture(scope="module")
def measured(root, sets):
    """Figures by style, measured on few pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(styles, "TRAINED_ON", 6)
        patch.setattr(styles, "STEPPED", 4)
        return dict(evaluate_styles(root, sets, OPTIONS))


def test_the_judge_names_renderings_that_it_has_not_seen(tiny_checkpoints, sets):
    classifier = checkpoints.load_model(tiny_checkpoints / "classifier")
    train, test = (np.asarray(sets["celeba"].pixels[sets["celeba"].indices(part)]) for part in ("train", "test"))
    look = {"plain": lambda x, seed: x, **{n: lambda x, seed, n=n: render(x, n, seed) for n in ("neon", "woodcut")}}
    classes = {name: np.stack([draw(x, seed) for seed, x in enumerate(train)]) for name, draw in look.items()}
    judge = train_judge(classifier, classes)
    for place, draw in enumerate(look.values()):
        logits, embedding = judge.classify(np.stack([draw(x, 90 + seed) for seed, x in enumerate(test)]))
        assert (logits.argmax(axis=1) != place).sum() <= 1 and embedding.shape == (len(test), 24)  # of eight
    again = train_judge(classifier, classes)
    assert torch.equal(judge.embed.weight, again.embed.weight)
    assert statistics(classifier, test).isfinite().all()


def test_a_rendering_has_all_its_figures(root, measured):
    assert list(measured) == ["neon", "close"]  # who says nothing of itself cannot be named
    figures = json.loads((root / "styles" / "neon" / "metrics.json").read_text())
    assert figures["command"] == OPTIONS.command and set(figures["measured_with"]) == set(styles.MADE_WITH)
    assert figures["pairs"] == 6 and figures["strength_0_is_no_style"] and "10 classes" in figures["judge_trained_on"]
    assert set(figures["detected"]) == {"drawn", "real", "real_through_the_autoencoder"}
    assert all(0 <= share <= 1 for row in figures["detected"].values() for share in row.values())
    assert figures["detected"]["drawn"]["named_and_detected"] <= figures["detected"]["drawn"]["named"]
    assert list(figures["strength"]) == ["0", *(f"{s:g}" for s in STRENGTHS), "1"]
    for what, said in (("frechet", ""), ("frechet_of_the_classifier", "_to_the_classifier")):
        distances = [row[what] for row in figures["strength"].values()]
        falls = all(a > b for a, b in pairwise(distances))
        assert figures[f"strength_is_monotone{said}"] == falls and len(set(distances)) == 5
    same = figures["identity"]["luminance_8x8"]
    assert same["same_seed"] > same["other_seeds"], "a small change leaves the face the same"
    assert set(figures["attribute_auc_in_style"]) == {"drawn", "real"}


def test_a_domain_is_detected_beside_photographs_of_the_first_kind(measured):
    figures = measured["close"]
    assert "2 classes" in figures["judge_trained_on"] and figures["detected"]["real"]["styled_detected"] == 1
    assert "named" not in figures["detected"]["drawn"], "there is one style to choose from"
    assert set(figures["mistaken_for"]) <= {"plain"}
    paired = figures["strength_on_the_pairs"]
    assert list(paired) == list(figures["strength"]) and paired != figures["strength"], (
        "with the attributes of other people"
    )
    assert "strength_on_the_pairs" not in measured["neon"], "a rendering shows the pairs' own people"
    reading = figures["attribute_auc_in_style"]
    assert set(reading) == {"drawn", "real"} and reading["real"]["styled"] != reading["real"]["plain"]


def test_the_card_says_what_was_measured(root, measured):
    card = (root / "styles" / "neon" / "README.md").read_text()
    for words in ("# Neon", "LoRA of rank 2", "core.stylize.render(picture, 'neon')", OPTIONS.command, "### Detected"):
        assert words.replace("LoRA of", "LoRA (Hu et al. 2021, arXiv:2106.09685) of") in card
    assert "### Strength" in card and "### Identity" in card and "CelebA" in card
    assert "sharp frontal portraits of utkface as they are" in (root / "styles" / "close" / "README.md").read_text()


def test_what_cannot_be_measured_is_a_sentence(root, sets, tmp_path):
    celeba = {"celeba": sets["celeba"]}
    for names, problem, words in (
        (["fresco"], CheckpointError, "no style 'fresco'; there are"),
        (["own"], CheckpointError, "neither a rendering nor a domain"),
        (["close"], DataError, "--data utkface=DIR"),
    ):
        with pytest.raises(problem, match=words):
            next(evaluate_styles(root, celeba, OPTIONS, names))
    with pytest.raises(CheckpointError, match=r"train_style\.py"):
        next(evaluate_styles(tmp_path, celeba, OPTIONS))


def test_the_price_of_a_style_is_measured_and_nothing_stays(root):
    rows = measure_styles(root, 1)
    assert rows["style_active_ratio"] == pytest.approx(rows["style_active_ms"] / rows["style_none_ms"])
    assert rows["style_switched_ms"] > 0 and rows["style_first_use_ms"] > 0 and rows["style_rank"] == 8
    assert sorted(path.name for path in (root / "styles").iterdir()) == ["close", "neon", "own"]
