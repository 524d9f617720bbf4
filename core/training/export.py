"""A finished run -> a checkpoint folder: EMA weights in fp16, how they were trained, the curves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from torch import nn

from core import checkpoints
from core.data import PictureSet
from core.images import to_tensor
from core.models import FlatAutoencoder, PictureClassifier
from core.models.autoencoder import fold_statistics
from core.models.flat_autoencoder import fold_code_statistics
from core.training.calibration import calibrate


def export_run(
    run: Path,
    folder: Path,
    *,
    which: str,
    sets: Mapping[str, PictureSet] | None = None,
    comparison: Path | None = None,
) -> nn.Module:
    """``run/{best,last}`` -> ``folder``: weights, config, ``training.json``. Metrics and card come from evaluation.

    ``comparison`` is what ``compare_denoisers.py`` wrote: its figures and its chart go along.
    An autoencoder needs its training ``sets``, to normalise its latents; a classifier needs CelebA, to be calibrated.
    Raises ``CheckpointError``.
    """
    model = checkpoints.load_model(run / which)
    training = training_metadata(run)
    if isinstance(model, AutoencoderKL):
        if not sets:
            raise checkpoints.CheckpointError(
                "An autoencoder is exported with --data: its latents are normalised on it."
            )
        mean, std = latent_statistics(model, sets)
        fold_statistics(model, mean, std)
        training["latent_statistics"] = {"mean": mean.tolist(), "std": std.tolist(), "pictures": list(sets)}
    if isinstance(model, FlatAutoencoder):
        training["code_statistics"] = _keep_scale(model, sets)
    if isinstance(model, PictureClassifier) and not training.get("own_classes"):  # those keep what they began with
        if not sets or "celeba" not in sets:
            raise checkpoints.CheckpointError(
                "A classifier is exported with --data celeba=DIR: it is calibrated on the validation part."
            )
        training["calibration"] = calibrate(model, sets["celeba"])
    if comparison is not None:
        training["comparison"] = checkpoints.read_json(comparison / "comparison.json")
    checkpoints.save_model(model, folder)
    if comparison is not None:
        shutil.copyfile(comparison / "comparison.png", folder / "comparison.png")
    if "scheduler" in training:
        checkpoints.write_json(folder / "scheduler_config.json", training.pop("scheduler"))
    checkpoints.write_json(folder / "training.json", training)
    return model


def training_metadata(run: Path) -> dict:
    """What ``training.json`` says of a run: its ``run.json``, steps, pictures seen, hours and curves."""
    metadata = checkpoints.read_json(run / "run.json")
    rows = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    steps = rows[-1]["step"]
    seen = steps * metadata["config"]["batch_size"]
    hours = round(rows[-1]["seconds"] / 3600, 2)
    return {
        **metadata,
        "steps": steps,
        "pictures_seen": seen,
        "hours": hours,
        "curves": checkpoints.curves(run / "log.jsonl"),
    }


def _keep_scale(model: FlatAutoencoder, sets: Mapping[str, PictureSet] | None) -> dict[str, object]:
    """Codes of a plain autoencoder become mean 0 and deviation 1; a variational one keeps its prior's scale."""
    if not sets:
        raise checkpoints.CheckpointError("An autoencoder is exported with --data: its codes are described on it.")
    mean, std = latent_statistics(model, sets)
    if not model.config.variational:
        fold_code_statistics(model, mean, std.clamp_min(1e-4))
    return {"mean": mean.tolist(), "std": std.tolist(), "pictures": list(sets)}


@torch.no_grad()
def latent_statistics(
    model: AutoencoderKL | FlatAutoencoder, sets: Mapping[str, PictureSet], most: int = 2048
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and deviation of the posterior means, every set weighing the same: per channel (C,), of a flat code per
    dimension (D,).
    """
    flat = isinstance(model, FlatAutoencoder)
    moments = []
    for picture_set in sets.values():
        rows = picture_set.sharp("train")
        rows = rows if len(rows) else picture_set.indices("train")
        rows = rows[:: max(1, len(rows) // most)]
        pictures = (to_tensor(picture_set.pixels[part]) for part in _chunks(rows))
        parts = [model.encode(x) if flat else model.encode(x).latent_dist.mode() for x in pictures]
        z = torch.cat(parts).transpose(0, 1).flatten(1)  # (C, N*S*S)
        moments.append((z.mean(dim=1), z.square().mean(dim=1)))
    mean = torch.stack([m for m, _ in moments]).mean(dim=0)
    square = torch.stack([s for _, s in moments]).mean(dim=0)
    return mean, (square - mean.square()).sqrt()


def _chunks(rows: list[int], size: int = 64) -> list[list[int]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]
