"""The charts of the Models tab: training curves and measured figures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from core.pipelines.models.measured import F1, Matrix, Measured, Reliability
from core.pipelines.models.pipeline import Curve, words
from ui.components.chart_style import ACCENT, MUTED, ChartJSON
from ui.components.charts import Bar, Line, bar_chart, line_chart, matrix_chart
from ui.components.dot_chart import dot_chart

VALIDATION = "val_"
SPREAD = 30  # times the least value


def paired(curves: Mapping[str, Curve]) -> dict[str, dict[str, Curve]]:
    """``loss`` and ``val_loss`` share a chart; losses come first."""
    groups: dict[str, dict[str, Curve]] = {}
    for name, curve in curves.items():
        kind = "validation" if name.startswith(VALIDATION) else "training"
        groups.setdefault(name.removeprefix(VALIDATION), {})[kind] = curve
    return dict(sorted(groups.items(), key=lambda item: ("loss" not in item[0], len(item[1]) < 2)))


def training_charts(curves: Mapping[str, Curve]) -> Iterator[ChartJSON]:
    """One chart for each logged quantity, its validation beside it."""
    for name, kinds in paired(curves).items():
        lines = [
            Line(
                kind.capitalize(), curve.steps, curve.values, MUTED if kind == "training" and len(kinds) > 1 else ACCENT
            )
            for kind, curve in kinds.items()
        ]
        yield line_chart(lines, title=_sentence(words(name)), x="step", height=220, logarithmic=_spread(kinds.values()))


def _spread(curves: Iterable[Curve]) -> bool:
    """Whether values fall so far that on a plain axis their end would be a flat line."""
    values = [value for curve in curves for value in curve.values if math.isfinite(value)]
    return bool(values) and min(values) > 0 and max(values) > SPREAD * min(values)


def measured_charts(found: Measured) -> Iterator[tuple[ChartJSON, bool]]:
    """Charts of what was measured, and whether each needs the whole width."""
    if found.calibration:
        yield _calibration(found.calibration), False
    decided = found.f1 or {}  # classes are fewer than attributes: as high as the chart beside them
    for what in ("classes", "attributes"):
        if what in decided:
            yield _f1(what, decided[what]), False
    if found.auc:
        yield (
            _by_attribute(found.auc, "AUC of each attribute", "area under the ROC curve; 0.5 is chance", low=0.4),
            False,
        )
    if found.balance:
        title = "Balance of the attributes"
        yield _by_attribute(found.balance, title, "share of the test pictures that have it", percent=True), False
    if found.confusion:
        yield _confusion(found.confusion), True
    if found.cooccurrence:
        names = [words(name) for name in found.cooccurrence.names]
        title, what = "Attributes that come together", "correlation"
        yield matrix_chart(names, names, found.cooccurrence.values, title=title, what=what, diverging=True), True


def _f1(what: str, found: Mapping[str, F1]) -> ChartJSON:
    """F1 of each attribute or class, its precision and its recall, the best at the top."""
    ordered = sorted(found.items(), key=lambda row: -row[1].value)
    series = {
        "F1": [one.value for _, one in ordered],
        "Precision": [one.precision for _, one in ordered],
        "Recall": [one.recall for _, one in ordered],
    }
    title = "F1, precision and recall of each " + {"attributes": "attribute", "classes": "class"}[what]
    rows = [_sentence(words(name)) for name, _ in ordered]
    return dot_chart(rows, series, title=title, x="F1 is their harmonic mean", range_x=(0.0, 1.0))


def _by_attribute(
    values: Mapping[str, float], title: str, x: str, *, percent: bool = False, low: float = 0.0
) -> ChartJSON:
    bars = [Bar(words(name), value) for name, value in sorted(values.items(), key=lambda row: -row[1])]
    least = min(low, *values.values()) if low else 0.0
    return bar_chart(bars, title=title, x=x, percent=percent, reference=0.5, range_x=(least, 1.0))


def _calibration(found: Mapping[str, Reliability]) -> ChartJSON:
    """Predicted probability against the share that is present: a calibrated classifier lies on the diagonal."""
    lines = [Line("Calibrated", (0.0, 1.0), (0.0, 1.0), MUTED, dashed=True)]
    lines += [Line(_sentence(name), one.probability, one.share, dots=True) for name, one in found.items()]
    axes = {"x": "probability that is said", "y": "share that is so"}
    return line_chart(lines, title="Calibration", **axes, height=360, range_y=(-0.02, 1.02))


def _confusion(found: Matrix) -> ChartJSON:
    """Shares of each true class, with the number of pictures under the pointer."""
    names = [_sentence(words(name)) for name in found.names]
    totals = [sum(row) or 1.0 for row in found.values]
    shares = [[value / total for value in row] for row, total in zip(found.values, totals, strict=True)]
    details = [
        [f"{value:,.0f} of {total:,.0f} pictures" for value in row]
        for row, total in zip(found.values, totals, strict=True)
    ]
    title = "Confusion of the classes"
    settings = {"what": "share of the true class", "x": "Taken for", "y": "True class"}
    return matrix_chart(names, names, shares, title=title, **settings, percent=True, details=details)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
