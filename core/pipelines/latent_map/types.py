"""Requests and results of the Latent map. Plain values: importing this loads no network.

A *row* is the number of a picture in its atlas, from 0; all arrays are row-aligned. A *space* is an encoder's key
(``cae``, ``vae``, ``kl``, ``kl-pooled``, ``classifier``, ``clip``), a *projection* one of ``PROJECTIONS``. A *place* is
a position on the map of one projection, in the units of :class:`Points`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.recipe import Recipe

PROJECTIONS = {  # key -> (title, dimensions)
    "pca2": ("PCA", 2),
    "pca3": ("PCA, 3-D", 3),
    "umap2": ("UMAP", 2),
    "umap3": ("UMAP, 3-D", 3),
    "tsne2": ("t-SNE", 2),
}
METHODS = {"kmeans": "K-means", "mixture": "Gaussian mixture", "hdbscan": "HDBSCAN"}
WAYS = {"linear": "Straight line", "spherical": "Arc", "data": "Along the data"}
DIRECTIONS = {"probe": "Linear probe", "mean": "Difference of means"}


class LatentMapError(ValueError):
    """A request that cannot be fulfilled; the message is one sentence for the user that says what to do."""


# --- what there is ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SpaceInfo:
    """One encoder's view of an atlas. ``problem`` says why nothing can be decoded or encoded now; the map stays."""

    key: str
    title: str
    card: str  # one or two sentences on what these vectors are
    dimensions: int  # of the encoder's own vectors
    decodes: bool  # whether vectors become pictures; else the nearest picture is shown
    projections: tuple[str, ...]  # ready, in the order of PROJECTIONS
    pending: tuple[str, ...] = ()  # being fitted in the background (a visitor's photos)
    clusterings: tuple[str, ...] = ()  # stored with the atlas: available at once
    problem: str = ""  # missing weights, or others than the atlas was built with: the command that helps


@dataclass(frozen=True)
class AtlasInfo:
    """An atlas as a chooser lists it. ``problem`` says why it cannot be opened; then only ``name`` is certain."""

    name: str  # its name in all requests; unguessable for a visitor's photos
    title: str
    kind: str = "generated"  # "generated" faces, "pictures" of a data set, or "photos" of a visitor
    count: int = 0
    tile: int = 48  # pixels along a side of a thumbnail
    columns: int = 32  # thumbnails along a side of a full sprite sheet
    sheets: int = 0  # picture ``row`` is tile ``row % columns**2`` of sheet ``row // columns**2``, row by row
    spaces: tuple[SpaceInfo, ...] = ()
    classes: tuple[str, ...] = ()  # names of classes where the pictures have any
    requested: bool = False  # whether the attributes that were requested (or labelled) are known
    problem: str = ""
    notes: tuple[str, ...] = ()  # sentences to show: photos left out, a map too small for clusters, ...

    def space(self, key: str) -> SpaceInfo:
        """Raises :class:`LatentMapError` for a space that this atlas does not have."""
        for one in self.spaces:
            if one.key == key:
                return one
        have = ", ".join(one.key for one in self.spaces)
        raise LatentMapError(f"This atlas has no space {str(key)[:40]!r}; choose one of {have}.")


@dataclass(frozen=True)
class Points:
    """All pictures of an atlas on one map: ``places`` float32 (N, 2) or (N, 3)."""

    space: str
    projection: str
    places: np.ndarray
    explained: tuple[float, ...] = ()  # PCA alone: the share of variance of each axis


@dataclass(frozen=True)
class Colouring:
    """One value per picture to colour by: ``values`` float32 (N,), NaN where nothing is known.

    ``kind``: "share" from 0 to 1, "amount" of any range, "sign" of -1, 0, 1, or "category", the index into ``names``
    (of clusters -1 is noise).
    """

    title: str
    kind: str
    values: np.ndarray
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class PointCard:
    """Everything known of one picture of an atlas."""

    row: int
    picture: Image.Image  # as large as the atlas has it
    name: str  # file name, or "seed 1234"
    measured: dict[str, float]  # all 40: the classifier's probability 0..1; empty if it did not run
    requested: dict[str, float]  # attributes requested or labelled, those at 0 left out
    recipe: Recipe | None = None  # draws the picture again in the Faces tab
    class_name: str = ""


# --- decoding, paths, directions --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Decoded:
    """A decoded place. ``picture`` is decoded, or the nearest picture if the space has no decoder."""

    picture: Image.Image
    place: tuple[float, ...]
    decoded: bool  # False: ``picture`` is the thumbnail of ``rows[0]``
    uncertainty: float  # 0 on the data .. 1 as unlike as any two pictures of the atlas
    distance: float  # to the nearest picture on the map, in typical distances between neighbours (1 is usual)
    rows: tuple[int, ...]  # pictures nearest to it on the map, nearest first
    weights: tuple[float, ...]  # of ``rows`` in the estimate; PCA does not use them: its inverse is exact
    note: str = ""  # one sentence if the result deserves caution
    milliseconds: float = 0.0


