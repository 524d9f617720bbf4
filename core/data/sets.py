"""Opens picture sets by kind. Every layout on disk becomes a :class:`PictureSet`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import attributes
from core.data import tables
from core.data.archive import Archive, ArchiveError
from core.data.cache import cached_pixels
from core.data.joined import JoinedPixels

TRAIN, VAL, TEST = 0, 1, 2
PARTS = {"train": TRAIN, "val": VAL, "test": TEST}
CENTRED = 64  # up to this size, CelebA's whole pictures give their centre square, as the weights of 64 px learned it


class DataError(ValueError):
    """A data set that is missing or not in a known layout."""


@dataclass(frozen=True)
class PictureSet:
    """Decoded pictures with their labels. Arrays are row-aligned.

    ``pixels`` uint8 (N, S, S, 3), memory-mapped; ``attributes`` int8 (N, 40) of -1/1 or None;
    ``classes`` int16 (N,) into ``class_names`` or None; ``split`` int8 (N,) of 0 train, 1 val, 2 test; ``detail``
    int16 (N,), the true pixels along a side of what is shown, or None: a picture with fewer than S was enlarged.
    """

    name: str
    pixels: np.ndarray
    names: tuple[str, ...]
    split: np.ndarray
    attributes: np.ndarray | None = None
    classes: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    identities: np.ndarray | None = None
    detail: np.ndarray | None = None

    def indices(self, part: str) -> np.ndarray:
        """Return the row numbers of ``train``, ``val`` or ``test``, ascending."""
        return np.flatnonzero(self.split == PARTS[part])

    def sharp(self, part: str) -> np.ndarray:
        """Row numbers of ``part`` whose pictures were not enlarged: what decoders and sharpness are measured on."""
        rows = self.indices(part)
        return rows if self.detail is None else rows[self.detail[rows] >= self.pixels.shape[1]]

    def __len__(self) -> int:
        return len(self.names)


def seeded_split(keys: Sequence[object], seed: int = 0, val: float = 0.05, test: float = 0.06) -> np.ndarray:
    """Split by keys (identities, or names if unknown): int8. Equal keys get the same part on any machine."""
    limit = 2**64
    split = np.zeros(len(keys), dtype=np.int8)
    for row, key in enumerate(keys):
        draw = int.from_bytes(hashlib.sha256(f"{seed}:{key}".encode()).digest()[:8], "big") / limit
        split[row] = TEST if draw < test else VAL if draw < test + val else TRAIN
    return split


def load_celeba(path: Path, size: int, cache: Path) -> PictureSet:
    """CelebA, official or Kaggle layout: zip or folder of pictures beside txt or csv tables; optional ones may lack.

    Whole aligned pictures give the face crop (:func:`core.images.face_crop`) above 64 px, else the centre square.
    """
    folder = path if path.is_dir() else path.parent
    table = tables.find(folder, "list_attr_celeba")
    if table is None:
        raise DataError(f"{folder} has no list_attr_celeba.txt or .csv; see the README for CelebA's layout.")
    columns, rows = tables.read(table, header=True)
    if sorted(columns) != sorted(attributes.NAMES):
        raise DataError(f"{table} does not have CelebA's 40 attribute columns.")
    order = [columns.index(name) for name in attributes.NAMES]
    with Archive(_celeba_pictures(path)) as archive:
        members = [name for name in archive.pictures() if Path(name).name in rows]
        if not members:
            raise DataError(f"None of the pictures in {archive.path} is named in {table.name}.")
        pixels, members, detail = cached_pixels(archive, members, size, cache, faces=size > CENTRED)
    names = tuple(Path(name).name for name in members)
    labels = np.array([rows[name] for name in names], dtype=np.int8)[:, order]
    identities = _column(tables.find(folder, "identity_CelebA"), names)
    partition = _column(tables.find(folder, "list_eval_partition"), names)
    if partition is None:
        partition = seeded_split(names if identities is None else identities.tolist())
    return PictureSet("celeba", pixels, names, partition.astype(np.int8), labels, identities=identities, detail=detail)


def _celeba_pictures(path: Path) -> Path:
    if path.is_file():
        return path
    for candidate in (path / "img_align_celeba.zip", path / "img_align_celeba"):
        if candidate.exists():
            return candidate
    return path


def _column(table: Path | None, names: Sequence[str]) -> np.ndarray | None:
    """Return the first integer column of an optional table, or None if the table or a row is missing."""
    if table is None:
        return None
    _, rows = tables.read(table, header=False)
    if any(name not in rows for name in names):
        return None
    return np.array([rows[name][0] for name in names], dtype=np.int64)


def join(sets: Sequence[PictureSet]) -> PictureSet:
    """Sets of one kind -> one. A picture that two of them hold is taken where it has more detail. Raises
    :class:`DataError` where a person (or a picture, where people are unknown) is in different parts."""
    if len(sets) == 1:
        return sets[0]
    first = sets[0]
    if any(s.class_names != first.class_names for s in sets):
        raise DataError(f"The sets of {first.name} do not have the same classes.")
    for field in ("attributes", "classes", "identities", "detail"):
        if len({getattr(s, field) is None for s in sets}) > 1:
            raise DataError(f"Some of the sets of {first.name} have {field}, others do not.")

    def stacked(field: str) -> np.ndarray | None:
        return None if getattr(first, field) is None else np.concatenate([getattr(s, field) for s in sets])

    names, split, detail = [name for s in sets for name in s.names], stacked("split"), stacked("detail")
    people = names if first.identities is None else stacked("identities").tolist()
    part_of: dict[object, int] = {}
    for person, part in zip(people, split, strict=True):
        if part_of.setdefault(person, part) != part:
            raise DataError(f"The sets of {first.name} disagree: {person} is in two parts.")
    order = np.arange(len(names)) if detail is None else np.argsort(-detail, kind="stable")
    best: dict[str, int] = {}
    for row in order:
        best.setdefault(names[row], int(row))
    keep = np.array(sorted(best.values()))
    pixels = JoinedPixels([s.pixels for s in sets])
    if len(keep) < len(names):
        pixels = pixels.take(keep)

    def kept(field: str) -> np.ndarray | None:
        values = stacked(field)
        return None if values is None else values[keep]

    return PictureSet(
        first.name,
        pixels,
        tuple(names[row] for row in keep),
        split[keep],
        kept("attributes"),
        kept("classes"),
        first.class_names,
        kept("identities"),
        kept("detail"),
    )


def load_food101(path: Path, size: int, cache: Path) -> PictureSet:
    """Food-101's layout (``images/CLASS/ID.jpg`` and ``meta/{classes,train,test}.txt``), zip or folder."""
    source = path / "food-101.zip" if path.is_dir() and (path / "food-101.zip").is_file() else path
    with Archive(source) as archive:
        members = [name for name in archive.pictures() if "images/" in name]
        if not members:
            raise DataError(f"{source} has no images/CLASS/ID.jpg; see the README for Food-101's layout.")
        root = members[0].split("images/")[0]
        test_list = f"{root}meta/test.txt"
        tested = set(archive.read(test_list).decode().split()) if archive.has(test_list) else None
        pixels, members, detail = cached_pixels(archive, members, size, cache)
    names = tuple(name.split("images/", 1)[1] for name in members)
    folders = [name.split("/")[0] for name in names]
    class_names = tuple(sorted(set(folders)))
    classes = np.array([class_names.index(folder) for folder in folders], dtype=np.int16)
    split = seeded_split(names, val=0.03, test=0.0 if tested is not None else 0.1)
    if tested is not None:
        split[[Path(name).with_suffix("").as_posix() in tested for name in names]] = TEST
    return PictureSet("food101", pixels, names, split, classes=classes, class_names=class_names, detail=detail)


