"""The figures of one classifier as a view of the Classify tab: how it was trained, and how well it decides."""

from __future__ import annotations

from html import escape
from typing import Any

from core.pipelines.models.pipeline import ModelCard
from ui.components.chart_style import Slots
from ui.components.terms import term_line
from ui.models.charts import measured_charts, training_charts

TERMS = term_line(loss="loss", precision="precision", recall="recall", f1="F1", auc="AUC", calibration="calibration")
UNMEASURED = "It has not been measured on pictures that it was not trained on. Its training says how well it does."


def classifier_figures(card: ModelCard) -> dict[str, Any]:
    """A card of the Models tab -> the view; what was not written is left out, with a sentence."""
    slots = Slots()
    training = "".join(slots.place(chart) for chart in training_charts(card.curves))
    measured = "".join(slots.place(chart, wide=wide) for chart, wide in measured_charts(card.measured))
    notes = [card.problem, "" if measured else UNMEASURED]
    parts = [
        f"<h1>{escape(card.title)}</h1>",
        TERMS,
        *(f'<p class="hint">{escape(note)}</p>' for note in notes if note),
        f'<h2>Training</h2><div class="charts">{training}</div>' if training else "",
        f'<h2>Measured on test pictures</h2><div class="charts">{measured}</div>' if measured else "",
    ]
    return slots.view("".join(parts))
