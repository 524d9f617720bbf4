"""Autoencoders with a flat code, soft labels, runs that begin with given weights, presets compared."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_sets import latent_set, picture_set, rows_of

from core import checkpoints
from core.models import FlatAutoencoder
from core.models.autoencoder import kl_divergence
from core.training import faces, flat_autoencoder
from core.training.attribute_confidence import confidence_ranks, soften_labels
from core.training.compare_presets import compared_presets, train_for
from core.training.export import export_run
from core.training.flat_autoencoder import PRESETS, code_divergence, train_flat_autoencoder


def sets():
    return {"celeba": picture_set(count=40), "food101": picture_set("food101", count=40, seed=3)}


def test_a_plain_code_is_exported_with_mean_zero_and_deviation_one(tmp_path):
    train_flat_autoencoder(sets(), None, PRESETS["smoke"], tmp_path / "run", variational=False)
    with pytest.raises(checkpoints.CheckpointError, match="exported with --data"):
        export_run(tmp_path / "run", tmp_path / "cae", which="last")
    before = checkpoints.load_model(tmp_path / "run" / "last")
    export_run(tmp_path / "run", tmp_path / "cae", which="last", sets=sets())
    after = checkpoints.load_model(tmp_path / "cae")
    x = torch.cat([torch.from_numpy(s.pixels[s.indices("train")]) for s in sets().values()])
    x = x.permute(0, 3, 1, 2) / 127.5 - 1
    z = after.encode(x)
    assert after.kind == "cae" and z.shape == (len(x), 16)
    assert z.mean(dim=0).abs().max() < 0.05 and (z.std(dim=0) - 1).abs().max() < 0.1
    assert (before(x) - after(x)).abs().max() < 0.02


def test_a_variational_code_keeps_the_scale_of_its_prior(tmp_path):
    train_flat_autoencoder(sets(), None, PRESETS["smoke"], tmp_path / "run", variational=True)
    before = checkpoints.load_model(tmp_path / "run" / "last")
    export_run(tmp_path / "run", tmp_path / "vae", which="last", sets=sets())
    after = checkpoints.load_model(tmp_path / "vae")
    x = torch.rand(2, 3, 64, 64) * 2 - 1
    assert after.kind == "vae" and torch.allclose(before.encode(x), after.encode(x), atol=2e-3)
    rows = rows_of(tmp_path / "run")
    assert rows[0]["kl"] == 0.0 and rows[-2]["kl"] > 0  # beta rises from zero
    assert rows[-1]["val_nats"] > 0


def test_the_flat_run_resumes_as_if_nothing_had_happened(tmp_path):
    whole = train_flat_autoencoder(sets(), None, PRESETS["smoke"], tmp_path / "whole", variational=True)
    train_flat_autoencoder(sets(), None, PRESETS["smoke"], tmp_path / "broken", variational=True, until=2)
    resumed = train_flat_autoencoder(sets(), None, PRESETS["smoke"], tmp_path / "broken", variational=True, resume=True)
    for a, b in zip(whole.averaged().parameters(), resumed.averaged().parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_variational_run_begins_with_the_codes_of_a_plain_one(tmp_path):
    plain = FlatAutoencoder(**PRESETS["smoke"].model)
    torch.nn.init.normal_(plain.decoder[-2].weight, std=0.1)
    checkpoints.save_model(plain, tmp_path / "cae")
    still = replace(PRESETS["smoke"], loop=replace(PRESETS["smoke"].loop, learning_rate=0.0))
    loop = train_flat_autoencoder(sets(), None, still, tmp_path / "run", variational=True, start=tmp_path / "cae")
    x = torch.rand(2, 3, 64, 64) * 2 - 1
    mean, logvar = loop.averaged().posterior(x)
    assert torch.allclose(mean, plain.encode(x), atol=5e-3) and torch.equal(logvar, torch.full_like(logvar, -3.0))
    narrow = flat_autoencoder.with_size(still, 8, None)
    with pytest.raises(checkpoints.CheckpointError, match="another shape"):
        train_flat_autoencoder(sets(), None, narrow, tmp_path / "no", variational=True, start=tmp_path / "cae")


def test_the_divergence_of_codes_sums_what_the_mean_averages():
    mean, logvar = torch.randn(5, 16), torch.randn(5, 16)
    assert torch.allclose(code_divergence(mean, logvar).mean() / 16, kl_divergence(mean, logvar))
    assert float(code_divergence(torch.zeros(1, 4), torch.zeros(1, 4))) == 0.0


def test_a_size_that_cannot_be_halved_is_refused():
    with pytest.raises(ValueError, match="cannot be halved"):
        FlatAutoencoder(widths=(16, 16, 16), sample_size=36)


def test_confidence_ranks_pictures_among_those_with_the_same_label():
    attributes = np.tile(np.array([[1], [1], [1], [-1], [-1]], np.int8), (1, 40))
    logits = np.tile(np.array([[3.0], [-1.0], [0.5], [-2.0], [4.0]], np.float32), (1, 40))
    confidence = confidence_ranks(logits, attributes)
    assert np.allclose(confidence[:, 0], [1.0, 1 / 3, 2 / 3, 1.0, 0.5])  # absent is surest where the logit is lowest


def test_soft_labels_keep_their_sign_and_follow_the_confidence():
    labels = torch.from_numpy(np.random.default_rng(0).choice([-1.0, 1.0], (2000, 40))).float()
    confidence = torch.rand(2000, 40, generator=torch.Generator().manual_seed(1))
    softened = soften_labels(labels, confidence, torch.Generator().manual_seed(0), share=0.4)
    soft_labels = (softened != labels).any(dim=1)
    assert 0.36 < soft_labels.float().mean() < 0.44
    assert torch.equal(softened.sign(), labels) and torch.equal(softened[~soft_labels], labels[~soft_labels])
    assert torch.allclose(softened[soft_labels].abs(), 0.25 + 0.75 * confidence[soft_labels])


def test_a_face_run_begins_with_given_weights_and_records_them(tmp_path):
    first = faces.train_faces(latent_set(), faces.PRESETS["smoke"], tmp_path / "first")
    export_run(tmp_path / "first", tmp_path / "faces", which="last")
    still = replace(faces.PRESETS["smoke"], loop=replace(faces.PRESETS["smoke"].loop, learning_rate=0.0))
    confidence = np.full((24, 40), 0.5, np.float32)
    start = tmp_path / "faces"
    second = faces.train_faces(latent_set(), still, tmp_path / "second", confidence=confidence, start=start)
    for a, b in zip(first.averaged().parameters(), second.averaged().parameters(), strict=True):
        assert torch.allclose(a, b, atol=2e-3)  # through half precision
    metadata = checkpoints.read_json(tmp_path / "second" / "run.json")
    assert metadata["started_from"]["weights"] == checkpoints.fingerprint(tmp_path / "faces")
    assert metadata["started_from"]["pictures_seen"] == 48
    other = replace(still, overrides={"widths": (16, 16, 32)})
    with pytest.raises(checkpoints.CheckpointError, match="do not fit"):
        faces.train_faces(latent_set(), other, tmp_path / "no", start=tmp_path / "faces")


def test_compared_presets_differ_in_what_is_compared_and_train_for_the_time_given(tmp_path):
    named = compared_presets("smoke")
    assert {preset.prediction for preset in named.values()} == {"v_prediction", "flow", "epsilon"}
    assert named["baseline U-Net, noise"].overrides == {"conditioning": "cross"}
    assert compared_presets("cpu")["baseline U-Net, noise"].shape == "baseline"
    short = train_for(latent_set(), named["ours, flow"], 0.001, tmp_path / "flow")
    assert short.loop.steps == 12 and rows_of(tmp_path / "flow")[-1]["step"] == 12
    assert not (tmp_path / "flow-probe").exists()
