"""Figures as files: PNG, SVG and PDF for paper by Kaleido, HTML to be looked at closely."""

from pathlib import Path

import plotly.graph_objects as go

from app.report.figures import FIGURES, Drawn, figures
from app.report.page import page
from app.report.sections import figure as placed
from app.show_counted import Options
from store.location import Cursor

FORMS = (".png", ".svg", ".pdf", ".html")
WIDTH = 800  # pixels, of which an inch has 96
HEIGHT = 500
INK, PAPER = "#1E1E1E", "#FFFFFF"
FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"


def checked_form(path: Path) -> str:
    """png, svg, pdf or html, as the file's name ends. Raises ValueError for others."""
    if path.suffix.lower() not in FORMS:
        raise ValueError(f"{path.name!r} ends in none of {', '.join(FORMS)}: name the file so.")
    return path.suffix.lower().removeprefix(".")


def one_figure(view: str, cursor: Cursor, options: Options) -> Drawn:
    """The figure of a view. Raises ValueError where it has none, or one for each benchmark."""
    if view not in FIGURES:
        raise ValueError(f"{view!r} has no figure: choose from {', '.join(FIGURES)}.")
    found = figures(view, cursor, options)
    if len(found) > 1:
        named = ", ".join(one.benchmark for one in found)
        raise ValueError(f"There is a figure for each benchmark ({named}): name a --benchmark.")
    return found[0]


def drawn(found: Drawn, form: str, width: int | None, height: int | None, scale: float) -> bytes:
    """The content of the file: a picture, or a page with nothing but the figure."""
    if form != "html":
        return picture(on_paper(found.figure, width, height), form, scale if form == "png" else 1)
    found.figure.update_layout(height=height or found.figure.layout.height)
    title = found.figure.layout.title.text or found.alt
    return page(title, [], [("figure", found.alt, placed("1", found))]).encode()


def on_paper(figure: go.Figure, width: int | None, height: int | None) -> go.Figure:
    """The figure in dark ink on white, in a size for a page."""
    axis = {"linecolor": INK, "tickcolor": INK, "automargin": True}
    look = {"font": {"color": INK, "family": FONT}, "xaxis": axis, "yaxis": axis}
    marks = {"scatter": [{"marker": {"line": {"width": 0}}}]}
    return figure.update_layout(
        template={"layout": look, "data": marks}, paper_bgcolor=PAPER, plot_bgcolor=PAPER,
        width=width or WIDTH, height=height or figure.layout.height or HEIGHT,
    )  # fmt: skip


def picture(figure: go.Figure, form: str, scale: float) -> bytes:
    """The figure as PNG, SVG or PDF. Raises ValueError where what draws it is not there."""
    try:
        import kaleido
    except ModuleNotFoundError as error:
        raise ValueError(
            "Pictures are drawn by kaleido, which is not installed: pip install"
            " 'passband[figures]'. Or name a file that ends in .html."
        ) from error
    size = {"width": figure.layout.width, "height": figure.layout.height}
    options = {"format": form, "scale": scale, **size}
    try:
        # Without MathJax, which it would load from elsewhere.
        drawn = kaleido.calc_fig_sync(figure.to_dict(), options, kopts={"mathjax": False})
    except (RuntimeError, OSError, TimeoutError) as error:
        raise ValueError(
            "Pictures are drawn with Chrome or Chromium, and none could be started. Install one, or"
            " name a file that ends in .html."
        ) from error
    return bytes(drawn)
