"""Small multiples of pass@k curves: one panel per checkpoint, training or temperature."""

from collections.abc import Mapping

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from app.charts.band import band_area
from app.charts.legend import legend_below
from app.charts.style import Style, laid_out, span
from app.charts.wrapping import shortened, top_margin, wrapped
from app.metrics.pass_at_k import log_spaced

ACROSS = 2  # panels side by side: more would be too narrow in a window of 900 pixels
HEIGHT = 300  # pixels of a row of panels
HOVER = (
    "<b>%{text}</b><br>pass@%{customdata[1]} = %{y:.4f}"
    "<br>band %{customdata[2]}<br>n = %{customdata[3]}<extra></extra>"
)


def curve_panels(
    points: pl.DataFrame, styles: Mapping[str, Style], title: str, subtitle: str
) -> go.Figure:
    """pass@k over k in panels; lines of the same name look alike in all of them.

    `points`: panel, line (a key of `styles`, and its name), run, k, value, low, high, n_min, n_max.
    customdata: run, k, band, n.
    """
    panels = points["panel"].unique(maintain_order=True).to_list()
    across = min(ACROSS, max(len(panels), 1))
    down = -(-len(panels) // across) or 1
    figure = make_subplots(
        down, across, shared_xaxes=True, shared_yaxes=True,
        subplot_titles=[shortened(panel, 34) for panel in panels] if len(panels) > 1 else None,
        horizontal_spacing=0.05, vertical_spacing=0.12 / down,
    )  # fmt: skip
    seen: set[str] = set()
    alpha = 0.14 if points["line"].n_unique() < 3 else 0.06  # many bands lie over one another
    for position, panel in enumerate(panels):
        place = {"row": position // across + 1, "col": position % across + 1}
        here = points.filter(pl.col("panel") == panel)
        for name in here["line"].unique(maintain_order=True):
            rows = here.filter(pl.col("line") == name).sort("k")
            traces = [
                band_area(rows, "k", styles[name].colour, name, alpha),
                curve(rows, name, styles[name], name in seen),
            ]
            figure.add_traces(traces, [place["row"]] * 2, [place["col"]] * 2)
            seen.add(name)
    figure = arranged(figure, points, title, subtitle, (down, across))
    if len(panels) % across:  # nothing lies below the last panel of the right column
        figure.update_xaxes(showticklabels=True, row=down - 1, col=across)
    return figure


def arranged(
    figure: go.Figure, points: pl.DataFrame, title: str, subtitle: str, grid: tuple[int, int]
) -> go.Figure:
    """The figure with titles, axes and legend."""
    down, across = grid
    said = wrapped(subtitle)
    laid_out(figure, shortened(title, 44), said, "", "")
    figure.update_xaxes(title_text="k, samples per problem", row=down)
    figure.update_yaxes(title_text="pass@k", col=1)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero", range=[0, 1.02])
    largest = max(points["k"].to_list(), default=1)
    powers = [2**power for power in range(int(largest).bit_length())]
    step = 1 if len(powers) <= 6 or across == 1 else 2
    figure.update_xaxes(
        type="log", tickvals=powers[::step], ticktext=[f"{k}" for k in powers[::step]]
    )
    figure.update_annotations(font_size=13)
    legend_below(figure, points["line"].unique(maintain_order=True).to_list())
    top = top_margin(said) + (22 if down * across > 1 else 0)
    height = HEIGHT * down + top + figure.layout.margin.b
    return figure.update_layout(margin_t=top, height=height)


def curve(rows: pl.DataFrame, name: str, style: Style, again: bool) -> go.Scatter:
    """One line; `again`: the legend has its name already."""
    stand_out = set(log_spaced(int(rows["k"].to_numpy().max(initial=1)), 24).tolist())
    return go.Scatter(
        x=rows["k"].to_list(),
        y=rows["value"].fill_nan(None).to_list(),
        name=shortened(name, 44),
        text=[shortened(name, 90)] * rows.height,
        legendgroup=name,
        showlegend=not again,
        mode="lines+markers",
        line={"color": style.colour, "dash": style.dash, "width": 2.5},
        marker={"symbol": style.symbol, "size": [6 if k in stand_out else 2 for k in rows["k"]]},
        customdata=[
            [r["run"], r["k"], limits(r), span([r["n_min"], r["n_max"]])] for r in rows.to_dicts()
        ],
        hovertemplate=HOVER,
        connectgaps=False,
    )


def limits(row: Mapping[str, float]) -> str:
    """A band in words."""
    known = row["low"] == row["low"]
    return f"{row['low']:.3f} to {row['high']:.3f}" if known else "not drawn"
