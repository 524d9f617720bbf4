"""The face denoiser: a U-Net over latents, conditioned on the noise level and 40 attributes.

One class, two presets: ``baseline``, a plain conditional U-Net with instance norm and cross-attention to one token per
attribute (after Rombach et al. 2021, arXiv:2112.10752), and ours, whose norms are modulated by time and attributes
together (Dhariwal & Nichol 2021, arXiv:2105.05233).
"""

from __future__ import annotations

import math

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from diffusers.loaders import PeftAdapterMixin
from torch import Tensor, nn
from torch.nn import functional as F

PRESETS: dict[str, dict] = {
    "tiny": {"widths": (16, 32, 32), "blocks": 1, "embedding_dim": 32},
    "baseline": {
        "widths": (64, 128, 256),
        "blocks": 1,
        "attention": (True, False, True),
        "embedding_dim": 256,
        "conditioning": "cross",
        "norm": "instance",
        "activation": "relu",
        "drop_rate": 0.0,
    },
    "cpu": {"widths": (96, 192, 224), "blocks": 2, "attention": (False, True, True), "embedding_dim": 256},
    "gpu": {"widths": (128, 256, 256), "blocks": 2, "attention": (False, True, True), "embedding_dim": 320},
}


class AttributeTokens(nn.Module):
    """Attributes (N, 40) in [-1, 1] -> one token each (N, 40, D), linear from absent (-1) to present (1); pooled,
    one vector (N, D) of about the same length whether one attribute is given or all 40.

    In a plain mean a single attribute, the usual request, counts so little that the network learns to ignore it.
    """

    def __init__(self, count: int, dim: int) -> None:
        super().__init__()
        self.present = nn.Parameter(torch.randn(count, dim))
        self.absent = nn.Parameter(torch.randn(count, dim))
        self.open = nn.Parameter(torch.zeros(count, dim))

    def forward(self, attributes: Tensor, *, pooled: bool = False) -> Tensor:
        if pooled:
            return self._pooled(attributes)
        a = attributes[:, :, None]
        return F.relu(a) * self.present + F.relu(-a) * self.absent + (1 - a.abs()) * self.open  # (N, 40, D)

    def _pooled(self, attributes: Tensor) -> Tensor:
        count = attributes.abs().sum(dim=1, keepdim=True)  # (N, 1)
        given = F.relu(attributes) @ self.present + F.relu(-attributes) @ self.absent
        left_open = (1 - attributes.abs()) @ self.open
        return given / (1 + count).sqrt() + left_open / math.sqrt(attributes.shape[1])


class TimeEmbedding(nn.Module):
    """Timesteps (N,) in [0, 1000) -> (N, D): sinusoids, then two linear layers."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        frequencies = torch.exp(-math.log(10_000.0) * torch.arange(dim // 2) / (dim // 2))
        self.register_buffer("frequencies", frequencies, persistent=False)
        self.mlp = nn.Sequential(nn.Linear(dim, dim), nn.SiLU(), nn.Linear(dim, dim))

    def forward(self, timesteps: Tensor) -> Tensor:
        angles = timesteps.float()[:, None] * self.frequencies  # (N, D/2)
        return self.mlp(torch.cat([angles.cos(), angles.sin()], dim=1))


class DetailEmbedding(TimeEmbedding):
    """True detail of a picture (N,), the share of its side that are its own pixels, in (0, 1] -> (N, D).

    Size conditioning (Podell et al. 2023, arXiv:2307.01952): enlarged pictures teach what faces look like, and the
    network learns to tell their softness from that. It begins at zero, as if there were no such condition.
    """

    def __init__(self, dim: int) -> None:
        super().__init__(dim)
        nn.init.zeros_(self.mlp[-1].weight)
        nn.init.zeros_(self.mlp[-1].bias)

    def forward(self, detail: Tensor) -> Tensor:
        return super().forward(1000 * detail)


class Attention(nn.Module):
    """Multi-head attention over positions, with residual; to a context of tokens where ``context_dim`` is given."""

    def __init__(self, channels: int, heads: int, context_dim: int | None = None) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.GroupNorm(1, channels)
        self.query = nn.Linear(channels, channels)
        self.key_value = nn.Linear(context_dim or channels, 2 * channels)
        self.out = nn.Linear(channels, channels)
        nn.init.zeros_(self.out.weight)  # starts as the identity, so early training is that of the convolutions
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        n, c, h, w = x.shape
        tokens = self.norm(x).flatten(2).transpose(1, 2)  # (N, HW, C)
        source = tokens if context is None else context  # (N, L, D)
        query = self.query(tokens).view(n, h * w, self.heads, -1).transpose(1, 2)  # (N, heads, HW, C/heads)
        key, value = self.key_value(source).view(n, source.shape[1], 2, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = self.mix(query, key, value).transpose(1, 2).reshape(n, h * w, c)
        return x + self.out(mixed).transpose(1, 2).reshape(n, c, h, w)

    def mix(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Queries (N, heads, Q, D), keys and values (N, heads, K, D) -> (N, heads, Q, D)."""
        return F.scaled_dot_product_attention(query, key, value)


