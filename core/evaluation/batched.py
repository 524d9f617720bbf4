"""Whole arrays of pictures through the classifier and through an autoencoder, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional
from tqdm import tqdm

from core.data import PictureSet
from core.images import to_tensor, to_uint8
from core.latents.codecs import Codec
from core.models import PictureClassifier

BATCH, SIDE = 64, 64  # pictures, and pixels along a side of theirs; of larger ones as many fewer


@dataclass(frozen=True)
class ClassifierArrays:
    """What the classifier says of N pictures, as float32 arrays."""

    attributes: np.ndarray  # (N, 40) logits
    classes: np.ndarray  # (N, K) logits
    embedding: np.ndarray  # (N, D)


def pictures_of(source: PictureSet, part: str, most: int | None = None) -> np.ndarray:
    """uint8 (N, S, S, 3) of a part; with ``most``, that many spread evenly over it."""
    return np.asarray(source.pixels[rows_of(source, part, most)])


def rows_of(source: PictureSet, part: str, most: int | None = None) -> np.ndarray:
    return _spread(source.indices(part), most)


def sharp_rows(source: PictureSet, part: str, most: int | None = None) -> np.ndarray:
    """Rows of the pictures that were not enlarged, where there are some: what detail is measured on."""
    rows = source.sharp(part)
    return _spread(rows if len(rows) else source.indices(part), most)


def _spread(rows: np.ndarray, most: int | None) -> np.ndarray:
    if most is None or len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(int)]


@torch.inference_mode()
def classify(classifier: PictureClassifier, pixels: np.ndarray) -> ClassifierArrays:
    """uint8 (N, S, S, 3) -> what the classifier says of them; pictures of another size are brought to its own."""
    size, parts = classifier.config.sample_size, []
    for block in _blocks(pixels, "classify"):
        if block.shape[-1] > size:
            block = functional.adaptive_avg_pool2d(block, size)
        elif block.shape[-1] < size:
            block = functional.interpolate(block, size=size, mode="bicubic", align_corners=False).clamp(-1, 1)
        output = classifier(block.contiguous(memory_format=torch.channels_last))
        parts.append([field.numpy() for field in (output.attributes, output.classes, output.embedding)])
    return ClassifierArrays(*(np.concatenate(field) for field in zip(*parts, strict=True)))


def reconstruct(codec: Codec, pixels: np.ndarray) -> np.ndarray:
    """uint8 (N, S, S, 3) -> the same pictures through the latents and back."""
    blocks = _blocks(pixels, "reconstruct")
    return np.concatenate([to_uint8(codec.decode(codec.encode(block))) for block in blocks])


def encode(codec: Codec, pixels: np.ndarray) -> np.ndarray:
    """uint8 (N, S, S, 3) -> float32 latents (N, C, s, s), or codes (N, D)."""
    return np.concatenate([codec.encode(block).numpy() for block in _blocks(pixels, "encode")])


def _blocks(pixels: np.ndarray, what: str) -> Iterator[torch.Tensor]:
    batch = max(1, BATCH * SIDE**2 // pixels.shape[1] ** 2)
    starts = range(0, len(pixels), batch)
    for start in tqdm(starts, desc=what, mininterval=1, leave=False, disable=len(starts) < 8):
        yield to_tensor(pixels[start : start + batch])
