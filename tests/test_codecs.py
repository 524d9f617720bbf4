"""Every autoencoder behind one interface: keys, folders, the Hugging Face cache; and whole photos in tiles."""

from __future__ import annotations

import json

import huggingface_hub
import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, AutoencoderTiny
from PIL import Image
from safetensors.torch import load_file, save_file

from core import checkpoints
from core.checkpoints import CheckpointError
from core.images import to_tensor
from core.latents import sources
from core.latents.codecs import open_codec
from core.latents.tiles import Tiling, plan


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """No weights of this machine but those that a test puts there."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    for hosted in sources.HOSTED.values():
        monkeypatch.delenv(hosted.variable, raising=False)


@pytest.fixture(scope="session")
def foreign():
    """Tiny random models of Stable Diffusion's and TAESD's classes."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        kl = AutoencoderKL(
            down_block_types=["DownEncoderBlock2D"] * 4,
            up_block_types=["UpDecoderBlock2D"] * 4,
            block_out_channels=[8] * 4,
            norm_num_groups=4,
            sample_size=512,
        )
        widths = {"encoder_block_out_channels": (8,) * 4, "decoder_block_out_channels": (8,) * 4}
        tiny = AutoencoderTiny(**widths, num_encoder_blocks=(1, 1, 1, 1), num_decoder_blocks=(1, 1, 1, 1))
    return {"sd": kl.eval(), "taesd": tiny.eval()}


def in_cache(model, folder, repository, subfolder=""):
    """Saves a model in the layout of the Hugging Face cache."""
    place = folder / f"models--{repository.replace('/', '--')}"
    commit = "0" * 40
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text(commit)
    model.save_pretrained(place / "snapshots" / commit / subfolder)


def pixels(seed=1, size=(64, 64)):
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (max(2, size[1] // 8), max(2, size[0] // 8), 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC))


@pytest.mark.parametrize(("key", "shape"), [("kl", (4, 16, 16)), ("cae", (16,)), ("vae", (16,))])
def test_built_in_ones_by_key(tiny_checkpoints, key, shape):
    opened = open_codec(key, tiny_checkpoints)
    z = opened.encode(to_tensor(pixels()))
    x = opened.decode(z)
    assert z.shape == (1, *shape) == (1, *opened.latent_shape) and opened.flat == (len(shape) == 1)
    assert x.shape == (1, 3, 64, 64) and x.abs().max() <= 1 and opened.size == 64
    assert opened.fingerprint == checkpoints.fingerprint(tiny_checkpoints / sources.BUILT_IN[key])


@pytest.mark.parametrize("how", ["folder", "variable", "cache"])
@pytest.mark.parametrize(("key", "factor"), [("sd", 0.18215), ("taesd", 1.0)])
def test_foreign_ones_with_their_factor(foreign, tiny_checkpoints, tmp_path, monkeypatch, key, factor, how):
    model = foreign[key]
    if how == "cache":
        repository, subfolder = sources.HOSTED[key].places[-1]
        in_cache(model, tmp_path / "cache", repository, subfolder)
    else:
        inside = tmp_path / "pipeline" / ("vae" if key == "sd" else "")
        model.save_pretrained(inside)
        monkeypatch.setenv(sources.HOSTED[key].variable, str(tmp_path / "pipeline"))
    opened = open_codec(tmp_path / "pipeline" if how == "folder" else key, tiny_checkpoints)
    x = to_tensor(pixels(size=(256, 256)))
    with torch.no_grad():
        raw = model.encode(x).latent_dist.mode() if key == "sd" else model.encode(x).latents
        back = model.decode(raw).sample.clamp(-1, 1)
    z = opened.encode(x)
    assert opened.size == 256 and opened.latent_shape == (4, 32, 32) == tuple(z.shape[1:])
    assert torch.allclose(z, raw * factor, atol=1e-5)
    assert (opened.decode(z) - back).abs().max() < 4e-3  # half a level of a saved picture


@pytest.mark.parametrize("key", ["kl", "cae", "vae"])
def test_metadata_is_read_without_loading(tiny_checkpoints, key):
    folder = tiny_checkpoints / sources.BUILT_IN[key]
    metadata, model = sources.metadata(folder), checkpoints.load_model(folder)
    assert metadata.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert metadata.variational == (key == "vae")


def test_metadata_of_foreign_ones(foreign, tmp_path):
    for key, model in foreign.items():
        model.save_pretrained(tmp_path / key)
        metadata = sources.metadata(tmp_path / key)
        assert metadata.parameters == sum(parameter.numel() for parameter in model.parameters())
        assert (metadata.size, metadata.latent_shape) == (256, (4, 32, 32))


def test_absent_ones_say_how_to_get_them(tmp_path, monkeypatch):
    with pytest.raises(CheckpointError, match=r"train_autoencoder.py --model vae"):
        open_codec("vae", tmp_path)
    with pytest.raises(CheckpointError, match=r"Download them \(334.6 MB .* LATENTSCAPE_SD"):
        open_codec("sd", tmp_path)
    monkeypatch.setenv("LATENTSCAPE_TAESD", str(tmp_path / "nowhere"))
    with pytest.raises(CheckpointError, match=r"LATENTSCAPE_TAESD is set to .*, but no autoencoder lies there"):
        open_codec("taesd", tmp_path)
    with pytest.raises(CheckpointError, match="no autoencoder 'nothing'"):
        open_codec("nothing", tmp_path)


def test_a_cache_with_config_alone_is_no_model(foreign, tmp_path):
    repository, _ = sources.HOSTED["taesd"].places[0]
    in_cache(foreign["taesd"], tmp_path / "cache", repository)
    next((tmp_path / "cache").rglob("*.safetensors")).unlink()
    assert sources.cached(repository) is None


def spoil(folder, damage):
    weights = folder / checkpoints.WEIGHTS
    tensors = load_file(weights)
    name = next(iter(tensors))
    if damage == "pickle":
        weights.rename(folder / "diffusion_pytorch_model.bin")
    elif damage == "cut":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif damage == "header":
        weights.write_bytes(b"\xff" * 64)
    elif damage == "lacking":
        save_file({key: value for key, value in tensors.items() if key != name}, weights)
    elif damage == "left over":
        save_file({**tensors, "extra": torch.zeros(1)}, weights)
    elif damage == "nan":
        save_file({**tensors, name: torch.full_like(tensors[name], torch.nan)}, weights)
    elif damage == "class":
        (folder / "config.json").write_text(json.dumps({"_class_name": "VQModel"}))
    elif damage == "json":
        (folder / "config.json").write_text("{")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("pickle", "other weight formats are not opened"),
        ("cut", "cannot be opened"),
        ("header", "weights file is damaged"),
        ("lacking", "differ in"),
        ("left over", "differ in"),
        ("nan", "not numbers"),
        ("class", "holds a VQModel, not an AutoencoderKL"),
        ("json", "cannot be read"),
    ],
)
@pytest.mark.parametrize("key", ["sd", "taesd"])
def test_damaged_folders_are_refused_with_a_sentence(foreign, tmp_path, key, damage, words):
    foreign[key].save_pretrained(tmp_path / "model", safe_serialization=True)
    spoil(tmp_path / "model", damage)
    with pytest.raises(CheckpointError, match=words):
        open_codec(tmp_path / "model", tmp_path)


