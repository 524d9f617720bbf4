"""Train a classifier's class head on a person's own folders, each a class; what it knows of attributes stays.

Only the head learns, on the embedding that the classifier has. So a few dozen pictures are enough, minutes too, and
every figure and model that stands on the embedding stands on this classifier's as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core import checkpoints
from core.data import DataError, PictureSet
from core.data.sets import LOOSE
from core.models import PictureClassifier
from core.training import batches
from core.training.loop import Loop, LoopConfig

LEAST = 2  # pictures of a class
FITTED = 512  # views of pictures, as training shows them, that the head's start is fitted to
RIDGE = 0.1  # of the mean variance of the embedding
SURE = 5.0  # logit between a class that is regressed to 1 and one regressed to 0


@dataclass(frozen=True)
class OwnClassesPreset:
    loop: LoopConfig
    smoothing: float = 0.05


_LOOP = {"warmup": 10, "weight_decay": 0.05, "precision": "no"}
PRESETS = {
    "smoke": OwnClassesPreset(
        LoopConfig(steps=20, batch_size=8, learning_rate=1e-3, ema_decay=0.5, log_every=5, validate_every=10, **_LOOP)
    ),
    "cpu": OwnClassesPreset(
        LoopConfig(steps=400, batch_size=32, learning_rate=1e-3, ema_decay=0.98, validate_every=50, **_LOOP)
    ),
    "gpu": OwnClassesPreset(
        LoopConfig(steps=1000, batch_size=128, learning_rate=1e-3, ema_decay=0.98, validate_every=100, **_LOOP)
    ),
}


def check_classes(pictures: PictureSet) -> None:
    """Raises ``DataError`` unless there are two classes or more, each with two pictures or more."""
    if pictures.classes is None:
        raise DataError(
            f"{pictures.name} has one class; put the pictures of each class into a folder of their own, two or more."
        )
    if LOOSE in pictures.class_names:
        raise DataError(
            f"{pictures.name} holds pictures beside the folders of the classes; put each into the folder of its class."
        )
    counts = np.bincount(pictures.classes, minlength=len(pictures.class_names))
    few = [name for name, count in zip(pictures.class_names, counts, strict=True) if count < LEAST]
    if few:
        rest = f" and {len(few) - 1} more" if len(few) > 1 else ""
        raise DataError(f"The class {few[0]!r}{rest} has one picture alone; each needs {LEAST} or more.")


def train_own_classes(
    pictures: PictureSet, preset: OwnClassesPreset, out: Path, *, start: Path, resume: bool = False
) -> Loop:
    """Pictures with classes -> a run folder with ``best/`` and ``last/``: ``start`` with another class head.

    Raises ``DataError`` as :func:`check_classes` does, ``CheckpointError`` where ``start`` is no classifier.
    """
    # data
    check_classes(pictures)
    rows = training_rows(pictures)
    # model, optimiser
    begun = checkpoints.load_model(start)
    if not isinstance(begun, PictureClassifier):
        raise checkpoints.CheckpointError(f"{start.name} is no classifier; own classes begin with one.")
    torch.manual_seed(preset.loop.seed)
    model = with_classes(begun, pictures.class_names)
    begin_head(model, pictures, rows)
    about = {"data": {"folder": {"train": len(rows), "classes": len(pictures.class_names)}}, "own_classes": True}
    loop = Loop(preset.loop, out, {"model": model}, {**about, "started_from": batches.history(start)})

    def train_step(step: int) -> dict[str, Tensor]:
        generator = loop.generator(step)
        picked = batches.draw_rows(rows, loop.batch_size, generator)
        x = batches.jitter(batches.mirror(batches.pictures(pictures, picked), generator), generator).to(loop.device)
        network = loop.modules["model"].eval()  # the statistics of its norms stay those of the embedding
        output = network(x.contiguous(memory_format=torch.channels_last))
        target = torch.from_numpy(pictures.classes[picked].astype(np.int64)).to(loop.device)
        loss = F.cross_entropy(output.classes.float(), target, label_smoothing=preset.smoothing)
        loop.update("model", loss)
        return {"loss": loss.detach()}

    # train, log, save
    loop.run(train_step, lambda trained: _validate(trained, pictures, loop.device), resume=resume)
    return loop


def training_rows(pictures: PictureSet) -> np.ndarray:
    """Rows that are trained on; of a class that has none in the training part, all of its rows."""
    rows = pictures.indices("train")
    absent = np.setdiff1d(np.arange(len(pictures.class_names)), pictures.classes[rows])
    return np.sort(np.concatenate([rows, np.flatnonzero(np.isin(pictures.classes, absent))]))


def with_classes(classifier: PictureClassifier, names: tuple[str, ...]) -> PictureClassifier:
    """A copy whose class head is new, for other classes; only the head has gradients."""
    config = {name: value for name, value in classifier.config.items() if not name.startswith("_")}
    model = PictureClassifier(**{**config, "class_names": tuple(names)})
    kept = {name: value for name, value in classifier.state_dict().items() if not name.startswith("class_head.")}
    model.load_state_dict(model.state_dict() | kept)
    model.requires_grad_(False)
    model.class_head.requires_grad_(True)
    return model


@torch.no_grad()
def begin_head(model: PictureClassifier, pictures: PictureSet, rows: np.ndarray) -> None:
    """Set the class head to the ridge regression of the classes on the embedding: a good start, whatever its scale."""
    generator = torch.Generator().manual_seed(0)
    picked = batches.draw_rows(rows, FITTED, generator)
    parts = [picked[start : start + 64] for start in range(0, FITTED, 64)]
    views = (batches.jitter(batches.mirror(batches.pictures(pictures, part), generator), generator) for part in parts)
    embedding = torch.cat([model.eval()(x).embedding for x in views]).double()  # (N, E)
    truth = F.one_hot(torch.from_numpy(pictures.classes[picked].astype(np.int64)), len(pictures.class_names)).double()
    mean, centred = embedding.mean(dim=0), embedding - embedding.mean(dim=0)
    variance = centred.T @ centred / len(centred)
    ridge = RIDGE * variance.diagonal().mean().clamp_min(1e-12) * torch.eye(len(mean), dtype=torch.float64)
    slopes = torch.linalg.solve(variance + ridge, centred.T @ (truth - truth.mean(dim=0)) / len(centred))  # (E, K)
    model.class_head.weight.copy_(SURE * slopes.T)
    model.class_head.bias.copy_(SURE * truth.mean(dim=0) - model.class_head.weight.double() @ mean)


@torch.no_grad()
def _validate(model: nn.Module, pictures: PictureSet, device: torch.device) -> dict[str, float]:
    """Loss and accuracy on pictures that were held back; of too few pictures, on all."""
    rows = pictures.indices("val")
    rows = rows if len(rows) else np.arange(len(pictures))
    parts = [rows[start : start + 128] for start in range(0, len(rows), 128)]
    logits = torch.cat([model(batches.pictures(pictures, part).to(device)).classes.float().cpu() for part in parts])
    target = torch.from_numpy(pictures.classes[rows].astype(np.int64))
    accuracy = float((logits.argmax(dim=1) == target).float().mean())
    return {"loss": float(F.cross_entropy(logits, target)), "accuracy": accuracy}
