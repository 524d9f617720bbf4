"""The store of open atlases: those of a folder by their names, photos of visitors by random names."""

from __future__ import annotations

import os
import re
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core import checkpoints
from core.checkpoints import CheckpointError
from core.latents.atlas import UNFINISHED, Atlas, AtlasError, read_manifest
from core.latents.clusters import Clustering
from core.latents.directions import Direction
from core.latents.paths import NeighbourGraph
from core.latents.projection import LEAST
from core.latents.spaces import ENCODERS, Space
from core.pipelines.latent_map.types import PROJECTIONS, AtlasInfo, LatentMapError, Outliers, SpaceInfo

MOST_VISITORS = 12  # atlases of photos kept at once; the least recently used one is forgotten first
KEPT = 96  # directions and clusterings of an atlas that are remembered
_NAME = re.compile(r"[\w.-]{1,80}")


def atlas_folder() -> Path:
    """``LATENTSCAPE_ATLASES``, or ``atlases`` beside the checkpoints."""
    chosen = os.environ.get("LATENTSCAPE_ATLASES")
    return Path(chosen) if chosen else checkpoints.root() / "atlases"


@dataclass
class OpenAtlas:
    """An open atlas with cached results. Each result is a function of the atlas alone, so all visitors share it."""

    name: str
    atlas: Atlas
    pending: dict[str, list[str]] = field(default_factory=dict)  # space -> projections being fitted
    failed: set[tuple[str, str]] = field(default_factory=set)  # (space, projection) that could not be fitted
    closed: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    directions: OrderedDict[tuple, Direction] = field(default_factory=OrderedDict, repr=False)
    clusterings: OrderedDict[tuple, Clustering] = field(default_factory=OrderedDict, repr=False)
    graphs: dict[str, NeighbourGraph] = field(default_factory=dict, repr=False)
    outliers: dict[tuple, Outliers] = field(default_factory=dict, repr=False)
    units: np.ndarray | None = field(default=None, repr=False)  # float32 (N, D): CLIP's vectors, each of length 1

    def space(self, key: str) -> Space:
        """Return a space by its key. Raises ``LatentMapError`` for a space that this atlas does not have."""
        space = self.atlas.spaces.get(key) if isinstance(key, str) else None
        if space is None:
            have = ", ".join(self.atlas.spaces)
            raise LatentMapError(f"This atlas has no space {str(key)[:40]!r}; choose one of {have}.")
        return space

    def mapped(self, key: str, projection: str) -> Space:
        """Return a space that has this projection. Raises ``LatentMapError`` that says why it has none."""
        space = self.space(key)
        if projection not in PROJECTIONS:
            raise LatentMapError(f"There is no map {str(projection)[:40]!r}; choose one of {', '.join(PROJECTIONS)}.")
        if projection not in space.places:
            title = PROJECTIONS[projection][0]
            if projection in self.pending.get(key, ()):
                raise LatentMapError(f"{title} is still being fitted to these pictures; look at PCA until it is there.")
            if (key, projection) in self.failed:
                raise LatentMapError(f"{title} could not be fitted to these pictures; look at PCA instead.")
            raise LatentMapError(
                f"This space has no {title} map; {self._too_few(space, projection)}look at PCA instead."
            )
        return space

    def rows(self, rows: object, least: int = 1) -> np.ndarray:
        """Check picture numbers from a request. Returns them ascending, each once; raises ``LatentMapError``."""
        try:
            found = np.unique(np.asarray(rows))
        except (TypeError, ValueError) as error:
            raise LatentMapError("A selection is a list of picture numbers.") from error
        if found.size and (found.ndim != 1 or found.dtype.kind not in "iu"):
            raise LatentMapError("A selection is a list of picture numbers.")
        if found.size < least:
            raise LatentMapError(
                "Select at least one picture first." if least == 1 else f"Select at least {least} pictures."
            )
        if found[0] < 0 or found[-1] >= self.atlas.count:
            raise LatentMapError(f"The pictures of this atlas are numbered 0 to {self.atlas.count - 1}.")
        return found

    def row(self, row: object) -> int:
        """Check one picture number from a request. Raises ``LatentMapError``."""
        if isinstance(row, bool) or not isinstance(row, int | np.integer):
            raise LatentMapError("A picture is named by its number.")
        return int(self.rows([row])[0])

    def _too_few(self, space: Space, projection: str) -> str:
        least = LEAST[projection]
        if self.atlas.count < least:
            return "there are too few pictures for it: "
        return "" if different(space) >= least else "too few of these pictures differ in it: "


def different(space: Space) -> int:
    """Count the distinct vectors of a space."""
    return len(np.unique(space.reduced, axis=0))


