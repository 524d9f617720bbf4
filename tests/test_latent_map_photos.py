"""Photos of a visitor as an atlas: read, mapped, bounded, private, and forgotten."""

from __future__ import annotations

import io
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.checkpoints import CheckpointError
from core.photos.squares import NO_FACE
from core.pipelines.latent_map import photos
from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.latent_map.requests import ClusterRequest
from core.pipelines.latent_map.types import PROJECTIONS, Advance, AtlasInfo, LatentMapError

SPACES = ["cae", "vae", "kl", "kl-pooled", "classifier"]


@pytest.fixture(scope="module")
def latent_map(tiny_checkpoints, tmp_path_factory) -> LatentMapPipeline:
    return LatentMapPipeline(tiny_checkpoints, tmp_path_factory.mktemp("atlases"))


def photo(shade: int, size: tuple[int, int] = (80, 60)) -> bytes:
    file = io.BytesIO()
    Image.effect_noise(size, shade).convert("RGB").save(file, "PNG")
    return file.getvalue()


def upload(latent_map: LatentMapPipeline, *sources: Path) -> AtlasInfo:
    *steps, info = latent_map.add_photos(sources)
    assert all(isinstance(step, Advance) and 0 <= step.done <= step.total for step in steps)
    return info


def wait_for_maps():
    for thread in [one for one in threading.enumerate() if one.name == "maps of photos"]:
        thread.join(600)


def test_photos_become_an_atlas_that_goes_with_its_visitor(latent_map, tmp_path):
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for number in range(6):
            archive.writestr(f"deep/folder/{number}.png", photo(20 + 10 * number))
        archive.writestr("../../escape.png", photo(99))
        archive.writestr("notes.txt", "no picture")
        archive.writestr("broken.jpg", b"\xff\xd8\xff not a picture")
    single = tmp_path / "single.png"
    single.write_bytes(photo(5))
    info = upload(latent_map, tmp_path / "photos.zip", single)
    assert info.kind == "photos" and info.count == 8 and [space.key for space in info.spaces] == SPACES
    assert info.notes[0] == "Left out photos.zip: 1 file in it is no picture."
    assert info.notes[1].startswith("Left out photos.zip/broken.jpg: This file is not a picture")
    assert "So few photos" in info.notes[2]
    assert info.space("vae").projections == ("pca2", "pca3") and not info.space("vae").pending
    assert latent_map.point(info.name, 7).name == "single.png" and latent_map.point(info.name, 7).recipe is None
    assert latent_map.decode_at(info.name, "kl", "pca2", (0, 0)).decoded
    assert not (tmp_path.parent / "escape.png").exists()
    assert info.name not in [one.name for one in latent_map.atlases()]
    latent_map.close(info.name)
    with pytest.raises(LatentMapError, match="no longer here"):
        latent_map.points(info.name, "kl", "pca2")


@pytest.mark.parametrize("count", [1, 2, 3])
def test_one_two_and_three_identical_photos_say_so(latent_map, tmp_path, count):
    same = photo(50)
    for number in range(count):
        (tmp_path / f"{number}.png").write_bytes(same)
    info = upload(latent_map, tmp_path)
    assert info.count == count and "So few photos" in info.notes[0] and "without a face" in info.notes[-1]
    assert np.isfinite(latent_map.points(info.name, "vae", "pca3").places).all()
    assert latent_map.decode_at(info.name, "vae", "pca2", (0, 0)).picture.size == (64, 64)
    with pytest.raises(LatentMapError, match="the same"):
        latent_map.clusters(ClusterRequest(info.name, "vae", "kmeans", 2))
    latent_map.describe(info.name, "vae", [0])
    latent_map.colour(info.name, "vae", "density")


def test_files_without_a_picture_are_refused(latent_map, tmp_path):
    (tmp_path / "text.txt").write_text("hello")
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(LatentMapError, match="None of these files"):
        upload(latent_map, tmp_path / "text.txt", tmp_path / "bad.zip", tmp_path / "absent.png")


