"""Where the eyes of one face are, to a fraction of a pixel: the second pass, after a detector's rough answer."""

from __future__ import annotations

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn
from torch.nn import functional as F

from core.models.classifier import ResidualBlock


class EyeLocator(ModelMixin, ConfigMixin):
    """Pictures of a face, about upright and in the middle, float (N, 3, S, S) in [-1, 1] -> points (N, 2, 2).

    Points are the left and the right eye as the picture shows them, each (x, y) as fractions of the side. A point is
    the mean of a heat map (DSNT, Nibali et al. 2018, arXiv:1801.07372), so it is not bound to a grid, corrected by what
    the whole face says: CelebA aligned its pictures by nose and mouth, too, so its "eyes" are not quite the pupils.
    """

    @register_to_config
    def __init__(
        self,
        side: int = 96,
        reach: float = 1.5,
        widths: tuple[int, int, int] = (16, 32, 64),
        spread: float = 1.0,
        rise: float = 0.0,
    ) -> None:
        """``reach``: how many times the face crop the picture shows. ``spread`` and ``rise`` take away the bias that
        was measured on validation scenes: a factor of the eyes' distance, and how far both lie higher, in distances.
        """
        super().__init__()
        fine, middle, coarse = widths
        self.stem = nn.Sequential(nn.Conv2d(3, fine, 3, 2, 1, bias=False), nn.BatchNorm2d(fine), nn.ReLU())
        self.down = nn.Sequential(ResidualBlock(fine, middle, 2), ResidualBlock(middle, middle, 1))
        self.deep = nn.Sequential(ResidualBlock(middle, coarse, 2), ResidualBlock(coarse, coarse, 1))
        self.lateral = nn.Conv2d(middle, coarse, 1)
        cells = (side // 16) ** 2
        self.correction = nn.Sequential(
            ResidualBlock(coarse, coarse, 2), nn.Flatten(), nn.Linear(coarse * cells, 128), nn.ReLU(), nn.Linear(128, 4)
        )
        nn.init.zeros_(self.correction[-1].weight)
        nn.init.zeros_(self.correction[-1].bias)
        self.head = nn.Sequential(nn.Conv2d(coarse, middle, 3, 1, 1), nn.ReLU(), nn.Conv2d(middle, 2, 1))

    def forward(self, x: Tensor) -> Tensor:
        near = self.down(self.stem(x))  # (N, middle, S/4, S/4)
        deep = self.deep(near)  # (N, coarse, S/8, S/8)
        enlarged = F.interpolate(deep, scale_factor=2.0, mode="nearest")  # (N, coarse, S/4, S/4)
        logits = self.head(F.relu(self.lateral(near) + enlarged)).float()  # (N, 2, S/4, S/4)
        heat = logits.flatten(2).softmax(dim=2).unflatten(2, logits.shape[2:])  # each map sums to 1
        height, width = heat.shape[2:]
        across = (torch.arange(width, device=x.device) + 0.5) / width
        down = (torch.arange(height, device=x.device) + 0.5) / height
        points = torch.stack([heat.sum(dim=2) @ across, heat.sum(dim=3) @ down], dim=2)  # (N, eye, (x, y))
        return self._unbiased(points + self.correction(deep).float().unflatten(1, (2, 2)))

    def _unbiased(self, points: Tensor) -> Tensor:
        middle, half = points.mean(dim=1), (points[:, 1] - points[:, 0]) / 2
        up = torch.stack([half[:, 1], -half[:, 0]], dim=1)  # of the face, which may be turned
        middle, half = middle + 2 * self.config.rise * up, self.config.spread * half
        return torch.stack([middle - half, middle + half], dim=1)
