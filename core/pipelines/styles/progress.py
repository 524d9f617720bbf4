"""Reads the files of a training that runs in another process."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image


def curves(log: Path) -> tuple[tuple[tuple[int, float], ...], tuple[tuple[int, float], ...], float]:
    """Read a run's log: losses and held-out losses by step, and the seconds of training."""
    losses, held_out, seconds = [], [], 0.0
    try:
        lines = log.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:  # the last line is being written
            continue
        seconds = row["seconds"]
        if "loss" in row:
            losses.append((row["step"], row["loss"]))
        if "val_loss" in row:
            held_out.append((row["step"], row["val_loss"]))
    return tuple(losses), tuple(held_out), seconds


def last_sample(folder: Path) -> Image.Image | None:
    samples = sorted(folder.glob("sample-*.png")) if folder.is_dir() else []
    if not samples:
        return None
    try:
        with Image.open(samples[-1]) as image:
            return image.convert("RGB")
    except OSError:  # the job was cancelled meanwhile
        return None


def reason(output: Path) -> str:
    """Return the error sentence of a failed command."""
    try:
        lines = output.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    said = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return said[-1][:300] if said else "The training ended before there was anything to keep; start it again."
