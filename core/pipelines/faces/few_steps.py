"""The few-step adapter that lies beside the face denoiser: whether it is there, and for how many steps."""

from __future__ import annotations

from pathlib import Path

from core import checkpoints
from core.pipelines.styles.library import FILE

FOLDER = "few-steps"
SOLVER = "few-step"  # its name in recipes


def steps_of(root: Path) -> int:
    """Steps that the adapter of these weights draws a face in; 0 where there is none, or one for other weights."""
    folder = root / "faces" / FOLDER
    try:
        if not (folder / FILE).is_file():
            return 0
        config = checkpoints.read_json(folder / "config.json")
        fits = config["fingerprint"] == checkpoints.fingerprint(root / "faces")
        return int(config["steps"]) if fits and 1 <= int(config["steps"]) <= 16 else 0
    except (checkpoints.CheckpointError, KeyError, TypeError, ValueError):
        return 0
