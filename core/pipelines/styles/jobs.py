"""Teaching a style while the app is used: one training at a time, in a process of its own, with everybody's in a queue.

The training is ``scripts/train_style.py``, on one thread and at low priority. What it writes is read back from its
folder: the log, the samples, and in the end the style. A job that is cancelled leaves nothing behind.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from core.data.style_photos import StyleError, check_count, check_photos
from core.images import to_pixels
from core.pipelines.styles.library import FILE, StyleShelf
from core.pipelines.styles.progress import curves, last_sample, reason
from core.pipelines.styles.types import RANKS, RATES, STEPS, JobStatus, TrainRequest

SWITCH = "LATENTSCAPE_STYLE_TRAINING"  # "off" where nobody may train
MINUTES = 10.0  # of training; then the best so far is kept
MOST_WAITING = 8
SIDE = 64
_SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "train_style.py"
_OFF = "Training is switched off on this host."


@dataclass
class _Job:
    """One training with its folder; ``state`` changes under the trainer's lock alone."""

    name: str
    request: TrainRequest
    folder: Path
    state: str = "waiting"
    process: subprocess.Popen | None = None
    wish: str = ""  # "pause", "keep" or "cancel": what to do when the process has ended
    resume: bool = False
    spent: float = 0.0  # seconds of training before the last pause
    began: float = 0.0
    style: str = ""
    message: str = ""
    started: threading.Event = field(default_factory=threading.Event)


