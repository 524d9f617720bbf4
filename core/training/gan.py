"""Train the GAN: latents made from a real face's embedding, against the latents of that face.

Relativistic pairing loss with gradient penalties on real and generated latents (R3GAN, Huang et al. 2024,
arXiv:2501.05441), and augmentations of latents that gradients pass (Zhao et al. 2020, arXiv:2006.10738). A part of the
batch can be decoded, too, and judged by the classifier's features (Sauer et al. 2021, arXiv:2111.01007).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core import checkpoints, draws
from core.latents import LatentSet
from core.models import FaceGenerator, LatentCodec, PictureClassifier
from core.models.gan import FeatureDiscriminator, LatentDiscriminator
from core.training import batches
from core.training.augmentation import augment
from core.training.embeddings import vectors
from core.training.gan_validation import Judge
from core.training.group_norm import use_quick_group_norm
from core.training.loop import Loop, LoopConfig


@dataclass(frozen=True)
class GanPreset:
    loop: LoopConfig
    generator: dict = field(default_factory=dict)  # of core.models.gan.FaceGenerator, without what the data give
    discriminator: dict = field(default_factory=dict)
    regressed: int = 1500  # first steps, in which the generator alone learns the mean face of an embedding ...
    regression_rate: float = 10.0  # ... at so many times the learning rate
    meeting: int = 100  # steps after those over which the rate rises from zero, since the discriminators are new
    penalty: tuple[float, float] = (10.0, 1.0)  # weight of the gradient penalties, from the first step to the last
    penalised: float = 0.25  # share of the batch that they are estimated on
    augmented: float = 0.5  # share of the latents that each augmentation changes
    spread: float = 0.2  # deviations of noise on the embeddings: those drawn for attributes lie between the real ones
    pictures: float = 0.0  # share of the batch that is decoded and judged by the classifier's features, too
    picture_weight: float = 0.5


_LOOP = {"betas": (0.0, 0.99), "gradient_clip": 50.0, "warmup": 50}
PRESETS = {
    "smoke": GanPreset(
        LoopConfig(
            steps=4, batch_size=8, learning_rate=1e-3, log_every=1, validate_every=2, precision="no", betas=(0.0, 0.99)
        ),
        {"noise_dim": 8, "condition_dim": 16, "widths": (16, 16, 16), "blocks": (1, 1, 1)},
        {"widths": (16, 16, 16), "blocks": (1, 1, 1)},
        regressed=1,
        regression_rate=1.0,
        meeting=1,
        pictures=0.25,
    ),
    "cpu": GanPreset(
        LoopConfig(steps=20000, batch_size=64, learning_rate=1e-4, ema_decay=0.998, validate_every=500, **_LOOP)
    ),
    "gpu": GanPreset(
        LoopConfig(steps=60000, batch_size=256, learning_rate=1e-4, ema_decay=0.9995, validate_every=2000, **_LOOP),
        {"condition_dim": 512, "widths": (512, 512, 256), "blocks": (2, 3, 3)},
        {"widths": (256, 512, 512), "blocks": (2, 3, 2)},
    ),
}


@dataclass(frozen=True)
class Frozen:
    """The networks that a GAN is trained with and that stay as they are, and the fingerprint of each."""

    autoencoder: nn.Module
    classifier: PictureClassifier
    fingerprints: dict[str, str]

    @classmethod
    def load(cls, autoencoder: Path, classifier: Path) -> Frozen:
        """Two checkpoint folders -> their networks. Raises ``CheckpointError``."""
        folders = {"autoencoder": autoencoder, "classifier": classifier}
        made = {name: checkpoints.fingerprint(folder) for name, folder in folders.items()}
        networks = [checkpoints.load_model(folder) for folder in folders.values()]
        return cls(*networks, made)

    def to(self, device: torch.device) -> Frozen:
        for network in (self.autoencoder, self.classifier):
            use_quick_group_norm(network.to(device, memory_format=torch.channels_last))
        return self


def train_gan(
    latents: LatentSet,
    embeddings: LatentSet,
    frozen: Frozen,
    preset: GanPreset,
    out: Path,
    *,
    start: Path | None = None,
    resume: bool = False,
    until: int | None = None,
) -> Loop:
    """Latents and embeddings of the same faces -> a run folder with ``best/`` and ``last/`` (EMA weights).

    Enlarged pictures are left out where there are others. ``start`` is a checkpoint whose generator the run begins
    with; raises ``CheckpointError`` where it is of another shape.
    """
    # data
    rows = sharp_rows(latents, "train")
    preset = preset if start is None else replace(preset, regressed=0)  # it has learned the mean face already
    # model, optimiser
    torch.manual_seed(preset.loop.seed)
    modules = build_modules(latents, embeddings, rows, frozen.classifier, preset)
    metadata = _metadata(latents, rows, frozen, preset) | batches.begin_with(modules["model"], start)
    loop = Loop(preset.loop, out, modules, metadata)
    rivals = Rivals(loop, frozen.to(loop.device), preset)
    judge = Judge(latents, embeddings, sharp_rows(latents, "val"), LatentCodec(frozen.autoencoder), frozen.classifier)

    def train_step(step: int) -> dict[str, Tensor]:
        generator = loop.generator(step)
        picked = batches.draw_rows(rows, loop.batch_size, generator)
        mirrored = draws.integers(generator, 2, loop.batch_size).numpy()
        z = torch.from_numpy(latents.latents[picked, mirrored].astype(np.float32)).to(loop.device)
        embedding = vectors(embeddings, picked, mirrored)
        deviation = loop.modules["model"].embedding_std.cpu()
        embedding = embedding + preset.spread * deviation * draws.randn(generator, *embedding.shape)
        return rivals.step(z, embedding.to(loop.device), step, generator)

    # train, log, save
    loop.run(train_step, lambda model: judge(model, out / "samples.png"), resume=resume, until=until)
    return loop


def sharp_rows(latents: LatentSet, part: str) -> np.ndarray:
    """Rows of a part whose pictures were not enlarged; all of them where every one was."""
    rows = latents.indices(part)
    sharp = rows if latents.detail is None else rows[latents.detail[rows] == 1]
    return sharp if len(sharp) else rows


def build_modules(
    latents: LatentSet, embeddings: LatentSet, rows: np.ndarray, classifier: PictureClassifier, preset: GanPreset
) -> dict[str, nn.Module]:
    """The generator, fitted to the embeddings of the training rows, and its discriminators."""
    channels, size = latents.latents.shape[2:4]
    shape = {"latent_channels": channels, "sample_size": size, "embedding_dim": embeddings.latents.shape[2]}
    model = FaceGenerator(**shape, attributes=latents.attributes.shape[1], **preset.generator)
    known = vectors(embeddings, rows)
    model.embedding_mean.copy_(known.mean(dim=0))
    model.embedding_std.copy_(known.std(dim=0).clamp_min(1e-3))
    model.prior.fit(torch.from_numpy(latents.attributes[rows]).float(), known)
    modules: dict[str, nn.Module] = {
        "model": model,
        "discriminator": LatentDiscriminator(**shape, **preset.discriminator),
    }
    if preset.pictures:
        modules["pictures"] = FeatureDiscriminator(tuple(classifier.config.widths), shape["embedding_dim"])
    return modules


class Rivals:
    """One step of generator and discriminators. Both are trained on the same generated latents."""

    def __init__(self, loop: Loop, frozen: Frozen, preset: GanPreset) -> None:
        self.loop, self.frozen, self.preset = loop, frozen, preset
        self.count = max(1, round(preset.pictures * loop.batch_size)) if preset.pictures else 0

    def step(self, z: Tensor, embedding: Tensor, step: int, generator: torch.Generator) -> dict[str, Tensor]:
        """Real latents (N, C, S, S) and their embeddings (N, E) -> losses, after one update of every network."""
        self._set_rates(step)
        model = self.loop.modules["model"]
        noise = draws.randn(generator, len(z), model.noise_dim).to(z.device)
        standard = (embedding - model.embedding_mean) / model.embedding_std
        with self.loop.autocast():
            fake = model(noise, embedding).float()
        if step < self.preset.regressed:
            return self._regress(fake, z)
        real = augment(z, generator, self.preset.augmented)
        shown = augment(fake, generator, self.preset.augmented)
        losses = {"discriminator": self._judge_latents(real, shown.detach(), standard, step)}
        features = self._features(z, fake) if self.count else None
        if features is not None:
            losses["pictures"] = self._judge_pictures(*features, standard)
        loss = self._fool(real, shown, standard, features)
        self.loop.update("model", loss)
        return {"loss": loss.detach(), **losses}

    def _set_rates(self, step: int) -> None:
        """Change the loop's learning rate: more before the rivals meet, less just after."""
        since = step - self.preset.regressed
        factor = self.preset.regression_rate if since < 0 else min(1.0, (since + 1) / max(1, self.preset.meeting))
        for optimiser in self.loop.optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] *= factor

    def _regress(self, fake: Tensor, z: Tensor) -> dict[str, Tensor]:
        """A step without a rival: it costs a quarter of the others, and they then begin with faces."""
        loss = F.mse_loss(fake, z)
        self.loop.update("model", loss)
        return {"regression": loss.detach()}

    def _judge_latents(self, real: Tensor, fake: Tensor, standard: Tensor, step: int) -> Tensor:
        """Loss of the discriminator, relativistic: each real latent against the generated one of its embedding."""
        network, preset = self.loop.modules["discriminator"], self.preset
        first, last = preset.penalty
        weight = last + (first - last) * max(0.0, 1 - step / preset.loop.steps)
        some = max(1, round(preset.penalised * len(real)))
        penalty = gradient_penalty(network, real[:some], standard[:some])
        penalty = penalty + gradient_penalty(network, fake[:some], standard[:some])
        with self.loop.autocast():
            scores = network(torch.cat([real, fake]), torch.cat([standard, standard])).float()
        loss = relativistic(*scores.chunk(2))
        self.loop.update("discriminator", loss + weight / 2 * penalty)
        return loss.detach()

    def _features(self, z: Tensor, fake: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """The classifier's features of some real and some generated pictures, both decoded."""

        def seen(latents: Tensor) -> list[Tensor]:
            return self.frozen.classifier.features(self.frozen.autoencoder.decode(latents[: self.count]).sample)[1:]

        with self.loop.autocast():
            with torch.no_grad():
                real = seen(z)
            return real, seen(fake)

    def _judge_pictures(self, real: list[Tensor], fake: list[Tensor], standard: Tensor) -> Tensor:
        network, some = self.loop.modules["pictures"], standard[: self.count]
        with self.loop.autocast():
            loss = relativistic(network(real, some).float(), network([f.detach() for f in fake], some).float())
        self.loop.update("pictures", loss)
        return loss.detach()

    def _fool(
        self, real: Tensor, fake: Tensor, standard: Tensor, features: tuple[list[Tensor], list[Tensor]] | None
    ) -> Tensor:
        """Loss of the generator: its latents should score higher than the real ones of the same embeddings."""
        network = self.loop.modules["discriminator"].requires_grad_(False)
        with self.loop.autocast():
            with torch.no_grad():
                wanted = network(real, standard).float()
            loss = relativistic(network(fake, standard).float(), wanted)
            if features is not None:
                heads = self.loop.modules["pictures"].requires_grad_(False)
                some = standard[: self.count]
                scores = [heads(each, some).float() for each in reversed(features)]
                loss = loss + self.preset.picture_weight * relativistic(*scores)
                heads.requires_grad_(True)
        network.requires_grad_(True)
        return loss


def relativistic(better: Tensor, worse: Tensor) -> Tensor:
    """Scores of what should be preferred and of what should not, in pairs -> the mean loss of the preferences."""
    return F.softplus(worse - better).mean()


def gradient_penalty(network: nn.Module, z: Tensor, embedding: Tensor) -> Tensor:
    """Mean squared length of the score's gradient with respect to latents (Mescheder et al. 2018, arXiv:1801.04406)."""
    z = z.detach().requires_grad_(True)
    gradient = torch.autograd.grad(network(z, embedding).sum(), z, create_graph=True)[0]
    return gradient.square().flatten(1).sum(dim=1).mean()


def _metadata(latents: LatentSet, rows: np.ndarray, frozen: Frozen, preset: GanPreset) -> dict[str, object]:
    settings = {name: value for name, value in vars(preset).items() if name != "loop"}
    return {"data": {"celeba": {"train": len(rows)}}, "trained_with": frozen.fingerprints, "preset": settings}
