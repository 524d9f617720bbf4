"""The way of a drawing over the map: its latents where a space holds such, its predicted pictures elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_map import COUNT, FIRST, noise_atlas, send

from core.latents.atlas import Atlas
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.latent_map.drawn_path import NOISY, PREDICTED
from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.recipe import Recipe, to_dict
from ui.latent_map.drawings import Drawings
from ui.latent_map.handlers import LatentMapHandlers

FACE = Recipe(seed=11, attributes={"Smiling": 1.0}, steps=4)


@pytest.fixture(scope="module")
def latent_map(tiny_checkpoints, tmp_path_factory):
    """The tiny atlas with maps of the KL latents that are not linear: places of the sort that UMAP and t-SNE give."""
    made, folder = tmp_path_factory.mktemp("made"), tmp_path_factory.mktemp("atlases")
    noise_atlas(tiny_checkpoints, made)
    atlas = Atlas.open(made / "faces")
    for kind in ("umap2", "tsne2"):
        atlas.spaces["kl"].places[kind] = np.random.default_rng(3).normal(size=(COUNT, 2)).astype(np.float32)
    atlas.save(folder / "faces")
    return LatentMapPipeline(tiny_checkpoints, folder)


@pytest.fixture(scope="module")
def faces(tiny_checkpoints):
    return FacesPipeline(tiny_checkpoints)


@pytest.fixture(scope="module")
def handlers(latent_map, faces, tiny_checkpoints):
    return LatentMapHandlers(latent_map, Drawings(faces, PromptsPipeline(tiny_checkpoints)))


def test_latents_lie_where_they_lie_on_the_map_of_such_latents(latent_map, faces):
    drawn = faces.trajectory(FACE)
    found = latent_map.place_drawing("faces", "kl", "pca2", drawn)
    assert found.numbers == (0, 1, 2, 3, 4) and found.notes == (NOISY,)
    # The end of the path is where the same map places the drawn latents, and not where it begins.
    z = torch.from_numpy(drawn.latents[-1:])
    assert np.asarray(faces.engine.picture(z)).tobytes() == drawn.pictures[-1].tobytes()
    opened = latent_map.place_drawing("faces", "kl", "pca2", replace(drawn, latents=drawn.latents[::-1].copy()))
    assert np.allclose(opened.places[0], found.places[-1]) and not np.allclose(found.places[0], found.places[-1])


def test_other_spaces_place_the_predicted_pictures_as_they_place_any_picture(latent_map, faces):
    drawn = faces.trajectory(FACE)
    for space in ("vae", "classifier"):
        found = latent_map.place_drawing("faces", space, "pca2", drawn)
        assert found.numbers == (1, 2, 3, 4) and found.notes == (PREDICTED,)
        located = {one.space: one for one in latent_map.locate("faces", drawn.pictures[-1])}
        assert np.allclose(found.places[-1], located[space].places["pca2"], atol=1e-4)


def test_a_projection_that_places_no_new_points_says_what_is_done(latent_map, faces):
    drawn = faces.trajectory(FACE)
    for kind, words in (("umap2", "UMAP is not kept"), ("tsne2", "t-SNE cannot place new points")):
        found = latent_map.place_drawing("faces", "kl", kind, drawn)
        assert words in found.notes[-1] and "between the 8 mapped pictures nearest to it" in found.notes[-1]
        known = latent_map.points("faces", "kl", kind).places
        assert (found.places >= known.min(axis=0)).all() and (found.places <= known.max(axis=0)).all()


def test_the_page_sends_a_recipe_and_gets_a_path(handlers):
    answer = send(handlers, kind="drawing", recipe=to_dict(FACE), **FIRST)
    assert len(answer["trail"]) == 4 and len(answer["trail"][0]) == 2 and answer["notes"] == [PREDICTED]
    guided = send(handlers, kind="drawing", recipe=to_dict(replace(FACE, guidance=9.0)), **FIRST)
    assert guided["trail"][-1] != answer["trail"][-1]
    for model, words in (("stable-diffusion", "built-in models"), ("text", "is not in")):
        refused = send(handlers, kind="drawing", recipe=to_dict(replace(FACE, model=model)), **FIRST)
        assert words in refused["error"]
    assert "photo" in send(handlers, kind="drawing", recipe={**to_dict(FACE), "edit": {"base": {}}}, **FIRST)["error"]
    assert "trail" not in send(handlers, kind="drawing", recipe="none", **FIRST)
