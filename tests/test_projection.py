"""Maps and the way between a place and a code; paths through a space."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image
from sklearn.decomposition import PCA

from core.latents import paths
from core.latents.fitting import ProjectionError, fit_in_process
from core.latents.projection import (
    fit,
    fit_basis,
    invert,
    neighbourhoods,
    pca_places,
    place_codes,
)
from core.latents.spaces import Space, quantise

ROOT = Path(__file__).resolve().parent.parent


def cloud(count: int = 200, dimensions: int = 12, seed: int = 0) -> np.ndarray:
    return (
        np.random.default_rng(seed).normal(0, np.linspace(3, 0.2, dimensions), (count, dimensions)).astype(np.float32)
    )


def make_space(vectors: np.ndarray) -> Space:
    codes, scale = quantise(vectors)
    return Space("vae", codes, scale, fit_basis(codes * scale))


def test_pca_is_scikit_learns():
    vectors = cloud()
    basis, wanted = fit_basis(vectors, 5), PCA(5).fit(vectors)
    assert np.abs(basis.project(vectors)) == pytest.approx(np.abs(wanted.transform(vectors)), abs=1e-3)
    assert basis.ratios == pytest.approx(wanted.explained_variance_ratio_, abs=1e-5)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_identical_and_few_pictures_have_a_map_all_the_same(count):
    basis = fit_basis(np.ones((count, 6)))
    places = pca_places(basis.project(np.ones((count, 6))), 3)
    assert places.shape == (count, 3) and not places.any() and not basis.ratios.any()


def mapped():
    space = make_space(cloud(300))
    space.places["pca2"] = pca_places(space.reduced, 2)
    space.places["tsne2"] = fit("tsne2", space.reduced[:, :2] * 1.0)
    return space


def test_a_place_on_a_pca_map_is_mapped_back_exactly():
    space = mapped()
    vector, _, uncertainty = invert(space, "pca2", np.array([1.25, -0.5]))
    assert place_codes(space, "pca2", vector[None])[0] == pytest.approx([1.25, -0.5], abs=1e-4)
    assert 0 < uncertainty < 1  # two axes do not say everything


def test_a_picture_on_a_map_without_inverse_is_found_again_and_certain():
    space = mapped()
    vector, around, uncertainty = invert(space, "tsne2", space.places["tsne2"][7])
    assert around.rows[0] == 7 and around.weights[0] > 0.99
    assert vector == pytest.approx(space.vectors(np.array([7]))[0], abs=0.05)
    assert uncertainty < 0.1 and around.distance < 0.01
    assert place_codes(space, "tsne2", space.vectors(np.array([7])))[0] == pytest.approx(
        space.places["tsne2"][7], abs=0.02
    )


def test_far_from_all_pictures_nothing_is_certain():
    space = mapped()
    _, near, between = invert(space, "tsne2", space.places["tsne2"][:2].mean(axis=0))
    _, far, astray = invert(space, "tsne2", np.array([500.0, 500.0]))
    assert far.distance > 100 > near.distance
    assert astray > 0.9 and between < 1
    assert far.weights.sum() == pytest.approx(1, abs=1e-5)


def test_neighbourhoods_in_many_dimensions_are_those_of_few():
    known = cloud(100, 3)
    wide = np.pad(known, ((0, 0), (0, 5)))  # the same points, found without a tree
    for few, many in zip(
        neighbourhoods(known, known[:4] + 0.1),
        neighbourhoods(wide, np.pad(known[:4] + 0.1, ((0, 0), (0, 5)))),
        strict=True,
    ):
        assert (few.rows == many.rows).all() and few.weights == pytest.approx(many.weights, abs=1e-3)


def test_a_map_from_a_process_of_its_own_is_the_one_of_this_process():
    reduced = cloud(40, 4)
    assert fit_in_process("tsne2", reduced, 3) == pytest.approx(fit("tsne2", reduced, 3), abs=1e-5)


def test_a_map_that_fails_says_so_and_hurts_nobody():
    with pytest.raises(ProjectionError, match="could not be fitted"):
        fit_in_process("nothing2", cloud(20, 4))


def test_a_map_that_takes_too_long_is_given_up_and_the_next_one_is_fitted():
    with pytest.raises(ProjectionError, match="could not be fitted"):
        fit_in_process("tsne2", cloud(400, 4), patience=0.02)
    assert fit_in_process("tsne2", cloud(20, 4)).shape == (20, 2)


def test_the_other_process_ends_when_its_parent_is_killed():
    program = (
        "import os, psutil, signal, numpy\n"
        "from core.latents.fitting import fit_in_process\n"
        "fit_in_process('tsne2', numpy.eye(12))\n"
        "print(*(child.pid for child in psutil.Process().children(recursive=True)), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    left = [psutil.Process(int(pid)) for pid in done.stdout.split() if psutil.pid_exists(int(pid))]
    assert done.stdout and not psutil.wait_procs(left, timeout=20)[1]


@pytest.mark.slow
def test_umap_is_the_same_twice():
    reduced = np.concatenate([cloud(30, 4), cloud(30, 4, seed=1) + 30])
    places = fit_in_process("umap2", reduced)
    assert (places == fit_in_process("umap2", reduced)).all()
    assert np.linalg.norm(places[:30].mean(axis=0) - places[30:].mean(axis=0)) > 1


# --- paths ------------------------------------------------------------------------------------------------------------


def test_a_straight_path_has_equal_steps_through_its_stops():
    line = paths.straight(np.array([[0, 0], [3, 0], [3, 1]], float), 9)
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    assert line[0].tolist() == [0, 0] and line[-1].tolist() == [3, 1]
    assert steps[:5] == pytest.approx(0.5) and line[6].tolist() == [3, 0]


def test_an_arc_keeps_the_radius_and_opposite_stops_are_joined():
    stops = np.array([[2.0, 0, 0], [0, 2, 0]])
    bow = paths.arc(stops, np.zeros(3), 11)
    assert np.linalg.norm(bow, axis=1) == pytest.approx(2, abs=1e-2)
    assert bow[0] == pytest.approx(stops[0]) and bow[-1] == pytest.approx(stops[1])
    through = paths.arc(np.array([[2.0, 0, 0], [-2, 0, 0]]), np.zeros(3), 5)
    assert np.isfinite(through).all() and through[-1] == pytest.approx([-2, 0, 0])


def test_a_path_between_equal_stops_stands_still():
    assert (paths.straight(np.ones((2, 4)), 5) == 1).all()


def test_a_path_along_the_data_goes_round_a_hole():
    angle = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    ring = np.c_[np.cos(angle), np.sin(angle)].astype(np.float32)
    rows = paths.NeighbourGraph(ring, 2).way(0, 40)
    assert rows[0] == 0 and rows[-1] == 40 and len(rows) == 41
    apart = np.concatenate([ring, ring + 100])
    assert paths.NeighbourGraph(apart, 2).way(0, 100) is None
    assert paths.NeighbourGraph(apart, 2).way(5, 5) == [5]


def test_a_path_becomes_an_animation_that_swings_back():
    frames = [Image.new("RGB", (64, 64), (shade, 0, 0)) for shade in (0, 80, 160, 240)]
    film = Image.open(io.BytesIO(paths.to_gif(frames, size=96)))
    assert film.size == (96, 96) and film.n_frames == 6 and film.info["loop"] == 0
    with pytest.raises(ValueError, match="no path"):
        paths.to_gif([])
