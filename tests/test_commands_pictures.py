"""reconstruct.py and embed.py as a newcomer meets them: what they write of folders and zips, and what they refuse."""

from __future__ import annotations

import csv
import zipfile

import numpy as np
import pytest
from commands import picture
from PIL import Image
from tiny_pictures import encoded

from core.metrics import psnr


def test_reconstruct_keeps_names_and_goes_on_after_bad_files(call, tiny_checkpoints, tmp_path):
    source = tmp_path / "photos.zip"
    members = {
        "a.jpg": encoded(picture(1), "JPEG"),
        "a.png": encoded(picture(2)),
        "sub/b.webp": encoded(picture(3, (64, 64)), "WEBP"),
        "broken.png": encoded(picture(4))[:200],
        "notes.jpg": b"not a picture",
        "../evil.png": encoded(picture(5)),
    }
    with zipfile.ZipFile(source, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    out = tmp_path / "deep" / "out"
    options = ["--images", source, "--out", out, "--checkpoints", tiny_checkpoints]
    status, said = call("reconstruct.py", "--model", "kl", *options)
    assert status == 0 and "3 of 6 pictures" in said
    for name in ("broken.png", "notes.jpg", "../evil.png"):
        assert f"{name} left out: " in said
    assert not list(tmp_path.rglob("evil*"))
    with open(out / "metrics.csv", newline="") as file:
        table = {row["name"]: row for row in csv.DictReader(file)}
    files = {name: row["file"] for name, row in table.items()}
    assert files == {"a.jpg": "a.png", "a.png": "a.png.png", "sub/b.webp": "sub/b.png"}
    with Image.open(out / "a.png.png") as rebuilt:
        after = np.asarray(rebuilt)[None]
    before = np.asarray(picture(2).crop((10, 0, 80, 70)).resize((64, 64), Image.Resampling.LANCZOS))[None]
    assert float(table["a.png"]["psnr"]) == pytest.approx(psnr(after, before)[0], abs=0.01)
    assert 0 <= float(table["a.png"]["embedding_distance"]) <= 2 and float(table["a.png"]["ms"]) > 0


@pytest.mark.parametrize("model", ["cae", "vae", "folder"])
def test_reconstruct_with_every_kind_of_model(call, tiny_checkpoints, tmp_path, model):
    (tmp_path / "in").mkdir()
    picture(1).save(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "b.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(64))
    name = tiny_checkpoints / "autoencoder-cae" if model == "folder" else model
    out = ["--out", tmp_path / "out", "--checkpoints", tiny_checkpoints]
    status, said = call("reconstruct.py", "--model", name, "--images", tmp_path / "in", *out)
    assert status == 0 and "1 of 2 pictures" in said and "b.heic left out: This HEIC" in said
    with Image.open(tmp_path / "out" / "a.png") as rebuilt:
        assert rebuilt.size == (64, 64)


def test_reconstruct_keeps_whole_photos_in_their_shape(call, tiny_checkpoints, tmp_path):
    (tmp_path / "in").mkdir()
    picture(1, (150, 90)).save(tmp_path / "in" / "photo.png")
    picture(2, (150, 3)).save(tmp_path / "in" / "line.png")
    options = ["--whole", "--images", tmp_path / "in", "--out", tmp_path / "out", "--checkpoints", tiny_checkpoints]
    status, said = call("reconstruct.py", "--model", "kl", *options)
    assert status == 0 and "1 of 2 pictures" in said and "line.png left out: A photo needs" in said
    with Image.open(tmp_path / "out" / "photo.png") as rebuilt:
        assert rebuilt.size == (150, 90)
    assert "grid of latents" in call("reconstruct.py", "--model", "vae", *options)[0]


def test_faces_are_aligned_before_they_are_encoded(call, detector_checkpoints, portrait, tmp_path):
    (tmp_path / "in").mkdir()
    portrait.save(tmp_path / "in" / "portrait.png")
    picture(1).save(tmp_path / "in" / "noise.png")
    options = ["--images", tmp_path / "in", "--out", tmp_path / "out", "--checkpoints", detector_checkpoints]
    status, said = call("reconstruct.py", "--model", "kl", "--align", *options)
    assert status == 0 and "1 of 2 pictures" in said and "noise.png left out: No face was found" in said
    assert [path.name for path in (tmp_path / "out").glob("*.png")] == ["portrait.png"]
    assert "not both" in call("reconstruct.py", "--align", "--whole", *options)[0]
    rows = {}
    for align in ([], ["--align"]):
        options[3] = tmp_path / "latents.npz"
        status, said = call("embed.py", *align, *options)
        assert status == 0, said
        with np.load(options[3], allow_pickle=False) as found:
            rows[bool(align)] = dict(zip(found["names"].tolist(), found["latents"], strict=True))
    assert list(rows[False]) == ["noise.png", "portrait.png"] and list(rows[True]) == ["portrait.png"]
    assert np.abs(rows[True]["portrait.png"] - rows[False]["portrait.png"]).max() > 0.01  # another square of it


def test_reconstruct_refuses_with_a_sentence(call, tiny_checkpoints, tmp_path):
    (tmp_path / "in").mkdir()
    out = ["--out", tmp_path / "out", "--checkpoints", tiny_checkpoints]
    assert "no picture files" in call("reconstruct.py", "--images", tmp_path / "in", *out)[0]
    assert "neither a folder nor a zip" in call("reconstruct.py", "--images", tmp_path / "nowhere", *out)[0]
    (tmp_path / "in" / "x.png").write_bytes(b"")
    assert "none of the 1 pictures" in call("reconstruct.py", "--images", tmp_path / "in", *out)[0]
    assert "no autoencoder" in call("reconstruct.py", "--model", "nothing", "--images", tmp_path / "in", *out)[0]


@pytest.mark.parametrize(("model", "shape"), [("kl", (2, 4, 16, 16)), ("vae", (2, 16)), ("classifier", (2, 32))])
def test_embed_writes_latents_and_names(call, tiny_checkpoints, tmp_path, model, shape):
    folder = tmp_path / "in"
    folder.mkdir()
    for name, seed in (("one.png", 1), ("two.jpg", 2)):
        picture(seed).save(folder / name)
    (folder / "three.png").write_bytes(b"\x89PNG")
    file = tmp_path / "deep" / "latents.npz"
    status, said = call(
        "embed.py", "--model", model, "--images", folder, "--out", file, "--checkpoints", tiny_checkpoints
    )
    assert status == 0 and "three.png left out: " in said
    with np.load(file, allow_pickle=False) as found:
        assert found["latents"].shape == shape and found["names"].tolist() == ["one.png", "two.jpg"]
        assert np.isfinite(found["latents"]).all() and np.ptp(found["latents"]) > 0


@pytest.mark.parametrize(("model", "layer", "numbers"), [("classifier", "stages.1", 16), ("kl", "encoder.conv_in", 16)])
def test_embed_writes_any_layer(call, tiny_checkpoints, tmp_path, model, layer, numbers):
    (tmp_path / "in").mkdir()
    picture(1).save(tmp_path / "in" / "one.png")
    options = ["--images", tmp_path / "in", "--out", tmp_path / "l.npz", "--checkpoints", tiny_checkpoints]
    status, said = call("embed.py", "--model", model, "--layer", layer, *options)
    assert status == 0, said
    with np.load(tmp_path / "l.npz", allow_pickle=False) as found:
        assert found["latents"].shape == (1, numbers) and np.ptp(found["latents"]) > 0
    said, _ = call("embed.py", "--model", model, "--layer", "stage", *options)
    assert "There is no layer 'stage'; there are " in said
