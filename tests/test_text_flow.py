"""The text denoiser that predicts flow: it begins with such faces and draws the same in plain diffusers."""

from __future__ import annotations

from dataclasses import replace

import pytest
import tiny_text
import torch
from diffusers import StableDiffusionPipeline

from core import checkpoints
from core.diffusion.objective import Objective
from core.diffusion.sampling import Plan
from core.diffusion.text import Conditioning, FolderObjective, sample_text_steps
from core.models import build_autoencoder
from core.models.face_unet import PRESETS as FACES
from core.models.face_unet import FaceUNet
from core.models.text_unet import PRESETS, build_text_unet
from core.training import init_from_faces, text
from core.training.text_export import export_text


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return tiny_text.clip_folder(tmp_path_factory.mktemp("clip"))


@pytest.mark.parametrize("size", ["tiny", "cpu", "gpu"])
def test_faces_and_text_of_one_size_share_a_body(size):
    with torch.device("meta"):
        faces = FaceUNet(latent_channels=8, **FACES[size])
        words = build_text_unet(8, 16, 32, **PRESETS[size])
    init_from_faces.check(words, faces)


def test_a_run_begins_with_faces_that_predict_the_same(clip, tmp_path):
    faces = tiny_text.wake(FaceUNet(latent_channels=4, **FACES["tiny"]))
    checkpoints.save_model(faces, tmp_path / "faces")
    checkpoints.write_json(tmp_path / "faces" / "scheduler_config.json", Objective("flow").scheduler_config())
    preset = replace(text.PRESETS["smoke"], prediction="flow")
    options = {"faces": tmp_path / "faces", "until": 1}
    sets, latents = tiny_text.picture_sets(), tiny_text.latent_sets()
    loop = text.train_text(sets, latents, clip, preset, tmp_path / "run", **options)
    again = checkpoints.load_model(tmp_path / "faces")
    ours = loop.modules["model"]
    assert (ours.down_blocks[0].resnets[0].conv1.weight - again.down[0].blocks[0].conv1.weight).abs().max() < 3e-3
    assert checkpoints.read_json(tmp_path / "run" / "run.json")["started_from"]["level_missed"] < 0.5
    with pytest.raises(checkpoints.CheckpointError, match="predicts flow_prediction, and the text denoiser v_pred"):
        text.train_text(sets, latents, clip, text.PRESETS["smoke"], tmp_path / "other", **options)


def test_plain_diffusers_draws_the_same(clip, tmp_path):
    unet = tiny_text.wake(build_text_unet(4, 16, 32, **PRESETS["tiny"]))
    run = tiny_text.finished_run(tmp_path / "run", unet, {"scheduler": Objective("flow").scheduler_config()})
    checkpoints.save_model(build_autoencoder(channels=(16, 16, 16), latent_channels=4), tmp_path / "autoencoder-kl")
    export_text(run, clip, tmp_path / "autoencoder-kl", tmp_path / "text")
    plain = StableDiffusionPipeline.from_pretrained(tmp_path / "text", dtype=torch.float32)
    plain.set_progress_bar_config(disable=True)
    noise = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    options = {"num_inference_steps": 5, "guidance_scale": 2.0, "latents": noise, "output_type": "latent"}
    theirs = plain("a smiling woman", **options).images
    with torch.no_grad():
        prompt, negative = plain.encode_prompt("a smiling woman", "cpu", 1, True, "")
        *_, last = sample_text_steps(
            lambda x, timesteps, states: plain.unet(x, timesteps, states).sample,
            FolderObjective(checkpoints.read_json(tmp_path / "text" / "scheduler" / "scheduler_config.json")),
            Plan("dpm++", 5, 2.0),
            noise,
            Conditioning(prompt, negative),
        )
    assert (theirs - noise).abs().max() > 0.1
    torch.testing.assert_close(last.latents, theirs, atol=1e-3, rtol=1e-3)