def test_photos_are_aligned_by_their_largest_face(latent_map, detector_checkpoints, portrait, tmp_path):
    wide = Image.new("RGB", (1400, 600), (40, 80, 60))
    wide.paste(portrait, (850, 60))
    wide.save(tmp_path / "wide.png")
    (tmp_path / "noise.png").write_bytes(photo(70))
    *_, info = LatentMapPipeline(detector_checkpoints, tmp_path / "none").add_photos([tmp_path], align=True)
    assert info.count == 1 and info.notes[0] == f"Left out {tmp_path.name}/noise.png: {NO_FACE}"
    reader = photos.PhotoReader([tmp_path], 64, model=detector_checkpoints / "autoencoder-kl")
    assert not list(reader) and reader.pixels.shape == (1, 64, 64, 3)
    expected = portrait.crop((127, 1, 324, 198)).resize((64, 64))  # the centre frame about the eyes of the portrait
    assert np.abs(reader.pixels[0].astype(float) - np.asarray(expected)).mean() < 25
    with pytest.raises(CheckpointError, match="import_detector"):
        next(latent_map.add_photos([tmp_path], align=True))


def test_an_upload_can_be_stopped(latent_map, tmp_path):
    for number in range(20):
        (tmp_path / f"{number}.png").write_bytes(photo(number))
    steps = list(latent_map.add_photos([tmp_path], cancel=lambda: True))
    assert steps and all(isinstance(step, Advance) for step in steps)


def test_visitors_are_bounded_and_their_names_cannot_be_guessed(latent_map, tmp_path):
    (tmp_path / "one.png").write_bytes(photo(30))
    first = upload(latent_map, tmp_path)
    others = [upload(latent_map, tmp_path).name for _ in range(12)]
    assert len({first.name, *others}) == 13 and all(len(name) > 25 for name in others)
    with pytest.raises(LatentMapError, match="no longer here"):
        latent_map.points(first.name, "kl", "pca2")
    assert latent_map.open(others[-1]).count == 1


def test_a_map_that_fails_for_any_reason_is_no_longer_being_fitted(latent_map, tmp_path, monkeypatch):
    tried = []

    def refuse(kind, reduced):
        tried.append(kind)
        raise MemoryError("no room for the map")

    monkeypatch.setattr(photos, "fit_in_process", refuse)
    for number in range(12):
        (tmp_path / f"{number}.png").write_bytes(photo(10 + 5 * number))
    info = upload(latent_map, tmp_path)
    wait_for_maps()
    info = latent_map.open(info.name)
    assert sorted(tried) == sorted(photos.BACKGROUND_MAPS * len(SPACES))  # one failure ends no other map
    assert not any(space.pending for space in info.spaces)
    assert "UMAP could not be fitted" in " ".join(info.notes)
    with pytest.raises(LatentMapError, match="could not be fitted to these pictures; look at PCA"):
        latent_map.points(info.name, "vae", "umap2")


@pytest.mark.parametrize(("count", "words"), [(12, "too few of these pictures differ"), (3, "too few pictures for it")])
def test_identical_pictures_and_three_have_pca_and_a_sentence(latent_map, tmp_path, count, words):
    same = photo(50)
    for number in range(count):
        (tmp_path / f"{number}.png").write_bytes(same if count == 12 else photo(20 * number + 5))
    info = upload(latent_map, tmp_path)
    assert info.count == count and not any(space.pending for space in info.spaces)
    assert np.isfinite(latent_map.points(info.name, "vae", "pca2").places).all()
    for projection in ("umap2", "tsne2", "umap3"):
        with pytest.raises(LatentMapError, match=words):
            latent_map.points(info.name, "vae", projection)


@pytest.mark.slow
def test_maps_of_photos_follow_in_the_background(latent_map, tmp_path):
    for number in range(12):
        (tmp_path / f"{number}.png").write_bytes(photo(10 + 5 * number))
    info = upload(latent_map, tmp_path)
    assert info.space("vae").pending == ("umap2", "tsne2", "umap3")
    with pytest.raises(LatentMapError, match="still being fitted"):
        latent_map.points(info.name, "vae", "umap3")
    wait_for_maps()
    assert latent_map.open(info.name).space("vae").projections == tuple(PROJECTIONS)
    assert latent_map.points(info.name, "vae", "umap2").places.shape == (12, 2)
    latent_map.close(info.name)
