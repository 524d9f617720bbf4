"""Each trainer takes a few real steps, survives a kill, and what it leaves behind loads through the app's loader."""

import json
import resource
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_sets import latent_set, picture_set, rows_of

from core import checkpoints, data
from core.latents import LatentSet, encode_set
from core.latents.store import LatentsError
from core.models import LatentCodec
from core.models.classifier import PerceptualLoss, PictureClassifier
from core.training import autoencoder, batches, classifier, faces
from core.training.calibration import calibrate, fitted_temperature
from core.training.export import export_run
from core.training.loop import Loop, LoopConfig
from core.training.state import load_state, save_state


def test_classifier_trains_exports_and_loads(tmp_path):
    foods = picture_set("food101", with_classes=True, seed=5)
    loop = classifier.train_classifier(picture_set(), foods, classifier.PRESETS["smoke"], tmp_path / "run")
    assert loop.step == 4
    with pytest.raises(checkpoints.CheckpointError, match="--data celeba"):
        export_run(tmp_path / "run", tmp_path / "classifier", which="last")
    export_run(tmp_path / "run", tmp_path / "classifier", which="last", sets={"celeba": picture_set()})
    model = checkpoints.load_model(tmp_path / "classifier")
    output = model(torch.zeros(2, 3, 64, 64))
    assert output.attributes.shape == (2, 40) and output.classes.shape == (2, 2)
    assert model.config.class_names == ["pizza", "sushi"]
    training = checkpoints.read_json(tmp_path / "classifier" / "training.json")
    assert training["steps"] == 4 and training["curves"]["loss"]["steps"] == [1, 2, 3, 4]
    assert {"loss", "val_loss", "val_auc"} <= training["curves"].keys()


def test_faces_are_conditioned_on_the_detail_of_their_pictures(tmp_path):
    data = replace(latent_set(), detail=np.where(np.arange(24) % 2, 1.0, 0.5).astype(np.float32))
    loop = faces.train_faces(data, faces.PRESETS["smoke"], tmp_path / "run")
    model = checkpoints.load_model(tmp_path / "run" / "last")
    assert (
        model.config.detail
        and not faces.train_faces(
            replace(data, detail=np.ones(24, np.float32)), faces.PRESETS["smoke"], tmp_path / "plain"
        )
        .modules["model"]
        .config.detail
    )
    assert loop.modules["model"].detail_embedding.mlp[-1].weight.abs().max() > 0  # the condition is learned
    z, t, a = torch.randn(2, 4, 16, 16), torch.tensor([500, 900]), torch.zeros(2, 40)
    assert torch.equal(model(z, t, a), model(z, t, a, torch.ones(2)))  # full detail where nothing is said
    torch.nn.init.normal_(model.detail_embedding.mlp[-1].weight)
    assert not torch.allclose(model(z, t, a), model(z, t, a, torch.full((2,), 0.5)))


def test_enlarged_pictures_are_shown_under_much_noise_alone():
    timesteps, detail = torch.tensor([0, 0, 500, 999]), torch.tensor([1.0, 0.5, 0.5, 0.5])
    assert faces.raise_timesteps(timesteps, detail, 0.3).tolist() == [0, 300, 650, 999]


def test_an_exported_classifier_is_as_sure_as_it_is_right():
    random = np.random.default_rng(5)
    logits = random.normal(0, 2, (4000, 3))
    truth = random.random((4000, 3)) < 1 / (1 + np.exp(-logits))  # the probabilities are right at temperature 1 ...
    assert fitted_temperature(logits, truth) == pytest.approx(1.0, abs=0.06)
    assert fitted_temperature(logits / 2, truth) == pytest.approx(0.5, abs=0.03)  # ... and half as sure at 1/2
    faces = picture_set(count=48)
    tiny = {"stem_width": 16, "widths": (16, 16, 32, 32), "blocks": 1, "embedding_dim": 32}
    model = PictureClassifier(class_names=(), **tiny).eval().requires_grad_(False)
    before = model(torch.zeros(1, 3, 64, 64)).attributes
    metadata = calibrate(model, faces)
    after = model(torch.zeros(1, 3, 64, 64)).attributes
    assert torch.allclose(after * metadata["temperature"], before, atol=1e-3)
    assert metadata["priors"]["Smiling"] == pytest.approx(
        (faces.attributes[faces.indices("train"), 31] > 0).mean(), abs=1e-4
    )


