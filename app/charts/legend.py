"""A legend below the axes with room enough for all its names."""

from collections.abc import Sequence

import plotly.graph_objects as go

WIDTH = 540  # pixels of a figure beside the sidebar in a window of 900
LETTER, MARK, LINE, AXIS = 7.2, 46, 21, 62  # pixels: a letter, a line's sample, a line, the x axis


def legend_below(figure: go.Figure, names: Sequence[str], longest: int = 44) -> go.Figure:
    """The figure with its legend at the bottom, and a margin that holds it; none for one name."""
    if len(names) < 2:
        return figure.update_layout(showlegend=False, margin_b=AXIS)
    widest = max(min(len(name), longest) for name in names) * LETTER + MARK
    rows = -(-len(names) // max(int(WIDTH // widest), 1))
    legend = {"yref": "container", "y": 0, "yanchor": "bottom", "x": 0, "orientation": "h"}
    figure.update_layout(legend=legend | {"font": {"size": 13}}, showlegend=True)
    return figure.update_layout(margin_b=AXIS + LINE * rows + 8)