def load_folder(path: Path, size: int, cache: Path) -> PictureSet:
    """Any folder or zip of photos. Subfolders, where there are some, become classes."""
    with Archive(path) as archive:
        pixels, members, detail = cached_pixels(archive, archive.pictures(), size, cache)
    if not members:
        raise DataError(f"{path} holds no readable pictures.")
    folders = [Path(name).parent.as_posix() for name in members]
    class_names = tuple(sorted(set(folders)))
    classes = np.array([class_names.index(folder) for folder in folders], dtype=np.int16)
    known = len(class_names) > 1
    return PictureSet(
        path.stem,
        pixels,
        tuple(members),
        seeded_split(members),
        classes=classes if known else None,
        class_names=class_names if known else (),
    )


def load_utkface(path: Path, size: int, cache: Path) -> PictureSet:
    """UTKFace: close faces without CelebA labels; a file name's ``age_gender_race`` stays readable in ``names``."""
    source = path / "UTKFace.zip" if path.is_dir() and (path / "UTKFace.zip").is_file() else path
    loaded = load_folder(source, size, cache)
    return PictureSet("utkface", loaded.pixels, loaded.names, loaded.split, detail=loaded.detail)


def named_attributes(names: Sequence[str]) -> np.ndarray:
    """Read Male and Young from UTKFace's file names ``age_gender_race_date``: int8 (N, 40), 0 is unknown. CelebA's Young
    was judged without an age, so the years around forty stay unknown.
    """
    inferred = np.zeros((len(names), attributes.COUNT), dtype=np.int8)
    for row, name in enumerate(names):
        age, gender, *_ = [*Path(name).name.split("_"), "", ""]
        if age.isdecimal() and gender in ("0", "1"):
            inferred[row, attributes.INDEX["Male"]] = 1 if gender == "0" else -1
            inferred[row, attributes.INDEX["Young"]] = (int(age) <= 35) - (int(age) >= 50)
    return inferred


KINDS: dict[str, Callable[[Path, int, Path], PictureSet]] = {
    "celeba": load_celeba,
    "food101": load_food101,
    "utkface": load_utkface,
    "folder": load_folder,
}


def load(
    kind: str, paths: str | Path | Sequence[str | Path], size: int = 64, cache: str | Path = "runs/cache"
) -> PictureSet:
    """Load a picture set of a known kind, joined where several paths hold sets of it; decoding happens once per
    content and size. Raises :class:`DataError`."""
    if kind not in KINDS:
        raise DataError(f"Unknown kind of data {kind!r}; known are {', '.join(KINDS)}.")
    paths = [paths] if isinstance(paths, str | Path) else list(paths)
    for path in paths:
        if not Path(path).exists():
            raise DataError(f"There is nothing at {path}.")
    try:
        return join([KINDS[kind](Path(path), size, Path(cache)) for path in paths])
    except (tables.TableError, FileNotFoundError, ArchiveError) as error:
        raise DataError(str(error)) from error


def parse_data_options(options: Sequence[str]) -> dict[str, list[Path]]:
    """``["celeba=/data/celeba", ...]`` of a command line -> {kind: paths}; a kind may be repeated. Raises
    :class:`DataError`."""
    parsed: dict[str, list[Path]] = {}
    for option in options:
        kind, separator, path = option.partition("=")
        if not separator or kind not in KINDS:
            raise DataError(f"--data takes KIND=PATH with KIND one of {', '.join(KINDS)}; got {option!r}.")
        parsed.setdefault(kind, []).append(Path(path))
    return parsed
