"""Problems gained and lost from checkpoint to checkpoint."""

import plotly.graph_objects as go
import polars as pl

from app.analysis.wording import amount
from app.charts.legend import legend_below
from app.charts.style import laid_out
from app.charts.wrapping import top_margin, wrapped

COLOURS = {"gained": "#159A72", "lost": "#D5651C"}  # told apart by colour-blind people, and by side
FEW = 4  # problems, up to which every one has a tick
HOVER = "<b>%{x}</b><br>%{customdata[1]}: %{customdata[3]}<extra></extra>"


def solved_flow_chart(transitions: pl.DataFrame, expected: bool, subtitle: str) -> go.Figure:
    """A bar up for the problems gained, and one down for those lost, per transition.

    `transitions` has the columns of app.analysis.solved_flow.FLOW; expected numbers have one
    decimal. customdata: transition, change, number, number of problems in words.
    """
    figure = go.Figure([bars(transitions, change, expected) for change in COLOURS])
    said = wrapped(subtitle)
    laid_out(
        figure, "Problems gained and lost between checkpoints", said, "training step", "problems"
    )
    few = transitions.height <= 5  # more would overlap in a narrow window; the table has them all
    totals = [
        f"{row['transition']}<br>solved {number(row['solved_before'], expected)} → "
        f"{number(row['solved_after'], expected)}"
        for row in transitions.to_dicts()
    ]
    figure.update_xaxes(
        type="category",
        tickvals=transitions["transition"].to_list(),
        ticktext=totals if few else transitions["transition"].to_list(),
    )
    most = max([*transitions["gained"].to_list(), *transitions["lost"].to_list(), 1.0])
    figure.update_yaxes(range=[-1.25 * most, 1.25 * most], zeroline=True, zerolinecolor="#888888")
    figure.update_yaxes(dtick=1 if most <= FEW else None)  # problems are whole
    legend_below(figure, list(COLOURS))
    top = top_margin(said)
    return figure.update_layout(
        barmode="relative", margin_t=top, height=top + 290 + figure.layout.margin.b
    ).update_layout(margin_b=figure.layout.margin.b + 20)


def bars(transitions: pl.DataFrame, change: str, expected: bool) -> go.Bar:
    """One kind of change over all transitions."""
    sign = -1 if change == "lost" else 1
    numbers = transitions[change].to_list()
    return go.Bar(
        x=transitions["transition"].to_list(),
        y=[sign * value for value in numbers],
        name=change,
        text=[label(value, sign, expected) for value in numbers],
        textposition="outside",
        textfont={"size": 13},
        cliponaxis=False,
        width=0.45,
        marker={"color": COLOURS[change]},
        customdata=[
            [name, change, number(value, expected), problems(value, expected)]
            for name, value in zip(transitions["transition"], numbers, strict=True)
        ],
        hovertemplate=HOVER,
    )


def label(value: float, sign: int, expected: bool) -> str:
    """What stands at the end of a bar; nothing where there is no bar: two labels would overlap."""
    written = number(value, expected)
    return "" if float(written.replace(",", "")) == 0 else f"{'−' if sign < 0 else '+'}{written}"


def problems(value: float, expected: bool) -> str:
    """A number of problems with its noun."""
    return f"{number(value, True)} problems" if expected else amount(round(value), "problem")


def number(value: float, expected: bool) -> str:
    """A number of problems; an expected one need not be whole."""
    return f"{value:,.1f}" if expected else f"{value:,.0f}"
