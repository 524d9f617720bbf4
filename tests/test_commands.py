"""The command lines as a newcomer meets them: help, what they write, and errors without tracebacks."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from commands import SCRIPTS
from diffusers import AutoencoderKL

from core.attributes import INDEX, NAMES
from core.benchmarks import app
from core.latents import LatentSet
from core.pipelines.faces.pipeline import FacesPipeline
from core.recipe import Recipe, from_png, to_png

COMMANDS = sorted(path.name for path in SCRIPTS.glob("[!_]*.py"))


@pytest.fixture
def rows(tmp_path):
    """A table of two rows: Smiling; Eyeglasses without Smiling."""
    table = np.zeros((2, 40), dtype=int)
    table[:, INDEX["Smiling"]] = (1, -1)
    table[1, INDEX["Eyeglasses"]] = 1
    return write_rows(tmp_path / "rows.csv", table)


def write_rows(path, table, header=NAMES):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([header, *np.asarray(table).tolist()])
    return path


@pytest.mark.parametrize("script", COMMANDS)
def test_help_comes_quickly_and_names_its_options(script, tmp_path):
    call = [sys.executable, str(SCRIPTS / script), "--help"]
    done = subprocess.run(call, capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: ") and "options:" in done.stdout and not done.stderr


def test_an_error_is_one_sentence_and_status_1(tmp_path, rows):
    call = [sys.executable, str(SCRIPTS / "sample.py"), "faces", "--attributes", str(rows), "--out", "out"]
    environment = {**os.environ, "LATENTSCAPE_CHECKPOINTS": str(tmp_path / "none"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(call, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=300)
    assert done.returncode == 1 and done.stderr.startswith("error: ") and "Traceback" not in done.stderr
    assert "train_faces.py" in done.stderr and not (tmp_path / "out").exists()


def test_sample_faces_draws_what_the_app_draws(call, rows, tiny_checkpoints, tmp_path):
    options = ["--attributes", rows, "--seed", 5, "--steps", 2, "--out", tmp_path / "out"]
    status, said = call("sample.py", "faces", *options, "--checkpoints", tiny_checkpoints)
    assert status == 0 and "2 faces drawn" in said
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["00000.png", "00001.png"]
    written = (tmp_path / "out" / "00001.png").read_bytes()
    recipe = Recipe(seed=6, steps=2, attributes={"Smiling": -1, "Eyeglasses": 1})
    assert from_png(written) == recipe
    *_, result = FacesPipeline(tiny_checkpoints).draw(recipe)
    assert to_png(result.faces[0].image, result.faces[0].recipe) == written


def test_sample_faces_says_what_gave_way(call, tiny_checkpoints, tmp_path):
    table = np.zeros((1, 40), dtype=int)
    table[0, [INDEX["Bald"], INDEX["Bangs"]]] = 1
    path = write_rows(tmp_path / "bald.csv", table)
    options = ["--attributes", path, "--steps", 1, "--out", tmp_path / "out", "--checkpoints", tiny_checkpoints]
    assert "00000.png: Bangs was left unspecified" in call("sample.py", "faces", *options)[1]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"table": [[2] * 40]}, "outside -1 to 1"),
        ({"table": [[0] * 39]}, "39 values where 40"),
        ({"table": [["red", *[0] * 39]]}, "not a number"),
        ({"table": []}, "no rows"),
        ({"header": [*NAMES[:-1], "Tall"]}, "unknown Tall"),
        ({"options": ["--steps", 0]}, "The number of steps"),
        ({"options": ["--guidance", "nan"]}, "The guidance scale"),
        ({"options": ["--solver", "magic"]}, "Unknown solver"),
        ({"options": ["--seed", "-1"]}, "The seed"),
        ({"options": ["--attributes", "nowhere.csv"]}, "nowhere.csv"),
    ],
)
def test_sample_faces_refuses_with_a_sentence(call, tiny_checkpoints, tmp_path, change, sentence):
    path = write_rows(tmp_path / "rows.csv", change.get("table", [[0] * 40]), change.get("header", NAMES))
    options = ["--attributes", path, "--out", tmp_path / "out", "--checkpoints", tiny_checkpoints]
    status, _ = call("sample.py", "faces", *options, *change.get("options", []))
    assert str(status).startswith("error: ") and sentence in str(status)
    assert not (tmp_path / "out").exists()


def test_sample_wants_a_seed_that_is_a_number(call, rows, tmp_path):
    status, said = call("sample.py", "faces", "--attributes", rows, "--seed", "x", "--out", tmp_path / "out")
    assert status == 2 and "invalid int value" in said


def test_encode_latents_of_ours(call, tiny_checkpoints, synthetic_celeba, tmp_path):
    options = ["--data", f"celeba={synthetic_celeba}", "--out", tmp_path / "out", "--cache", tmp_path / "cache"]
    status, said = call("encode_latents.py", *options, "--checkpoints", tiny_checkpoints)
    assert status == 0 and "48 pictures" in said
    found = LatentSet.load(tmp_path / "out")
    assert found.latents.shape == (48, 2, 4, 16, 16) and found.attributes.shape == (48, 40)


def test_encode_latents_of_a_stable_diffusion_folder(call, synthetic_food, tmp_path):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        foreign = AutoencoderKL(
            down_block_types=["DownEncoderBlock2D"] * 2,
            up_block_types=["UpDecoderBlock2D"] * 2,
            block_out_channels=[16, 32],
            norm_num_groups=8,
            latent_channels=4,
            sample_size=512,
            scaling_factor=0.18215,
        ).eval()
    foreign.save_pretrained(tmp_path / "sd" / "vae")
    options = ["--data", f"food101={synthetic_food}", "--out", tmp_path / "out", "--cache", tmp_path / "cache"]
    status, said = call("encode_latents.py", "--model", tmp_path / "sd", "--size", 32, "--batch", 8, *options)
    assert status == 0 and "(24, 2, 4, 16, 16)" in said
    from core import data
    from core.images import to_tensor

    pixels = data.load("food101", synthetic_food, 32, tmp_path / "cache").pixels[:1]
    with torch.no_grad():
        expected = foreign.encode(to_tensor(pixels)).latent_dist.mode() * 0.18215
    found = LatentSet.load(tmp_path / "out").latents[0, 0].astype(np.float32)
    assert np.allclose(found, expected[0].numpy(), atol=2e-3)


def test_encode_latents_refuses_flat_codes(call, tiny_checkpoints, synthetic_celeba, tmp_path):
    options = ["--data", f"celeba={synthetic_celeba}", "--out", tmp_path / "out", "--checkpoints", tiny_checkpoints]
    status, said = call("encode_latents.py", "--model", "vae", *options)
    assert status == 2 and "embed.py" in said and not (tmp_path / "out").exists()


def test_a_folder_that_is_no_autoencoder_is_refused(call, tiny_checkpoints, synthetic_food, tmp_path):
    options = ["--data", f"food101={synthetic_food}", "--out", tmp_path / "out", "--cache", tmp_path / "cache"]
    assert "not an AutoencoderKL" in call("encode_latents.py", "--model", tiny_checkpoints / "faces", *options)[0]
    broken = tmp_path / "vae"
    broken.mkdir()
    (broken / "config.json").write_text('{"_class_name": "AutoencoderKL"}')
    assert "no diffusion_pytorch_model" in call("encode_latents.py", "--model", broken, *options)[0]
    (broken / "diffusion_pytorch_model.safetensors").write_bytes(b"\0" * 64)
    assert "cannot be opened" in call("encode_latents.py", "--model", broken, *options)[0]


def test_evaluate_refuses_with_a_sentence(call, tiny_checkpoints, tmp_path):
    options = ["--checkpoints", tiny_checkpoints, "--cache", tmp_path / "cache"]
    assert "nothing at" in call("evaluate.py", "faces", "--data", f"celeba={tmp_path / 'nowhere'}", *options)[0]
    assert "KIND=PATH" in call("evaluate.py", "faces", "--data", "celeba", *options)[0]
    assert call("evaluate.py", "faces", "--data", "celeba=x", "--samples", 1, *options)[0] == 2


def test_benchmark_measures_both_ways(call, tiny_checkpoints, tmp_path, monkeypatch):
    """That every figure comes out, not how large it is."""
    monkeypatch.setattr(app, "PLAIN_STEPS", 2)
    file = tmp_path / "figures.json"
    status, said = call(
        "benchmark.py", "--times", 1, "--no-app", "--no-map", "--json", file, "--checkpoints", tiny_checkpoints
    )
    assert status == 0 and "ratio face" in said
    found = json.loads(file.read_text())
    assert found["ratio_face"] == pytest.approx(found["plain_face_ms"] / found["changed_attribute_ms"])
    assert 0 < found["changed_attribute_ms"] < found["grid_of_16_ms"]  # sixteen take longer than one
    assert 0 < found["photo_read_ms"] < found["photo_edit_ms"]  # a photo is read before it is changed


@pytest.mark.slow
def test_benchmark_starts_the_app(tiny_checkpoints):
    found = app.measure_app(tiny_checkpoints)
    assert found["first_drawing_s"] >= found["first_page_s"] > 0


def test_settings_are_compared_in_a_table(call, tiny_checkpoints, synthetic_celeba, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # decoded pictures are cached below the working directory
    options = ["--steps", 2, "--guidance", 1, 3, "--samples", 8, "--control", 2, "--checkpoints", tiny_checkpoints]
    status, said = call("compare_settings.py", "--data", f"celeba={synthetic_celeba}", *options)
    header, *rows = [line.split("\t") for line in said.splitlines() if "\t" in line]
    assert status == 0
    assert header[:3] == ["solver", "steps", "guidance"] and [row[2] for row in rows] == ["1.0", "3.0"]
    assert all(0 <= float(row[header.index("followed")]) <= 1 for row in rows)
