"""Figures of denoisers that were trained for the same time, and their curves over that time in one chart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core import checkpoints
from core.data import PictureSet
from core.evaluation.settings import compare_settings
from core.recipe import Recipe
from core.reports.charts import Series, line_chart
from core.reports.drawing import Drawing

STEPS = 12  # enough that the solver hardly decides


def measuring_root(root: Path, shared: Path) -> Path:
    """A checkpoint root with the shared autoencoder and classifier, to which a denoiser can be added."""
    root.mkdir(parents=True, exist_ok=True)
    for name in ("autoencoder-kl", "classifier"):
        if not (root / name).exists():
            (root / name).symlink_to((shared / name).resolve(), target_is_directory=True)
    return root


def preset_figures(root: Path, faces: PictureSet, *, guidance: float, samples: int, control: int) -> dict[str, float]:
    """One preset on validation faces: training length, noise error, Fréchet distance, attributes followed."""
    training = checkpoints.read_json(root / "faces" / "training.json")
    model = checkpoints.load_model(root / "faces")
    (row,) = compare_settings(
        root, faces, [Recipe(solver="dpm++", steps=STEPS, guidance=guidance)], samples=samples, control=control
    )
    return {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "steps": training["steps"],
        "noise_error": training["curves"]["val_loss"]["values"][-1],
        "frechet": row["frechet"],
        "followed": row["followed"],
    }


def curves_chart(runs: Mapping[str, Path], minutes: float) -> Drawing:
    """Error of the predicted noise on validation faces over the time that each run was given, one line per run folder.

    The time is that of an idle machine: steps stand for it, since a busy one stretches them.
    """
    lines = {}
    for name, folder in runs.items():
        curve = checkpoints.curves(folder / "log.jsonl")["val_loss"]
        lines[name] = Series([minutes * step / curve["steps"][-1] for step in curve["steps"]], curve["values"])
    return line_chart(
        lines,
        title="Presets compared",
        note="Error of the predicted noise on validation faces; 1 is untrained. Flow has other noise levels",
        x_label="minutes of training",
        low=0.0,
    )
