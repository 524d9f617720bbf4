"""The classifier's embeddings of a picture set on disk, for the models that are conditioned on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from core import checkpoints
from core.data import PictureSet
from core.latents import LatentSet, encode_set
from core.models import PictureClassifier
from core.processes import Processes


def embed_set(source: PictureSet, classifier: Path, folder: Path) -> LatentSet:
    """Embeddings of every picture and its mirror image in ``folder``, as latents float16 (N, 2, E, 1, 1).

    They are made where they are missing or of another classifier, and an interrupted call is taken up again.
    """
    network = checkpoints.load_model(classifier)
    if not isinstance(network, PictureClassifier):
        raise checkpoints.CheckpointError(f"{classifier.name} is no classifier; faces are embedded with one.")
    device = Processes.launched().device
    network.to(device, memory_format=torch.channels_last)

    def encode(x: Tensor) -> Tensor:
        return embed(network, x.to(device))[:, :, None, None]

    return encode_set(source, encode, checkpoints.fingerprint(classifier), folder)


def embed(classifier: PictureClassifier, x: Tensor) -> Tensor:
    """Pictures (N, 3, S, S) in [-1, 1] of any size -> embeddings (N, E)."""
    size = classifier.config.sample_size
    if x.shape[-1] != size:
        x = F.interpolate(x, size=size, mode="bicubic", antialias=True, align_corners=False).clamp(-1, 1)
    return classifier(x.contiguous(memory_format=torch.channels_last)).embedding


def vectors(embeddings: LatentSet, rows: np.ndarray, mirrored: np.ndarray | int = 0) -> Tensor:
    """Rows, and for each whether its mirror image is meant, -> float32 embeddings (N, E)."""
    return torch.from_numpy(embeddings.latents[rows, mirrored, :, 0, 0].astype(np.float32))
