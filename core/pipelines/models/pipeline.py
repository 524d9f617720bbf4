"""The index of checkpoints: what each one is, how it was trained, what was measured, and how it is built.

Every file of a checkpoint folder is optional here. A missing or broken one becomes a sentence on its card; the others
are shown all the same.
"""

from __future__ import annotations

import json
import math
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from safetensors import SafetensorError, safe_open

from core import attributes, checkpoints
from core.pipelines.models.measured import CHARTED, Measured, read_measured
from core.pipelines.models.parts import Diagram, draw
from core.pipelines.models.summary import Summary, summarise

TEXT_LIMIT, JSON_LIMIT, PICTURE_LIMIT = 64_000, 8_000_000, 16_000_000  # characters, bytes, bytes
RUNNING = ("running_mean", "running_var", "num_batches_tracked")  # kept beside the weights, not trained
COLLECTIONS = ("atlases", "styles")  # folders of folders
PRIOR, STYLES = "text/prior", "styles"

ACRONYMS = {"auc", "cae", "vae", "kl", "l1", "psnr", "ssim", "mse", "ema", "cpu", "gpu", "db", "lr"}

Rows = list[tuple[str, str]]


@dataclass(frozen=True)
class Curve:
    """One logged quantity of a training run over its steps."""

    steps: list[float]
    values: list[float]


@dataclass(frozen=True)
class Table:
    """Measured figures that belong together; every row as long as ``columns``."""

    title: str
    columns: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class ModelCard:
    """Everything a page shows of one checkpoint. ``status`` is present, missing or damaged."""

    name: str
    title: str
    status: str
    problem: str = ""  # one sentence where the status is not "present"
    notes: tuple[str, ...] = ()  # sentences on single files that could not be read
    text: str = ""  # the model card, Markdown
    summary: Summary = field(default_factory=Summary)
    kind: str = ""  # class name in config.json
    config: Rows = field(default_factory=list)
    training: Rows = field(default_factory=list)
    metrics: list[Table] = field(default_factory=list)
    measured: Measured = field(default_factory=lambda: read_measured({}))  # figures that are drawn
    curves: dict[str, Curve] = field(default_factory=dict)
    samples: Path | None = None
    comparison: Path | None = None  # other presets beside this one
    parameters: int = 0
    size: int = 0  # bytes of the weights


class CheckpointIndex:
    """Reads checkpoint folders; loads weights only to draw an architecture, once. Safe from several threads."""

    def __init__(self, root: str | Path | None = None) -> None:
        self.root = Path(root) if root is not None else checkpoints.root()
        self._diagrams: dict[tuple[str, int], tuple[Diagram, ...]] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Known checkpoints in the order they are made, then all others that lie there, by name.

        A folder of checkpoints in another size gives each of them: ``128px/classifier``. The last ones are the text
        model's prior and the styles.
        """
        found = []
        for name in _folders(self.root):
            inside = [] if checkpoints.description(self.root / name).is_file() else _folders(self.root / name)
            inside = [other for other in inside if checkpoints.description(self.root / name / other).is_file()]
            found += [f"{name}/{other}" for other in inside] or [name]
        others = [name for name in found if name not in checkpoints.COMMANDS]
        parts = [PRIOR, *(f"{STYLES}/{name}" for name in _folders(self.root / STYLES))]
        parts = [name for name in parts if checkpoints.description(self.root / name).is_file()]
        return [*checkpoints.COMMANDS, *others, *parts]

    def card(self, name: str) -> ModelCard:
        """The card of one of :meth:`names`; any other name raises ``KeyError``."""
        if name not in self.names():
            raise KeyError(name)
        folder = self.root / name
        missing = checkpoints.missing(folder)
        if missing and not folder.is_dir():
            return ModelCard(name, _title(name, ""), "missing", missing)
        notes: list[str] = []
        config, metrics, training = (
            _json(path, notes)
            for path in (checkpoints.description(folder), folder / "metrics.json", folder / "training.json")
        )
        parameters, size, damage = _weights(folder)
        curves = _curves(training.get("curves"), notes)
        samples, comparison = (_picture(folder / file, notes) for file in (checkpoints.SAMPLES, "comparison.png"))
        text = _text(folder / "README.md")
        kind = str(config.get("_class_name") or "".join(config.get("architectures") or ()))
        return ModelCard(
            name=name,
            title=_title(name, text),
            status="missing" if missing else "damaged" if damage else "present",
            problem=missing or damage,
            notes=tuple(notes),
            text=text,
            summary=summarise(text, kind, metrics, training, parameters),
            kind=kind,
            config=flatten({key: value for key, value in config.items() if not key.startswith("_")}),
            training=flatten({key: value for key, value in training.items() if key != "curves"}),
            metrics=tables({key: value for key, value in metrics.items() if key not in CHARTED}),
            measured=read_measured(metrics),
            curves=curves,
            samples=samples,
            comparison=comparison,
            parameters=parameters,
            size=size,
        )

    def architectures(self, name: str) -> tuple[Diagram, ...]:
        """The diagrams of a checkpoint's networks, traced from the loaded modules the first time they are requested:
        one, or each part of a pipeline.
        """
        if name not in self.names():
            raise KeyError(name)
        weights = checkpoints.weights(self.root / name)
        key = (name, weights.stat().st_mtime_ns if weights.is_file() else 0)
        with self._lock:
            if key not in self._diagrams:
                self._diagrams[key] = draw(self.root / name)
            return self._diagrams[key]


def flatten(values: dict, prefix: str = "") -> Rows:
    """Nested JSON -> (path, text) rows; long lists are cut."""
    rows: Rows = []
    for key, value in values.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            rows += flatten(value, f"{path} / ")
        else:
            rows.append((words(path), show(value)))
    return rows


def tables(values: dict, title: str = "Figures") -> list[Table]:
    """Nested JSON -> tables: rows of equal keys become one wide table, single values a two-column one."""
    single = {key: value for key, value in values.items() if not isinstance(value, dict)}
    found = []
    if single:
        found.append(Table(title, ["", "value"], [[words(key), show(value)] for key, value in single.items()]))
    for key, value in values.items():
        if not isinstance(value, dict) or not value:
            continue
        name = words(key) if title == "Figures" else f"{title} / {words(key)}"
        inner = [row for row in value.values() if isinstance(row, dict) and row]
        flat = all(not isinstance(cell, dict) for row in inner for cell in row.values())
        if len(inner) == len(value) and flat and len(inner) > 1 and set(inner[0]) >= set().union(*inner[1:]):
            columns = list(inner[0])
            rows = [[words(label), *(show(row.get(column, "")) for column in columns)] for label, row in value.items()]
            found.append(Table(name, ["", *(words(column) for column in columns)], rows))
        else:
            found += tables(value, name)
    return found


def words(key: str) -> str:
    """A JSON key as a person reads it: ``val_auc`` is "val AUC", ``5_o_Clock_Shadow`` "5 o'clock shadow"."""
    if key in attributes.INDEX:
        return attributes.label(key)
    return " ".join(
        word.upper() if word.lower() in ACRONYMS else word for word in str(key).replace("_", " ").split(" ")
    )


def show(value: object) -> str:
    """A JSON value as a person reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        if not math.isfinite(value):
            return "not measured"
        return f"{value:.3f}" if 0.01 <= abs(value) < 100 else f"{value:.4g}"
    if isinstance(value, list):
        shown = ", ".join(show(item) for item in value[:8])
        return f"{shown} … ({len(value)})" if len(value) > 8 else shown
    return "" if value is None else str(value)[:400]


