"""Requests and results of the Reconstruction tab. Plain values: importing this loads no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from core.latents.surgery import Surgery

SURE = 3.0  # standard errors from zero at which a difference is significant: of 40, hardly one by chance


@dataclass(frozen=True)
class ModelInfo:
    """One column of the grid, whether its weights are here or not."""

    key: str  # cae, vae, kl, sd, taesd, or a folder
    title: str
    present: bool
    problem: str = ""  # if it is not present: one sentence that says how to get it
    download: str = ""  # if it can be downloaded: what and how large, "334 MB from the Hugging Face Hub"
    size: int = 64  # pixels along a side of its pictures
    latent_shape: tuple[int, ...] = ()  # (128,) or (6, 16, 16), for a picture of ``size``
    parameters: int = 0
    flat: bool = False  # one code without a grid: no channels to show as pictures
    prior: bool = False  # whether a sample of N(0, 1) decodes to a picture like its training data

    @property
    def values(self) -> int:
        """Numbers in the latents of one picture."""
        return int(np.prod(self.latent_shape)) if self.latent_shape else 0

    @property
    def ratio(self) -> float:
        """Values of the picture over values of its latents."""
        return 3 * self.size**2 / self.values if self.values else 0.0


@dataclass(frozen=True)
class ReconstructionRequest:
    """A picture of any size, whose centre square is used, and an autoencoder: a key or a folder.

    ``whole`` keeps the picture's own shape and size, in tiles; only for models with a grid of latents.
    """

    picture: Image.Image
    model: str = "kl"
    whole: bool = False


@dataclass(frozen=True)
class Reconstruction:
    """The picture before and after. ``milliseconds`` counts encoding and decoding only."""

    before: Image.Image
    after: Image.Image
    latents: np.ndarray  # float32 (C, S, S) or (D,)
    error: np.ndarray  # float32 (H, W): root mean square over the colours, in 8-bit levels 0 to 255
    psnr: float  # dB, infinite for an exact copy
    ssim: float
    embedding_distance: float | None  # 1 - cosine in the classifier's embedding, None without a classifier
    milliseconds: float
    percentile: float | None = None  # share of test pictures, 0 to 100, with a lower PSNR; None if not measured


@dataclass(frozen=True)
class Advance:
    """Progress of a long job: tiles of a whole photo, bytes of a download."""

    done: int
    total: int


@dataclass(frozen=True)
class GridRequest:
    """Named pictures and models: rows and columns of the grid."""

    pictures: tuple[tuple[str, Image.Image], ...]
    models: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """One finished cell of the grid; ``problem`` says why this model failed."""

    row: int
    column: int
    done: int  # cells finished so far
    total: int
    result: Reconstruction | None = None
    problem: str = ""


@dataclass(frozen=True)
class Histogram:
    """``counts`` (B,) between ``edges`` (B + 1,)."""

    counts: np.ndarray
    edges: np.ndarray


@dataclass(frozen=True)
class LatentView:
    """Latents to show: each channel as a grey picture on one common scale, or the values of a flat code."""

    channels: tuple[Image.Image, ...]  # (S, S) grey, one per channel; empty for a flat code
    code: np.ndarray  # float32 (D,); empty where there are channels
    histograms: tuple[Histogram, ...]  # one per channel; of a flat code one over all dimensions
    mean: np.ndarray  # float32 per channel (C,), of a flat code (1,)
    deviation: np.ndarray
    scale: tuple[float, float]  # values shown as black and white


@dataclass(frozen=True)
class SurgeryRequest:
    """A picture, a model, and operations on the latents; swapped channels come from ``other``."""

    picture: Image.Image
    model: str = "kl"
    surgery: Surgery = field(default_factory=Surgery)
    other: Image.Image | None = None


# --- the benchmark ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One autoencoder, or a baseline without a network, on the pictures of one set. None if not measured."""

    key: str
    title: str
    psnr: float  # dB
    ssim: float
    embedding_distance: float
    frechet: float
    latent_size: str = ""
    values: int = 0  # numbers kept of one picture
    ratio: float | None = None
    parameters: int | None = None
    encode: float | None = None  # milliseconds per picture, one at a time
    decode: float | None = None
    encode_16: float | None = None  # the same in batches of 16
    decode_16: float | None = None
    picture_size: str = ""
    baseline: bool = False

    @property
    def milliseconds(self) -> float | None:
        """Milliseconds to encode and decode."""
        return None if self.encode is None or self.decode is None else self.encode + self.decode


@dataclass(frozen=True)
class Bar:
    """How much better (above 0) or worse pictures of one kind are reconstructed, in dB, with its standard error."""

    label: str
    pictures: int
    difference: float
    error: float

    @property
    def sure(self) -> bool:
        return abs(self.difference) > SURE * self.error


@dataclass(frozen=True)
class Extreme:
    """A description of one of the ten best or worst test pictures."""

    psnr: float
    words: tuple[str, ...]


@dataclass(frozen=True)
class Difficulty:
    """Kinds of pictures of one set by difficulty for one autoencoder, the hardest first."""

    key: str
    title: str
    difference: str  # between what the bars compare
    bars: tuple[Bar, ...]
    worst: tuple[Extreme, ...]
    best: tuple[Extreme, ...]


@dataclass(frozen=True)
class SetBenchmark:
    """All rows on one set of pictures, best PSNR first, and sentences that describe them."""

    kind: str
    title: str
    pictures: int
    floor: float | None  # Fréchet distance between real training pictures and the test pictures
    rows: tuple[Row, ...]
    difficulty: tuple[Difficulty, ...]
    text: tuple[str, ...]


@dataclass(frozen=True)
class Benchmarks:
    """Everything that the page shows. ``notes`` are sentences about missing or outdated figures."""

    sets: tuple[SetBenchmark, ...] = ()
    protocol: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """The metrics of one autoencoder."""

    key: str
    title: str
    metrics: Mapping[str, Any] = field(default_factory=dict)

    def at(self, *path: str) -> Any:
        """Return a nested value, or None."""
        value: Any = self.metrics
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def rows(self, *path: str) -> Mapping[str, Any]:
        """Return a nested object, or an empty one."""
        value = self.at(*path)
        return value if isinstance(value, Mapping) else {}
