"""Every control of every page: it changes the data and the URL, which brings the same back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pages.conftest import Server, Tab, serve
from tests.pages.looking import (
    controls,
    data,
    drawn,
    faults,
    moved_from,
    name_of,
    new_tab,
    operate,
    visit,
)
from tests.pages.studies import make_study

pytestmark = [pytest.mark.browser, pytest.mark.sweep]

MAIN, SIDEBAR = "stMain", "stSidebar"
MOST = "benchmark=train-sums"  # the benchmark with the most runs
LAST = (
    "pass_at_k_measure",
    "pass_at_k_panels",
    "solvable_threshold",
    "solvable_runs",
)  # others depend on them
TURNS = 4  # values that are tried until the data change
VIEWS = {
    "accuracy": ("histogram", "cumulative", "scatter", "flow", "heatmap"),
    "perplexity": ("distribution", "length", "training steps", "tokens"),
    "training": (
        "by step", "by k and step", "algorithms", "ablations", "temperature", "solved problems",
        "training log",
    ),
}  # fmt: skip
STARTS = [
    (SIDEBAR, f"pass-at-k?{MOST}"),
    *(
        (MAIN, f"{page}?{MOST}")
        for page in ("pass-at-k", "compare", "solvable", "problems", "reader")
    ),
    *(
        (MAIN, f"{page}?{MOST}&{page}_view={view}")
        for page, names in VIEWS.items()
        for view in names
    ),
]


@pytest.fixture(scope="module")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A dashboard of the study with twelve models."""
    folder = tmp_path_factory.mktemp("twelve")
    yield from serve(make_study("twelve_runs", folder), Path(folder) / "log.txt")


@pytest.fixture(scope="module")
def tab(twelve: Server, browser: Any) -> Iterator[Tab]:
    opened = new_tab(browser, twelve.url, 1440, "light")
    yield opened
    opened.page.context.close()


def moved(page: Any, key: str, kind: str) -> list[str]:
    """Operate a control until the data change; what it fails to do."""
    address, before = page.url, data(page)
    for turn in range(TURNS):
        if not operate(page, key, kind, turn):
            return [f"{key}: no value changes the data"] if turn else []
        if not moved_from(page, address):
            return [f"{key}: the URL stays as it is"]
        drawn(page)
        if data(page) != before:
            return [f"{key}: {fault}" for fault in faults(page)]
        if kind == "toggle":
            break
    return [f"{key}: the data stay as they are"]


def sweep(page: Any, place: str, done: set[str]) -> list[str]:
    """Operate, one after the other, each control that is there or appears."""
    found = []
    while rest := {k: v for k, v in controls(page, place).items() if name_of(k) not in done}:
        key, kind = min(rest.items(), key=lambda item: item[0] in LAST)
        done.add(name_of(key))
        found += moved(page, key, kind)
    return found


@pytest.mark.parametrize(("place", "start"), STARTS)
def test_every_control_changes_the_data_and_the_url(tab: Tab, place: str, start: str) -> None:
    tab.problems.clear()
    page = visit(tab, start)
    there, done = set(map(name_of, controls(page, place))), set[str]()
    assert there
    found = sweep(page, place, done)
    for _ in there - done:  # those that vanished before their turn
        page = visit(tab, start)
        found += sweep(page, place, done)
    assert not found, "; ".join(found)
    assert there <= done

    address, before = page.url, data(page)
    visit(tab, address.removeprefix(tab.url).removeprefix("/"))
    assert data(page) == before, address
    assert tab.problems == []
