"""A map as one web page that needs nothing else: plotly.js, points, colours, names and thumbnails are all inside."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.io import to_html

from core.pipelines.latent_map.pipeline import LatentMapPipeline
from core.pipelines.latent_map.whole_map import WholeMap
from ui.components.chart_style import words
from ui.latent_map.requests import PageRequest
from ui.messages import RequestError

SCALES = ("share", "amount", "sign", "category")
MOST_NAMES, MOST_SHEETS = 200, 12 * 2**20  # categories; bytes of thumbnails, a third more as text
FAINT = 0.12  # opacity of what is not selected
UNKNOWN = "#808086"
MARK = "#4e79d8"
GREY = "#8a8a92"  # of words and lines: readable on light and on dark
SHELL = Path(__file__).parents[1] / "assets" / "latent_map" / "web_page.html"
_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True)
class Colours:
    """What the map shows: ``values`` float32 (N,), NaN where nothing is known, and how they are painted.

    Of the scales "category" and "sign" every name has a colour; of the others ``colours`` go from little to much.
    """

    title: str
    scale: str  # one of SCALES
    values: np.ndarray
    names: tuple[str, ...]
    colours: tuple[str, ...]  # #rrggbb
    selected: np.ndarray | None = None  # bool (N,); None: all


def read_colours(value: Any, count: int, rows: tuple[int, ...]) -> Colours:
    """JSON from the page -> :class:`Colours` for ``count`` pictures. Raises :class:`RequestError`."""
    value = value if isinstance(value, dict) else {}
    names, colours = value.get("names", []), value.get("colours", [])
    texts = (value.get("title"), value.get("values"), *(names if isinstance(names, list) else [None]))
    if value.get("scale") not in SCALES or not all(isinstance(text, str) for text in texts):
        raise RequestError("The page sent colours that are none. Reload the page.")
    if not isinstance(colours, list) or not all(isinstance(one, str) and _COLOUR.fullmatch(one) for one in colours):
        raise RequestError("The page sent colours that are none. Reload the page.")
    if len(names) > MOST_NAMES or not 1 <= len(colours) <= MOST_NAMES or len(value["values"]) > 8 * count + 64:
        raise RequestError("This map has too many colours to be kept as a web page.")
    try:
        values = np.frombuffer(base64.b64decode(value["values"], validate=True), "<f4")
    except ValueError:
        values = np.empty(0, np.float32)
    if len(values) != count or any(row >= count for row in rows):
        raise RequestError("The colours belong to other pictures. Try again.")
    selected = np.isin(np.arange(count), rows) if rows else None
    kept = tuple(name[:60] for name in names)
    return Colours(value["title"][:80], value["scale"], values, kept, tuple(colours), selected)


def web_page(latent_map: LatentMapPipeline, request: PageRequest) -> str:
    """The whole page as HTML. Raises :class:`RequestError`, ``LatentMapError`` or ``AtlasError``."""
    found = latent_map.whole(request.atlas, request.space, request.projection, MOST_SHEETS)
    shown = read_colours(request.colours, len(found.places), request.rows)
    figure = map_figure(found, shown)
    settings = {"displaylogo": False, "showSendToCloud": False, "responsive": True, "scrollZoom": True}
    chart = to_html(
        figure, config=settings, include_plotlyjs=True, full_html=False, div_id="map", default_height="100%"
    )
    uris = [f"data:image/webp;base64,{base64.b64encode(sheet).decode('ascii')}" for sheet in found.sheets]
    metadata = {"names": found.names, "sheets": uris, "tile": found.tile, "columns": found.columns}
    heading = f"{found.title}: {found.space}, {found.projection}"
    note = f"{len(found.places):,} pictures, coloured by {shown.title}."
    if (lacking := len(found.places) - len(found.sheets) * found.columns**2) > 0:
        note += f" The last {lacking:,} have no thumbnails here, to keep the file small."
    parts = {"TITLE": escape(heading), "NOTE": escape(note), "MAP": _script_json(metadata), "CHART": chart}
    return re.sub(r"__([A-Z]+)__", lambda match: parts[match[1]], SHELL.read_text(encoding="utf-8"))


def map_figure(found: WholeMap, shown: Colours) -> go.Figure:
    """One trace for each category, or a single one with a scale of colours; what is not selected is faint."""
    traces = []
    for members, name, paint in _groups(shown):
        for rows, opacity in _by_selection(members, shown.selected):
            if len(rows):
                legend = {"name": words(name), "legendgroup": name, "showlegend": opacity == 1 and name != ""}
                traces.append(_trace(found.places[rows], rows, {**paint(rows), "opacity": opacity}, legend))
    axis = {"visible": False, "showspikes": False}
    layout = go.Layout(
        template=None,
        margin={"l": 16, "r": 16, "t": 40, "b": 16},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": GREY, "family": "system-ui, sans-serif", "size": 12},
        legend={"title": {"text": words(shown.title)}, "itemsizing": "constant"},
        hovermode="closest",
        dragmode="pan",
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": GREY, "activecolor": MARK},
        xaxis=axis,
        yaxis={**axis, "scaleanchor": "x"},
        scene={"xaxis": axis, "yaxis": axis, "zaxis": axis, "bgcolor": "rgba(0,0,0,0)"},
    )
    return go.Figure(traces, layout)


def _groups(shown: Colours):
    """(rows, name in the legend, rows -> marker) of every trace."""
    values = shown.values
    if shown.scale in ("category", "sign"):
        for index, name in enumerate(shown.names):
            value = index if shown.scale == "category" else 1 - index  # yes, unspecified, no
            colour = shown.colours[index % len(shown.colours)]
            yield np.flatnonzero(values == value), name, lambda rows, colour=colour: {"color": colour}
        known = values >= 0 if shown.scale == "category" else ~np.isnan(values)
        other = "In no cluster" if shown.scale == "category" else "Not known"
        yield np.flatnonzero(~known), other, lambda rows: {"color": UNKNOWN}
        return
    known = np.flatnonzero(~np.isnan(values))
    low, high = (0.0, 1.0) if shown.scale == "share" else _range(values[known])
    colours = shown.colours if len(shown.colours) > 1 else 2 * shown.colours
    stops = [[index / (len(colours) - 1), colour] for index, colour in enumerate(colours)]
    bar = {"title": {"text": words(shown.title)}, "thickness": 10, "outlinewidth": 0, "len": 0.5}
    bar["tickformat"] = ".0%" if shown.scale == "share" else ".3~g"
    scale = {"colorscale": stops, "cmin": low, "cmax": high, "showscale": True, "colorbar": bar}
    yield known, "", lambda rows: {"color": [round(float(value), 4) for value in values[rows]], **scale}
    yield np.flatnonzero(np.isnan(values)), "Not known", lambda rows: {"color": UNKNOWN}


def _by_selection(members: np.ndarray, selected: np.ndarray | None) -> list[tuple[np.ndarray, float]]:
    """What is selected, and the rest with its opacity."""
    if selected is None:
        return [(members, 1.0)]
    inside = selected[members]
    return [(members[~inside], FAINT), (members[inside], 1.0)]


def _trace(places: np.ndarray, rows: np.ndarray, marker: dict, legend: dict) -> go.Scattergl | go.Scatter3d:
    x, y = (places[:, axis].astype(float).round(4).tolist() for axis in (0, 1))
    common = {"x": x, "y": y, "customdata": rows.tolist(), "mode": "markers", "hoverinfo": "none", **legend}
    if places.shape[1] == 3:
        z = places[:, 2].astype(float).round(4).tolist()
        return go.Scatter3d(**common, z=z, marker={"size": 3, **marker})
    return go.Scattergl(**common, marker={"size": 6, **marker})


def _range(values: np.ndarray) -> tuple[float, float]:
    """As on the map: without the outermost hundredth, so that one odd picture does not make all others alike."""
    if not len(values):
        return 0.0, 1.0
    low, high = (float(each) for each in np.quantile(values, (0.01, 0.99)))
    return (low, high) if high > low else (low, low + 1)


def _script_json(value: Any) -> str:
    """JSON that cannot end the script that it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text
