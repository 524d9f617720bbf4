"""Kills a job before each thing it does to its files, and starts it again: ``python tests/killed.py FOLDER``.

Each attempt is a fork of this process that is killed as ``kill -9`` does. A
file that was about to be opened for writing is left half-written. Printed is what the whole attempts of each job
ended with.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from launched import latents, pictures
from PIL import Image
from small_atlas import small_atlas

from core import data
from core.latents import encode_set
from core.latents.atlas import Atlas
from core.training.faces import PRESETS, train_faces

STEPS = {"train": 8, "encode": 5, "cache": 2, "atlas": 3}  # job -> it is killed at every so many-th of its places
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.truncate", "shutil.rmtree", "os.mkdir")


def kill_at(number: int, folder: Path) -> None:
    """From now on this process dies before the ``number``-th thing that it does to a file in ``folder``."""
    left = [number]

    def watch(event: str, arguments: tuple) -> None:
        if event not in CHANGES and event != "open":
            return
        path = arguments[0]
        writes = event != "open" or bool(arguments[2] & WRITES)
        if not writes or not isinstance(path, str | os.PathLike) or not str(path).startswith(str(folder)):
            return
        left[0] -= 1
        if left[0] == 0:
            if event == "open":
                with open(path, "ab" if arguments[2] & os.O_APPEND else "wb", buffering=0) as file:
                    file.write(b'{"ha')
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def train(folder: Path) -> str:
    run = train_faces(latents(), PRESETS["smoke"], folder / "run", resume=True)
    rows = [json.loads(line) for line in (folder / "run" / "log.jsonl").read_text().splitlines()]
    known = [{key: value for key, value in row.items() if key != "seconds"} for row in rows]
    return json.dumps([known, [float(one.double().sum()) for one in run.averaged().parameters()]])


def encode(folder: Path) -> str:
    found = encode_set(pictures(100), lambda x: x[:, :1, ::4, ::4], "a", folder / "latents", batch=2)
    return json.dumps([float(np.asarray(found.latents, float).sum()), found.mean.tolist()])


def cache(folder: Path) -> str:
    found = data.load("folder", folder.parent / "photos", 8, folder / "cache")
    return json.dumps([list(found.names), np.asarray(found.pixels).mean(axis=(1, 2, 3)).tolist()])


def atlas(folder: Path) -> str:
    """Where there is an atlas after a kill, it is whole: the old one or the new."""
    small = small_atlas()
    if (folder / "atlas").is_dir():
        Atlas.open(folder / "atlas")  # raises where it is damaged
    small.save(folder / "atlas")
    return json.dumps([Atlas.open(folder / "atlas").count, sorted(path.name for path in folder.iterdir())])


def attempt(job: Callable[[Path], str], folder: Path, number: int) -> str | None:
    """Run the job in a fork that is killed; returns what it ended with, or None if it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        kill_at(number, folder)
        try:
            os.write(writing, job(folder).encode())
        except BaseException as error:
            os.write(writing, f"failed: {type(error).__name__}: {error}".encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        ended = file.read().decode()
    _, status = os.waitpid(child, 0)
    return None if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL else ended


def photos(folder: Path) -> None:
    """Pictures and a file that is none, so that the array of the cache is shortened in the end."""
    folder.mkdir()
    for number in range(6):
        Image.new("RGB", (20, 20), (number * 40, 0, 0)).save(folder / f"{number}.png")
    (folder / "bad.png").write_bytes(b"no picture")


def kills(job: Callable[[Path], str], folder: Path, step: int) -> list[str | None]:
    """Return how a job ends that nobody kills, and how it ends after each kill."""
    fresh = folder / "fresh"
    fresh.mkdir()
    ends, number = [attempt(job, fresh, 10**6)], 1
    while True:
        again = folder / f"killed-{number}"
        again.mkdir()
        if attempt(job, again, number) is not None:
            return ends
        ends.append(attempt(job, again, 10**6))
        shutil.rmtree(again)
        number += step


def main() -> None:
    folder = Path(sys.argv[1])
    ends = {}
    for name, step in STEPS.items():
        (folder / name).mkdir()
        photos(folder / name / "photos")
        ends[name] = kills(globals()[name], folder / name, step)
    print(json.dumps(ends))


if __name__ == "__main__":
    main()
