"""The index of checkpoints and the Models tab, for complete, missing, broken and hostile folders."""

from __future__ import annotations

import json
import shutil

import gradio as gr
import pytest
import tiny_text
import torch
from PIL import Image
from safetensors.torch import save_file

from core.checkpoints import ADAPTER, COMMANDS, WEIGHTS, save_model
from core.models import PictureClassifier
from core.models.prior import TextPrior
from core.pipelines.models.pipeline import CheckpointIndex, Curve, flatten, show, tables, words
from core.training.prior import PRESETS
from ui.models.charts import paired
from ui.models.tab import _canvas, _listed, _rank, models_tab
from ui.models.views import curves_view, figures_view, samples_view

METRICS = {
    "command": "python scripts/evaluate.py classifier",
    "pictures": 516,
    "attributes": {"Smiling": {"auc": 0.97, "recall": 0.9}, "Male": {"auc": 0.98, "recall": float("nan")}},
}
CURVES = {"loss": {"steps": [1, 2, 3], "values": [3.0, 2.0, 1.5]}, "val_loss": {"steps": [3], "values": [1.7]}}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A checkpoint root with one complete classifier."""
    root = tmp_path_factory.mktemp("checkpoints")
    folder = root / "classifier"
    save_model(PictureClassifier(widths=(16, 24), blocks=1), folder)
    (folder / "metrics.json").write_text(json.dumps(METRICS))
    (folder / "training.json").write_text(json.dumps({"steps": 3, "hardware": "cpu", "curves": CURVES}))
    (folder / "README.md").write_text(
        "---\nlicense: other\n---\n# A reader of faces\n\n![x](https://example.org/x.png)\nText & more.\n"
    )
    Image.new("RGB", (64, 64), "teal").save(folder / "samples.webp")
    return root


@pytest.fixture
def root(made, tmp_path):
    return shutil.copytree(made, tmp_path / "checkpoints")


def test_complete_card(root):
    card = CheckpointIndex(root).card("classifier")
    assert (card.status, card.problem, card.notes) == ("present", "", ())
    assert card.title == "A reader of faces" and card.kind == "PictureClassifier"
    assert "license" not in card.text and "example.org" not in card.text and "Text & more." in card.text
    model = PictureClassifier(widths=(16, 24), blocks=1)
    assert card.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert card.size == (root / "classifier" / WEIGHTS).stat().st_size
    assert card.curves["loss"] == Curve([1, 2, 3], [3.0, 2.0, 1.5])
    assert ("hardware", "cpu") in card.training and not any("curves" in name for name, _ in card.training)
    wide = next(table for table in card.metrics if table.title == "attributes")
    assert wide.columns == ["", "AUC", "recall"] and wide.rows[1] == ["Male", "0.980", "not measured"]


def test_a_comparison_is_shown_with_the_curves_where_there_is_one(root):
    assert "Presets compared" not in curves_view(CheckpointIndex(root).card("classifier"))["html"]
    Image.new("RGB", (96, 32), "teal").save(root / "classifier" / "comparison.png")
    view = curves_view(CheckpointIndex(root).card("classifier"))["html"]
    assert "Presets compared" in view and "data:image/png;base64," in view
    (root / "classifier" / "comparison.png").write_bytes(b"\x89PNG not really")
    card = CheckpointIndex(root).card("classifier")
    assert "Presets compared" not in curves_view(card)["html"] and any("comparison.png" in note for note in card.notes)


def test_a_model_without_samples_opens_on_its_curves(root):
    assert _canvas(CheckpointIndex(root).card("classifier"))["opens"] == "samples"
    (root / "classifier" / "samples.webp").unlink()
    assert _canvas(CheckpointIndex(root).card("classifier"))["opens"] == "curves"


def test_known_checkpoints_are_listed_with_their_command(root):
    (root / "atlases" / "faces").mkdir(parents=True)  # no model
    index = CheckpointIndex(root)
    assert "atlases" not in index.names()
    assert index.names()[: len(COMMANDS)] == list(COMMANDS)
    card = index.card("faces")
    assert card.status == "missing" and "train_faces.py" in card.problem
    assert CheckpointIndex(root / "nowhere").card("faces").status == "missing"


def test_checkpoints_of_another_size_are_listed_each(root):
    shutil.copytree(root / "classifier", root / "128px" / "classifier")
    index = CheckpointIndex(root)
    assert "128px/classifier" in index.names() and "128px" not in index.names()
    card = index.card("128px/classifier")
    assert card.status == "present" and card.title.endswith(", 128px")
    with pytest.raises(KeyError):
        index.card("../classifier")
    with pytest.raises(KeyError):
        index.architectures("../classifier")


def test_styles_and_the_prior_are_models_too(tmp_path):
    folder = tmp_path / "styles" / "oil"
    folder.mkdir(parents=True)
    save_file({"down": torch.zeros(2, 3), "up": torch.zeros(3, 2)}, folder / ADAPTER)
    (folder / "config.json").write_text('{"_class_name": "Adapter"}')
    (folder / "README.md").write_text("# Oil\n\nPaints.\n")
    prior = TextPrior(latent_channels=4, text_width=32, **PRESETS["smoke"].model)
    save_model(tiny_text.wake(prior), tmp_path / "text" / "prior")
    index = CheckpointIndex(tmp_path)
    assert index.names()[-2:] == ["text/prior", "styles/oil"]
    drafting, style = (index.card(name) for name in index.names()[-2:])
    assert style.status == "present" and style.title == "Oil" and style.parameters == 12
    assert "no network of its own" in index.architectures("styles/oil")[0].problem
    assert drafting.status == "present" and drafting.title == "Prior" and "drafts" in drafting.summary.what
    assert index.architectures("text/prior")[0].svg
    groups = sorted((_listed(index.card(name))["group"] for name in index.names()), key=_rank)
    assert groups[0] == "Generators" and groups[-1] == "Styles"


@pytest.mark.parametrize("file", ["metrics.json", "training.json", "config.json"])
@pytest.mark.parametrize("content", ["", '{"a": ', "[1, 2]", "\x00\xff", '{"a": ' * 5000])
def test_broken_json_becomes_a_sentence(root, file, content):
    (root / "classifier" / file).write_text(content, encoding="latin-1")
    card = CheckpointIndex(root).card("classifier")
    assert any(file in note for note in card.notes)
    assert card.samples and "present" in card.status
    _canvas(card)


@pytest.mark.parametrize("file", ["metrics.json", "training.json", "samples.webp", "README.md", "config.json", WEIGHTS])
def test_any_file_may_be_missing(root, file):
    (root / "classifier" / file).unlink()
    card = CheckpointIndex(root).card("classifier")
    assert card.status == ("missing" if file in ("config.json", WEIGHTS) else "present")
    canvas = _canvas(card)
    assert json.dumps(canvas, allow_nan=False) and isinstance(canvas["figures"]["html"], str)


@pytest.mark.parametrize("keep", [0, 4, 100, 0.5])
def test_truncated_weights_are_named(root, keep):
    weights = root / "classifier" / WEIGHTS
    data = weights.read_bytes()
    weights.write_bytes(data[: keep if isinstance(keep, int) else int(len(data) * keep)])
    index = CheckpointIndex(root)
    card = index.card("classifier")
    assert card.status == "damaged" and "classifier" in card.problem and card.metrics
    assert index.architectures("classifier")[0].problem


def test_strange_curves_and_pictures(root):
    curves = {
        **CURVES,
        "short": {"steps": [1, 2], "values": [1]},
        "odd": "x",
        "text": {"steps": ["a"], "values": ["b"]},
    }
    curves["nothing"] = {"steps": [1, 2], "values": [float("nan"), float("inf")]}
    (root / "classifier" / "training.json").write_text(json.dumps({"curves": curves}))
    (root / "classifier" / "samples.webp").write_bytes(b"\x89PNG not really")
    card = CheckpointIndex(root).card("classifier")
    assert {"loss", "val_loss", "nothing"} == set(card.curves)
    assert any("odd" in note for note in card.notes) and any("samples.webp" in note for note in card.notes)
    (loss, nothing) = curves_view(card)["charts"]
    assert len(loss["data"]) == 2 and nothing["data"][0]["y"] == [None, None]
    assert "No samples" in samples_view(card)["html"]


def test_what_files_say_is_escaped(root):
    evil = "<img src=x onerror=alert(1)>"
    (root / "classifier" / "metrics.json").write_text(
        json.dumps({evil: {evil: {evil: evil}, "b": {evil: 1}}, "x": evil})
    )
    curve = {"steps": [1, 2], "values": [1, 2]}
    (root / "classifier" / "training.json").write_text(json.dumps({"curves": {evil: curve}, evil: evil}))
    card = CheckpointIndex(root).card("classifier")
    assert "<img" not in json.dumps([figures_view(card), curves_view(card)])


def test_architecture_is_drawn_once_and_again_for_new_weights(root, monkeypatch):
    index = CheckpointIndex(root)
    first = index.architectures("classifier")
    assert first[0].svg.startswith("<svg") and "currentColor" in first[0].svg and not first[0].problem
    assert index.architectures("classifier") is first
    save_model(PictureClassifier(widths=(16, 24), blocks=2), root / "classifier")
    assert index.architectures("classifier")[0].svg != first[0].svg


def test_each_network_of_a_pipeline_and_of_clip_is_drawn(tmp_path):
    root = tiny_text.checkpoint_root(tmp_path)
    index = CheckpointIndex(root)
    found = {name: index.architectures(name) for name in ("text", "clip")}
    assert not [one.problem for drawn in found.values() for one in drawn if one.problem]
    assert [one.title for one in found["clip"]] == ["Picture encoder", "Text encoder"]
    titles = [one.title for one in found["text"]]
    assert titles == ["Text encoder", "Draft from the text", "Denoiser", "Autoencoder"]
    assert all(one.svg.startswith("<svg") for drawn in found.values() for one in drawn)


def test_validation_stands_beside_training():
    one = Curve([1], [1])
    assert list(paired({"auc": one, "val_loss": one, "loss": one})) == ["loss", "auc"]
    assert set(paired({"val_loss": one, "loss": one})["loss"]) == {"training", "validation"}


def test_values_and_keys_as_people_read_them():
    assert [show(value) for value in (True, 12345, 0.123456, 1e-7, None, [1, 2])] == [
        "yes",
        "12,345",
        "0.123",
        "1e-07",
        "",
        "1, 2",
    ]
    assert words("5_o_Clock_Shadow") == "5 o'clock shadow" and words("val_auc") == "val AUC"
    assert flatten({"a": {"b_c": 1}}) == [("a / b c", "1")]
    assert tables({}) == []


def test_the_tab_shows_the_requested_or_first_card(root):
    with gr.Blocks() as page:
        models_tab(CheckpointIndex(root))
    show_card = next(fn for fn in page.fns.values() if fn.name == "show").fn
    for value in ({"models": [], "chosen": ""}, None, "x", {"chosen": ["faces"]}, {"chosen": "../.."}):
        listing, canvas, summary, text = show_card(value)
        assert (
            "Text &amp; more." in summary
            and listing["chosen"] == canvas["name"] == "classifier"
            and "Text & more." in text
        )
    listing, canvas, summary, _ = show_card({"chosen": "faces"})
    assert "train_faces.py" in summary
    assert canvas["name"] == "faces" and "train_faces.py" in canvas["problem"]
    assert [model["status"] for model in listing["models"]].count("missing") == len(COMMANDS) - 1
