"""A small residual CNN: 40 face attributes, food classes, and the embedding that measures everything else.

He et al. 2015 (arXiv:1512.03385). Its stage features serve as perceptual loss, its 256-d embedding in Fréchet
distances, its logits as the achieved-attribute meter.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class ClassifierOutput:
    """What the classifier says of N pictures."""

    attributes: Tensor  # (N, 40) logits
    classes: Tensor  # (N, classes) logits
    embedding: Tensor  # (N, 256)


class ResidualBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.skip = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.skip = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.norm1(self.conv1(x)))
        h = self.norm2(self.conv2(h))
        return F.relu(h + self.skip(x))


class PictureClassifier(ModelMixin, ConfigMixin):
    """(N, 3, S, S) in [-1, 1], S as ``sample_size`` -> :class:`ClassifierOutput`. The config has ``class_names``."""

    @register_to_config
    def __init__(
        self,
        stem_width: int = 32,
        widths: tuple[int, ...] = (48, 96, 192, 320),
        blocks: int = 2,
        embedding_dim: int = 256,
        attributes: int = 40,
        class_names: tuple[str, ...] = (),
        dropout: float = 0.2,
        sample_size: int = 64,
        stem_stride: int = 1,
    ) -> None:
        super().__init__()
        kernel = 2 * stem_stride + 1  # a stride of two needs five pixels to see every pixel alike
        first = nn.Conv2d(3, stem_width, kernel, stem_stride, stem_stride, bias=False)
        self.stem = nn.Sequential(first, nn.BatchNorm2d(stem_width), nn.ReLU())
        stages, inputs = [], stem_width
        for width in widths:
            rest = [ResidualBlock(width, width, 1) for _ in range(blocks - 1)]
            stages.append(nn.Sequential(ResidualBlock(inputs, width, 2), *rest))
            inputs = width
        self.stages = nn.ModuleList(stages)
        self.embed = nn.Linear(inputs, embedding_dim)
        self.drop = nn.Dropout(dropout)
        self.attribute_head = nn.Linear(embedding_dim, attributes)
        self.class_head = nn.Linear(embedding_dim, max(1, len(class_names)))

    def features(self, x: Tensor) -> list[Tensor]:
        """Activations after the stem and each stage: (N, 32, H, W), (N, 48, H/2, W/2) ... at a stem stride of one, half
        of it at two. Any H, W divisible by 16 or 32."""
        activations = [self.stem(x)]
        for stage in self.stages:
            activations.append(stage(activations[-1]))
        return activations

    def forward(self, x: Tensor) -> ClassifierOutput:
        return self.decide(self.features(x)[-1])

    def decide(self, activation: Tensor) -> ClassifierOutput:
        """Activations of the last stage (N, C, H, W) -> what is decided."""
        pooled = activation.mean(dim=(2, 3))  # (N, 320)
        embedding = self.embed(pooled)  # (N, 256)
        kept = self.drop(embedding)
        return ClassifierOutput(self.attribute_head(kept), self.class_head(kept), embedding)


class PerceptualLoss(nn.Module):
    """Distance of two picture batches in a frozen classifier's features (Zhang et al. 2018, arXiv:1801.03924).

    Each stage's activations are normalised over channels, so that no stage outweighs another.
    """

    def __init__(self, classifier: PictureClassifier, stages: int = 4) -> None:
        super().__init__()
        self.classifier = classifier.eval().requires_grad_(False)
        self.stages = stages

    def train(self, mode: bool = True) -> PerceptualLoss:
        return self  # the batch statistics stay those of the trained classifier

    def forward(self, x: Tensor, target: Tensor) -> Tensor:
        with torch.no_grad():
            wanted = self.classifier.features(target)[: self.stages]
        got = self.classifier.features(x)[: self.stages]
        total = x.new_zeros(())
        for a, b in zip(got, wanted, strict=True):
            total = total + (_unit(a) - _unit(b)).square().sum(dim=1).mean()
        return total / self.stages


def _unit(x: Tensor) -> Tensor:
    return x.float() / (x.float().square().sum(dim=1, keepdim=True) + 1e-6).sqrt()
