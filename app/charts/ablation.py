"""pass@1 and pass@k by the value of a hyper-parameter."""

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from app.charts.algorithms import with_rows
from app.charts.style import laid_out, style
from app.charts.training import customdata
from app.charts.wrapping import shortened, top_margin, wrapped

ROW = 34
HOVER = (
    "<b>%{text}</b><br>pass@%{customdata[1]} = %{x:.4f}<br>band %{customdata[2]}"
    "<br>%{customdata[3]}<extra></extra>"
)


def ablation_chart(points: pl.DataFrame, title: str, subtitle: str, ks: str) -> go.Figure:
    """One row per training, grouped by value: pass@1 at the left, pass@k at the right.

    Hollow marks: the band is not reliable.
    `points` has the columns of app.analysis.ablation.by_value. customdata: run, k, band, n.
    """
    order = points["label"].unique(maintain_order=True).to_list()
    titles = ["pass@1", f"pass@k, k = {ks}"]
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.05, subplot_titles=titles)
    settings = points.filter(pl.col("role") != "base")["setting"].unique(maintain_order=True)
    for column, measure in enumerate(("pass@1", "pass@k"), 1):
        rows = points.filter(pl.col("measure") == measure)
        figure.add_trace(marks(rows, settings.to_list()), 1, column)
    said = wrapped(subtitle)
    laid_out(figure, shortened(title, 44), said, "", "")
    figure.update_xaxes(tickformat=".0%", nticks=5, tickangle=0)
    with_rows(figure, order, 28).update_yaxes(showgrid=True)
    top = top_margin(said) + 22
    height = top + 50 + max(ROW * len(order), 130)
    return figure.update_layout(margin_t=top, margin_b=50, height=height, showlegend=False)


def marks(rows: pl.DataFrame, settings: list[str]) -> go.Scatter:
    """Points with their bands; those of one value share shade and mark."""
    records = rows.to_dicts()
    looks = [
        style("base", 0) if r["role"] == "base" else style(r["role"], settings.index(r["setting"]))
        for r in records
    ]
    banded = [row["low"] == row["low"] for row in records]
    return go.Scatter(
        y=rows["label"].to_list(),
        x=rows["value"].fill_nan(None).to_list(),
        mode="markers",
        text=[shortened(f"{r['label']}: {r['model']}, step {r['step']}", 90) for r in records],
        marker={
            "color": [look.colour for look in looks],
            "symbol": [
                look.symbol if r["reliable"] else f"{look.symbol}-open"
                for look, r in zip(looks, records, strict=True)
            ],
            "size": 10,
            "line": {"width": [0 if r["reliable"] else 2 for r in records]},
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [
                r["high"] - r["value"] if b else 0 for r, b in zip(records, banded, strict=True)
            ],
            "arrayminus": [
                r["value"] - r["low"] if b else 0 for r, b in zip(records, banded, strict=True)
            ],
            "color": "#888888",
            "thickness": 1.5,
            "width": 3,
        },
        customdata=[customdata(row) for row in records],
        hovertemplate=HOVER,
        showlegend=False,
    )
