"""Measuring checkpoints: the figures add up, the files land where they should, the cards say what was measured."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from core import data, metrics
from core.attributes import NAMES, vector
from core.checkpoints import CheckpointError, load_model
from core.data import DataError, PictureSet
from core.evaluation import EVALUATIONS, Options, evaluate, evaluate_elsewhere
from core.evaluation.batched import classify, pictures_of, reconstruct
from core.evaluation.difficulty import by_attribute, by_class, describe, extremes
from core.evaluation.generate import draw_faces, resolved, vectors
from core.evaluation.options import recorded
from core.evaluation.prior import posterior_figures, prior_samples
from core.latents.codecs import open_codec
from core.latents.sources import BUILT_IN
from core.models import FlatAutoencoder, LatentCodec
from core.networks.pool import pool_of
from core.pipelines.faces.engine import FaceEngine
from core.pipelines.faces.pipeline import FacesPipeline
from core.pipelines.models.pipeline import CheckpointIndex
from core.recipe import Recipe
from core.reports.cards import model_card

MEASURED = [
    name for name in EVALUATIONS if name not in ("clip", "text", "gan", "variations")
]  # have test files of their own
PAIRED = ("celeba", "food101")
COMMAND = "python scripts/evaluate.py NAME --data celeba=DIR/celeba"


@pytest.fixture(scope="module")
def sets(synthetic_celeba, synthetic_food, tmp_path_factory):
    cache = tmp_path_factory.mktemp("cache")
    paths = {"celeba": synthetic_celeba, "food101": synthetic_food}
    return {kind: data.load(kind, path, 64, cache) for kind, path in paths.items()}


@pytest.fixture(scope="module")
def measured(tiny_checkpoints, sets, tmp_path_factory):
    """A checkpoint root after all evaluations, and the folder for what is not shipped."""
    root = tmp_path_factory.mktemp("measured") / "checkpoints"
    shutil.copytree(tiny_checkpoints, root)
    work = root.parent / "work"
    options = Options(COMMAND, "test", samples=10, control=3, prior=12, work=work)
    for name in MEASURED:
        evaluate(name, root, sets, options)
    return root, work


def figures(measured, name):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads((measured[0] / name / "metrics.json").read_text(), parse_constant=refuse)


def test_classifier_figures_are_those_of_its_output(measured, sets):
    found = figures(measured, "classifier")
    assert found["command"] == COMMAND and found["pictures"] == {"celeba": 8, "food101": 6}
    assert list(found["attributes"]) == list(NAMES)
    logits = classify(load_model(measured[0] / "classifier"), pictures_of(sets["celeba"], "test")).attributes
    truth = sets["celeba"].attributes[sets["celeba"].indices("test")] > 0
    smiling = NAMES.index("Smiling")
    row = found["attributes"]["Smiling"]
    assert row["auc"] == pytest.approx(metrics.auc(truth[:, smiling], logits[:, smiling]), rel=1e-4)
    assert row["accuracy"] == pytest.approx(((logits[:, smiling] > 0) == truth[:, smiling]).mean(), rel=1e-4)
    accuracies = [row["accuracy"] for row in found["attributes"].values()]
    assert found["attributes_mean"]["accuracy"] == pytest.approx(np.mean(accuracies), rel=1e-4)
    likely = [group["probability"] for group in found["calibration"].values()]
    assert likely == sorted(likely) and likely[0] >= 0 and likely[-1] <= 1
    assert np.mean([group["present"] for group in found["calibration"].values()]) == pytest.approx(
        truth.mean(), abs=0.05
    )
    assert found["classes_mean"]["top_3"] == 1.0  # of three classes
    assert sum(row["pictures"] for row in found["classes"].values()) == 6
    counts = np.array(found["confusion"]["pictures"])
    assert counts.sum(axis=1).tolist() == [row["pictures"] for row in found["classes"].values()]
    hits = np.diagonal(counts) / counts.sum(axis=1)
    assert hits == pytest.approx([row["recall"] for row in found["classes"].values()], rel=1e-4)
    assert list(found["class_calibration"]["1"]) == ["probability", "present"]
    together = found["cooccurrence"]
    assert sorted(together["names"]) == sorted(NAMES) and np.shape(together["correlation"]) == (40, 40)


def test_autoencoder_figures_are_those_of_its_reconstructions(measured, sets):
    found = figures(measured, "autoencoder-kl")
    assert found["latent_size"] == "4x16x16" and found["compression_ratio"] == 12
    originals = pictures_of(sets["celeba"], "test")
    decibels = metrics.psnr(reconstruct(LatentCodec(load_model(measured[0] / "autoencoder-kl")), originals), originals)
    assert found["reconstruction"]["celeba"]["psnr"] == pytest.approx(decibels.mean(), rel=1e-4)
    table = found["psnr_percentiles"]["celeba"]
    assert len(table) == 101 and table == sorted(table)
    assert (table[0], table[100]) == pytest.approx((decibels.min(), decibels.max()), abs=0.01)
    assert len(found["latent_channels"]["food101"]["mean"]) == 4


@pytest.mark.parametrize("name", ["autoencoder-cae", "autoencoder-vae", "autoencoder-kl"])
def test_every_autoencoder_has_its_price_and_what_is_hard(measured, name):
    found = figures(measured, name)
    assert found["command"] == COMMAND and "nothing is sampled" in found["protocol"]
    model = load_model(measured[0] / name)
    assert found["parameters"] == sum(parameter.numel() for parameter in model.parameters())
    flat = name != "autoencoder-kl"
    assert (found["latent_size"], found["latent_values"]) == (("16", 16) if flat else ("4x16x16", 1024))
    assert found["compression_ratio"] == pytest.approx(64 * 64 * 3 / found["latent_values"], rel=1e-4)
    assert len(found["latent_channels"]["celeba"]["mean"]) == (16 if flat else 4)
    for row in found["milliseconds_per_picture"].values():
        assert row["encode"] > 0 and row["decode"] > 0
    small = "2x2" if flat else "18x18"
    assert set(found["baselines"]["celeba"]) == {"mean_picture", f"shrunk_to_{small}"}
    assert set(found["attribute_error"]["celeba"]) <= set(NAMES) and "food101" not in found["attribute_error"]
    assert sum(row["pictures"] for row in found["class_error"]["food101"].values()) == 6
    worst, best = found["worst"]["celeba"], found["best"]["celeba"]
    assert len(worst) == 8 and worst["1"]["psnr"] <= worst["8"]["psnr"] and worst["1"] == best["8"]
    assert found["prior"]["samples_of_the_prior"]["pictures"] == 12 and found["prior_against"] == ["celeba", "food101"]
    assert ("posterior" in found) == (name == "autoencoder-vae")


def test_attribute_rows_are_means_and_a_standard_error():
    labels = -np.ones((6, 40), dtype=np.int8)
    labels[:3, NAMES.index("Smiling")] = 1
    labels[0, NAMES.index("Bald")] = 1  # one picture: nothing to compare
    decibels = np.array([20.0, 21.0, 22.0, 30.0, 31.0, 32.0])
    (row,) = by_attribute(labels, decibels, decibels / 100).values()
    assert (row["pictures"], row["psnr_with"], row["psnr_without"]) == (3, 21.0, 31.0)
    assert row["psnr_difference"] == -10 and row["embedding_distance_difference"] == pytest.approx(-0.1)
    assert row["psnr_standard_error"] == pytest.approx((2 / 3) ** 0.5)
    classes = by_class(np.array([0, 0, 1, 1, 1, 2]), ("a", "b", "c"), decibels, decibels, decibels)
    assert list(classes) == ["a", "b"] and classes["b"]["psnr"] == pytest.approx(83 / 3)


def test_extremes_are_described_by_the_rarest_attribute_first(sets):
    faces = sets["celeba"]
    rows = faces.indices("test")
    decibels = np.arange(len(rows))[::-1].astype(float)
    found = extremes(faces, rows, decibels, decibels)
    assert found["worst"]["1"]["index"] == rows[-1] and found["best"]["1"]["index"] == rows[0]
    words = found["best"]["1"]["described"]
    present = faces.attributes[rows] > 0
    assert set(words) == {name for name, value in zip(NAMES, present[0], strict=True) if value}
    shares = [present[:, NAMES.index(word)].mean() for word in words]
    assert shares == sorted(shares)
    food = sets["food101"]
    assert describe(food, food.indices("test"))[0] == [food.class_names[food.classes[food.indices("test")[0]]]]
    close = PictureSet("utkface", np.zeros((2, 8, 8, 3), np.uint8), ("a/31_0_1_x.jpg", "x.jpg"), np.zeros(2))
    assert describe(close, np.arange(2)) == [["age 31"], []]


def test_divergence_and_active_dimensions_are_those_of_the_posterior():
    vae = FlatAutoencoder(variational=True, code_dim=4, widths=(16, 16)).eval()
    with torch.no_grad():
        vae.to_code.weight[4:] = 0
        vae.to_code.weight[1:4] = 0  # only the first dimension tells pictures apart
        vae.to_code.weight[0] *= 100
        vae.to_code.bias.zero_()
        vae.to_code.bias[1] = 2.0
        vae.to_code.bias[4:] = 0
    pixels = np.random.default_rng(3).integers(0, 256, (12, 64, 64, 3), dtype=np.uint8)
    pixels[6:] //= 4
    found = posterior_figures(vae, pixels)
    assert (found["active_dimensions"], found["dimensions"]) == (1, 4)
    assert found["divergence_nats"] > 2.0 - 1e-4  # the second dimension alone: 2 squared over 2
    assert found["posterior_deviation"] == pytest.approx(1.0)


def test_samples_of_the_prior_belong_to_their_seeds(tiny_checkpoints):
    codec = open_codec("vae", tiny_checkpoints)
    assert np.array_equal(prior_samples(codec, 70)[:5], prior_samples(codec, 5))


def test_an_autoencoder_of_others_is_measured_into_a_file(tiny_checkpoints, sets, tmp_path):
    from diffusers import AutoencoderTiny

    widths = {"encoder_block_out_channels": (8, 8), "decoder_block_out_channels": (8, 8)}
    blocks = {"num_encoder_blocks": (1, 1), "num_decoder_blocks": (1, 1)}
    AutoencoderTiny(**widths, **blocks).save_pretrained(tmp_path / "taesd")
    options = Options(COMMAND, most=4, work=tmp_path / "work")
    out = tmp_path / "new" / "benchmark-taesd.json"
    evaluate_elsewhere(str(tmp_path / "taesd"), tiny_checkpoints, sets, options, out)
    found = json.loads(out.read_text())
    assert found["title"] == "taesd" and found["class"] == "AutoencoderTiny" and found["latent_size"] == "4x32x32"
    assert found["pictures"] == {"celeba": 4, "food101": 4} and "prior" not in found
    with pytest.raises(CheckpointError, match="no autoencoder"):
        evaluate_elsewhere("nowhere", tiny_checkpoints, sets, options, out)


def test_face_figures_have_their_counts_and_bounds(measured):
    found = figures(measured, "faces")
    assert found["pictures"] == {"samples": 10, "test": 8, "train": 32}
    assert (found["seeds"], found["steps"], found["solver"]) == ("0 to 9", Recipe().steps, Recipe().solver)
    assert set(found["measured_with"]) == {"autoencoder-kl", "classifier"}
    assert found["frechet"]["real_test_pictures"]["to_test"] == pytest.approx(0, abs=1e-6)
    assert found["frechet"]["as_many_samples_as_test_pictures"]["pictures"] == 8
    assert len(found["control"]) == 6 and found["control_settings"]["faces"] == 36
    for row in found["control"].values():
        assert row["followed"] == pytest.approx((row["present"] + row["absent"]) / 2, abs=1e-5)
        assert 0 <= row["real_present_balanced"] <= 1
    assert 0 < found["neighbours"]["pixels"]["test_least"] <= found["neighbours"]["pixels"]["test_median"] < 255


def test_data_pictures_never_reach_a_checkpoint_folder(measured):
    root, work = measured
    expected = {"README.md", "config.json", "diffusion_pytorch_model.safetensors", "metrics.json", "training.json"}
    assert {path.name for path in (root / "classifier").iterdir()} == expected
    for name in BUILT_IN.values():
        assert {path.name for path in (root / name).iterdir()} == {*expected, "samples.webp"}
    more = {"samples.webp", "scheduler_config.json", "bias.json"}  # the last is of tiny_checkpoints
    assert {path.name for path in (root / "faces").iterdir()} == {*expected, *more}
    pairs = {
        f"{name}-{kind}-{which}.png" for name in BUILT_IN.values() for kind in PAIRED for which in ("best", "worst")
    }
    assert {path.name for path in work.iterdir()} == {"neighbours-embedding.png", "neighbours-pixels.png", *pairs}
    for name in (*BUILT_IN.values(), "faces"):
        with Image.open(root / name / "samples.webp") as sheet:
            assert sheet.width > 800


@pytest.mark.parametrize("name", MEASURED)
def test_card_has_front_matter_figures_and_limits(measured, name):
    text = (measured[0] / name / "README.md").read_text()
    front = yaml.safe_load(text.split("---\n")[1])
    assert front["license"] == "other" and "latentscape" in front["tags"] and front["library_name"] and front["metrics"]
    assert COMMAND in text and "non-commercial research" in text and "celebrities" in text
    assert "```python\n" in text and "nan" not in text.lower().split()
    card = CheckpointIndex(measured[0]).card(name)
    assert card.status == "present" and not card.notes and card.metrics
    assert card.text.startswith("# ") and card.title in text


def test_the_snippet_of_the_autoencoder_card_works(measured, monkeypatch):
    monkeypatch.chdir(measured[0].parent)
    snippet = (measured[0] / "autoencoder-kl" / "README.md").read_text().split("```python\n")[1].split("```")[0]
    space = {"x": torch.zeros(1, 3, 64, 64)}
    exec(snippet, space)
    assert space["y"].shape == (1, 3, 64, 64)


def test_card_of_a_folder_that_is_not_measured(tmp_path):
    text = str(model_card(tmp_path / "some-new-model"))
    assert "# Some new model" in text and "Not measured yet." in text and "Not recorded." in text


def test_card_shows_presets_that_were_compared(tmp_path):
    training = {"steps": 3, "comparison": {"baseline": {"validation": 0.5}, "cpu": {"validation": 0.25}}}
    (tmp_path / "training.json").write_text(json.dumps(training))
    assert "| baseline | 0.500 |" in str(model_card(tmp_path))


def test_faces_without_celeba_and_unknown_names_are_sentences(tiny_checkpoints, sets, tmp_path):
    with pytest.raises(DataError, match="--data celeba=DIR"):
        evaluate("faces", tiny_checkpoints, {"food101": sets["food101"]}, Options(work=tmp_path))
    with pytest.raises(CheckpointError, match="no evaluation of 'nothing'"):
        evaluate("nothing", tiny_checkpoints, sets, Options())
    with pytest.raises(CheckpointError, match="train_faces"):
        evaluate("faces", tmp_path, sets, Options())
    with pytest.raises(DataError, match="pictures"):
        evaluate("autoencoder-kl", tiny_checkpoints, {}, Options(work=tmp_path))


def test_autoencoder_can_be_measured_before_the_faces_exist(tiny_checkpoints, sets, tmp_path):
    for name in ("classifier", "autoencoder-kl"):
        shutil.copytree(tiny_checkpoints / name, tmp_path / name)
    evaluate("autoencoder-kl", tmp_path, {"celeba": sets["celeba"]}, Options(prior=8, work=tmp_path / "work"))
    assert (tmp_path / "autoencoder-kl" / "samples.webp").is_file()


def test_batches_draw_what_the_app_draws(tiny_checkpoints):
    recipe = Recipe(steps=3)
    requests = [{"Smiling": 1.0}, {}, {"Bald": 1.0, "Bangs": 0.5}]
    together = draw_faces(FaceEngine(pool_of(tiny_checkpoints)), recipe, range(3), vectors(requests))
    pipeline = FacesPipeline(tiny_checkpoints)
    for seed, values in enumerate(requests):
        *_, result = pipeline.draw(Recipe(seed=seed, attributes=values, steps=3), previews=False)
        alone = np.asarray(result.faces[0].image).astype(int)
        assert np.abs(alone - together[seed]).max() <= 2  # rounding alone


def test_contradictions_are_resolved_as_in_the_app():
    row = resolved(vectors([{"Bald": 1.0, "Bangs": 0.5}]))[0]
    assert (row == vector({"Bald": 1.0})).all()


def test_recorded_command_names_no_place_on_this_machine(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    arguments = ["/somewhere/scripts/evaluate.py", "faces", "--data", "celeba=/home/me/my data/celeba"]
    arguments += ["--work", str(tmp_path / "runs" / "e"), "--samples", "9"]
    expected = "python scripts/evaluate.py faces --data celeba=DIR/celeba --work runs/e --samples 9"
    assert recorded(arguments) == expected


def test_a_command_is_recorded_without_where_things_lie():
    said = recorded(["evaluate.py", "faces", "--data", "celeba=../elsewhere/celeba", "--data", "celeba=runs/celeba"])
    assert said == "python scripts/evaluate.py faces --data celeba=DIR/celeba --data celeba=runs/celeba"
