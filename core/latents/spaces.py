"""Latent spaces: the vectors that one encoder gives a set of pictures, and how they are held and searched.

Vectors are held in 8 bits with one scale per dimension: of the KL autoencoder's latents that costs nothing that can be
seen (decoded pictures agree at 53 dB), and eight thousand pictures stay below 13 MB.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core import checkpoints

CHUNK = 1024  # rows that are unpacked at once
AROUND = 20  # neighbours that a density is judged by
POOL = 4  # cells along a side that the KL latents are averaged over


@dataclass(frozen=True)
class Encoder:
    """What makes the vectors of a space: a checkpoint folder, and how it is introduced."""

    title: str
    checkpoint: str
    decodes: bool
    card: str
    codec: str = ""  # the codec's key, for ``core.latents.codecs.open_codec``


ENCODERS = {
    "cae": Encoder(
        "Convolutional autoencoder",
        "autoencoder-cae",
        True,
        "One code per picture, learned by copying pictures through a narrow middle. Nothing shapes the space between "
        "the codes.",
        "cae",
    ),
    "vae": Encoder(
        "Variational autoencoder",
        "autoencoder-vae",
        True,
        "One code per picture, kept close to a normal distribution: what lies between two codes decodes to a picture, "
        "too.",
        "vae",
    ),
    "kl": Encoder(
        "KL latents",
        "autoencoder-kl",
        True,
        "The grid of latents that the face model draws in, read as one long vector. Sharp, and close to pixels: near "
        "pictures look alike place by place.",
        "kl",
    ),
    "kl-pooled": Encoder(
        "KL latents, pooled",
        "autoencoder-kl",
        False,
        "The same latents averaged over a grid of 4x4 places: composition and colour without detail.",
        "kl",
    ),
    "classifier": Encoder(
        "Classifier embedding",
        "classifier",
        False,
        "What a classifier of attributes and foods sees in a picture. Near pictures mean the same, whatever their "
        "pixels.",
    ),
    "clip": Encoder(
        "CLIP",
        "clip",
        False,
        "Learned from pictures with their captions: a picture lies where the sentences lie that describe it, so that "
        "it can be found by words.",
    ),
}


def picture_side(root: Path) -> int:
    """Pixels along a side of the pictures that a map is made of: those of the KL autoencoder, 64 where it is not here.
    Encoders for smaller pictures get them reduced.
    """
    try:
        return checkpoints.picture_size(root / ENCODERS["kl"].checkpoint)
    except checkpoints.CheckpointError:
        return 64


@dataclass(frozen=True)
class Basis:
    """Principal components: ``mean`` (D,), ``axes`` (K, D) orthonormal, ``ratios`` (K,) shares of the variance."""

    mean: np.ndarray
    axes: np.ndarray
    ratios: np.ndarray

    def project(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors (n, D) -> coefficients float32 (n, K)."""
        return ((vectors - self.mean) @ self.axes.T).astype(np.float32)

    def invert(self, places: np.ndarray) -> np.ndarray:
        """Coefficients (n, k), k up to K -> vectors float32 (n, D); the components that are not given stay at 0."""
        places = np.atleast_2d(np.asarray(places, np.float32))[:, : len(self.axes)]  # few pictures have few components
        return (self.mean + places @ self.axes[: places.shape[1]]).astype(np.float32)


