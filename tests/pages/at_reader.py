"""What tests of the reader do in a browser: links, keys, and waiting for a sample."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.pages.conftest import (
    Tab,
)


def name(run: str) -> str:
    """A run as it is in the URL."""
    return f"{run.split('--')[0]}~{run[-6:]}"


def link(*runs: str, **parameters: object) -> str:
    """The reader with these runs side by side."""
    return "reader?" + urlencode([*(("run", name(run)) for run in runs), *parameters.items()])


def query(page: Any) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def path(tab: Tab) -> str:
    """The address that somebody else would be given."""
    return tab.page.url.removeprefix(tab.url).removeprefix("/")


def heading(page: Any, number: int, pane: int = 1) -> None:
    """Wait until this sample is shown in this pane."""
    shown = page.get_by_role("heading", name="Completion of sample").nth(pane - 1)
    page.wait_for_function(
        "([heading, text]) => heading.textContent.trim() === text",
        arg=[shown.element_handle(), f"Completion of sample {number}"],
    )


def press(tab: Tab, *keys: str) -> None:
    """Press keys one after the other, each once the page is at rest and listens."""
    tab.page.locator(".st-key-keys .open").wait_for()
    for key in keys:
        tab.settle()
        tab.page.keyboard.press(key)


def addressed(tab: Tab, text: str) -> None:
    """Wait until the URL holds this."""
    tab.page.wait_for_url(f"**{text}*")


def answers(page: Any, pane: int = 1) -> list[tuple[str, str]]:
    """Answer and count of each row of a pane."""
    rows = page.locator(f".st-key-reader_groups_{pane} .group")
    rows.first.wait_for()
    found = rows.evaluate_all(
        "all => all.map(row => ['.answer', '.count'].map(s => row.querySelector(s).textContent))"
    )
    return [(answer, count) for answer, count in found]