def test_autoencoder_folds_its_statistics(tmp_path):
    sets = {"celeba": picture_set(), "food101": picture_set("food101", seed=3)}
    perceptual = PictureClassifier(stem_width=16, widths=(16, 16, 32, 32), blocks=1, embedding_dim=32)
    autoencoder.train_autoencoder(sets, perceptual, autoencoder.PRESETS["smoke"], tmp_path / "run")
    assert "discriminator" in rows_of(tmp_path / "run")[-2]
    before = checkpoints.load_model(tmp_path / "run" / "last")
    export_run(tmp_path / "run", tmp_path / "kl", which="last", sets=sets)
    after = LatentCodec(checkpoints.load_model(tmp_path / "kl"))
    x = batches.pictures(sets["celeba"], sets["celeba"].indices("train"))
    z = torch.cat([after.encode(x), after.encode(batches.pictures(sets["food101"], sets["food101"].indices("train")))])
    assert z.mean(dim=(0, 2, 3)).abs().max() < 0.02
    assert (z.std(dim=(0, 2, 3)) - 1).abs().max() < 0.05
    unfolded = LatentCodec(before)
    assert (unfolded.decode(unfolded.encode(x)) - after.decode(after.encode(x))).abs().max() < 0.02


@pytest.mark.parametrize(("stop", "muon"), [(2, False), (3, True), (5, False)])
def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path, stop, muon):
    preset, latents = faces.PRESETS["smoke"], latent_set()
    preset = replace(preset, loop=replace(preset.loop, muon=muon))
    whole = faces.train_faces(latents, preset, tmp_path / "whole")
    faces.train_faces(latents, preset, tmp_path / "broken", until=stop)
    with open(tmp_path / "broken" / "log.jsonl", "a") as file:  # what a kill after the last snapshot leaves
        file.write(json.dumps({"step": stop + 1, "seconds": 1.0, "loss": 99.0}) + "\n")
    resumed = faces.train_faces(latents, preset, tmp_path / "broken", resume=True)
    assert rows_of(tmp_path / "whole") == rows_of(tmp_path / "broken")
    for a, b in zip(whole.averaged().parameters(), resumed.averaged().parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_gan_run_resumes_too(tmp_path):
    sets, preset = {"celeba": picture_set()}, autoencoder.PRESETS["smoke"]
    autoencoder.train_autoencoder(sets, None, preset, tmp_path / "whole")
    autoencoder.train_autoencoder(sets, None, preset, tmp_path / "broken", until=3)
    autoencoder.train_autoencoder(sets, None, preset, tmp_path / "broken", resume=True)
    assert rows_of(tmp_path / "whole") == rows_of(tmp_path / "broken")


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "flow"])
def test_every_objective_learns(tmp_path, prediction):
    preset = replace(faces.PRESETS["smoke"], prediction=prediction, uniform_times=1.0)
    preset = replace(preset, loop=replace(preset.loop, steps=60, learning_rate=3e-3, validate_every=60, log_every=20))
    latents = latent_set()
    constant = replace(latents, latents=np.broadcast_to(latents.latents[:1], latents.latents.shape))
    faces.train_faces(constant, preset, tmp_path)
    rows = rows_of(tmp_path)
    assert rows[2]["loss"] < 0.9 * rows[0]["loss"]


def test_attribute_dropout_leaves_values_or_zero():
    values = torch.from_numpy(np.random.default_rng(0).choice([-1.0, 1.0], (4000, 40))).float()
    dropped = faces.drop_attributes(values, torch.Generator().manual_seed(0), unconditional=0.1, complete=0.3)
    assert torch.equal(dropped[dropped != 0], values[dropped != 0])
    kept = (dropped != 0).float().mean(dim=1)
    assert 0.08 < (kept == 0).float().mean() < 0.35  # the unconditional share and those that kept almost nothing
    assert 0.27 < (kept == 1).float().mean() < 0.36


def test_pictures_with_rare_attributes_come_up_more_often():
    values = -np.ones((100, 40), dtype=np.int8)
    values[:, 0] = 1  # all show it
    values[:4, 5] = 1  # four in a hundred
    values[0, 6] = 1  # one in a hundred
    factors = faces.repeat_factors(values, below=0.16)
    np.testing.assert_allclose(factors[[0, 1, 3, 4, 99]], [4, 2, 2, 1, 1])
    assert (faces.repeat_factors(values, below=0.0) == 1).all()


def test_gradients_are_finite_everywhere():
    from core.models.face_unet import PRESETS, FaceUNet

    for name in ("tiny", "baseline"):
        model = FaceUNet(latent_channels=4, **PRESETS[name])
        torch.nn.init.normal_(model.conv_out.weight, std=0.1)
        model(torch.randn(2, 4, 16, 16), torch.tensor([1, 999]), torch.zeros(2, 40)).square().mean().backward()
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        assert all(torch.isfinite(g).all() for g in gradients) and len(gradients) > 20