@dataclass(frozen=True)
class PathResult:
    """A path through a space: its pictures and where each lies on the map, ``trail`` float32 (frames, 2 or 3)."""

    pictures: tuple[Image.Image, ...]
    trail: np.ndarray
    rows: tuple[int, ...]  # pictures of the atlas that the path visits, in order; of the way "data" all on its way
    length: float  # Euclidean, in the space
    decoded: bool
    notes: tuple[str, ...] = ()
    milliseconds: float = 0.0


@dataclass(frozen=True)
class WalkResult:
    """Pictures along a direction. ``boundary`` is the strength at which the probe's prediction changes."""

    pictures: tuple[Image.Image, ...]
    strengths: tuple[float, ...]
    probabilities: tuple[float, ...]  # the probe's probability that the attribute is present, per frame
    boundary: float | None  # None where the direction never crosses it
    trail: np.ndarray  # float32 (frames, 2 or 3)
    decoded: bool
    notes: tuple[str, ...] = ()
    milliseconds: float = 0.0


@dataclass(frozen=True)
class DirectionInfo:
    """One attribute's direction in a space and what else it moves."""

    attribute: str
    method: str
    auc: float  # of the direction on pictures that it was not fitted on, 0.5 is chance; NaN where not measurable
    present: int  # pictures with the attribute
    absent: int
    entangled: tuple[tuple[str, float], ...]  # the other attributes by cosine with it, the strongest first


# --- clusters and selections ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trait:
    """How an attribute (or a class) of a selection differs from the whole atlas."""

    name: str  # an attribute's official name, or a class name
    share: float  # in the selection, 0..1
    base: float  # in the atlas, 0..1
    lift: float  # share / base: 2 is twice as frequent, 0.5 half; infinite where the base is 0
    p_value: float  # Fisher's exact test, two-sided, Benjamini-Hochberg adjusted over all traits
    significant: bool  # p_value < 0.01

    @property
    def rarer(self) -> bool:
        return self.share < self.base


@dataclass(frozen=True)
class ClusterCard:
    """One cluster. ``mean`` is the decoded mean of its codes, or None where the space has no decoder."""

    number: int
    size: int
    medoid: int  # row of the picture nearest to the cluster's middle
    rows: tuple[int, ...]  # up to 12 members, from the middle outwards
    traits: tuple[Trait, ...]  # its enriched traits, the most significant first; at most 8
    mean: Image.Image | None = None


@dataclass(frozen=True)
class ClusterResult:
    """``labels`` int16 (N,), -1 for noise (HDBSCAN alone); ``clusters`` by number, the largest first."""

    labels: np.ndarray
    clusters: tuple[ClusterCard, ...]
    silhouette: float  # -1..1 over at most 2,000 pictures; NaN for fewer than two clusters
    noise: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CountChoice:
    """A score for each number of clusters. ``suggested`` has the best silhouette."""

    counts: tuple[int, ...]
    silhouettes: tuple[float, ...]
    elbow: tuple[float, ...]  # k-means: mean squared distance to the centre; mixture: BIC per picture; falling
    suggested: int


@dataclass(frozen=True)
class Selection:
    """What a selection of pictures has in common."""

    size: int
    share: float  # of the atlas
    traits: tuple[Trait, ...]  # all attributes and classes, the most significant first
    medoid: int  # row of the picture in the middle
    mean: Image.Image | None  # decoded mean, or None where the space has no decoder
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What a search found: ``rows`` ascending, and the expression as it was understood."""

    rows: np.ndarray
    understood: str  # "eyeglasses and not young"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Neighbours:
    """Pictures nearest to one, in one space; ``distances`` are Euclidean, in the space."""

    space: str
    rows: tuple[int, ...]
    distances: tuple[float, ...]


@dataclass(frozen=True)
class Outliers:
    """Outliers by local density (Breunig et al. 2000), the rarest first, and near-duplicates, the closest first."""

    outliers: tuple[int, ...]
    factors: tuple[float, ...]  # local outlier factor of each: about 1 where it is dense
    duplicates: tuple[tuple[int, int], ...]
    density: np.ndarray  # float32 (N,): 0 sparse .. 1 dense, by rank


# --- pictures from outside --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Located:
    """Where a picture from elsewhere lies in one space: ``places`` by projection, and its nearest pictures there."""

    space: str
    places: dict[str, tuple[float, ...]]
    rows: tuple[int, ...]
    distances: tuple[float, ...]
    problem: str = ""  # one sentence where this space cannot encode; everything else is then empty


@dataclass(frozen=True)
class Advance:
    """Progress of a long job. ``phase`` is "reading", "encoding" or "mapping"."""

    phase: str
    done: int
    total: int
