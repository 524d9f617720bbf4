"""The page of measured figures: a table that can be sorted, charts, and a sentence for each figure."""

from __future__ import annotations

from html import escape
from typing import Any

from core.pipelines.compare.figures import FIGURES, Figures
from ui.components.chart_style import Slots
from ui.components.charts import Bar, Dot, bar_chart, scatter_chart
from ui.components.sortable_table import Column, TableRow, sortable_table
from ui.components.terms import term

COLUMNS = (  # in the order of FIGURES
    Column("Fréchet", "distance of the distributions in the classifier's embedding, lower is closer", ".2f", low=True),
    Column("Kernel", "squared maximum mean discrepancy in that embedding, lower is closer", ".4f", low=True),
    Column("Precision", "share of the pictures that look like real ones", ".2f"),
    Column("Recall", "share of real pictures that could have been drawn", ".2f"),
    Column("Diversity", "mean distance of two pictures over that of two real ones, 1 is as varied", ".2f"),
    Column("Attributes", "AUC of the requested attributes, read back by the classifier", ".3f"),
    Column("Nearest", "distance to the nearest training picture over that of real pictures, below 1 is nearer", ".2f"),
    Column("Time, ms", "milliseconds per picture in a request for sixteen", ",.0f", low=True),
)
SENTENCES = (
    (term("frechet", "Fréchet"), "compares mean and spread of all drawn pictures with those of real ones."),
    (term("kernel-distance", "Kernel"), "compares them pair by pair, and does not depend on how many there are."),
    (term("precision-recall", "Precision"), "is the share of drawn pictures that lie among real ones."),
    (term("precision-recall", "Recall"), "is the share of real pictures that lie among drawn ones."),
    (term("diversity", "Diversity"), "is how far two drawn pictures lie apart; two real ones are at 1."),
    (term("auc", "Attributes"), "is how well the classifier tells what was requested from what was not."),
    (
        term("nearest-training-picture", "Nearest"),
        "is below 1 where drawn pictures are nearer to training pictures "
        "than unseen photographs are: a sign of copying.",
    ),
    ("Time", "is that of one picture on the machine that measured."),
)


def figures_page(found: Figures) -> dict[str, Any]:
    """The figures with their charts; where nothing was measured, the command that does."""
    slots = Slots()
    notes = "".join(f"<li>{escape(note)}</li>" for note in found.notes)
    notes = f'<ul class="benchmark-notes">{notes}</ul>' if notes else ""
    if not found.rows:
        return slots.view(f'<div class="benchmark"><h1>Measured figures</h1>{notes}</div>')
    lead = (
        f"Every generator drew {found.pictures:,} faces, one for each test picture with its seed: by that picture's "
        "attributes where it reads some. Bounds are real pictures measured in the same way."
    )
    parts = (f'<p class="hint">{lead}</p>', _charts(found, slots), _table(found), _sentences(), _missing(found))
    how = f'<p class="hint">{escape(found.machine)}. Measured by: <code>{escape(found.command)}</code></p>'
    head = "<header><h1>Measured figures</h1></header>"
    return slots.view(f'<div class="benchmark">{head}{"".join(parts)}{how}{notes}</div>')


def _table(found: Figures) -> str:
    rows = [TableRow(r.title, [r.figures.get(key) for key in FIGURES], quiet=r.bound) for r in found.rows]
    return f"<section>{sortable_table('Figures of the generators', 'Generator', COLUMNS, rows)}</section>"


def _charts(found: Figures, slots: Slots) -> str:
    generated = [row for row in found.rows if not row.bound]
    dots = [Dot(row.title, row.figures.get("milliseconds", 0), row.figures.get("frechet", 0)) for row in generated]
    title, x = "Fréchet distance against time", "ms per picture"
    places = slots.place(scatter_chart(dots, title=title, x=x, y="Fréchet distance", names=("Generators", "")))
    shown = [(row, key) for row in found.rows for key in ("precision", "recall") if key in row.figures]
    bars = [Bar(f"{row.title}, {key}", row.figures[key], faint=row.bound) for row, key in shown]
    places += slots.place(bar_chart(bars, title="Precision and recall", range_x=(0, 1), percent=True))
    return f'<section class="benchmark-charts">{places}</section>'


def _sentences() -> str:
    items = "".join(f"<li><strong>{words}</strong> {sentence}</li>" for words, sentence in SENTENCES)
    return f'<section><h2>What the figures say</h2><ul class="benchmark-prose">{items}</ul></section>'


def _missing(found: Figures) -> str:
    items = "".join(f"<li><strong>{escape(title)}</strong> {escape(problem)}</li>" for title, problem in found.missing)
    return f'<section><h2>Not measured</h2><ul class="benchmark-prose">{items}</ul></section>' if items else ""
