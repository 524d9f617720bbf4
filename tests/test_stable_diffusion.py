"""Stable Diffusion as people have it: folders, shards, files, typed paths; others are refused with a sentence."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_text
import torch
from diffusers import AutoencoderTiny, StableDiffusionPipeline, UNet2DConditionModel
from original_layout import random_parts, single_file
from safetensors.torch import load_file, save_file

from core.checkpoints import CheckpointError, read_json, write_json
from core.latents import sources
from core.latents.codecs import open_codec
from core.networks.pool import NetworkPool
from core.pipelines.prompts.pipeline import PromptsPipeline
from core.pipelines.prompts.types import PromptRequest
from core.recipe import Recipe
from core.stable_diffusion.describe import describe
from core.stable_diffusion.locate import cleaned_path, found, locate
from core.stable_diffusion.single_file import clip_tokenizer

SMALL = PromptRequest(Recipe(seed=3, prompt="a red hat", steps=2, guidance_interval=(0.0, 1.0), solver="ddim"))


@pytest.fixture(autouse=True)
def no_models_of_the_owner(tmp_path, monkeypatch):
    monkeypatch.setenv("LATENTSCAPE_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("LATENTSCAPE_SD", raising=False)


@pytest.fixture(scope="module")
def fp16(tmp_path_factory) -> Path:
    return tiny_text.stable_diffusion(tmp_path_factory.mktemp("sd") / "fp16")


@pytest.fixture(scope="module")
def plain(fp16) -> Path:
    folder = fp16.parent / "plain"
    shutil.copytree(fp16, folder)
    for file in folder.rglob("*.fp16.safetensors"):
        file.rename(file.with_name(file.name.replace(".fp16", "")))
    return folder


@pytest.fixture(scope="module")
def parts():
    return random_parts()


@pytest.fixture(scope="module")
def file(tmp_path_factory, parts) -> Path:
    return single_file(tmp_path_factory.mktemp("single") / "v1-5.safetensors", parts)


def drawn(model: Path | str, root: Path):
    *_, result = PromptsPipeline(root, str(model)).draw(SMALL, previews=False)
    return np.asarray(result.drawings[0].image)


def test_shards_and_mixed_parts_draw_the_same_picture(plain, fp16, tmp_path):
    sharded, mixed = tmp_path / "sharded", tmp_path / "mixed"
    for folder in (sharded, mixed):
        shutil.copytree(plain, folder)
    unet = UNet2DConditionModel.from_pretrained(plain / "unet")
    shutil.rmtree(sharded / "unet")
    unet.save_pretrained(sharded / "unet", max_shard_size="200KB")
    assert len(list((sharded / "unet").glob("*.safetensors"))) > 1
    shutil.rmtree(mixed / "unet")
    shutil.copytree(fp16 / "unet", mixed / "unet")
    expected = drawn(plain, tmp_path)
    for folder in (fp16, sharded, mixed):
        assert describe(folder).problem == ""
        assert np.array_equal(drawn(folder, tmp_path), expected)


def test_a_single_file_draws_what_its_folder_draws(parts, file, tmp_path):
    """The same weights, in the original names and in diffusers' own."""
    unet, vae, encoder = parts
    halves = [part.half().float() for part in (vae, encoder, unet)]
    template = tiny_text.stable_diffusion(tmp_path / "template")
    known = StableDiffusionPipeline.from_pretrained(template, variant="fp16")
    whole = StableDiffusionPipeline(
        halves[0], halves[1], clip_tokenizer(), halves[2], known.scheduler, None, None, requires_safety_checker=False
    )
    whole.save_pretrained(tmp_path / "folder")
    info = describe(file)
    assert (info.problem, info.precision, info.kind) == ("", "float16", "Stable Diffusion 1.5")
    assert info.parameters >= sum(value.numel() for part in parts for value in part.state_dict().values())
    assert np.abs(drawn(file, tmp_path).astype(int) - drawn(tmp_path / "folder", tmp_path)).max() <= 2


def test_the_vocabulary_is_clips():
    tokenizer = clip_tokenizer()
    assert len(tokenizer) == 49408 and tokenizer.model_max_length == 77
    assert tokenizer("a photo of a cat").input_ids == [49406, 320, 1125, 539, 320, 2368, 49407]


def without(prefix: str, parts) -> dict:
    from original_layout import original

    return dict.fromkeys(name for name in original(*parts) if name.startswith(prefix))


