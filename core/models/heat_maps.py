"""Where a classifier looks: Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from core.models.classifier import ClassifierOutput, PictureClassifier

STAGE = 2  # of four: the last sees more of the picture, but on a grid too coarse to say where

Decision = Callable[[ClassifierOutput], Tensor]  # what was decided -> one score (N,)


def heat_maps(classifier: PictureClassifier, x: Tensor, decisions: Sequence[Decision], stage: int = STAGE) -> Tensor:
    """Pictures (N, 3, S, S) in [-1, 1] and K decisions -> maps (N, K, S, S) in [0, 1]: which place spoke for each.

    Activations of a stage, weighted by the mean gradient of the score, where their sum is positive. Each map's largest
    value is 1; it is 0 everywhere where nothing spoke for the decision. The classifier's layers must have gradients.
    """
    with torch.enable_grad():
        activation = x
        for layer in (classifier.stem, *classifier.stages[: stage + 1]):
            activation = layer(activation)
        activation = activation.detach().requires_grad_(True)  # (N, C, h, w)
        deep = activation
        for layer in classifier.stages[stage + 1 :]:
            deep = layer(deep)
        output = classifier.decide(deep)
        scores = [decision(output) for decision in decisions]
        gradients = [torch.autograd.grad(score.sum(), activation, retain_graph=True)[0] for score in scores]
    weights = torch.stack(gradients, dim=1).mean(dim=(3, 4), keepdim=True)  # (N, K, C, 1, 1)
    maps = F.relu((weights * activation.detach()[:, None]).sum(dim=2))  # (N, K, h, w)
    maps = F.interpolate(maps, size=x.shape[-2:], mode="bilinear", align_corners=False)
    return maps / maps.amax(dim=(2, 3), keepdim=True).clamp_min(1e-12)


def attribute(index: int, present: bool) -> Decision:
    """That an attribute is present, or that it is absent."""
    return lambda output: output.attributes[:, index] * (1 if present else -1)


def picture_class(index: int) -> Decision:
    """That a picture is of a class, rather than of the others."""
    return lambda output: output.classes.log_softmax(dim=1)[:, index]
