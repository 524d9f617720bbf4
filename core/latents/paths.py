"""Paths through a latent space: straight, along an arc, or over the data; as pictures, and as a GIF."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PIL import Image

DENSE = 32  # points of a leg that its length is measured by
NEIGHBOURS = 10  # edges of a picture in the graph


def straight(stops: np.ndarray, frames: int) -> np.ndarray:
    """Stops (s, D) -> frames (frames, D) at equal distances along the straight legs between them, ends included."""
    return resample(np.asarray(stops, np.float32), frames)


def arc(stops: np.ndarray, centre: np.ndarray, frames: int) -> np.ndarray:
    """Stops (s, D) -> frames (frames, D) along great circles about ``centre`` (D,); the radius changes evenly.

    Codes of a normal distribution lie on a shell: a straight line between two of them leads through its empty middle
    (White 2016, arXiv:1609.04468).
    """
    around = np.asarray(stops, np.float64) - centre
    legs = [_great_circle(a, b) for a, b in pairwise(around)]
    return resample((np.concatenate(legs) + centre).astype(np.float32), frames)


def _great_circle(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    shares = np.linspace(0, 1, DENSE)[:, None]
    radii = np.linalg.norm(start), np.linalg.norm(end)
    if min(radii) < 1e-9:
        return start + shares * (end - start)
    a, b = start / radii[0], end / radii[1]
    angle = np.arccos(np.clip(a @ b, -1, 1))
    if angle < 1e-4 or angle > np.pi - 1e-4:  # the same direction, or no one circle leads to the opposite
        return start + shares * (end - start)
    turned = (np.sin((1 - shares) * angle) * a + np.sin(shares * angle) * b) / np.sin(angle)
    return turned * (radii[0] + shares * (radii[1] - radii[0]))


def resample(line: np.ndarray, frames: int) -> np.ndarray:
    """A line of points (m, D) -> ``frames`` points at equal distances along it, both ends included."""
    steps = np.linalg.norm(np.diff(line.astype(np.float64), axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    if along[-1] < 1e-12:
        return np.repeat(line[:1], frames, axis=0)
    at = np.linspace(0, along[-1], frames)
    after = np.clip(np.searchsorted(along, at, side="right"), 1, len(line) - 1)
    leg = np.maximum(along[after] - along[after - 1], 1e-12)
    share = np.clip((at - along[after - 1]) / leg, 0, 1)[:, None].astype(np.float32)
    return line[after - 1] * (1 - share) + line[after] * share


def length(line: np.ndarray) -> float:
    """Euclidean length of a line of points (m, D)."""
    return float(np.linalg.norm(np.diff(line.astype(np.float64), axis=0), axis=1).sum())


class NeighbourGraph:
    """A graph that joins each picture to its nearest ones. Built once per space: a second or two for ten thousand."""

    def __init__(self, reduced: np.ndarray, neighbours: int = NEIGHBOURS) -> None:
        from sklearn.neighbors import kneighbors_graph

        joined = kneighbors_graph(reduced, min(neighbours, len(reduced) - 1), mode="distance")
        # Squared, many short hops cost less than one long one: the way keeps to where pictures are.
        self.graph = joined.maximum(joined.T).power(2)

    def way(self, start: int, end: int) -> list[int] | None:
        """Rows from one picture to another, both included; None where no chain of neighbours joins them."""
        from scipy.sparse.csgraph import dijkstra

        if start == end:
            return [start]
        _, before = dijkstra(self.graph, directed=False, indices=start, return_predecessors=True)
        rows = [end]
        while rows[-1] != start:
            previous = int(before[rows[-1]])
            if previous < 0:
                return None
            rows.append(previous)
        return rows[::-1]


# --- to keep ----------------------------------------------------------------------------------------------------------


def to_gif(pictures: Sequence[Image.Image], *, milliseconds: int = 70, size: int = 256) -> bytes:
    """Pictures of one size -> a GIF of ``size`` pixels a side that goes there and back again, without end."""
    if not pictures:
        raise ValueError("There is no path to save.")
    there = [
        picture.convert("RGB")
        .resize((size, size), Image.Resampling.LANCZOS)
        .quantize(256, Image.Quantize.FASTOCTREE)  # median cut takes seconds
        for picture in pictures
    ]
    frames = [*there, *there[-2:0:-1]]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=milliseconds, loop=0)
    return file.getvalue()
