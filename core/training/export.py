"""A finished run -> a checkpoint folder: EMA weights in fp16, how they were trained, the curves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import nn

from core import attributes, checkpoints
from core.data import PictureSet
from core.images import to_tensor
from core.models import FlatAutoencoder, PictureClassifier
from core.models.autoencoder import fold_statistics
from core.models.flat_autoencoder import fold_code_statistics

_STRENGTHS = tuple(round(0.1 * step, 1) for step in range(11))  # of the correction for priors


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
    An autoencoder needs its training ``sets``, to normalise its latents; a classifier needs CelebA, for its priors.
    Raises ``CheckpointError``.
    """
    model = checkpoints.load_model(run / which)
    training = training_facts(run)
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
    if isinstance(model, PictureClassifier):
        if not sets or "celeba" not in sets:
            raise checkpoints.CheckpointError(
                "A classifier is exported with --data celeba=DIR: it corrects for its priors."
            )
        training["attribute_priors"] = even_priors(model, sets["celeba"])
    if comparison is not None:
        training["comparison"] = checkpoints.read_json(comparison / "comparison.json")
    checkpoints.save_model(model, folder)
    if comparison is not None:
        shutil.copyfile(comparison / "comparison.png", folder / "comparison.png")
    if "scheduler" in training:
        checkpoints.write_json(folder / "scheduler_config.json", training.pop("scheduler"))
    checkpoints.write_json(folder / "training.json", training)
    return model


def training_facts(run: Path) -> dict:
    """What ``training.json`` says of a run: its ``run.json``, steps, pictures seen, hours and curves."""
    facts = checkpoints.read_json(run / "run.json")
    rows = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    steps = rows[-1]["step"]
    seen = steps * facts["config"]["batch_size"]
    hours = round(rows[-1]["seconds"] / 3600, 2)
    return {
        **facts,
        "steps": steps,
        "pictures_seen": seen,
        "hours": hours,
        "curves": checkpoints.curves(run / "log.jsonl"),
    }


@torch.no_grad()
def even_priors(model: PictureClassifier, faces: PictureSet) -> dict[str, object]:
    """Move the attribute biases towards 0.5 meaning as likely as not *if both were equally common*.

    Only one face in twenty wears a hat, and a classifier trained on such faces calls a doubtful hat no hat. On drawn
    faces, where a hat was asked for, that would be wrong. The whole way (Menon et al. 2020, arXiv:2007.07314) is too
    far for a classifier that is not perfectly calibrated: it sees hats everywhere. How far is found on the validation
    part: of the strengths whose balanced accuracy is within 0.01 of the best, the most accurate. Returns both.
    """
    prior = (faces.attributes[faces.indices("train")] > 0).mean(axis=0).clip(1e-3, 1 - 1e-3)
    odds = np.log(prior / (1 - prior))
    strength = _strength(model, faces, odds)
    model.attribute_head.bias -= torch.from_numpy(strength * odds).float()
    return {
        "strength": strength,
        "priors": {name: round(float(p), 4) for name, p in zip(attributes.NAMES, prior, strict=True)},
    }


def _strength(model: PictureClassifier, faces: PictureSet, odds: np.ndarray) -> float:
    """The share of ``odds`` (40,) to take off the logits; 1 where nothing can be measured."""
    rows = faces.indices("val")
    truth = faces.attributes[rows] > 0  # (N, 40)
    known = truth.any(axis=0) & ~truth.all(axis=0)
    if not known.any():
        return 1.0
    pixels = (to_tensor(faces.pixels[part]) for part in _chunks(rows))
    logits = torch.cat([model(x).attributes for x in pixels]).numpy()
    found = {}
    for strength in _STRENGTHS:
        present = logits > strength * odds
        recall = (present & truth)[:, known].sum(axis=0) / truth[:, known].sum(axis=0)
        spared = (~present & ~truth)[:, known].sum(axis=0) / (~truth)[:, known].sum(axis=0)
        found[strength] = (float((recall + spared).mean() / 2), float((present == truth).mean()))
    best = max(balanced for balanced, _ in found.values())
    return max((s for s in found if found[s][0] >= best - 0.01), key=lambda s: found[s][1])


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
        rows = picture_set.indices("train")[:: max(1, len(picture_set.indices("train")) // most)]
        pictures = (to_tensor(picture_set.pixels[part]) for part in _chunks(rows))
        parts = [model.encode(x) if flat else model.encode(x).latent_dist.mode() for x in pictures]
        z = torch.cat(parts).transpose(0, 1).flatten(1)  # (C, N*S*S)
        moments.append((z.mean(dim=1), z.square().mean(dim=1)))
    mean = torch.stack([m for m, _ in moments]).mean(dim=0)
    square = torch.stack([s for _, s in moments]).mean(dim=0)
    return mean, (square - mean.square()).sqrt()


def _chunks(rows: list[int], size: int = 64) -> list[list[int]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]