def _json(path: Path, notes: list[str]) -> dict:
    """A JSON object, or an empty one with a sentence in ``notes``."""
    if not path.is_file():
        notes.append(f"{path.name} is missing.")
        return {}
    try:
        if path.stat().st_size > JSON_LIMIT:
            raise ValueError("it is too large")
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError("it is not an object")
    except (OSError, ValueError, RecursionError) as error:
        notes.append(f"{path.name} cannot be read: {str(error)[:120]}.")
        return {}
    return content


def _text(path: Path) -> str:
    """A model card without its front matter and pictures, cut to a bounded length."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(TEXT_LIMIT)
    except OSError:
        return ""
    text = re.sub(r"\A---\n.*?\n---\n", "", text, count=1, flags=re.DOTALL)
    return re.sub(
        r"!\[[^\]]*\]\([^)]*\)\n?", "", text
    ).strip()  # the page shows its own, and fetches none from elsewhere


def _folders(root: Path) -> list[str]:
    found = [path.name for path in root.iterdir() if path.is_dir()] if root.is_dir() else []
    return sorted(name for name in found if name not in COLLECTIONS and not name.startswith("."))


def _title(name: str, text: str) -> str:
    heading = re.search(r"^#\s+(.+)$", text, flags=re.MULTILINE)
    folder, _, own = name.rpartition("/")
    size = f", {folder}" if folder and name != PRIOR and folder != STYLES else ""
    return (heading.group(1).strip()[:80] if heading else words(own.replace("-", " ").capitalize())) + size


def _weights(folder: Path) -> tuple[int, int, str]:
    """Trained values, bytes, and a sentence where the file is cut short; reads the header alone."""
    path = checkpoints.weights(folder)
    if not path.is_file():
        return 0, 0, ""
    size = path.stat().st_size
    try:
        with safe_open(path, framework="np") as file:
            shapes = [file.get_slice(key).get_shape() for key in file.keys() if not key.endswith(RUNNING)]  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        return 0, size, f"The weights of {folder.name!r} are damaged or cut short ({error}). Copy or train them again."
    return sum(math.prod(shape) for shape in shapes), size, ""


def _curves(found: object, notes: list[str]) -> dict[str, Curve]:
    """Curves whose steps and values are numbers; the others are named in ``notes``."""
    curves = {}
    for name, curve in found.items() if isinstance(found, dict) else ():
        try:
            steps, values = ([float(number) for number in curve[key]] for key in ("steps", "values"))
        except (KeyError, TypeError, ValueError):
            notes.append(f"training.json: the curve {str(name)[:40]!r} is not a list of steps and values.")
            continue
        if steps and len(steps) == len(values):
            curves[str(name)[:40]] = Curve(steps, values)
    return curves


def _picture(path: Path, notes: list[str]) -> Path | None:
    """The picture where it opens and is of reasonable size."""
    if not path.is_file():
        return None
    try:
        with Image.open(path) as image:
            image.verify()
        if path.stat().st_size > PICTURE_LIMIT:
            raise ValueError("it is too large")
    except Exception as error:  # pillow raises many kinds for a broken file
        notes.append(f"{path.name} cannot be shown: {str(error)[:120]}.")
        return None
    return path
