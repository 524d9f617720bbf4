"""What test_distributed.py runs in one process and, by ``accelerate launch``, in two: training and encoding."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core import attributes
from core.data import PictureSet
from core.latents import LatentSet, encode_set
from core.processes import Processes
from core.training.faces import PRESETS, train_faces

COUNT, BATCH = 100, 2  # pictures to encode, at a time


def pictures(count: int) -> PictureSet:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (count, 16, 16, 3), dtype=np.uint8)
    split = np.array([0] * (count - 8) + [1] * 4 + [2] * 4, dtype=np.int8)
    labels = random.choice([-1, 1], size=(count, attributes.COUNT)).astype(np.int8)
    return PictureSet("celeba", pixels, tuple(f"{index:06d}.jpg" for index in range(count)), split, labels)


def latents(count: int = 24) -> LatentSet:
    source, zeros = pictures(count), np.zeros(4)
    values = np.random.default_rng(1).standard_normal((count, 2, 4, 16, 16)).astype(np.float16)
    return LatentSet(values, source.names, source.split, source.attributes, None, zeros, zeros + 1, "0" * 12)


def main(out: Path) -> None:
    train_faces(latents(), PRESETS["smoke"], out / "whole")
    train_faces(latents(), PRESETS["smoke"], out / "broken", until=2)
    train_faces(latents(), PRESETS["smoke"], out / "broken", resume=True)
    seen = []

    def encode(x):
        seen.append(len(x) // 2)  # and as many mirror images
        return x[:, :1, ::4, ::4]

    encode_set(pictures(COUNT), encode, "a", out / "latents", batch=BATCH)
    (out / f"seen-{Processes.launched().index}").write_text(str(sum(seen)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
