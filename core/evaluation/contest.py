"""Figures of denoisers that were trained for the same time, and their curves over that time in one chart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core import checkpoints
from core.charts import Series, line_chart
from core.data import PictureSet
from core.evaluation.settings import compare_settings
from core.figures import Drawing
from core.recipe import Recipe

STEPS = 20  # enough that the solver's own error does not decide


def measuring_root(root: Path, shared: Path) -> Path:
    """A checkpoint root with the shared autoencoder and classifier, to which a denoiser can be added."""
    root.mkdir(parents=True, exist_ok=True)
    for name in ("autoencoder-kl", "classifier"):
        if not (root / name).exists():
            (root / name).symlink_to((shared / name).resolve(), target_is_directory=True)
    return root


def contest_figures(root: Path, faces: PictureSet, *, guidance: float, samples: int, control: int) -> dict[str, float]:
    """One contender on validation faces: training length, noise error, Fréchet distance, attributes followed."""
    training = checkpoints.read_json(root / "faces" / "training.json")
    model = checkpoints.load_model(root / "faces")
    (row,) = compare_settings(
        root, faces, [Recipe(solver="dpm++", steps=STEPS, guidance=guidance)], samples=samples, control=control
    )
    return {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "steps": training["steps"],
        "seconds": round(3600 * training["hours"]),
        "noise_error": training["curves"]["val_loss"]["values"][-1],
        "frechet": row["frechet"],
        "followed": row["followed"],
    }


def curves_chart(runs: Mapping[str, Path]) -> Drawing:
    """Error of the predicted noise on validation faces over training time, one line per run folder."""
    lines = {}
    for name, folder in runs.items():
        curve = checkpoints.curves(folder / "log.jsonl")["val_loss"]
        lines[name] = Series([seconds / 60 for seconds in curve["seconds"]], curve["values"])
    return line_chart(
        lines,
        title="Presets compared",
        note="Squared error of the predicted noise on validation faces, all attributes given; 1: untrained",
        x_label="minutes of training",
        low=0.0,
    )
