"""Which attributes go together in a data set: a Chow-Liu tree, from which combinations like the real ones are drawn.

Chow and Liu 1968, "Approximating discrete probability distributions with dependence trees": of all trees the one whose
edges carry the most mutual information. It holds shares alone, nothing of any picture.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core import attributes

FILE = Path(__file__).with_name("cooccurrence.json")
SMOOTH = 0.5  # pictures added to every count


class Node(NamedTuple):
    """One attribute: how often it is present where its parent is absent and where it is present."""

    name: str
    parent: str  # empty for the root, whose two shares are the same
    absent: float
    present: float


def fit_tree(labels: np.ndarray, names: tuple[str, ...] = attributes.NAMES) -> list[Node]:
    """Labels (N, A), positive where present -> the tree, every parent before its children."""
    present = (np.asarray(labels) > 0).astype(np.float64)  # (N, A)
    both = present.T @ present + SMOOTH  # (A, A) pictures with both
    count, single = len(present) + 4 * SMOOTH, present.sum(axis=0) + 2 * SMOOTH
    information = _information(both / count, single / count)
    inside, order = [0], [(0, -1)]
    while len(inside) < len(names):  # Prim's algorithm
        outside = [one for one in range(len(names)) if one not in inside]
        part = information[np.ix_(inside, outside)]
        parent, child = np.unravel_index(part.argmax(), part.shape)
        order.append((outside[child], inside[parent]))
        inside.append(outside[child])
    return [_node(names, child, parent, both, single, count) for child, parent in order]


def _node(names, child: int, parent: int, both: np.ndarray, single: np.ndarray, count: float) -> Node:
    if parent < 0:
        share = round(float(single[child] / count), 4)
        return Node(names[child], "", share, share)
    with_parent = both[child, parent] / single[parent]
    without = (single[child] - both[child, parent]) / (count - single[parent])
    return Node(names[child], names[parent], round(float(without), 4), round(float(with_parent), 4))


def _information(both: np.ndarray, single: np.ndarray) -> np.ndarray:
    """Shares of pairs (A, A) and of single attributes (A,) -> mutual information (A, A) in nats."""
    total = np.zeros_like(both)
    for joint, row, column in (
        (both, single, single),
        (single[:, None] - both, single, 1 - single),
        (single[None] - both, 1 - single, single),
        (1 - single[:, None] - single[None] + both, 1 - single, 1 - single),
    ):
        joint = np.clip(joint, 1e-12, None)
        total += joint * np.log(joint / np.clip(row[:, None] * column[None], 1e-12, None))
    return total


def draw_attributes(random: np.random.Generator) -> np.ndarray:
    """One combination of all attributes as in the data set, float32 (40,) of -1 and 1."""
    present: dict[str, bool] = {}
    for node in read_tree():
        share = node.present if present.get(node.parent) else node.absent
        present[node.name] = bool(random.random() < share)
    return attributes.dense({name: 1.0 if there else -1.0 for name, there in present.items()})


def save_tree(tree: list[Node], path: Path = FILE) -> None:
    rows = ",\n".join(f" {json.dumps(node)}" for node in tree)
    path.write_text(f"[\n{rows}\n]\n", encoding="utf-8")


@lru_cache(maxsize=1)
def read_tree() -> list[Node]:
    """The tree of CelebA's training pictures."""
    return [Node(*row) for row in json.loads(FILE.read_text(encoding="utf-8"))]
