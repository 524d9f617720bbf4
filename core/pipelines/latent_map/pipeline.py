"""The Latent map: browse, decode, cluster and search atlases of pictures in several latent spaces."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from core import attributes
from core.latents.atlas import Atlas
from core.latents.spaces import ENCODERS, Space
from core.networks.loading import LOADING
from core.networks.pool import NetworkPool, pool_of
from core.pipelines.inside import Trajectory
from core.pipelines.latent_map import colours, nearest, selection, walks
from core.pipelines.latent_map.atlas_store import AtlasStore, OpenAtlas, atlas_folder
from core.pipelines.latent_map.drawn_path import DrawnPath, place_drawing
from core.pipelines.latent_map.photo_atlas import photo_atlas
from core.pipelines.latent_map.photos import map_later
from core.pipelines.latent_map.requests import ClusterRequest, PathRequest, WalkRequest
from core.pipelines.latent_map.types import (
    PROJECTIONS,
    Advance,
    AtlasInfo,
    ClusterResult,
    Colouring,
    CountChoice,
    Decoded,
    DirectionInfo,
    Found,
    LatentMapError,
    Located,
    Neighbours,
    Outliers,
    PathResult,
    PointCard,
    Points,
    Selection,
    WalkResult,
)
from core.pipelines.latent_map.whole_map import SpaceStructure, WholeMap, structures, whole_map
from core.pipelines.latent_map.word_search import find, words_problem
from core.pipelines.progress import Cancel
from core.recipe import Recipe, RecipeError, from_json

if TYPE_CHECKING:
    from core.pipelines.latent_map.engine import LatentMapEngine

Place = str | Path | None
MOST_NEIGHBOURS = 200  # neighbours, outliers
COUNTS = (2, 3, 4, 6, 8, 10, 12, 16, 20)


class LatentMapPipeline:
    """Opens atlases of ``folder`` lazily; loads networks of ``root`` only to decode or to place new pictures.

    Safe to call from several threads. Every result is a function of the atlas alone, so visitors share results.
    Photos of a visitor lie under a name that nobody else can guess, until :meth:`close`. Methods raise
    ``LatentMapError`` for a request that cannot be fulfilled, ``AtlasError`` for an atlas that cannot be opened.
    """

    def __init__(self, root: Place = None, folder: Place = None, pool: NetworkPool | None = None) -> None:
        self.pool = pool or pool_of(root)
        self.root = self.pool.root
        self._store = AtlasStore(self.root, Path(folder) if folder else atlas_folder())
        self._engine: LatentMapEngine | None = None
        self._making = threading.Lock()

    @property
    def engine(self) -> LatentMapEngine:
        """The engine that runs the networks of the pool; made once per pipeline, when it is first needed."""
        with self._making:
            if self._engine is None:
                with LOADING:  # with torch: not before somebody needs it
                    from core.pipelines.latent_map.engine import LatentMapEngine

                self._engine = LatentMapEngine(self.pool)
            return self._engine

    # --- browsing -----------------------------------------------------------------------------------------------------

    def atlases(self) -> list[AtlasInfo]:
        """List the atlases of the folder, not the photos of visitors. An atlas that cannot be opened says why."""
        return [self._store.info(name) for name in self._store.names()]

    def open(self, name: str) -> AtlasInfo:
        """Describe one atlas as it is now; for photos, this says which projections are ready."""
        self._store.get(name)
        return self._store.info(name)

    def close(self, name: str) -> None:
        """Forget a visitor's photos. Does nothing for any other atlas."""
        self._store.close(name)

    def missing(self) -> str | None:
        """Return a sentence with the command that makes an atlas, or None if there is one."""
        if self._store.names():
            return None
        return (
            "There is no atlas yet; map photos of your own, or make one with: "
            "python scripts/build_atlas.py --generate 8000 --out checkpoints/atlases/faces"
        )

    def warm(self) -> None:
        """Open the first atlas and load the networks of its spaces, so that no request waits for them."""
        for name in self._store.names()[:1]:
            opened = self._store.get(name)
            for key, space in opened.atlas.spaces.items():
                if ENCODERS[key].decodes and not self._store.problem(opened, key):
                    self.engine.decode(key, space.basis.mean[None])
                _ = space.reduced
            if not words_problem(self._store, opened):
                self.engine.embed_words("a face")

    def points(self, name: str, space: str, projection: str) -> Points:
        """Return the places of all pictures in one projection."""
        found = self._store.get(name).mapped(space, projection)
        ratios = found.basis.ratios[: PROJECTIONS[projection][1]] if projection.startswith("pca") else ()
        return Points(space, projection, found.places[projection], tuple(float(ratio) for ratio in ratios))

    def sheet(self, name: str, number: int) -> bytes:
        """Return one sprite sheet of thumbnails, a WebP file; ``AtlasInfo`` says how tiles are laid out."""
        atlas = self._store.get(name).atlas
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(atlas.sheets):
            raise LatentMapError(f"The sheets of this atlas are numbered 0 to {len(atlas.sheets) - 1}.")
        return atlas.sheet(number)

    def point(self, name: str, row: int) -> PointCard:
        """Return everything that is known of one picture."""
        opened = self._store.get(name)
        row, atlas = opened.row(row), opened.atlas
        shares = () if atlas.measured is None else (atlas.measured[row] / 255).round(4).tolist()
        measured = dict(zip(attributes.NAMES, shares, strict=False))
        requested = {} if atlas.requested is None else attributes.named(atlas.requested[row])
        recipe = self._recipe(opened, row)
        title = atlas.names[row] if atlas.names else f"seed {recipe.seed}" if recipe else f"picture {row}"
        known = atlas.classes is not None and 0 <= atlas.classes[row] < len(atlas.class_names)
        class_name = atlas.class_names[atlas.classes[row]] if known else ""
        return PointCard(row, self.picture(name, row), title, measured, requested, recipe, class_name)

    def picture(self, name: str, row: int) -> Image.Image:
        """Decode one picture from the KL autoencoder's latents; return its thumbnail if they cannot be decoded."""
        opened = self._store.get(name)
        row, sharpest = opened.row(row), opened.atlas.spaces.get("kl")
        if sharpest is None or self._store.problem(opened, "kl"):
            return opened.atlas.thumbnail(row)
        return self.engine.decode("kl", sharpest.vectors(np.array([row])))[0]

    def colourings(self, name: str, space: str) -> list[tuple[str, str]]:
        """List the possible colourings: (key for :meth:`colour`, title)."""
        opened = self._store.get(name)
        return colours.choices(opened.atlas, opened.space(space))

    def colour(self, name: str, space: str, by: str) -> Colouring:
        """Return one value per picture. ``by`` is a key of :meth:`colourings`."""
        opened = self._store.get(name)
        return colours.colour(opened.atlas, opened.space(space), by)

    def whole(self, name: str, space: str, projection: str, most_bytes: int) -> WholeMap:
        """One map with the names and thumbnails of its pictures, to be kept as a file."""
        return whole_map(self._store.get(name), space, projection, most_bytes)

    def structures(self, name: str) -> tuple[SpaceStructure, ...]:
        """How every space of an atlas spreads its pictures: variance and silhouette. Takes a second or two."""
        return structures(self._store.get(name))

    # --- decoding -----------------------------------------------------------------------------------------------------

    def decode_at(self, name: str, space: str, projection: str, place: Sequence[float]) -> Decoded:
        """Decode a place of the map, (x, y) or (x, y, z), on a picture or between pictures."""
        opened = self._store.get(name)
        found = opened.mapped(space, projection)
        return walks.decode_place(opened, found, projection, tuple(place), self._decoder(opened, space))

    def decode_row(self, name: str, space: str, projection: str, row: int) -> Decoded:
        """Reconstruct one picture of the atlas from its vector in a space."""
        opened = self._store.get(name)
        found = opened.mapped(space, projection)
        return walks.decode_row(opened, found, projection, opened.row(row), self._decoder(opened, space))

    def path(self, request: PathRequest) -> PathResult:
        """Decode pictures along a path through two stops or more."""
        opened = self._store.get(request.atlas)
        found = opened.mapped(request.space, request.projection)
        return walks.follow(opened, found, request, self._decoder(opened, request.space))

    def walk(self, request: WalkRequest) -> WalkResult:
        """Decode pictures along an attribute's direction, with the strength at which the probe's prediction changes."""
        opened = self._store.get(request.atlas)
        found = opened.mapped(request.space, request.projection)
        return walks.walk(opened, found, request, self._decoder(opened, request.space))

    def direction(self, name: str, space: str, attribute: str, method: str = "probe") -> DirectionInfo:
        """Measure an attribute's direction: its accuracy, and the other attributes that it moves."""
        opened = self._store.get(name)
        return walks.describe_direction(opened, opened.space(space), attribute, method)

    def place_drawing(self, name: str, space: str, projection: str, drawn: Trajectory) -> DrawnPath:
        """Place the steps of a drawing on a map, as pictures from outside are placed."""
        opened = self._store.get(name)
        return place_drawing(self._store, self.engine, opened, opened.mapped(space, projection), projection, drawn)

    # --- selections ---------------------------------------------------------------------------------------------------

    def clusters(self, request: ClusterRequest) -> ClusterResult:
        """Cluster an atlas in one space and describe each cluster."""
        opened = self._store.get(request.atlas)
        found = opened.space(request.space)
        return selection.cluster_atlas(opened, found, request, self._mean(opened, found))

    def count_choice(
        self, name: str, space: str, method: str = "kmeans", counts: Sequence[int] = COUNTS
    ) -> CountChoice:
        """Compute silhouette and elbow over the number of clusters. Takes seconds."""
        opened = self._store.get(name)
        return selection.choose_count(opened, opened.space(space), method, tuple(counts)[:24])

    def describe(self, name: str, space: str, rows: Sequence[int] | np.ndarray) -> Selection:
        """Describe what a selection of pictures has in common. Picture numbers are checked."""
        opened = self._store.get(name)
        found = opened.space(space)
        return selection.describe_rows(opened, found, opened.rows(rows), self._mean(opened, found))

    def search(self, name: str, expression: str, by_words: bool = False) -> Found:
        """Search by attributes (``eyeglasses and not young``), or by any words with CLIP (``Sought``)."""
        opened = self._store.get(name)
        return find(self._store, opened, expression, by_words, lambda text: self.engine.embed_words(text))

    def neighbours(self, name: str, row: int, count: int = 8) -> tuple[Neighbours, ...]:
        """Return the pictures nearest to one, in every space."""
        opened = self._store.get(name)
        return nearest.neighbours(opened, opened.row(row), max(1, min(int(count), MOST_NEIGHBOURS)))

    def closest(self, name: str, wanted: np.ndarray, count: int, seed: int) -> list[int]:
        """Return the rows whose attributes agree best with a request (40,), in an order that the seed decides."""
        atlas = self._store.get(name).atlas
        present = atlas.present()
        labels = np.zeros((atlas.count, attributes.COUNT)) if present is None else present
        return attributes.closest(labels, wanted, count, seed).tolist()

    def outliers(self, name: str, space: str, count: int = 24) -> Outliers:
        """Find outliers and near-duplicates in one space. Takes seconds."""
        return selection.find_outliers(self._store.get(name), space, max(1, min(int(count), MOST_NEIGHBOURS)))

    # --- pictures from outside ----------------------------------------------------------------------------------------

    def locate(self, name: str, picture: Image.Image, count: int = 8) -> tuple[Located, ...]:
        """Locate a picture of any size in every space of an atlas, with its nearest neighbours."""
        count = max(1, min(int(count), MOST_NEIGHBOURS))
        return nearest.locate(self._store, self.engine, self._store.get(name), picture, count)

    def add_photos(
        self, sources: Sequence[str | Path], *, align: bool = False, cancel: Cancel | None = None
    ) -> Iterator[Advance | AtlasInfo]:
        """Files, folders or zips of photos -> :class:`Advance`, then the :class:`AtlasInfo` of an atlas of their own
        with PCA and clusters, of each photo's largest face where ``align`` is set. :meth:`open` says which maps follow.
        """
        for step in photo_atlas(self.root, lambda: self.engine, sources, cancel, align=align):
            if isinstance(step, Atlas):
                opened = self._store.add(step)
                map_later(opened)
                yield self._store.info(opened.name)
            else:
                yield step

    # --- in between ---------------------------------------------------------------------------------------------------

    def _decoder(self, opened: OpenAtlas, key: str) -> walks.Decode:
        def decode(vectors: np.ndarray) -> list[Image.Image] | None:
            if not ENCODERS[key].decodes:
                return None
            problem = self._store.problem(opened, key)
            if problem:
                raise LatentMapError(problem)
            return self.engine.decode(key, vectors)

        return decode

    def _mean(self, opened: OpenAtlas, space: Space) -> selection.Mean:
        def mean(rows: np.ndarray) -> Image.Image | None:
            if not ENCODERS[space.key].decodes or self._store.problem(opened, space.key):
                return None
            return self.engine.decode(space.key, space.mean(rows)[None])[0]

        return mean

    def _recipe(self, opened: OpenAtlas, row: int) -> Recipe | None:
        atlas = opened.atlas
        if atlas.seeds is None or atlas.requested is None or not self._store.draws(opened):
            return None
        try:
            settings = from_json(atlas.recipe)
        except RecipeError:
            return None
        return replace(settings, seed=int(atlas.seeds[row]), attributes=attributes.named(atlas.requested[row]), count=1)
