"""The view "Whose faces are these?" of the Models tab: the data's balance, who is drawn, and what drags what along."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from core import attributes
from core.pipelines.models.bias import Bias, read_bias
from ui.components.chart_style import Slots
from ui.components.component import component
from ui.components.terms import term
from ui.models.bias_charts import LABELS, amplified_chart, drag_chart, pairs, shares_chart, together_chart

FIRST = ("Male", "Young", "Gray_Hair", "Eyeglasses")  # named before the charts
LISTED = 8  # pairs in the table

_OPENING = (
    "The labels are opinions: somebody looked at each photograph and ticked words such as Attractive or Male. The page "
    "repeats the words and does not vouch for them. Click a dot, a cell or a pair, and the map shows the drawn faces "
    "that the classifier reads so."
)
_JUDGE = (
    "Drawn faces have no labels, so the classifier reads them, and it errs. What it reads on real photographs stands "
    "beside: only what differs from that is the generator’s doing."
)
_DRAGS = (
    "Each row is requested alone, once present and once absent, on the same seeds. A cell says how much surer the "
    "classifier is of the column then. The diagonal is the request itself; everything beside it comes unrequested."
)
_AMPLIFIED = (
    "On the dotted line a request changes as much as the labels differ in the data. Farther up or down the generator "
    "exaggerates; nearer to the middle it keeps two attributes apart that come together in the data, or the classifier "
    "does not see them."
)


def bias_section(root: Path) -> None:
    """Lay the section out. Nothing is read before it is opened."""

    def bias(_: Any = None) -> dict[str, Any]:
        """Server function: the view."""
        return bias_view(read_bias(root))

    component("models-bias", functions=[bias])


def bias_view(bias: Bias) -> dict[str, Any]:
    """HTML with places for charts, and the charts."""
    slots = Slots()
    parts = ["<h1>Whose faces are these?</h1>"]
    if bias.data is not None:
        parts += [_tiles(bias), f"<p>{_OPENING}</p>"]
    if bias.problem:
        parts.append(f'<p class="problem" role="status">{escape(bias.problem)}</p>')
    if bias.data is not None:
        parts += [_shares(bias, slots), _together(bias, slots)]
    if bias.generator is not None:
        parts += [_drags(bias, slots), _origin(bias)]
    return slots.view("".join(parts))


def _tiles(bias: Bias) -> str:
    return f'<dl class="bias-tiles">{"".join(_tile(bias, name) for name in FIRST)}</dl>'


def _tile(bias: Bias, name: str) -> str:
    at = attributes.INDEX[name]
    labelled = f"{bias.data.present[at]:.0%} of the data"
    large, small = labelled, ""
    if bias.generator is not None:
        large, small = f"{bias.generator.drawn[at]:.0%} of drawn faces", labelled
    number, _, rest = large.partition(" ")
    detail = f"<small>{escape(small)}</small>" if small else ""
    return (
        f"<div><dt>{escape(attributes.label(name))}</dt><dd><strong>{number}</strong> {escape(rest)}{detail}</dd></div>"
    )


def _shares(bias: Bias, slots: Slots) -> str:
    pictures = f"{bias.data.pictures:,} training pictures are labelled"
    drawn = ""
    if bias.generator is not None:
        drawn = f", and {bias.generator.faces:,} faces were drawn with nothing requested. {_JUDGE}"
    title = "Who is there, and who is drawn when nothing is asked"
    return _section(title, pictures + (drawn or "."), slots.place(shares_chart(bias)))


def _together(bias: Bias, slots: Slots) -> str:
    words = "What comes together in the data is what a network learns as one thing."
    return _section("What comes together in the data", words, slots.place(together_chart(bias.data)))


def _section(title: str, words: str, *content: str) -> str:
    return f"<section><h2>{title}</h2><p>{words}</p>{''.join(content)}</section>"


def _drags(bias: Bias, slots: Slots) -> str:
    title = f"What each attribute drags along: {term('entanglement', 'entanglement')}"
    matrix, scatter = slots.place(drag_chart(bias.generator)), slots.place(amplified_chart(bias))
    return _section(title, _DRAGS, matrix) + _section("More than the data?", _AMPLIFIED, _table(bias), scatter)


def _table(bias: Bias) -> str:
    """The pairs that are farthest from what the data have, each with a way to its faces."""
    head = "".join(f'<th scope="col">{words}</th>' for words in ("Requested", "Read", "In the data", "Drawn", ""))
    rows = "".join(_row(bias, pair) for pair in pairs(bias)[:LISTED])
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    name = "Pairs farthest from the data"
    return f'<div class="bias-table" tabindex="0" role="region" aria-label="{name}">{table}</div>'


def _row(bias: Bias, pair: tuple[int, int]) -> str:
    first, second = (escape(LABELS[at]) for at in pair)
    data, drawn = bias.data.difference[pair], bias.generator.difference[pair]
    search = escape(f"{LABELS[pair[0]]} and {LABELS[pair[1]]}".lower())
    named = f'class="text-button" data-search="{search}" aria-label="Faces: {search}"'
    cells = (second, f"{data:+.2f}", f"{drawn:+.2f}", f'<button type="button" {named}>Faces</button>')
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _origin(bias: Bias) -> str:
    found = bias.generator
    weights = ", ".join(f"{escape(part)} <code>{escape(mark)}</code>" for part, mark in found.weights.items())
    return (
        f'<p class="hint">Measured on the weights {weights}: {found.faces:,} faces with nothing requested and '
        f"{found.each} for each attribute, present and absent. <code>{escape(found.command)}</code></p>"
    )
