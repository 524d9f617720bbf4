"""Runs the autoencoders and the classifier of the pool for the Reconstruction tab.

Importing this module imports torch and diffusers, which takes seconds; the pipeline does it when it is first needed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

import numpy as np
from PIL import Image
from torch import Tensor, nn

from core.diffusion.sampling import noise_for
from core.images import to_images, to_pixels, to_tensor, to_uint8
from core.latents import sources
from core.latents.codecs import OpenCodec
from core.latents.tiles import Tiling
from core.metrics import cosine_distance
from core.models import PictureClassifier
from core.networks.pool import NetworkPool
from core.pipelines.reconstruction.losses import losses
from core.pipelines.reconstruction.types import Advance, Reconstruction

Change = Callable[[Tensor], Tensor]  # latents (1, ...) -> latents


class CodecEngine:
    """The codecs of one checkpoint root and its classifier.

    Every picture is run alone, so that its result does not depend on the other pictures of a request.
    """

    def __init__(self, pool: NetworkPool) -> None:
        self.pool, self.root = pool, pool.root
        self._percentiles: dict[str, list[np.ndarray]] = {}

    def codec(self, model: str) -> OpenCodec:
        """Return an autoencoder. Raises ``CheckpointError``; a later call tries again."""
        return self.pool.codec(model)

    def percentile(self, model: str, decibels: float) -> float | None:
        """Return the percentile of this PSNR among the test pictures, 0 to 100; None if it was not measured."""
        if model not in self._percentiles:
            folder, fingerprint = sources.find(model, self.root), self.codec(model).fingerprint
            self._percentiles[model] = sources.percentiles(folder, fingerprint)
        return sources.percentile(decibels, self._percentiles[model])

    def run(self, network: Change, x: Tensor) -> Tensor:
        """Call a codec's ``encode`` or ``decode`` under the pool's lock."""
        return self.pool.run(network, x).clone()

    def timed(self, network: Change, x: Tensor) -> tuple[Tensor, float]:
        """Do the same and return the milliseconds as well, without the wait for the lock."""
        with self.pool.lock:
            started = time.perf_counter()
            result = self.run(network, x)
            return result, (time.perf_counter() - started) * 1000

    def through(
        self, codec: OpenCodec, pixels: np.ndarray, embedding: np.ndarray | None, change: Change | None = None
    ) -> Reconstruction:
        """Reconstruct uint8 (S, S, 3), with its embedding; ``change`` is applied to the latents."""
        z, encoding = self.timed(codec.encode, to_tensor(pixels))
        if change is not None:
            z = change(z)
        y, decoding = self.timed(codec.decode, z)
        return self.compare(pixels, embedding, to_uint8(y)[0], z[0].float().numpy(), encoding + decoding)

    def compare(
        self,
        before: np.ndarray,
        embedding: np.ndarray | None,
        after: np.ndarray,
        latents: np.ndarray,
        milliseconds: float,
    ) -> Reconstruction:
        """Compare pixels (H, W, 3) before and after: all figures except the percentile."""
        picture = Image.fromarray(after)
        lost = losses(after, before)
        rebuilt = None if embedding is None else self.embed(picture)
        distance = None if rebuilt is None else float(cosine_distance(embedding[None], rebuilt[None])[0])
        return Reconstruction(
            Image.fromarray(before), picture, latents, lost.error, lost.psnr, lost.ssim, distance, milliseconds
        )

    def encode(self, model: str, picture: Image.Image) -> Tensor:
        """Encode the centre square of a picture to latents (1, C, h, w) or (1, D)."""
        codec = self.codec(model)
        return self.run(codec.encode, to_tensor(to_pixels(picture, codec.size)))

    def picture(self, model: str, z: Tensor) -> Image.Image:
        """Decode latents (1, ...) to a picture."""
        return to_images(self.run(self.codec(model).decode, z))[0]

    def noise(self, model: str, seed: int) -> Tensor:
        """Draw a sample of N(0, 1) in the shape of one picture's latents (1, ...)."""
        return noise_for(seed, self.codec(model).latent_shape)[0]

    def whole(self, codec: OpenCodec, pixels: np.ndarray) -> Iterator[Advance | Reconstruction]:
        """Reconstruct uint8 (H, W, 3) in tiles: yields an :class:`Advance` after each tile, then the result."""
        tiling = Tiling(*pixels.shape[:2], codec.codec.factor, codec.size)
        latents = np.zeros((codec.latent_shape[0], *tiling.latent_size), np.float32)
        rebuilt, milliseconds = np.zeros_like(pixels), 0.0

        def counted(network: Change, x: Tensor) -> Tensor:
            nonlocal milliseconds
            result, taken = self.timed(network, x)
            milliseconds += taken
            return result

        encoding = tiling.encode(pixels, partial(counted, codec.encode), latents)
        decoding = tiling.decode(latents, partial(counted, codec.decode), rebuilt)
        for done, _ in enumerate(chain(encoding, decoding), start=1):
            yield Advance(done, 2 * len(tiling))
        yield self.compare(pixels, self.embed(Image.fromarray(pixels)), rebuilt, latents, milliseconds)

    def embed(self, picture: Image.Image) -> np.ndarray | None:
        """Return a picture's embedding (D,) float32 by the classifier; None without one that can be used."""
        classifier = self.pool.usable("classifier")
        if classifier is None:
            return None
        x = to_tensor(to_pixels(picture, classifier.config.sample_size))
        return self.pool.run(classifier, x).embedding[0].numpy()

    def network(self, model: str) -> nn.Module:
        """The network behind ``classifier`` or an autoencoder. Raises ``CheckpointError``."""
        return self.classifier() if model == "classifier" else self.codec(model).codec.autoencoder

    def classifier(self) -> PictureClassifier:
        """Raises ``CheckpointError``."""
        return self.pool.get("classifier")
