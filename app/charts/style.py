"""What all figures share: a colour for each role, a mark for each run, sizes and margins.

The hues are those of Okabe & Ito, which people with colour-blindness tell apart, at a lightness
that contrasts at least 3:1 with white and with Streamlit's dark background. Nothing is set that
Streamlit's theme sets: the colour of text, its font, the background.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import plotly.graph_objects as go

# One hue per role; several runs of a role get its shades in turn, of RL runs, which are many, ten.
COLOURS = {
    "base": ("#2A84C6", "#5A8FB8", "#1F72B5"),
    "rl": (
        "#D5651C", "#B8475A", "#A07C0E", "#9A6A4F", "#E4649C",
        "#6C6A00", "#BA827E", "#A84600", "#84586C", "#DE525A",
    ),
    "distilled": ("#159A72", "#4C9A82", "#0F8562"),
    "instruct": ("#B764A2", "#C077AE", "#A2508D"),
    "reference": ("#888888", "#939393", "#757575"),
}  # fmt: skip
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x")
PATTERNS = ("", "/", ".", "x", "-")
FONT = 14  # pixels; Streamlit leaves sizes that are set
GREY = "rgba(136,136,136,0.25)"  # grid lines on either background
CLEAR = "rgba(0,0,0,0)"


class Style(NamedTuple):
    """How one run is drawn."""

    colour: str
    dash: str
    symbol: str
    pattern: str


def styles(runs: Sequence[str], roles: Mapping[str, str]) -> dict[str, Style]:
    """A style per run: the role's colour; runs of one role differ in shade, dash and mark.

    In the order in which runs are drawn and named: by role, the base first.
    """
    seen: dict[str, int] = {}
    result = {}
    for run in sorted(runs, key=lambda run: rank(roles.get(run, "reference"))):
        role = roles.get(run, "reference")
        result[run] = style(role, seen.get(role, 0))
        seen[role] = seen.get(role, 0) + 1
    return result


def rank(role: str) -> int:
    """The place of a role among all, from 0; an unknown one comes last."""
    return list(COLOURS).index(role) if role in COLOURS else len(COLOURS)


def style(role: str, position: int) -> Style:
    """The style of the run at this position (from 0) among those of its role."""
    shades = COLOURS.get(role, COLOURS["reference"])
    turn = (position + position // len(shades)) % len(DASHES)  # another at each round of shades
    return Style(shades[position % len(shades)], DASHES[turn], SYMBOLS[turn], PATTERNS[turn])


def plain(text: str) -> str:
    """Text of others such that Plotly, which reads some HTML, shows it as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def translucent(colour: str, alpha: float) -> str:
    """The colour #rrggbb as rgba with this opacity."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def laid_out(figure: go.Figure, title: str, subtitle: str, x: str, y: str) -> go.Figure:
    """The figure with titles, sizes and a transparent background."""
    heading = {"text": title, "subtitle": {"text": subtitle, "font": {"size": 13}}, "x": 0}
    figure.update_layout(
        title=heading | {"font": {"size": 17}, "xref": "paper"},
        font={"size": FONT},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        margin={"l": 60, "r": 24, "t": 84, "b": 56},
        hoverlabel={"font": {"size": 13}},
        legend={"orientation": "h", "y": -0.2, "x": 0, "font": {"size": 13}},
    )
    axis = {
        "gridcolor": GREY,
        "zeroline": False,
        "title_font": {"size": FONT},
        "tickfont": {"size": 13},
    }
    figure.update_xaxes(title_text=x, **axis)
    figure.update_yaxes(title_text=y, **axis)
    return figure


def said_problems(values: Sequence[int]) -> str:
    """How many problems, of one run or of several: 1 problem, 24 problems, 24–30 problems."""
    return f"{span(values)} problem{'' if max(values) == 1 else 's'}"


def span(values: Sequence[int]) -> str:
    """One number, or the smallest and the largest."""
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"
