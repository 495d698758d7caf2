"""The sampling efficiency gap Δ_SE of algorithms, per benchmark."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from app.analysis.wording import amount
from app.charts.style import laid_out, style, translucent
from app.charts.wrapping import shortened, top_margin, wrapped

ROW = 30  # pixels of a bar
ACROSS = 3  # panels side by side
HOVER = "<b>%{customdata[1]}</b><br>Δ_SE = %{x:.1f} points<br>%{customdata[2]}<extra></extra>"


def efficiency_chart(table: pl.DataFrame, names: Mapping[str, str], subtitle: str) -> go.Figure:
    """Horizontal bars of Δ_SE with their bands: a panel per benchmark, a row per model.

    `table` has the columns of app.analysis.algorithms.TABLE; `names`: run → name of its row. In
    percentage points; the smallest has an outline. customdata: run, name, band and k.
    """
    known = table.filter(pl.col("delta_se").is_not_nan())
    benchmarks = known["benchmark"].unique(maintain_order=True).to_list()
    order = list(dict.fromkeys(names[run] for run in known["run"]))
    across = min(ACROSS, max(len(benchmarks), 1))
    down = -(-len(benchmarks) // across) or 1
    figure = make_subplots(
        down, across, shared_yaxes=True, horizontal_spacing=0.04, vertical_spacing=0.25 / down,
        subplot_titles=[shortened(name, 42 // across) for name in benchmarks],
    )  # fmt: skip
    for place, benchmark in enumerate(benchmarks):
        rows = known.filter(pl.col("benchmark") == benchmark)
        traces = [bars(rows, names), numbers(rows, names)]
        figure.add_traces(traces, [place // across + 1] * 2, [place % across + 1] * 2)
    said = wrapped(subtitle)
    laid_out(figure, "Sampling efficiency gap Δ_SE; smaller is better", said, "", "")
    figure.update_xaxes(range=ends(known), nticks=12 // across, tickangle=0)
    figure.update_xaxes(title_text="points", title_standoff=4, row=down)
    with_rows(figure, order)
    top = top_margin(said) + 22
    height = top + 68 + down * max(ROW * len(order), 120) + 60 * (down - 1)
    return figure.update_layout(margin_t=top, margin_b=68, height=height, showlegend=False)


def with_rows(figure: go.Figure, order: Sequence[str], longest: int = 24) -> go.Figure:
    """The figure with these names at the left, from top to bottom, and room for them."""
    ticks = [shortened(name, longest) for name in order]
    figure.update_yaxes(
        type="category", categoryorder="array", categoryarray=order[::-1], tickvals=order,
        ticktext=ticks, showgrid=False, range=[-0.5, len(order) - 0.5],
    )  # fmt: skip
    figure.update_annotations(font_size=13)
    figure.update_layout(title={"xref": "container", "x": 0.01})
    return figure.update_layout(margin_l=24 + 7.6 * max((len(tick) for tick in ticks), default=0))


def bars(rows: pl.DataFrame, names: Mapping[str, str]) -> go.Bar:
    """The bars of one benchmark; the smallest has an outline."""
    records = rows.to_dicts()
    colours = [style(row["role"], 0).colour for row in records]
    return go.Bar(
        y=[names[row["run"]] for row in records],
        x=[100 * row["delta_se"] for row in records],
        orientation="h",
        marker={
            "color": [translucent(colour, 0.35) for colour in colours],  # the band is seen on it
            "line": {
                "color": colours,
                "width": [2.5 if row["smallest"] else 0 for row in records],
            },
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [reach(row, "high") for row in records],
            "arrayminus": [reach(row, "low") for row in records],
            "color": "#888888",
            "thickness": 1.5,
            "width": 3,
        },
        customdata=[[row["run"], shortened(names[row["run"]], 90), band(row)] for row in records],
        hovertemplate=HOVER,
        showlegend=False,
    )


def reach(row: Mapping[str, float], side: str) -> float:
    """How far the band goes to one side, in points; 0 without one."""
    limit = row[f"delta_se_{side}"]
    return 100 * abs(limit - row["delta_se"]) if limit == limit else 0.0


def numbers(rows: pl.DataFrame, names: Mapping[str, str]) -> go.Scatter:
    """Δ_SE in points, to the right of bar and band; the smallest in bold."""
    records = rows.to_dicts()
    return go.Scatter(
        y=[names[row["run"]] for row in records],
        x=[max(100 * row["delta_se"] + reach(row, "high"), 0.0) for row in records],
        mode="text",
        text=[written(row) for row in records],
        textposition="middle right",
        textfont={"size": 13},
        hoverinfo="skip",
        cliponaxis=False,
        showlegend=False,
    )


def ends(known: pl.DataFrame) -> list[float]:
    """The x axis that all panels share, with room for the numbers."""
    highs = [max(100 * row["delta_se"] + reach(row, "high"), 0.0) for row in known.to_dicts()]
    lows = [min(100 * row["delta_se"] - reach(row, "low"), 0.0) for row in known.to_dicts()]
    low, high = min(lows, default=0.0), max(highs, default=100.0)
    return [1.05 * low, high + 0.35 * (high - low) + 0.1]


def written(row: Mapping[str, float]) -> str:
    """The number on a bar, in points."""
    number = f"{row['delta_se'] * 100:.1f}".replace("-", "−")
    return f"  <b>{number} ◂</b>" if row["smallest"] else f"  {number}"


def band(row: Mapping[str, float]) -> str:
    """The band and the k of the base."""
    low, high = row["delta_se_low"], row["delta_se_high"]
    limits = f"band {100 * low:.1f} to {100 * high:.1f}; ".replace("-", "−") if low == low else ""
    return f"{limits}base at k = {row['delta_k']}, {amount(int(row['problems']), 'problem')}"
