"""CLIP's figures: how well sentences fit test pictures, without training on any such task."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.data import PictureSet
from core.evaluation.options import Options, counted, wanted
from core.networks.pool import pool_of
from core.training.clip_zero_shot import zero_shot


def evaluate_clip(root: Path, sets: Mapping[str, PictureSet], options: Options) -> dict:
    """Zero-shot AUC per attribute and class accuracy, and retrieval of pictures by their captions."""
    wanted(sets, "celeba", "CLIP is measured on CelebA's attributes.")
    model, tokenizer = pool_of(root).get("clip")
    figures = zero_shot(model, tokenizer, sets, options.part)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    return {"part": figures.pop("part"), "pictures": counted(sets, options.part), "parameters": parameters, **figures}
