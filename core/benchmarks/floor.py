"""How near a drawing is to what its arithmetic alone would take on this machine."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from core.benchmarks.app import Rows, median_milliseconds
from core.checkpoints import load_model
from core.diffusion.sampling import Plan
from core.networks.pool import NetworkPool
from core.pipelines.faces.pipeline import FacesPipeline
from core.recipe import Recipe

SIDE = 1024  # of the matrices whose product is timed: large enough to keep every unit busy, small enough for the cache


def measure_floor(root: Path, times: int = 10) -> Rows:
    """One face with one attribute: its wall time, the share of it inside the networks, the time that its multiply-adds
    would take at the rate of a matrix product, and how many times that it takes.
    """
    pipeline, recipe = FacesPipeline(root), Recipe(seed=1, attributes={"Smiling": 1.0})

    def draw() -> None:
        deque(pipeline.draw(recipe, previews=False), maxlen=0)

    drawn = median_milliseconds(draw, times)
    rate = matrix_rate()
    wanted = sum(multiply_adds(root, recipe).values())
    floor = wanted / rate * 1000
    return {
        "face_ms": drawn,
        "share_in_networks": share_inside(pipeline.pool, draw),
        "multiply_adds_billions": wanted / 1e9,
        "matrix_rate_billions_s": rate / 1e9,
        "arithmetic_floor_ms": floor,
        "times_the_floor": drawn / floor,
    }


def multiply_adds(root: Path, recipe: Recipe) -> dict[str, float]:
    """Multiply-adds of one drawing by checkpoint: the denoiser in every step, and once more where it is guided, the
    decoder once, the classifier once.
    """
    denoiser, autoencoder, classifier = (load_model(root / name) for name in ("faces", "autoencoder-kl", "classifier"))
    config = denoiser.config
    x = torch.zeros(1, config.latent_channels, config.sample_size, config.sample_size)
    plan = Plan(recipe.solver, recipe.steps, recipe.guidance, recipe.guidance_interval)
    calls = plan.steps + sum(plan.guided(step) for step in range(plan.steps) if recipe.attributes)
    picture = torch.zeros(1, 3, *autoencoder.decode(x).sample.shape[2:])
    return {
        "faces": calls * counted(lambda: denoiser(x, torch.tensor([500]), torch.zeros(1, 40))),
        "autoencoder-kl": counted(lambda: autoencoder.decode(x)),
        "classifier": counted(lambda: classifier(picture)),
    }


def counted(call: Callable[[], object]) -> float:
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops() / 2


def matrix_rate(times: int = 20) -> float:
    """Multiply-adds a second of a float32 matrix product on torch's threads, as in the fastest of ``times``."""
    a, b = torch.randn(SIDE, SIDE), torch.randn(SIDE, SIDE)
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        torch.mm(a, b)
        taken.append(time.perf_counter() - started)
    return SIDE**3 / min(taken)


def share_inside(pool: NetworkPool, act: Callable[[], object]) -> float:
    """The share of ``act``'s wall time in which a network of the pool runs."""
    inside, run = [], pool.run

    def timed(*args: object, **kwargs: object) -> object:
        started = time.perf_counter()
        try:
            return run(*args, **kwargs)
        finally:
            inside.append(time.perf_counter() - started)

    pool.run = timed
    try:
        started = time.perf_counter()
        act()
        return sum(inside) / (time.perf_counter() - started)
    finally:
        del pool.run
