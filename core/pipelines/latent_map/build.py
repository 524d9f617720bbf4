"""Builds atlases from pictures: encodes, maps and clusters them. Also builds maps of visitors' photos.

Long builds keep their state in a folder and go on where they were stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core import attributes, checkpoints
from core.checkpoints import CheckpointError
from core.images import to_pixels
from core.latents.atlas import Atlas, make_sheets
from core.latents.clusters import ClusterError, cluster
from core.latents.fitting import fit_in_process
from core.latents.projection import LEAST, fit_basis, pca_places
from core.latents.spaces import ENCODERS, Space, picture_side, quantise
from core.pipelines.latent_map.types import Advance
from core.pipelines.progress import Cancel

if TYPE_CHECKING:
    from core.pipelines.latent_map.engine import LatentMapEngine

BATCH = 16
Fit = Callable[[str, str, np.ndarray], np.ndarray]  # space, kind of map, principal components (N, K) -> the map
SLOW_MAPS = ("umap2", "umap3", "tsne2")
STORED_CLUSTERINGS = {"kmeans": 8, "mixture": 8, "hdbscan": 25}


@dataclass(frozen=True)
class Pictures:
    """The input of an atlas: ``pixels`` uint8 (N, S, S, 3) with labels and names, as in ``Atlas``."""

    pixels: np.ndarray
    title: str
    kind: str
    requested: np.ndarray | None = None
    classes: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    seeds: np.ndarray | None = None
    names: tuple[str, ...] = ()
    recipe: str = ""
    command: str = ""
    notes: tuple[str, ...] = ()


def present_spaces(root: Path) -> list[str]:
    """List the spaces whose weights are present, in the order of the page."""
    return [key for key, encoder in ENCODERS.items() if not checkpoints.missing(root / encoder.checkpoint)]


def encode_pictures(
    engine: LatentMapEngine,
    pixels: np.ndarray,
    *,
    spaces: Sequence[str] = (),
    state: Path | None = None,
    errors: bool = False,
    cancel: Cancel | None = None,
) -> Iterator[Advance | dict[str, np.ndarray]]:
    """Encode every picture in all or some ``spaces``: yields :class:`Advance` per batch, then vectors float16
    (N, D) by space, with ``measured`` uint8 (N, 40) and, with ``errors``, ``SPACE.psnr`` float16 (N,) among them.
    ``state`` is a folder to resume from. When cancelled, it ends without vectors."""
    spaces = list(spaces) or present_spaces(engine.root)
    if not spaces:
        raise CheckpointError(checkpoints.missing(engine.root / "classifier") or "There are no encoders.")
    count = len(pixels)
    settings = f"errors={errors} " + " ".join(
        f"{key}={checkpoints.fingerprint(engine.root / ENCODERS[key].checkpoint)}" for key in spaces
    )
    done, arrays = _recall(state, settings, count)
    while done < count:
        stop = min(count, done + BATCH)
        encoded = engine.encode(np.asarray(pixels[done:stop]), spaces, errors=errors)
        found = {**encoded.vectors, **{f"{key}.psnr": lost for key, lost in encoded.psnr.items()}}
        if encoded.measured is not None:
            found["measured"] = np.round(encoded.measured * 255).astype(np.uint8)
        for name, values in found.items():
            if name not in arrays:
                kind = np.uint8 if name == "measured" else np.float16
                arrays[name] = _array(state, name, (count, *values.shape[1:]), kind)
            arrays[name][done:stop] = values
        done = stop
        if state is not None and ((done // BATCH) % 16 == 0 or done == count):
            checkpoints.write_json(state / "encoded.json", {"settings": settings, "done": done, "arrays": list(arrays)})
        yield Advance("encoding", done, count)
        if cancel is not None and cancel():
            return
    yield arrays


def assemble(
    root: Path,
    pictures: Pictures,
    arrays: dict[str, np.ndarray],
    *,
    slow: Fit | None = None,
    seed: int = 0,
) -> Iterator[Advance | Atlas]:
    """Make an atlas with PCA maps and clusters from vectors by space; ``slow`` fits the other maps."""
    spaces = yield from _mapped(root, arrays, slow, seed)
    measured = arrays.get("measured")
    parts = ["classifier", *({"generated": ["faces", "autoencoder-kl"]}.get(pictures.kind, []))]
    made_with = {part: checkpoints.fingerprint(root / part) for part in parts if not checkpoints.missing(root / part)}
    yield Atlas(
        title=pictures.title,
        kind=pictures.kind,
        count=len(pictures.pixels),
        spaces=spaces,
        sheets=make_sheets(pictures.pixels),
        measured=None if measured is None else np.asarray(measured),
        requested=pictures.requested,
        classes=pictures.classes,
        class_names=pictures.class_names,
        seeds=pictures.seeds,
        names=pictures.names,
        made_with=made_with,
        recipe=pictures.recipe,
        command=pictures.command,
        notes=pictures.notes,
    )


def add_spaces(
    engine: LatentMapEngine, atlas: Atlas, keys: Sequence[str], *, slow: Fit | None = None, seed: int = 0
) -> Iterator[Advance | Atlas]:
    """Add spaces to an atlas, or rebuild them, with the present weights. Draws no pictures; keeps the other spaces.

    The pictures are as large as the atlas has them, so how well they come back cannot be measured. Raises
    ``CheckpointError`` for weights that are not here.
    """
    for key in keys:
        if missing := checkpoints.missing(engine.root / ENCODERS[key].checkpoint):
            raise CheckpointError(missing)
    pixels = yield from _kept_pictures(engine, atlas)
    for step in encode_pictures(engine, pixels, spaces=keys):
        if isinstance(step, Advance):
            yield step
    made = yield from _mapped(engine.root, step, slow, seed)
    spaces = {**atlas.spaces, **made}
    atlas = replace(atlas, spaces={key: spaces[key] for key in ENCODERS if key in spaces})
    if "measured" in step:
        atlas.measured, atlas.thresholds = step["measured"], None
        atlas.made_with = {**atlas.made_with, "classifier": checkpoints.fingerprint(engine.root / "classifier")}
    yield atlas


def _kept_pictures(engine: LatentMapEngine, atlas: Atlas) -> Generator[Advance, None, np.ndarray]:
    """Return uint8 (N, S, S, 3): decoded from KL latents if their weights are unchanged, else the thumbnails."""
    sharpest, folder = atlas.spaces.get("kl"), engine.root / ENCODERS["kl"].checkpoint
    decodes = (
        sharpest is not None
        and not checkpoints.missing(folder)
        and checkpoints.fingerprint(folder) == sharpest.fingerprint
    )
    side = picture_side(engine.root)
    pixels = np.empty((atlas.count, side, side, 3), np.uint8)
    for start in range(0, atlas.count, BATCH):
        rows = np.arange(start, min(atlas.count, start + BATCH))
        kept = engine.decode("kl", sharpest.vectors(rows)) if decodes else [atlas.thumbnail(row) for row in rows]
        pixels[rows] = [to_pixels(picture, side) for picture in kept]
        yield Advance("reading", int(rows[-1]) + 1, atlas.count)
    return pixels


def _mapped(
    root: Path, arrays: dict[str, np.ndarray], slow: Fit | None, seed: int
) -> Generator[Advance, None, dict[str, Space]]:
    """Make spaces with maps and clusters from vectors (N, D) by space."""
    order = [key for key in ENCODERS if key in arrays]
    spaces, steps = {}, len(order) * (1 + (len(SLOW_MAPS) if slow else 0))
    for number, key in enumerate(order):
        space = make_space(key, np.asarray(arrays[key]), checkpoints.fingerprint(root / ENCODERS[key].checkpoint))
        space.psnr = arrays.get(f"{key}.psnr")
        before = number * (steps // len(order))
        yield Advance("mapping", before + 1, steps)
        space.clusterings.update(_clusterings(space, seed))
        for extra, kind in enumerate(SLOW_MAPS if slow else (), start=2):
            if len(space) >= LEAST[kind]:
                space.places[kind] = slow(key, kind, space.reduced)
            yield Advance("mapping", before + extra, steps)
        spaces[key] = space
    return spaces


def make_space(key: str, vectors: np.ndarray, fingerprint: str) -> Space:
    """Make one space with its PCA maps from vectors (N, D)."""
    codes, scale = quantise(vectors)
    space = Space(key, codes, scale, fit_basis(codes.astype(np.float32) * scale), fingerprint)
    for dimensions in (2, 3):
        space.places[f"pca{dimensions}"] = pca_places(space.reduced, dimensions)
    return space


def kept_maps(state: Path, seed: int = 0) -> Fit:
    """Return a ``Fit`` that runs each fit in a separate process and caches the map in ``state``."""

    def fitted(key: str, kind: str, reduced: np.ndarray) -> np.ndarray:
        path = state / f"{key}-{kind}.npy"
        if path.is_file():
            return np.load(path, allow_pickle=False)
        places = fit_in_process(kind, reduced, seed)
        part = path.with_suffix(".part")
        with open(part, "wb") as file:
            np.save(file, places)
        part.rename(path)
        return places

    return fitted


def present_shares(root: Path) -> np.ndarray:
    """Return the share (40,) of pictures with each attribute, as measured. Raises ``CheckpointError``."""
    metrics = checkpoints.read_json(root / "classifier" / "metrics.json")
    try:
        return np.array([metrics["attributes"][name]["present"] for name in attributes.NAMES], float)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError("classifier/metrics.json does not say how frequent attributes are.") from error


def sample_rows(count: int, shares: np.ndarray, together: np.ndarray | None = None, seed: int = 0) -> np.ndarray:
    """Sample attribute rows int8 (count, 40) of -1, 0 and 1 with given shares (40,) and correlations (40, 40).

    Normal samples with those correlations, cut where the shares say (a Gaussian copula); what contradicts stays 0.
    Only these sums of a data set are needed, none of its rows.
    """
    from scipy.stats import norm

    random = np.random.default_rng(seed)
    matrix = np.eye(attributes.COUNT) if together is None else np.sin(np.pi / 2 * np.clip(together, -0.99, 0.99))
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    root = vectors * np.sqrt(values.clip(min=1e-6))
    root /= np.linalg.norm(root, axis=1, keepdims=True)
    drawn = random.standard_normal((count, attributes.COUNT)) @ root.T
    rows = np.where(drawn > norm.ppf(1 - np.clip(shares, 1e-4, 1 - 1e-4)), 1.0, -1.0)
    return np.stack([attributes.resolve(row).values for row in rows]).astype(np.int8)


def _clusterings(space: Space, seed: int) -> dict[str, np.ndarray]:
    found = {}
    for method, count in STORED_CLUSTERINGS.items():
        try:
            found[method] = cluster(space.reduced, method, count, seed).labels
        except ClusterError:  # too few or all alike: a request for clusters says so
            continue
    return found


def _array(state: Path | None, name: str, shape: tuple[int, ...], kind: type) -> np.ndarray:
    if state is None:
        return np.zeros(shape, kind)
    return np.lib.format.open_memmap(state / f"{name}.npy", mode="w+", dtype=kind, shape=shape)


def _recall(state: Path | None, settings: str, count: int) -> tuple[int, dict[str, np.ndarray]]:
    if state is None or not (state / "encoded.json").is_file():
        return 0, {}
    try:
        index = checkpoints.read_json(state / "encoded.json")
        arrays = {name: np.load(state / f"{name}.npy", mmap_mode="r+") for name in index["arrays"]}
        if index["settings"] == settings and arrays and all(len(array) == count for array in arrays.values()):
            return int(index["done"]), arrays
    except (CheckpointError, OSError, ValueError, KeyError):
        pass
    return 0, {}
