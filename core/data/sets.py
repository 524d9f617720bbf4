"""Opens picture sets by kind. Every layout on disk becomes a :class:`PictureSet`."""

from __future__ import annotations

import logging
import posixpath
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from core import attributes
from core.data.archive import Archive, ArchiveError
from core.data.cache import cached_pixels
from core.data.celeba import load_celeba
from core.data.errors import DataError
from core.data.joined import JoinedPixels
from core.data.picture_set import TEST, PictureSet, seeded_split


log = logging.getLogger(__name__)
LOOSE = "."  # the class of pictures that lie beside the folders of the others


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
    source = _source(path, "food-101.zip")
    with Archive(source) as archive:
        members = [name for name in archive.pictures() if "images/" in name]
        if not members:
            raise DataError(f"{source} has no images/CLASS/ID.jpg; see the README for Food-101's layout.")
        root = members[0].split("images/")[0]
        trained, tested = (_listed(archive, f"{root}meta/{part}.txt") for part in ("train", "test"))
        if trained is not None and tested is not None:
            members = _of_a_part(members, root, trained | tested, source)
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
    """Any folder or zip of photos. Subfolders, where there are some, become classes, named below what they share; the
    class of pictures beside them is ``LOOSE``.
    """
    with Archive(_source(path)) as archive:
        pixels, members, detail = cached_pixels(archive, archive.pictures(), size, cache)
    if not members:
        raise DataError(f"{path} holds no readable pictures.")
    folders = [PurePosixPath(name).parent for name in members]
    shared = posixpath.commonpath([folder.as_posix() for folder in folders])  # a zip often holds one folder with all
    folders = [(folder.relative_to(shared) if shared else folder).as_posix() for folder in folders]
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
    loaded = load_folder(_source(path, "UTKFace.zip"), size, cache)
    return PictureSet("utkface", loaded.pixels, loaded.names, loaded.split, detail=loaded.detail)


def _source(path: Path, usual: str = "") -> Path:
    """Return a folder's zip of the usual name, or its only zip if it holds no pictures; else the path itself."""
    if not path.is_dir() or (usual and (path / usual).is_file()):
        return path / usual if path.is_dir() else path
    with Archive(path) as archive:
        zips = [name for name in archive.names() if name.lower().endswith(".zip")]
        return path / zips[0] if len(zips) == 1 and not archive.claimed() else path


def _listed(archive: Archive, name: str) -> set[str] | None:
    """Read a list of pictures, one a line; None if there is no such member."""
    return set(archive.read(name).decode("utf-8-sig").split()) if archive.has(name) else None


def _of_a_part(members: list[str], root: str, listed: set[str], source: Path) -> list[str]:
    """Keep the pictures that train or test, and count the others."""
    kept = [m for m in members if m.removeprefix(f"{root}images/").rsplit(".", 1)[0] in listed]
    if not kept:
        raise DataError(f"{source}: meta/train.txt and meta/test.txt name none of the pictures.")
    if len(kept) < len(members):
        log.warning("Pictures that neither list of %s names are left out: %d.", source, len(members) - len(kept))
    if len(kept) < len(listed):
        log.warning("Pictures that the lists of %s name and that are not there: %d.", source, len(listed) - len(kept))
    return kept


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
    except (FileNotFoundError, ArchiveError) as error:
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