class StyleTrainer:
    """Starts, watches and ends trainings. Safe to call from several threads; a session sees its own jobs alone."""

    def __init__(self, shelf: StyleShelf, root: Path, *, preset: str = "app", minutes: float = MINUTES) -> None:
        self.shelf, self.root, self.preset, self.minutes = shelf, root, preset, minutes
        self._jobs: dict[str, _Job] = {}
        self._queue: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._worker: threading.Thread | None = None
        self._work = Path(tempfile.mkdtemp(prefix="latentscape-training-"))
        atexit.register(self.close)

    @staticmethod
    def switched_off() -> str | None:
        """One sentence where training is not allowed here, or None."""
        return _OFF if os.environ.get(SWITCH, "").lower() in ("off", "0", "no") else None

    def start(self, request: TrainRequest) -> JobStatus:
        """Checks the pictures and puts the job in the queue. Raises ``StyleError``."""
        if problem := self.switched_off():
            raise StyleError(problem)
        _check(request)
        pixels = check_photos([to_pixels(picture, SIDE) for picture in request.pictures])
        with self._changed:
            if any(job.request.session == request.session and _open(job) for job in self._jobs.values()):
                raise StyleError("One style of yours is being trained already; wait for it, or cancel it.")
            if len(self._queue) >= MOST_WAITING:
                raise StyleError("Many styles are waiting to be trained; try again in some minutes.")
            name = secrets.token_hex(8)
            job = _Job(name, request, self._work / name)
            (job.folder / "pictures").mkdir(parents=True)
            for number, one in enumerate(pixels):
                Image.fromarray(one).save(job.folder / "pictures" / f"{number:03d}.png")
            self._jobs[name] = job
            self._enqueue(job)
        return self.status(request.session, name)

    def status(self, session: str, name: str) -> JobStatus:
        """How a job stands, with its curve and its last sample. Raises ``StyleError`` for other people's jobs."""
        with self._changed:
            job = self._own(session, name)
            state, ahead = job.state, self._queue.index(job) if job in self._queue else 0
            ahead += state == "waiting" and any(
                other.state in ("preparing", "training") for other in self._jobs.values()
            )
        losses, held_out, seconds = curves(job.folder / "run" / "log.jsonl")
        step, steps = (losses[-1][0] if losses else 0), job.request.steps
        if state == "preparing" and step:
            state = "training"
        left = seconds / step * (steps - step) if step and state == "training" else None
        return JobStatus(
            job=name,
            title=job.request.title,
            state=state,
            step=step,
            steps=steps,
            losses=losses,
            held_out=held_out,
            sample=last_sample(job.folder / "run" / "samples"),
            seconds_left=left,
            ahead=ahead,
            style=job.style,
            message=job.message,
        )

    def jobs(self, session: str) -> tuple[str, ...]:
        """The names of this session's jobs that are not over, oldest first."""
        with self._changed:
            return tuple(name for name, job in self._jobs.items() if job.request.session == session and _open(job))

    def pause(self, session: str, name: str) -> None:
        """Stops the training where it is; others in the queue come first when it goes on."""
        self._wish(session, name, "pause")

    def resume(self, session: str, name: str) -> None:
        """Goes on from the last step, as if there had been no pause."""
        with self._changed:
            job = self._own(session, name)
            if job.state == "paused":
                job.resume, job.wish = True, ""
                self._enqueue(job)

    def keep(self, session: str, name: str) -> None:
        """Ends the training now and puts the best so far on the wall."""
        self._wish(session, name, "keep")

    def cancel(self, session: str, name: str) -> None:
        """Ends the job, whatever it is doing, and removes all it wrote. Returns when that is done."""
        with self._changed:
            job = self._own(session, name)
            if not _open(job):
                return
            job.wish = "cancel"
            _stop(job, signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
            if job.process is None:
                self._drop(job)
            self._changed.wait_for(lambda: not _open(job), timeout=30)

    def close_session(self, session: str) -> None:
        for name in self.jobs(session):
            self.cancel(session, name)

    def close(self) -> None:
        """Ends everything; the app is going down."""
        with self._changed:
            self._queue.clear()
            for job in self._jobs.values():
                job.wish = "cancel"
                _stop(job, signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        shutil.rmtree(self._work, ignore_errors=True)

    def _wish(self, session: str, name: str, wish: str) -> None:
        with self._changed:
            job = self._own(session, name)
            if job.state == "waiting" and wish == "pause":
                self._queue.remove(job)
                job.state = "paused"
            elif job.state == "paused" and wish == "keep":
                self._finish(job)
            elif job.process is not None:
                job.wish = wish
                _stop(job, signal.SIGTERM)

    def _own(self, session: str, name: str) -> _Job:
        job = self._jobs.get(name)
        if job is None or job.request.session != session:
            raise StyleError("There is no such training in this session.")
        return job

    def _enqueue(self, job: _Job) -> None:
        job.state = "waiting"
        self._queue.append(job)
        if self._worker is None or not self._worker.is_alive():
            self._worker = threading.Thread(target=self._serve, name="style-training", daemon=True)
            self._worker.start()
        self._changed.notify_all()

    def _serve(self) -> None:
        """One job after the other, until there is none."""
        while True:
            with self._changed:
                if not self._queue:
                    self._worker = None
                    return
                job = self._queue.popleft()
                job.state, job.began = "preparing", time.monotonic()
                job.process = self._launch(job)
            self._watch(job)

    def _launch(self, job: _Job) -> subprocess.Popen:
        asked, run = job.request, job.folder / "run"
        command = [sys.executable, str(_SCRIPT), "--pictures", str(job.folder / "pictures"), "--name", asked.title]
        command += [
            "--base",
            asked.base,
            "--preset",
            self.preset,
            "--steps",
            str(asked.steps),
            "--rank",
            str(asked.rank),
        ]
        command += ["--rate", str(asked.rate), "--trigger", asked.trigger, "--checkpoints", str(self.root)]
        command += ["--out", str(run), "--export", str(job.folder / "style"), *(["--resume"] if job.resume else [])]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
        with open(job.folder / "output.txt", "ab") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=_SCRIPT.parent.parent,
                env=environment,
            )
        if hasattr(os, "setpriority"):
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process.pid, 10)
        return process

    def _watch(self, job: _Job) -> None:
        """Until the process has ended or its time is over; then what was wished for."""
        try:
            job.process.wait(timeout=max(1.0, self.minutes * 60 - job.spent))
        except subprocess.TimeoutExpired:
            with self._changed:
                job.wish = job.wish or "keep"
                job.message = f"Stopped after {self.minutes:g} minutes; the best so far is kept."
                _stop(job, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                job.process.wait(timeout=60)
            job.process.kill()
            job.process.wait()
        with self._changed:
            job.spent += time.monotonic() - job.began
            job.process = None
            if job.wish == "cancel":
                self._drop(job)
            elif job.wish == "pause" and not _done(job):
                job.state = "paused"
            else:
                self._finish(job)
            self._changed.notify_all()

    def _finish(self, job: _Job) -> None:
        """The exported style goes to the session's shelf, and the folder of the run goes."""
        style = job.folder / "style"
        if (style / FILE).is_file():
            try:
                job.style = self.shelf.adopt(job.request.session, style, job.request.title).name
                job.state = "finished"
            except RuntimeError as error:
                job.state, job.message = "failed", str(error)
        else:
            job.state = "failed"
            job.message = reason(job.folder / "output.txt")
        shutil.rmtree(job.folder / "pictures", ignore_errors=True)
        shutil.rmtree(style, ignore_errors=True)

    def _drop(self, job: _Job) -> None:
        if job in self._queue:
            self._queue.remove(job)
        job.state = "cancelled"
        shutil.rmtree(job.folder, ignore_errors=True)
        self._changed.notify_all()


def _check(request: TrainRequest) -> None:
    """Raises ``StyleError`` with the first bound that is not kept."""
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


def _open(job: _Job) -> bool:
    return job.state not in ("finished", "cancelled", "failed")


def _done(job: _Job) -> bool:
    """Whether all steps were taken before the process heard of the pause."""
    losses, _, _ = curves(job.folder / "run" / "log.jsonl")
    return bool(losses) and losses[-1][0] >= job.request.steps


def _stop(job: _Job, with_signal: signal.Signals) -> None:
    if job.process is not None:
        with contextlib.suppress(ProcessLookupError):
            job.process.send_signal(with_signal)
