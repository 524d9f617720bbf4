"""The benchmark page: read from metrics files whole, old, broken and hostile; its sentences follow the figures."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.checkpoints import WEIGHTS
from core.pipelines.reconstruction.benchmark import read_benchmarks
from core.pipelines.reconstruction.types import Bar
from ui.reconstruction.benchmark_view import benchmark_page

ROOT = Path(__file__).resolve().parent.parent


def quality(psnr, frechet):
    return {"pictures": 8, "psnr": psnr, "ssim": 0.5, "embedding_distance": 0.1, "frechet": frechet}


def metrics(psnr, frechet, latents="128", values=128, prior=5.0):
    rows = {
        "Smiling": {"pictures": 4, "psnr_difference": 0.5, "psnr_standard_error": 0.1},
        "Wearing_Hat": {"pictures": 2, "psnr_difference": -1.5, "psnr_standard_error": 0.9},
        "Eyeglasses": {"pictures": 2, "psnr_difference": -0.9, "psnr_standard_error": 0.1},
    }
    classes = {
        "sushi": {"pictures": 2, "psnr": 20.0, "psnr_standard_error": 0.2},
        "apple_pie": {"pictures": 2, "psnr": 24.0, "psnr_standard_error": 0.2},
    }
    small = int((values / 3) ** 0.5)
    return {
        "part": "test",
        "protocol": "Centre squares.",
        "machine": "2 CPU cores",
        "measured_with": {"classifier": "abc"},
        "picture_size": "64x64x3",
        "latent_size": latents,
        "latent_values": values,
        "compression_ratio": 12288 / values,
        "parameters": 2_500_000,
        "milliseconds_per_picture": {
            "batch_1": {"encode": 4.0, "decode": 6.0},
            "batch_16": {"encode": 2.0, "decode": 3.0},
        },
        "reconstruction": {
            "celeba": {**quality(psnr, frechet), "frechet_of_real_train_pictures": 0.4},
            "food101": quality(psnr - 3, frechet + 1),
        },
        "baselines": {
            "celeba": {"mean_picture": quality(11.0, 60.0), f"shrunk_to_{small}x{small}": quality(19.0, 30.0)},
        },
        "attribute_error": {"celeba": rows},
        "class_error": {"food101": classes},
        "worst": {"celeba": {"1": {"index": 3, "psnr": 12.5, "described": ["Wearing_Hat", "Male"]}}},
        "best": {"celeba": {"1": {"index": 4, "psnr": 30.5, "described": ["Smiling"]}}},
        "prior_against": ["celeba", "food101"],
        "prior": {"samples_of_the_prior": {"pictures": 1000, "frechet": prior}},
    }


@pytest.fixture
def root(tmp_path):
    """Three autoencoders whose weights are a few bytes: nothing here loads them."""
    made = {
        "autoencoder-kl": metrics(29.0, 0.3, "6x16x16", 1536, prior=40.0),
        "autoencoder-cae": metrics(22.0, 9.0, prior=21.0),
        "autoencoder-vae": metrics(20.0, 12.0, prior=14.0),
    }
    made["autoencoder-vae"]["posterior"] = {
        "celeba": {"divergence_nats": 85.2, "active_dimensions": 97, "dimensions": 128}
    }
    for name, content in made.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / "config.json").write_text("{}")
        (folder / WEIGHTS).write_bytes(b"weights")
        (folder / "metrics.json").write_text(json.dumps(content))
    return tmp_path


def change(root, name, **values):
    path = root / name / "metrics.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_rows_carry_quality_and_price(root):
    found = read_benchmarks(root)
    assert [one.kind for one in found.sets] == ["celeba", "food101"] and not found.notes
    faces = found.sets[0]
    assert (faces.pictures, faces.floor) == (8, 0.4)
    assert [row.key for row in faces.rows if not row.baseline] == ["kl", "cae", "vae"]
    kl = faces.rows[0]
    assert (kl.title, kl.latent_size, kl.values, kl.ratio, kl.milliseconds) == (
        "KL autoencoder",
        "6x16x16",
        1536,
        8,
        10,
    )
    assert (kl.encode_16, kl.decode_16, kl.parameters) == (2, 3, 2_500_000)
    stand_ins = {row.title: row.values for row in faces.rows if row.baseline}
    assert stand_ins == {"Mean training picture": 0, "Shrunk to 22×22 pixels": 1452, "Shrunk to 6×6 pixels": 108}
    assert "test part" in found.protocol and "Centre squares." in found.protocol and "2 CPU cores" in found.protocol


def test_difficult_kinds_come_first_and_chance_is_reported(root):
    faces, food = read_benchmarks(root).sets
    hard = next(one for one in faces.difficulty if one.key == "vae")
    assert [bar.label for bar in hard.bars] == ["Wearing hat", "Eyeglasses", "Smiling"]
    assert [bar.sure for bar in hard.bars] == [False, True, True]
    assert hard.worst[0].words == ("Wearing hat", "Male") and hard.best[0].psnr == 30.5
    dishes = food.difficulty[0]
    assert [(bar.label, bar.difference) for bar in dishes.bars] == [("Sushi", -2.0), ("Apple pie", 2.0)]


def test_sentences_follow_the_figures(root):
    text = " ".join(read_benchmarks(root).sets[0].text)
    assert "KL autoencoder 29.00 dB, Convolutional autoencoder 22.00 dB, Variational autoencoder 20.00 dB" in text
    assert "mean training picture, which knows nothing of the one in hand, 11.00 dB" in text
    assert "puts them in the same order" in text and "better by both" in text
    assert "Variational autoencoder 14, Convolutional autoencoder 21, KL autoencoder 40" in text
    assert "85 nats" in text and "97 of 128 dimensions" in text
    turned = metrics(22.0, 14.0, prior=13.0)
    change(root, "autoencoder-cae", reconstruction=turned["reconstruction"], prior=turned["prior"])
    text = " ".join(read_benchmarks(root).sets[0].text)
    assert "puts them in another order" in text
    assert "Convolutional autoencoder 13, Variational autoencoder 14" in text
    worse = metrics(18.0, 12.0)
    change(root, "autoencoder-vae", reconstruction=worse["reconstruction"])
    assert "worse by PSNR, better by Fréchet distance" in " ".join(read_benchmarks(root).sets[0].text)


def test_missing_unmeasured_and_outdated_ones_are_sentences(root):
    (root / "autoencoder-cae" / WEIGHTS).unlink()
    (root / "autoencoder-vae" / "metrics.json").unlink()
    change(root, "autoencoder-kl", weights="000000000000")
    found = read_benchmarks(root)
    assert [row.key for row in found.sets[0].rows if not row.baseline] == ["kl"]
    cae, vae, kl = found.notes
    assert "train_autoencoder.py" in cae and "evaluate.py autoencoder-vae" in vae and "other weights" in kl
    assert read_benchmarks(root / "nowhere").sets == ()
    assert "No autoencoder has been measured" in benchmark_page(read_benchmarks(root / "nowhere"))["html"]


def test_figures_of_an_older_evaluation_are_shown_as_far_as_they_go(root):
    path = root / "autoencoder-kl" / "metrics.json"
    content = json.loads(path.read_text())
    kept = ("part", "picture_size", "latent_size", "compression_ratio", "parameters", "reconstruction")
    path.write_text(json.dumps({key: content[key] for key in kept}))
    row = read_benchmarks(root).sets[0].rows[0]
    assert (row.key, row.values, row.milliseconds) == ("kl", 1536, None)
    benchmark_page(read_benchmarks(root))


@pytest.mark.parametrize("content", ["", "[1, 2]", '{"reconstruction": 3}', '{"a": ' * 5000, "\x00\xff"])
def test_a_broken_file_is_a_sentence_and_the_others_are_shown(root, content):
    (root / "autoencoder-cae" / "metrics.json").write_text(content, encoding="latin-1")
    found = read_benchmarks(root)
    assert len(found.notes) == 1 and "autoencoder-cae" in found.notes[0]
    assert {row.key for row in found.sets[0].rows if not row.baseline} == {"kl", "vae"}


@pytest.mark.parametrize(
    "bad", [None, "x", [], {}, {"celeba": 3}, {"celeba": {"a": None}}, {"celeba": {"a": {"psnr": "x"}}}]
)
def test_odd_values_inside_do_no_harm(root, bad):
    whole = json.loads((root / "autoencoder-vae" / "metrics.json").read_text())
    for key in whole:
        change(root, "autoencoder-vae", **{**copy.deepcopy(whole), key: bad})
        benchmark_page(read_benchmarks(root))


def test_an_autoencoder_of_others_joins_with_its_size(root):
    foreign = {**metrics(31.0, 0.2, "4x32x32", 4096), "title": "TAESD <b>", "picture_size": "256x256x3"}
    (root / "benchmark-taesd.json").write_text(json.dumps(foreign))
    faces = read_benchmarks(root).sets[0]
    assert faces.rows[0].key == "taesd" and faces.rows[0].picture_size == "256x256x3"
    page = benchmark_page(read_benchmarks(root))["html"]
    assert "TAESD &lt;b&gt;" in page and "TAESD <b>" not in page and "256x256x3" in page


def test_page_shows_every_set_model_and_column(root):
    view = benchmark_page(read_benchmarks(root))
    page = view["html"]
    assert page.count("<table>") == 2
    for words in ("Faces (CelebA)", "Food (Food-101)", "Fréchet", "Parameters", "12.5 dB", "Protocol"):
        assert words in page
    assert page.count("data-of-model=") == 6


def test_charts_show_size_time_and_what_is_hard(root):
    view = benchmark_page(read_benchmarks(root))
    charts = [chart["layout"]["title"]["text"] for chart in view["charts"]]
    assert len(charts) == view["html"].count("data-chart=")
    assert sum(title.startswith("PSNR against") for title in charts) == 4
    hard = next(chart for chart in view["charts"] if "Wearing hat" in chart["data"][0].get("y", ()))
    place = hard["data"][0]["y"].index("Wearing hat")
    assert "standard error" in hard["data"][0]["customdata"][place] and len(hard["data"][0]["error_x"]["array"]) > place


def test_a_difference_counts_from_three_standard_errors_on():
    assert Bar("x", 5, -0.31, 0.1).sure and not Bar("x", 5, 0.29, 0.1).sure


def test_the_page_is_made_without_torch():
    code = "import sys, ui.reconstruction.benchmark_view; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=120).returncode == 0
