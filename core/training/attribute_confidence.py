"""How sure the classifier is of each label of a picture: the strengths between absent and present come from it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from core import draws
from core.data import PictureSet
from core.images import to_tensor


@torch.no_grad()
def attribute_confidence(classifier: nn.Module, faces: PictureSet, *, batch: int = 256) -> np.ndarray:
    """A set of N labelled faces -> confidence float32 (N, 40) in (0, 1]."""
    parts = [classifier(to_tensor(faces.pixels[i : i + batch])).attributes.numpy() for i in range(0, len(faces), batch)]
    return confidence_ranks(np.concatenate(parts), faces.attributes)


def confidence_ranks(logits: np.ndarray, attributes: np.ndarray) -> np.ndarray:
    """Classifier's logits and labels -1/1, both (N, 40) -> confidence float32 (N, 40) in (0, 1].

    It is the rank among the pictures with the same label, not a probability: a classifier that has seen the pictures
    is sure of nearly all of them, but ranks are spread evenly.
    """
    confidence = np.zeros(attributes.shape, np.float32)
    for index in range(attributes.shape[1]):
        for sign in (-1, 1):
            rows = np.flatnonzero(attributes[:, index] == sign)
            order = np.argsort(sign * logits[rows, index], kind="stable")
            confidence[rows[order], index] = (np.arange(len(rows)) + 1) / max(1, len(rows))
    return confidence


def soften_labels(attributes: Tensor, confidence: Tensor, generator: torch.Generator, share: float) -> Tensor:
    """(N, 40) of -1/1 -> in a share of the pictures -1..-0.25 and 0.25..1, the larger the surer.

    Labels alone would make every strength a switch: the network never sees a value between. The other pictures keep
    their labels, so that 1 stays "present, as the data knows it" and not "as strongly as possible".
    """
    softened = draws.rand(generator, len(attributes), 1) < share
    return torch.where(softened, attributes * (0.25 + 0.75 * confidence), attributes)
