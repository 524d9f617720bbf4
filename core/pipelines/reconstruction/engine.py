"""Autoencoders and the classifier in memory: loaded once, on first use, and run by one thread at a time.

Importing this module imports torch and diffusers, which takes seconds; the pipeline does it when it is first needed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core import checkpoints
from core.diffusion.sampling import noise_for
from core.images import to_images, to_pixels, to_tensor, to_uint8
from core.latents import sources
from core.latents.codecs import OpenCodec, open_codec
from core.latents.tiles import Tiling
from core.metrics import cosine_distance
from core.models import PictureClassifier
from core.pipelines.reconstruction.losses import losses
from core.pipelines.reconstruction.types import Advance, Reconstruction

CLASSIFIER_SIZE = 64  # pixels along a side
QUICK = 64  # a model made for pictures up to this size is run once when it is loaded

Change = Callable[[Tensor], Tensor]  # latents (1, ...) -> latents


class CodecEngine:
    """The codecs of one checkpoint root and its classifier.

    The lock is held for one network call at a time, and every picture is run alone, so that what somebody gets
    depends neither on who else is at work nor on how many pictures came together.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._codecs: dict[str, tuple[OpenCodec, list[np.ndarray]]] = {}
        self._classifier: PictureClassifier | None = None
        self._lock = threading.RLock()

    def codec(self, model: str) -> OpenCodec:
        """Raises ``CheckpointError``; a later call tries again."""
        return self._opened(model)[0]

    def percentile(self, model: str, decibels: float) -> float | None:
        """Where this PSNR stands among the test pictures, 0 to 100; None where not measured."""
        return sources.percentile(decibels, self._opened(model)[1])

    def run(self, network: Change, x: Tensor) -> Tensor:
        """One call of a codec's ``encode`` or ``decode``."""
        with self._lock:
            return network(x)

    def through(
        self, codec: OpenCodec, pixels: np.ndarray, embedding: np.ndarray | None, change: Change | None = None
    ) -> Reconstruction:
        """uint8 (S, S, 3) and its embedding -> what comes back of it, ``change`` being applied to the latents."""
        x = to_tensor(pixels)
        with self._lock:
            started = time.perf_counter()
            z = codec.encode(x)
            if change is not None:
                z = change(z)
            y = codec.decode(z)
            milliseconds = (time.perf_counter() - started) * 1000
        return self.compare(pixels, embedding, to_uint8(y)[0], z[0].float().numpy(), milliseconds)

    def compare(
        self,
        before: np.ndarray,
        embedding: np.ndarray | None,
        after: np.ndarray,
        latents: np.ndarray,
        milliseconds: float,
    ) -> Reconstruction:
        """Pixels (H, W, 3) before and after -> all figures but the percentile."""
        picture = Image.fromarray(after)
        lost = losses(after, before)
        rebuilt = None if embedding is None else self.embed(picture)
        distance = None if rebuilt is None else float(cosine_distance(embedding[None], rebuilt[None])[0])
        return Reconstruction(
            Image.fromarray(before), picture, latents, lost.error, lost.psnr, lost.ssim, distance, milliseconds
        )

    def encode(self, model: str, picture: Image.Image) -> Tensor:
        """The centre square of a picture -> its latents (1, C, h, w) or (1, D)."""
        codec = self.codec(model)
        return self.run(codec.encode, to_tensor(to_pixels(picture, codec.size)))

    def picture(self, model: str, z: Tensor) -> Image.Image:
        """Latents (1, ...) -> a picture."""
        return to_images(self.run(self.codec(model).decode, z))[0]

    def noise(self, model: str, seed: int) -> Tensor:
        """A sample of N(0, 1) in the shape of one picture's latents (1, ...)."""
        return noise_for(seed, self.codec(model).latent_shape)[0]

    def whole(self, codec: OpenCodec, pixels: np.ndarray) -> Iterator[Advance | Reconstruction]:
        """uint8 (H, W, 3) in tiles: an :class:`Advance` after each of them, then what comes back."""
        tiling = Tiling(*pixels.shape[:2], codec.codec.factor, codec.size)
        latents = np.zeros((codec.latent_shape[0], *tiling.latent_size), np.float32)
        rebuilt = np.zeros_like(pixels)
        encoding = tiling.encode(pixels, lambda x: self.run(codec.encode, x), latents)
        decoding = tiling.decode(latents, lambda z: self.run(codec.decode, z), rebuilt)
        milliseconds, started = 0.0, time.perf_counter()
        for done, _ in enumerate(chain(encoding, decoding), start=1):
            milliseconds += (time.perf_counter() - started) * 1000
            yield Advance(done, 2 * len(tiling))
            started = time.perf_counter()
        yield self.compare(pixels, self.embed(Image.fromarray(pixels)), rebuilt, latents, milliseconds)

    def embed(self, picture: Image.Image) -> np.ndarray | None:
        """A picture's place in the classifier's embedding (D,), float32; None without a classifier."""
        if self._classifier is None and checkpoints.missing(self.root / "classifier"):
            return None
        x = to_tensor(to_pixels(picture, CLASSIFIER_SIZE))
        classifier = self.classifier()
        with self._lock, torch.inference_mode():
            return classifier(x).embedding[0].numpy()

    def classifier(self) -> PictureClassifier:
        """Raises ``CheckpointError``."""
        with self._lock:
            if self._classifier is None:
                loaded = checkpoints.load_model(self.root / "classifier")
                if not isinstance(loaded, PictureClassifier):
                    raise checkpoints.CheckpointError("classifier: config.json does not describe a classifier.")
                self._classifier = loaded.to(memory_format=torch.channels_last)
            return self._classifier

    def _opened(self, model: str) -> tuple[OpenCodec, list[np.ndarray]]:
        with self._lock:
            if model not in self._codecs:
                codec = open_codec(model, self.root)
                if codec.size <= QUICK:  # the first run sets kernels up and would be timed with the first picture
                    codec.decode(codec.encode(torch.zeros(1, 3, codec.size, codec.size)))
                tables = sources.percentiles(sources.find(model, self.root), codec.fingerprint)
                self._codecs[model] = codec, tables
            return self._codecs[model]
