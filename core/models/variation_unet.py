"""The face denoiser's sibling that is conditioned on the classifier's embedding: a photo in, new faces like it out.

The U-Net is the face denoiser's own. Only what reads the condition differs, so its training begins with a denoiser
that has learned to draw.
"""

from __future__ import annotations

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

from core.models.embedding_prior import EmbeddingPrior
from core.models.face_unet import FaceUNet


class EmbeddingToken(nn.Module):
    """Conditions (N, E + 1) of :meth:`VariationUNet.condition` -> one vector (N, D), or one token (N, 1, D)."""

    def __init__(self, embedding_dim: int, dim: int) -> None:
        super().__init__()
        self.given = nn.Linear(embedding_dim, dim)
        self.open = nn.Parameter(torch.zeros(dim))

    def forward(self, condition: Tensor, *, pooled: bool = False) -> Tensor:
        present = condition[:, -1:]  # (N, 1)
        vector = present * self.given(condition[:, :-1]) + (1 - present) * self.open
        return vector if pooled else vector[:, None]


class VariationUNet(ModelMixin, ConfigMixin):
    """Noisy latents (N, C, S, S), timesteps (N,), conditions (N, E + 1) -> prediction (N, C, S, S).

    ``shape`` is the config of a :class:`FaceUNet`. A condition of zeros is none. Detail as in the face denoiser.
    """

    @register_to_config
    def __init__(self, shape: dict, classifier_dim: int = 256, attributes: int = 40) -> None:
        super().__init__()
        known = {name: value for name, value in shape.items() if not name.startswith("_")}
        self.unet = FaceUNet(**known)
        self.unet.tokens = EmbeddingToken(classifier_dim, self.unet.config.embedding_dim)
        self.register_buffer("embedding_mean", torch.zeros(classifier_dim))
        self.register_buffer("embedding_std", torch.ones(classifier_dim))
        self.prior = EmbeddingPrior(attributes, classifier_dim)

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """(C, S, S)."""
        config = self.unet.config
        return config.latent_channels, config.sample_size, config.sample_size

    def example_inputs(self) -> dict[str, Tensor]:
        """Zeros for one picture, for a diagram of the network."""
        condition = torch.zeros(1, len(self.embedding_mean) + 1)
        return {"z": torch.zeros(1, *self.latent_shape), "timesteps": torch.zeros(1), "condition": condition}

    def condition(self, embedding: Tensor) -> Tensor:
        """Embeddings (N, E) of the classifier -> conditions (N, E + 1): standardised, and a one for "given"."""
        standard = (embedding - self.embedding_mean) / self.embedding_std
        return torch.cat([standard, standard.new_ones(len(standard), 1)], dim=1)

    def embeddings(self, attributes: Tensor, noise: Tensor) -> Tensor:
        """Attributes (N, 40) in [-1, 1], 0 unspecified, and standard noise (N, E) -> embeddings (N, E)."""
        return self.prior(attributes, noise)

    def forward(self, z: Tensor, timesteps: Tensor, condition: Tensor, detail: Tensor | None = None) -> Tensor:
        return self.unet(z, timesteps, condition, detail)


def body_of(denoiser: FaceUNet) -> dict[str, Tensor]:
    """The weights of a face denoiser without those that read attributes, named as in :class:`VariationUNet`."""
    return {f"unet.{name}": value for name, value in denoiser.state_dict().items() if not name.startswith("tokens.")}
