"""A picture through a model's latents and back, with what it lost on the way; and embeddings of pictures."""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from core import checkpoints
from core.images import PictureError, to_images, to_pixels, to_tensor, write_png
from core.latents.codecs import NAMES, OpenCodec, codec_folder, open_codec
from core.metrics import cosine_distance, psnr, ssim
from core.models import PictureClassifier
from core.pipelines.folders import Opened, OutputNames, open_pictures

COLUMNS = ("name", "file", "psnr", "ssim", "embedding_distance", "ms")
BATCH = 16


@dataclass(frozen=True)
class ReconstructRequest:
    """A picture of any size, of which the centre square is used, and the autoencoder: ``kl``, a name or a folder."""

    picture: Image.Image
    model: str = "kl"


@dataclass(frozen=True)
class Reconstruction:
    """The picture as the model sees it and as it comes back. ``milliseconds`` is encoding and decoding alone."""

    before: Image.Image
    after: Image.Image
    latents: np.ndarray  # float32 (C, S, S)
    psnr: float  # dB, infinite for an exact copy
    ssim: float
    embedding_distance: float | None  # 1 - cosine in the classifier's embedding, None without a classifier
    milliseconds: float


class ReconstructPipeline:
    """Loads autoencoders and the classifier lazily from a checkpoint root; safe to call from several threads."""

    def __init__(self, root: str | Path | None = None) -> None:
        self.root = Path(root) if root else checkpoints.root()
        self._codecs: dict[str, OpenCodec] = {}
        self._classifier: PictureClassifier | None = None
        self._lock = threading.RLock()

    def names(self) -> tuple[str, ...]:
        """Short names of the built-in autoencoders, whether present or not."""
        return tuple(NAMES)

    def missing(self, model: str) -> str | None:
        """A sentence with the command that makes a missing autoencoder, or None."""
        try:
            return checkpoints.missing(codec_folder(model, self.root))
        except checkpoints.CheckpointError as error:
            return str(error)

    def reconstruct(self, request: ReconstructRequest) -> Reconstruction:
        """Raises ``CheckpointError`` where the model cannot be loaded."""
        opened = self.codec(request.model)
        pixels = to_pixels(request.picture, opened.size)
        x = to_tensor(pixels)
        with self._lock:
            started = time.perf_counter()
            z = opened.codec.encode(x)
            y = opened.codec.decode(z)
            milliseconds = (time.perf_counter() - started) * 1000
        after = to_images(y)[0]
        rebuilt, original = np.asarray(after)[None], pixels[None]
        return Reconstruction(
            Image.fromarray(pixels),
            after,
            z[0].float().numpy(),
            float(psnr(rebuilt, original)[0]),
            float(ssim(rebuilt, original)[0]),
            self._distance(pixels, np.asarray(after)),
            milliseconds,
        )

    def embed(self, pictures: list[Image.Image], model: str = "kl") -> np.ndarray:
        """Pictures -> latents (N, C, S, S) of an autoencoder, or for ``classifier`` embeddings (N, D); float32."""
        if model == "classifier":
            x = torch.cat([to_tensor(to_pixels(picture, 64)) for picture in pictures])
            with self._lock, torch.inference_mode():
                return self.classifier()(x).embedding.numpy()
        opened = self.codec(model)
        x = torch.cat([to_tensor(to_pixels(picture, opened.size)) for picture in pictures])
        with self._lock:
            return opened.codec.encode(x).float().numpy()

    def codec(self, model: str) -> OpenCodec:
        with self._lock:
            if model not in self._codecs:
                self._codecs[model] = open_codec(model, self.root)
            return self._codecs[model]

    def classifier(self) -> PictureClassifier:
        with self._lock:
            if self._classifier is None:
                loaded = checkpoints.load_model(self.root / "classifier")
                if not isinstance(loaded, PictureClassifier):
                    raise checkpoints.CheckpointError("classifier: config.json does not describe a classifier.")
                self._classifier = loaded
            return self._classifier

    def _distance(self, before: np.ndarray, after: np.ndarray) -> float | None:
        """Both pictures at the classifier's size -> their distance in its embedding."""
        if checkpoints.missing(self.root / "classifier"):
            return None
        both = self.embed([Image.fromarray(before), Image.fromarray(after)], "classifier")
        return float(cosine_distance(both[:1], both[1:])[0])


@dataclass(frozen=True)
class Outcome:
    """What became of one file: its row of ``metrics.csv``, or the reason why there is none."""

    name: str
    row: dict[str, object] | None = None
    problem: str = ""


def reconstruct_folder(pipeline: ReconstructPipeline, model: str, source: Path, out: Path) -> Iterator[Outcome]:
    """Every picture of a folder or zip -> a PNG of the same name in ``out``, and ``metrics.csv`` row by row."""
    side = pipeline.codec(model).size  # refuses an unknown model before anything is written
    pictures = open_pictures(source, side)
    out.mkdir(parents=True, exist_ok=True)
    names = OutputNames(out)
    with open(out / "metrics.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        for opened in pictures:
            outcome = _reconstruct_one(pipeline, model, opened, names)
            if outcome.row:
                table.writerow(outcome.row)
            yield outcome


def _reconstruct_one(pipeline: ReconstructPipeline, model: str, opened: Opened, names: OutputNames) -> Outcome:
    if opened.image is None:
        return Outcome(opened.name, problem=opened.problem)
    try:
        path = names.path(opened.name)
        result = pipeline.reconstruct(ReconstructRequest(opened.image, model))
    except PictureError as error:
        return Outcome(opened.name, problem=str(error))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(write_png(result.after))
    distance = "" if result.embedding_distance is None else f"{result.embedding_distance:.6f}"
    figures = (f"{result.psnr:.4f}", f"{result.ssim:.6f}", distance, f"{result.milliseconds:.1f}")
    values = (opened.name, path.relative_to(names.folder).as_posix(), *figures)
    return Outcome(opened.name, dict(zip(COLUMNS, values, strict=True)))


def embed_folder(
    pipeline: ReconstructPipeline, model: str, source: Path, problems: list[Outcome]
) -> tuple[np.ndarray, list[str]]:
    """Every readable picture of a folder or zip -> latents (N, ...) and names; the others are added to ``problems``."""
    side = 64 if model == "classifier" else pipeline.codec(model).size
    latents, names = [], []
    for block in _blocks(open_pictures(source, side)):
        problems += [Outcome(opened.name, problem=opened.problem) for opened in block if opened.image is None]
        readable = [opened for opened in block if opened.image is not None]
        if readable:
            latents.append(pipeline.embed([opened.image for opened in readable], model))
            names += [opened.name for opened in readable]
    if not names:
        raise PictureError(f"None of the pictures in {source} can be read.")
    return np.concatenate(latents), names


def _blocks(pictures: Iterable[Opened]) -> Iterator[list[Opened]]:
    block: list[Opened] = []
    for opened in pictures:
        block.append(opened)
        if len(block) == BATCH:
            yield block
            block = []
    if block:
        yield block
