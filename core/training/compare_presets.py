"""Denoisers trained for the same time on the same latents: which network, and what it should predict."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from core.latents import LatentSet
from core.training.faces import PRESETS, FacesPreset, train_faces

PROBE = 12  # steps whose time is taken before the run


def compared_presets(preset: str) -> dict[str, FacesPreset]:
    """What is compared, by name: our network with each objective, and the baseline U-Net."""
    ours, baseline = PRESETS[preset], PRESETS["baseline"]
    if preset == "smoke":
        baseline = replace(baseline, shape="tiny", loop=ours.loop, overrides={"conditioning": "cross"})
    return {
        "ours, velocity": replace(ours, prediction="v_prediction"),
        "ours, flow": replace(ours, prediction="flow"),
        "ours, noise": replace(ours, prediction="epsilon"),
        "baseline U-Net, noise": baseline,
    }


def train_for(data: LatentSet, preset: FacesPreset, seconds: float, out: Path) -> FacesPreset:
    """Train for about ``seconds``, its whole learning-rate schedule included; goes on where it was stopped.

    Returns the preset with the number of steps that the time allowed. The average of the weights is shortened to fit:
    over a thousand steps it would mostly hold the beginning of a short run.
    """
    steps = max(PROBE, round(seconds / _seconds_per_step(data, preset, out.with_name(f"{out.name}-probe"))))
    loop = replace(
        preset.loop, steps=steps, warmup=min(preset.loop.warmup, steps // 8), ema_decay=0.99, validate_every=steps // 8
    )
    short = replace(preset, loop=loop)
    train_faces(data, short, out)
    return short


def _seconds_per_step(data: LatentSet, preset: FacesPreset, out: Path) -> float:
    """The shortest of several steps: what else the machine does only ever adds to one."""
    probe = replace(preset, loop=replace(preset.loop, steps=1000, log_every=1, validate_every=1000))
    train_faces(data, probe, out, until=PROBE)
    rows = [json.loads(line) for line in (out / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    shutil.rmtree(out)
    return max(1e-3, min(later["seconds"] - earlier["seconds"] for earlier, later in pairwise(rows)))
