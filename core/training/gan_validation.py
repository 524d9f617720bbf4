"""How far a generator is while it trains: distance to real faces of the validation part, and a sheet of samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.images import to_uint8
from core.latents import LatentSet
from core.metrics import frechet
from core.models import FaceGenerator, LatentCodec, PictureClassifier
from core.training.embeddings import embed, vectors

BATCH, COLUMNS, SHOWN = 32, 8, 32
MOST = 1024  # faces that are drawn


class Judge:
    """Draws a face for the attributes of each validation face and compares the classifier's embeddings of both."""

    def __init__(
        self,
        latents: LatentSet,
        embeddings: LatentSet,
        rows: np.ndarray,
        codec: LatentCodec,
        classifier: PictureClassifier,
    ) -> None:
        rows = rows[:MOST]
        self.codec, self.classifier = codec, classifier
        self.attributes = torch.from_numpy(latents.attributes[rows]).float()
        self.real = vectors(embeddings, rows)

    @torch.no_grad()
    def __call__(self, model: FaceGenerator, sheet: Path) -> dict[str, float]:
        """The Fréchet distance for attributes, and for the real faces' own embeddings, which need no attributes."""
        generator = torch.Generator().manual_seed(1234)
        device = next(model.parameters()).device
        noise = torch.randn(len(self.real), model.noise_dim, generator=generator)
        drawn = model.cpu().embeddings(self.attributes, torch.randn(self.real.shape, generator=generator))
        model.to(device)
        asked, first = self._drawn(model, noise, drawn)
        given, _ = self._drawn(model, noise, self.real)
        _save(first, sheet)
        distance = frechet(asked, self.real.numpy())
        return {"frechet": distance, "frechet_given": frechet(given, self.real.numpy()), "rank": distance}

    def _drawn(self, model: FaceGenerator, noise: Tensor, wanted: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Embeddings (N, E) of the drawn faces, and the first of them, uint8."""
        device, found, first = next(model.parameters()).device, [], []
        for start in range(0, len(noise), BATCH):
            part = slice(start, start + BATCH)
            x = self.codec.decode(model(noise[part].to(device), wanted[part].to(device))).clamp(-1, 1)
            found.append(embed(self.classifier, x).float().cpu().numpy())
            if start < SHOWN:
                first.append(to_uint8(x))
        return np.concatenate(found), np.concatenate(first)[:SHOWN]


def _save(pixels: np.ndarray, path: Path) -> None:
    """uint8 (N, S, S, 3) -> one picture of rows of eight."""
    pixels = pixels[: max(1, len(pixels) // COLUMNS) * COLUMNS]
    columns = min(COLUMNS, len(pixels))
    count, size = len(pixels) // columns, pixels.shape[1]
    grid = pixels[: count * columns].reshape(count, columns, size, size, 3).swapaxes(1, 2)
    Image.fromarray(grid.reshape(count * size, columns * size, 3)).save(path)
