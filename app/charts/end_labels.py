"""Names of curves written at their right ends, instead of in a legend."""

from collections.abc import Sequence
from math import log10
from typing import NamedTuple

import plotly.graph_objects as go

MOST = 8  # curves; beyond, the legend is easier to read
LONGEST = 28  # characters
HEIGHT = 310  # pixels of a plot area, Streamlit's default height less the margins
GAP = 17  # pixels between two lines of text


class End(NamedTuple):
    """Where a curve ends, and its name."""

    x: float
    y: float
    name: str
    colour: str


def shortened(names: Sequence[str], longest: int = LONGEST) -> dict[str, str]:
    """Each name with its middle left out where it is long; numbered where they would be alike."""
    short = {name: middle_out(name, longest) for name in names}
    alike = {text for text in short.values() if list(short.values()).count(text) > 1}
    return {
        name: middle_out(f"{place} {name}", longest) if text in alike else text
        for place, (name, text) in enumerate(short.items(), 1)
    }


def middle_out(text: str, longest: int) -> str:
    """The text, or its beginning and its end with an ellipsis between them."""
    if len(text) <= longest:
        return text
    tail = (longest - 1) // 2
    return f"{text[: longest - 1 - tail]}…{text[-tail:]}"


def with_end_labels(figure: go.Figure) -> go.Figure:
    """The figure with the curves' names at their ends where they fit, else with a legend.

    The names stand in a column at the right edge, but where curves end at different x each stands
    at its own end.
    """
    found = (end for trace in figure.data if (end := curve_end(trace)))
    ends = sorted(found, key=lambda end: end.y)
    if not ends or len(ends) > MOST or max(len(end.name) for end in ends) > LONGEST:
        return figure
    alike = len({end.x for end in ends}) == 1
    raised = shifts([end.y for end in ends], top(figure))
    if HEIGHT * ends[0].y / top(figure) + raised[0] < -GAP:  # the lowest would be below the axis
        return figure
    for end, shift in zip(ends, raised, strict=True):
        place = {"x": 1, "xref": "paper"} if alike else {"x": along(figure, end.x), "xref": "x"}
        figure.add_annotation(
            **place, y=end.y, yshift=shift, xshift=4 if alike else 7, text=end.name,
            showarrow=False, xanchor="left", font={"color": end.colour, "size": 13},
        )  # fmt: skip
    longest = max(len(end.name) for end in ends)
    figure.update_layout(showlegend=False, margin_r=24 + 8 * longest)
    return figure


def curve_end(trace: go.Scatter) -> End | None:
    """The last defined point of a curve; None for bands and for curves without any."""
    if trace.name is None:
        return None
    defined = [(x, y) for x, y in zip(trace.x, trace.y, strict=True) if y is not None]
    return End(*defined[-1], trace.name, trace.line.color) if defined else None


def along(figure: go.Figure, x: float) -> float:
    """Where x is on the axis, in the units in which an annotation is placed."""
    return log10(x) if figure.layout.xaxis.type == "log" else x


def top(figure: go.Figure) -> float:
    """The largest value that the y axis has to show."""
    values = [y for trace in figure.data for y in trace.y if y is not None]
    return float(max([*values, 1e-9]))


def shifts(heights: list[float], highest: float) -> list[float]:
    """Pixels by which to raise each of the ascending labels so that none covers the next.

    The highest label is raised by one line at most; those below make way.
    """
    wanted = [HEIGHT * height / highest for height in heights]
    ceiling = wanted[-1] + GAP
    placed: list[float] = []
    for height in wanted:
        placed.append(max(height, placed[-1] + GAP) if placed else height)
    for position in reversed(range(len(placed))):
        placed[position] = min(placed[position], ceiling)
        ceiling = placed[position] - GAP
    return [place - want for place, want in zip(placed, wanted, strict=True)]
