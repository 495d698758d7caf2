"""Every page with a study of every shape, wide and narrow, light and dark: nothing is wrong."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pages.conftest import Server, Tab, serve
from tests.pages.looking import drawn, faults, new_tab, views, visit
from tests.pages.studies import STUDIES, make_study

pytestmark = pytest.mark.browser

PAGES = (
    "runs", "pass-at-k", "compare", "solvable", "accuracy", "perplexity", "training", "problems",
    "reader", "audit",
)  # fmt: skip
WIDE, NARROW = 1440, 900
FULL = ("twelve_runs", "ragged", "long_names")  # those that fill a page most
ALWAYS = ("two_runs",)  # the others take minutes: make sweep


def swept(names: Iterable[str]) -> list[Any]:
    """The names, all but ALWAYS with the mark of tests that `make sweep` runs."""
    mark = pytest.mark.sweep
    return [name if name in ALWAYS else pytest.param(name, marks=mark) for name in names]


@pytest.fixture(scope="module")
def shaped(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A dashboard of the study of this name."""
    folder = tmp_path_factory.mktemp("shaped")
    yield from serve(make_study(request.param, folder), Path(folder) / "log.txt")


@pytest.fixture(scope="module")
def light(shaped: Server, browser: Any) -> Iterator[Tab]:
    """A wide window with a light scheme."""
    yield from shut(new_tab(browser, shaped.url, WIDE, "light"))


@pytest.fixture(scope="module")
def dark(shaped: Server, browser: Any) -> Iterator[Tab]:
    """A narrow window with a dark scheme."""
    yield from shut(new_tab(browser, shaped.url, NARROW, "dark"))


def shut(tab: Tab) -> Iterator[Tab]:
    """The tab, which is closed afterwards."""
    yield tab
    tab.page.context.close()


def wrong(tab: Tab, path: str) -> dict[str, list[str]]:
    """What is wrong with each view of a page, and what went wrong on the way."""
    tab.problems.clear()
    page = visit(tab, path)
    found = {view: faults(page) for view in views(page)}
    return {view: some for view, some in {**found, "console": list(tab.problems)}.items() if some}


@pytest.mark.parametrize("shaped", swept(STUDIES), indirect=True)
@pytest.mark.parametrize("path", PAGES)
def test_a_wide_light_page_has_no_fault(light: Tab, path: str) -> None:
    assert wrong(light, path) == {}


@pytest.mark.parametrize("shaped", swept(FULL), indirect=True)
@pytest.mark.parametrize("path", PAGES)
def test_a_narrow_dark_page_has_no_fault(dark: Tab, path: str) -> None:
    assert wrong(dark, path) == {}


@pytest.mark.parametrize("shaped", swept(["long_names"]), indirect=True)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_as_good_when_the_window_and_the_scheme_change(light: Tab, path: str) -> None:
    page = visit(light, path)
    page.set_viewport_size({"width": NARROW, "height": 1000})
    drawn(page)
    narrow = faults(page)
    page.set_viewport_size({"width": WIDE, "height": 1000})
    page.emulate_media(color_scheme="dark")
    drawn(page)
    dark = faults(page)
    page.emulate_media(color_scheme="light")
    assert (narrow, dark) == ([], [])


@pytest.mark.parametrize("shaped", ["two_runs"], indirect=True)
@pytest.mark.parametrize(
    ("harm", "expected"),
    [
        ("title.after(title.cloneNode(true))", "texts overlap"),
        ("title.setAttribute('transform', 'translate(-300)')", "text leaves its figure"),
        ("title.style.fill = 'rgb(250, 250, 250)'", "text hardly shows"),
        ("title.style.fontSize = '7px'", "text is smaller"),
        ("plot.layout.title.subtitle.text = 'of something'", "does not say n"),
        ("main.firstElementChild.style.width = '3000px'", "wider than the window"),
        ("block.style.marginBottom = '-90px'", "blocks overlap"),
        ("block.innerHTML = '<i data-testid=stAlert>0 rows</i>'", "a notice is no sentence"),
        ("block.innerHTML = '<i class=katex>y</i>'", "set as a formula"),
        ("block.innerHTML = '<i data-testid=stException>oh</i>'", "exception: oh"),
    ],
)
def test_a_fault_is_seen(light: Tab, harm: str, expected: str) -> None:
    page = visit(light, "pass-at-k")
    found = page.evaluate(
        """harm => {
            const main = document.querySelector('[data-testid="stMain"]');
            const plot = main.querySelector('.js-plotly-plot');
            const title = plot.querySelector('.gtitle');
            const block = main.querySelectorAll('[data-testid="stElementContainer"]')[1];
            new Function('main', 'plot', 'title', 'block', harm)(main, plot, title, block);
            return look.faults();
        }""",
        harm,
    )
    assert any(expected in fault for fault in found)
