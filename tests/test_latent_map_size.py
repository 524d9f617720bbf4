"""Large maps: what is sent for fifty thousand points is right and small, and answers stay quick to work out."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tiny_map import floats, send

from core.benchmarks.latent_map import measure_map, synthetic_atlas
from core.latents.atlas import Atlas
from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.latent_map.types import LatentMapError
from ui.latent_map.handlers import LatentMapHandlers

COUNT = 50_000
WHERE = {"atlas": "random", "space": "vae", "projection": "umap2"}


@pytest.fixture(scope="module")
def atlas(tiny_checkpoints) -> Atlas:
    return synthetic_atlas(tiny_checkpoints, COUNT, {"vae": 16, "classifier": 8})


@pytest.fixture(scope="module")
def large(tiny_checkpoints, atlas, tmp_path_factory) -> LatentMapHandlers:
    folder = tmp_path_factory.mktemp("large")
    atlas.save(folder / "random")
    return LatentMapHandlers(LatentMapPipeline(tiny_checkpoints, folder))


def test_fifty_thousand_points_are_sent_as_they_are(large):
    points = send(large, kind="points", **WHERE)
    places = floats(points["places"]).reshape(-1, 2)
    stored = large.latent_map.points("random", "vae", "umap2").places
    assert places.shape == (COUNT, 2) and np.array_equal(places, stored)
    assert len(json.dumps(points)) < 560_000
    colour = send(large, kind="colour", **WHERE, by="cluster:kmeans")
    assert np.array_equal(floats(colour["values"]), np.arange(COUNT) % 8) and len(json.dumps(colour)) < 280_000


def test_the_last_point_is_the_last_picture(large, atlas):
    info = large.latent_map.open("random")
    assert info.sheets == -(-COUNT // info.columns**2)
    assert send(large, kind="sheet", atlas="random", number=info.sheets - 1)["sheet"].startswith("data:image/webp")
    near = send(large, kind="near", row=COUNT - 1, **WHERE)["near"]
    vectors = atlas.spaces["vae"].vectors()
    far = np.linalg.norm(vectors - vectors[-1], axis=1)
    assert near["vae"] == np.argsort(far)[1:9].tolist()
    assert "numbered 0 to 49999" in send(large, kind="near", row=COUNT, **WHERE)["error"]


def test_a_selection_of_half_of_them_is_described(large):
    selection = send(large, kind="selection", **WHERE, rows=list(range(0, COUNT, 2)))
    assert selection["size"] == COUNT // 2 and selection["share"] == 0.5
    with pytest.raises(LatentMapError, match="numbered"):
        large.latent_map.describe("random", "vae", [0, COUNT])


def test_the_benchmark_of_the_map_measures_everything(tiny_checkpoints, monkeypatch):
    monkeypatch.setattr("core.benchmarks.latent_map.POINTS", 200)
    monkeypatch.setattr("core.benchmarks.latent_map.LASSO", 50)
    rows = measure_map(tiny_checkpoints, 2, photos=4)
    assert rows["map_points"] == 200 and all(value > 0 for value in rows.values())
    assert rows["map_photos_s"] * 1000 > rows["map_empty_place_ms"]  # many pictures through every encoder
    assert {"map_first_ms", "map_empty_place_ms", "map_point_ms", "map_lasso_of_5000_ms", "map_photos_s"} < set(rows)
