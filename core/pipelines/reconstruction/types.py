"""What the Reconstruction lab is asked and what it answers. Plain values: importing this loads no network."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from core.latents.surgery import Surgery

__all__ = [
    "Advance",
    "Cell",
    "GridRequest",
    "Histogram",
    "LatentView",
    "ModelInfo",
    "ReconstructRequest",
    "Reconstruction",
    "Surgery",
    "SurgeryRequest",
]


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
class ReconstructRequest:
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
