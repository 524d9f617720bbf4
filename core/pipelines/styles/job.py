"""One training of a style: its state, folder and process."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from core.data.style_photos import StyleError, check_count
from core.pipelines.styles.progress import curves, last_sample
from core.pipelines.styles.types import RANKS, RATES, STEPS, JobStatus, TrainRequest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "train_style.py"
NO_START = "The training could not be started: its files cannot be written here; the disk may be full."


@dataclass
class Job:
    """One training with its folder; ``state`` changes under the trainer's lock alone. ``request`` without pictures."""

    name: str
    request: TrainRequest
    folder: Path
    state: str = "waiting"
    process: subprocess.Popen | None = None
    action: str = ""  # "pause", "keep" or "cancel": what to do when the process has ended
    resume: bool = False
    spent: float = 0.0  # seconds of training before the last pause
    began: float = 0.0
    style: str = ""
    message: str = ""
    last: JobStatus | None = None  # of a job that is over


def check(request: TrainRequest) -> None:
    """Raise ``StyleError`` for the first violated bound."""
    check_count(len(request.pictures))
    if request.base not in ("faces", "text"):
        raise StyleError("A style is trained for the face model or for the text model.")
    if not request.title.strip() or len(request.title) > 64 or len(request.trigger) > 64:
        raise StyleError("A style needs a name, and its name and trigger words have at most 64 characters.")
    bounds = (
        ("Steps", request.steps, STEPS),
        ("The rank", request.rank, RANKS),
        ("The learning rate", request.rate, RATES),
    )
    for what, value, (low, high) in bounds:
        if not low <= value <= high:  # NaN fails both
            verb = "lie" if what == "Steps" else "lies"
            raise StyleError(f"{what} {verb} between {low:g} and {high:g} here.")


def write_pictures(folder: Path, pixels: np.ndarray) -> None:
    """Write uint8 (N, S, S, 3) as PNG files into a new folder. Raises ``StyleError`` and leaves nothing on failure."""
    try:
        folder.mkdir(parents=True)
        for number, one in enumerate(pixels):
            Image.fromarray(one).save(folder / f"{number:03d}.png")
    except OSError as error:
        shutil.rmtree(folder.parent, ignore_errors=True)
        raise StyleError(NO_START) from error


def seen(job: Job, state: str, ahead: int) -> JobStatus:
    """Read the job's status from its folder."""
    losses, held_out, seconds = curves(job.folder / "run" / "log.jsonl")
    step, steps = (losses[-1][0] if losses else 0), job.request.steps
    if state == "preparing" and step:
        state = "training"
    return JobStatus(
        job=job.name,
        title=job.request.title,
        state=state,
        step=step,
        steps=steps,
        losses=losses,
        held_out=held_out,
        sample=last_sample(job.folder / "run" / "samples"),
        seconds_left=seconds / step * (steps - step) if step and state == "training" else None,
        ahead=ahead,
        style=job.style,
        message=job.message,
    )


def launch(job: Job, root: Path, preset: str) -> subprocess.Popen:
    """Start the training's process at low priority. Raises ``OSError`` if it cannot be started."""
    request, run = job.request, job.folder / "run"
    command = [sys.executable, str(SCRIPT), "--pictures", str(job.folder / "pictures"), "--name", request.title]
    command += ["--base", request.base, "--preset", preset, "--steps", str(request.steps)]
    command += ["--rank", str(request.rank), "--rate", str(request.rate), "--trigger", request.trigger]
    command += ["--checkpoints", str(root), "--out", str(run), "--export", str(job.folder / "style")]
    command += ["--resume"] if job.resume else []
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
    with open(job.folder / "output.txt", "ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=SCRIPT.parent.parent,
            env=environment,
        )
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, 10)
    return process


def is_open(job: Job) -> bool:
    return job.state not in ("finished", "cancelled", "failed")


def done(job: Job) -> bool:
    """Return whether all steps were done before the process was paused."""
    losses, _, _ = curves(job.folder / "run" / "log.jsonl")
    return bool(losses) and losses[-1][0] >= job.request.steps


def stop(job: Job, with_signal: signal.Signals) -> None:
    if job.process is not None:
        with contextlib.suppress(ProcessLookupError):
            job.process.send_signal(with_signal)
