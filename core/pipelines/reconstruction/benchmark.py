"""Reads the benchmark of the autoencoders from their ``metrics.json``: quality, cost, and difficult pictures.

Nothing is measured here and no network is loaded. A file that is missing, broken or of other weights than those that
lie beside it becomes a sentence; the others are shown all the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core import attributes, checkpoints
from core.checkpoints import CheckpointError
from core.latents import sources
from core.pipelines.reconstruction.benchmark_text import sentences
from core.pipelines.reconstruction.types import Bar, Benchmarks, Difficulty, Extreme, Measured, Row, SetBenchmark

SETS = {"celeba": "Faces (CelebA)", "food101": "Food (Food-101)", "utkface": "Close faces (UTKFace)"}
FLOOR, TIMES = "frechet_of_real_train_pictures", "milliseconds_per_picture"
FOREIGN = "benchmark-*.json"  # in the checkpoint root: autoencoders from the Hub


def read_benchmarks(root: str | Path | None = None) -> Benchmarks:
    """Read the measured figures of all checkpoints under a root. Never raises for the contents of a file."""
    root = Path(root) if root is not None else checkpoints.root()
    notes: list[str] = []
    found = [*_built_in(root, notes), *_foreign(root, notes)]
    kinds = dict.fromkeys([*SETS, *(kind for one in found for kind in one.rows("reconstruction"))])
    sets = []
    for kind in kinds:
        rows = _rows(found, kind)
        if rows:
            floor = next((f for one in found if (f := _number(one, "reconstruction", kind, FLOOR)) is not None), None)
            count = max(int(_number(one, "reconstruction", kind, "pictures") or 0) for one in found)
            hard = tuple(each for one in found if (each := _difficulty(one, kind)))
            text = tuple(sentences(kind, rows, found))
            sets.append(SetBenchmark(kind, SETS.get(kind, kind), count, floor, rows, hard, text))
    return Benchmarks(tuple(sets), _protocol(found), tuple(notes))


def _built_in(root: Path, notes: list[str]) -> Iterator[Measured]:
    for key, name in sources.BUILT_IN.items():
        folder = root / name
        if problem := checkpoints.missing(folder):
            notes.append(problem)
            continue
        measure = f"python scripts/evaluate.py {name} --data celeba=DIR --data food101=DIR"
        if not (folder / "metrics.json").is_file():
            notes.append(f"The {sources.TITLES[key]} is not measured yet. Measure it with: {measure}")
            continue
        one = _read(folder / "metrics.json", key, sources.TITLES[key], notes)
        if one and one.metrics.get("weights") not in (None, checkpoints.fingerprint(folder)):
            notes.append(f"The figures of the {one.title} are those of other weights. Measure again with: {measure}")
        if one:
            yield one


def _foreign(root: Path, notes: list[str]) -> Iterator[Measured]:
    for path in sorted(root.glob(FOREIGN)):
        key = path.stem.removeprefix("benchmark-")
        one = _read(path, key, key, notes)
        if one:
            yield Measured(key, str(one.metrics.get("title") or key)[:60], one.metrics)


def _read(path: Path, key: str, title: str, notes: list[str]) -> Measured | None:
    try:
        metrics = checkpoints.read_json(path)
    except (CheckpointError, RecursionError) as error:
        notes.append(f"{path.parent.name}/{path.name} cannot be read ({str(error)[:120]}). Run evaluate.py again.")
        return None
    if not isinstance(metrics, dict) or not isinstance(metrics.get("reconstruction"), dict):
        notes.append(f"{path.parent.name}/{path.name} holds no reconstruction figures. Run evaluate.py again.")
        return None
    return Measured(key, title, metrics)


def _rows(found: list[Measured], kind: str) -> tuple[Row, ...]:
    """List autoencoders and baselines on one set, best PSNR first; a shared baseline appears once."""
    rows: dict[str, Row] = {}
    for one in found:
        size = _words(one, "picture_size")
        costs = {
            "latent_size": _words(one, "latent_size"),
            "values": int(_number(one, "latent_values") or _product(_words(one, "latent_size"))),
            "ratio": _number(one, "compression_ratio"),
            "parameters": int(_number(one, "parameters") or 0) or None,
            "encode": _number(one, TIMES, "batch_1", "encode"),
            "decode": _number(one, TIMES, "batch_1", "decode"),
            "encode_16": _number(one, TIMES, "batch_16", "encode"),
            "decode_16": _number(one, TIMES, "batch_16", "decode"),
            "picture_size": size,
        }
        if (quality := _quality(one, "reconstruction", kind)) is not None:
            rows[one.key] = Row(one.key, one.title, *quality, **costs)
        for name in one.rows("baselines", kind):
            if (quality := _quality(one, "baselines", kind, name)) is not None:
                rows.setdefault(f"{name} {size}", _stand_in(name, quality, size))
    return tuple(sorted(rows.values(), key=lambda row: -row.psnr))


def _stand_in(name: str, quality: tuple[float, ...], size: str) -> Row:
    if not name.startswith("shrunk_to_"):
        return Row(name, "Mean training picture", *quality, latent_size="0", picture_size=size, baseline=True)
    small = name.removeprefix("shrunk_to_")
    values = 3 * _product(small)
    ratio = _product(size) / values if values else None
    title = f"Shrunk to {small.replace('x', '×')} pixels"
    return Row(name, title, *quality, f"{small}x3", values, ratio, picture_size=size, baseline=True)


def _quality(one: Measured, *path: str) -> tuple[float, ...] | None:
    found = [_number(one, *path, name) for name in ("psnr", "ssim", "embedding_distance", "frechet")]
    return None if any(value is None for value in found) else tuple(found)  # type: ignore[arg-type]


def _difficulty(one: Measured, kind: str) -> Difficulty | None:
    ends = {which: tuple(_extremes(one.rows(which, kind))) for which in ("worst", "best")}
    rows, what = one.rows("attribute_error", kind), "PSNR of faces with the attribute less PSNR of those without"
    if rows:
        names = ("pictures", "psnr_difference", "psnr_standard_error")
        bars = [Bar(attributes.label(name), *found) for name in rows if (found := _numbers(rows[name], names))]
    else:
        rows, what = one.rows("class_error", kind), "PSNR of the class less the mean of all classes"
        found_rows = {n: f for n in rows if (f := _numbers(rows[n], ("pictures", "psnr", "psnr_standard_error")))}
        middle = sum(row[1] for row in found_rows.values()) / max(1, len(found_rows))
        bars = [Bar(label(name), row[0], row[1] - middle, row[2]) for name, row in found_rows.items()]
    if not bars and not any(ends.values()):
        return None
    ordered = tuple(sorted(bars, key=lambda bar: bar.difference))
    return Difficulty(one.key, one.title, what, ordered, ends["worst"], ends["best"])


def _extremes(rows: Mapping[str, Any]) -> Iterator[Extreme]:
    for row in rows.values():
        found = _numbers(row, ("psnr",))
        if found:
            words = row.get("described")
            yield Extreme(found[0], tuple(label(str(word)) for word in words) if isinstance(words, list) else ())


def label(name: str) -> str:
    """Return the readable name of an attribute or a class."""
    if name in attributes.INDEX:
        return attributes.label(name)
    words = name.replace("_", " ")[:60]
    return words[:1].upper() + words[1:]


def _numbers(row: Any, names: tuple[str, ...]) -> tuple[float, ...] | None:
    values = [row.get(name) if isinstance(row, Mapping) else None for name in names]
    return tuple(values) if all(_finite(value) for value in values) else None


def _number(one: Measured, *path: str) -> float | None:
    value = one.at(*path)
    return value if _finite(value) else None


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _words(one: Measured, key: str) -> str:
    value = one.at(key)
    return value[:40] if isinstance(value, str) else ""


def _product(size: str) -> int:
    """``6x16x16`` -> 1536, 0 for anything else."""
    parts = size.split("x")
    return math.prod(int(part) for part in parts) if all(part.isdigit() for part in parts) else 0


def _protocol(found: list[Measured]) -> str:
    """Describe the protocol in sentences: the data's part, the classifier's fingerprint, the machine of the timings."""
    stated = next((one for one in found if one.at("protocol")), None)
    if stated is None:
        return ""
    machines = dict.fromkeys(str(one.at("machine")) for one in found if one.at("machine"))
    timed = f" Times: the median of several runs after warm-up on {'; '.join(machines)}." if machines else ""
    marks = dict.fromkeys(str(one.at("measured_with", "classifier")) for one in found)
    mixed = " Not all were measured with the same classifier: measure again to compare." if len(marks) > 1 else ""
    return f"On the {str(stated.at('part'))[:8]} part of each set. {str(stated.at('protocol'))[:800]}{timed}{mixed}"
