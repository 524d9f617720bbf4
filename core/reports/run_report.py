"""One page of HTML on a folder of checkpoints: samples, curves and figures, with nothing outside of the file."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import plotly.graph_objects as go
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image
from plotly.offline import get_plotlyjs

from core import checkpoints
from core.latents.atlas import Atlas
from core.pipelines.models.pipeline import Rows, flatten
from core.reports.drawing import PAPER, SERIES, paint

TEMPLATES = Path(__file__).parent / "templates"
ORDER = ("classifier", "autoencoder-kl", "autoencoder-cae", "autoencoder-vae", "faces", "clip", "text")
MOST_FIGURES = 60  # rows of one table
MOST_PICTURES = 64  # of a folder
SIDE = 128  # pixels at which a single picture is stored
TRAINED = ("steps", "pictures_seen", "hours", "hardware")


@dataclass(frozen=True)
class ReportedModel:
    """One section of the page. ``pictures`` are data URIs, ``curves`` an HTML fragment that plotly fills."""

    name: str
    trained: Rows
    pictures: Sequence[str]
    curves: str
    figures: Rows


def write_report(root: Path, out: Path, title: str, folders: Mapping[str, Path] | None = None) -> None:
    """Every checkpoint, style and atlas below ``root``, and folders of pictures by their title, as one HTML file.

    Raises ``CheckpointError`` where there is nothing to report.
    """
    models = [reported(folder, root) for folder in _folders(root)]
    if not models:
        raise checkpoints.CheckpointError(f"There is no trained checkpoint in {root}.")
    atlases = {path.name: atlas_picture(path) for path in sorted((root / "atlases").glob("*")) if path.is_dir()}
    drawn = {name: _pictures_of(folder) for name, folder in (folders or {}).items()}
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    page = environment.get_template("report.html").render(
        title=title,
        models=models,
        folders=drawn,
        atlases=atlases,
        hours=sum(_hours(root / model.name) for model in models),
        plotly=get_plotlyjs(),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")


def reported(folder: Path, root: Path) -> ReportedModel:
    """What a checkpoint folder says of its training and its figures."""
    training, metrics = (_read(folder / f"{name}.json") for name in ("training", "metrics"))
    trained = flatten({key: training[key] for key in TRAINED if key in training})
    figures = flatten({key: value for key, value in metrics.items() if key != "command"})[:MOST_FIGURES]
    samples = folder / "samples.webp"
    pictures = [_uri(samples.read_bytes(), "webp")] if samples.is_file() else []
    name = folder.relative_to(root).as_posix()
    return ReportedModel(name, trained, pictures, curve_plot(training.get("curves", {})), figures)


def curve_plot(curves: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """Training curves as one chart, each line switched on and off in the legend; nothing without curves."""
    if not curves:
        return ""
    figure = go.Figure()
    for number, (name, curve) in enumerate(curves.items()):
        colour = paint(SERIES[number % len(SERIES)])
        named = {"name": name.replace("_", " "), "visible": True if "loss" in name else "legendonly"}
        figure.add_scatter(x=curve["steps"], y=curve["values"], mode="lines", line={"color": colour}, **named)
    ink, line = PAPER["ink"], PAPER["line"]
    figure.update_layout(
        height=320,
        margin={"l": 56, "r": 16, "t": 16, "b": 40},
        font={"family": "system-ui, sans-serif", "size": 12, "color": ink},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        xaxis={"title": "step", "gridcolor": line},
        yaxis={"gridcolor": line},
        showlegend=True,
    )
    return figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False, "responsive": True})


def atlas_picture(folder: Path) -> str:
    """The first sheet of an atlas: some hundreds of its thumbnails as one data URI."""
    return _uri(Atlas.open(folder).sheet(0), "webp")


def _folders(root: Path) -> list[Path]:
    """Checkpoints in the order in which they are trained, then styles."""
    known = [root / name for name in ORDER]
    others = sorted(path for path in root.glob("*") if path not in known)
    return [path for path in [*known, *others, *sorted((root / "styles").glob("*"))] if _is_trained(path)]


def _is_trained(folder: Path) -> bool:
    return (folder / "training.json").is_file()


def _hours(folder: Path) -> float:
    return float(_read(folder / "training.json").get("hours", 0) or 0)


def _pictures_of(folder: Path) -> list[str]:
    """The pictures of a folder by name, made small."""
    found = []
    for path in sorted(folder.glob("*.png"))[:MOST_PICTURES]:
        with Image.open(path) as picture:
            small = picture.convert("RGB")
        small.thumbnail((SIDE, SIDE))
        file = io.BytesIO()
        small.save(file, "WEBP", quality=92)
        found.append(_uri(file.getvalue(), "webp"))
    return found


def _read(path: Path) -> dict:
    return checkpoints.read_json(path) if path.is_file() else {}


def _uri(content: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
