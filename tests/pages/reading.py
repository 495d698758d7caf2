"""What a reader reads off a page and does on it, and the numbers that should be there."""

import contextlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import TimeoutError

from tests.pages.conftest import quiet


def rows_of(found: Any) -> list[dict[str, str]]:
    """One dict per row of a table."""
    cells = found.locator("tr").evaluate_all(
        "rows => rows.map(row => [...row.children].map("
        "cell => cell.innerText.replaceAll('\u00a0', ' ').trim()))"
    )
    return [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]


def table(page: Any, position: int = 0) -> list[dict[str, str]]:
    """A table on the page as one dict per row."""
    quiet(page)
    found = page.locator('[data-testid="stTable"]').nth(position)
    found.wait_for()
    return rows_of(found)


def table_with(page: Any, column: str) -> list[dict[str, str]]:
    """The first table that has this column, as one dict per row."""
    quiet(page)
    header = page.locator("th", has_text=column).first
    header.wait_for()
    return rows_of(page.locator('[data-testid="stTable"]').filter(has=header).first)


def choose(tab: Any, label: str, option: str) -> None:
    """Pick an option of a selector; a rerun that was under way closes the list once."""
    box = tab.page.get_by_role("combobox", name=label)
    wanted = tab.page.get_by_role("option", name=option)
    for _ in range(6):
        box.first.click()
        with contextlib.suppress(TimeoutError):
            wanted.first.click(timeout=4_000)
            break
        tab.page.keyboard.press("Escape")
        tab.settle()
    else:
        raise AssertionError(f"{label} offers no {option}")
    tab.page.keyboard.press("Escape")
    tab.settle()


def click(page: Any, mark: Any) -> None:
    """Click a mark of a figure; Plotly needs the mouse to have rested on it."""
    mark.wait_for()
    quiet(page)
    page.wait_for_timeout(500)
    box = mark.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 3, y - 1)
    page.wait_for_timeout(300)
    page.mouse.move(x, y)
    page.wait_for_timeout(500)
    page.mouse.click(x, y)


def overflow(page: Any) -> int:
    """Pixels that the page is wider than the window."""
    main = page.locator('[data-testid="stMain"]')
    return int(main.evaluate("main => main.scrollWidth - main.clientWidth"))


def query(page: Any) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def address(study: Any, role: str) -> str:
    """A run's name in URLs."""
    run = study.runs[role]
    return f"{run.split('--')[0]}~{run[-6:]}"


def correct(study: Any, role: str) -> dict[str, int]:
    """Problem → number of correct samples, counted from the raw verdicts."""
    judged = study.verdicts[role]
    return {
        problem: sum(outcome == "correct" for outcome in part["outcome"])
        for (problem,), part in judged.partition_by("problem_id", as_dict=True).items()
    }
