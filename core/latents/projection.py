"""Maps of a latent space: PCA, UMAP and t-SNE, and the way between a place on a map and a code.

PCA is inverted exactly. UMAP (McInnes et al. 2018, arXiv:1802.03426) and t-SNE (van der Maaten & Hinton 2008) have no
inverse: both ways are then a local regression on the nearest pictures, whose spread is the uncertainty. So no fitted
model is stored, only where each picture lies.

UMAP and t-SNE are fitted in a process of their own, one at a time (:func:`fit_apart`): numba is neither safe under
several threads nor something that a server should compile while it answers.
"""

from __future__ import annotations

import contextlib
import io
import os
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from core.latents.spaces import Basis, Space

COMPONENTS = 50  # principal components that maps, clusters and graphs are made of
NEIGHBOURS = 15  # of UMAP
PERPLEXITY = 30.0  # of t-SNE
SUPPORT = 8  # pictures that a place is read from
LEAST = {"pca2": 2, "pca3": 3, "umap2": 10, "umap3": 10, "tsne2": 10}  # pictures below which a map means nothing
_ROOT = Path(__file__).resolve().parents[2]


class ProjectionError(RuntimeError):
    """A map that could not be fitted; the message is one sentence."""


def fit_basis(vectors: np.ndarray, components: int = COMPONENTS) -> Basis:
    """Vectors (N, D) -> up to ``components`` principal components, those of ``sklearn.decomposition.PCA``.

    Identical pictures have none that means anything: the shares of variance are then 0.
    """
    from sklearn.decomposition import PCA

    vectors = np.asarray(vectors, np.float32)
    count = min(components, *vectors.shape)
    if np.ptp(vectors, axis=0).max() == 0:
        return Basis(vectors[0].copy(), np.eye(count, vectors.shape[1], dtype=np.float32), np.zeros(count, np.float32))
    fitted = PCA(count, svd_solver="covariance_eigh" if len(vectors) > vectors.shape[1] else "full").fit(vectors)
    ratios = np.nan_to_num(fitted.explained_variance_ratio_)
    return Basis(*(array.astype(np.float32) for array in (fitted.mean_, fitted.components_, ratios)))


def pca_places(reduced: np.ndarray, dimensions: int) -> np.ndarray:
    """Principal components (N, K) -> a map float32 (N, dimensions); what few pictures lack is 0."""
    kept = reduced[:, :dimensions]
    return np.pad(kept, ((0, 0), (0, dimensions - kept.shape[1])))


def fit(kind: str, reduced: np.ndarray, seed: int = 0) -> np.ndarray:
    """Principal components (N, K) -> a map float32 (N, 2 or 3) about 0 with deviation 1. In this process: slow."""
    dimensions = int(kind[-1])
    neighbours = min(NEIGHBOURS, len(reduced) - 1)
    if kind.startswith("umap"):
        from umap import UMAP

        fitted = UMAP(n_components=dimensions, n_neighbors=neighbours, min_dist=0.1, random_state=seed, n_jobs=1)
        places = fitted.fit_transform(reduced)
    elif kind == "tsne2":
        from sklearn.manifold import TSNE

        perplexity = min(PERPLEXITY, max(2.0, (len(reduced) - 1) / 3))
        places = TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(reduced)
    else:
        raise ValueError(f"There is no projection {kind!r}.")
    places = np.nan_to_num(places - np.nanmean(places, axis=0))
    return (places / max(float(places.std()), 1e-8)).astype(np.float32)


def fit_apart(kind: str, reduced: np.ndarray, seed: int = 0, *, patience: float = 1800) -> np.ndarray:
    """:func:`fit` in a process of its own. Callers wait for each other. Raises :class:`ProjectionError`.

    ``patience`` in seconds: a child that takes longer is ended. It ends by itself when this process does.
    """
    return _WORKER.fit(kind, np.asarray(reduced, np.float32), seed, patience)


class _Worker:
    """One child at a time: numba compiles for many seconds, so it is kept for a minute in case there is more to do."""

    IDLE = 60.0  # seconds

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen | None = None
        self._farewell: threading.Timer | None = None
        self._jobs = 0

    def fit(self, kind: str, reduced: np.ndarray, seed: int, patience: float) -> np.ndarray:
        with self._lock:
            if self._farewell is not None:
                self._farewell.cancel()
            child = self._child = self._started()
            watch = threading.Timer(patience, child.kill)
            watch.daemon = True
            watch.start()
            try:
                child.stdin.write(f"{kind} {seed}\n".encode())
                _send(child.stdin, reduced)
                places = _receive(child.stdout)
            except (OSError, ValueError) as error:
                self._drop()
                raise ProjectionError(f"The map {kind} could not be fitted; the log says why.") from error
            finally:
                watch.cancel()
                self._jobs += 1
                self._farewell = threading.Timer(self.IDLE, self._end, [self._jobs])
                self._farewell.daemon = True
                self._farewell.start()
            return places

    def _started(self) -> subprocess.Popen:
        if self._child is not None and self._child.poll() is None:
            return self._child
        environment = {**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONWARNINGS": "ignore"}
        command = [sys.executable, "-m", "core.latents.projection"]
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None, cwd=_ROOT, env=environment
        )

    def _end(self, jobs: int) -> None:
        with self._lock:
            if self._child is not None and self._jobs == jobs:  # nobody asked since
                self._drop()

    def _drop(self) -> None:
        child, self._child = self._child, None
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            with contextlib.suppress(OSError):  # what was left unsent
                pipe.close()


_WORKER = _Worker()


