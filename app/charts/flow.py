"""From which bin of accuracy to which: twelve by twelve numbers of problems."""

import plotly.graph_objects as go
import polars as pl

from app.charts.style import CLEAR, Style, laid_out
from app.charts.wrapping import shortened, top_margin, wrapped
from app.metrics.accuracy import BINS

SUM = "sum"
GREYISH = "#888888"
INK = "#14161A"  # on each of the shades, in light and dark alike
PALE = "#CFCFCF"
# Few problems are seen too: the shade rises fast at first. Pairs of place and share of colour.
SHADES = ((0.0, 0.2), (0.05, 0.4), (0.2, 0.65), (1.0, 1.0))
HOVER = (
    "%{meta[0]}: %{x}<br>%{meta[1]}: %{y}<br><b>%{customdata[2]} problems</b><extra></extra>"
)  # fmt: skip


def flow_chart(
    cells: pl.DataFrame, names: tuple[str, str], looks: tuple[Style, Style], said: str
) -> go.Figure:
    """Columns are bins of the base, rows of the other run; sums at the top and at the right.

    `cells` has the columns of app.analysis.flow.flow. Above the diagonal the other run has the
    problems in a higher bin. customdata: base_bin, other_bin, count.
    """
    colours = {"higher": looks[1].colour, "same": GREYISH, "lower": looks[0].colour}
    most = max(cells["count"].to_list(), default=1)
    figure = go.Figure([shades(cells, way, colour, most) for way, colour in colours.items()])
    figure.add_trace(targets(cells.filter(pl.col("count") > 0), names))
    lines = wrapped(said)
    laid_out(figure, "From bin to bin", lines, "", "")
    axis = {
        "type": "category", "categoryorder": "array", "categoryarray": [*BINS, SUM],
        "range": [-0.5, 12.5], "showgrid": False, "tickfont_size": 12,
    }  # fmt: skip
    figure.update_xaxes(title_text=f"accuracy of {shortened(names[0], 40)}", tickangle=-40, **axis)
    figure.update_yaxes(title_text=f"accuracy of {shortened(names[1], 40)}", **axis)
    figure.update_layout(
        height=620, showlegend=False, annotations=numbers(cells), shapes=[frame()],
        margin={"t": top_margin(lines), "l": 84, "r": 16},
    )  # fmt: skip
    return figure


def shades(cells: pl.DataFrame, way: str, colour: str, most: int) -> go.Heatmap:
    """The cells on one side of the diagonal, or on it, shaded by the number of problems.

    A cell without problems is a gap.
    """
    own = (pl.col("way") == way) & (pl.col("count") > 0)
    return go.Heatmap(
        x=cells["base_bin"].to_list(),
        y=cells["other_bin"].to_list(),
        z=cells.select(pl.when(own).then("count"))["count"].to_list(),
        zmin=0,
        zmax=most,
        colorscale=[[place, mixed(colour, share)] for place, share in SHADES],
        showscale=False,
        hoverinfo="skip",
        xgap=1,
        ygap=1,
    )


def mixed(colour: str, share: float) -> str:
    """This share of the colour, the rest pale grey; both #rrggbb."""
    channels = (
        round(share * int(colour[at : at + 2], 16) + (1 - share) * int(PALE[at : at + 2], 16))
        for at in (1, 3, 5)
    )
    return "rgb({},{},{})".format(*channels)


def targets(filled: pl.DataFrame, names: tuple[str, str]) -> go.Scatter:
    """What is clicked: an invisible mark on each number, a frame around the chosen one."""
    return go.Scatter(
        x=filled["base_bin"].to_list(),
        y=filled["other_bin"].to_list(),
        mode="markers",
        meta=[wrapped(name, 60) for name in names],
        marker={"symbol": "square-open", "size": 30, "opacity": 0, "line": {"width": 2.5}},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
        customdata=filled.select("base_bin", "other_bin", "count").rows(),
        hovertemplate=HOVER,
        showlegend=False,
    )


def numbers(cells: pl.DataFrame) -> list[dict[str, object]]:
    """The numbers in the cells, and their sums: the two histograms."""
    inner = [
        note(*row) | {"font": {"size": 12, "color": INK}}
        for row in cells.filter(pl.col("count") > 0)
        .select("base_index", "other_index", "count")
        .rows()
    ]
    right = [note(len(BINS), *row, bold=True) for row in total(cells, "other_index")]
    top = [
        note(column, len(BINS), count, bold=True) for column, count in total(cells, "base_index")
    ]
    return [*inner, *right, *top, note(len(BINS), len(BINS), int(cells["count"].sum()), bold=True)]


def total(cells: pl.DataFrame, axis: str) -> list[tuple[int, int]]:
    """The sum over each row or column."""
    return cells.group_by(axis).agg(pl.col("count").sum()).sort(axis).rows()


def note(x: int, y: int, count: int, bold: bool = False) -> dict[str, object]:
    """A number at the middle of a cell."""
    text = f"<b>{count:,}</b>" if bold else f"{count:,}"
    return {"x": x, "y": y, "text": text, "showarrow": False, "font": {"size": 12}}


def frame() -> dict[str, object]:
    """A line around the twelve by twelve cells, which parts them from the sums."""
    line = {"color": "rgba(136,136,136,0.7)", "width": 1}
    edges = {"x0": -0.5, "y0": -0.5, "x1": 11.5, "y1": 11.5}
    return {"type": "rect", **edges, "line": line, "fillcolor": CLEAR}
