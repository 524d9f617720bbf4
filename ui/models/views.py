"""The views of one model card as HTML. Everything that comes from a file is escaped."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path

from core.pipelines.models.pipeline import Curve, ModelCard, Table, words
from core.reports.charts import Series, line_chart
from core.reports.drawing import PAGE

VALIDATION = "val_"


def heading(card: ModelCard) -> str:
    """One line below a model's name: class, size, bytes; or that it is missing."""
    if card.status == "missing":
        return "Not trained yet"
    parts = [f"{_count(card.parameters)} parameters" if card.parameters else "", _bytes(card.size)]
    return ", ".join(part for part in parts if part) or card.kind


def samples_view(card: ModelCard) -> str:
    """The sample grid as large as the canvas allows."""
    if card.samples is None:
        return _empty("No samples", card.problem, "A model that draws has some once evaluate.py has measured it.")
    return f'<figure class="samples">{_image(card.samples, f"Pictures made by {card.name}")}</figure>'


def curves_view(card: ModelCard) -> str:
    """Small multiples: each logged quantity with its validation beside it; other presets; the facts of the run."""
    if not card.curves and not card.training and card.comparison is None:
        return _empty("No curves yet", card.problem, "They appear here once training has written training.json.")
    charts = "".join(_chart(name, lines) for name, lines in paired(card.curves).items())
    compared = ""
    if card.comparison is not None:
        image = _image(card.comparison, f"Curves and pictures of {card.name} beside those of other presets")
        compared = f'<section class="comparison"><h2>Presets compared</h2>{image}</section>'
    return f'<div class="charts">{charts}</div>{compared}{_facts("Run", card.training)}'


def figures_view(card: ModelCard) -> str:
    """Measured figures as tables, then the configuration."""
    if not card.metrics and not card.config:
        return _empty("No figures yet", card.problem, "They appear here once evaluate.py has written metrics.json.")
    return "".join(_table(table) for table in card.metrics) + _facts("Configuration", card.config)


def paired(curves: dict[str, Curve]) -> dict[str, dict[str, Curve]]:
    """``loss`` and ``val_loss`` share a chart; losses come first."""
    groups: dict[str, dict[str, Curve]] = {}
    for name, curve in curves.items():
        kind = "validation" if name.startswith(VALIDATION) else "training"
        groups.setdefault(name.removeprefix(VALIDATION), {})[kind] = curve
    return dict(sorted(groups.items(), key=lambda item: ("loss" not in item[0], len(item[1]) < 2)))


def _image(path: Path, alt: str) -> str:
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<img alt="{escape(alt)}" src="data:image/{path.suffix[1:]};base64,{data}">'


def _chart(name: str, lines: dict[str, Curve]) -> str:
    colours = {"training": "muted", "validation": "accent"} if len(lines) > 1 else {}
    series = {kind: Series(curve.steps, curve.values, colours.get(kind)) for kind, curve in lines.items()}
    drawing = line_chart(series, title=words(name), width=460, height=220, header=False, x_label="step")
    return f"<figure><figcaption>{escape(words(name))}</figcaption>{drawing.svg(PAGE)}</figure>"


def _table(table: Table) -> str:
    head = "".join(f"<th scope='col'>{escape(column)}</th>" for column in table.columns)
    body = "".join(
        f"<tr><th scope='row'>{escape(row[0])}</th>" + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in table.rows
    )
    title = table.title[:1].upper() + table.title[1:]
    wide = " wide" if len(table.columns) > 2 else ""
    head = f"<thead><tr>{head}</tr></thead>" if wide else ""
    return (
        f'<section><h2>{escape(title)}</h2><table class="figures{wide}">{head}<tbody>{body}</tbody></table></section>'
    )


def _facts(title: str, rows: list[tuple[str, str]]) -> str:
    if not rows:
        return ""
    return _table(Table(title, ["", ""], [[name, value] for name, value in rows]))


def _empty(title: str, problem: str, text: str) -> str:
    """An empty view; where the card has a problem, that already stands above it."""
    text = "" if problem else text
    return f'<div class="empty"><h2>{escape(title)}</h2><p>{escape(text)}</p></div>'


def _count(value: int) -> str:
    return f"{value / 1e6:.1f} million" if value >= 1e6 else f"{value:,}"


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size else ""