FIRST = "model.diffusion_model.input_blocks.0.0.weight"
REFUSED = {
    "inpainting": ({FIRST: torch.zeros(32, 9, 3, 3)}, "inpainting model"),
    "instructions": ({FIRST: torch.zeros(32, 8, 3, 3)}, "by instructions"),
    "sdxl": ({"conditioner.embedders.1.model.ln_final.weight": torch.zeros(2)}, "made for SDXL"),
    "version 2": ({"cond_stage_model.model.ln_final.weight": torch.zeros(2)}, "made for Stable Diffusion 2"),
    "a layer less": ({"model.diffusion_model.out.2.weight": None}, "no model of the 1.5 class"),
    "no number": ({"model.diffusion_model.out.2.bias": torch.full((4,), torch.nan)}, "not numbers"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_other_models_are_refused_with_a_sentence(parts, tmp_path, case):
    changed, message = REFUSED[case]
    path = single_file(tmp_path / "x.safetensors", parts, changed=changed)
    with pytest.raises(CheckpointError, match=message) as refused:
        drawn(path, tmp_path)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("prefix", "what"), [("cond_stage_model", "no text encoder"), ("first_stage", "no autoencoder")]
)
def test_half_a_model_is_refused(parts, tmp_path, prefix, what):
    path = single_file(tmp_path / "half.safetensors", parts, changed=without(prefix, parts))
    assert what in PromptsPipeline(tmp_path, str(path)).missing()


def test_files_of_other_kinds_are_named(tmp_path):
    save_file({"lora_unet_x.lora_down.weight": torch.zeros(2, 2)}, tmp_path / "a.safetensors")
    save_file({"x": torch.zeros(2)}, tmp_path / "b.safetensors")
    (tmp_path / "c.ckpt").write_bytes(b"PK\3\4" + bytes(99))
    (tmp_path / "d.safetensors").write_bytes(b"<!DOCTYPE html><html>" + bytes(99))
    (tmp_path / "e.safetensors").write_bytes(b"")
    words = {"a.safetensors": "a LoRA", "b.safetensors": "no denoiser", "c.ckpt": "no safetensors file"}
    for name, message in {**words, "d.safetensors": "not a safetensors file", "e.safetensors": "empty"}.items():
        assert message in describe(tmp_path / name).problem


def test_a_denoiser_of_eight_latent_channels_edits_nothing(plain, tmp_path):
    shutil.copytree(plain, tmp_path / "eight")
    config = tmp_path / "eight" / "unet" / "config.json"
    write_json(config, {**read_json(config), "in_channels": 8, "out_channels": 8})
    assert not describe(tmp_path / "eight").problem
    write_json(config, {**read_json(config), "out_channels": 4})
    assert "by instructions" in describe(tmp_path / "eight").problem


def test_folders_of_other_models_are_refused(plain, tmp_path):
    for name, part, changed, message in (
        ("inpaint", "unet/config.json", {"in_channels": 9}, "inpainting"),
        ("xl", "model_index.json", {"_class_name": "StableDiffusionXLPipeline"}, "SDXL"),
        ("flux", "model_index.json", {"_class_name": "FluxPipeline"}, "FluxPipeline"),
    ):
        shutil.copytree(plain, tmp_path / name)
        write_json(tmp_path / name / part, {**read_json(tmp_path / name / part), **changed})
        assert message in PromptsPipeline(tmp_path, str(tmp_path / name)).missing()
    shutil.copytree(plain, tmp_path / "wide")
    weights = tmp_path / "wide" / "unet" / "diffusion_pytorch_model.safetensors"
    save_file({**load_file(weights), "conv_in.bias": torch.zeros(7)}, weights)
    with pytest.raises(CheckpointError, match="wide"):
        drawn(tmp_path / "wide", tmp_path)


@pytest.mark.parametrize("form", ["{}", " {} ", '"{}"', "'{}'", ' "{}" ', "file://{}", "“{}”", "{}/"])
def test_paths_as_people_paste_them(plain, form, monkeypatch):
    assert locate(form.format(plain)).resolve() == plain.resolve()
    monkeypatch.setenv("LATENTSCAPE_SD", form.format(plain))
    assert locate("sd").resolve() == plain.resolve()
    assert sources.find("sd", plain).resolve() == (plain / "vae").resolve()


def test_home_and_escaped_spaces(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cleaned_path("'~/my models'") == cleaned_path(r"~/my\ models") == str(tmp_path / "my models")


def test_models_are_found_where_they_lie(plain, file, tmp_path):
    shutil.copytree(plain, tmp_path / "models" / "a")
    shutil.copy(file, tmp_path / "models" / "b.safetensors")
    snapshot = tmp_path / "cache" / "models--someone--tiny" / "snapshots" / "1"
    shutil.copytree(plain, snapshot)
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("1")
    assert {title for title, _ in found()} >= {"a", "b.safetensors"}
    assert locate("a") == tmp_path / "models" / "a" and locate("b.safetensors").is_file()
    with pytest.raises(CheckpointError, match=r"not on this machine .* Set LATENTSCAPE_SD"):
        locate("c")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError, match=r"holds no model_index\.json"):
        locate(str(tmp_path / "empty"))


def test_the_only_model_is_drawn_with_where_none_is_named(plain, tmp_path):
    shutil.copytree(plain, tmp_path / "models" / "a")
    assert locate("sd") == tmp_path / "models" / "a"
    shutil.copytree(plain, tmp_path / "models" / "b")
    with pytest.raises(CheckpointError, match="not on this machine"):
        locate("sd")


def test_distilled_models_have_their_steps_and_solver(plain, tmp_path):
    turbo, lcm = tmp_path / "sd-turbo", tmp_path / "consistent"
    for folder in (turbo, lcm):
        shutil.copytree(plain, folder)
    scheduler = {**read_json(plain / "scheduler" / "scheduler_config.json")}
    write_json(
        turbo / "scheduler" / "scheduler_config.json",
        {**scheduler, "_class_name": "EulerDiscreteScheduler", "timestep_spacing": "trailing"},
    )
    unet = UNet2DConditionModel.from_pretrained(plain / "unet")
    conditioned = UNet2DConditionModel.from_config({**unet.config, "time_cond_proj_dim": 16})
    shutil.rmtree(lcm / "unet")
    conditioned.save_pretrained(lcm / "unet")
    usual = {folder.name: PromptsPipeline(tmp_path, str(folder)).usual() for folder in (plain, turbo, lcm)}
    assert (usual["plain"].steps, usual["plain"].guidance) == (20, 7.5)
    assert usual["sd-turbo"].steps <= 4 and usual["sd-turbo"].guidance == 1.0
    assert usual["consistent"].steps <= 8 and usual["consistent"].solver == "lcm"
    for folder in (turbo, lcm):
        pipeline = PromptsPipeline(tmp_path, str(folder))
        recipe = replace(pipeline.usual(), prompt="a hat")
        images = [
            list(pipeline.draw(PromptRequest(replace(recipe, guidance=scale)), previews=False))[-1].drawings[0].image
            for scale in (1.5, 8.0)
        ]
        assert images[0].tobytes() != images[1].tobytes()  # an LCM is conditioned on the scale


def test_a_tiny_autoencoder_decodes_where_a_folder_holds_one(plain, tmp_path):
    folder = tmp_path / "taesd"
    shutil.copytree(plain, folder)
    shutil.rmtree(folder / "vae")
    widths = {"encoder_block_out_channels": (8,) * 4, "decoder_block_out_channels": (8,) * 4}
    counts = {"num_encoder_blocks": (1, 1, 1, 1), "num_decoder_blocks": (1, 1, 1, 1)}
    AutoencoderTiny(**widths, **counts).save_pretrained(folder / "vae")
    assert drawn(folder, tmp_path).shape == (320, 320, 3)


def test_a_model_is_loaded_with_progress_and_forgotten(plain, file, tmp_path):
    pool = NetworkPool(tmp_path)
    for path in (plain, file):
        reports = []
        pool.text(path, reports.append)
        assert reports == ["text encoder", "denoiser", "autoencoder"] and pool.loaded_text(path)
        pool.unload_text(path)
        assert not pool.loaded_text(path)


def test_autoencoders_in_the_models_folder_are_offered_for_reconstruction(parts, file, plain, tmp_path):
    """A file with an autoencoder alone, a whole model's file, a folder; the one by itself comes first."""
    models = tmp_path / "models"
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    shutil.copytree(plain, models / "sd15")
    assert sources.find("sd", tmp_path) == models / "sd15" / "vae"
    shutil.rmtree(models / "sd15")
    shutil.copy(file, models / "v1-5.safetensors")
    whole = open_codec("sd", tmp_path)
    own = {n.removeprefix("first_stage_model."): v for n, v in load_file(file).items() if n.startswith("first_stage")}
    save_file(own, models / "vae-ft-mse.safetensors")
    assert sources.find("sd", tmp_path).name == "vae-ft-mse.safetensors"
    alone = open_codec("sd", tmp_path)
    vae = parts[1].half().float()
    with torch.no_grad():
        expected = vae.encode(x).latent_dist.mean * vae.config.scaling_factor
    for codec in (whole, alone):
        torch.testing.assert_close(codec.encode(x), expected, atol=1e-4, rtol=1e-4)
        assert (codec.size, codec.latent_shape) == (256, (4, 32, 32))
    assert "Reconstruction tab" in describe(models / "vae-ft-mse.safetensors").problem
    with pytest.raises(CheckpointError, match="TAESD are not on this machine"):
        sources.find("taesd", tmp_path)
    tiny = AutoencoderTiny().eval()
    save_file(tiny.state_dict(), models / "taesd.safetensors")
    assert sources.find("taesd", tmp_path).name == "taesd.safetensors"
    with torch.no_grad():
        torch.testing.assert_close(open_codec("taesd", tmp_path).encode(x), tiny.encode(x).latents)
    (models / "taesd.safetensors").unlink()
    tiny.save_pretrained(models / "small" / "taesd")
    assert sources.find("taesd", tmp_path) == models / "small" / "taesd"
