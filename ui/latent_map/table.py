"""A map as a table: where each picture lies, whether it is selected, and what it is coloured by."""

from __future__ import annotations

import csv
import io
import math

from core.pipelines.latent_map.pipeline import LatentMapPipeline
from ui.latent_map.requests import PageRequest
from ui.latent_map.web_page import Colours, read_colours

AXES = ("x", "y", "z")


def map_table(latent_map: LatentMapPipeline, request: PageRequest) -> str:
    """CSV with a row for each picture of the atlas. Raises ``RequestError``, ``LatentMapError`` or ``AtlasError``."""
    found = latent_map.whole(request.atlas, request.space, request.projection, 0)
    shown = read_colours(request.colours, len(found.places), request.rows)
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["picture", "name", *AXES[: found.places.shape[1]], "selected", _safe(shown.title)])
    for row, place in enumerate(found.places):
        selected = "" if shown.selected is None else int(shown.selected[row])
        places = (f"{float(value):.9g}" for value in place)  # as many digits as a float32 has
        table.writerow([row, _safe(found.names[row]), *places, selected, _value(shown, row)])
    return file.getvalue()


def _value(shown: Colours, row: int) -> str:
    value = float(shown.values[row])
    if math.isnan(value):
        return ""
    if shown.scale == "category":
        return _safe(shown.names[int(value)]) if 0 <= value < len(shown.names) else ""
    return f"{value:.6g}"


def _safe(text: str) -> str:
    """Text that a spreadsheet would take for a formula is marked as text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