class AtlasStore:
    """Opens each atlas once per process and shares it between threads; keeps at most ``MOST_VISITORS`` of visitors."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder
        self._open: dict[str, OpenAtlas] = {}
        self._visitors: OrderedDict[str, OpenAtlas] = OrderedDict()
        self._fingerprints: dict[tuple[str, int], str] = {}
        self._lock = threading.RLock()

    def names(self) -> list[str]:
        """Atlases in the folder, by name."""
        if not self.folder.is_dir():
            return []
        return sorted(
            path.parent.name
            for path in self.folder.glob("*/atlas.json")
            if _NAME.fullmatch(path.parent.name) and path.parent.suffix not in UNFINISHED
        )

    def get(self, name: str) -> OpenAtlas:
        """Open an atlas. Raises ``LatentMapError`` for an unknown name, ``AtlasError`` for an atlas that is damaged."""
        with self._lock:
            if name in self._visitors:
                self._visitors.move_to_end(name)
                return self._visitors[name]
            if isinstance(name, str) and name.startswith("photos-"):
                raise LatentMapError("These photos are no longer here; choose them again.")
            if name not in self.names():
                have = ", ".join(self.names()) or "none yet"
                raise LatentMapError(f"There is no atlas {str(name)[:60]!r}; there are: {have}.")
            if name not in self._open:
                self._open[name] = OpenAtlas(name, Atlas.open(self.folder / name))
            return self._open[name]

    def add(self, atlas: Atlas) -> OpenAtlas:
        """Keep a visitor's atlas under a new random name; close the least recently used one if there are too many."""
        opened = OpenAtlas(f"photos-{secrets.token_urlsafe(18)}", atlas)
        with self._lock:
            self._visitors[opened.name] = opened
            while len(self._visitors) > MOST_VISITORS:
                self._visitors.popitem(last=False)[1].closed = True
        return opened

    def close(self, name: str) -> None:
        """Forget a visitor's atlas. Does nothing for any other name."""
        with self._lock:
            opened = self._visitors.pop(name, None)
        if opened is not None:
            opened.closed = True

    def info(self, name: str) -> AtlasInfo:
        """Describe an atlas for the chooser. For an atlas that cannot be opened, ``problem`` says why."""
        try:
            opened = self.get(name)
        except (AtlasError, LatentMapError) as error:
            return AtlasInfo(name, self._title(name), problem=str(error))
        atlas = opened.atlas
        notes = list(atlas.notes)
        if atlas.kind == "generated" and not self.draws(opened):
            notes.append(f"Other face models drew these pictures; to draw them again, rebuild with: {atlas.command}")
        for kind in dict.fromkeys(kind for _, kind in sorted(opened.failed)):
            notes.append(f"{PROJECTIONS[kind][0]} could not be fitted to all spaces; PCA is there.")
        return AtlasInfo(
            name=name,
            title=atlas.title,
            kind=atlas.kind,
            count=atlas.count,
            tile=atlas.tile,
            columns=atlas.columns,
            sheets=len(atlas.sheets),
            spaces=tuple(self._space(opened, key) for key in atlas.spaces),
            classes=atlas.class_names,
            requested=atlas.requested is not None,
            notes=tuple(notes),
        )

    def problem(self, opened: OpenAtlas, key: str) -> str:
        """Say in a sentence why a space can neither encode nor decode now; return "" if it can."""
        encoder = ENCODERS[key]
        missing = checkpoints.missing(self.root / encoder.checkpoint)
        if missing:
            return missing
        if self.fingerprint(encoder.checkpoint) != opened.space(key).fingerprint:
            command = opened.atlas.command or "python scripts/build_atlas.py"
            return (
                f"The weights of {encoder.checkpoint} are not those that this atlas was built with. Build it again "
                f"with: {command}"
            )
        return ""

    def draws(self, opened: OpenAtlas) -> bool:
        """Return whether the present face models are those that drew the pictures of this atlas."""
        made_with = opened.atlas.made_with
        parts = ("faces", "autoencoder-kl")
        return all(part in made_with and self.fingerprint(part) == made_with[part] for part in parts)

    def fingerprint(self, checkpoint: str) -> str:
        """Return the fingerprint of a checkpoint, or "" if it has no weights. Computed again when the file changes."""
        folder = self.root / checkpoint
        try:
            key = checkpoint, checkpoints.weights(folder).stat().st_mtime_ns
            if key not in self._fingerprints:
                self._fingerprints[key] = checkpoints.fingerprint(folder)
            return self._fingerprints[key]
        except OSError:
            return ""

    def _space(self, opened: OpenAtlas, key: str) -> SpaceInfo:
        space, encoder = opened.space(key), ENCODERS[key]
        try:
            problem = self.problem(opened, key)
        except CheckpointError as error:
            problem = str(error)
        return SpaceInfo(
            key=key,
            title=encoder.title,
            card=encoder.card,
            dimensions=space.dimensions,
            decodes=encoder.decodes,
            projections=tuple(kind for kind in PROJECTIONS if kind in space.places),
            pending=tuple(opened.pending.get(key, ())),
            clusterings=tuple(space.clusterings),
            problem=problem,
        )

    def _title(self, name: str) -> str:
        try:
            return str(read_manifest(self.folder / name).get("title", name))[:120]
        except (AtlasError, TypeError):
            return str(name)[:60]
