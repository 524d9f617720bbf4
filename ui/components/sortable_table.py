"""Tables of figures that the page sorts by a click on a heading (``assets/shared/sort_table.js``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Column:
    """A heading, what it means in a sentence, the format of its values, and whether its best is its lowest."""

    name: str
    what: str
    form: str
    low: bool = False


@dataclass(frozen=True)
class TableRow:
    """A row's name, its values (None where nothing was measured) and what stands small behind the name."""

    title: str
    values: Sequence[float | None]
    detail: str = ""
    quiet: bool = False  # of another kind than the others: a bound, or without a network


def sortable_table(label: str, first: str, columns: Sequence[Column], rows: Sequence[TableRow]) -> str:
    """The table as HTML, sorted by its first column as long as nobody clicks. Names are escaped."""
    cells = [
        f'<th scope="col"{_LOW if column.low else ""} aria-sort="{_first_order(column) if index == 0 else "none"}">'
        f'<button type="button" title="{escape(column.what)}">{escape(column.name)}</button></th>'
        for index, column in enumerate(columns)
    ]
    head = f'<tr><th scope="col">{escape(first)}</th>{"".join(cells)}</tr>'
    body = "".join(_row(row, columns) for row in rows)
    return (
        f'<div class="table-tools"><button type="button" class="button small" data-table="{escape(label)}" '
        f'aria-label="CSV: {escape(label)} as a file">CSV</button></div>'
        f'<div class="benchmark-scroll" tabindex="0" role="region" aria-label="{escape(label)}">'
        f"<table><thead>{head}</thead><tbody>{body}</tbody></table></div>"
    )


_LOW = ' data-low="1"'


def _first_order(column: Column) -> str:
    return "ascending" if column.low else "descending"


def _row(row: TableRow, columns: Sequence[Column]) -> str:
    title = f"{escape(row.title)}<small>{escape(row.detail)}</small>" if row.detail else escape(row.title)
    cells = "".join(_cell(value, column.form) for value, column in zip(row.values, columns, strict=True))
    return f'<tr{" class=stand-in" if row.quiet else ""}><th scope="row">{title}</th>{cells}</tr>'


def _cell(value: float | None, form: str) -> str:
    if value is None:
        return '<td data-value="">–</td>'
    return f'<td data-value="{value:.9g}">{f"{value:{form}}".replace("-", "−")}</td>'
