"""The published perplexities of Fig. 6 of arXiv 2504.13837, to lay beneath one's own."""

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from app.charts.perplexity_groups import group_name, head_room, wrapped
from app.charts.style import laid_out, style

# As in the figure, with the roles whose colours they have here.
GROUPS = (
    ("Base", "Base", "base"),
    ("Base", "RL", "rl"),
    ("RL", "RL", "rl"),
    ("Base", "o1", "reference"),
)
HOVER = "<b>%{text}</b><br>perplexity %{x:.4f}<extra>published</extra>"
ROW = 42  # pixels


def published_perplexity_chart(published: pl.DataFrame) -> go.Figure:
    """The points of store.queries.reference.reference_perplexities, a panel per problem.

    Points only: the figure does not show all responses of o1, so they have no quartiles.
    """
    panels = published["panel"].unique().sort().to_list()
    titles = [f"problem {panel}" for panel in panels]
    figure = make_subplots(
        1, len(panels), shared_yaxes=True, subplot_titles=titles, horizontal_spacing=0.06
    )
    for column, panel in enumerate(panels, 1):
        for place, (scorer, sampler, role) in enumerate(GROUPS):
            same = (pl.col("scorer") == scorer, pl.col("sampler") == sampler)
            points = published.filter(pl.col("panel") == panel, *same)
            figure.add_trace(dots(points, place, group_name(scorer, sampler), role), 1, column)
    said = wrapped(f"n = {published.height} responses; {', '.join(published['source'].unique())}")
    laid_out(figure, "Published: Fig. 6 of the paper", said, "", "")
    head_room(figure, said)
    top = figure.layout.margin.t + 24
    figure.update_layout(margin={"t": top}, height=top + 60 + ROW * len(GROUPS), showlegend=False)
    names = [group_name(scorer, sampler) for scorer, sampler, _ in GROUPS]
    return figure.update_xaxes(title_text="perplexity", showgrid=True).update_yaxes(
        tickvals=list(range(len(names))), ticktext=names, range=[len(names) - 0.5, -0.5],
        showgrid=False, automargin=True,
    )  # fmt: skip


def dots(points: pl.DataFrame, place: int, name: str, role: str) -> go.Scatter:
    """One group's points in its row."""
    look = style(role, 0)
    return go.Scatter(
        x=points["perplexity"].to_list(),
        y=[place] * points.height,
        mode="markers",
        marker={"color": look.colour, "symbol": "line-ns-open", "size": 14, "line": {"width": 1.5}},
        text=[name] * points.height,
        hovertemplate=HOVER,
        name=name,
    )
