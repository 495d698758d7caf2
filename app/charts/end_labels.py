"""Names of curves written at their right ends, instead of in a legend."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

MOST = 8  # curves; beyond, the legend is easier to read
LONGEST = 28  # characters
HEIGHT = 310  # pixels of a plot area, Streamlit's default height less the margins
GAP = 17  # pixels between two lines of text


class End(NamedTuple):
    """The height at which a curve ends, and its name."""

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
    """The figure with the curves' names at its right edge where they fit, else with a legend."""
    found = (end for trace in figure.data if (end := curve_end(trace)))
    ends = sorted(found, key=lambda end: end.y)
    if not ends or len(ends) > MOST or max(len(end.name) for end in ends) > LONGEST:
        return figure
    for end, shift in zip(ends, shifts([end.y for end in ends], top(figure)), strict=True):
        figure.add_annotation(
            x=1, xref="paper", y=end.y, yshift=shift, xshift=4, text=end.name,
            showarrow=False, xanchor="left", font={"color": end.colour, "size": 13},
        )  # fmt: skip
    longest = max(len(end.name) for end in ends)
    figure.update_layout(showlegend=False, margin_r=24 + 8 * longest)
    return figure


def curve_end(trace: go.Scatter) -> End | None:
    """The last defined point of a curve; None for bands and for curves without any."""
    if trace.name is None:
        return None
    defined = [y for y in trace.y if y is not None]
    return End(defined[-1], trace.name, trace.line.color) if defined else None


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
