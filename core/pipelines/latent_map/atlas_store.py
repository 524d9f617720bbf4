"""Atlases that are open: those of a folder by name, and photos of visitors by names that nobody can guess."""

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
from core.latents.atlas import Atlas, AtlasError, read_manifest
from core.latents.clusters import Clustering
from core.latents.directions import Direction
from core.latents.paths import NeighbourGraph
from core.latents.projection import LEAST
from core.latents.spaces import ENCODERS, Space
from core.pipelines.latent_map.types import PROJECTIONS, AtlasInfo, ExploreError, Outliers, SpaceInfo

MOST_VISITORS = 12  # atlases of photos that are kept at once; the one that was used longest ago goes first
KEPT = 96  # directions and clusterings of an atlas that are remembered
_NAME = re.compile(r"[\w.-]{1,80}")


def atlas_folder() -> Path:
    """``LATENTSCAPE_ATLASES``, or ``atlases`` beside the checkpoints."""
    wish = os.environ.get("LATENTSCAPE_ATLASES")
    return Path(wish) if wish else checkpoints.root() / "atlases"


@dataclass
class Held:
    """An open atlas and what was worked out on it: all of it follows from the atlas, so that everybody may share it."""

    name: str
    atlas: Atlas
    pending: dict[str, list[str]] = field(default_factory=dict)  # space -> projections being fitted
    failed: set[tuple[str, str]] = field(default_factory=set)  # (space, projection) that could not be fitted
    closed: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    directions: OrderedDict[tuple, Direction] = field(default_factory=OrderedDict, repr=False)
    clusterings: OrderedDict[tuple, Clustering] = field(default_factory=OrderedDict, repr=False)
    graphs: dict[str, NeighbourGraph] = field(default_factory=dict, repr=False)
    oddities: dict[tuple, Outliers] = field(default_factory=dict, repr=False)
    units: np.ndarray | None = field(default=None, repr=False)  # float32 (N, D): CLIP's vectors, each of length 1

    def space(self, key: str) -> Space:
        """Raises ``ExploreError`` for a space that this atlas does not have."""
        space = self.atlas.spaces.get(key) if isinstance(key, str) else None
        if space is None:
            have = ", ".join(self.atlas.spaces)
            raise ExploreError(f"This atlas has no space {str(key)[:40]!r}; choose one of {have}.")
        return space

    def mapped(self, key: str, projection: str) -> Space:
        """A space that has this map. Raises ``ExploreError``."""
        space = self.space(key)
        if projection not in PROJECTIONS:
            raise ExploreError(f"There is no map {str(projection)[:40]!r}; choose one of {', '.join(PROJECTIONS)}.")
        if projection not in space.places:
            title = PROJECTIONS[projection][0]
            if projection in self.pending.get(key, ()):
                raise ExploreError(f"{title} is still being fitted to these pictures; look at PCA until it is there.")
            if (key, projection) in self.failed:
                raise ExploreError(f"{title} could not be fitted to these pictures; look at PCA instead.")
            raise ExploreError(f"This space has no {title} map; {self._too_few(space, projection)}look at PCA instead.")
        return space

    def rows(self, rows: object, least: int = 1) -> np.ndarray:
        """Numbers of pictures from outside -> ascending, each once. Raises ``ExploreError``."""
        try:
            found = np.unique(np.asarray(rows))
        except (TypeError, ValueError) as error:
            raise ExploreError("A selection is a list of picture numbers.") from error
        if found.size and (found.ndim != 1 or found.dtype.kind not in "iu"):
            raise ExploreError("A selection is a list of picture numbers.")
        if found.size < least:
            raise ExploreError(
                "Select at least one picture first." if least == 1 else f"Select at least {least} pictures."
            )
        if found[0] < 0 or found[-1] >= self.atlas.count:
            raise ExploreError(f"The pictures of this atlas are numbered 0 to {self.atlas.count - 1}.")
        return found

    def row(self, row: object) -> int:
        """One picture's number from outside."""
        if isinstance(row, bool) or not isinstance(row, int | np.integer):
            raise ExploreError("A picture is named by its number.")
        return int(self.rows([row])[0])

    def _too_few(self, space: Space, projection: str) -> str:
        least = LEAST[projection]
        if self.atlas.count < least:
            return "there are too few pictures for it: "
        return "" if different(space) >= least else "too few of these pictures differ in it: "


def different(space: Space) -> int:
    """How many pictures differ from all others in a space, each kind counted once."""
    return len(np.unique(space.reduced, axis=0))


