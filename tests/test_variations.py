"""Variations: a tiny model from a face denoiser's weights to pictures like a photo, arithmetic, and bad input."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_sets import embedding_set, latent_set, rows_of

from core import attributes, checkpoints
from core.attributes import AttributeValueError
from core.checkpoints import CheckpointError
from core.diffusion.objective import Objective
from core.diffusion.variations import noises, vary_steps
from core.models import VariationUNet
from core.networks.pool import pool_of
from core.pipelines.compare.embeddings import borrow, mix, walk
from core.pipelines.compare.folder import vary_files
from core.pipelines.compare.generators import draw
from core.pipelines.compare.pipeline import VariationsPipeline
from core.pipelines.compare.types import Batch, VariationRequest
from core.pipelines.models.parts import draw as diagrams
from core.recipe import RecipeError
from core.training import variations
from core.training.export import export_run

SMOKE = variations.PRESETS["smoke"]


def made_with(root):
    names = {"autoencoder": "autoencoder-kl", "classifier": "classifier"}
    return {part: checkpoints.fingerprint(root / name) for part, name in names.items()}


@pytest.fixture(scope="module")
def root(tiny_checkpoints, tmp_path_factory):
    """The tiny checkpoints with a variation model that began with their face denoiser."""
    root = tmp_path_factory.mktemp("variations") / "checkpoints"
    shutil.copytree(tiny_checkpoints, root)
    run = root.parent / "run"
    data = latent_set(), embedding_set(), made_with(root)
    variations.train_variations(*data, SMOKE, run, start=root / "faces")
    export_run(run, root / "variations", which="last")
    return root


@pytest.fixture(scope="module")
def pipeline(root):
    return VariationsPipeline(root)


def photo(hue=0):
    pixels = np.zeros((80, 70, 3), np.uint8)
    pixels[20:60, 20:50, hue] = 200
    return Image.fromarray(pixels)


def drawn(pipeline, request):
    *_, result = pipeline.draw(request)
    return result


def test_training_begins_with_the_face_denoiser_and_keeps_its_objective(root):
    faces, model = (checkpoints.load_model(root / name) for name in ("faces", "variations"))
    scheduler = checkpoints.read_json(root / "variations" / "scheduler_config.json")
    assert scheduler == Objective("v_prediction").scheduler_config()
    training = json.loads((root / "variations" / "training.json").read_text())
    assert training["started_from"]["weights"] == checkpoints.fingerprint(root / "faces")
    pairs = [
        (faces.conv_in.weight, model.unet.conv_in.weight),
        (faces.time.mlp[0].weight, model.unet.time.mlp[0].weight),
    ]
    assert all((a - b).abs().max() < 0.02 for a, b in pairs)  # four steps from where they began
    rows = rows_of(root.parent / "run")
    assert any("val_loss" in row and "val_unconditional" in row for row in rows)


def test_its_network_is_drawn(root):
    (diagram,) = diagrams(root / "variations")
    assert not diagram.problem and "VariationUNet" in diagram.svg


def test_a_killed_run_goes_on_as_if_nothing_had_happened(root, tmp_path):
    data = latent_set(), embedding_set(), made_with(root)
    variations.train_variations(*data, SMOKE, tmp_path, start=root / "faces", until=3)
    variations.train_variations(*data, SMOKE, tmp_path, start=root / "faces", resume=True)
    assert rows_of(tmp_path) == rows_of(root.parent / "run")


def test_only_what_reads_the_condition_learns_where_that_is_asked(root, tmp_path):
    from dataclasses import replace

    data = latent_set(), embedding_set(), made_with(root)
    loop = variations.train_variations(*data, replace(SMOKE, whole=False), tmp_path, start=root / "faces")
    before = checkpoints.load_model(root / "faces").state_dict()
    after = loop.modules["model"].unet.state_dict()
    moved = {name for name, value in before.items() if name in after and not torch.equal(value, after[name])}
    assert moved and all(any(part in name for part in variations.READS_CONDITION) for name in moved)


def test_a_start_of_another_kind_or_shape_is_refused(root, tmp_path):
    data = latent_set(), embedding_set(), made_with(root)
    for start, sentence in (("classifier", "neither a face denoiser"), ("other", "another shape")):
        if start == "other":
            shutil.copytree(root / "faces", tmp_path / "other")
            data = latent_set(channels=6), *data[1:]
        folder = tmp_path / "other" if start == "other" else root / start
        with pytest.raises(CheckpointError, match=sentence):
            variations.build_model(*data[:2], np.arange(8), SMOKE, folder)


def test_variations_repeat_differ_by_seed_and_follow_the_photo(pipeline):
    request = VariationRequest(photo(), seed=5, count=2)
    first = drawn(pipeline, request)
    assert [variation.seed for variation in first.variations] == [5, 6]
    assert first.seen.image.size == first.variations[0].image.size == (64, 64)
    assert set(first.variations[0].achieved) == set(attributes.NAMES)
    again = drawn(pipeline, request)
    assert first.variations[0].image.tobytes() == again.variations[0].image.tobytes()
    assert first.variations[0].image.tobytes() != first.variations[1].image.tobytes()
    other = drawn(pipeline, VariationRequest(photo(1), seed=5, count=1))
    assert other.variations[0].image.tobytes() != first.variations[0].image.tobytes()


def test_subtle_variations_are_nearer_to_the_photo(pipeline):
    """Below full noise the photo's own latents are a part of where the drawing begins."""
    subtle, strong = (list(pipeline.draw(VariationRequest(photo(), strength=s, count=1))) for s in ("subtle", "strong"))
    assert len(subtle) < len(strong)


