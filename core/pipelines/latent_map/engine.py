"""What the Latent map does with the networks of the pool: pictures into every space, codes back to pictures.

Importing this module imports torch and diffusers, which takes seconds; the pipeline does it when it is first needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from core.images import to_images, to_pixels, to_tensor, to_uint8
from core.latents.codecs import OpenCodec
from core.latents.spaces import ENCODERS, pool
from core.metrics import psnr
from core.models import PictureClassifier
from core.networks.pool import NetworkPool

if TYPE_CHECKING:
    from transformers import CLIPModel, CLIPTokenizer


@dataclass(frozen=True)
class EncodedPictures:
    """Encoded pictures: vectors float32 (n, D) by space, attribute probabilities (n, 40) or None, and the PSNR (n,) of
    their reconstructions by space, if requested."""

    vectors: dict[str, np.ndarray]
    measured: np.ndarray | None
    psnr: dict[str, np.ndarray]


class LatentMapEngine:
    """The codecs, the classifier and CLIP of one checkpoint root."""

    def __init__(self, pool: NetworkPool) -> None:
        self.pool, self.root = pool, pool.root

    def codec(self, key: str) -> OpenCodec:
        """Return an autoencoder. Raises ``CheckpointError``; a later call tries again."""
        return self.pool.codec(key)

    def classifier(self) -> PictureClassifier:
        """Raises ``CheckpointError``."""
        return self.pool.get("classifier")

    def clip(self) -> tuple[CLIPModel, CLIPTokenizer]:
        """Raises ``CheckpointError``."""
        return self.pool.get("clip")

    def encode(self, pixels: np.ndarray, spaces: Sequence[str], *, errors: bool = False) -> EncodedPictures:
        """Encode a small batch uint8 (n, S, S, 3) in ``spaces``, each picture at the size that the encoder takes.
        Attributes come with the classifier's space; with ``errors`` the PSNR of the reconstructions is measured in each
        space that decodes."""
        sized = cache(partial(at_side, pixels))
        vectors, measured, latents, lost = {}, None, {}, {}
        for key in spaces:
            if key == "clip":
                vectors[key] = self._seen_by_clip(sized)
                continue
            if key == "classifier":
                network = self.classifier()
                output = self.pool.run(network, to_tensor(sized(network.config.sample_size)))
                vectors[key], measured = output.embedding.numpy(), output.attributes.sigmoid().numpy()
                continue
            name = ENCODERS[key].codec
            seen = sized(self.codec(name).size)
            if name not in latents:
                latents[name] = self.pool.run(self.codec(name).encode, to_tensor(seen)).float().numpy()
            vectors[key] = pool(latents[name]) if key == "kl-pooled" else latents[name].reshape(len(pixels), -1)
            if errors and ENCODERS[key].decodes:
                rebuilt = self.pool.run(self.codec(name).decode, torch.from_numpy(latents[name]))
                lost[key] = psnr(to_uint8(rebuilt), seen)
        return EncodedPictures(vectors, measured, lost)

    def embed_words(self, text: str) -> tuple[np.ndarray, int]:
        """A text -> its unit vector float32 (D,) among CLIP's pictures, and how many of its characters were read: more
        do not fit the encoder. Raises ``CheckpointError``."""
        model, tokenizer = self.clip()
        from core.models.clip import embed_texts, tokenise

        tokens = tokenise(tokenizer, [text], offsets=True)
        vector = self.pool.run(embed_texts, model, tokens.input_ids)[0].numpy()
        return vector, int(tokens.offset_mapping[..., 1].max())

    def _seen_by_clip(self, sized: Callable[[int], np.ndarray]) -> np.ndarray:
        """Pictures at any size -> unit vectors float32 (N, D)."""
        model, _ = self.clip()
        from core.models.clip import embed_pictures

        x = to_tensor(sized(model.config.vision_config.image_size))
        return self.pool.run(embed_pictures, model, x).numpy()

    def decode(self, key: str, vectors: np.ndarray) -> list[Image.Image]:
        """Vectors (n, D) of a space that decodes -> pictures. One by one: a place looks the same in any company."""
        codec = self.codec(ENCODERS[key].codec)
        pictures = []
        for vector in np.atleast_2d(vectors):
            z = torch.from_numpy(np.array(vector, np.float32)).reshape(1, *codec.latent_shape)
            pictures += to_images(self.pool.run(codec.decode, z))
        return pictures


def at_side(pixels: np.ndarray, side: int) -> np.ndarray:
    """Pictures uint8 (n, S, S, 3) -> the same at ``side`` pixels, uint8 (n, side, side, 3)."""
    if pixels.shape[1] == side:
        return np.asarray(pixels)
    return np.stack([to_pixels(Image.fromarray(picture), side) for picture in np.asarray(pixels)])
