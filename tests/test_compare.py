"""Generators compared by one protocol: the figures by hand, the command's table, and what is missing."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from tiny_sets import embedding_set, latent_set
from tiny_sets import picture_set as random_set

from core import data, metrics
from core.checkpoints import CheckpointError
from core.evaluation import Options, evaluate, evaluate_generators
from core.evaluation.compare import table
from core.training import gan
from core.training.export import export_run


@pytest.fixture(scope="module")
def random():
    return np.random.default_rng(5)


def test_kernel_distance_is_the_textbook_sum(random):
    x, y = random.normal(size=(5, 3)), random.normal(size=(4, 3)) + 1

    def kernel(a, b):
        return (a @ b / 3 + 1) ** 3

    same = [np.mean([kernel(s[i], s[j]) for i in range(len(s)) for j in range(len(s)) if i != j]) for s in (x, y)]
    across = np.mean([kernel(a, b) for a in x for b in y])
    assert metrics.kernel_distance(x, y) == pytest.approx(sum(same) - 2 * across)
    halves = random.normal(size=(2000, 8))
    assert abs(metrics.kernel_distance(halves[:1000], halves[1000:])) < 0.05


def test_precision_and_recall_tell_collapse_from_scatter(random):
    real = random.normal(size=(300, 2))
    collapsed = real[:1] + 0.01 * random.normal(size=(300, 2))
    scattered = 20 * random.normal(size=(300, 2))
    assert metrics.precision_recall(real, real) == (1, 1)
    precise, recalled = metrics.precision_recall(collapsed, real)
    assert precise > 0.9 and recalled < 0.1
    precise, recalled = metrics.precision_recall(scattered, real)
    assert precise < 0.2 and recalled > 0.8
    assert metrics.diversity(np.array([[0.0], [3.0], [3.0]])) == pytest.approx(2)
    with pytest.raises(ValueError, match="more than 3"):
        metrics.precision_recall(real[:3], real)


@pytest.fixture(scope="module")
def root(tiny_checkpoints, tmp_path_factory):
    """The tiny checkpoints and a tiny GAN."""
    root = tmp_path_factory.mktemp("compare") / "checkpoints"
    shutil.copytree(tiny_checkpoints, root)
    frozen = gan.Frozen.load(root / "autoencoder-kl", root / "classifier")
    gan.train_gan(latent_set(), embedding_set(), frozen, gan.PRESETS["smoke"], root.parent / "run")
    export_run(root.parent / "run", root / "gan", which="last")
    return root


def test_all_generators_are_measured_alike_and_missing_ones_are_named(root, synthetic_celeba, tmp_path):
    sets = {"celeba": data.load("celeba", synthetic_celeba, 64, tmp_path)}
    found = evaluate_generators(root, sets, Options("evaluate.py compare", samples=8))
    assert set(found["generators"]) == {"vae", "gan", "gan-of-photo", "faces"} and found["pictures"] == 8
    assert {"variations", "variations-of-photo", "text"} == set(found["missing"])
    assert "train_variations.py" in found["missing"]["variations"]
    for name, row in found["generators"].items():
        assert row["milliseconds"] > 0 and 0 <= row["precision"] <= 1 and 0 <= row["recall"] <= 1
        assert ("attribute_auc" in row) == (name != "vae")  # which takes no request
    assert set(found["made_with"]) == {"classifier", "autoencoder-vae", "autoencoder-kl", "gan", "faces"}
    written = json.loads((root / "compare.json").read_text())
    assert written["generators"].keys() == found["generators"].keys()
    lines = list(table(found))
    assert len(lines) == 1 + 4 + 3 and "train_variations.py" in "".join(lines)


def test_a_gan_is_measured_beside_the_diffusion_and_has_a_card(root, synthetic_celeba, tmp_path):
    sets = {"celeba": data.load("celeba", synthetic_celeba, 64, tmp_path)}
    found = evaluate("gan", root, sets, Options("evaluate.py gan", samples=8))
    assert set(found["generators"]) == {"gan", "gan-of-photo", "faces"}
    assert found["measured_with"].keys() == {"autoencoder-kl", "classifier"}
    card = (root / "gan" / "README.md").read_text()
    assert "non-commercial" in card and "relativistic" in card and "| gan |" in card
    assert (root / "gan" / "samples.webp").is_file()
    with pytest.raises(CheckpointError, match=r"train_variations\.py"):
        evaluate("variations", root, sets, Options())


def test_comparing_needs_a_classifier(tmp_path):
    with pytest.raises(CheckpointError, match=r"train_classifier\.py"):
        evaluate_generators(tmp_path, {"celeba": random_set(count=40)}, Options(samples=4))
