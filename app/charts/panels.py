"""Panels of a figure: where each lies, its axes, its titles, and a y axis that is broken."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.charts.end_labels import shortened
from app.charts.style import plain

WRAP = 3  # panels side by side, where they have no rows of their own
PANEL, SINGLE, FOLDED = 250, 450, 540  # pixels
AROUND = 200  # pixels for titles above and below
WIDEST, TALLEST = 54, 26  # characters of titles over a whole row, and beside a panel
LEGEND_ROW, LEGEND_WIDTH = 28, 72  # pixels; characters, in a narrow window

GUIDE = "#8A8A8A"

Cell = tuple[str, str]  # the names of a panel's row and column


class Arrow(NamedTuple):
    """A distance on the y axis, and what it is."""

    bottom: float
    top: float
    text: str


@dataclass(frozen=True)
class Grid:
    """Panels by their cells, in the order in which they are drawn; `folded`: each is two."""

    cells: Sequence[Cell]
    folded: bool = False

    @property
    def named_rows(self) -> list[str]:
        """Names of the rows; none where panels are wrapped."""
        names = list(dict.fromkeys(row for row, _ in self.cells))
        return names if any(names) else []

    @property
    def columns(self) -> int:
        """Panels side by side."""
        names = len(dict.fromkeys(column for _, column in self.cells))
        return names if self.named_rows or self.folded else max(min(names, WRAP), 1)

    @property
    def rows(self) -> int:
        """Panels one below the other, not counting the second half of a broken axis."""
        return len(self.named_rows) or max(-(-len(self.cells) // self.columns), 1)

    def place(self, cell: Cell) -> tuple[int, int]:
        """Row and column of the panel, from 1; of a broken one its upper half."""
        if self.named_rows:
            names = list(dict.fromkeys(column for _, column in self.cells))
            return self.named_rows.index(cell[0]) + 1, names.index(cell[1]) + 1
        position = list(self.cells).index(cell)
        return position // self.columns + 1, position % self.columns + 1

    def halves(self, cell: Cell) -> list[tuple[int, int]]:
        """Where a panel's traces are drawn: one place, or two of a broken axis."""
        row, column = self.place(cell)
        return [(1, column), (2, column)] if self.folded else [(row, column)]

    @property
    def height(self) -> int:
        """Pixels of the figure."""
        if self.folded:
            return FOLDED
        return SINGLE if len(self.cells) <= 1 else AROUND + PANEL * self.rows


def foldable(cells: Sequence[Cell]) -> bool:
    """Whether a broken axis can be drawn: for panels in one row."""
    return len({row for row, _ in cells}) <= 1 and len(cells) <= WRAP


def panels(grid: Grid, shared: bool) -> go.Figure:
    """An empty figure with the panels and their titles; `shared`: on the same axes."""
    rows = 2 * grid.rows if grid.folded else grid.rows
    gap = 16 if grid.folded else 62
    return make_subplots(
        rows=rows,
        cols=grid.columns,
        vertical_spacing=min(gap / (grid.height - AROUND), 0.9 / max(rows - 1, 1)),
        horizontal_spacing=min(0.07 if shared else 0.12, 0.9 / max(grid.columns - 1, 1)),
        shared_xaxes="all" if shared or grid.folded else False,
        shared_yaxes="all" if shared and not grid.folded else False,
        row_heights=[0.5, 0.5] if grid.folded else None,
        **titles(grid),
    )


def titles(grid: Grid) -> dict[str, list[str]]:
    """Titles of rows and columns, or of each panel; none of a single one without a name."""
    room = WIDEST // grid.columns
    if grid.named_rows:
        columns = list(dict.fromkeys(column for _, column in grid.cells))
        return {
            "column_titles": [plain(name) for name in shortened(columns, room).values()],
            "row_titles": [plain(name) for name in shortened(grid.named_rows, TALLEST).values()],
        }
    names = shortened([column for _, column in grid.cells], room)
    return {"subplot_titles": [plain(name) for name in names.values()]} if any(names) else {}


def with_axis_titles(figure: go.Figure, grid: Grid, x: str, y: str) -> None:
    """The titles of the axes at the left and below only."""
    figure.update_xaxes(title_text="")
    figure.update_yaxes(title_text="", automargin=True)
    last = {column: row for row, column in sorted(grid.place(cell) for cell in grid.cells)}
    for column, row in last.items():
        figure.update_xaxes(title_text=x, row=2 if grid.folded else row, col=column)
        figure.update_xaxes(showticklabels=True, row=2 if grid.folded else row, col=column)
    for row in range(1, (1 if grid.folded else grid.rows) + 1):
        figure.update_yaxes(title_text=y, row=row, col=1)


def with_fold(
    figure: go.Figure, grid: Grid, low: tuple[float, float], high: tuple[float, float]
) -> None:
    """The two ranges of the broken axis, and the mark of the break."""
    figure.update_yaxes(range=list(high), row=1)
    figure.update_yaxes(range=list(low), row=2)
    figure.update_xaxes(showticklabels=False, row=1)
    for axis in ("y", *(f"y{place}" for place in range(2, grid.columns + 1))):
        for x in (0.0, 1.0):
            figure.add_annotation(
                x=x, y=0, xref=f"x{axis[1:]} domain", yref=f"{axis} domain", text="//",
                showarrow=False, yshift=-8, font={"size": 15},
            )  # fmt: skip


def with_arrow(
    figure: go.Figure, arrow: Arrow, low: tuple[float, float], high: tuple[float, float]
) -> None:
    """The distance drawn over the break of the axis, at the left, between two level lines."""
    level = {"dash": "dot", "width": 1.3, "color": GUIDE}
    figure.add_hline(y=arrow.top, line=level, row=1, col=1)
    figure.add_hline(y=arrow.bottom, line=level, row=2, col=1)
    common = {"xref": "x domain", "axref": "x domain", "x": 0.02, "ax": 0.02, "arrowhead": 2}
    style = {"arrowwidth": 1.6, "arrowcolor": GUIDE, "showarrow": True, "text": ""}
    for axis, head, tail in (("y", arrow.top, high[0]), ("y2", arrow.bottom, low[1])):
        figure.add_annotation(**common, **style, y=head, ay=tail, yref=axis, ayref=axis)
    figure.add_annotation(
        x=0.03, xref="x domain", y=high[0], yref="y", yshift=14, text=plain(arrow.text),
        showarrow=False, xanchor="left", font={"size": 13},
    )  # fmt: skip


def with_legend(figure: go.Figure, grid: Grid) -> None:
    """The legend below the axes' titles, with room for it, however high the figure is."""
    names = [trace.name for trace in figure.data if trace.name and trace.showlegend is not False]
    rows = -(-sum(len(name) + 10 for name in names) // LEGEND_WIDTH) if len(names) > 1 else 0
    above, below = (120, 74) if len(grid.cells) > 1 else (84, 74)
    plot = grid.height - AROUND + (AROUND - above - below if len(grid.cells) <= 1 else 0)
    figure.update_layout(
        legend={"y": -64 / plot, "yanchor": "top"},
        height=plot + above + below + LEGEND_ROW * rows,
        margin={"t": above, "b": below + LEGEND_ROW * rows},
    )


def with_small_titles(figure: go.Figure) -> None:
    """Titles of panels in the size of the axes' titles."""
    figure.update_annotations(font_size=14)
