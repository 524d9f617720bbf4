"""Operations on latents: each does what it says, in its order, and to nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from core.latents.surgery import Surgery, between, blur, operate, quantise
from core.recipe import RecipeError


@pytest.fixture
def z():
    return torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))


def test_an_empty_request_changes_nothing(z):
    assert torch.equal(operate(z, Surgery()), z)


def test_input_is_left_alone(z):
    kept = z.clone()
    operate(z, Surgery(silence=(0,), swap=(1,), bits=2, noise=1.0, blur=1.0), torch.zeros_like(z))
    assert torch.equal(z, kept)


def test_silenced_channels_stay_silent_whatever_follows(z):
    after = operate(z, Surgery(silence=(1, 3), bits=1, noise=1.0, blur=2.0))
    assert not after[:, [1, 3]].any() and after[:, [0, 2]].abs().min() > 0


def test_swapped_channels_come_from_the_other_picture(z):
    other = torch.full_like(z, 9.0)
    after = operate(z, Surgery(swap=(2,)), other)
    assert (after[:, 2] == 9).all() and torch.equal(after[:, [0, 1, 3]], z[:, [0, 1, 3]])


@pytest.mark.parametrize("bits", [1, 3, 8])
def test_quantised_values_take_so_many_levels_and_stay_near(bits):
    values = torch.linspace(-5, 5, 10_001)
    after = quantise(values, bits)
    assert len(after.unique()) == 2**bits
    inside = values.abs() < 3
    assert (after - values)[inside].abs().max() <= 3 / 2**bits + 1e-6


def test_noise_has_its_strength_and_comes_from_its_seed_alone(z):
    state = torch.random.get_rng_state()
    many = torch.zeros(1, 4, 64, 64)
    once, again, other = (operate(many, Surgery(noise=0.5, seed=seed)) for seed in (1, 1, 2))
    assert torch.equal(once, again) and not torch.equal(once, other)
    assert once.std() == pytest.approx(0.5, rel=0.03)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_blur_keeps_constants_and_spreads_a_point_as_a_gaussian():
    assert torch.allclose(blur(torch.full((1, 2, 16, 16), 0.7), 2.0), torch.tensor(0.7))
    point = torch.zeros(1, 1, 33, 33)
    point[0, 0, 16, 16] = 1.0
    spread = blur(point, 2.0)[0, 0]
    places = torch.arange(33) - 16.0
    assert spread.sum() == pytest.approx(1, abs=1e-5)
    for axis in (0, 1):
        assert (spread.sum(dim=axis) * places**2).sum().sqrt() == pytest.approx(2.0, rel=0.03)


def test_a_flat_code_is_not_blurred():
    code = torch.randn(1, 8, generator=torch.Generator().manual_seed(4))
    assert torch.equal(operate(code, Surgery(blur=3.0)), code)
    assert not operate(code, Surgery(silence=(5,)))[0, 5]


@pytest.mark.parametrize(
    ("surgery", "words"),
    [
        ({"silence": (4,)}, "no channel 4"),
        ({"silence": (-1,)}, "no channel -1"),
        ({"swap": (0,)}, "Choose the picture"),
        ({"bits": 0}, "Bits go from"),
        ({"noise": float("nan")}, "Noise goes from"),
        ({"blur": 9.0}, "Blur goes from"),
        ({"blur": "1"}, "Blur goes from"),
        ({"bits": True}, "Bits go from"),
        ({"silence": (1.5,)}, "list of their numbers"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_cannot_be_done_is_said(z, surgery, words):
    with pytest.raises(RecipeError, match=words):
        operate(z, Surgery(**surgery))


def test_lines_end_at_both_ends_and_arcs_keep_the_length():
    first, second = torch.randn(2, 1, 64, generator=torch.Generator().manual_seed(5))
    for spherical in (False, True):
        assert torch.allclose(between(first, second, 0.0, spherical=spherical), first, atol=1e-6)
        assert torch.allclose(between(first, second, 1.0, spherical=spherical), second, atol=1e-6)
    second = second * first.norm() / second.norm()
    assert between(first, second, 0.5, spherical=True).norm() == pytest.approx(float(first.norm()), rel=1e-5)
    assert between(first, second, 0.5).norm() < 0.9 * first.norm()
    assert torch.allclose(between(first, first, 0.3, spherical=True), first)
    assert torch.isfinite(between(first, -first, 0.5, spherical=True)).all()


def test_the_page_can_import_it_before_torch():
    code = (
        "import sys, core.latents.surgery, core.latents.sources, core.pipelines.reconstruction.pipeline, "
        "core.pipelines.uploads, core.pipelines.reconstruction.download; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
