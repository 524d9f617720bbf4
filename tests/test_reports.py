"""Describing a picture set: the numbers against numpy, the report on a tiny CelebA."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import stats

from core import attributes
from core.data import load
from core.reports.data_page import drawings, write_report
from core.reports.data_set import cluster_order, correlation, describe, moments, strongest_pairs

ROOT = Path(__file__).resolve().parent.parent
COUNT = 24


@pytest.fixture
def celeba(tmp_path) -> Path:
    """24 pictures in CelebA's official layout, without identities, with boxes and a broken table of landmarks."""
    folder = tmp_path / "celeba"
    pictures = folder / "img_align_celeba"
    pictures.mkdir(parents=True)
    rng = np.random.default_rng(0)
    labels = np.where(rng.random((COUNT, 40)) < 0.5, 1, -1)
    labels[:, 1] = labels[:, 0]  # two that always agree
    labels[:, 2] = 1  # one that never varies
    names = [f"{index + 1:06d}.jpg" for index in range(COUNT)]
    for name in names:
        pixels = rng.integers(0, 256, (22, 18, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(pictures / name, quality=95)
    rows = [f"{name} {' '.join(str(value) for value in row)}" for name, row in zip(names, labels, strict=True)]
    (folder / "list_attr_celeba.txt").write_text("\n".join([str(COUNT), " ".join(attributes.NAMES), *rows]) + "\n")
    parts = [f"{name} {min(2, index // 10)}" for index, name in enumerate(names)]
    (folder / "list_eval_partition.txt").write_text("\n".join(parts) + "\n")
    boxes = [f"{name} {index} 2 10 12" for index, name in enumerate(names)]
    (folder / "list_bbox_celeba.txt").write_text("\n".join([str(COUNT), "x_1 y_1 width height", *boxes]) + "\n")
    (folder / "list_landmarks_align_celeba.txt").write_text("not a table\n")
    return folder


def test_moments_agree_with_scipy():
    values = np.random.default_rng(1).gamma(2.0, size=1000)
    found = moments(values)
    assert found["mean"] == pytest.approx(values.mean(), abs=1e-5)
    assert found["variance"] == pytest.approx(values.var(), abs=1e-5)
    assert found["skewness"] == pytest.approx(stats.skew(values), abs=1e-5)
    assert moments(np.full(5, 0.3))["skewness"] == 0


def test_describe_counts_what_is_there(celeba, tmp_path):
    pictures = load("celeba", celeba, 16, tmp_path / "cache")
    description = describe(pictures, celeba, chunk=7)
    assert description.pictures == COUNT and sum(description.split.values()) == COUNT
    unit = np.asarray(pictures.pixels, dtype=np.float64) / 255
    for index, channel in enumerate(("red", "green", "blue")):
        values = unit[..., index].ravel()
        assert description.channels[channel]["mean"] == pytest.approx(values.mean(), abs=1e-5)
        assert description.channels[channel]["variance"] == pytest.approx(values.var(), abs=1e-5)
        assert description.channels[channel]["skewness"] == pytest.approx(stats.skew(values), abs=1e-4)
    np.testing.assert_allclose(description.mean, unit.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(description.variance, unit.var(axis=0), atol=1e-5)
    np.testing.assert_allclose(description.skewness, stats.skew(unit, axis=0), atol=1e-3)
    np.testing.assert_allclose(description.brightness, unit.mean(axis=(1, 2, 3)), atol=1e-6)
    assert description.present[attributes.NAMES[2]] == 1.0
    assert description.tables["list_attr_celeba"]["rows"] == COUNT
    assert description.tables["list_bbox_celeba"]["columns"]["x_1"]["mean"] == pytest.approx((COUNT - 1) / 2)
    assert description.tables["list_landmarks_align_celeba"]["problem"]
    assert "identity_CelebA" not in description.tables


def test_correlation_is_pearson_and_survives_constants(celeba, tmp_path):
    labels = load("celeba", celeba, 16, tmp_path / "cache").attributes
    matrix = correlation(labels)
    assert matrix[0, 1] == pytest.approx(1)
    assert np.isfinite(matrix).all() and not matrix[2, [0, 1, 3]].any()
    varying = [0, 3, 4, 5]
    np.testing.assert_allclose(matrix[np.ix_(varying, varying)], np.corrcoef(labels[:, varying].T), atol=1e-9)
    assert strongest_pairs(matrix, 1)[0][:2] == (attributes.NAMES[0], attributes.NAMES[1])
    assert sorted(cluster_order(matrix)) == list(range(40))


def test_report_holds_every_drawing(celeba, tmp_path):
    pictures = load("celeba", celeba, 16, tmp_path / "cache")
    description = describe(pictures, celeba)
    found = drawings(description, pictures)
    assert set(found) == {"samples", "moments", "pixels", "brightness", "balance", "cooccurrence"}
    report = write_report(description, found, tmp_path / "out", dpi=48)
    text = report.read_text()
    for stem in found:
        assert (tmp_path / "out" / f"{stem}.svg").is_file() and f"({stem}.png)" in text
    assert json.loads((tmp_path / "out" / "description.json").read_text())["pictures"] == COUNT


def test_classes_and_plain_folders(tmp_path):
    for name, colour in (("cake", "red"), ("pie", "blue")):
        (tmp_path / "food" / name).mkdir(parents=True)
        for index in range(3):
            Image.new("RGB", (20, 20), colour).save(tmp_path / "food" / name / f"{index}.png")
    pictures = load("folder", tmp_path / "food", 16, tmp_path / "cache")
    description = describe(pictures)
    assert description.classes == {"cake": 3, "pie": 3}
    found = drawings(description, pictures)
    assert "classes" in found and "balance" not in found
    for drawing in found.values():
        drawing.raster(36)


def test_command_line(celeba, tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import _command
    import describe_data

    def call(data):
        options = ["--out", str(tmp_path / "out"), "--size", "16", "--dpi", "48", "--cache", str(tmp_path / "cache")]
        monkeypatch.setattr(sys, "argv", ["describe_data.py", *options, "--data", data])
        _command.run(describe_data.main)

    call(f"celeba={celeba}")
    assert (tmp_path / "out" / "celeba" / "README.md").is_file() and "24 pictures" in capsys.readouterr().out
    for wrong, word in (("celeba=/nowhere", "/nowhere"), ("birds=/tmp", "birds"), ("celeba", "KIND=PATH")):
        with pytest.raises(SystemExit, match=f"error: .*{word}"):
            call(wrong)
