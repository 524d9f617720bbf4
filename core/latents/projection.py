"""Maps of a latent space: PCA, UMAP and t-SNE, and the way between a place on a map and a code.

PCA is inverted exactly. UMAP (McInnes et al. 2018, arXiv:1802.03426) and t-SNE (van der Maaten & Hinton 2008) have no
inverse: both ways are then a local regression on the nearest pictures, whose spread is the uncertainty. So no fitted
model is stored, only where each picture lies.

UMAP and t-SNE are fitted in a process of their own, one at a time (:mod:`core.latents.fitting`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.latents.spaces import Basis, Space

COMPONENTS = 50  # principal components that maps, clusters and graphs are made of
NEIGHBOURS = 15  # of UMAP
PERPLEXITY = 30.0  # of t-SNE
SUPPORT = 8  # pictures that a place is interpolated from
LEAST = {"pca2": 2, "pca3": 3, "umap2": 10, "umap3": 10, "tsne2": 10}  # pictures below which a map means nothing


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


# --- places <-> codes -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Neighbourhood:
    """The pictures around a place: their ``rows`` (k,), nearest first, and ``weights`` (k,) of sum 1."""

    rows: np.ndarray
    weights: np.ndarray
    distance: float  # to the nearest, in typical distances between neighbours


class PlaceIndex:
    """Finds the known points (N, d) around others. Built once per map: a click should not wait for it."""

    def __init__(self, known: np.ndarray) -> None:
        from sklearn.neighbors import NearestNeighbors

        self.known = np.asarray(known, np.float64)
        self._neighbours = NearestNeighbors().fit(self.known)
        self.usual = self._usual_distance()

    def around(self, points: np.ndarray, support: int = SUPPORT) -> list[Neighbourhood]:
        """Points (n, d) -> the known points around each.

        Weights fall with the third power of the distance (Shepard 1968, doi:10.1145/800186.810616): on a picture that
        picture counts alone, between pictures a few share.
        """
        points = np.atleast_2d(np.asarray(points, np.float64))
        distances, rows = self._neighbours.kneighbors(points, min(support, len(self.known)))
        weights = (distances / self.usual + 1e-4) ** -3.0
        weights /= weights.sum(axis=1, keepdims=True)
        near = distances[:, 0] / self.usual
        return [Neighbourhood(r, w.astype(np.float32), float(d)) for r, w, d in zip(rows, weights, near, strict=True)]

    def _usual_distance(self, sample: int = 400) -> float:
        """The median distance to the nearest other point, over an even sample."""
        if len(self.known) < 2:
            return 1.0
        some = self.known[np.linspace(0, len(self.known) - 1, min(sample, len(self.known))).astype(int)]
        return max(float(np.median(self._neighbours.kneighbors(some, 2)[0][:, 1])), 1e-9)


def neighbourhoods(known: np.ndarray, points: np.ndarray, support: int = SUPPORT) -> list[Neighbourhood]:
    """Known points (N, d), points (n, d) -> the known points around each."""
    return PlaceIndex(known).around(points, support)


def place_index(space: Space, projection: str = "") -> PlaceIndex:
    """The index of one map of a space, or of its principal components; built when it is first needed."""
    known = space.places[projection] if projection else space.reduced
    made = space.indices.get(projection)
    if made is None or made[0] is not known:  # a map that was fitted again is another map
        made = space.indices[projection] = known, PlaceIndex(known)
    return made[1]


def invert(space: Space, projection: str, place: np.ndarray) -> tuple[np.ndarray, Neighbourhood, float]:
    """A place on a map -> the code there float32 (D,), the pictures around it, and the uncertainty, 0 to 1.

    The uncertainty is the spread of those pictures about the code, where 1 is the spread of all pictures; a place off
    the data, farther than a few neighbours from the nearest one, is uncertain whatever they agree on.
    """
    place = np.asarray(place, np.float32)
    around = place_index(space, projection).around(place)[0]
    if projection.startswith("pca"):
        vector = space.basis.invert(place)[0]
    else:
        vector = around.weights @ space.vectors(around.rows)
    centre = space.basis.project(vector[None])[0]
    squares = np.square(space.reduced[around.rows] - centre).sum(axis=1)
    whole = max(float(space.reduced.var(axis=0).sum()), 1e-12)
    spread = float(np.sqrt(around.weights @ squares / whole))
    astray = 1 - 1 / max(1.0, around.distance / 8)
    return vector, around, float(np.clip(max(spread, astray), 0.0, 1.0))


def place_codes(space: Space, projection: str, vectors: np.ndarray) -> np.ndarray:
    """Codes (n, D) -> where they lie on a map, float32 (n, 2 or 3): pictures that were not there when it was made."""
    reduced = space.basis.project(np.atleast_2d(vectors))
    known = space.places[projection]
    if projection.startswith("pca"):
        return pca_places(reduced, known.shape[1])
    around = place_index(space).around(reduced)
    return np.stack([one.weights @ known[one.rows] for one in around]).astype(np.float32)
