"""Downloads an autoencoder from the Hugging Face Hub, only when somebody presses the button for it.

A separate process downloads; no other process uses the network. Ending it cancels the download. Files get their names
in the cache only when they are complete.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from core.checkpoints import CheckpointError
from core.latents import sources
from core.pipelines.progress import Cancel
from core.pipelines.reconstruction.types import Advance

POLL_SECONDS = 0.2  # seconds
PATIENCE = 10  # seconds for a cancelled process to clean up
_ONLINE = {
    "HF_HUB_OFFLINE": "0",
    "TRANSFORMERS_OFFLINE": "0",
    "HF_HUB_DISABLE_XET": "1",  # plain HTTP writes as it receives, so that progress can be seen
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
_running: set[str] = set()
_starting = threading.Lock()


class DownloadError(CheckpointError):
    """A download that failed; the message says what to do. No incomplete file is left."""


def offer(model: str) -> str:
    """Say what a download of this model fetches and how large it is. Raises :class:`DownloadError`."""
    if model not in sources.HOSTED:
        raise DownloadError(f"There is no download for {model[:60]!r}; there is one for {', '.join(sources.HOSTED)}.")
    return sources.HOSTED[model].offer


def download(model: str, cancel: Cancel | None = None) -> Iterator[Advance]:
    """Download ``sd`` or ``taesd`` into the Hugging Face cache; yields the bytes so far, until it ends or is cancelled.

    Raises :class:`DownloadError`. Closing the iterator cancels, too.
    """
    offer(model)
    with _starting:
        if model in _running:
            raise DownloadError("This download is already under way; wait until it is done.")
        _running.add(model)
    try:
        yield from _fetched(model, cancel)
    finally:
        _running.discard(model)


def _fetched(model: str, cancel: Cancel | None) -> Iterator[Advance]:
    from huggingface_hub import constants

    hosted = sources.HOSTED[model]
    repository, subfolder = hosted.places[0]
    cache = Path(constants.HF_HUB_CACHE)
    blobs = cache / f"models--{repository.replace('/', '--')}" / "blobs"
    before = _files(blobs)
    command = [sys.executable, "-m", "core.pipelines.reconstruction.fetch", repository, subfolder, str(cache)]
    environment = {**os.environ, **_ONLINE}
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            while process.poll() is None:
                if cancel and cancel():
                    return
                new = sum(size for name, size in _files(blobs).items() if name not in before)
                yield Advance(min(new, hosted.bytes), hosted.bytes)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(POLL_SECONDS)
            said = process.stdout.read().strip()
        finally:
            _end(process, blobs, before)
    if process.returncode:
        raise DownloadError(said or "The download broke off. Nothing of it was kept: try again.")
    found = sources.cached(repository, (subfolder,))
    if found is None:
        raise DownloadError(f"The download came to its end, but the weights are not in {cache}. Try again.")
    sources.metadata(found)  # raises if this is no autoencoder that can be opened
    yield Advance(hosted.bytes, hosted.bytes)


def _end(process: subprocess.Popen, blobs: Path, before: dict[str, int]) -> None:
    """End the process, which cleans up; if it has to be killed, remove its incomplete files here."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.returncode:
        for name in _files(blobs).keys() - before.keys():
            if name.endswith(".incomplete"):
                (blobs / name).unlink(missing_ok=True)


def _files(folder: Path) -> dict[str, int]:
    """Return names and sizes of files in a folder that another process writes to."""
    found = {}
    for path in folder.glob("*"):
        try:
            found[path.name] = path.stat().st_size
        except OSError:  # renamed in this moment
            continue
    return found