class Shelf:
    """Opens each atlas once, whichever thread asks first; bounded in what visitors may leave."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder
        self._held: dict[str, Held] = {}
        self._visitors: OrderedDict[str, Held] = OrderedDict()
        self._marks: dict[tuple[str, int], str] = {}
        self._lock = threading.RLock()

    def names(self) -> list[str]:
        """Atlases in the folder, by name."""
        if not self.folder.is_dir():
            return []
        return sorted(
            path.parent.name for path in self.folder.glob("*/atlas.json") if _NAME.fullmatch(path.parent.name)
        )

    def get(self, name: str) -> Held:
        """Raises ``ExploreError`` for a name that is none, ``AtlasError`` for an atlas that cannot be opened."""
        with self._lock:
            if name in self._visitors:
                self._visitors.move_to_end(name)
                return self._visitors[name]
            if isinstance(name, str) and name.startswith("photos-"):
                raise ExploreError("These photos are no longer here; choose them again.")
            if name not in self.names():
                have = ", ".join(self.names()) or "none yet"
                raise ExploreError(f"There is no atlas {str(name)[:60]!r}; there are: {have}.")
            if name not in self._held:
                self._held[name] = Held(name, Atlas.open(self.folder / name))
            return self._held[name]

    def keep(self, atlas: Atlas) -> Held:
        """A visitor's atlas under a new name."""
        held = Held(f"photos-{secrets.token_urlsafe(18)}", atlas)
        with self._lock:
            self._visitors[held.name] = held
            while len(self._visitors) > MOST_VISITORS:
                self._visitors.popitem(last=False)[1].closed = True
        return held

    def close(self, name: str) -> None:
        """Let go of a visitor's atlas; any other name does nothing."""
        with self._lock:
            held = self._visitors.pop(name, None)
        if held is not None:
            held.closed = True

    def info(self, name: str) -> AtlasInfo:
        """An atlas as a chooser lists it; what is wrong with it is said, not raised."""
        try:
            held = self.get(name)
        except (AtlasError, ExploreError) as error:
            return AtlasInfo(name, self._title(name), problem=str(error))
        atlas = held.atlas
        notes = list(atlas.notes)
        if atlas.kind == "generated" and not self.draws(held):
            notes.append(f"Other face models drew these pictures; to draw them again, rebuild with: {atlas.command}")
        for kind in dict.fromkeys(kind for _, kind in sorted(held.failed)):
            notes.append(f"{PROJECTIONS[kind][0]} could not be fitted to all spaces; PCA is there.")
        return AtlasInfo(
            name=name,
            title=atlas.title,
            kind=atlas.kind,
            count=atlas.count,
            tile=atlas.tile,
            columns=atlas.columns,
            sheets=len(atlas.sheets),
            spaces=tuple(self._space(held, key) for key in atlas.spaces),
            classes=atlas.class_names,
            asked=atlas.asked is not None,
            notes=tuple(notes),
        )

    def problem(self, held: Held, key: str) -> str:
        """Why a space can neither encode nor decode now: a sentence, or nothing."""
        encoder = ENCODERS[key]
        missing = checkpoints.missing(self.root / encoder.checkpoint)
        if missing:
            return missing
        if self.mark(encoder.checkpoint) != held.space(key).fingerprint:
            command = held.atlas.command or "python scripts/build_atlas.py"
            return (
                f"The weights of {encoder.checkpoint} are not those that this atlas was built with. Build it again "
                f"with: {command}"
            )
        return ""

    def draws(self, held: Held) -> bool:
        """Whether the present face models draw the pictures of this atlas again."""
        made_with = held.atlas.made_with
        parts = ("faces", "autoencoder-kl")
        return all(part in made_with and self.mark(part) == made_with[part] for part in parts)

    def mark(self, checkpoint: str) -> str:
        """The fingerprint of a checkpoint, read again when its weights change; nothing where there is none."""
        folder = self.root / checkpoint
        try:
            key = checkpoint, checkpoints.weights(folder).stat().st_mtime_ns
            if key not in self._marks:
                self._marks[key] = checkpoints.fingerprint(folder)
            return self._marks[key]
        except OSError:
            return ""

    def _space(self, held: Held, key: str) -> SpaceInfo:
        space, encoder = held.space(key), ENCODERS[key]
        try:
            problem = self.problem(held, key)
        except CheckpointError as error:
            problem = str(error)
        return SpaceInfo(
            key=key,
            title=encoder.title,
            card=encoder.card,
            dimensions=space.dimensions,
            decodes=encoder.decodes,
            projections=tuple(kind for kind in PROJECTIONS if kind in space.places),
            pending=tuple(held.pending.get(key, ())),
            clusterings=tuple(space.clusterings),
            problem=problem,
        )

    def _title(self, name: str) -> str:
        try:
            return str(read_manifest(self.folder / name).get("title", name))[:120]
        except (AtlasError, TypeError):
            return str(name)[:60]
