"""Trains styles while the app is used: one training at a time, in a separate process; others wait in a queue.

The training is ``scripts/train_style.py``, on one thread and at low priority. What it writes is read back from its
folder: the log, the samples, and in the end the style. The pictures are in that folder alone, and it is removed when
the job is over; how the job ended is remembered until its session begins another one or closes.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections import deque
from dataclasses import replace
from pathlib import Path

from core.checkpoints import CheckpointError, picture_size
from core.data.style_photos import StyleError, check_photos
from core.images import to_pixels
from core.pipelines.styles.job import NO_START, Job, check, done, is_open, launch, seen, stop, write_pictures
from core.pipelines.styles.library import FILE, StyleLibrary
from core.pipelines.styles.progress import reason
from core.pipelines.styles.types import JobStatus, TrainRequest

SWITCH = "LATENTSCAPE_STYLE_TRAINING"  # "off" forbids training
MINUTES = 10.0  # of training; then the best so far is kept
MOST_WAITING = 8
_OFF = "Training is switched off on this host."
_NO_COPY = "The style was trained but cannot be stored here; the disk may be full."
log = logging.getLogger(__name__)


class StyleTrainer:
    """Starts, watches and ends trainings. Safe to call from several threads; a session sees only its own jobs."""

    def __init__(self, library: StyleLibrary, root: Path, *, preset: str = "app", minutes: float = MINUTES) -> None:
        self.library, self.root, self.preset, self.minutes = library, root, preset, minutes
        self._jobs: dict[str, Job] = {}
        self._queue: deque[Job] = deque()
        self._changed = threading.Condition()
        self._worker: threading.Thread | None = None
        self.work = Path(tempfile.mkdtemp(prefix="latentscape-training-"))  # one folder per job that is not over
        atexit.register(self.close)

    @staticmethod
    def switched_off() -> str | None:
        """Return a sentence if training is not allowed here, or None."""
        return _OFF if os.environ.get(SWITCH, "").lower() in ("off", "0", "no") else None

    def side(self) -> int:
        """Pixels along a side of the pictures that a style is trained on. Raises ``CheckpointError``."""
        return picture_size(self.root / "autoencoder-kl")

    def start(self, request: TrainRequest) -> JobStatus:
        """Check the pictures and queue the job. Raises ``StyleError``."""
        if problem := self.switched_off():
            raise StyleError(problem)
        check(request)
        pixels = check_photos([to_pixels(picture, self.side()) for picture in request.pictures])
        with self._changed:
            if any(job.request.session == request.session and is_open(job) for job in self._jobs.values()):
                raise StyleError("One style of yours is being trained already; wait for it, or cancel it.")
            if len(self._queue) >= MOST_WAITING:
                raise StyleError("Many styles are waiting to be trained; try again in some minutes.")
            name = secrets.token_hex(8)
            job = Job(name, replace(request, pictures=()), self.work / name)
            write_pictures(job.folder / "pictures", pixels)
            self._forget(request.session)
            self._jobs[name] = job
            self._enqueue(job)
        return self.status(request.session, name)

    def status(self, session: str, name: str) -> JobStatus:
        """Return the state of a job with its curve and last sample. Raises ``StyleError`` for other sessions' jobs."""
        with self._changed:
            job = self._own(session, name)
            state, ahead = job.state, self._queue.index(job) if job in self._queue else 0
            ahead += state == "waiting" and any(
                other.state in ("preparing", "training") for other in self._jobs.values()
            )
        found = seen(job, state, ahead)
        return job.last or found  # it may have ended, and its folder gone, while it was read

    def jobs(self, session: str) -> tuple[str, ...]:
        """List this session's unfinished jobs, oldest first."""
        with self._changed:
            return tuple(name for name, job in self._jobs.items() if job.request.session == session and is_open(job))

    def latest(self, session: str) -> str:
        """Return the session's newest job that was not cancelled, or an empty string."""
        with self._changed:
            jobs = [name for name, job in self._jobs.items() if job.request.session == session]
            return next((name for name in reversed(jobs) if self._jobs[name].state != "cancelled"), "")

    def pause(self, session: str, name: str) -> None:
        """Pause the training; when it resumes, it waits behind the queue."""
        self._request_action(session, name, "pause")

    def resume(self, session: str, name: str) -> None:
        """Resume from the last step, with the same result as without a pause."""
        with self._changed:
            job = self._own(session, name)
            if job.state == "paused":
                job.resume, job.action = True, ""
                self._enqueue(job)

    def keep(self, session: str, name: str) -> None:
        """End the training now and add the best weights so far to the session's styles."""
        self._request_action(session, name, "keep")

    def cancel(self, session: str, name: str) -> None:
        """Cancel the job in any state and remove its files. Returns when that is done."""
        with self._changed:
            job = self._own(session, name)
            if not is_open(job):
                return
            job.action = "cancel"
            stop(job, signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
            if job.process is None:
                self._drop(job)
            self._changed.wait_for(lambda: not is_open(job), timeout=30)

    def close_session(self, session: str) -> None:
        """End the session's jobs and forget them."""
        for name in self.jobs(session):
            self.cancel(session, name)
        with self._changed:
            self._forget(session)

    def close(self) -> None:
        """End all jobs when the app ends."""
        with self._changed:
            self._queue.clear()
            for job in self._jobs.values():
                job.action = "cancel"
                stop(job, signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        shutil.rmtree(self.work, ignore_errors=True)

    def _request_action(self, session: str, name: str, action: str) -> None:
        with self._changed:
            job = self._own(session, name)
            if job.state == "waiting" and action == "pause":
                self._queue.remove(job)
                job.state = "paused"
            elif job.state == "paused" and action == "keep":
                self._finish(job)
            elif job.process is not None:
                job.action = action
                stop(job, signal.SIGTERM)

    def _own(self, session: str, name: str) -> Job:
        job = self._jobs.get(name)
        if job is None or job.request.session != session:
            raise StyleError("There is no such training in this session.")
        return job

    def _forget(self, session: str) -> None:
        """Forget the finished jobs of this session."""
        for name in [name for name, job in self._jobs.items() if job.request.session == session and not is_open(job)]:
            del self._jobs[name]

    def _enqueue(self, job: Job) -> None:
        job.state = "waiting"
        self._queue.append(job)
        if self._worker is None or not self._worker.is_alive():
            self._worker = threading.Thread(target=self._serve, name="style-training", daemon=True)
            self._worker.start()
        self._changed.notify_all()

    def _serve(self) -> None:
        """Run the jobs one by one until the queue is empty. A job that cannot be started fails."""
        while True:
            with self._changed:
                if not self._queue:
                    self._worker = None
                    return
                job = self._queue.popleft()
                job.state, job.began = "preparing", time.monotonic()
                try:
                    job.process = launch(job, self.root, self.preset)
                except OSError:
                    log.exception("a training could not be started")
                    self._end(job, "failed", NO_START)
                    continue
            self._watch(job)

    def _watch(self, job: Job) -> None:
        """Wait until the process has ended or its time is over, then do the requested action."""
        try:
            job.process.wait(timeout=max(1.0, self.minutes * 60 - job.spent))
        except subprocess.TimeoutExpired:
            with self._changed:
                job.action = job.action or "keep"
                job.message = f"Stopped after {self.minutes:g} minutes; the best so far is kept."
                stop(job, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                job.process.wait(timeout=60)
            job.process.kill()
            job.process.wait()
        with self._changed:
            job.spent += time.monotonic() - job.began
            job.process = None
            if job.action == "cancel":
                self._drop(job)
            elif job.action == "pause" and not done(job):
                job.state = "paused"
            else:
                self._finish(job)
            self._changed.notify_all()

    def _finish(self, job: Job) -> None:
        """Add the exported style to the session's library."""
        style = job.folder / "style"
        if not (style / FILE).is_file():
            return self._end(job, "failed", reason(job.folder / "output.txt"))
        try:
            job.style = self.library.add(job.request.session, style, job.request.title).name
        except CheckpointError as error:
            return self._end(job, "failed", str(error))
        except OSError:
            log.exception("a trained style could not be copied")
            return self._end(job, "failed", _NO_COPY)
        self._end(job, "finished")

    def _drop(self, job: Job) -> None:
        if job in self._queue:
            self._queue.remove(job)
        self._end(job, "cancelled")

    def _end(self, job: Job, state: str, message: str = "") -> None:
        """Finish a job: keep its final state and remove its folder."""
        job.message = message or job.message
        job.last = seen(job, state, 0)
        job.state = state
        shutil.rmtree(job.folder, ignore_errors=True)
        self._changed.notify_all()
