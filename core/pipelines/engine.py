"""The face models in memory: loaded once, on first use, and run by one thread at a time."""

from __future__ import annotations

import threading
from pathlib import Path

import torch
from torch import Tensor

from core import attributes, checkpoints
from core.diffusion.objective import Objective
from core.diffusion.sampling import solvers
from core.models import FaceUNet, LatentCodec, PictureClassifier

PARTS = ("faces", "autoencoder-kl", "classifier")


class FaceEngine:
    """Denoiser, codec and classifier of one checkpoint root.

    The lock is held for one network call at a time, so that several people drawing at once take turns step by step;
    torch already uses every core within a call. No state of a drawing lives here.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.RLock()
        self._loaded = False

    def missing(self) -> str | None:
        """One sentence about the first checkpoint that is not there, or None."""
        return next(filter(None, (checkpoints.missing(self.root / part) for part in PARTS)), None)

    def load(self) -> None:
        """Load what is not loaded yet. Raises ``CheckpointError``; a later call tries again."""
        if self._loaded:
            return
        with self._lock:
            if self._loaded:
                return
            denoiser, autoencoder, classifier = (checkpoints.load_model(self.root / part) for part in PARTS)
            _expect(denoiser, FaceUNet, "faces")
            _expect(classifier, PictureClassifier, "classifier")
            codec = LatentCodec(autoencoder)
            if codec.channels != denoiser.config.latent_channels:
                channels = denoiser.config.latent_channels
                raise checkpoints.CheckpointError(
                    f"faces draws {channels} latent channels, autoencoder-kl has {codec.channels}: retrain one."
                )
            scheduler = checkpoints.read_json(self.root / "faces" / "scheduler_config.json")
            prediction = scheduler.get("prediction_type", "v_prediction").replace("flow_prediction", "flow")
            self._objective = Objective(prediction)
            self._denoiser = denoiser.to(memory_format=torch.channels_last)
            self._codec, self._classifier = codec, classifier.to(memory_format=torch.channels_last)
            autoencoder.to(memory_format=torch.channels_last)
            self._loaded = True

    @property
    def objective(self) -> Objective:
        self.load()
        return self._objective

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """(C, S, S)."""
        self.load()
        config = self._denoiser.config
        return config.latent_channels, config.sample_size, config.sample_size

    @property
    def size(self) -> int:
        """Pixels along a side."""
        self.load()
        return self.latent_shape[1] * self._codec.factor

    def solvers(self) -> tuple[str, ...]:
        return solvers(self.objective)

    def denoise(self, x: Tensor, timesteps: Tensor, wanted: Tensor) -> Tensor:
        """Noisy latents (N, C, S, S) -> the network's prediction."""
        self.load()
        with self._lock, torch.inference_mode():
            return self._denoiser(x.contiguous(memory_format=torch.channels_last), timesteps, wanted).clone()

    def encode(self, x: Tensor) -> Tensor:
        """Pictures (N, 3, P, P) in [-1, 1] -> latents (N, C, S, S)."""
        self.load()
        with self._lock:
            return self._codec.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        """Latents (N, C, S, S) -> pictures (N, 3, P, P) in [-1, 1]."""
        self.load()
        with self._lock:
            return self._codec.decode(z)

    def read(self, x: Tensor) -> dict[str, float]:
        """One picture (1, 3, P, P) -> the probability of each of the 40 attributes."""
        self.load()
        with self._lock, torch.inference_mode():
            probabilities = self._classifier(x).attributes[0].sigmoid().tolist()
        return {name: round(value, 4) for name, value in zip(attributes.NAMES, probabilities, strict=True)}


def _expect(model: torch.nn.Module, cls: type, name: str) -> None:
    if not isinstance(model, cls):
        raise checkpoints.CheckpointError(
            f"{name}: config.json describes a {type(model).__name__}, not a {cls.__name__}."
        )
