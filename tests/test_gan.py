"""The GAN: its conditions, its training to the app's own drawing, and what is refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_sets import embedding_set, latent_set, picture_set, rows_of

from core import attributes, checkpoints
from core.checkpoints import CheckpointError
from core.models import FaceGenerator, build_autoencoder
from core.models.embedding_prior import EmbeddingPrior
from core.models.gan import LatentDiscriminator
from core.networks.pool import pool_of
from core.pipelines.compare.generators import draw
from core.pipelines.compare.types import Batch
from core.pipelines.models.parts import draw as diagrams
from core.training import gan
from core.training.augmentation import augment
from core.training.embeddings import embed, embed_set
from core.training.export import export_run

SMOKE = gan.PRESETS["smoke"]


@pytest.fixture(scope="module")
def frozen(tiny_checkpoints):
    return gan.Frozen.load(tiny_checkpoints / "autoencoder-kl", tiny_checkpoints / "classifier")


@pytest.fixture(scope="module")
def trained(frozen, tiny_checkpoints, tmp_path_factory):
    """The run of a tiny GAN, and a checkpoint root that it is exported to."""
    run, root = tmp_path_factory.mktemp("gan") / "run", tmp_path_factory.mktemp("gan-root")
    gan.train_gan(latent_set(), embedding_set(), frozen, SMOKE, run)
    for name in ("autoencoder-kl", "classifier"):
        shutil.copytree(tiny_checkpoints / name, root / name)
    export_run(run, root / "gan", which="last")
    return run, root


def test_a_tiny_gan_trains_and_the_app_draws_with_it(trained):
    run, root = trained
    rows = rows_of(run)
    assert "regression" in rows[0] and {"loss", "discriminator", "pictures"} <= rows[1].keys()
    assert any("val_frechet" in row for row in rows) and (run / "samples.png").is_file()
    training = json.loads((root / "gan" / "training.json").read_text())
    assert training["trained_with"]["classifier"] == checkpoints.fingerprint(root / "classifier")
    smiling = np.zeros((5, attributes.COUNT), np.float32)
    smiling[:, attributes.INDEX["Smiling"]] = 1
    pixels = draw(pool_of(root), "gan", Batch(range(5), smiling))
    assert pixels.shape == (5, 64, 64, 3) and pixels.std() > 0
    alone = draw(pool_of(root), "gan", Batch([3], smiling[:1]))[0].astype(int)
    assert np.abs(alone - pixels[3]).max() <= 1  # a seed gives the same picture in any batch
    assert not np.array_equal(draw(pool_of(root), "gan", Batch([3]))[0], pixels[3])  # the attributes count


def test_its_network_is_drawn(trained):
    (diagram,) = diagrams(trained[1] / "gan")
    assert not diagram.problem and "FaceGenerator" in diagram.svg


def test_a_killed_gan_goes_on_as_if_nothing_had_happened(trained, frozen, tmp_path):
    gan.train_gan(latent_set(), embedding_set(), frozen, SMOKE, tmp_path, until=3)
    gan.train_gan(latent_set(), embedding_set(), frozen, SMOKE, tmp_path, resume=True)
    assert rows_of(tmp_path) == rows_of(trained[0])


def test_a_run_that_begins_with_a_gan_does_not_go_back_to_the_mean_face(trained, frozen, tmp_path):
    gan.train_gan(latent_set(), embedding_set(), frozen, SMOKE, tmp_path, start=trained[1] / "gan", until=1)
    assert "discriminator" in rows_of(tmp_path)[0] and "regression" not in rows_of(tmp_path)[0]


def test_a_gan_of_another_autoencoder_is_not_drawn_with(trained, tmp_path):
    shutil.copytree(trained[1], tmp_path / "root")
    with torch.random.fork_rng():
        checkpoints.save_model(build_autoencoder((16, 16, 16), 4), tmp_path / "root" / "autoencoder-kl")
    with pytest.raises(CheckpointError, match="another autoencoder-kl"):
        draw(pool_of(tmp_path / "root"), "gan", Batch([0]))


def test_embeddings_of_another_size_and_a_missing_gan_are_refused(trained, tiny_checkpoints):
    with pytest.raises(CheckpointError, match="have 8 numbers; the model takes 32"):
        draw(pool_of(trained[1]), "gan", Batch([0], embeddings=np.zeros((1, 8), np.float32)))
    with pytest.raises(CheckpointError, match=r"train_gan\.py"):
        draw(pool_of(tiny_checkpoints), "gan", Batch([0]))


def test_the_first_steps_learn_the_mean_face_of_an_embedding(frozen, tmp_path):
    """Latents that are the embedding's own numbers: what is drawn has to differ as the faces do."""
    embeddings, latents = embedding_set(), latent_set()
    known = replace(latents, latents=np.broadcast_to(embeddings.latents[:, :, :4], latents.latents.shape))
    loop = replace(SMOKE.loop, steps=60, learning_rate=2e-3, ema_decay=0.9, log_every=60, validate_every=1000)
    preset = replace(SMOKE, loop=loop, regressed=60, pictures=0.0, spread=0.0)
    model = gan.train_gan(known, embeddings, frozen, preset, tmp_path, until=60).averaged()
    wanted = torch.from_numpy(embeddings.latents[:16, 0, :, 0, 0].astype(np.float32))
    with torch.no_grad():
        drawn = model(torch.randn(16, model.noise_dim, generator=torch.Generator().manual_seed(0)), wanted)
    agreement = np.corrcoef(drawn.mean(dim=(2, 3)).flatten(), wanted[:, :4].flatten())[0, 1]
    assert agreement > 0.5


