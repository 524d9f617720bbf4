"""Checkpoint roots in which every generator of faces is there, with random weights."""

from __future__ import annotations

import shutil
from pathlib import Path

import tiny_text
import torch
from torch import nn

from core import checkpoints
from core.checkpoints import read_json, save_model
from core.diffusion.objective import Objective
from core.models import FaceGenerator, VariationUNet

EMBEDDING = 32  # numbers of the tiny classifier's embedding


def all_generators(tiny: Path, folder: Path) -> Path:
    """The tiny checkpoints with a GAN, a variation model and a text side beside them, in ``folder``."""
    root = folder / "checkpoints"
    shutil.copytree(tiny, root)
    shutil.move(tiny_text.checkpoint_root(folder / "text-side") / "text", root / "text")
    with torch.random.fork_rng():
        torch.manual_seed(9)
        gan = FaceGenerator(4, 16, EMBEDDING, noise_dim=4, condition_dim=8, widths=(8, 8, 8), blocks=(1, 1, 1))
        variations = VariationUNet(read_json(tiny / "faces" / "config.json"), EMBEDDING)
        for model in (gan, variations):
            for parameter in model.parameters():
                if parameter.ndim > 1 and not parameter.any():
                    nn.init.normal_(parameter, std=0.05)
    made = {"autoencoder": "autoencoder-kl", "classifier": "classifier"}
    trained = {"trained_with": {part: checkpoints.fingerprint(root / name) for part, name in made.items()}}
    for name, model in (("gan", gan), ("variations", variations)):
        save_model(model.eval(), root / name)
        checkpoints.write_json(root / name / "training.json", trained)
    scheduler = Objective("v_prediction").scheduler_config()
    checkpoints.write_json(root / "variations" / "scheduler_config.json", scheduler)
    return root
