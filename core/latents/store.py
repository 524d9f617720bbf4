"""Phase one of latent diffusion: a picture set encoded to disk once, both mirror images, resumable."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from core.data import PictureSet
from core.images import to_tensor

if TYPE_CHECKING:  # the page imports this package before torch is loaded
    import torch

    Encode = Callable[[torch.Tensor], torch.Tensor]


class LatentsError(ValueError):
    """A folder of latents that is not there, unfinished, or of other pictures or weights."""


@dataclass(frozen=True)
class LatentSet:
    """``latents`` float16 (N, 2, C, S, S), memory-mapped: picture and mirror image; labels row-aligned."""

    latents: np.ndarray
    names: tuple[str, ...]
    split: np.ndarray  # int8 (N,)
    attributes: np.ndarray | None  # int8 (N, 40)
    classes: np.ndarray | None  # int16 (N,)
    mean: np.ndarray  # float (C,), of the training part
    std: np.ndarray
    encoder: str  # fingerprint of the weights that made them

    def indices(self, part: str) -> np.ndarray:
        return np.flatnonzero(self.split == {"train": 0, "val": 1, "test": 2}[part])

    @classmethod
    def load(cls, folder: str | Path) -> LatentSet:
        """Open what :func:`encode_set` wrote. Raises :class:`LatentsError`."""
        folder = Path(folder)
        try:
            index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
            latents = np.load(folder / "latents.npy", mmap_mode="r")
            labels = np.load(folder / "labels.npz", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise LatentsError(
                f"{folder} holds no latents ({error}); make them with scripts/encode_latents.py."
            ) from error
        if index["done"] < len(latents):
            raise LatentsError(
                f"{folder} is unfinished ({index['done']} of {len(latents)}); run encode_latents.py again."
            )
        return cls(
            latents,
            tuple(index["names"]),
            labels["split"],
            labels.get("attributes"),
            labels.get("classes"),
            np.array(index["mean"]),
            np.array(index["std"]),
            index["encoder"],
        )


def encode_set(source: PictureSet, encode: Encode, encoder: str, out: Path, *, batch: int = 32) -> LatentSet:
    """Encode every picture and its mirror image into ``out``; goes on where an earlier call was stopped.

    ``encode`` maps (N, 3, S, S) in [-1, 1] to (N, C, s, s); ``encoder`` names its weights, and latents made by
    others are started anew.
    """
    import torch

    out.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        shape = tuple(encode(to_tensor(source.pixels[:1])).shape[1:])
    facts = {"names": list(source.names), "encoder": encoder, "shape": shape}
    done = _resumable(out, facts, len(source))
    mode = "r+" if done else "w+"
    latents = np.lib.format.open_memmap(
        out / "latents.npy", mode=mode, dtype=np.float16, shape=None if done else (len(source), 2, *shape)
    )
    labels = {k: v for k, v in (("attributes", source.attributes), ("classes", source.classes)) if v is not None}
    np.savez(out / "labels.npz", split=source.split, **labels)
    with torch.no_grad(), tqdm(total=len(source), initial=done, desc="encode", mininterval=1) as bar:
        while done < len(source):
            stop = min(len(source), done + batch)
            x = to_tensor(source.pixels[done:stop])
            both = encode(torch.cat([x, x.flip(3)])).float().cpu().numpy()
            latents[done:stop, 0], latents[done:stop, 1] = both[: stop - done], both[stop - done :]
            bar.update(stop - done)
            done = stop
            if (done // batch) % 20 == 0:
                latents.flush()
                _write_index(out, {**facts, "done": done})
    rows = source.indices("train")
    train = np.asarray(latents[rows if len(rows) else slice(None)], dtype=np.float32)  # a set to look at has no parts
    axes = (0, 1, 3, 4)
    statistics = {"mean": train.mean(axis=axes).tolist(), "std": train.std(axis=axes).tolist()}
    latents.flush()
    _write_index(out, {**facts, "done": done, **statistics})
    return LatentSet.load(out)


def _resumable(out: Path, facts: dict, count: int) -> int:
    try:
        index = json.loads((out / "index.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0
    same = all(index.get(key) == (list(facts[key]) if key == "shape" else facts[key]) for key in facts)
    return min(index["done"], count) if same and (out / "latents.npy").is_file() else 0


def _write_index(out: Path, content: dict) -> None:
    part = out / "index.part"
    part.write_text(json.dumps(content), encoding="utf-8")
    os.replace(part, out / "index.json")
