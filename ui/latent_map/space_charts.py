"""Charts of the spaces of an atlas: variance, silhouette, and which number of clusters fits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

from core.pipelines.latent_map.types import CountChoice
from core.pipelines.latent_map.whole_map import SpaceStructure
from ui.components.chart_style import ChartJSON
from ui.components.charts import Bar, Line, bar_chart, line_chart


def space_charts(found: Sequence[SpaceStructure]) -> list[ChartJSON]:
    """Cumulative variance of the principal components of every space, and the silhouette of its clusters."""
    lines = [
        Line(one.title, range(1, len(one.variance) + 1), [min(1.0, share) for share in accumulate(one.variance)])
        for one in found
    ]
    charts = [
        line_chart(
            lines, title="Variance held", x="first principal components", percent=True, height=260, range_y=(0, 1)
        )
    ]
    bars = [
        Bar(one.title, one.silhouette, detail=f"{one.clusters} k-means clusters")
        for one in found
        if math.isfinite(one.silhouette)
    ]
    if bars:
        bars.sort(key=lambda bar: -bar.value)
        charts.append(bar_chart(bars, title="Silhouette of the clusters", x="mean silhouette", ticks=4))
    return charts


def count_charts(found: CountChoice) -> list[ChartJSON]:
    """Silhouette and elbow over the number of clusters."""
    return [
        line_chart([Line(title, found.counts, values, dots=True)], title=title, x="clusters", height=150)
        for title, values in (("Silhouette", found.silhouettes), ("Elbow", found.elbow))
    ]
