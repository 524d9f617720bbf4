"""Phase one of latent diffusion: a picture set encoded to disk once, both mirror images, resumable."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from core.data import PictureSet
from core.images import to_tensor
from core.processes import Processes

if TYPE_CHECKING:  # the page imports this package before torch is loaded
    import torch

    Encode = Callable[[torch.Tensor], torch.Tensor]

BLOCK = 16  # batches that are encoded before they are written


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
    detail: np.ndarray | None = None  # float32 (N,) in (0, 1]: how much of a picture's side are its own pixels

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
            labels.get("detail"),
        )


def encode_set(source: PictureSet, encode: Encode, encoder: str, out: Path, *, batch: int = 32) -> LatentSet:
    """Encode every picture and its mirror image into ``out``; goes on where an earlier call was stopped.

    ``encode`` maps (N, 3, S, S) in [-1, 1] to (N, C, s, s); ``encoder`` names its weights, and latents made by
    others are started anew. Processes that were launched together each encode a share; the main one joins them.
    """
    processes = Processes.launched()
    metadata = {"names": list(source.names), "encoder": encoder}
    if _finished(out, metadata):
        return LatentSet.load(out)
    parts = out / "parts"
    with processes.main_first():
        if processes.main:
            _prepare(parts, metadata)
    blocks = _blocks(len(source), batch)
    for number, rows in enumerate(tqdm(blocks, desc="encode", unit="block", mininterval=1, disable=not processes.main)):
        path = parts / f"{number:05d}.npy"
        if number % processes.count == processes.index and not path.is_file():
            _write_array(path, _encoded(source, encode, rows, batch))
    processes.wait()
    if processes.main:
        _join(source, parts, out, metadata)
    processes.wait()
    return LatentSet.load(out)


def _blocks(count: int, batch: int) -> list[slice]:
    """Rows that are encoded and kept at a time."""
    step = batch * BLOCK
    return [slice(start, min(count, start + step)) for start in range(0, count, step)]


def _encoded(source: PictureSet, encode: Encode, rows: slice, batch: int) -> np.ndarray:
    """Latents float16 (n, 2, C, s, s) of some rows: picture and mirror image."""
    import torch

    found = []
    with torch.no_grad():
        for start in range(rows.start, rows.stop, batch):
            x = to_tensor(source.pixels[start : min(rows.stop, start + batch)])
            both = encode(torch.cat([x, x.flip(3)])).float().cpu().numpy().astype(np.float16)
            found.append(np.stack(np.split(both, 2), axis=1))
    return np.concatenate(found)


def _join(source: PictureSet, parts: Path, out: Path, metadata: dict) -> None:
    """The blocks in ``parts`` -> one array with labels and statistics; then they are no longer needed."""
    (out / "index.json").unlink(missing_ok=True)  # of other latents: they are overwritten now
    files = sorted(parts.glob("*.npy"))
    shape = (len(source), *np.load(files[0], mmap_mode="r").shape[1:])
    latents = np.lib.format.open_memmap(out / "latents.npy", mode="w+", dtype=np.float16, shape=shape)
    done = 0
    for file in files:
        block = np.load(file, allow_pickle=False)
        latents[done : done + len(block)] = block
        done += len(block)
    share = None if source.detail is None else np.minimum(1, source.detail / source.pixels.shape[1]).astype(np.float32)
    known = {"attributes": source.attributes, "classes": source.classes, "detail": share}
    labels = {key: value for key, value in known.items() if value is not None}
    np.savez(out / "labels.npz", split=source.split, **labels)
    rows = source.indices("train")
    train = np.asarray(latents[rows if len(rows) else slice(None)], dtype=np.float32)  # a set to look at has no parts
    axes = (0, 1, 3, 4)
    statistics = {"mean": train.mean(axis=axes).tolist(), "std": train.std(axis=axes).tolist()}
    latents.flush()
    _write_json(out / "index.json", {**metadata, "done": done, **statistics})
    shutil.rmtree(parts)


def _finished(out: Path, metadata: dict) -> bool:
    index = _read_json(out / "index.json")
    same = all(index.get(key) == value for key, value in metadata.items())
    return same and index.get("done") == len(metadata["names"]) and (out / "latents.npy").is_file()


def _prepare(parts: Path, metadata: dict) -> None:
    """An empty folder for blocks, or the one of an earlier call with the same pictures and weights."""
    if _read_json(parts / "metadata.json") != metadata:
        shutil.rmtree(parts, ignore_errors=True)
        parts.mkdir(parents=True)
        _write_json(parts / "metadata.json", metadata)


def _read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _write_json(path: Path, content: dict) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content), encoding="utf-8")
    os.replace(part, path)


def _write_array(path: Path, array: np.ndarray) -> None:
    part = path.with_suffix(".part")
    with open(part, "wb") as file:
        np.save(file, array)
    os.replace(part, path)