class ResidualBlock(nn.Module):
    """Norm, activation, 3x3 convolution, twice, with a skip; conditioned by shift or by scale and shift."""

    def __init__(self, inputs: int, outputs: int, config: _BlockConfig) -> None:
        super().__init__()
        self.modulated = config.modulated
        self.activation = F.relu if config.activation == "relu" else F.silu
        self.norm1 = config.normalisation(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, 1, 1)
        self.embed = nn.Linear(config.embedding_dim, 2 * outputs if config.modulated else outputs)
        self.norm2 = config.normalisation(outputs)
        self.drop = nn.Dropout(config.drop_rate)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1)
        self.skip = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        modulation = self.embed(F.silu(embedding))[:, :, None, None]  # (N, C or 2C, 1, 1)
        h = self.conv1(self.activation(self.norm1(x)))  # (N, C, H, W)
        if self.modulated:
            scale, shift = modulation.chunk(2, dim=1)
            h = torch.addcmul(shift, self.norm2(h), 1 + scale)
        else:
            h = self.norm2(h + modulation)
        return self.skip(x) + self.conv2(self.drop(self.activation(h)))


class _BlockConfig:
    """What the blocks of one network share."""

    def __init__(self, norm: str, activation: str, modulated: bool, embedding_dim: int, drop_rate: float) -> None:
        self.norm, self.activation, self.modulated = norm, activation, modulated
        self.embedding_dim, self.drop_rate = embedding_dim, drop_rate

    def normalisation(self, channels: int) -> nn.Module:
        if self.norm == "instance":
            return nn.GroupNorm(channels, channels)  # one group per channel is instance norm with an affine
        return nn.GroupNorm(max(1, channels // 16), channels)


class Stage(nn.Module):
    """Residual blocks at one resolution, each followed by attention (to itself, and to the tokens) where configured."""

    def __init__(
        self, inputs: list[int], outputs: int, config: _BlockConfig, heads: int, attend: bool, context: int | None
    ):
        super().__init__()
        self.blocks = nn.ModuleList(ResidualBlock(i, outputs, config) for i in inputs)
        count = len(inputs) if attend else 0
        self.attentions = nn.ModuleList(Attention(outputs, heads) for _ in range(count))
        crossed = count if context is not None else 0
        self.cross = nn.ModuleList(Attention(outputs, heads, context) for _ in range(crossed))

    def step(self, index: int, x: Tensor, embedding: Tensor, tokens: Tensor | None) -> Tensor:
        x = self.blocks[index](x, embedding)
        if len(self.attentions):
            x = self.attentions[index](x)
        if len(self.cross):
            x = self.cross[index](x, tokens)
        return x


class FaceUNet(ModelMixin, ConfigMixin, PeftAdapterMixin):
    """Noisy latents (N, C, S, S), timesteps (N,), attributes (N, 40) in [-1, 1] -> prediction (N, C, S, S).

    Where the config says ``detail``, a fourth input (N,) in (0, 1] is how much detail the picture has; 1 without it.
    What the prediction is (noise, velocity or flow) belongs to the objective, not to the network.
    ``eyes``: where the training pictures have them, (left x, left y, right x, right y) as fractions of the side.
    """

    @register_to_config
    def __init__(
        self,
        latent_channels: int = 6,
        sample_size: int = 16,
        attributes: int = 40,
        widths: tuple[int, ...] = (96, 192, 224),
        blocks: int = 2,
        attention: tuple[bool, ...] = (False, True, True),
        heads: int = 4,
        embedding_dim: int = 256,
        conditioning: str = "modulation",
        norm: str = "group",
        activation: str = "silu",
        drop_rate: float = 0.1,
        detail: bool = False,
        eyes: tuple[float, float, float, float] | None = None,
    ) -> None:
        super().__init__()
        if conditioning not in ("cross", "modulation"):
            raise ValueError(f"conditioning is 'cross' or 'modulation', not {conditioning!r}")
        config = _BlockConfig(norm, activation, conditioning == "modulation", embedding_dim, drop_rate)
        context = embedding_dim if conditioning == "cross" else None
        self.time = TimeEmbedding(embedding_dim)
        self.tokens = AttributeTokens(attributes, embedding_dim)
        self.detail_embedding = DetailEmbedding(embedding_dim) if detail else None
        self.pool = nn.Sequential(
            nn.Linear(embedding_dim, embedding_dim), nn.SiLU(), nn.Linear(embedding_dim, embedding_dim)
        )
        self.conv_in = nn.Conv2d(latent_channels, widths[0], 3, 1, 1)

        def stage(inputs: list[int], width: int, attend: bool) -> Stage:
            return Stage(inputs, width, config, heads, attend, context)

        self.down, self.downsample = nn.ModuleList(), nn.ModuleList()
        skips, channels = [widths[0]], widths[0]
        for level, width in enumerate(widths):
            self.down.append(stage([channels] + [width] * (blocks - 1), width, attention[level]))
            skips += [width] * blocks
            channels = width
            if level < len(widths) - 1:
                self.downsample.append(nn.Conv2d(width, width, 3, 2, 1))
                skips.append(width)
        self.middle = stage([channels, channels], channels, True)
        self.up, self.upsample = nn.ModuleList(), nn.ModuleList()
        for level in reversed(range(len(widths))):
            inputs = []
            for _ in range(blocks + 1):
                inputs.append(channels + skips.pop())
                channels = widths[level]
            self.up.append(stage(inputs, channels, attention[level]))
            if level:
                self.upsample.append(nn.Conv2d(channels, channels, 3, 1, 1))
        self.norm_out = config.normalisation(channels)
        self.conv_out = nn.Conv2d(channels, latent_channels, 3, 1, 1)
        nn.init.zeros_(self.conv_out.weight)
        nn.init.zeros_(self.conv_out.bias)

    def forward(self, z: Tensor, timesteps: Tensor, attributes: Tensor, detail: Tensor | None = None) -> Tensor:
        embedding, tokens = self.time(timesteps), None  # (N, D)
        if self.detail_embedding is not None:
            embedding = embedding + self.detail_embedding(attributes.new_ones(len(z)) if detail is None else detail)
        if self.config.conditioning == "modulation":
            embedding = embedding + self.pool(self.tokens(attributes, pooled=True))
        else:
            tokens = self.tokens(attributes)  # (N, 40, D)
        h = self.conv_in(z)  # (N, C0, S, S)
        skips = [h]
        for level, stage in enumerate(self.down):
            for index in range(len(stage.blocks)):
                h = stage.step(index, h, embedding, tokens)
                skips.append(h)
            if level < len(self.downsample):
                h = self.downsample[level](h)  # (N, C, S/2, S/2)
                skips.append(h)
        for index in range(2):
            h = self.middle.step(index, h, embedding, tokens)
        for level, stage in enumerate(self.up):
            for index in range(len(stage.blocks)):
                h = stage.step(index, torch.cat([h, skips.pop()], dim=1), embedding, tokens)
            if level < len(self.upsample):
                h = self.upsample[level](F.interpolate(h, scale_factor=2.0, mode="nearest"))  # (N, C, 2S, 2S)
        return self.conv_out(F.silu(self.norm_out(h)))
