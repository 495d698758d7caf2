"""Where along one sample two scorers differ."""

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from app.charts.perplexity_groups import head_room, shortened, wrapped
from app.charts.style import COLOURS, laid_out, plain

HOVER = (
    "token %{x}: <b>%{customdata[0]}</b><br>Δ log p %{customdata[3]:.4f}, sum so far"
    " %{customdata[4]:.4f}<br>log p %{customdata[1]:.4f} and %{customdata[2]:.4f}<extra></extra>"
)
TEXT = 40  # characters of a token that are shown


def token_difference_chart(tokens: pl.DataFrame, one: str, other: str, said: str) -> go.Figure:
    """Δ log p of each token, other − one, above; below, its cumulative sum.

    `tokens` is of app.analysis.token_difference.differences, whole or a part; an undefined
    difference is a gap. `said` tells n. customdata: text, log p of one and other, Δ, sum.
    """
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.06)
    figure.add_trace(bars(tokens), 1, 1)
    figure.add_trace(line(tokens), 2, 1)
    names = [plain(shortened(name, 20)) for name in (other, one)]
    subtitle = wrapped(said)
    laid_out(figure, f"log p: {names[0]} − {names[1]}", subtitle, "", "")
    head_room(figure, subtitle)
    figure.update_layout(height=figure.layout.margin.t + 430, showlegend=False, margin={"b": 56})
    figure.update_yaxes(title_text="Δ log p, nats", row=1, col=1)
    figure.update_yaxes(title_text="cumulative sum", row=2, col=1)
    figure.update_yaxes(zeroline=True, zerolinecolor="rgba(136,136,136,0.7)")
    figure.update_xaxes(title_text="token", row=2, col=1)
    return figure


def bars(tokens: pl.DataFrame) -> go.Bar:
    """The difference of each token."""
    return go.Bar(
        x=tokens["token"].to_list(),
        y=defined(tokens, "difference"),
        width=1,
        marker={"color": COLOURS["reference"][0], "line": {"width": 0}},
        customdata=known(tokens),
        hovertemplate=HOVER,
        name="Δ log p",
    )


def line(tokens: pl.DataFrame) -> go.Scatter:
    """The sum of the differences so far."""
    return go.Scatter(
        x=tokens["token"].to_list(),
        y=defined(tokens, "cumulative"),
        mode="lines+markers",
        line={"color": COLOURS["rl"][0], "width": 2},
        marker={"size": 3, "color": COLOURS["rl"][0]},
        customdata=known(tokens),
        hovertemplate=HOVER,
        name="sum so far",
    )


def defined(tokens: pl.DataFrame, column: str) -> list[float | None]:
    """The values, undefined ones as gaps."""
    return tokens[column].fill_nan(None).to_list()


def known(tokens: pl.DataFrame) -> list[tuple[object, ...]]:
    """What each mark knows of its token."""
    text = pl.col("text").map_elements(token_text, return_dtype=pl.String)
    columns = ("text", "one", "other", "difference", "cumulative")
    return tokens.with_columns(text).select(columns).rows()


def token_text(text: str) -> str:
    """A token's text such that spaces and ends of lines are seen."""
    if not text:
        return "(no text)"
    seen = text.replace("\n", "⏎").replace("\t", "⇥").replace(" ", "␣")
    return plain(shortened(seen, TEXT))
