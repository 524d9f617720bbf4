"""The arithmetic floor of a drawing: what is counted, and that measuring leaves the pool as it was."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.benchmarks import floor
from core.networks.pool import pool_of
from core.recipe import Recipe


def test_multiply_adds_are_those_of_the_layers_and_of_every_call(tiny_checkpoints):
    convolution, x = nn.Conv2d(3, 5, 3, padding=1), torch.zeros(1, 3, 8, 8)
    assert floor.counted(lambda: convolution(x)) == 3 * 5 * 9 * 64
    plain = floor.multiply_adds(tiny_checkpoints, Recipe(steps=4))
    guided = floor.multiply_adds(tiny_checkpoints, Recipe(steps=4, attributes={"Male": 1}, guidance_interval=(0, 1)))
    assert guided["faces"] == 2 * plain["faces"] > 0
    assert {guided[name] / plain[name] for name in ("autoencoder-kl", "classifier")} == {1.0}


def test_the_share_in_the_networks_is_that_of_their_calls(tiny_checkpoints, monkeypatch):
    pool, said = pool_of(tiny_checkpoints), []
    run = pool.run
    clock = iter([0.0, 1.0, 3.0, 3.5, 4.5, 4.0])  # the act begins, two calls begin and end, the act ends
    monkeypatch.setattr(floor.time, "perf_counter", lambda: next(clock))

    def act():
        pool.run(said.append, "first")
        pool.run(said.append, "second")

    assert floor.share_inside(pool, act) == pytest.approx((2.0 + 1.0) / 4.0)
    assert said == ["first", "second"] and pool.run == run


def test_every_figure_of_a_face_is_measured(tiny_checkpoints):
    rows = floor.measure_floor(tiny_checkpoints, times=2)
    assert rows["times_the_floor"] == pytest.approx(rows["face_ms"] / rows["arithmetic_floor_ms"])
    assert 0 < rows["share_in_networks"] <= 1
