"""The panels of figures of perplexity, and what is said above them."""

from collections.abc import Iterator

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from app.analysis.perplexity import Drawing
from app.charts.perplexity_groups import LINE, Group, head_room, shortened, wrapped
from app.charts.style import laid_out, plain, span

COLUMNS = 2  # panels beside each other, as in Fig. 6 of arXiv 2504.13837
ABOVE = 100  # the number of an axis above the panels, less that of the panel
GAP = 96  # pixels between the rows of panels, for the axis of one and the title of the next


def panelled(drawn: Drawing, height: int) -> go.Figure:
    """Empty panels, each of this height and with a title; their y axes are shared."""
    panels = drawn.panels["panel"].to_list()
    rows = -(-len(panels) // COLUMNS)
    figure = make_subplots(
        rows,
        min(len(panels), COLUMNS),
        shared_yaxes=True,
        subplot_titles=[panel_title(drawn.boxes, panel) for panel in panels]
        if any(panels)
        else None,
        horizontal_spacing=0.06,
        vertical_spacing=GAP / (rows * height + (rows - 1) * GAP) if rows > 1 else 0,
    )
    return figure.update_layout(height=rows * height + (rows - 1) * GAP)


def panel_title(boxes: pl.DataFrame, panel: str) -> str:
    """The problem, and the n of its groups."""
    n = boxes.filter(pl.col("panel") == panel)["samples"].to_list()
    return f"{plain(shortened(panel, 22))} · n = {span(n)}"


def cells(drawn: Drawing) -> Iterator[tuple[str, int, int]]:
    """Each panel with its row and its column."""
    for place, panel in enumerate(drawn.panels["panel"]):
        row, column = divmod(place, COLUMNS)
        yield panel, row + 1, column + 1


def finished(
    figure: go.Figure, drawn: Drawing, title: str, below: int = 56, line: int = LINE
) -> go.Figure:
    """The figure with titles, axes that end where the panel's do, and room around the panels."""
    said = wrapped(subtitle(drawn), line)
    height = figure.layout.height
    laid_out(figure, title, said, "", "")
    head_room(figure, said)
    extra = 24 if any(drawn.panels["panel"]) else 0
    figure.update_layout(margin={"t": figure.layout.margin.t + extra, "b": below})
    figure.update_layout(height=height + figure.layout.margin.t + below, meta=numbers(drawn))
    for (_, row, column), top in zip(cells(drawn), drawn.panels["top"], strict=True):
        figure.update_xaxes(range=[1, top], title_text="perplexity", row=row, col=column)
    return figure


def ticked_above(figure: go.Figure, drawn: Drawing) -> go.Figure:
    """The figure with the ticks of the x axes above the panels of the first row too."""
    tops = drawn.panels["top"].to_list()[:COLUMNS]
    for place, top in enumerate(tops, 1):
        below, above = f"x{place if place > 1 else ''}", f"x{ABOVE + place}"
        figure.add_trace(
            go.Scatter(
                x=[1], y=[None], xaxis=above, yaxis=below.replace("x", "y"), hoverinfo="skip"
            )
        )
        axis = {"range": [1, top], "side": "top", "overlaying": below, "matches": below}
        fonts = {"tickfont": {"size": 13}, "showgrid": False, "zeroline": False}
        figure.update_layout({f"xaxis{ABOVE + place}": axis | fonts})
    if any(drawn.panels["panel"]):
        figure.for_each_annotation(lambda title: title.update(yshift=24) if title.y > 0.999 else ())
    height, margin = figure.layout.height, figure.layout.margin.t
    return figure.update_layout(height=height + 44, margin_t=margin + 44)


def tick(group: Group, drawn: Drawing) -> str:
    """A group's name on the axis, with its n where there is one panel only."""
    if drawn.panels.height > 1:
        return group.name
    n = sum(
        drawn.boxes.filter(*(pl.col(key) == value for key, value in group.key.items()))["samples"]
    )
    return f"{group.name}<br>n = {n:,}"


def numbers(drawn: Drawing) -> dict[str, int]:
    """What the subtitle has to say."""
    told = [name for name in ("not_scored", "outside", "left_out") if name in drawn.boxes.columns]
    return {
        **{name: int(drawn.boxes[name].sum()) for name in told},
        **{
            name: int(drawn.panels[name].sum())
            for name in ("samples", "infinite", "drawn", "above")
        },
    }


def subtitle(drawn: Drawing) -> str:
    """How many samples there are, how many are drawn, and how many are not to be seen, and why."""
    counted = numbers(drawn)
    said = [f"n = {counted['samples']:,} samples"]
    if counted["drawn"] < counted["samples"]:
        said.append(f"{counted['drawn']:,} drawn as points")
    for name, words in (
        ("above", "above the axis"),
        ("infinite", "infinite"),
        ("not_scored", "not scored"),
        ("left_out", "without tokens"),
        ("outside", "of other lengths left out"),
    ):
        if counted.get(name):
            said.append(f"{counted[name]:,} {words}")
    return "; ".join(said)
