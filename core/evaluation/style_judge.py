"""A judge of styles: a small network that names the style of a picture from statistics which say little of its content.

Means and covariances of early features tell style from content (Gatys et al. 2016, "Image style transfer"); the
features are those of our own classifier, beside plain statistics of the pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.images import to_tensor
from core.models import PictureClassifier

BATCH = 64
WIDTH = 24  # of the judge's embedding
EPOCHS, MINIBATCH, RATE = 40, 128, 2e-3
BANDS = 16  # of the spectrum
PLACES = 4  # along a side
_LUMA = (0.299, 0.587, 0.114)


class Judge:
    """Names one of ``classes``; the first is plain. Its embedding is a linear map of the normalised statistics."""

    def __init__(self, classifier: PictureClassifier, classes: Sequence[str], mean: Tensor, std: Tensor) -> None:
        self.classifier, self.classes, self.mean, self.std = classifier, tuple(classes), mean, std
        self.embed = nn.Linear(len(mean), WIDTH)
        self.name = nn.Linear(WIDTH, len(self.classes))

    @torch.inference_mode()
    def classify(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """uint8 (N, S, S, 3) -> logits of the classes (N, K) and embedding (N, 24)."""
        embedding = self.embed((statistics(self.classifier, pixels) - self.mean) / self.std)
        return self.name(F.silu(embedding)).numpy(), embedding.numpy()


def train_judge(classifier: PictureClassifier, pictures: Mapping[str, np.ndarray], seed: int = 0) -> Judge:
    """Pictures (N, S, S, 3) of each class, plain first -> a judge that distinguishes them, the same by seed."""
    seen = [statistics(classifier, pixels) for pixels in pictures.values()]
    x = torch.cat(seen)
    truth = torch.cat([torch.full((len(rows),), index) for index, rows in enumerate(seen)])
    mean, std = x.mean(dim=0), x.std(dim=0) + 1e-4
    x = (x - mean) / std
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        judge = Judge(classifier, tuple(pictures), mean, std)
        layers = nn.ModuleList([judge.embed, judge.name])
        optimiser = torch.optim.AdamW(layers.parameters(), RATE, weight_decay=0.05)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
        for _ in range(EPOCHS):
            for rows in torch.randperm(len(x)).split(MINIBATCH):
                embedding = judge.embed(F.dropout(x[rows], 0.3))
                loss = F.cross_entropy(judge.name(F.silu(embedding)), truth[rows], label_smoothing=0.02)
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                optimiser.step()
            schedule.step()
        layers.requires_grad_(False)
    return judge


@torch.inference_mode()
def statistics(classifier: PictureClassifier, pixels: np.ndarray) -> Tensor:
    """uint8 (N, S, S, 3) -> (N, D)."""
    parts = []
    for start in range(0, len(pixels), BATCH):
        x = to_tensor(pixels[start : start + BATCH])
        stem = classifier.stem(x.contiguous(memory_format=torch.channels_last))
        first = classifier.stages[0](stem)
        second = classifier.stages[1](first)
        moments = [_moments(stem), _moments(first), second.mean(dim=(2, 3)), second.std(dim=(2, 3))]
        parts.append(torch.cat([_of_pixels(x), *moments], dim=1))
    return torch.cat(parts)


def _moments(features: Tensor) -> Tensor:
    """(N, C, H, W) -> means and covariances over places (N, C + C (C + 1) / 2), roots of the latter with their sign."""
    flat = features.flatten(2)
    mean = flat.mean(dim=2)
    centred = flat - mean[..., None]
    covariance = centred @ centred.transpose(1, 2) / flat.shape[2]
    rows, columns = torch.triu_indices(flat.shape[1], flat.shape[1])
    values = covariance[:, rows, columns]
    return torch.cat([mean, values.sign() * values.abs().sqrt()], dim=1)


def _of_pixels(x: Tensor) -> Tensor:
    """(N, 3, S, S) in [-1, 1] -> colours and where they lie, saturation, tones, edges, the luminance's spectrum."""
    grey = (x * x.new_tensor(_LUMA).view(1, 3, 1, 1)).sum(dim=1)  # (N, S, S)
    saturation = (x.amax(dim=1) - x.amin(dim=1)).flatten(1)
    tones = torch.quantile(grey.flatten(1), torch.linspace(0.05, 0.95, 7), dim=1).T
    edges = [grey.diff(dim=dim).abs().flatten(1) for dim in (1, 2)]
    places = F.adaptive_avg_pool2d(x, PLACES).flatten(1)  # a close portrait fills the corners
    values = [x.mean(dim=(2, 3)), x.std(dim=(2, 3)), tones, places]
    values += [torch.stack([v.mean(dim=1), v.std(dim=1)], dim=1) for v in (saturation, *edges)]
    return torch.cat([*values, _spectrum(grey)], dim=1)


def _spectrum(grey: Tensor) -> Tensor:
    """(N, S, S) -> the logarithm of the power in rings of frequency (N, 16)."""
    power = torch.fft.rfft2(grey - grey.mean(dim=(1, 2), keepdim=True)).abs().square().flatten(1)
    size = grey.shape[-1]
    radius = torch.hypot(torch.fft.fftfreq(size)[:, None], torch.fft.rfftfreq(size)[None]).flatten()
    ring = (radius / 0.5 * BANDS).long().clamp(max=BANDS - 1)
    count = torch.zeros(BANDS).index_add(0, ring, torch.ones(len(ring)))
    total = power.new_zeros(len(power), BANDS).index_add(1, ring, power)
    return torch.log(total / count.clamp(min=1) + 1e-3)
