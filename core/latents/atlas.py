"""Atlases: a set of pictures with labels, thumbnails, and their vectors and maps in every space, in one folder.

    atlas.json           version, title, kind, count, what the pictures were made with, spaces and their weights
    labels.safetensors   measured uint8 (N, 40), probability * 255; requested int8 (N, 40); classes int16; seeds int64
    sheets/00.webp ...   thumbnails, row by row, ``columns`` squared of them in a sheet
    SPACE.npy            codes int8 (N, D), memory-mapped
    SPACE.safetensors    scale (D,), mean (D,), axes (K, D), ratios (K,), places.* float16 (N, 2 or 3), labels.* int16,
                         psnr float16 (N,)

All arrays are row-aligned. PCA maps are stored once, in 3-D. Faces drawn by the program need no more: a seed and the
attributes draw a picture again at full size.
"""

from __future__ import annotations

import io
import json
import shutil
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from core import attributes
from core.latents.projection import pca_places
from core.latents.spaces import ENCODERS, Basis, Space

VERSION = 1
UNFINISHED = (".part", ".old")  # folders of an atlas that is being saved, the new one and the one before
KINDS = ("generated", "pictures", "photos")
TILE, COLUMNS = 48, 32
QUALITY = 78  # of WebP
MOST = 100_000  # pictures
MAPS = {"umap2": 2, "umap3": 3, "tsne2": 2}  # stored beside PCA
_OPEN_SHEETS = 8  # of 7 MB


class AtlasError(RuntimeError):
    """An atlas that is missing, damaged or of another version; the message says what to do."""


@dataclass
class Atlas:
    """An atlas in memory or on disk: see the module's text. Only ``spaces`` may change, by gaining maps."""

    title: str
    kind: str
    count: int
    spaces: dict[str, Space]
    sheets: Sequence[bytes | Path]
    measured: np.ndarray | None = None  # uint8 (N, 40)
    thresholds: np.ndarray | None = None  # (40,) probabilities above which a measured attribute counts as present
    requested: np.ndarray | None = None  # int8 (N, 40)
    classes: np.ndarray | None = None  # int16 (N,), -1 where unknown
    class_names: tuple[str, ...] = ()
    seeds: np.ndarray | None = None  # int64 (N,)
    names: tuple[str, ...] = ()
    made_with: dict[str, str] = field(default_factory=dict)  # checkpoint -> fingerprint
    recipe: str = ""  # settings of the drawings, as a recipe
    command: str = ""  # that builds it again
    notes: tuple[str, ...] = ()
    tile: int = TILE
    columns: int = COLUMNS
    _decoded: OrderedDict[int, Image.Image] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def sheet(self, number: int) -> bytes:
        """One sprite sheet as a WebP file."""
        one = self.sheets[number]
        return one if isinstance(one, bytes) else one.read_bytes()

    def thumbnail(self, row: int) -> Image.Image:
        """The thumbnail of one picture, ``tile`` pixels a side. Raises :class:`AtlasError` for a damaged sheet."""
        number, place = divmod(int(row), self.columns**2)
        with self._lock:
            if number not in self._decoded:
                self._decoded[number] = self._read_sheet(number)
                while len(self._decoded) > _OPEN_SHEETS:
                    self._decoded.popitem(last=False)
            self._decoded.move_to_end(number)
            top, left = (self.tile * each for each in divmod(place, self.columns))
            return self._decoded[number].crop((left, top, left + self.tile, top + self.tile))

    def _read_sheet(self, number: int) -> Image.Image:
        try:
            sheet = Image.open(io.BytesIO(self.sheet(number)), formats=("WEBP",))
            if sheet.width > self.tile * self.columns or sheet.height > self.tile * self.columns:
                raise ValueError("it is too large")
            return sheet.convert("RGB")
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise AtlasError(f"Thumbnails {number} of this atlas cannot be read ({str(error)[:80]}).") from error

    def present(self) -> np.ndarray | None:
        """Bool (N, 40): which attributes each picture has, as measured, else as requested; None if unknown."""
        if self.measured is not None:
            limits = np.full(attributes.COUNT, 0.5) if self.thresholds is None else self.thresholds
            return self.measured > limits * 255
        return None if self.requested is None else self.requested > 0

    def save(self, folder: Path) -> None:
        """Written whole beside ``folder`` and then put in its place: a kill leaves the old one or the new."""
        part, old = (folder.with_name(folder.name + suffix) for suffix in UNFINISHED)
        if old.is_dir() and not folder.is_dir():  # killed between the two renamings below
            old.rename(folder)
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
        (part / "sheets").mkdir(parents=True)
        for number in range(len(self.sheets)):
            (part / "sheets" / f"{number:02d}.webp").write_bytes(self.sheet(number))
        _save_arrays(part / "labels.safetensors", _labels(self))
        for key, space in self.spaces.items():
            np.save(part / f"{key}.npy", space.codes)
            _save_arrays(part / f"{key}.safetensors", _arrays(space))
        (part / "atlas.json").write_text(json.dumps(_manifest(self), indent=1) + "\n", encoding="utf-8")
        if folder.is_dir():
            folder.rename(old)
        part.rename(folder)
        shutil.rmtree(old, ignore_errors=True)

    @classmethod
    def open(cls, folder: str | Path) -> Atlas:
        """Check and memory-map what :meth:`save` wrote. Raises :class:`AtlasError`."""
        folder = Path(folder)
        manifest = read_manifest(folder)
        try:
            return _opened(folder, manifest)
        except (KeyError, TypeError, ValueError, AttributeError, EOFError, OSError) as error:
            again = str(manifest.get("command", ""))[:200] or "python scripts/build_atlas.py"
            raise AtlasError(
                f"The atlas {folder.name!r} is damaged ({str(error)[:120]}). Build it again with: {again}"
            ) from error


