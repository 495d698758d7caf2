"""pass@k as a surface over k and the step of a training."""

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from app.charts.style import COLOURS, laid_out
from app.charts.wrapping import shortened, top_margin, wrapped

ACROSS = 2
ROW = 34  # pixels of a step
HOVER = (
    "step %{y}, k = %{x}<br>pass@k = %{customdata[3]:.4f}<br>other − base: %{customdata[2]}"
    "<extra></extra>"
)
# From the base's colour over white to that of the trained model.
AHEAD = [[0, COLOURS["base"][0]], [0.5, "#F4F4F4"], [1, COLOURS["rl"][0]]]


def surface_chart(points: pl.DataFrame, gap: bool, subtitle: str) -> go.Figure:
    """A panel per training: k from left to right, steps upwards, pass@k, or its gap, as colour.

    `points` has the columns of app.analysis.training.SURFACE. Undefined cells are left empty.
    customdata: run, k, gap in words, pass@k.
    """
    names = points["series"].unique(maintain_order=True).to_list()
    across = min(ACROSS, max(len(names), 1))
    down = -(-len(names) // across) or 1
    titles = [shortened(name, 32) for name in names] if len(names) > 1 else None
    figure = make_subplots(
        down, across, subplot_titles=titles, horizontal_spacing=0.14, vertical_spacing=0.3 / down
    )
    for position, name in enumerate(names):
        rows = points.filter(pl.col("series") == name)
        figure.add_trace(cells(rows, gap), position // across + 1, position % across + 1)
    said = wrapped(subtitle)
    laid_out(figure, "pass@k over k and training step", said, "", "")
    figure.update_layout(coloraxis=colours(points, gap))
    largest = max(points["k"].to_list(), default=1)
    powers = [2**power for power in range(int(largest).bit_length())]
    step = 1 if across == 1 or len(powers) <= 6 else 2
    figure.update_xaxes(
        type="log", tickvals=powers[::step], ticktext=[f"{k}" for k in powers[::step]]
    )
    figure.update_xaxes(showgrid=False)
    figure.update_xaxes(title_text="k, samples per problem", row=down)
    figure.update_yaxes(type="category", showgrid=False)
    figure.update_yaxes(title_text="step", col=1)
    figure.update_annotations(font_size=13)
    top = top_margin(said) + 22
    steps = max(
        (points.group_by("series").agg(pl.col("step").n_unique())["step"]).to_list(), default=1
    )
    height = top + 120 + down * (max(ROW * steps, 150) + 60)
    return figure.update_layout(margin_t=top, margin_b=120, height=height)


def cells(rows: pl.DataFrame, gap: bool) -> go.Heatmap:
    """The cells of one training; the base has no gap to itself and is left out of such a panel."""
    shown = rows.filter(pl.col("role") != "base") if gap else rows
    steps = shown["step"].unique(maintain_order=True).to_list()
    ks = shown["k"].unique().sort().to_list()
    column = "gap" if gap else "value"
    lines = [shown.filter(pl.col("step") == step).sort("k") for step in steps]
    return go.Heatmap(
        x=ks,
        y=[f"{step}" for step in steps],
        z=[line[column].fill_nan(None).to_list() for line in lines],
        customdata=[
            [
                [r["run"], r["k"], gap_said(r["gap"], r["gap_low"], r["gap_high"]), r["value"]]
                for r in line.to_dicts()
            ]
            for line in lines
        ],
        hovertemplate=HOVER,
        coloraxis="coloraxis",
        xgap=0.5,
        ygap=2,
    )


def colours(points: pl.DataFrame, gap: bool) -> dict[str, object]:
    """The scale of colours; that of a gap is even around 0."""
    bar: dict[str, object] = {
        "thickness": 12, "tickformat": ".0%", "orientation": "h", "len": 0.7, "x": 0,
        "xanchor": "left", "yref": "container", "y": 0, "yanchor": "bottom",
        "title": {"text": "gap" if gap else "pass@k", "side": "right"},
    }  # fmt: skip
    if not gap:
        return {"colorscale": "Viridis", "cmin": 0, "cmax": 1, "colorbar": bar}
    sizes = [abs(value) for value in points["gap"].to_list() if value == value]
    most = max([*sizes, 0.01])
    bar["tickformat"] = "+.0%"
    return {"colorscale": AHEAD, "cmin": -most, "cmax": most, "colorbar": bar}


def gap_said(value: float, low: float, high: float) -> str:
    """A gap with its band."""
    if value != value:
        return "–"
    return f"{value:+.3f}" + (f" [{low:+.3f}, {high:+.3f}]" if low == low else "")
