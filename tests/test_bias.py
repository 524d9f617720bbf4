"""Whose faces are drawn: figures of the labels and of drawn faces, which are shown with their own weights alone."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from core import attributes
from core.data import DataError, load
from core.data.cooccurrence import read_tree
from core.data.labels import training_labels
from core.evaluation.bias import describe_labels
from core.pipelines.latent_map.search import Labels, search
from core.pipelines.models.bias import FILE, read_bias
from ui.models.bias import bias_view
from ui.models.bias_charts import LABELS, pairs


@pytest.fixture
def root(tiny_checkpoints, tmp_path):
    """A copy of the tiny checkpoints that a test may change."""
    for part in ("faces", "autoencoder-kl", "classifier"):
        shutil.copytree(tiny_checkpoints / part, tmp_path / part)
    return tmp_path


def test_labels_come_from_the_tables_of_the_training_part_alone(synthetic_celeba, tmp_path):
    with_pictures = load("celeba", [synthetic_celeba], 32, tmp_path)
    expected = with_pictures.attributes[with_pictures.indices("train")]
    assert np.array_equal(training_labels([synthetic_celeba, synthetic_celeba]), expected)  # twice is once
    with pytest.raises(DataError, match="list_attr_celeba"):
        training_labels([tmp_path])


def test_the_tree_of_attributes_is_fitted_by_its_command(call, synthetic_celeba, tmp_path):
    status, said = call("fit_attributes.py", "--data", synthetic_celeba, "--out", tmp_path / "tree.json")
    assert status == 0 and said.startswith("32 training pictures")
    assert len(json.loads((tmp_path / "tree.json").read_text())) == len(read_tree())


def test_one_command_measures_and_measures_again(call, root, synthetic_celeba):
    (root / FILE).unlink()
    few = ["--checkpoints", root, "--faces", 2, "--each", 1]
    status, said = call("measure_bias.py", *few)
    assert status != 0 and "--data celeba=DIR" in str(status)
    status, said = call("measure_bias.py", *few, "--data", f"celeba={synthetic_celeba}")
    assert status == 0 and "32 training pictures and 82 drawn faces" in said
    found = read_bias(root)
    labels = training_labels([synthetic_celeba]) > 0
    assert not found.problem and np.allclose(found.data.present, labels.mean(axis=0))
    smiling, male = attributes.INDEX["Smiling"], attributes.INDEX["Male"]
    apart = labels[labels[:, smiling], male].mean() - labels[~labels[:, smiling], male].mean()
    assert found.data.difference[smiling, male] == pytest.approx(apart)
    assert np.allclose(found.data.correlation, np.corrcoef(labels.T))
    assert np.ptp(found.generator.present, axis=0).max() > 0  # requests change something
    before = json.loads((root / FILE).read_text())["data"]
    assert call("measure_bias.py", *few)[0] == 0
    assert json.loads((root / FILE).read_text())["data"] == before


def test_what_was_measured_with_other_weights_is_not_shown(root):
    mine = bias_view(read_bias(root))
    assert len(mine["charts"]) == 4 and "data-search" in mine["html"]
    file = root / "classifier" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\x07")
    found = read_bias(root)
    assert found.generator is None and "of classifier" in found.problem and "measure_bias.py" in found.problem
    other = bias_view(found)
    assert len(other["charts"]) == 2 and "of drawn faces" not in other["html"]


def test_what_is_missing_or_damaged_is_a_sentence(root):
    (root / FILE).write_text('{"names": []}')
    assert "cannot be read" in bias_view(read_bias(root))["html"]
    (root / FILE).unlink()
    view = bias_view(read_bias(root))
    assert "--data celeba=DIR" in view["html"] and not view["charts"]


def test_the_classifiers_own_share_on_photographs(root):
    content = json.loads((root / FILE).read_text())
    rows = {name: {"present": 0.2, "recall": 0.6, "precision": 0.4} for name in attributes.NAMES}
    metrics = {"weights": content["generator"]["weights"]["classifier"], "attributes": rows}
    (root / "classifier" / "metrics.json").write_text(json.dumps(metrics))
    assert np.allclose(read_bias(root).read, 0.3)
    (root / "classifier" / "metrics.json").write_text(json.dumps({**metrics, "weights": "others"}))
    assert read_bias(root).read is None


def test_pairs_are_ordered_by_their_distance_from_the_data(root):
    found = read_bias(root)
    ordered = pairs(found)
    beyond = [abs(found.generator.difference[pair] - found.data.difference[pair]) for pair in ordered]
    assert beyond == sorted(beyond, reverse=True) and all(row != column for row, column in ordered)
    assert len(set(ordered)) == 40 * 39


def test_the_map_understands_every_pair_that_a_cell_looks_for():
    present = np.random.default_rng(0).random((200, attributes.COUNT)) < 0.5
    labels = Labels(present, None, (), len(present))
    for row in range(attributes.COUNT):
        for column in range(attributes.COUNT):
            mask, _ = search(f"{LABELS[row].lower()} and {LABELS[column].lower()}", labels)
            assert np.array_equal(mask, present[:, row] & present[:, column])


def test_counts_hold_pairs_and_no_picture():
    found = describe_labels(np.array([[1, 1, -1], [1, -1, -1]]))
    assert found == {"pictures": 2, "both": [[2, 1, 0], [1, 1, 0], [0, 0, 0]]}
