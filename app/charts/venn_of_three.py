"""Three overlapping sets of solvable problems, every number shown."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from app.charts.style import Style, plain, style, translucent
from app.charts.venn import CLICKABLE, finished, number, said
from app.charts.wrapping import shortened
from app.metrics.three_circles import REGIONS, Circle, Drawing, bounds, edge_points, three_circles
from app.metrics.venn import Point

LETTERS = "ABC"
NONE = "000"
WIDE = 0.95  # of the circles' width: the column of text to the right of them
LINE = 0.115  # of the circles' width: between two lines of that column


def venn_of_three_chart(
    sizes: Mapping[str, float],
    labels: Sequence[str],
    roles: Sequence[str],
    subtitle: str = "",
) -> go.Figure:
    """Circles A, B, C with a number in each of the seven regions; none of the three stands beside.

    `sizes`: "100" only A, "110" A and B, …, "000" none. Areas are proportional where circles can
    do it (app.metrics.three_circles), else the circles are equal, and the subtitle says which. The
    number of a region without room stands in the column at the right, on a line to its region.
    Every region is one mark with customdata [region].
    """
    drawing = three_circles(sizes)
    looks = looks_of(roles)
    places = number_places(drawing)
    figure = go.Figure(region_marks(sizes, places, labels))
    for circle, look in zip(drawing.circles, looks, strict=True):
        if circle.radius:
            figure.add_shape(disc(circle, look))
    add_run_names(figure, drawing, labels, looks)
    add_leaders(figure, drawing, places, sizes)
    finished(figure, f"{subtitle}; {proportion(drawing)}" if subtitle else proportion(drawing))
    left, right, low, high = bounds(drawing.circles)
    figure.update_xaxes(range=[left - 0.05 * (right - left), right + WIDE * (right - left)])
    figure.update_yaxes(
        range=[min(low, lowest(places)) - 0.06 * (right - left), high + 0.04 * (high - low)]
    )
    figure.update_layout(height=520)
    return figure


def proportion(drawing: Drawing) -> str:
    """Whether areas can be read as numbers, and how well."""
    if drawing.proportional:
        return f"areas proportional, to within {max(drawing.error, 0.001):.1%} of all solved"
    return "areas not proportional: no three circles have these areas"


def looks_of(roles: Sequence[str]) -> list[Style]:
    """A style per run; runs of one role get its shades in turn."""
    return [style(role, list(roles[:i]).count(role)) for i, role in enumerate(roles)]


def disc(circle: Circle, look: Style) -> dict[str, object]:
    """A translucent circle."""
    x, y, radius = circle
    return {
        "type": "circle", "x0": x - radius, "x1": x + radius, "y0": y - radius, "y1": y + radius,
        "fillcolor": translucent(look.colour, 0.22), "layer": "below",
        "line": {"color": look.colour, "width": 2, "dash": look.dash},
    }  # fmt: skip


def column_point(drawing: Drawing, line: int) -> Point:
    """Where a line of the column of text begins, counted from the top."""
    left, right, _, high = bounds(drawing.circles)
    return Point(right + 0.16 * (right - left), high - (line + 0.5) * LINE * (right - left))


def number_places(drawing: Drawing) -> dict[str, Point]:
    """Where the number of each region stands: in it, or in the column, below the runs' names."""
    absent = [r for r in REGIONS if r not in drawing.points | drawing.narrow]
    drawn = sorted(drawing.narrow, key=lambda region: -drawing.narrow[region].y)
    beside = [*drawn, *absent, NONE]  # from the top down, so that lines do not cross
    lines = {region: column_point(drawing, 3 + i) for i, region in enumerate(beside)}
    return drawing.points | lines


def lowest(places: Mapping[str, Point]) -> float:
    """The y of the lowest number."""
    return min(point.y for point in places.values())


def region_marks(
    sizes: Mapping[str, float], places: Mapping[str, Point], labels: Sequence[str]
) -> go.Scatter:
    """One mark per region with its number of problems."""
    total = sum(sizes.values())
    return go.Scatter(
        x=[places[region].x for region in sizes],
        y=[places[region].y for region in sizes],
        text=[f"<b>{number(size)}</b>" for size in sizes.values()],
        mode="markers+text",
        customdata=[[region] for region in sizes],
        hovertext=[
            f"{solvers(region, labels)}: {said(size, total)}" for region, size in sizes.items()
        ],
        **CLICKABLE
        | {"textfont": {"size": 16}, "marker": {"size": 30, "color": "rgba(136,136,136,0.12)"}},
    )


def solvers(region: str, names: Sequence[str]) -> str:
    """Who solves the problems of a region and who does not."""
    by = [plain(name) for name, bit in zip(names, region, strict=True) if bit == "1"]
    return f"only {' and '.join(by)}" if 0 < len(by) < 3 else ("all three" if by else "none")


def add_run_names(
    figure: go.Figure, drawing: Drawing, labels: Sequence[str], looks: Sequence[Style]
) -> None:
    """A letter at each circle, and what the letters mean at the top of the column."""
    letters = edge_points(drawing.circles, list(drawing.points.values()))
    for i, (letter, label, look) in enumerate(zip(LETTERS, labels, looks, strict=True)):
        font = {"size": 15, "color": look.colour}
        add_text(figure, column_point(drawing, i), f"<b>{letter}</b> {shortened(label, 26)}", font)
        if i in letters:
            at = letters[i]
            figure.add_annotation(
                x=at.x, y=at.y, text=f"<b>{letter}</b>", showarrow=False, font=font
            )


def add_leaders(
    figure: go.Figure, drawing: Drawing, places: Mapping[str, Point], sizes: Mapping[str, float]
) -> None:
    """Per number in the column: the region's letters, and a line to the region if it is drawn."""
    for region in (*REGIONS, NONE):
        if region in drawing.points:
            continue
        at = places[region]
        add_text(figure, at, solvers(region, LETTERS), {"size": 13}, shift=28)
        if region in drawing.narrow and number(sizes[region]) not in ("0", "0.0"):
            to = drawing.narrow[region]
            figure.add_annotation(
                x=to.x, y=to.y, ax=at.x, ay=at.y, xref="x", yref="y", axref="x", ayref="y",
                startstandoff=16, arrowhead=6, arrowwidth=1, arrowcolor="#888888", text="",
            )  # fmt: skip


def add_text(
    figure: go.Figure, at: Point, text: str, font: Mapping[str, object], shift: int = 0
) -> None:
    """A line of the column."""
    figure.add_annotation(
        x=at.x, y=at.y, text=text, showarrow=False, xanchor="left", xshift=shift, font=font
    )
