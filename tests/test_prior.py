"""The variational start: drafts follow the sentence, vary with the seed, and the bound is a bound."""

from dataclasses import replace

import numpy as np
import pytest
import tiny_text
import torch
from tiny_sets import rows_of

from core import checkpoints
from core.models.prior import Gaussian, TextPrior, divergence, negative_likelihood
from core.training import prior
from core.training.text import TextStates

TINY = prior.PRESETS["smoke"].model


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return tiny_text.clip_folder(tmp_path_factory.mktemp("clip"))


def train(clip, out, preset=prior.PRESETS["smoke"], latents=None, **options):
    sets = tiny_text.picture_sets()
    return prior.train_prior(sets, latents or tiny_text.latent_sets(), clip, preset, out, **options)


def test_a_killed_run_goes_on_as_if_nothing_had_happened(clip, tmp_path):
    train(clip, tmp_path / "whole")
    train(clip, tmp_path / "broken", until=3)
    train(clip, tmp_path / "broken", resume=True)
    assert rows_of(tmp_path / "whole") == rows_of(tmp_path / "broken")


def test_drafts_follow_the_sentence(clip, tmp_path):
    preset = prior.PRESETS["smoke"]
    loop = replace(preset.loop, steps=60, batch_size=16, learning_rate=4e-3, log_every=10, ema_decay=0.9)
    latents = tiny_text.latent_sets()
    for sign, kind in ((1, "celeba"), (-1, "food101")):
        latents[kind] = replace(latents[kind], latents=0.2 * latents[kind].latents + np.float16(sign))
    trained = train(clip, tmp_path, replace(preset, loop=replace(loop, validate_every=60)), latents).averaged()
    conditioning = TextStates(clip)(["a smiling man", "some pizza"])
    with torch.no_grad():
        drafts = trained.draft(conditioning, torch.zeros(2, TINY["code_dim"])).mean(dim=(1, 2, 3))
    assert drafts[0] > 0.3 and drafts[1] < -0.3
    prior.export_prior(tmp_path, tmp_path / "text" / "prior")
    assert (tmp_path / "text" / "prior" / checkpoints.WEIGHTS).is_file()
    exported = checkpoints.read_json(tmp_path / "text" / "prior" / "config.json")
    assert exported["posterior"] is False
    small = TextPrior.from_config(exported).eval()
    checkpoints.load_weights(small, tmp_path / "text" / "prior" / checkpoints.WEIGHTS)
    with torch.no_grad():
        again = small.draft(conditioning, torch.zeros(2, TINY["code_dim"])).mean(dim=(1, 2, 3))
    assert torch.allclose(again, drafts, atol=0.02), "drafts need no posterior"
    run = train(clip, tmp_path / "more", start=tmp_path / "text" / "prior")
    assert run.step == preset.loop.steps and hasattr(run.modules["model"], "encoder")
    training = checkpoints.read_json(tmp_path / "text" / "prior" / "training.json")
    assert training["steps"] == 60 and "nats" in training["curves"]


def test_a_code_decides_the_draft_and_gradients_are_finite():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = tiny_text.wake(TextPrior(latent_channels=4, text_width=32, **TINY))
        states, z = torch.randn(2, 48, 32), torch.randn(2, 4, 16, 16)
        noise = torch.randn(2, TINY["code_dim"])
    model.eval()
    one, other = model.draft(states[:1], noise[:1]), model.draft(states[:1], noise[1:])
    assert one.shape == (1, 4, 16, 16) and (one - other).abs().max() > 1e-4
    model.train()
    found, posterior, learned = model(z, states, noise)
    (negative_likelihood(found, z) + divergence(posterior, learned)).mean().backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


def test_divergence_and_likelihood_are_those_of_torch():
    rng = torch.Generator().manual_seed(0)
    q, p = (Gaussian(torch.randn(3, 5, generator=rng), torch.randn(3, 5, generator=rng)) for _ in range(2))
    normal = [torch.distributions.Normal(g.mean, (0.5 * g.logvar).exp()) for g in (q, p)]
    expected = torch.distributions.kl_divergence(*normal).sum(dim=1)
    assert torch.allclose(divergence(q, p), expected, atol=1e-5)
    assert torch.allclose(divergence(q, q), torch.zeros(3), atol=1e-6)
    z = torch.randn(3, 5, generator=rng)
    constant = 0.5 * 5 * np.log(2 * np.pi)
    assert torch.allclose(negative_likelihood(q, z) + constant, -normal[0].log_prob(z).sum(dim=1), atol=1e-4)
