"""Where the denoiser looks for each word: its cross-attention, recorded without changing what is drawn.

After Tang et al. 2022 (arXiv:2210.04885): the weights of all layers at one size, averaged over heads, layers and steps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

import numpy as np
from diffusers import UNet2DConditionModel
from torch import Tensor
from torch.nn import functional as F

from core.pipelines.prompts.types import WordMap

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


class Attention:
    """Weights of one drawing, summed up: (L, side, side)."""

    def __init__(self, side: int) -> None:
        self.side = side
        self.total: Tensor | float = 0.0
        self.count = 0

    def add(self, weights: Tensor) -> None:
        """Of one layer in one step: (HW, L), each row sums to 1."""
        places = int(len(weights) ** 0.5)
        grid = weights.float().T.reshape(1, -1, places, places)  # (1, L, h, w)
        grid = F.interpolate(grid, size=(self.side, self.side), mode="bilinear", align_corners=False)
        self.total, self.count = self.total + grid[0].cpu(), self.count + 1

    def mean(self) -> np.ndarray:
        """float32 (L, side, side)."""
        return (self.total / max(1, self.count)).numpy()


class _Recorder:
    """An attention processor that notes the weights of the wanted prompt and leaves the rest to the original."""

    def __init__(self, original: object, attention: Attention) -> None:
        self.original, self.attention = original, attention

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, *args, **kwargs):
        query = attn.to_q(hidden_states[:1]).unflatten(-1, (attn.heads, -1)).transpose(1, 2)  # (1, heads, HW, d)
        key = attn.to_k(encoder_hidden_states[:1]).unflatten(-1, (attn.heads, -1)).transpose(1, 2)
        weights = (query.float() @ key.float().transpose(2, 3) * query.shape[-1] ** -0.5).softmax(dim=-1)
        self.attention.add(weights.mean(dim=1)[0])
        return self.original(attn, hidden_states, encoder_hidden_states, *args, **kwargs)


def recorded(unet: UNet2DConditionModel, attention: Attention | None):
    """A context in which ``unet`` records into ``attention``. The caller holds the lock: the network is shared."""
    return nullcontext() if attention is None else _recording(unet, attention)


@contextmanager
def _recording(unet: UNet2DConditionModel, attention: Attention) -> Iterator[None]:
    originals = dict(unet.attn_processors)
    crossing = {name: name.endswith("attn2.processor") for name in originals}
    unet.set_attn_processor(
        {name: _Recorder(one, attention) if crossing[name] else one for name, one in originals.items()}
    )
    try:
        yield
    finally:
        unet.set_attn_processor(originals)


def word_maps(attention: Attention, prompt: str, spans: Sequence[tuple[int, int]]) -> tuple[WordMap, ...]:
    """One map per word that the encoder read; ``spans`` are the characters of every token."""
    heat = attention.mean()
    words = []
    for match in _WORD.finditer(prompt):
        tokens = [i for i, (start, end) in enumerate(spans) if start < match.end() and end > match.start()]
        if tokens:
            words.append((match, heat[tokens].sum(axis=0)))
    whole = sum(float(grid.mean()) for _, grid in words) or 1.0
    return tuple(
        WordMap(match[0], match.start(), match.end(), _stretched(grid), float(grid.mean()) / whole)
        for match, grid in words
    )


def _stretched(grid: np.ndarray) -> np.ndarray:
    low, high = float(grid.min()), float(grid.max())
    return ((grid - low) / max(high - low, 1e-8)).astype(np.float32)