def test_the_prior_is_the_regression_on_what_is_specified():
    generator = torch.Generator().manual_seed(0)
    a = torch.where(torch.rand(4000, 3, generator=generator) < 0.5, 1.0, -1.0)
    e = torch.stack([2 * a[:, 0] + 1, a[:, 1], torch.zeros(4000)], dim=1)
    e = e + 0.1 * torch.randn(e.shape, generator=generator)
    prior = EmbeddingPrior(3, 3)
    prior.fit(a, e)
    asked = torch.tensor([[1.0, 0, 0]]).expand(2000, -1)
    drawn = prior(asked, torch.randn(2000, 3, generator=generator))
    assert drawn.mean(dim=0) == pytest.approx([3, 0, 0], abs=0.1)
    assert drawn.std(dim=0) == pytest.approx([0.1, 1, 0.1], abs=0.06)  # what is left open varies as it does in the data
    mixed = torch.tensor([[1.0, 0, 0], [0, 0, 0], [1.0, 0, 0]])
    noise = torch.randn(3, 3, generator=generator)
    one_by_one = torch.cat([prior(mixed[i : i + 1], noise[i : i + 1]) for i in range(3)])
    assert torch.allclose(prior(mixed, noise), one_by_one)


def test_the_prior_survives_saving(tmp_path):
    model = FaceGenerator(4, 16, 8, noise_dim=4, condition_dim=8, widths=(8, 8, 8), blocks=(1, 1, 1))
    generator = torch.Generator().manual_seed(0)
    model.prior.fit(torch.randn(100, 40, generator=generator).sign(), torch.randn(100, 8, generator=generator))
    checkpoints.save_model(model, tmp_path / "gan")
    again = checkpoints.load_model(tmp_path / "gan")
    noise, wanted = torch.randn(2, 8, generator=generator), torch.ones(2, 40)
    assert torch.allclose(again.embeddings(wanted, noise), model.embeddings(wanted, noise), atol=1e-4)


def test_augmentations_keep_shape_gradients_and_what_is_not_chosen():
    z = torch.randn(6, 4, 16, 16, requires_grad=True)
    assert torch.equal(augment(z, torch.Generator().manual_seed(0), 0.0), z)
    changed = augment(z, torch.Generator().manual_seed(0), 1.0)
    changed.square().mean().backward()
    assert changed.shape == z.shape and torch.isfinite(z.grad).all() and (z.grad != 0).any(dim=(1, 2, 3)).all()
    assert not torch.equal(changed, z)


def test_the_penalty_is_the_squared_slope():
    class Slope(torch.nn.Module):
        def forward(self, z, embedding):
            return 3 * z.flatten(1)[:, 0] + 4 * z.flatten(1)[:, 1]

    assert float(gan.gradient_penalty(Slope(), torch.randn(5, 1, 2, 2), None)) == pytest.approx(25)


def test_the_discriminator_compares_with_the_embedding():
    network = LatentDiscriminator(4, 16, 8, widths=(8, 8, 8), blocks=(1, 1, 1))
    z = torch.randn(2, 4, 16, 16)
    assert not torch.allclose(network(z, torch.ones(2, 8)), network(z, -torch.ones(2, 8)))


def test_sets_are_embedded_with_their_mirror_images(tiny_checkpoints, tmp_path):
    source = picture_set(count=16)
    found = embed_set(source, tiny_checkpoints / "classifier", tmp_path)
    classifier = checkpoints.load_model(tiny_checkpoints / "classifier")
    from core.training import batches

    with torch.no_grad():
        x = batches.pictures(source, np.arange(16))
        expected = embed(classifier, x), embed(classifier, x.flip(3))
    for index, each in enumerate(expected):
        assert np.allclose(found.latents[:, index, :, 0, 0], each.numpy(), atol=2e-2)
    with pytest.raises(CheckpointError, match="is no classifier"):
        embed_set(source, tiny_checkpoints / "faces", tmp_path / "other")
