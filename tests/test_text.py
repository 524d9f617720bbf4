"""The text denoiser: it trains on captions, resumes exactly, and leaves a pipeline that plain diffusers opens."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import tiny_text
import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from tiny_sets import rows_of

from core import checkpoints
from core.diffusion.objective import Objective
from core.diffusion.sampling import Plan
from core.diffusion.text import Conditioning, Draft, FolderObjective, guide_text, sample_text_steps, text_solvers
from core.models import build_autoencoder
from core.models.text_unet import PRESETS, build_text_unet
from core.training import text
from core.training.text_export import export_text

STABLE_DIFFUSION = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "trained_betas": None,
    "skip_prk_steps": True,
    "steps_offset": 1,
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return tiny_text.clip_folder(tmp_path_factory.mktemp("clip"))


def train(clip, out, preset=text.PRESETS["smoke"], latents=None, **options):
    sets = tiny_text.picture_sets()
    return text.train_text(sets, latents or tiny_text.latent_sets(), clip, preset, out, **options)


def test_a_killed_run_goes_on_as_if_nothing_had_happened(clip, tmp_path):
    whole = train(clip, tmp_path / "whole")
    train(clip, tmp_path / "broken", until=3)
    resumed = train(clip, tmp_path / "broken", resume=True)
    assert rows_of(tmp_path / "whole") == rows_of(tmp_path / "broken")
    for a, b in zip(whole.averaged().parameters(), resumed.averaged().parameters(), strict=True):
        assert torch.equal(a, b)


def test_it_learns(clip, tmp_path):
    preset = text.PRESETS["smoke"]
    loop = replace(preset.loop, steps=30, batch_size=16, learning_rate=4e-3, log_every=10, validate_every=30)
    latents = tiny_text.latent_sets()
    for sign, kind in ((1, "celeba"), (-1, "food101")):
        latents[kind] = replace(latents[kind], latents=np.full_like(latents[kind].latents, sign))
    train(clip, tmp_path, replace(preset, loop=loop), latents)
    rows = rows_of(tmp_path)
    assert rows[2]["loss"] < 0.9 * rows[0]["loss"]


def test_some_prompts_are_dropped_for_guidance():
    batches = text.LatentBatches(tiny_text.picture_sets(), tiny_text.latent_sets(), 0.6)
    batch = batches.draw(400, torch.Generator().manual_seed(0), unconditional=0.12)
    empty = [prompt == "" for prompt in batch.texts]
    assert 0.06 < np.mean(empty) < 0.2 and batch.z.shape == (400, 4, 16, 16)
    food = ["pizza" in prompt.lower() or "sushi" in prompt.lower() for prompt in batch.texts]
    assert not any(food[:240]) and sum(food[240:]) > 120


def test_the_cpu_size_keeps_below_forty_megabytes():
    unet = build_text_unet(6, 16, 192, **PRESETS["cpu"])
    assert 2 * sum(p.numel() for p in unet.parameters()) < 40e6


def test_gradients_are_finite_everywhere():
    unet = tiny_text.wake(build_text_unet(4, 16, 32, **PRESETS["tiny"]))
    unet(torch.randn(2, 4, 16, 16), torch.tensor([1, 999]), torch.randn(2, 48, 32)).sample.square().mean().backward()
    gradients = [p.grad for p in unet.parameters() if p.grad is not None]
    assert all(torch.isfinite(g).all() for g in gradients) and len(gradients) > 100


def test_the_pipeline_opens_in_a_process_that_knows_nothing_of_us(clip, tmp_path):
    run = tiny_text.finished_run(
        tmp_path / "run",
        tiny_text.wake(build_text_unet(4, 16, 32, **PRESETS["tiny"])),
        {"scheduler": Objective("v_prediction").scheduler_config()},
    )
    checkpoints.save_model(build_autoencoder(channels=(16, 16, 16), latent_channels=4), tmp_path / "autoencoder-kl")
    export_text(run, clip, tmp_path / "autoencoder-kl", tmp_path / "text")
    files = {path.name for path in (tmp_path / "text").rglob("*") if path.is_file()}
    assert not any(name.endswith((".bin", ".ckpt", ".pt", ".pkl")) for name in files) and "model_index.json" in files
    program = (
        "import sys, torch; from diffusers import DiffusionPipeline; "
        "p = DiffusionPipeline.from_pretrained(sys.argv[1]); "
        "g = torch.Generator().manual_seed(0); "
        "i = p('a smiling woman', num_inference_steps=2, generator=g).images[0]; "
        "print(type(p).__name__, i.size, 'core' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "text")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": ""},
        timeout=300,
    )
    assert done.stdout.strip() == "StableDiffusionPipeline (64, 64) False", done.stderr


def test_a_run_can_start_from_an_exported_unet(clip, tmp_path):
    unet = tiny_text.wake(build_text_unet(4, 16, 32, **PRESETS["tiny"]))
    checkpoints.save_model(unet, tmp_path / "text" / "unet")
    loop = train(clip, tmp_path / "run", start=tmp_path / "text", until=1)
    again = UNet2DConditionModel.from_pretrained(tmp_path / "text" / "unet", dtype=torch.float32)
    moved = [(a - b).abs().max() for a, b in zip(loop.modules["model"].parameters(), again.parameters(), strict=True)]
    assert max(moved) < 3e-3
    wide = build_text_unet(4, 16, 32, **{**PRESETS["tiny"], "widths": (32, 32, 32)})
    checkpoints.save_model(wide, tmp_path / "wide")
    with pytest.raises(checkpoints.CheckpointError, match="do not fit"):
        train(clip, tmp_path / "other", start=tmp_path / "wide")


def test_stable_diffusions_schedule_is_read_from_its_folder():
    objective = FolderObjective(STABLE_DIFFUSION)
    reference = DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear").alphas_cumprod
    assert objective.prediction == "epsilon" and torch.allclose(objective.alpha.square(), reference)
    with pytest.raises(ValueError, match="cannot be drawn"):
        FolderObjective({**STABLE_DIFFUSION, "prediction_type": "sample"})


def perfect(objective, z):
    """A denoiser that knows the answer."""

    def denoise(x, timesteps, states):
        alpha, sigma = objective.at(timesteps)
        noise = (x - alpha * z) / sigma
        return objective.target(z.expand_as(x), noise, timesteps)

    return denoise


@pytest.mark.parametrize(
    "config", [STABLE_DIFFUSION, Objective("v_prediction").scheduler_config(), Objective("flow").scheduler_config()]
)
@pytest.mark.parametrize("level", [None, 1.0, 0.5, 0.05])
def test_every_solver_reaches_the_picture_from_noise_and_from_a_draft(config, level):
    objective, z = FolderObjective(config), torch.linspace(-1, 1, 64).view(1, 1, 8, 8)
    noise = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    conditioning = Conditioning(torch.zeros(1, 2, 4), torch.zeros(1, 2, 4))
    draft = None if level is None else Draft(z + 0.3, level)
    for solver in text_solvers(objective):
        options = {"draft": draft, "generator": torch.Generator().manual_seed(1)}
        steps = list(
            sample_text_steps(perfect(objective, z), objective, Plan(solver, 10, 2.0), noise, conditioning, **options)
        )
        assert len(steps) == (10 if level is None else max(1, round(10 * level)))
        assert (steps[-1].latents - z).abs().max() < 0.05, solver


def test_guidance_moves_away_from_the_negative_prompt():
    conditioning = Conditioning(torch.full((1, 2, 4), 1.0), torch.full((1, 2, 4), -1.0))
    batches = []

    def denoise(x, timesteps, states):
        batches.append(len(x))
        return states.mean(dim=(1, 2)).view(-1, 1, 1, 1).expand_as(x)

    x = torch.zeros(1, 1, 2, 2)
    assert guide_text(denoise, x, torch.tensor([5]), conditioning, 3.0).unique().tolist() == [5.0]
    assert guide_text(denoise, x, torch.tensor([5]), conditioning, 1.0).unique().tolist() == [1.0]
    assert batches == [2, 1]