def test_percentile_is_the_share_of_test_pictures_that_come_back_worse():
    faces, food = np.linspace(20, 30, 101), np.linspace(15, 25, 101)
    assert sources.percentile(25.0, [faces]) == pytest.approx(50)
    assert sources.percentile(25.0, [faces, food]) == pytest.approx(75)
    assert sources.percentile(float("inf"), [faces, food]) == 100 and sources.percentile(1.0, [faces]) == 0
    assert sources.percentile(25.0, []) is None


def test_figures_of_other_weights_do_not_count(tmp_path):
    table = {"celeba": list(range(101))}
    checkpoints.write_json(tmp_path / "metrics.json", {"weights": "abc", "psnr_percentiles": table})
    assert len(sources.percentiles(tmp_path, "abc")) == 1
    assert sources.percentiles(tmp_path, "def") == [] == sources.percentiles(tmp_path / "nowhere", "abc")


# --- tiles ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "length", "overlap"), [(16, 16, 4), (5, 16, 4), (17, 16, 4), (100, 16, 4), (9, 1, 0)]
)
def test_tiles_cover_everything_and_their_weights_add_up(total, length, overlap):
    axis = plan(total, length, overlap)
    for finer in (1, 4):
        summed = np.zeros(total * finer)
        for start, weights in zip(axis.starts, axis.weights(finer), strict=True):
            summed[start * finer : (start + axis.length) * finer] += weights
        assert np.allclose(summed, 1, atol=1e-6)
    assert all(second - first <= length - overlap for first, second in zip(axis.starts, axis.starts[1:], strict=False))


@pytest.mark.parametrize("size", [(200, 150), (64, 64), (131, 67), (20, 300)])
def test_a_network_without_context_is_the_same_in_tiles(size):
    """Averaging 4x4 pixels and repeating them: no tile can be told from the whole."""
    picture = pixels(2, size)
    height, width = picture.shape[:2]
    tiling = Tiling(height, width, 4, 64)
    latents = np.zeros((3, *tiling.latent_size), np.float32)
    rebuilt = np.zeros_like(picture)
    calls = sum(1 for _ in tiling.encode(picture, lambda x: torch.nn.functional.avg_pool2d(x, 4), latents))
    calls += sum(
        1 for _ in tiling.decode(latents, lambda z: z.repeat_interleave(4, 2).repeat_interleave(4, 3), rebuilt)
    )
    assert calls == 2 * len(tiling)
    padded = np.pad(picture, ((0, -height % 4), (0, -width % 4), (0, 0)), mode="edge")
    blocks = padded.reshape(padded.shape[0] // 4, 4, padded.shape[1] // 4, 4, 3).mean(axis=(1, 3))
    expected = blocks.repeat(4, 0).repeat(4, 1)[:height, :width]
    assert np.abs(rebuilt - expected).max() <= 0.51


def test_taesd_in_tiles_is_taesd_away_from_their_borders(foreign, tmp_path):
    foreign["taesd"].save_pretrained(tmp_path / "taesd")
    codec = open_codec(tmp_path / "taesd", tmp_path)
    picture = pixels(3, (320, 256))
    x = to_tensor(picture)
    tiling = Tiling(256, 320, 8, 256)
    latents = np.zeros((4, 32, 40), np.float32)
    for _ in tiling.encode(picture, codec.encode, latents):
        pass
    whole = codec.encode(x)[0].numpy()
    assert np.allclose(latents[:, :, :4], whole[:, :, :4], atol=1e-4)
