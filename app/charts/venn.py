"""Two overlapping sets of solvable problems."""

import plotly.graph_objects as go

from app.charts.style import Style, laid_out, plain, style, translucent
from app.charts.wrapping import shortened, top_margin, wrapped
from app.metrics.venn import Circles, circles, extent, outside_regions, region_points

# A mark under a number, large enough to click; a click darkens it and dims nothing.
CLICKABLE: dict[str, object] = {
    "marker": {"size": 46, "color": "rgba(136,136,136,0.10)", "line": {"width": 0}},
    "selected": {"marker": {"color": "rgba(136,136,136,0.45)"}},
    "unselected": {"marker": {"opacity": 1}},
    "textfont": {"size": 18},
    "hoverinfo": "text",
    "showlegend": False,
}


def venn_chart(
    both: float,
    only_base: float,
    only_other: float,
    neither: float,
    labels: tuple[str, str],
    roles: tuple[str, str] = ("base", "rl"),
    subtitle: str = "",
) -> go.Figure:
    """Two circles whose areas and overlap are proportional to the numbers of problems.

    `labels` and `roles` are those of base and other. Problems that neither solves stand outside.
    Every region is one mark with customdata [region]; `subtitle` should say k and n.
    """
    sizes = {"both": both, "only_base": only_base, "only_other": only_other, "neither": neither}
    shape = circles(both, only_base, only_other)
    figure = go.Figure(region_marks(sizes, shape, labels))
    sides = ((shape.base_x, shape.base_radius), (shape.other_x, shape.other_radius))
    for (x, radius), look in zip(sides, looks(roles), strict=True):
        if radius:
            figure.add_shape(disc(x, radius, look))
    add_run_names(figure, shape, labels, roles)
    add_region_names(figure, shape, labels)
    finished(figure, subtitle or problems(sum(sizes.values())))
    return figure


def looks(roles: tuple[str, str]) -> tuple[Style, Style]:
    """The styles of base and other; one role twice gets two shades and a dashed line."""
    base, other = roles
    return style(base, 0), style(other, int(base == other))


def disc(x: float, radius: float, look: Style) -> dict[str, object]:
    """A translucent circle."""
    return {
        "type": "circle", "x0": x - radius, "x1": x + radius, "y0": -radius, "y1": radius,
        "fillcolor": translucent(look.colour, 0.28), "layer": "below",
        "line": {"color": look.colour, "width": 2, "dash": look.dash},
    }  # fmt: skip


def region_marks(sizes: dict[str, float], shape: Circles, labels: tuple[str, str]) -> go.Scatter:
    """One mark per region, large enough to click, with its number of problems."""
    points = region_points(shape)
    total = sum(sizes.values())
    names = region_names((plain(labels[0]), plain(labels[1])))
    return go.Scatter(
        x=[points[region].x for region in sizes],
        y=[points[region].y for region in sizes],
        text=[f"<b>{number(size)}</b>" for size in sizes.values()],
        mode="markers+text",
        customdata=[[region] for region in sizes],
        hovertext=[f"{names[region]}: {said(size, total)}" for region, size in sizes.items()],
        **CLICKABLE,
    )


def region_names(labels: tuple[str, str]) -> dict[str, str]:
    """What each region is, in words; `labels` are escaped."""
    base, other = labels
    return {
        "both": "both",
        "only_base": f"only {base}",
        "only_other": f"only {other}",
        "neither": "neither",
    }


def said(size: float, total: float) -> str:
    """A number of problems with its share."""
    return f"{problems(size)} ({size / total:.1%})" if total else "0 problems"


def problems(size: float) -> str:
    """A number of problems, which need not be whole."""
    return f"{number(size)} {'problem' if size == 1 else 'problems'}"


def number(size: float) -> str:
    """A count in full; an expected number with one decimal."""
    return f"{size:,.0f}" if float(size).is_integer() else f"{size:,.1f}"


def add_run_names(
    figure: go.Figure, shape: Circles, labels: tuple[str, str], roles: tuple[str, str]
) -> None:
    """The runs' names above the outer sides of the circles that there are."""
    left, right = extent(shape)
    height = 1.06 * max(shape.base_radius, shape.other_radius)
    ends = ((left, "left", shape.base_radius), (right, "right", shape.other_radius))
    for (x, anchor, radius), name, look in zip(ends, labels, looks(roles), strict=True):
        if radius:
            figure.add_annotation(
                x=x, y=height, text=f"<b>{shortened(name, 28)}</b>", showarrow=False,
                xanchor=anchor, yanchor="bottom", font={"size": 15, "color": look.colour},
            )  # fmt: skip


def add_region_names(figure: go.Figure, shape: Circles, labels: tuple[str, str]) -> None:
    """Names below the numbers that stand outside the circles, away from the circles."""
    points = region_points(shape)
    names = region_names((shortened(labels[0], 16), shortened(labels[1], 16)))
    sides = {"only_base": ("right", 22), "only_other": ("left", -22)}
    for region in sorted({"neither"} | outside_regions(shape)):
        anchor, shift = sides.get(region, ("center", 0))
        figure.add_annotation(
            x=points[region].x, y=points[region].y, text=names[region], showarrow=False,
            xanchor=anchor, xshift=shift, yshift=-20, font={"size": 13},
        )  # fmt: skip


def finished(figure: go.Figure, subtitle: str) -> None:
    """Titles, no axes, and one unit as long on x as on y, so that circles are round."""
    lines = wrapped(subtitle)
    laid_out(figure, "Solvable problems", lines, "", "")
    figure.update_layout(margin={"t": top_margin(lines), "b": 16, "l": 24})
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False, scaleanchor="x", scaleratio=1)
    figure.update_layout(dragmode=False)
