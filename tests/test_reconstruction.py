"""The Reconstruction pipeline: one picture, grids, latents and whole photos."""

from __future__ import annotations

import threading
from dataclasses import replace

import huggingface_hub
import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from tiny_pictures import photo

from core import checkpoints
from core.checkpoints import CheckpointError
from core.latents import sources
from core.pipelines.reconstruction.losses import losses
from core.pipelines.reconstruction.pipeline import ReconstructionPipeline
from core.pipelines.reconstruction.types import (
    Advance,
    GridRequest,
    Reconstruction,
    ReconstructionRequest,
    Surgery,
    SurgeryRequest,
)
from core.recipe import RecipeError

BUILT_IN = ("cae", "vae", "kl")


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """No weights of this machine but those that a test puts there."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    for hosted in sources.HOSTED.values():
        monkeypatch.delenv(hosted.variable, raising=False)


@pytest.fixture(scope="module")
def pipeline(tiny_checkpoints):
    return ReconstructionPipeline(tiny_checkpoints)


def same(first, second):
    return np.array_equal(np.asarray(first), np.asarray(second))


def equal(first: Reconstruction, second: Reconstruction) -> bool:
    figures = ("psnr", "ssim", "embedding_distance", "percentile")
    return same(first.after, second.after) and all(getattr(first, x) == getattr(second, x) for x in figures)


# --- one picture ------------------------------------------------------------------------------------------------------


def test_models_are_listed_whether_present_or_not(pipeline, tmp_path):
    found = {model.key: model for model in pipeline.models()}
    assert tuple(found) == ("cae", "vae", "kl", "sd", "taesd")
    assert [model.key for model in found.values() if model.present] == list(BUILT_IN)
    assert found["vae"].prior and found["vae"].flat and not found["cae"].prior and not found["kl"].flat
    assert found["kl"].ratio == 12 and found["kl"].parameters > 1000
    assert "LATENTSCAPE_SD" in found["sd"].problem and found["sd"].download.startswith("334.6 MB")
    bare = ReconstructionPipeline(tmp_path).models()
    assert not any(model.present for model in bare) and "train_autoencoder.py --model cae" in bare[0].problem


@pytest.mark.parametrize("key", BUILT_IN)
def test_figures_are_those_of_the_two_pictures(pipeline, key):
    result = pipeline.reconstruct(ReconstructionRequest(photo(), key))
    before, after = np.asarray(result.before), np.asarray(result.after)
    assert before.shape == after.shape == (64, 64, 3)
    assert result.psnr == pytest.approx(peak_signal_noise_ratio(before, after), abs=1e-6)
    assert result.ssim == pytest.approx(structural_similarity(before, after, channel_axis=2), abs=1e-6)
    difference = (before.astype(float) - after) ** 2
    assert np.allclose(result.error, np.sqrt(difference.mean(axis=2)), atol=1e-4)
    assert result.latents.shape == pipeline.model(key).latent_shape and result.latents.dtype == np.float32
    assert 0 <= result.embedding_distance <= 2 and result.milliseconds > 0 and result.percentile is None


def test_percentile_comes_from_the_measured_test_pictures(tiny_checkpoints, tmp_path):
    for name in ("autoencoder-kl", "classifier"):
        (tmp_path / name).symlink_to(tiny_checkpoints / name)
    own = tmp_path / "autoencoder-vae"
    own.mkdir()
    for file in ("config.json", checkpoints.WEIGHTS):
        (own / file).write_bytes((tiny_checkpoints / "autoencoder-vae" / file).read_bytes())
    table = {"celeba": list(range(101)), "food101": [0.0] * 101}
    checkpoints.write_json(own / "metrics.json", {"psnr_percentiles": table})
    pipeline = ReconstructionPipeline(tmp_path)
    result = pipeline.reconstruct(ReconstructionRequest(photo(), "vae"))
    assert result.percentile == pytest.approx((result.psnr + 100) / 2)
    assert pipeline.reconstruct(ReconstructionRequest(photo(), "kl")).percentile is None


def test_the_classifier_is_not_needed(tiny_checkpoints, tmp_path):
    (tmp_path / "autoencoder-kl").symlink_to(tiny_checkpoints / "autoencoder-kl")
    assert ReconstructionPipeline(tmp_path).reconstruct(ReconstructionRequest(photo())).embedding_distance is None


def test_a_page_cannot_name_folders_of_the_machine(tiny_checkpoints):
    folder = str(tiny_checkpoints / "autoencoder-cae")
    with pytest.raises(RecipeError, match="choose one of cae, vae"):
        ReconstructionPipeline(tiny_checkpoints).reconstruct(ReconstructionRequest(photo(), folder))
    own = ReconstructionPipeline(tiny_checkpoints, folders=True)
    by_key = own.reconstruct(ReconstructionRequest(photo(), "cae"))
    assert equal(own.reconstruct(ReconstructionRequest(photo(), folder)), by_key)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (20_000, 2), (64, 64), (3000, 2)])
def test_any_shape_is_taken(pipeline, size):
    result = pipeline.reconstruct(ReconstructionRequest(photo(size=size), "kl"))
    assert result.before.size == result.after.size == (64, 64) and np.isfinite(result.psnr)


# --- the grid ---------------------------------------------------------------------------------------------------------


def test_cells_are_what_single_reconstructions_are(pipeline):
    pictures = tuple((f"{seed}.png", photo(seed)) for seed in range(3))
    cells = list(pipeline.grid(GridRequest(pictures, BUILT_IN)))
    assert [(cell.row, cell.column) for cell in cells] == [(row, column) for row in range(3) for column in range(3)]
    assert [cell.done for cell in cells] == list(range(1, 10)) and {cell.total for cell in cells} == {9}
    for cell in cells:
        alone = pipeline.reconstruct(ReconstructionRequest(pictures[cell.row][1], BUILT_IN[cell.column]))
        assert equal(cell.result, alone)


def test_absent_models_spoil_their_own_cells_only(pipeline):
    pictures = (("a", photo()), ("b", photo(2)))
    cells = list(pipeline.grid(GridRequest(pictures, ("sd", "kl", "../etc"))))
    problems = {(cell.row, cell.column): cell.problem for cell in cells if cell.result is None}
    assert set(problems) == {(0, 0), (1, 0), (0, 2), (1, 2)}
    assert "Download them" in problems[0, 0] and "no model" in problems[0, 2]


def test_large_models_come_last(tiny_checkpoints, tmp_path, monkeypatch):
    blocks = {"down_block_types": ["DownEncoderBlock2D"] * 2, "up_block_types": ["UpDecoderBlock2D"] * 2}
    sizes = {"block_out_channels": [8, 8], "norm_num_groups": 4, "sample_size": 144}
    AutoencoderKL(**blocks, **sizes, mid_block_add_attention=False).save_pretrained(tmp_path / "sd" / "vae")
    monkeypatch.setenv("LATENTSCAPE_SD", str(tmp_path / "sd"))
    pipeline = ReconstructionPipeline(tiny_checkpoints)
    cells = pipeline.grid(GridRequest((("a", photo()), ("b", photo(2))), ("sd", "cae")))
    order = [(cell.row, cell.column) for cell in cells]
    assert order == [(0, 1), (1, 1), (0, 0), (1, 0)]


def test_several_at_once_get_what_each_gets_alone(pipeline):
    expected = [pipeline.reconstruct(ReconstructionRequest(photo(seed), "kl")) for seed in range(6)]
    found = [None] * 6

    def work(seed):
        found[seed] = pipeline.reconstruct(ReconstructionRequest(photo(seed), "kl"))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(equal(first, second) for first, second in zip(found, expected, strict=True))


# --- latents ----------------------------------------------------------------------------------------------------------


def test_latents_to_look_at(pipeline):
    latents = pipeline.reconstruct(ReconstructionRequest(photo(), "kl")).latents
    view = pipeline.latent(ReconstructionRequest(photo(), "kl"))
    assert len(view.channels) == 4 and view.channels[0].size == (16, 16) and not len(view.code)
    low, high = view.scale
    shown = np.asarray(view.channels[2], float) / 255 * (high - low) + low
    assert np.allclose(shown, latents[2].clip(low, high), atol=(high - low) / 255)
    assert np.allclose(view.mean, latents.mean(axis=(1, 2)), atol=1e-5)
    for histogram in view.histograms:
        assert histogram.counts.sum() == 256 and len(histogram.edges) == len(histogram.counts) + 1
    flat = pipeline.latent(ReconstructionRequest(photo(), "vae"))
    assert not flat.channels and flat.code.shape == (16,) and len(flat.histograms) == 1 == len(flat.mean)


@pytest.mark.parametrize("key", ["kl", "cae"])
def test_surgery_of_nothing_is_a_reconstruction_and_of_something_is_not(pipeline, key):
    plain = pipeline.reconstruct(ReconstructionRequest(photo(), key))
    assert equal(pipeline.operate(SurgeryRequest(photo(), key)), plain)
    for surgery in (Surgery(silence=(0, 1)), Surgery(bits=1), Surgery(noise=1.0), Surgery(swap=(0, 1))):
        result = pipeline.operate(SurgeryRequest(photo(), key, surgery, photo(2)))
        assert same(result.before, plain.before) and not same(result.after, plain.after), surgery
        assert not np.array_equal(result.latents, plain.latents)


def test_all_channels_swapped_are_the_other_picture(pipeline):
    surgery = Surgery(swap=(0, 1, 2, 3))
    swapped = pipeline.operate(SurgeryRequest(photo(), "kl", surgery, photo(2)))
    assert same(swapped.after, pipeline.reconstruct(ReconstructionRequest(photo(2), "kl")).after)


def test_samples_come_from_their_seeds(pipeline):
    state = torch.random.get_rng_state()
    three = pipeline.sample("vae", 5, 3)
    assert same(three[2], pipeline.sample("vae", 7)[0]) and not same(three[0], three[1])
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize(("key", "spherical"), [("kl", False), ("vae", False), ("vae", True)])
def test_interpolations_begin_and_end_with_the_two_pictures(pipeline, key, spherical):
    first, second = photo(1), photo(2)
    way = pipeline.interpolate(key, first, second, 5, spherical=spherical)
    assert len(way) == 5 and not same(way[2], way[0])
    for end, picture in ((way[0], first), (way[-1], second)):
        expected = np.asarray(pipeline.reconstruct(ReconstructionRequest(picture, key)).after, int)
        assert np.abs(np.asarray(end, int) - expected).max() <= 1


def test_a_dimension_is_traversed_and_all_else_stays(pipeline):
    code = pipeline.reconstruct(ReconstructionRequest(photo(), "cae")).latents
    there, same_again = pipeline.traverse("cae", photo(), 3, [2.0, float(code[3])])
    expected = np.asarray(pipeline.reconstruct(ReconstructionRequest(photo(), "cae")).after, int)
    assert np.abs(np.asarray(same_again, int) - expected).max() <= 1
    assert not same(there, same_again)
    mean = pipeline.traverse("vae", None, 0, [0.0, 0.0, 1.0])
    assert same(mean[0], mean[1]) and not same(mean[0], mean[2])
    assert len(pipeline.traverse("kl", photo(), 3, [-1.0, 1.0])) == 2


def test_what_cannot_be_done_is_said(pipeline):
    with pytest.raises(RecipeError, match="straight lines"):
        pipeline.interpolate("kl", photo(), photo(2), spherical=True)
    with pytest.raises(RecipeError, match="no dimension 16"):
        pipeline.traverse("vae", None, 16, [0.0])
    with pytest.raises(RecipeError, match="no channel 9"):
        pipeline.operate(SurgeryRequest(photo(), "kl", Surgery(silence=(9,))))
    with pytest.raises(RecipeError, match="Choose the picture"):
        pipeline.operate(SurgeryRequest(photo(), "kl", Surgery(swap=(0,))))
    with pytest.raises(RecipeError, match="1 to 64 pictures"):
        pipeline.sample("vae", 0, 0)
    with pytest.raises(CheckpointError, match="Download them"):
        pipeline.latent(ReconstructionRequest(photo(), "taesd"))


# --- whole photos -----------------------------------------------------------------------------------------------------


def test_a_whole_photo_keeps_its_shape_and_reports_progress(pipeline):
    picture = photo(size=(190, 121))
    *steps, result = pipeline.whole(ReconstructionRequest(picture, "kl", whole=True))
    assert all(isinstance(step, Advance) for step in steps) and steps[-1].done == steps[-1].total == len(steps)
    assert result.before.size == result.after.size == (190, 121) and same(result.before, picture)
    assert result.latents.shape == (4, 31, 48) and result.error.shape == (121, 190)
    assert result.psnr == pytest.approx(peak_signal_noise_ratio(np.asarray(picture), np.asarray(result.after)))
    assert equal(pipeline.reconstruct(ReconstructionRequest(picture, "kl", whole=True)), result)


def test_a_whole_photo_of_one_tile_is_the_plain_reconstruction(pipeline):
    picture = photo(size=(64, 64))
    plain = pipeline.reconstruct(ReconstructionRequest(picture, "kl"))
    whole = pipeline.reconstruct(ReconstructionRequest(picture, "kl", whole=True))
    assert equal(whole, replace(plain, percentile=None))


def test_a_whole_photo_can_be_stopped(pipeline):
    steps = list(pipeline.whole(ReconstructionRequest(photo(size=(300, 300)), "kl", whole=True), cancel=lambda: True))
    assert len(steps) == 1


@pytest.mark.parametrize(
    ("key", "size", "words"),
    [("vae", (90, 70), "one code of a square"), ("kl", (6000, 5000), "30 megapixels"), ("kl", (90, 9), "16 pixels")],
)
def test_photos_that_cannot_be_sent_whole_say_so(pipeline, key, size, words):
    with pytest.raises(RecipeError, match=words):
        pipeline.reconstruct(ReconstructionRequest(Image.new("RGB", size), key, whole=True))


@pytest.mark.parametrize("height", [7, 13, 300, 1007])
def test_figures_in_strips_are_those_of_the_whole(height, monkeypatch):
    monkeypatch.setattr("core.pipelines.reconstruction.losses.STRIP", 5000)
    random = np.random.default_rng(4)
    before = random.integers(0, 256, (height, 50, 3), dtype=np.uint8)
    after = np.clip(before + random.normal(0, 20, before.shape), 0, 255).astype(np.uint8)
    lost = losses(after, before)
    assert lost.psnr == pytest.approx(peak_signal_noise_ratio(before, after), abs=1e-6)
    assert lost.ssim == pytest.approx(structural_similarity(before, after, channel_axis=2), abs=1e-6)
    assert losses(before, before).psnr == float("inf")