def test_perceptual_loss_is_zero_for_the_same_picture_and_keeps_the_classifier_frozen():
    loss = PerceptualLoss(PictureClassifier(stem_width=16, widths=(16, 16, 32, 32), blocks=1, embedding_dim=32))
    x, y = torch.rand(2, 3, 32, 32) * 2 - 1, torch.rand(2, 3, 32, 32) * 2 - 1
    assert float(loss(x, x)) == 0.0 and float(loss(x, y)) > 0.01
    loss.train()
    assert not loss.classifier.training and not any(p.requires_grad for p in loss.classifier.parameters())


@pytest.mark.parametrize(("has", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_half_precision_only_where_the_processor_has_it(tmp_path, monkeypatch, has, dtype):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": has})
    config = LoopConfig(steps=1, batch_size=1, learning_rate=1e-3, precision="bf16")
    loop = Loop(config, tmp_path, {"model": torch.nn.Linear(4, 4)})
    with loop.autocast():
        assert loop.modules["model"](torch.zeros(1, 4)).dtype == dtype
    assert json.loads((tmp_path / "run.json").read_text())["config"]["precision"] == loop.precision


@contextmanager
def full_disk(room=4096):
    """No file may grow beyond ``room`` bytes: writers get an error in the middle, as on a disk that is full."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_a_full_disk_keeps_the_previous_state_and_the_training_alive(tmp_path, caplog):
    latents, preset = latent_set(), faces.PRESETS["smoke"]
    faces.train_faces(latents, preset, tmp_path / "whole")
    faces.train_faces(latents, preset, tmp_path / "full", until=3)
    before = (tmp_path / "full" / "state.safetensors").read_bytes()
    with full_disk():
        assert faces.train_faces(latents, preset, tmp_path / "full", resume=True).step > 3
    assert "The state of step" in caplog.text and "The weights of step" in caplog.text
    assert (tmp_path / "full" / "state.safetensors").read_bytes() == before
    assert not list((tmp_path / "full").glob("*.part"))
    faces.train_faces(latents, preset, tmp_path / "full", resume=True)
    assert rows_of(tmp_path / "whole") == rows_of(tmp_path / "full")
    assert checkpoints.load_model(tmp_path / "full" / "last")


def test_a_full_disk_leaves_a_checkpoint_as_it_was(tmp_path):
    model = torch.nn.Linear(100, 100)
    model.save_config = lambda folder: None
    checkpoints.save_model(model, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with full_disk(), pytest.raises(OSError, match="File too large"):
        checkpoints.save_model(model, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_state_of_another_network_is_refused(tmp_path):
    small, large = torch.nn.Linear(2, 2), torch.nn.Linear(3, 3)
    save_state(tmp_path / "s.safetensors", {"model": small}, {}, {}, {"step": 1})
    with pytest.raises(RuntimeError, match="size mismatch"):
        load_state(tmp_path / "s.safetensors", {"model": large}, {}, {})


def test_encoding_resumes_and_restarts_for_other_weights(tmp_path):
    source, calls = picture_set(count=20), []

    def encode(x):
        calls.append(len(x))
        if len(calls) == 18:  # one block of sixteen pictures is written by then
            raise KeyboardInterrupt
        return x[:, :1, ::4, ::4]

    with pytest.raises(KeyboardInterrupt):
        encode_set(source, encode, "a", tmp_path, batch=1)
    with pytest.raises(LatentsError, match="holds no latents"):
        LatentSet.load(tmp_path)
    done = encode_set(source, encode, "a", tmp_path, batch=1)
    assert len(calls) == 18 + 4
    x = batches.pictures(source, np.arange(20))
    assert np.allclose(done.latents[:, 0], x[:, :1, ::4, ::4].numpy(), atol=1e-3)
    assert np.allclose(done.latents[:, 1], x.flip(3)[:, :1, ::4, ::4].numpy(), atol=1e-3)
    assert np.allclose(done.mean, done.latents[source.indices("train")].astype(np.float32).mean(), atol=1e-3)
    calls.clear()
    encode_set(source, encode, "b", tmp_path, batch=20)
    assert sum(calls) == 40  # all of it again: the pictures and their mirror images
    encode_set(source, encode, "b", tmp_path, batch=20)
    assert sum(calls) == 40  # nothing that is there already


def test_unknown_kinds_of_data_are_refused():
    with pytest.raises(data.DataError, match="KIND=PATH"):
        data.parse_data_options(["celeba"])
    with pytest.raises(data.DataError, match="nothing at"):
        data.load("celeba", "/nowhere/at/all")