def _serve() -> None:
    """The child: a line with kind and seed, an array in; a map out; until its input ends. What libraries print goes to
    the log, away from the maps."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.nice(5)  # whoever waits for an answer of the page comes first
    for line in iter(sys.stdin.buffer.readline, b""):
        kind, seed = line.decode().split()
        places = fit(kind, _receive(sys.stdin.buffer), int(seed))
        try:
            _send(answers, places)
        except BrokenPipeError:  # whoever asked has ended
            os._exit(0)


def _send(file: BinaryIO, array: np.ndarray) -> None:
    content = io.BytesIO()
    np.save(content, array)
    file.write(struct.pack("<Q", content.tell()) + content.getvalue())
    file.flush()


def _receive(file: BinaryIO) -> np.ndarray:
    """Raises ``ValueError`` where the other side has ended."""
    head = file.read(8)
    if len(head) < 8:
        raise ValueError("no answer")
    return np.load(io.BytesIO(file.read(*struct.unpack("<Q", head))), allow_pickle=False)


# --- places <-> codes -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """A place read from the pictures around it: their ``rows`` (k,), nearest first, and ``weights`` (k,) of sum 1."""

    rows: np.ndarray
    weights: np.ndarray
    distance: float  # to the nearest, in typical distances between neighbours


class PlaceIndex:
    """Known points (N, d) to read places from. Built once per map: a click should not wait for it."""

    def __init__(self, known: np.ndarray) -> None:
        from scipy.spatial import cKDTree

        self.known = np.asarray(known, np.float64)
        self._tree = cKDTree(self.known) if self.known.shape[1] <= 3 else None
        self.usual = self._usual_distance()

    def read(self, asked: np.ndarray, support: int = SUPPORT) -> list[Reading]:
        """Asked points (n, d) -> which of the known each is read from.

        Weights fall with the third power of the distance (Shepard 1968, doi:10.1145/800186.810616): on a picture that
        picture counts alone, in the open a few share.
        """
        distances, rows = self._nearest(np.atleast_2d(np.asarray(asked, np.float64)), min(support, len(self.known)))
        weights = (distances / self.usual + 1e-4) ** -3.0
        weights /= weights.sum(axis=1, keepdims=True)
        near = distances[:, 0] / self.usual
        return [Reading(r, w.astype(np.float32), float(d)) for r, w, d in zip(rows, weights, near, strict=True)]

    def _nearest(self, asked: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        if self._tree is None:
            return _nearest(self.known, asked, count)
        distances, rows = self._tree.query(asked, k=count)
        return distances.reshape(len(asked), count), rows.reshape(len(asked), count)

    def _usual_distance(self, sample: int = 400) -> float:
        """The median distance to the nearest other point, over an even sample."""
        if len(self.known) < 2:
            return 1.0
        some = self.known[np.linspace(0, len(self.known) - 1, min(sample, len(self.known))).astype(int)]
        return max(float(np.median(self._nearest(some, 2)[0][:, 1])), 1e-9)


def read_places(known: np.ndarray, asked: np.ndarray, support: int = SUPPORT) -> list[Reading]:
    """Known points (N, d), asked points (n, d) -> which of the known each is read from."""
    return PlaceIndex(known).read(asked, support)


def place_index(space: Space, projection: str = "") -> PlaceIndex:
    """The index of one map of a space, or of its principal components; built when it is first asked for."""
    known = space.places[projection] if projection else space.reduced
    made = space.indices.get(projection)
    if made is None or made[0] is not known:  # a map that was fitted again is another map
        made = space.indices[projection] = known, PlaceIndex(known)
    return made[1]


def invert(space: Space, projection: str, place: np.ndarray) -> tuple[np.ndarray, Reading, float]:
    """A place on a map -> the code there float32 (D,), the pictures around it, and the uncertainty, 0 to 1.

    The uncertainty is the spread of those pictures about the code, where 1 is the spread of all pictures; a place off
    the data, farther than a few neighbours from the nearest one, is uncertain whatever they agree on.
    """
    place = np.asarray(place, np.float32)
    reading = place_index(space, projection).read(place)[0]
    if projection.startswith("pca"):
        vector = space.basis.invert(place)[0]
    else:
        vector = reading.weights @ space.vectors(reading.rows)
    centre = space.basis.project(vector[None])[0]
    around = np.square(space.reduced[reading.rows] - centre).sum(axis=1)
    whole = max(float(space.reduced.var(axis=0).sum()), 1e-12)
    spread = float(np.sqrt(reading.weights @ around / whole))
    astray = 1 - 1 / max(1.0, reading.distance / 8)
    return vector, reading, float(np.clip(max(spread, astray), 0.0, 1.0))


def place_codes(space: Space, projection: str, vectors: np.ndarray) -> np.ndarray:
    """Codes (n, D) -> where they lie on a map, float32 (n, 2 or 3): pictures that were not there when it was made."""
    reduced = space.basis.project(np.atleast_2d(vectors))
    known = space.places[projection]
    if projection.startswith("pca"):
        return pca_places(reduced, known.shape[1])
    readings = place_index(space).read(reduced)
    return np.stack([one.weights @ known[one.rows] for one in readings]).astype(np.float32)


def _nearest(known: np.ndarray, asked: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    square = np.square(asked).sum(axis=1)[:, None] + np.square(known).sum(axis=1) - 2 * asked @ known.T
    rows = np.argpartition(square, count - 1, axis=1)[:, :count]
    distances = np.sqrt(np.maximum(np.take_along_axis(square, rows, axis=1), 0))
    order = np.argsort(distances, axis=1, kind="stable")
    return np.take_along_axis(distances, order, axis=1), np.take_along_axis(rows, order, axis=1)


if __name__ == "__main__":
    _serve()
