"""Two runs side by side: their curves above the gap, and wins against losses."""

from typing import NamedTuple

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from app.charts.band import band_area
from app.charts.style import FONT, GREY, Style, laid_out, plain, style, translucent
from app.metrics.crossover import Crossover
from app.metrics.pass_at_k import log_spaced

LINE = "#888888"
HEIGHT = 640  # pixels, two panels
NEAR = 0.05  # of the upper panel's height: names closer than this are moved apart
CURVE_HOVER = "<b>%{text}</b><br>pass@%{customdata[0]} = %{y:.3f}<extra></extra>"
GAP_HOVER = (
    "k = %{customdata[0]}<br>gap %{y:+.3f}"
    "<br>band: %{customdata[1]:+.3f} to %{customdata[2]:+.3f}<extra></extra>"
)
BAR_HOVER = "%{customdata[0]}: %{customdata[1]} of the problems<extra></extra>"


class Look(NamedTuple):
    """How one of the two runs is called and drawn."""

    label: str
    style: Style


def looks(labels: tuple[str, str], roles: tuple[str, str]) -> tuple[Look, Look]:
    """Base and other; one role twice gets two shades and another dash."""
    styles = style(roles[0], 0), style(roles[1], int(roles[0] == roles[1]))
    base, other = (Look(*pair) for pair in zip(labels, styles, strict=True))
    return base, other


def gap_chart(
    gaps: pl.DataFrame,
    labels: tuple[str, str],
    crossing: Crossover | None = None,
    roles: tuple[str, str] = ("base", "rl"),
    said: str = "",
    log_k: bool = True,
) -> go.Figure:
    """Both curves, and below them other − base with its band and the crossover.

    `gaps` has the columns of app.analysis.compare.comparison; `labels` and `roles` are those of
    base and other; `said` names the band, and how many problems and samples there are. Of many k
    about 120 are drawn. customdata starts with k.
    """
    points, pair = drawn(gaps), looks(labels, roles)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.09)
    for look, column in zip(pair, ("base", "other"), strict=True):
        figure.add_trace(curve(points, column, look), row=1, col=1)
    figure.add_traces(
        [
            band_area(points, "k", pair[1].style.colour).update(name="band"),
            unreliable(points, pair[1]),
            gap_line(points, pair[1]),
        ],
        rows=[2, 2, 2],
        cols=[1, 1, 1],
    )
    title = f"{shortened(labels[1], 20)} − {shortened(labels[0], 20)}"
    laid_out(figure, plain(title), plain(said), "", "pass@k")
    figure.update_layout(height=HEIGHT, showlegend=False, margin_r=24 + 8 * longest(labels))
    figure.update_yaxes(tickformat=".0%", row=1)
    if points["other"].n_unique() < 2 and points["base"].n_unique() < 2:
        figure.update_yaxes(range=[-0.05, 1.05], row=1)  # Plotly would show −100 % to 100 %
    figure.update_yaxes(tickformat="+~%", title_text="gap, other − base", row=2)
    figure.add_hline(y=0, line={"color": LINE, "width": 1.5}, row=2)
    name_ends(figure, points, pair)
    if crossing is not None:
        mark_crossover(figure, crossing)
    with_k_axis(figure, crossing.last if crossing else 1, log_k)
    return figure


def drawn(gaps: pl.DataFrame) -> pl.DataFrame:
    """The rows where the gap is defined, at about 120 values of k."""
    defined = gaps.filter(pl.col("gap").is_not_nan()).sort("k")
    if defined.height <= 120:
        return defined
    last = defined["k"][-1]
    return defined.filter(pl.col("k").is_in(log_spaced(last).tolist()))


def shortened(label: str, most: int) -> str:
    """A long name with its middle left out."""
    half = most // 2
    return label if len(label) <= most else f"{label[: half - 1]}…{label[-half:]}"


def longest(labels: tuple[str, str]) -> int:
    """Characters of the longer name at a curve's end."""
    return max(len(shortened(label, 22)) for label in labels)


def curve(points: pl.DataFrame, column: str, look: Look) -> go.Scatter:
    """pass@k of one run."""
    return go.Scatter(
        x=points["k"].to_list(),
        y=points[column].to_list(),
        name=plain(look.label),
        text=[plain(look.label)] * points.height,
        mode="lines+markers",
        line={"color": look.style.colour, "dash": look.style.dash, "width": 2.5},
        marker={"symbol": look.style.symbol, "size": sizes(points)},
        customdata=points.select("k").rows(),
        hovertemplate=CURVE_HOVER,
    )


def sizes(points: pl.DataFrame) -> list[int]:
    """Marks stand out at about 24 values of k; in between they hide in the line, to be clicked."""
    if points.is_empty():
        return []
    stand_out = set(log_spaced(int(points["k"][-1]), 24).tolist())
    return [6 if k in stand_out else 2 for k in points["k"]]


