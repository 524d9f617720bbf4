"""What the denoiser predicts, and the conversions between that, the noise and the clean latent.

Every objective here is x_t = alpha_t * z + sigma_t * noise with a table of 1000 timesteps; they differ in the table and
in the target. Noise: Ho et al. 2020 (arXiv:2006.11239). Velocity: Salimans & Ho 2022 (arXiv:2202.00512). Flow: Liu et
al. 2022 (arXiv:2209.03003).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch
from diffusers import DDPMScheduler
from torch import Tensor

from core import checkpoints, draws

Prediction = Literal["epsilon", "v_prediction", "flow"]
TIMESTEPS = 1000
BETAS = (1e-4, 0.02)


class Objective:
    """Tables on the CPU; timesteps are 1000 integers from ``first`` on, which is the cleanest."""

    first = 0

    def __init__(self, prediction: Prediction = "v_prediction") -> None:
        self.prediction = prediction
        if prediction == "flow":
            self.sigma = torch.arange(1, TIMESTEPS + 1) / TIMESTEPS
            self.alpha = 1 - self.sigma
        else:
            kept = DDPMScheduler(**self.scheduler_config()).alphas_cumprod
            self.alpha, self.sigma = kept.sqrt(), (1 - kept).sqrt()

    def scheduler_config(self) -> dict:
        """For any diffusers scheduler of the matching family; stored beside the weights."""
        if self.prediction == "flow":
            return {"num_train_timesteps": TIMESTEPS, "prediction_type": "flow_prediction"}
        return {
            "num_train_timesteps": TIMESTEPS,
            "beta_start": BETAS[0],
            "beta_end": BETAS[1],
            "beta_schedule": "linear",
            "prediction_type": self.prediction,
            "clip_sample": False,
        }

    def at(self, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        """(N,) -> alpha and sigma, each (N, 1, 1, 1) on the timesteps' device."""
        index = (timesteps.long().cpu() - self.first).clamp(0, TIMESTEPS - 1)
        shape = (-1, 1, 1, 1)
        return self.alpha[index].view(shape).to(timesteps.device), self.sigma[index].view(shape).to(timesteps.device)

    def noised(self, z: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """Clean latents (N, C, S, S) -> the same at noise level t."""
        alpha, sigma = self.at(timesteps)
        return alpha * z + sigma * noise

    def target(self, z: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """What the network should predict."""
        if self.prediction == "epsilon":
            return noise
        if self.prediction == "flow":
            return noise - z
        alpha, sigma = self.at(timesteps)
        return alpha * noise - sigma * z

    def clean(self, x: Tensor, output: Tensor, timesteps: Tensor) -> Tensor:
        """Noisy latents and the network's output -> the predicted clean latents."""
        alpha, sigma = self.at(timesteps)
        if self.prediction == "epsilon":
            return (x - sigma * output) / alpha
        if self.prediction == "flow":
            return x - sigma * output
        return alpha * x - sigma * output

    def noise(self, x: Tensor, output: Tensor, timesteps: Tensor) -> Tensor:
        """Noisy latents and the network's output -> the predicted noise."""
        alpha, sigma = self.at(timesteps)
        if self.prediction == "epsilon":
            return output
        if self.prediction == "flow":
            return x + alpha * output
        return alpha * output + sigma * x

    def draw_timesteps(self, count: int, generator: torch.Generator, *, uniform: float = 0.2) -> Tensor:
        """(count,) timesteps: log(sigma / alpha) normal, so that most fall where the picture is decided.

        A share ``uniform`` is drawn evenly, so that no level goes untrained (1.0: as in the original DDPM).
        """
        level = draws.randn(generator, count) * 1.2 - 0.2
        table = torch.log(self.sigma / self.alpha.clamp_min(1e-5))
        normal = torch.searchsorted(table, level).clamp_max(TIMESTEPS - 1)
        even = draws.integers(generator, TIMESTEPS, count)
        return self.first + torch.where(draws.rand(generator, count) < uniform, even, normal)


def prediction_of(path: Path) -> Prediction:
    """What a network was trained to predict, by the ``scheduler_config.json`` beside it. Raises ``CheckpointError``."""
    scheduler = checkpoints.read_json(path)
    kind = scheduler.get("prediction_type", "v_prediction") if isinstance(scheduler, dict) else None
    known = {"epsilon": "epsilon", "v_prediction": "v_prediction", "flow_prediction": "flow"}
    if not isinstance(kind, str) or kind not in known:
        raise checkpoints.CheckpointError(
            f"{path.parent.name}/{path.name} names no prediction_type that is known; there are {', '.join(known)}."
        )
    return known[kind]
