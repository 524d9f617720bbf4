"""The views of one model card as HTML with places for charts. Everything that comes from a file is escaped."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path
from typing import Any

from core.pipelines.models.pipeline import ModelCard, Table
from core.pipelines.models.sheets import dark_sheet
from ui.components.chart_style import Slots
from ui.components.terms import term_line
from ui.models.charts import measured_charts, training_charts

OF_CURVES = term_line(loss="loss", learning_rate="learning rate", frechet="Fréchet distance", kl="KL divergence")
OF_FIGURES = term_line(
    auc="AUC", calibration="calibration", frechet="Fréchet distance", psnr="PSNR", ssim="SSIM", guidance="guidance"
)
View = dict[str, Any]  # html with places for charts, and the charts


def heading(card: ModelCard) -> str:
    """One line below a model's name: class, size, bytes; or that it is missing."""
    if card.status == "missing":
        return "Not trained yet"
    parts = [f"{_count(card.parameters)} parameters" if card.parameters else "", _bytes(card.size)]
    return ", ".join(part for part in parts if part) or card.kind


def samples_view(card: ModelCard) -> View:
    """The sample grid as large as the canvas allows."""
    if card.samples is None:
        text = "A model that draws has some once evaluate.py has measured it."
        return plain_view(_empty("No samples", card.problem, text))
    alt = f"Pictures made by {card.name}"
    dark = dark_sheet(card.samples)
    shown = _image(card.samples, alt, "on-light" if dark else "")
    shown += _encoded(dark, "webp", alt, "on-dark") if dark else ""
    return plain_view(f'<figure class="samples">{shown}</figure>')


def summary_view(card: ModelCard) -> str:
    """What it is, what it is good for, and four figures; a missing model says how it is made."""
    what, use, figures = card.summary.what or card.problem, card.summary.use, card.summary.figures
    parts = [f"<h2>{escape(card.title)}</h2>", f"<p>{escape(what)}</p>" if what else ""]
    parts += [f"<h3>Good for</h3><p>{escape(use)}</p>"] if use else []
    rows = "".join(
        f"<div><dt>{escape(one.name)}</dt><dd><strong>{escape(one.value)}</strong> {escape(one.about)}</dd></div>"
        for one in figures
    )
    parts += [f'<h3>In figures</h3><dl class="card-figures">{rows}</dl>'] if rows else []
    return "".join(parts)


def curves_view(card: ModelCard) -> View:
    """Small multiples: each logged quantity with its validation beside it; other presets; its settings."""
    if not card.curves and not card.training and card.comparison is None:
        return plain_view(
            _empty("No curves yet", card.problem, "They appear here once training has written training.json.")
        )
    slots = Slots()
    charts = "".join(slots.place(chart) for chart in training_charts(card.curves))
    compared = ""
    if card.comparison is not None:
        image = _image(card.comparison, f"Curves and pictures of {card.name} beside those of other presets")
        compared = f'<section class="comparison"><h2>Presets compared</h2>{image}</section>'
    return slots.view(f'{OF_CURVES}<div class="charts">{charts}</div>{compared}{_settings("Run", card.training)}')


def figures_view(card: ModelCard) -> View:
    """Measured figures as charts and as tables, then the configuration."""
    if not card.metrics and not card.config and not card.measured:
        return plain_view(
            _empty("No figures yet", card.problem, "They appear here once evaluate.py has written metrics.json.")
        )
    slots = Slots()
    charts = "".join(slots.place(chart, wide=wide) for chart, wide in measured_charts(card.measured))
    charts = f'<div class="charts">{charts}</div>' if charts else ""
    tables = "".join(_table(table) for table in card.metrics)
    return slots.view(OF_FIGURES + charts + tables + _settings("Configuration", card.config))


def plain_view(html: str) -> View:
    """A view without charts."""
    return Slots().view(html)


def _image(path: Path, alt: str, kind: str = "") -> str:
    return _encoded(path.read_bytes(), path.suffix[1:], alt, kind)


def _encoded(content: bytes, form: str, alt: str, kind: str) -> str:
    data = base64.b64encode(content).decode()
    return f'<img class="{kind}" alt="{escape(alt)}" src="data:image/{form};base64,{data}">'


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


def _settings(title: str, rows: list[tuple[str, str]]) -> str:
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
