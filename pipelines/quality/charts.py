"""Draw a series as SVG that stands in a page without any script.

One picture serves light and dark pages: its ground is transparent and its colours hold on both.
Altair describes the chart, Vega draws it, both only when a chart is asked for: they take a second.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_INK, _GRID, _FILL = "#7d8794", "#8a94a233", "#4a86c5"
_WIDTH, _HEIGHT = 300, 150
_MOST_LABELS = 8


@dataclass(frozen=True, slots=True)
class Series:
    """Values in order, each with its label."""

    title: str
    unit: str
    """What the axis counts, such as `USD` or `%`."""
    points: Sequence[tuple[str, float]]
    is_fraction: bool = False
    is_line: bool = False


def draw(series: Series) -> str:
    """The series as an `<svg>` element; bars, or a line for many points."""
    import altair as alt
    import vl_convert

    values: list[dict[str, Any]] = [
        {"label": label, "value": value} for label, value in series.points
    ]
    every = -(-len(values) // _MOST_LABELS)
    shown = [point["label"] for point in values][::-every][::-1]
    chart = alt.Chart(alt.Data(values=values))
    marks = (
        chart.mark_area(line={"color": _FILL}, color=_FILL, opacity=0.35)
        if series.is_line
        else chart.mark_bar(color=_FILL, cornerRadiusEnd=2)
    )
    drawn = (
        marks.encode(
            x=alt.X(
                "label:O",
                sort=None,
                title=None,
                axis=alt.Axis(values=shown, labelAngle=0, labelOverlap=True),
            ),
            y=alt.Y(
                "value:Q",
                title=None,
                axis=alt.Axis(format=".0%" if series.is_fraction else "~s", tickCount=4),
            ),
        )
        .properties(width=_WIDTH, height=_HEIGHT, background="transparent")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=_INK, domainColor=_INK, tickColor=_INK, gridColor=_GRID, labelFontSize=11
        )
    )
    svg = str(vl_convert.vegalite_to_svg(drawn.to_dict()))
    # As wide as its box; the picture is for the eye, the table beside it for everybody else.
    return re.sub(r"<svg ", '<svg aria-hidden="true" ', svg, count=1)
