"""Attribute directions: a planted one is found, its boundary crossed, its entanglement seen."""

from __future__ import annotations

import numpy as np
import pytest

from core.latents.directions import DirectionError, entanglement, fit, held_out


def planted(count: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors in 8-D where one attribute is dimension 2, and another one leans on it."""
    random = np.random.default_rng(0)
    first = random.random(count) < 0.3
    second = np.where(random.random(count) < 0.8, first, random.random(count) < 0.3)
    vectors = random.normal(0, 0.7, (count, 8))
    vectors[:, 2] += 3 * first
    vectors[:, 5] += 1.5 * second
    return vectors.astype(np.float32), first, second


@pytest.mark.parametrize("method", ["mean", "probe"])
def test_a_planted_direction_is_found(method):
    vectors, present, _ = planted()
    found = fit(vectors, present, method)
    assert np.abs(found.unit).argmax() == 2 and np.linalg.norm(found.unit) == pytest.approx(1, abs=1e-5)
    assert found.auc > 0.97 and (found.present, found.absent) == (present.sum(), (~present).sum())
    assert 2 < found.step < 4
    assert (fit(vectors, present, method).unit == found.unit).all()


@pytest.mark.parametrize("method", ["mean", "probe"])
def test_the_boundary_is_where_the_probe_changes_its_mind(method):
    vectors, present, _ = planted()
    found, start = fit(vectors, present, method), vectors[~present][0]
    strength = found.boundary(start)
    assert 0 < strength < 2
    for away, response in ((-0.05, False), (0.05, True)):
        moved = start + (strength + away) * found.step * found.unit
        assert (found.logit(moved[None])[0] > 0) == response


def test_directions_that_move_together_are_entangled():
    vectors, first, second = planted()
    noise = np.random.default_rng(9).random(len(first)) < 0.5
    all_three = {name: fit(vectors, flags, "mean") for name, flags in (("a", first), ("b", second), ("c", noise))}
    cosines = entanglement(all_three)
    assert cosines["a"]["b"] == pytest.approx(cosines["b"]["a"])
    assert cosines["a"]["b"] > 0.5 and "a" not in cosines["a"]


def test_noise_has_a_direction_that_knows_nothing():
    vectors, _, _ = planted()
    flags = np.random.default_rng(4).random(len(vectors)) < 0.5
    assert 0.3 < fit(vectors, flags).auc < 0.7


def test_too_few_pictures_are_refused():
    vectors = planted()[0]
    for flags in (np.zeros(len(vectors), bool), np.ones(len(vectors), bool), np.arange(len(vectors)) < 9):
        with pytest.raises(DirectionError, match="10 pictures"):
            fit(vectors, flags)


def test_a_dimension_that_never_varies_does_no_harm():
    vectors, present, _ = planted()
    vectors[:, 7] = 4.0
    found = fit(vectors, present)
    assert np.isfinite(found.unit).all() and found.weights[7] == 0


def test_a_quarter_of_both_kinds_is_held_out():
    _, present, _ = planted()
    held = held_out(present, 0)
    assert held[present].mean() == pytest.approx(0.25, abs=0.02) and held[~present].mean() == pytest.approx(
        0.25, abs=0.02
    )