def unreliable(points: pl.DataFrame, look: Look) -> go.Scatter:
    """Dashed edges where the band is known not to cover the truth as often as it says."""
    edges = [
        (row["k"], None if row["reliable"] else row[edge])
        for edge in ("low", "high")
        for row in [*points.to_dicts(), {"k": None, "reliable": True}]
    ]
    return go.Scatter(
        x=[k for k, _ in edges],
        y=[value for _, value in edges],
        mode="lines",
        line={"color": look.style.colour, "dash": "dot", "width": 1.5},
        name="unreliable band",
        hoverinfo="skip",
        connectgaps=False,
    )


def gap_line(points: pl.DataFrame, look: Look) -> go.Scatter:
    """The gap itself."""
    return go.Scatter(
        x=points["k"].to_list(),
        y=points["gap"].to_list(),
        mode="lines+markers",
        line={"color": look.style.colour, "width": 2.5},
        marker={"size": sizes(points)},
        customdata=points.select("k", "low", "high").rows(),
        hovertemplate=GAP_HOVER,
        name="gap",
    )


def name_ends(figure: go.Figure, points: pl.DataFrame, pair: tuple[Look, Look]) -> None:
    """The names of both curves at their right ends, apart where the curves end close together."""
    if points.is_empty():
        return
    ends = [points[column][-1] for column in ("base", "other")]
    near = abs(ends[0] - ends[1]) < NEAR
    upper = int(ends[1] > ends[0])
    for place, (look, end) in enumerate(zip(pair, ends, strict=True)):
        shift = (10 if place == upper else -10) if near else 0
        figure.add_annotation(
            x=1, xref="x domain", y=end, yref="y", xshift=6, yshift=shift, showarrow=False,
            text=plain(shortened(look.label, 22)), hovertext=plain(look.label), xanchor="left",
            font={"color": look.style.colour, "size": 13},
        )  # fmt: skip


def mark_crossover(figure: go.Figure, crossing: Crossover) -> None:
    """The interval of the crossover as a shaded strip, and its estimate as a line and a mark."""
    end = crossing.high if crossing.high is not None else crossing.last
    figure.add_vrect(x0=crossing.low, x1=end, fillcolor=GREY, line_width=0, layer="below")
    if crossing.k is None:
        return
    figure.add_vline(x=crossing.k, line={"dash": "dot", "width": 1.5, "color": LINE})
    figure.add_trace(
        go.Scatter(
            x=[crossing.k],
            y=[0],
            mode="markers+text",
            marker={"symbol": "diamond", "size": 11, "color": LINE},
            text=[f"k = {crossing.k}"],
            textposition="top right",  # where a falling gap leaves room
            cliponaxis=False,
            textfont={"size": FONT},
            customdata=[[crossing.k]],
            hovertemplate=f"crossover: k = {crossing.k}<extra></extra>",
            name="crossover",
        ),
        row=2,
        col=1,
    )


def with_k_axis(figure: go.Figure, k_max: int, log_k: bool) -> None:
    """Ticks at powers of two on a log axis, labelled in the lower panel."""
    figure.update_xaxes(title_text="k, samples per problem", row=2)
    if not log_k:
        figure.update_xaxes(rangemode="tozero")
        return
    ticks = [2**power for power in range(k_max.bit_length())]
    names = [f"{tick}" for tick in ticks]
    figure.update_xaxes(type="log", tickvals=ticks, ticktext=names)


def outcomes_chart(
    bars: pl.DataFrame, labels: tuple[str, str], roles: tuple[str, str], said: str
) -> go.Figure:
    """Problems on which the base, neither or the other run is better: bars about a common middle.

    `bars`: question, outcome, side ("base", "tie" or "other"), start, problems, of which every bar
    is a mark with customdata: words, problems, outcome. `said` states k and n.
    """
    base, other = looks(labels, roles)
    colours = {"base": base.style.colour, "tie": LINE, "other": other.style.colour}
    figure = go.Figure([bar(row, colours[row["side"]]) for row in bars.to_dicts()])
    laid_out(figure, "Problem by problem", plain(said), "problems", "")
    figure.update_layout(
        barmode="overlay", height=260, showlegend=False, margin={"l": 150, "t": 84, "b": 48}
    )
    figure.update_xaxes(showticklabels=False, showgrid=False)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure


def bar(row: dict[str, object], colour: str) -> go.Bar:
    """One group of problems."""
    return go.Bar(
        y=[row["question"]],
        x=[row["problems"]],
        base=[row["start"]],
        orientation="h",
        marker={"color": translucent(colour, 0.85), "line": {"width": 0}},
        text=[f"{row['problems']:,}" if row["fits"] else ""],
        textposition="inside",
        insidetextanchor="middle",
        textfont={"color": "#ffffff", "size": FONT},
        customdata=[[plain(str(row["words"])), row["problems"], row["outcome"]]],
        hovertemplate=BAR_HOVER,
        name=str(row["outcome"]),
    )
