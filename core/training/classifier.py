"""Train the classifier on face attributes and food classes at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.data import PictureSet
from core.metrics import auc
from core.models import PictureClassifier
from core.training import batches
from core.training.loop import Loop, LoopConfig


@dataclass(frozen=True)
class ClassifierPreset:
    loop: LoopConfig
    model: dict = field(default_factory=dict)
    smoothing: float = 0.03  # of the attribute targets: two people agree on few of them
    class_smoothing: float = 0.1
    size: int = 128
    face_share: float = 0.75  # of a batch; the rest are pictures with classes
    soften: float = (
        0.3  # share of the sharp pictures that are shown as soft as the others, so that softness tells nothing
    )


PRESETS = {
    "smoke": ClassifierPreset(
        LoopConfig(steps=4, batch_size=8, learning_rate=1e-3, warmup=1, log_every=1, validate_every=2, precision="no"),
        {"stem_width": 16, "widths": (16, 16, 32, 32), "blocks": 1, "embedding_dim": 32},
        size=64,
    ),
    "cpu": ClassifierPreset(
        LoopConfig(
            steps=4500, batch_size=128, learning_rate=2e-3, weight_decay=0.05, ema_decay=0.998, validate_every=400
        ),
        {"stem_stride": 2, "sample_size": 128},
    ),
    "gpu": ClassifierPreset(
        LoopConfig(steps=6000, batch_size=512, learning_rate=3e-3, weight_decay=0.05, validate_every=500),
        {"stem_width": 48, "widths": (64, 128, 256, 384), "stem_stride": 2, "sample_size": 128},
    ),
}


def train_classifier(
    faces: PictureSet,
    foods: PictureSet | None,
    preset: ClassifierPreset,
    out: Path,
    *,
    start: Path | None = None,
    resume: bool = False,
) -> Loop:
    """Faces with attributes, optionally pictures with classes -> a run folder with ``best/`` and ``last/``.

    ``start`` is a checkpoint whose weights the run begins with; raises ``CheckpointError`` where their shape differs.
    Most of each batch are faces (binary cross-entropy over 40 attributes), the rest classes (cross-entropy).
    """
    # data
    face_rows, food_rows = faces.indices("train"), None if foods is None else foods.indices("train")
    # model, optimiser
    torch.manual_seed(preset.loop.seed)
    model = PictureClassifier(class_names=() if foods is None else foods.class_names, **preset.model)
    sets = {faces.name: faces} | ({} if foods is None else {foods.name: foods})
    loop = Loop(preset.loop, out, {"model": model}, batches.metadata_of(sets) | batches.begin_with(model, start))
    count = loop.batch_size if foods is None else round(loop.batch_size * preset.face_share)

    def train_step(step: int) -> dict[str, Tensor]:
        generator = loop.generator(step)
        rows = batches.draw_rows(face_rows, count, generator)
        parts = [batches.soften(batches.pictures(faces, rows), generator, preset.soften)]
        if foods is not None:
            picked = batches.draw_rows(food_rows, loop.batch_size - count, generator)
            parts.append(batches.pictures(foods, picked))
        x = batches.jitter(batches.mirror(batches.concatenate(parts), generator), generator).to(loop.device)
        with loop.autocast():
            output = loop.modules["model"](x.contiguous(memory_format=torch.channels_last))
            losses = {"attributes": _attribute_loss(output.attributes[:count], faces, rows, preset.smoothing)}
            if foods is not None:
                target = torch.from_numpy(foods.classes[picked].astype(np.int64)).to(loop.device)
                smoothing = preset.class_smoothing
                losses["classes"] = F.cross_entropy(output.classes[count:].float(), target, label_smoothing=smoothing)
        total = losses["attributes"] * 4 + losses.get("classes", 0.0)
        loop.update("model", total)
        return {"loss": total.detach(), **{k: v.detach() for k, v in losses.items()}}

    # train, log, save
    loop.run(train_step, lambda m: _validate(m, faces, foods, loop.device), resume=resume)
    return loop


def _attribute_loss(logits: Tensor, faces: PictureSet, rows: np.ndarray, smoothing: float) -> Tensor:
    target = torch.from_numpy(faces.attributes[rows]).to(logits.device).float() / 2 + 0.5
    return F.binary_cross_entropy_with_logits(logits.float(), target * (1 - 2 * smoothing) + smoothing)


def _validate(model: nn.Module, faces: PictureSet, foods: PictureSet | None, device: torch.device) -> dict[str, float]:
    rows = faces.indices("val")
    logits = (
        torch.cat([model(batches.pictures(faces, part).to(device)).attributes for part in _chunks(rows)]).float().cpu()
    )
    truth = faces.attributes[rows] > 0
    loss = F.binary_cross_entropy_with_logits(logits, torch.from_numpy(truth).float())
    scores = [auc(truth[:, i], logits[:, i].numpy()) for i in range(truth.shape[1])]
    figures = {"attributes": float(loss), "auc": float(np.nanmean(scores)), "loss": 4 * float(loss)}
    rows = [] if foods is None else foods.indices("val")
    if len(rows):  # of few pictures none may be kept for validation
        logits = (
            torch.cat([model(batches.pictures(foods, part).to(device)).classes for part in _chunks(rows)]).float().cpu()
        )
        target = torch.from_numpy(foods.classes[rows].astype(np.int64))
        cross = float(F.cross_entropy(logits, target))
        figures |= {"classes": cross, "accuracy": float((logits.argmax(1) == target).float().mean())}
        figures["loss"] += cross
    return figures


def _chunks(rows: np.ndarray, size: int = 256) -> list[np.ndarray]:
    return [rows[i : i + size] for i in range(0, len(rows), size)]
