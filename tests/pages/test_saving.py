"""What the buttons below a figure save: its numbers, and a picture for white paper."""

import io
import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from tests.pages.conftest import Server, check, serve, watched

pytestmark = pytest.mark.browser

SCRIPT = """
import plotly.graph_objects as go
import polars as pl
import streamlit as st

from app.charts.style import COLOURS, laid_out
from app.components.figure import show_figure

st.title("A page")
numbers = pl.DataFrame({"k": [1, 2, 4], "pass_at_k": [0.1, 0.25, float("nan")]})
for key, name in (("other_figure", "other"), ("page_figure", "Curve, n = 32")):
    line = go.Scatter(x=[1, 2], y=[0.1, 0.25], line_color=COLOURS["base"][0])
    chart = laid_out(go.Figure(line), name, "3 problems <of 4>", "k", "pass@k")
    chart.add_annotation(x=2, y=0.25, text="base", font_color=COLOURS["base"][0])
    show_figure(chart, key, "a curve", numbers)
"""
SVG = "{http://www.w3.org/2000/svg}"
DARK, WHITE, BASE = "rgb(38, 39, 48)", "rgb(255, 255, 255)", "rgb(42, 132, 198)"


@pytest.fixture(scope="module")
def figure_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("figures")
    (folder / "script.py").write_text(SCRIPT)
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_text("browser.gatherUsageStats = false\n")
    yield from serve(folder, folder / "log.txt", folder / "script.py")


@pytest.fixture(params=["light", "dark"])
def page(request: Any, figure_server: Server, browser: Any) -> Iterator[Any]:
    size = {"width": 1000, "height": 900}
    context = browser.new_context(viewport=size, color_scheme=request.param)
    tab = watched(context.new_page(), figure_server.url)
    tab.page.set_default_timeout(60_000)
    tab.open("")
    tab.page.locator(".js-plotly-plot .main-svg").nth(5).wait_for(state="attached")
    yield tab.page
    check(tab)
    context.close()


def saved(page: Any, button: str, position: int = 1) -> tuple[str, bytes]:
    """Name and content of what a button of one of the two figures saves."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button, exact=True).nth(position).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_numbers_are_saved_as_they_are(page: Any) -> None:
    name, content = saved(page, "CSV")

    assert name == "page_figure.csv"
    assert content.decode() == "k,pass_at_k\n1,0.1\n2,0.25\n4,NaN\n"
    assert pl.read_csv(io.BytesIO(content))["k"].to_list() == [1, 2, 4]


def test_a_png_has_three_times_the_size_shown_and_a_white_background(page: Any) -> None:
    name, content = saved(page, "PNG")

    shown = page.locator(".js-plotly-plot").nth(1).bounding_box()
    assert name == "page_figure.png"
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    assert abs(width - 3 * shown["width"]) <= 6
    assert abs(height - 3 * shown["height"]) <= 6
    pixels = Image.open(io.BytesIO(content)).convert("RGBA")
    corners = [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)]
    assert {pixels.getpixel(corner) for corner in corners} == {(255, 255, 255, 255)}
    darkest, _ = pixels.convert("L").getextrema()
    assert darkest < 60


def test_an_svg_is_drawn_for_white_paper_in_either_theme(page: Any) -> None:
    name, content = saved(page, "SVG")

    root = ElementTree.fromstring(content)
    texts = list(root.iter(f"{SVG}text"))
    words = ["".join(text.itertext()) for text in texts]
    assert name == "page_figure.svg"
    assert {"Curve, n = 32", "3 problems <of 4>", "pass@k", "base"} <= set(words)
    background = next(root.iter(f"{SVG}rect"))
    assert f"fill: {WHITE}" in background.get("style", "")
    assert background.get("width") == root.get("width")
    for word, text in zip(words, texts, strict=True):
        colour = BASE if word == "base" else DARK
        assert f"fill: {colour}" in text.get("style", ""), word
        assert "Source Sans" not in text.get("style", "")


def test_saving_leaves_the_figure_on_the_page_as_it_was(page: Any) -> None:
    title = page.locator(".js-plotly-plot .gtitle").nth(1)
    colour = "node => getComputedStyle(node).fill"
    before = title.evaluate(colour)
    first, _ = saved(page, "SVG", 0)
    second, _ = saved(page, "SVG", 1)

    assert (first, second) == ("other_figure.svg", "page_figure.svg")
    assert title.evaluate(colour) == before
    assert page.locator(".js-plotly-plot").count() == 2
