"""Vectors of a latent space: held in 8 bits, searched, reduced; and what a space is quality."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from core import attributes
from core.latents import quality
from core.latents.projection import fit_basis
from core.latents.spaces import ENCODERS, Space, pool, quantise


def make_space(vectors: np.ndarray) -> Space:
    codes, scale = quantise(vectors)
    return Space("vae", codes, scale, fit_basis(codes * scale))


def cloud(count: int = 200, dimensions: int = 12, seed: int = 0) -> np.ndarray:
    return (
        np.random.default_rng(seed).normal(0, np.linspace(3, 0.2, dimensions), (count, dimensions)).astype(np.float32)
    )


def test_quantised_vectors_come_back_within_half_a_step():
    vectors = cloud()
    codes, scale = quantise(vectors)
    assert codes.dtype == np.int8
    assert (np.abs(codes * scale - vectors) <= scale / 2 + 1e-6).all()
    with pytest.raises(ValueError, match="not numbers"):
        quantise(np.full((2, 3), np.nan))


def test_nearest_rows_are_those_of_scikit_learn():
    space = make_space(cloud(1500))  # more than one chunk
    vectors = space.vectors()
    distances, rows = space.nearest(vectors[[3, 1400]] + 0.01, 7)
    wanted, expected = NearestNeighbors(n_neighbors=7).fit(vectors).kneighbors(vectors[[3, 1400]] + 0.01)
    assert (rows == expected).all()
    assert distances == pytest.approx(wanted, abs=1e-3)


def test_mean_of_rows_is_the_mean_of_their_vectors():
    space = make_space(cloud())
    rows = np.array([1, 5, 70])
    assert space.mean(rows) == pytest.approx(space.vectors(rows).mean(axis=0), abs=1e-4)


def test_pooling_averages_as_torch_does():
    latents = np.random.default_rng(0).normal(size=(3, 6, 16, 16)).astype(np.float32)
    wanted = torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(latents), 4).flatten(1).numpy()
    assert pool(latents) == pytest.approx(wanted, abs=1e-5)
    assert pool(latents[:, :, :2, :2]).shape == (3, 24)  # a grid that is smaller than the cells


def test_every_space_names_a_checkpoint_and_says_what_it_is():
    for encoder in ENCODERS.values():
        assert encoder.card.endswith(".") and encoder.title and encoder.checkpoint
        assert not encoder.decodes or encoder.codec


def labelled(seed: int, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors whose first dimension is Smiling and whose second one holds three classes; all else is noise."""
    random = np.random.default_rng(seed)
    labels = np.where(random.random((count, attributes.COUNT)) < 0.5, 1, -1).astype(np.int8)
    classes = random.integers(0, 3, count)
    vectors = random.normal(0, 0.3, (count, 10)).astype(np.float32)
    vectors[:, 0] += labels[:, attributes.INDEX["Smiling"]]
    vectors[:, 1] += 4 * classes
    return vectors, labels, classes


def test_quality_measures_what_a_space_contains():
    (train, known, k_classes), (test, truth, t_classes) = labelled(0, 400), labelled(1, 300)
    found = quality.measure(train, test, labels=(known, truth), classes=(k_classes, t_classes))
    assert found.attributes["Smiling"] > 0.97
    assert 0.35 < found.attributes["Bangs"] < 0.65
    assert found.neighbour_accuracy > 0.97 > 0.5 > found.chance
    assert found.nmi > 0.9 and found.ari > 0.9 and found.silhouette > 0.4
    assert found.probe_auc == pytest.approx(np.mean(list(found.attributes.values())))


def test_quality_without_labels_is_nan_and_leaves_cells_empty():
    found = quality.measure(cloud(), cloud(seed=1))
    assert np.isnan(found.probe_auc) and np.isnan(found.nmi) and found.attributes == {}
    text = quality.table({"vae": {"photos": found}}, {"vae": "Variational autoencoder"})
    assert "| Variational autoencoder | 12 |" in text and "nan" not in text


def test_dimensions_of_a_plane_are_two_whichever_way_they_are_counted():
    flat = np.random.default_rng(0).normal(size=(50, 2)) @ np.random.default_rng(1).normal(size=(2, 9))
    assert quality.dimensions_of(flat) == 2
    assert quality.dimensions_of(flat[:5]) == 2  # fewer rows than columns
    assert quality.dimensions_of(np.ones((4, 3))) == 0


def test_faithfulness_knows_a_good_map_from_a_shuffled_one():
    vectors = cloud(150, 4)
    good = quality.faithfulness(vectors, vectors[:, :3])
    bad = quality.faithfulness(vectors, vectors[np.random.default_rng(0).permutation(150), :2])
    assert good["trustworthiness"] > 0.95 and good["continuity"] > 0.95
    assert bad["trustworthiness"] < 0.65 and bad["continuity"] < 0.65


def test_the_command_measures_every_space_and_writes_a_table(tiny_checkpoints, synthetic_celeba, tmp_path):
    script = Path(__file__).resolve().parent.parent / "scripts" / "measure_spaces.py"
    line = [sys.executable, str(script), "--data", f"celeba={synthetic_celeba}", "--out", "measured"]
    done = subprocess.run(
        [*line, "--checkpoints", str(tiny_checkpoints)], capture_output=True, text=True, cwd=tmp_path, timeout=300
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "measured" / "spaces.json").read_text())
    assert set(figures["spaces"]) == set(ENCODERS) - {"clip"}  # whose weights are not there
    assert set(figures["weights"]) >= {"classifier", "autoencoder-kl"}
    assert figures["spaces"]["kl"]["celeba"]["probe_auc"] is None  # eight test pictures are too few, and it says so
    assert 0 <= figures["spaces"]["kl"]["celeba"]["neighbour_accuracy"] <= 1
    assert "| Variational autoencoder |" in (tmp_path / "measured" / "spaces.md").read_text()
    assert not list((tmp_path / "measured").glob("*.build"))
