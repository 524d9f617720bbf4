"""Requests and results of the Reconstruction tab. Plain values: importing this loads no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from core.latents.surgery import Surgery

SURE = 3.0  # standard errors from zero from which a difference counts: of 40 at once hardly one by chance


@dataclass(frozen=True)
class ModelInfo:
    """One column of the grid, whether its weights are here or not."""

    key: str  # cae, vae, kl, sd, taesd, or a folder
    title: str
    present: bool
    problem: str = ""  # where it is not present: one sentence on how to get it
    download: str = ""  # where a button may fetch it: what and how large, "334 MB from the Hugging Face Hub"
    size: int = 64  # pixels along a side that it is made for
    latent_shape: tuple[int, ...] = ()  # (128,) or (6, 16, 16), for a picture of ``size``
    parameters: int = 0
    flat: bool = False  # one code without places: no channels to look at as pictures
    prior: bool = False  # a sample of N(0, 1) decodes to a picture of the kind it learned

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
    """A picture of any size, of which the centre square is used, and the autoencoder: a key or a folder.

    ``whole`` keeps the picture's own shape and size, in tiles; only for models with a grid of latents.
    """

    picture: Image.Image
    model: str = "kl"
    whole: bool = False


@dataclass(frozen=True)
class Reconstruction:
    """The picture as the model sees it and as it comes back. ``milliseconds`` is encoding and decoding alone."""

    before: Image.Image
    after: Image.Image
    latents: np.ndarray  # float32 (C, S, S) or (D,)
    error: np.ndarray  # float32 (H, W): root mean square over the colours, in 8-bit levels 0 to 255
    psnr: float  # dB, infinite for an exact copy
    ssim: float
    embedding_distance: float | None  # 1 - cosine in the classifier's embedding, None without a classifier
    milliseconds: float
    percentile: float | None = None  # share of test pictures, 0 to 100, that come back worse; None where not measured


@dataclass(frozen=True)
class Advance:
    """How far long work has come: tiles of a whole photo, bytes of a download."""

    done: int
    total: int


@dataclass(frozen=True)
class GridRequest:
    """Pictures (with their names) by models: rows and columns of the grid."""

    pictures: tuple[tuple[str, Image.Image], ...]
    models: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """One cell of the grid as it is finished; ``problem`` where this model could not do it."""

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
    """Latents to look at: each channel as a grey picture on one common scale, or a flat code's values as they are."""

    channels: tuple[Image.Image, ...]  # (S, S) grey, one per channel; empty for a flat code
    code: np.ndarray  # float32 (D,); empty where there are channels
    histograms: tuple[Histogram, ...]  # one per channel; of a flat code one over all dimensions
    mean: np.ndarray  # float32 per channel (C,), of a flat code (1,)
    deviation: np.ndarray
    scale: tuple[float, float]  # values shown as black and white


@dataclass(frozen=True)
class SurgeryRequest:
    """A picture, a model, and what is done to the latents on the way; ``other`` lends its channels where swapped."""

    picture: Image.Image
    model: str = "kl"
    surgery: Surgery = field(default_factory=Surgery)
    other: Image.Image | None = None


# --- the benchmark ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One autoencoder, or a stand-in without a network, on the pictures of one set. None where not measured."""

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
        """There and back."""
        return None if self.encode is None or self.decode is None else self.encode + self.decode


@dataclass(frozen=True)
class Bar:
    """How much better (above 0) or worse pictures of one kind come back, in dB, with its standard error."""

    label: str
    pictures: int
    difference: float
    error: float

    @property
    def sure(self) -> bool:
        return abs(self.difference) > SURE * self.error


@dataclass(frozen=True)
class Extreme:
    """One of the ten best or worst test pictures, in words."""

    psnr: float
    words: tuple[str, ...]


@dataclass(frozen=True)
class Difficulty:
    """What is hard for one autoencoder in one set; bars from the hardest on."""

    key: str
    title: str
    difference: str  # of what the bars are
    bars: tuple[Bar, ...]
    worst: tuple[Extreme, ...]
    best: tuple[Extreme, ...]


@dataclass(frozen=True)
class SetBenchmark:
    """All rows on one set of pictures, best PSNR first, and what they say in sentences."""

    kind: str
    title: str
    pictures: int
    floor: float | None  # Fréchet distance of real training pictures from the same test pictures
    rows: tuple[Row, ...]
    difficulty: tuple[Difficulty, ...]
    text: tuple[str, ...]


@dataclass(frozen=True)
class Benchmarks:
    """Everything the page shows. ``notes`` are sentences on what is missing or out of date."""

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
        """A value inside, or None."""
        value: Any = self.metrics
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def rows(self, *path: str) -> Mapping[str, Any]:
        """An object inside, or an empty one."""
        value = self.at(*path)
        return value if isinstance(value, Mapping) else {}
