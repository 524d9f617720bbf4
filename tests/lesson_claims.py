"""What the cards of the lessons say, one check for each, on the shipped models: few steps, few pictures."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import laplace

from core.networks.pool import pool_of
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.faces.types import Face
from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.recipe import Recipe

CLAIMS: dict[str, Callable[[], None]] = {}
SHIPPED = Path(__file__).resolve().parent.parent / "checkpoints"
FIRST = {"Smiling": 1.0, "Young": 1.0}  # the face that every visitor meets, with seed 27


def claim(check: Callable[[], None]) -> Callable[[], None]:
    """Registers a check under its name, which cards give as their ``claim``."""
    CLAIMS[check.__name__] = check
    return check


@cache
def pool():
    return pool_of(str(SHIPPED))


@cache
def faces() -> FacesPipeline:
    return FacesPipeline(pool=pool())


@cache
def latent_map() -> LatentMapPipeline:
    return LatentMapPipeline(pool=pool())


@cache
def atlas() -> str:
    return latent_map().atlases()[0].name


@cache
def _drawn(recipe_json: str) -> tuple[Face, ...]:
    from core.recipe import from_json

    *_, result = faces().draw(from_json(recipe_json), previews=False)
    return result.faces


def drawn(seed: int = 27, attributes: dict[str, float] | None = None, **settings) -> tuple[Face, ...]:
    """Faces of one recipe, drawn once for all checks."""
    from core.recipe import to_json

    return _drawn(to_json(Recipe(seed=seed, attributes=FIRST if attributes is None else attributes, **settings)))


def levels(image: Image.Image) -> np.ndarray:
    """A picture as float (H, W, 3), 0 to 255."""
    return np.asarray(image.convert("RGB"), dtype=np.float64)


def apart(a: Image.Image, b: Image.Image) -> float:
    """Root mean square difference in levels."""
    return float(np.sqrt(np.mean((levels(a) - levels(b)) ** 2)))


def detail(image: Image.Image) -> float:
    """Energy of the finest structures."""
    return float(np.mean(laplace(levels(image).mean(axis=2)) ** 2))


def mean_achieved(found: tuple[Face, ...], name: str) -> float:
    return float(np.mean([face.achieved[name] for face in found]))


# --- From noise to a face ---------------------------------------------------------------------------------------------


@claim
def one_step_is_soft():
    one, eight = drawn(steps=1)[0], drawn(steps=8)[0]
    assert detail(one.image) < 0.5 * detail(eight.image)
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, levels(one.image).shape, dtype=np.uint8))
    assert detail(one.image) < 0.1 * detail(noise)


@claim
def large_shapes_first():
    engine = faces().engine
    recipe = Recipe(seed=27, attributes=FIRST, steps=8)
    steps = list(engine.sample_steps(recipe, recipe.resolved().values))
    early, late = (levels(engine.picture(steps[at].clean)) for at in (1, -1))

    def split(picture):
        side = len(picture) // 8
        coarse = picture.reshape(8, side, 8, side, 3).mean(axis=(1, 3))
        return coarse, picture - coarse.repeat(side, 0).repeat(side, 1)

    (coarse, fine), (coarse_end, fine_end) = split(early), split(late)

    def alike(a, b):
        return np.corrcoef(a.ravel(), b.ravel())[0, 1]

    assert alike(coarse, coarse_end) > max(0.9, alike(fine, fine_end) + 0.05)


@claim
def steps_converge():
    many = drawn(steps=40)[0].image
    assert apart(drawn(steps=24)[0].image, many) < 0.5 * apart(drawn(steps=4)[0].image, many)
    assert apart(drawn(steps=8)[0].image, drawn(steps=24)[0].image) < 20


@claim
def the_seed_keeps_the_person():
    here, other = drawn()[0].image, drawn(attributes={"Smiling": -1.0, "Young": 1.0})[0].image
    assert apart(here, other) < 0.8 * np.mean([apart(here, drawn(seed=seed)[0].image) for seed in (28, 29, 30)])


@claim
def the_same_twice():
    *_, again = faces().draw(Recipe(seed=27, attributes=FIRST), previews=False)
    assert apart(drawn()[0].image, again.faces[0].image) == 0


# --- What guidance does -----------------------------------------------------------------------------------------------
GLASSES = {"Eyeglasses": 1.0}


@claim
def guidance_is_followed():
    weak, strong = (mean_achieved(drawn(30, GLASSES, guidance=scale, count=4), "Eyeglasses") for scale in (1.0, 4.5))
    assert strong > weak + 0.05


@claim
def the_sum_of_two():
    from core.diffusion.sampling import guide

    calls = []

    def denoiser(x, timesteps, attributes):
        calls.append(len(x))
        return x * 0 + attributes.sum(dim=1).view(-1, 1, 1, 1)

    x, at, wanted = torch.zeros(1, 2, 4, 4), torch.zeros(1), torch.ones(1, 40)
    assert guide(denoiser, x, at, wanted, 1.0).mean() == 40 and calls == [1]
    assert guide(denoiser, x, at, wanted, 3.0).mean() == 120 and calls == [1, 2]
    every = drawn(30, GLASSES, guidance=1.0)[0].image
    assert apart(every, drawn(30, GLASSES, guidance=4.5)[0].image) > 0


@claim
def too_much_burns():
    def contrast(scale):
        whole = {"guidance": scale, "guidance_interval": (0.0, 1.0), "count": 2}
        return np.mean([levels(face.image).std() for face in drawn(30, GLASSES, **whole)])

    assert contrast(15.0) > 1.1 * contrast(4.5)


@claim
def early_is_enough():
    half = drawn(30, GLASSES, guidance=8.0, guidance_interval=(0.0, 0.5))
    assert mean_achieved(half, "Eyeglasses") > 0.5


@claim
def many_requests_need_less():
    from core.diffusion.sampling import adaptive_guidance

    one, five = torch.zeros(1, 40), torch.zeros(1, 40)
    one[0, 0], five[0, :5] = 1, 1
    assert 1 < adaptive_guidance(4.5, five).item() < adaptive_guidance(4.5, one).item() < 4.5


# --- Whose faces are these? -------------------------------------------------------------------------------------------
def anybody() -> tuple[Face, ...]:
    return drawn(100, {}, count=9)


def changed(name: str, seen: str) -> float:
    """How much surer the classifier is of ``seen`` once ``name`` is requested, nothing else being said."""
    asked = drawn(100, {name: 1.0}, count=4)
    return mean_achieved(asked, seen) - mean_achieved(anybody()[:4], seen)


@claim
def nobody_asked_is_young():
    from core.data.cooccurrence import read_tree

    assert sum(face.achieved["Young"] > 0.5 for face in anybody()) >= 6
    shares, nodes = {}, read_tree()
    for node in nodes:
        parent = shares.get(node.parent, 0.0)
        shares[node.name] = (1 - parent) * node.absent + parent * node.present
    assert abs(shares["Young"] - 0.77) < 0.02


@claim
def makeup_brings_women():
    found = drawn(100, {"Heavy_Makeup": 1.0}, count=4)
    assert sum(face.achieved["Male"] < 0.5 for face in found) == 4
    assert any(face.achieved["Male"] > 0.5 for face in anybody())


@claim
def gray_hair_brings_old_men():
    assert changed("Gray_Hair", "Young") < -0.3 and changed("Gray_Hair", "Male") > 0.1


@claim
def attractive_means_young():
    assert changed("Attractive", "Young") > 0.05


@claim
def lipstick_follows_male():
    absent, present = (drawn(100, {"Male": value}, count=4) for value in (-1.0, 1.0))
    assert mean_achieved(absent, "Wearing_Lipstick") > mean_achieved(present, "Wearing_Lipstick") + 0.5


@claim
def the_judge_is_uneven():
    import json

    figures = json.loads((SHIPPED / "classifier" / "metrics.json").read_text())["attributes"]
    assert figures["Eyeglasses"]["auc"] > 0.93 > 0.8 > figures["Big_Lips"]["auc"]
