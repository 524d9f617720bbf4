"""What a model card begins with: sentences, four figures, and a sheet of samples that can be read in the dark."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.pipelines.models.pipeline import CheckpointIndex, Curve
from core.pipelines.models.sheets import dark_sheet
from core.pipelines.models.summary import summarise
from core.reports.charts import picture_grid
from ui.models.charts import training_charts
from ui.models.views import samples_view, summary_view

SHIPPED = Path(__file__).resolve().parent.parent / "checkpoints"
CARD = "# Title\n\nA `net` of [Liu](https://x.y).\nMore.\n\nElse.\n\n## Intended use\n\nTo *draw*.\n\n## Limits\n"


def test_sentences_come_from_the_card_without_its_markdown():
    found = summarise(CARD, "Net", {}, {"steps": 3400}, 2_500_000)
    assert (found.what, found.use) == ("A net of Liu. More.", "To draw.")
    assert [(one.name, one.value) for one in found.figures] == [("Parameters", "2.5 M"), ("Steps", "3,400")]
    assert summarise("", "Net", {}, {}, 0).figures == () and summarise("", "TextPrior", {}, {}, 0).use


def test_four_figures_at_most_and_measured_ones_first():
    metrics = {"latent_values": 128, "reconstruction": {"celeba": {"psnr": 29.58, "ssim": True}}, "auc_mean": "high"}
    found = summarise("", "", metrics, {"steps": 1, "hours": 2.0}, 7_000_000)
    assert [one.value for one in found.figures] == ["128", "29.6", "7.0 M", "1"]


@pytest.mark.parametrize("name", CheckpointIndex(SHIPPED).names())
def test_every_shipped_model_says_what_it_is_and_has_four_figures(name):
    card = CheckpointIndex(SHIPPED).card(name)
    view = summary_view(card)
    if card.status == "missing":
        assert "train_" in view
        return
    assert card.summary.what and card.summary.use and "<h3>Good for</h3>" in view
    assert len(card.summary.figures) == 4 or name == "detector"


def test_a_sheet_turns_dark_around_its_pictures(tmp_path):
    random = np.random.default_rng(0)
    tiles = [Image.fromarray(random.integers(0, 200, (64, 64, 3), np.uint8)) for _ in range(12)]
    tiles[6] = Image.new("RGB", (64, 64), "white")
    captions = [["Seed 1", "nothing set"]] * 12
    path = tmp_path / "samples.webp"
    picture_grid(tiles, captions, title="Drawn", note="A note").raster(96).save(path, quality=95)
    with Image.open(path) as before, Image.open(io.BytesIO(dark_sheet(path))) as after:
        light, dark = (np.asarray(one.convert("RGB")).astype(int) for one in (before, after))
    changed = np.abs(light - dark).max(axis=2) > 40
    assert dark[2, 2].max() < 40 and changed[:2].all()
    ink = light.max(axis=2) < 90
    assert (dark[:40][ink[:40]].mean() > 150).all()  # the title
    rows = np.flatnonzero(~changed.all(axis=1) & (changed.mean(axis=1) < 0.4))
    assert len(rows) > 200  # two rows of pictures, the white one among them, are as they were
    assert "on-dark" in samples_view_of(path) and dark_sheet(strip(tmp_path)) is None


def samples_view_of(path):
    from core.pipelines.models.pipeline import ModelCard

    return samples_view(ModelCard("faces", "Faces", "present", samples=path))["html"]


def strip(folder):
    path = folder / "strip.webp"
    Image.new("RGB", (256, 64), "teal").save(path)
    return path


def test_a_loss_that_falls_far_has_a_logarithmic_axis():
    curves = {"loss": Curve([1, 2], [60.0, 1.0]), "auc": Curve([1, 2], [0.5, 0.9]), "gap": Curve([1, 2], [-1.0, 90.0])}
    kinds = {
        chart["layout"]["title"]["text"]: chart["layout"]["yaxis"].get("type") for chart in training_charts(curves)
    }
    assert kinds == {"Loss": "log", "AUC": None, "Gap": None}
