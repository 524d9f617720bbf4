"""What the classifier sees and where it looks, and classifiers of a person's own classes."""

from __future__ import annotations

import csv
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from core import attributes, checkpoints, data
from core.checkpoints import CheckpointError
from core.data import DataError
from core.models import PictureClassifier
from core.models.heat_maps import attribute, heat_maps, picture_class
from core.pipelines.classify.pipeline import ClassifyPipeline, overlaid
from core.pipelines.classify.types import Target
from core.pipelines.models.measured import read_measured
from core.recipe import RecipeError
from core.training import own_classes
from core.training.export import export_run

COLOURS = {"green": (40, 200, 40), "red": (200, 40, 40)}


def photo(colour=(200, 40, 40), size=(90, 70), seed=0):
    noise = np.random.default_rng(seed).integers(-30, 30, (size[1], size[0], 3))
    return Image.fromarray((np.array(colour) + noise).clip(0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Two folders of eight pictures, and one file that is none."""
    folder = tmp_path_factory.mktemp("own")
    for name, colour in COLOURS.items():
        (folder / name).mkdir()
        for number in range(8):
            photo(colour, seed=number).save(folder / name / f"{number}.png")
    (folder / "red" / "broken.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def root(tiny_checkpoints, photos, tmp_path_factory):
    """The tiny checkpoints with a classifier of own classes."""
    root = tmp_path_factory.mktemp("classify") / "checkpoints"
    shutil.copytree(tiny_checkpoints, root)
    pictures = data.load("folder", photos, 64, root.parent / "cache")
    preset = own_classes.PRESETS["smoke"]
    own_classes.train_own_classes(pictures, preset, root.parent / "run", start=root / "classifier")
    export_run(root.parent / "run", root / "my-classes", which="last")
    return root


def test_a_map_shows_the_place_that_decided():
    """A network whose first channel is the brightness at its place, and whose attribute 0 is the mean of that."""
    classifier = PictureClassifier(4, (4, 4), blocks=1, embedding_dim=4, attributes=2, class_names=("a", "b")).eval()
    classifier.stem = nn.AvgPool2d(2)
    classifier.stages = nn.ModuleList([nn.AvgPool2d(2), nn.AvgPool2d(2)])
    classifier.embed, classifier.attribute_head = nn.Identity(), nn.Linear(3, 2, bias=False)
    classifier.class_head = nn.Linear(3, 2, bias=False)
    with torch.no_grad():
        classifier.attribute_head.weight.copy_(torch.tensor([[1.0, 0, 0], [0, 1.0, 0]]))
        classifier.class_head.weight.copy_(torch.tensor([[1.0, 0, 0], [0, 1.0, 0]]))
    x = torch.zeros(1, 3, 32, 32)
    x[:, 0, :8, :8] = 1  # red speaks for the first, green for the second
    x[:, 1, 24:, 24:] = 1
    first, second, against, red = heat_maps(
        classifier, x, [attribute(0, True), attribute(1, True), attribute(0, False), picture_class(0)], stage=0
    )[0]
    assert first.shape == (32, 32) and first.max() == 1 and first[:8, :8].mean() > 0.8 and first[16:].max() == 0
    assert second[24:, 24:].mean() > 0.8 and second[:16].max() == 0
    assert against.max() == 0  # nothing in the picture speaks against it
    assert red[:8, :8].mean() > 0.5 and red[24:, 24:].max() == 0


def test_maps_of_a_real_classifier_lie_over_the_picture(root):
    pipeline = ClassifyPipeline(root)
    found = pipeline.heat_maps(photo(), [pipeline.target(name) for name in ("Smiling", "sushi")])
    said = pipeline.classify(photo())
    assert [one.target for one in found] == [Target("Smiling"), Target("sushi", of_class=True)]
    assert found[0].present == (said.attributes["Smiling"] >= 0.5) and found[0].probability >= 0.5
    assert found[1].probability == pytest.approx(said.classes["sushi"])
    for one in found:
        assert one.values.shape == (64, 64) and one.values.min() >= 0 and one.values.max() <= 1
        assert one.overlay.size == said.image.size == (64, 64)
    assert list(said.classes.values()) == sorted(said.classes.values(), reverse=True)
    assert pipeline.heat_maps(photo(), []) == ()
    for unknown in (Target("Tall"), Target("Smiling", of_class=True), Target("sushi")):
        with pytest.raises(RecipeError, match=f"no attribute or class '{unknown.name}'"):
            pipeline.heat_maps(photo(), [unknown])
    with pytest.raises(RecipeError, match="no attribute or class 'Tall'"):
        pipeline.target("Tall")


def test_an_overlay_is_grey_where_nothing_was_looked_at():
    pixels = np.full((4, 4, 3), (200, 100, 0), np.uint8)
    values = np.zeros((4, 4), np.float32)
    values[0, 0] = 1
    shown = np.asarray(overlaid(pixels, values))
    assert np.ptp(shown[1, 1]) == 0 and np.ptp(shown[0, 0]) > 50


def test_own_classes_are_learned_and_attributes_stay(root, photos):
    own, shipped = ClassifyPipeline(root, "my-classes"), ClassifyPipeline(root)
    assert own.classes() == ("green", "red") and own.names() == ("classifier", "my-classes")
    for name, colour in COLOURS.items():
        assert next(iter(own.classify(photo(colour, seed=99)).classes)) == name
    before, after = (each.classify(photo()).attributes for each in (shipped, own))
    assert before == pytest.approx(after, abs=1e-3)
    training = checkpoints.read_json(root / "my-classes" / "training.json")
    assert training["own_classes"] and training["started_from"]["weights"] == checkpoints.fingerprint(
        root / "classifier"
    )


def test_folders_that_are_no_classes_are_refused(tmp_path, tiny_checkpoints):
    (tmp_path / "one" / "a").mkdir(parents=True)
    photo().save(tmp_path / "one" / "a" / "1.png")
    photo(seed=1).save(tmp_path / "one" / "a" / "2.png")
    one = data.load("folder", tmp_path / "one", 64, tmp_path / "cache")
    with pytest.raises(DataError, match="has one class"):
        own_classes.check_classes(one)
    (tmp_path / "one" / "b").mkdir()
    photo(seed=2).save(tmp_path / "one" / "b" / "1.png")
    few = data.load("folder", tmp_path / "one", 64, tmp_path / "cache")
    with pytest.raises(DataError, match="class 'b' has one picture alone"):
        own_classes.train_own_classes(few, own_classes.PRESETS["smoke"], tmp_path / "run", start=tiny_checkpoints)
    assert not (tmp_path / "run").exists()


def test_pictures_beside_the_folders_of_classes_are_refused(tmp_path, photos):
    shutil.copytree(photos, tmp_path / "own")
    photo().save(tmp_path / "own" / "stray.png")
    mixed = data.load("folder", tmp_path / "own", 64, tmp_path / "cache")
    with pytest.raises(DataError, match="own holds pictures beside the folders of the classes"):
        own_classes.check_classes(mixed)


def test_a_class_of_unreadable_pictures_is_none(tmp_path, caplog):
    for name in ("a", "b"):
        (tmp_path / "own" / name).mkdir(parents=True)
        photo(seed=1).save(tmp_path / "own" / name / "1.png")
        (tmp_path / "own" / name / "2.jpg").write_bytes(b"no picture")
    (tmp_path / "own" / "a" / "1.png").write_bytes(b"nor this")
    left = data.load("folder", tmp_path / "own", 64, tmp_path / "cache")
    assert "a/1.png left out: " in caplog.text
    with pytest.raises(DataError, match="own has one class"):
        own_classes.check_classes(left)
    (tmp_path / "own" / "b" / "1.png").unlink()
    with pytest.raises(DataError, match="no readable pictures"):
        data.load("folder", tmp_path / "own", 64, tmp_path / "cache")


def test_classes_in_a_zip_with_one_folder_have_their_own_names(tmp_path, photos):
    with zipfile.ZipFile(tmp_path / "own.zip", "w") as archive:
        for path in photos.rglob("*.png"):
            archive.write(path, f"My photos/summer/{path.relative_to(photos).as_posix()}")
    assert data.load("folder", tmp_path / "own.zip", 64, tmp_path / "cache").class_names == ("green", "red")


def test_own_classes_are_measured_on_what_was_held_back(call, root, tmp_path):
    for name, colour in COLOURS.items():
        (tmp_path / "own" / name).mkdir(parents=True)
        for number in range(40):
            photo(colour, (16, 16), number).save(tmp_path / "own" / name / f"{number}.png")
    options = ["--data", f"folder={tmp_path / 'own'}", "--checkpoints", root, "--cache", tmp_path / "cache"]
    status, said = call("evaluate.py", "my-classes", *options)
    assert status == 0, said
    measured = read_measured(checkpoints.read_json(root / "my-classes" / "metrics.json"))
    assert measured.confusion.names == ("green", "red") and set(measured.f1) == {"classes"}
    assert measured.f1["classes"]["red"].value == pytest.approx(1) and measured.calibration.keys() == {"classes"}
    held = data.load("folder", tmp_path / "own", 64, tmp_path / "cache").indices("test")
    assert sum(map(sum, measured.confusion.values)) == len(held) > 2
    card = (root / "my-classes" / "README.md").read_text()
    assert "2 classes of a person's own apart in pictures of 64x64 pixels: green, red." in card
    assert "# My classes" in card and "--model my-classes" in card
    (tmp_path / "other" / "blue").mkdir(parents=True)
    photo().save(tmp_path / "other" / "blue" / "1.png")
    options[1] = f"folder={tmp_path / 'other'}"
    assert "has no classes" in call("evaluate.py", "my-classes", *options)[0]
    assert "no evaluation of 'nothing'" in call("evaluate.py", "nothing", *options)[0]


def test_a_class_without_training_pictures_is_trained_on_all_of_it(photos, tmp_path):
    pictures = data.load("folder", photos, 64, tmp_path)
    held = replace(pictures, split=np.where(pictures.classes == 1, 1, 0).astype(np.int8))
    assert set(pictures.classes[own_classes.training_rows(held)]) == {0, 1}


def test_the_command_classifies_a_folder(call, root, photos, tmp_path):
    options = ["--images", photos, "--out", tmp_path / "out", "--checkpoints", root]
    status, said = call("classify.py", "--model", "my-classes", "--heat", "Smiling", *options)
    assert status == 0 and "16 pictures classified" in said and "broken.jpg left out" in said
    with open(tmp_path / "out" / "classified.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["class"] == row["name"].split("/")[0] for row in rows) and set(attributes.NAMES) < rows[0].keys()
    assert len(list((tmp_path / "out").rglob("*.Smiling.png"))) == 16
    assert "train_classifier.py" in call("classify.py", *options[:4], "--checkpoints", tmp_path)[0]


def test_own_classes_come_alone_and_from_a_classifier(call, photos, root, tmp_path):
    options = ["--data", f"folder={photos}", "--out", tmp_path / "run", "--preset", "smoke"]
    assert call("train_classifier.py", *options, "--data", "celeba=nowhere")[0] == 2
    assert "is no classifier" in call("train_classifier.py", *options, "--start", root / "faces")[0]
    with pytest.raises(CheckpointError):
        ClassifyPipeline(root, "nothing").classes()
