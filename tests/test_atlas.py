"""Atlases on disk: what is written comes back, what is damaged is refused, and the command that builds one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from small_atlas import COUNT, small_atlas

from core import attributes
from core.latents.atlas import Atlas, AtlasError
from core.pipelines.latent_map.build import sample_rows

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def saved(tmp_path) -> Path:
    small_atlas().save(tmp_path / "small")
    return tmp_path / "small"


def test_an_atlas_comes_back_as_it_was(saved):
    before, after = small_atlas(), Atlas.open(saved)
    assert (after.title, after.kind, after.count, after.columns) == ("Small", "generated", COUNT, 3)
    space, known = after.spaces["classifier"], before.spaces["classifier"]
    assert isinstance(space.codes, np.memmap) and (space.vectors() == known.vectors()).all()
    assert set(space.places) == {"pca2", "pca3", "umap2"}
    for name, places in known.places.items():
        assert space.places[name] == pytest.approx(places, abs=5e-3)
    assert (space.clusterings["kmeans"] == known.clusterings["kmeans"]).all() and space.psnr[-1] == 30
    for name in ("measured", "requested", "seeds"):
        assert (getattr(after, name) == getattr(before, name)).all()
    assert not list(saved.parent.glob("*.part"))


def test_an_atlas_of_before_keeps_its_requested_attributes(saved):
    path = saved / "labels.safetensors"
    labels = load_file(path)
    save_file({**labels, "asked": labels.pop("requested")}, path)
    assert (Atlas.open(saved).requested == small_atlas().requested).all()


def test_every_thumbnail_is_where_the_sheets_say(saved):
    atlas = Atlas.open(saved)
    assert len(atlas.sheets) == 3
    for row in range(COUNT):
        picture = np.asarray(atlas.thumbnail(row), float)
        assert picture.shape == (48, 48, 3) and picture[8:-8, 8:-8].mean() == pytest.approx(12 * row, abs=6)


def test_saving_again_replaces_what_was_there(saved):
    (saved / "stray.txt").write_text("old")
    small_atlas().save(saved)
    assert not (saved / "stray.txt").exists() and Atlas.open(saved).count == COUNT


def test_present_follows_the_thresholds_or_else_the_request():
    atlas = small_atlas()
    atlas.thresholds = np.full(40, 0.9)
    assert (atlas.present() == (atlas.measured > 229.5)).all()
    atlas.measured = None
    assert (atlas.present() == (atlas.requested > 0)).all()
    atlas.requested = None
    assert atlas.present() is None


def break_manifest(folder: Path, **changes: object) -> None:
    manifest = json.loads((folder / "atlas.json").read_text())
    (folder / "atlas.json").write_text(json.dumps({**manifest, **changes}))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda f: (f / "atlas.json").unlink(), "no atlas"),
        (lambda f: (f / "atlas.json").write_text("{"), "damaged"),
        (lambda f: break_manifest(f, version=2), "newer"),
        (lambda f: break_manifest(f, count=10**9), "says that it holds"),
        (lambda f: break_manifest(f, count=COUNT - 1), "Build it again with: python"),
        (lambda f: break_manifest(f, kind="../.."), "no sense"),
        (lambda f: break_manifest(f, spaces={"classifier": {"dimensions": 7, "fingerprint": ""}}), "does not fit"),
        (lambda f: break_manifest(f, thresholds=[1, 2]), "damaged"),
        (lambda f: (f / "classifier.npy").unlink(), "Build it again"),
        (lambda f: (f / "classifier.npy").write_bytes(b"\x93NUMPY"), "damaged"),
        (lambda f: np.save(f / "classifier.npy", np.zeros((COUNT, 6), np.float32)), "not int8"),
        (lambda f: (f / "classifier.safetensors").write_bytes(b"\0" * 40), "damaged"),
        (lambda f: (f / "labels.safetensors").unlink(), "damaged"),
        (lambda f: (f / "sheets" / "01.webp").unlink(), "01.webp is missing"),
    ],
)
def test_damage_is_refused_with_what_to_do(saved, harm, said):
    harm(saved)
    with pytest.raises(AtlasError, match=said):
        Atlas.open(saved)


def test_an_array_of_objects_is_not_opened(saved):
    np.save(saved / "classifier.npy", np.array([{"a": 1}] * COUNT, dtype=object), allow_pickle=True)
    with pytest.raises(AtlasError, match="damaged"):
        Atlas.open(saved)


def test_a_damaged_sheet_spoils_its_own_thumbnails_only(saved):
    (saved / "sheets" / "02.webp").write_bytes(b"RIFF")
    atlas = Atlas.open(saved)
    assert atlas.thumbnail(0).size == (48, 48)
    with pytest.raises(AtlasError, match="Thumbnails 2"):
        atlas.thumbnail(19)


def test_sampled_rows_have_the_requested_shares_and_correlations():
    shares = np.full(40, 0.3)
    together = np.eye(40)
    male, tie = attributes.INDEX["Male"], attributes.INDEX["Wearing_Necktie"]
    together[male, tie] = together[tie, male] = 0.6
    rows = sample_rows(4000, shares, together, seed=1)
    assert rows.dtype == np.int8 and set(np.unique(rows)) <= {-1, 0, 1}
    assert (rows[:, male] > 0).mean() == pytest.approx(0.3, abs=0.03)
    assert np.corrcoef(rows[:, male] > 0, rows[:, tie] > 0)[0, 1] > 0.45
    assert abs(np.corrcoef(rows[:, male] > 0, rows[:, attributes.INDEX["Smiling"]] > 0)[0, 1]) < 0.08
    assert (rows == sample_rows(4000, shares, together, seed=1)).all()
    assert all((attributes.resolve(row).values == row).all() for row in rows[:50].astype(np.float32))


def command(*arguments: object, cwd: Path) -> subprocess.CompletedProcess:
    line = [sys.executable, str(ROOT / "scripts" / "build_atlas.py"), *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, cwd=cwd, timeout=300)


def test_the_command_draws_faces_and_builds_their_atlas(tiny_checkpoints, synthetic_celeba, tmp_path):
    options = ("--generate", 8, "--seed", 5, "--out", "built", "--like", f"celeba={synthetic_celeba}")
    done = command(*options, "--checkpoints", tiny_checkpoints, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    atlas = Atlas.open(tmp_path / "built")
    assert atlas.kind == "generated" and atlas.seeds.tolist() == list(range(5, 13))
    assert set(atlas.spaces) >= {"kl", "kl-pooled", "classifier"} and set(atlas.made_with) >= {"faces", "classifier"}
    assert atlas.spaces["kl"].psnr.shape == (8,) and atlas.measured.shape == (8, 40)
    assert not list(tmp_path.glob("*.build")) and str(synthetic_celeba) not in atlas.command


def test_the_command_refuses_what_it_cannot_build(tmp_path):
    for options in ((), ("--generate", 5, "--data", "folder=x"), ("--generate", 10**6)):
        assert command("--out", "built", *options, cwd=tmp_path).returncode == 2
    done = command("--out", "built", "--data", "folder=nowhere", cwd=tmp_path)
    assert done.returncode == 1 and "nothing at nowhere" in done.stderr and "Traceback" not in done.stderr
