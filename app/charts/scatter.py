"""The accuracies of two runs, problem by problem."""

import plotly.graph_objects as go
import polars as pl

from app.charts.style import GREY, Style, laid_out
from app.charts.wrapping import legend_height, shortened, top_margin, wrapped

SIDE = 580  # pixels
LARGEST = 34  # pixels, the point of most problems
AHEAD = ("other", "equal", "base")
EQUAL = "#888888"
HOVER = (
    "<b>%{text}</b><br>%{meta[0]}: %{customdata[1]} of %{customdata[2]}"
    "<br>%{meta[1]}: %{customdata[3]} of %{customdata[4]}<extra></extra>"
)


def accuracy_scatter_chart(
    points: pl.DataFrame, names: tuple[str, str], looks: tuple[Style, Style], said: str
) -> go.Figure:
    """Base to the right, other upwards; a point's area is the number of its problems.

    `points` has the columns of app.analysis.flow.points; above the diagonal the other run has the
    higher accuracy. customdata: problem_id (the first one there), base_c, base_n, other_c, other_n.
    """
    figure = go.Figure(diagonal())
    most = max(points["count"].to_list(), default=1)
    colours = {"other": looks[1].colour, "equal": EQUAL, "base": looks[0].colour}
    for ahead in AHEAD:
        part = points.filter(pl.col("ahead") == ahead)
        figure.add_trace(bubbles(part, ahead, colours[ahead], most, names))
    lines, sides = wrapped(said), [trace.name for trace in figure.data if trace.name]
    laid_out(figure, "Accuracy of each problem", lines, "", "")
    axis = {"range": [-0.05, 1.05], "constrain": "domain", "dtick": 0.2}
    figure.update_xaxes(title_text=axis_title(names[0]), title_standoff=8, **axis)
    figure.update_yaxes(title_text=axis_title(names[1]), scaleanchor="x", **axis)
    figure.update_xaxes(constraintoward="left")
    figure.update_layout(
        height=SIDE + legend_height(sides), showlegend=True, margin_t=top_margin(lines),
        legend={"yref": "container", "y": 0, "yanchor": "bottom", "itemsizing": "constant"},
    )  # fmt: skip
    return figure


def axis_title(name: str) -> str:
    """The run whose accuracy it is."""
    return f"accuracy of {shortened(name, 36)}"


def diagonal() -> go.Scatter:
    """Where both accuracies are equal."""
    line = {"color": GREY.replace("0.25", "0.9"), "width": 1.5, "dash": "dot"}
    return go.Scatter(
        x=[0, 1], y=[0, 1], mode="lines", line=line, showlegend=False, hoverinfo="skip"
    )


def bubbles(
    part: pl.DataFrame, ahead: str, colour: str, most: int, names: tuple[str, str]
) -> go.Scatter:
    """The points on one side of the diagonal, or on it."""
    return go.Scatter(
        x=part["base_accuracy"].to_list(),
        y=part["other_accuracy"].to_list(),
        mode="markers",
        name=f"{side_name(ahead, names)}: {part['count'].sum():,}",
        text=[hover_name(*row) for row in part.select("problem_id", "count").rows()],
        meta=[wrapped(name, 60) for name in names],
        marker={
            "color": colour, "size": part["count"].to_list(), "sizemode": "area", "sizemin": 3.5,
            "sizeref": 2 * most / LARGEST**2 if most > 1 else 2 / 81, "opacity": 0.75,
            "line": {"width": 0},
        },
        customdata=part.select("problem_id", "base_c", "base_n", "other_c", "other_n").rows(),
        hovertemplate=HOVER,
    )  # fmt: skip


def side_name(ahead: str, names: tuple[str, str]) -> str:
    """What the points of one colour have in common."""
    if ahead == "equal":
        return "equal"
    return f"{shortened(names[0] if ahead == 'base' else names[1], 30)} higher"


def hover_name(problem: str, count: int) -> str:
    """The problem, and how many others are at the same point."""
    name = f"problem {shortened(problem, 50)}"
    return name if count == 1 else f"{name} and {count - 1:,} more"
