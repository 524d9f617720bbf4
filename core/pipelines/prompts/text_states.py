"""Text states with weighted words, and of prompts that are longer than the encoder's window.

A weight moves a word's state away from that of the empty prompt, or towards it, as compel does. Long prompts are read
by parts, whose states stand one behind the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor
from transformers import CLIPTokenizer

from core.captions.weights import WeightedPrompt
from core.models.clip import tokenise


@dataclass(frozen=True)
class TextPart:
    """What is encoded at once: ids (1, L); for every token its characters in the prompt, (0, 0) for none, and its
    weight.
    """

    ids: Tensor
    spans: tuple[tuple[int, int], ...]
    weights: tuple[float, ...]

    @property
    def even(self) -> bool:
        return all(weight == 1.0 for weight in self.weights)


def text_parts(tokenizer: CLIPTokenizer, prompt: WeightedPrompt, *, several: bool) -> list[TextPart]:
    """Split a prompt at its breaks and wherever the window is full. One part, cut, unless ``several``."""
    length = len(prompt.plain)
    if not several:
        return [_part(tokenizer, prompt, 0, length)]
    found = []
    edges = [0, *prompt.breaks, length]
    for start, end in pairwise(edges):
        while prompt.plain[start:end].strip():
            part = _part(tokenizer, prompt, start, end)
            cut = _first_beyond(part, prompt.plain[:end])
            found.append(part if cut == end else _part(tokenizer, prompt, start, cut))
            start = cut
    return found or [_part(tokenizer, prompt, 0, length)]


def weighted_states(
    encode: Callable[[TextPart], Tensor], tokenizer: CLIPTokenizer, parts: Sequence[TextPart], least: int = 1
) -> Tensor:
    """Encode parts to states (1, least x L or more, D); empty parts fill them up."""
    states = [encode(part) for part in parts]
    if len(parts) < least or not all(part.even for part in parts):
        empty = encode(_part(tokenizer, WeightedPrompt("", ()), 0, 0))
        states = [
            state if part.even else _weighed(state, empty, part) for state, part in zip(states, parts, strict=True)
        ]
        states += [empty] * (least - len(parts))
    return torch.cat(states, dim=1)


def _weighed(states: Tensor, empty: Tensor, part: TextPart) -> Tensor:
    weights = torch.tensor(part.weights)[None, :, None]  # (1, L, 1)
    return torch.where(weights == 1.0, states, empty + weights * (states - empty))


def _first_beyond(part: TextPart, text: str) -> int:
    """Return the character where the first word begins that does not fit; the text's length if all fit."""
    read = [span for span in part.spans if span[1]]
    kept = read[-1][1]
    if not text[kept:].strip():
        return len(text)
    if text[kept].isspace():
        return kept
    begins = [start for (_, before), (start, _) in pairwise(read) if start > before]
    return begins[-1] if begins else kept  # one word that fills the window is cut within


def _part(tokenizer: CLIPTokenizer, prompt: WeightedPrompt, start: int, end: int) -> TextPart:
    tokens = tokenise(tokenizer, [prompt.plain[start:end]], full=True, offsets=True)
    offsets = [(int(a), int(b)) for a, b in tokens.offset_mapping[0].tolist()]
    spans = tuple((start + a, start + b) if b > a else (0, 0) for a, b in offsets)
    weights = tuple(prompt.weights[a] if b > a else 1.0 for a, b in spans)
    return TextPart(tokens.input_ids, spans, weights)