def make_sheets(pixels: np.ndarray, tile: int = TILE, columns: int = COLUMNS) -> list[bytes]:
    """Pictures uint8 (N, S, S, 3) -> their thumbnails in WebP sheets."""
    sheets = []
    for start in range(0, len(pixels), columns**2):
        block = pixels[start : start + columns**2]
        sheet = Image.new("RGB", (tile * columns, tile * -(-len(block) // columns)))
        for place, picture in enumerate(block):
            top, left = divmod(place, columns)
            small = Image.fromarray(np.asarray(picture)).resize((tile, tile), Image.Resampling.LANCZOS)
            sheet.paste(small, (tile * left, tile * top))
        file = io.BytesIO()
        sheet.save(file, "WEBP", quality=QUALITY, method=4)
        sheets.append(file.getvalue())
    return sheets


def read_manifest(folder: Path) -> dict:
    """``atlas.json``, of a version that this program knows. Raises :class:`AtlasError`."""
    try:
        manifest = json.loads((folder / "atlas.json").read_text(encoding="utf-8"))
        version, count = int(manifest["version"]), int(manifest["count"])
    except FileNotFoundError as error:
        raise AtlasError(
            f"There is no atlas in {folder.name!r}. Make one with: python scripts/build_atlas.py --generate 8000 "
            "--out checkpoints/atlases/faces"
        ) from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise AtlasError(f"The atlas {folder.name!r} cannot be read: atlas.json is damaged.") from error
    if version > VERSION:
        raise AtlasError(f"The atlas {folder.name!r} was made by a newer Latentscape; update this one to open it.")
    if not 1 <= count <= MOST:
        raise AtlasError(f"The atlas {folder.name!r} says that it holds {count} pictures; 1 to {MOST} can be shown.")
    return manifest


def _manifest(atlas: Atlas) -> dict:
    spaces = {
        key: {"dimensions": space.dimensions, "fingerprint": space.fingerprint} for key, space in atlas.spaces.items()
    }
    limits = None if atlas.thresholds is None else [round(float(limit), 4) for limit in atlas.thresholds]
    return {
        "version": VERSION,
        "title": atlas.title,
        "kind": atlas.kind,
        "count": atlas.count,
        "tile": atlas.tile,
        "columns": atlas.columns,
        "sheets": len(atlas.sheets),
        "command": atlas.command,
        "made_with": atlas.made_with,
        "recipe": atlas.recipe,
        "classes": list(atlas.class_names),
        "names": list(atlas.names),
        "notes": list(atlas.notes),
        "thresholds": limits,
        "spaces": spaces,
    }


def _labels(atlas: Atlas) -> dict[str, np.ndarray]:
    known = {"measured": atlas.measured, "requested": atlas.requested, "classes": atlas.classes, "seeds": atlas.seeds}
    return {name: array for name, array in known.items() if array is not None}


def _arrays(space: Space) -> dict[str, np.ndarray]:
    basis = space.basis
    arrays = {"scale": space.scale, "mean": basis.mean, "axes": basis.axes, "ratios": basis.ratios}
    places = {name: place for name, place in space.places.items() if name in ("pca3", *MAPS)}
    if space.psnr is not None:
        arrays["psnr"] = np.asarray(space.psnr, np.float16)
    arrays |= {f"places.{name}": place.astype(np.float16) for name, place in places.items()}
    return arrays | {f"labels.{method}": labels.astype(np.int16) for method, labels in space.clusterings.items()}


def _save_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    from safetensors.numpy import save_file

    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)
    path.chmod(0o644)  # safetensors writes for the owner alone


def _load_arrays(path: Path) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path.name}: {error}") from error


def _opened(folder: Path, manifest: dict) -> Atlas:
    count, kind = int(manifest["count"]), str(manifest["kind"])
    tile, columns = int(manifest["tile"]), int(manifest["columns"])
    if kind not in KINDS or not 8 <= tile <= 256 or not 1 <= columns <= 64:
        raise ValueError("atlas.json holds values that make no sense")
    needed = -(-count // columns**2)
    sheets = [folder / "sheets" / f"{number:02d}.webp" for number in range(needed)]
    lacking = [path for path in sheets if not path.is_file()]
    if lacking:
        raise ValueError(f"sheets/{lacking[0].name} is missing")
    labels = _load_labels(folder / "labels.safetensors", count)
    limits, names = manifest["thresholds"], tuple(str(name) for name in manifest["names"])
    if names and len(names) != count:
        raise ValueError("there are names for other pictures")
    return Atlas(
        title=str(manifest["title"])[:120],
        kind=kind,
        count=count,
        spaces={
            key: _space(folder, key, count, manifest["spaces"][key]) for key in ENCODERS if key in manifest["spaces"]
        },
        sheets=sheets,
        measured=labels.get("measured"),
        thresholds=None if limits is None else np.array(limits, np.float64).reshape(attributes.COUNT),
        requested=labels.get("requested"),
        classes=labels.get("classes"),
        class_names=tuple(str(name) for name in manifest["classes"]),
        seeds=labels.get("seeds"),
        names=names,
        made_with={str(name): str(fingerprint) for name, fingerprint in manifest["made_with"].items()},
        recipe=str(manifest["recipe"]),
        command=str(manifest["command"])[:400],
        notes=tuple(str(note) for note in manifest["notes"]),
        tile=tile,
        columns=columns,
    )


def _load_labels(path: Path, count: int) -> dict[str, np.ndarray]:
    labels = _load_arrays(path)
    if "asked" in labels:  # its name in older atlases
        labels["requested"] = labels.pop("asked")
    wanted = {"measured": (count, 40), "requested": (count, 40), "classes": (count,), "seeds": (count,)}
    for name, shape in wanted.items():
        if name in labels and labels[name].shape != shape:
            raise ValueError(f"{name} is {labels[name].shape}, not {shape}")
    return labels


def _space(folder: Path, key: str, count: int, metadata: dict) -> Space:
    codes = np.load(folder / f"{key}.npy", mmap_mode="r", allow_pickle=False)
    arrays = _load_arrays(folder / f"{key}.safetensors")
    size = int(metadata["dimensions"])
    components = len(arrays["ratios"])
    wanted = {"scale": (size,), "mean": (size,), "axes": (components, size), "places.pca3": (count, 3)}
    wanted |= {f"places.{name}": (count, width) for name, width in MAPS.items() if f"places.{name}" in arrays}
    wanted |= {name: (count,) for name in arrays if name.startswith("labels.") or name == "psnr"}
    for name, shape in wanted.items():
        if arrays[name].shape != shape or not np.isfinite(arrays[name]).all():
            raise ValueError(f"{key}: {name} does not fit")
    if codes.shape != (count, size) or codes.dtype != np.int8:
        raise ValueError(f"{key}.npy is {codes.dtype} {codes.shape}, not int8 {(count, size)}")
    places = {"pca3": arrays["places.pca3"].astype(np.float32)}
    places["pca2"] = pca_places(places["pca3"], 2)
    places |= {name: arrays[f"places.{name}"].astype(np.float32) for name in MAPS if f"places.{name}" in arrays}
    clusterings = {name.removeprefix("labels."): arrays[name] for name in arrays if name.startswith("labels.")}
    basis = Basis(arrays["mean"], arrays["axes"], arrays["ratios"])
    return Space(
        key, codes, arrays["scale"], basis, str(metadata["fingerprint"]), places, clusterings, arrays.get("psnr")
    )
