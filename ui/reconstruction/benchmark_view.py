"""The Benchmark page of the Reconstruction tab: tables, charts and lists. What comes from a file is escaped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from core.pipelines.reconstruction.types import Benchmarks, Difficulty, Extreme, Row, SetBenchmark
from ui.components.chart_style import ChartJSON, Slots
from ui.components.charts import Bar, Dot, bar_chart, scatter_chart
from ui.components.component import component
from ui.components.sortable_table import Column, TableRow, sortable_table
from ui.components.terms import term_line

COLUMNS: tuple[tuple[str, str, Callable[[Row], float | None], str], ...] = (
    # heading, what it is, value, format
    ("PSNR, dB", "peak signal to noise ratio, higher is closer", lambda row: row.psnr, ".2f"),
    ("SSIM", "structural similarity, higher is closer", lambda row: row.ssim, ".3f"),
    (
        "Embedding",
        "1 − cosine in the classifier's embedding, lower is closer",
        lambda row: row.embedding_distance,
        ".3f",
    ),
    ("Fréchet", "distance of the two sets in that embedding, lower is closer", lambda row: row.frechet, ".2f"),
    ("Latents", "numbers kept of one picture", lambda row: row.values or None, ",.0f"),
    ("Ratio", "numbers of the picture over numbers kept", lambda row: row.ratio, ".1f"),
    ("Parameters, M", "millions of trained numbers", lambda row: row.parameters and row.parameters / 1e6, ".2f"),
    ("Encode, ms", "milliseconds per picture, one at a time, lower is faster", lambda row: row.encode, ".1f"),
    ("Decode, ms", "milliseconds per picture, one at a time, lower is faster", lambda row: row.decode, ".1f"),
    ("Encode ×16", "milliseconds per picture in batches of 16, lower is faster", lambda row: row.encode_16, ".1f"),
    ("Decode ×16", "milliseconds per picture in batches of 16, lower is faster", lambda row: row.decode_16, ".1f"),
)
TERMS = term_line(
    psnr="PSNR", ssim="SSIM", embedding_distance="embedding distance", frechet="Fréchet distance", kl_autoencoder="KL"
)


def benchmark_view(read: Callable[[], Benchmarks]) -> None:
    """Lays the page out. The figures are read when it is opened, so that a new measurement shows without a restart."""
    page = component("benchmark", events=("open",))
    page.open(
        lambda: benchmark_page(read()),
        None,
        [page],
        show_progress="hidden",
        queue=False,
        api_visibility="private",
    )


def benchmark_page(found: Benchmarks) -> dict[str, Any]:
    """The whole page with its charts; the script shows one set and one model at a time, and sorts the tables."""
    slots = Slots()
    return slots.view(_page(found, slots))


def _page(found: Benchmarks, slots: Slots) -> str:
    notes = "".join(f"<li>{escape(note)}</li>" for note in found.notes)
    notes = f'<ul class="benchmark-notes">{notes}</ul>' if notes else ""
    if not found.sets:
        words = "No autoencoder has been measured yet. Measure them with scripts/evaluate.py."
        return f'<div class="benchmark"><h1>Benchmark</h1><p>{words}</p>{notes}</div>'
    buttons = [(one.kind, one.title) for one in found.sets]
    head = f"<header><h1>Benchmark</h1>{_switch('set', 'Pictures', buttons)}</header>"
    sets = "".join(_set(one, slots) for one in found.sets)
    protocol = f'<section><h2>Protocol</h2><p class="benchmark-prose">{escape(found.protocol)}</p></section>'
    return f'<div class="benchmark">{head}{sets}{protocol if found.protocol else ""}{notes}</div>'


def _switch(name: str, label: str, options: Sequence[tuple[str, str]]) -> str:
    """Radio buttons of which the script lets one be chosen; the first is."""
    radios = "".join(
        f'<button type="button" class="state" role="radio" data-{name}="{escape(key)}" '
        f'aria-checked="{str(index == 0).lower()}" tabindex="{0 if index == 0 else -1}">{escape(title)}</button>'
        for index, (key, title) in enumerate(options)
    )
    return f'<div class="states" role="radiogroup" aria-label="{escape(label)}" data-switch="{name}">{radios}</div>'


def _set(one: SetBenchmark, slots: Slots) -> str:
    floor = (
        f" Real training pictures are at Fréchet distance {one.floor:.2f} from them." if one.floor is not None else ""
    )
    lead = f'<p class="hint">{one.pictures:,} test pictures.{floor}</p>{TERMS}'
    text = "".join(f"<li>{escape(sentence)}</li>" for sentence in one.text)
    text = f'<section><h2>What the figures say</h2><ul class="benchmark-prose">{text}</ul></section>' if text else ""
    parts = (lead, _charts(one, slots), _table(one), _hard(one, slots), text)
    return f'<div data-of-set="{escape(one.kind)}">{"".join(parts)}</div>'


def _table(one: SetBenchmark) -> str:
    sized = len({row.picture_size for row in one.rows}) > 1
    columns = [Column(name, what, form, low="lower" in what) for name, what, _, form in COLUMNS]
    rows = [
        TableRow(row.title, [value(row) for _, _, value, _ in COLUMNS], _detail(row, sized), quiet=row.baseline)
        for row in one.rows
    ]
    return sortable_table(f"Reconstruction of {one.title}", "Autoencoder", columns, rows)


def _detail(row: Row, sized: bool) -> str:
    details = [row.latent_size.replace("x", "×") if not row.baseline else "", row.picture_size if sized else ""]
    return ", ".join(each for each in details if each)


def _charts(one: SetBenchmark, slots: Slots) -> str:
    """Quality against size and against time."""
    sizes = [Dot(row.title, row.values, row.psnr, row.baseline) for row in one.rows]
    times = [Dot(row.title, row.milliseconds or 0, row.psnr) for row in one.rows if not row.baseline]
    title, x = "PSNR against numbers kept of a picture", "numbers kept"
    places = slots.place(scatter_chart(sizes, title=title, x=x, y="PSNR, dB"))
    title, x = "PSNR against time there and back", "ms, one picture at a time"
    places += slots.place(scatter_chart(times, title=title, x=x, y="PSNR, dB"))
    return f'<section class="benchmark-charts">{places}</section>'


def _hard(one: SetBenchmark, slots: Slots) -> str:
    if not one.difficulty:
        return ""
    switch = _switch("model", "Autoencoder", [(each.key, each.title) for each in one.difficulty])
    bodies = "".join(
        f'<div class="benchmark-hard" data-of-model="{escape(each.key)}">{_bars(each, slots)}'
        f"{_extremes('Worst', each.worst)}{_extremes('Best', each.best)}</div>"
        for each in one.difficulty
    )
    head = f'<div class="benchmark-line"><h2>What is hard</h2>{switch}</div>'
    return f'<section class="benchmark-what">{head}{bodies}</section>'


def _bars(hard: Difficulty, slots: Slots) -> str:
    if not hard.bars:
        return ""
    lead = (
        f"{escape(hard.difference)}, in dB; the line is one standard error either way. Faint: less than three of them, "
        "which may be chance."
    )
    return f'<div class="benchmark-bars"><p class="hint">{lead}</p>{slots.place(_difference_chart(hard))}</div>'


def _difference_chart(hard: Difficulty) -> ChartJSON:
    bars = [
        Bar(
            bar.label,
            bar.difference,
            bar.error,
            faint=not bar.sure,
            detail=f"standard error {bar.error:.2f} dB, {bar.pictures:,.0f} pictures",
        )
        for bar in hard.bars
    ]
    return bar_chart(bars, title=f"What is hard for the {hard.title}", x="dB", diverging=True)


def _extremes(title: str, rows: Sequence[Extreme]) -> str:
    if not rows:
        return ""
    items = "".join(
        f"<li><strong>{row.psnr:.1f} dB</strong> {escape(', '.join(row.words)) or 'without labels'}</li>"
        for row in rows
    )
    return f'<div class="benchmark-ends"><h3>{title} {len(rows)}</h3><ol>{items}</ol></div>'