@dataclass
class Space:
    """The vectors of N pictures in one space, with their maps.

    ``codes`` int8 (N, D), memory-mapped where they come from disk; a vector is ``codes * scale``. ``places`` holds the
    map of each projection, float32 (N, 2) or (N, 3), and may gain some while others read; ``clusterings`` holds labels
    int16 (N,) by method; ``psnr`` (N,) says in dB how well each picture comes back, where it was measured.
    """

    key: str
    codes: np.ndarray
    scale: np.ndarray  # float32 (D,)
    basis: Basis
    fingerprint: str = ""  # of the weights that made the vectors
    places: dict[str, np.ndarray] = field(default_factory=dict)
    clusterings: dict[str, np.ndarray] = field(default_factory=dict)
    psnr: np.ndarray | None = None
    indices: dict[str, object] = field(default_factory=dict, repr=False)  # of ``core.latents.projection``
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _reduced: np.ndarray | None = field(default=None, repr=False)
    _density: np.ndarray | None = field(default=None, repr=False)
    _squares: np.ndarray | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def dimensions(self) -> int:
        return self.codes.shape[1]

    def vectors(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Rows, or all -> vectors float32 (n, D)."""
        codes = self.codes if rows is None else self.codes[rows]
        return codes.astype(np.float32) * self.scale

    def mean(self, rows: np.ndarray) -> np.ndarray:
        """The mean vector of some rows, float32 (D,)."""
        total = np.zeros(self.dimensions, np.float64)
        for start in range(0, len(rows), CHUNK):
            total += self.codes[rows[start : start + CHUNK]].sum(axis=0, dtype=np.float64)
        return (total / len(rows) * self.scale).astype(np.float32)

    @property
    def reduced(self) -> np.ndarray:
        """The first principal components, float32 (N, K): what maps, clusters and graphs are made of."""
        with self._lock:
            if self._reduced is None:
                starts = range(0, len(self), CHUNK)
                parts = [self.basis.project(self.codes[at : at + CHUNK] * self.scale) for at in starts]
                self._reduced = np.concatenate(parts)
            return self._reduced

    def density(self) -> np.ndarray:
        """Density around each picture, float32 (N,): from 0, the least dense, to 1, by rank of the mean distance to its
        nearest pictures."""
        from sklearn.neighbors import NearestNeighbors

        with self._lock:
            if self._density is None:
                count = min(AROUND, len(self) - 1)
                far = np.zeros(len(self))
                if count > 0:
                    far = NearestNeighbors(n_neighbors=count).fit(self.reduced).kneighbors()[0].mean(axis=1)
                ranks = np.argsort(np.argsort(-far, kind="stable"), kind="stable")
                self._density = (ranks / max(len(self) - 1, 1)).astype(np.float32)
            return self._density

    def _lengths(self) -> np.ndarray:
        """Squared lengths of all vectors, float32 (N,)."""
        with self._lock:
            if self._squares is None:
                starts = range(0, len(self), CHUNK)
                parts = [np.square(self.codes[at : at + CHUNK] * self.scale).sum(axis=1) for at in starts]
                self._squares = np.concatenate(parts)
            return self._squares

    def nearest(self, vectors: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Vectors (q, D) -> Euclidean distances float32 (q, count) and rows (q, count), nearest first."""
        vectors = np.atleast_2d(np.asarray(vectors, np.float32))
        square = np.square(vectors).sum(axis=1)[:, None] + self._lengths()
        queries = -2 * (vectors * self.scale).T  # the few queries are scaled, not all the codes
        for start in range(0, len(self), CHUNK):
            block = self.codes[start : start + CHUNK].astype(np.float32)
            square[:, start : start + len(block)] += (block @ queries).T
        count = min(count, len(self))
        rows = np.argpartition(square, count - 1, axis=1)[:, :count]
        order = np.argsort(np.take_along_axis(square, rows, axis=1), axis=1, kind="stable")
        rows = np.take_along_axis(rows, order, axis=1)
        return np.sqrt(np.maximum(np.take_along_axis(square, rows, axis=1), 0)), rows


def quantise(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vectors (N, D) -> codes int8 (N, D) and the scale float32 (D,) that brings them back. Refuses NaN."""
    vectors = np.asarray(vectors, np.float32)
    if not np.isfinite(vectors).all():
        raise ValueError("These vectors hold values that are not numbers.")
    scale = np.maximum(np.abs(vectors).max(axis=0) / 127, 1e-8).astype(np.float32)
    return np.round(vectors / scale).astype(np.int8), scale


def pool(latents: np.ndarray) -> np.ndarray:
    """Latents (N, C, S, S) -> means over a grid of places, float32 (N, C * 16), or all of a smaller grid."""
    count, channels, side, _ = latents.shape
    cells = min(POOL, side)
    step = side // cells
    cut = latents[:, :, : cells * step, : cells * step].astype(np.float32)
    return cut.reshape(count, channels, cells, step, cells, step).mean(axis=(3, 5)).reshape(count, -1)