@pytest.mark.parametrize("prediction", ["flow", "v_prediction", "epsilon"])
def test_a_perfect_denoiser_returns_the_latents(prediction):
    """What knows the clean latents brings them back from any level."""
    objective, z = Objective(prediction), torch.randn(2, 4, 8, 8)

    def denoise(x, timesteps, _):
        alpha, sigma = objective.at(timesteps)
        return objective.target(z[: len(x)], (x - alpha * z[: len(x)]) / sigma, timesteps)

    for level, expected in ((1.0, 8), (0.5, 4)):
        options = {"steps": 8, "level": level, "guidance": 1.0}
        steps = list(vary_steps(denoise, objective, z, noises([1, 2], (4, 8, 8)), torch.ones(2, 3), **options))
        assert len(steps) == expected and torch.allclose(steps[-1].latents, z, atol=1e-2)


def test_attributes_reach_the_variation_model_through_its_prior(root):
    wanted = np.zeros((2, attributes.COUNT), np.float32)
    wanted[1, attributes.INDEX["Smiling"]] = 1
    first, second = draw(pool_of(root), "variations", Batch([3, 3], wanted))
    assert first.shape == (64, 64, 3) and not np.array_equal(first, second)


def test_arithmetic_is_exact_in_what_it_changes(root):
    classifier = checkpoints.load_model(root / "classifier")
    head = classifier.attribute_head.weight.numpy()
    a, b = np.random.default_rng(0).normal(size=(2, 32)).astype(np.float32)
    changed = borrow(a, b, ["Blond_Hair", "Bangs"], head)
    rows = [attributes.INDEX["Blond_Hair"], attributes.INDEX["Bangs"]]
    assert np.allclose(head[rows] @ changed, head[rows] @ b, atol=1e-4)
    assert np.linalg.norm(changed - a) < np.linalg.norm(b - a)
    assert borrow(a, b, [], head) is a
    assert np.allclose(mix(a, b, 0.25), 0.75 * a + 0.25 * b)
    assert np.allclose(walk(a, b, 3), [a, (a + b) / 2, b])


def test_two_photos_are_mixed(pipeline):
    seen, other = pipeline.see(photo()), pipeline.see(photo(1))
    request = VariationRequest(photo(), other=photo(1), share=1.0)
    assert np.allclose(pipeline.changed(request, seen), other.embedding, atol=1e-5)
    assert np.array_equal(pipeline.changed(VariationRequest(photo()), seen), seen.embedding)


def test_a_walk_goes_from_the_first_photo_to_the_second_with_one_seed(pipeline):
    request = VariationRequest(photo(), other=photo(1), seed=5, count=3, walk=True)
    seen, other = pipeline.see(photo()), pipeline.see(photo(1))
    found = pipeline.embeddings(request, seen)
    assert np.allclose(found, [seen.embedding, (seen.embedding + other.embedding) / 2, other.embedding], atol=1e-5)
    pictures = drawn(pipeline, request).variations
    assert [one.seed for one in pictures] == [5, 5, 5]
    (alone,) = drawn(pipeline, VariationRequest(photo(), seed=5, count=1)).variations
    differ = np.abs(np.asarray(pictures[0].image, int) - np.asarray(alone.image, int))
    assert differ.max() <= 2  # in a batch of another size
    assert pictures[0].image.tobytes() != pictures[2].image.tobytes()


def test_a_cancelled_drawing_ends_without_a_result(pipeline):
    steps = list(pipeline.draw(VariationRequest(photo(), count=1), cancel=lambda: True))
    assert steps == []


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"walk": True, "count": 4}, RecipeError, "second photo"),
        ({"walk": True, "count": 1, "other": photo()}, RecipeError, "two pictures"),
        ({"count": 0}, RecipeError, "from 1 to 16"),
        ({"seed": -1}, RecipeError, "seed"),
        ({"strength": "wild"}, RecipeError, "subtle or strong"),
        ({"share": 0.5}, RecipeError, "second photo"),
        ({"other": photo(), "share": 2}, RecipeError, "from 0 to 1"),
        ({"other": photo(), "borrowed": ("Tall",)}, AttributeValueError, "Tall"),
    ],
)
def test_requests_that_do_not_fit_are_refused(change, error, sentence):
    with pytest.raises(error, match=sentence):
        VariationRequest(photo(), **change)


def test_folders_are_varied_and_what_is_left_out_is_said(pipeline, tmp_path):
    source = tmp_path / "photos"
    source.mkdir()
    photo().save(source / "a.png")
    (source / "broken.jpg").write_bytes(b"no picture")
    problems = []
    options = {"count": 2, "seed": 1, "strength": "subtle"}
    files = list(vary_files(pipeline, source, tmp_path / "out", options, align=False, problems=problems))
    assert [path.name for path in files] == ["00000-a-0.png", "00000-a-1.png"] and files[0].is_file()
    assert [name for name, _ in problems] == ["broken.jpg"]


def test_missing_or_exchanged_parts_are_named(root, tiny_checkpoints, tmp_path):
    assert "train_variations.py" in VariationsPipeline(tiny_checkpoints).missing()
    shutil.copytree(root, tmp_path / "root")
    classifier = checkpoints.load_model(root / "classifier")
    with torch.no_grad():
        classifier.embed.weight.mul_(2)
    checkpoints.save_model(classifier, tmp_path / "root" / "classifier")
    with pytest.raises(CheckpointError, match="another classifier"):
        VariationsPipeline(tmp_path / "root").require()


def test_a_condition_of_zeros_is_none():
    model = VariationUNet({"latent_channels": 4, "widths": (8, 8), "blocks": 1, "attention": (False, True)}, 6)
    assert torch.equal(model.condition(torch.zeros(1, 6))[:, -1], torch.ones(1))
    token = model.unet.tokens
    assert torch.equal(token(torch.zeros(2, 7), pooled=True), token.open.expand(2, -1))
