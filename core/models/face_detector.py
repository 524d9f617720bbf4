"""A face detector without anchors: CenterFace (Xu et al. 2020, arXiv:1911.03599), a MobileNetV2 with a feature pyramid.

It looks at a picture once and says for every fourth pixel whether a face has its centre there, how large its box is and
where in that box the eyes, the nose and the corners of the mouth are. Batch norm is folded into the convolutions.
"""

from __future__ import annotations

from typing import NamedTuple

from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn
from torch.nn import functional as F

STRIDE = 4  # pixels of the picture to one cell of the answer
MULTIPLE = 32  # both sides of a picture are multiples of this
LANDMARKS = 5  # left eye, right eye, nose, left and right corner of the mouth, as the picture shows them

_BLOCKS = (  # expansion, channels, blocks, stride of the first: table 2 of MobileNetV2 (arXiv:1801.04381)
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
_TAPS = (1, 2, 4, 6)  # groups of blocks whose output, at strides 4, 8, 16 and 32, enters the pyramid


class Detections(NamedTuple):
    """One cell per four pixels, row by row."""

    heat: Tensor  # (N, 1, H/4, W/4): probability 0..1 that a face has its centre in this cell
    size: Tensor  # (N, 2, H/4, W/4): log of the box's height and width in cells
    offset: Tensor  # (N, 2, H/4, W/4): from the middle of the cell to the centre, (down, right) in cells
    landmarks: Tensor  # (N, 10, H/4, W/4): five times (down, right) in the box, 0..1 from its upper left corner


class InvertedResidual(nn.Module):
    """Widen, filter every channel alone, narrow; the input is added where the shape stays."""

    def __init__(self, channels: int, expansion: int, out: int, stride: int) -> None:
        super().__init__()
        wide = channels * expansion
        layers: list[nn.Module] = [nn.Conv2d(channels, wide, 1), nn.ReLU()] if expansion > 1 else []
        layers += [nn.Conv2d(wide, wide, 3, stride, 1, groups=wide), nn.ReLU(), nn.Conv2d(wide, out, 1)]
        self.layers = nn.Sequential(*layers)
        self.residual = stride == 1 and channels == out

    def forward(self, x: Tensor) -> Tensor:
        y = self.layers(x)  # (N, out, H/stride, W/stride)
        return x + y if self.residual else y


class FaceDetector(ModelMixin, ConfigMixin):
    """Pictures -> :class:`Detections`."""

    @register_to_config
    def __init__(self, stem_width: int = 32, pyramid_width: int = 24) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, stem_width, 3, 2, 1)
        channels, groups, taps = stem_width, [], []
        for expansion, out, count, stride in _BLOCKS:
            blocks = []
            for index in range(count):
                blocks.append(InvertedResidual(channels, expansion, out, stride if index == 0 else 1))
                channels = out
            groups.append(nn.Sequential(*blocks))
            taps.append(out)
        self.groups = nn.ModuleList(groups)
        self.lateral = nn.ModuleList(nn.Conv2d(taps[tap], pyramid_width, 1) for tap in _TAPS)
        self.up = nn.ModuleList(nn.ConvTranspose2d(pyramid_width, pyramid_width, 2, 2) for _ in _TAPS[1:])
        self.merge = nn.Conv2d(pyramid_width, pyramid_width, 3, 1, 1)
        self.heat = nn.Conv2d(pyramid_width, 1, 1)
        self.size = nn.Conv2d(pyramid_width, 2, 1)
        self.offset = nn.Conv2d(pyramid_width, 2, 1)
        self.landmarks = nn.Conv2d(pyramid_width, 2 * LANDMARKS, 1)

    def forward(self, x: Tensor) -> Detections:
        """(N, 3, H, W) in [-1, 1], both sides multiples of 32."""
        features = F.relu(self.stem((x + 1) * 127.5))  # (N, 32, H/2, W/2); the network was trained on 0..255
        tapped = []
        for index, group in enumerate(self.groups):
            features = group(features)
            if index in _TAPS:
                tapped.append(features)
        top = F.relu(self.lateral[-1](tapped[-1]))  # (N, 24, H/32, W/32)
        for level in reversed(range(len(self.up))):
            top = F.relu(self.up[level](top)) + F.relu(self.lateral[level](tapped[level]))
        top = F.relu(self.merge(top))  # (N, 24, H/4, W/4)
        return Detections(self.heat(top).sigmoid(), self.size(top), self.offset(top), self.landmarks(top))
