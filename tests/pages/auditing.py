"""A reviewer at the page audit: sits down, waits for the page, and what was written in the end."""

from typing import Any
from urllib.parse import quote

import polars as pl
from playwright.sync_api import Browser

from store.audits import by_reviewer
from store.build import publish
from store.shards import write_shard
from tests.pages.conftest import SIZE, Server, Study, Tab, watched

TOKENS = {
    "token_ids": pl.Int32, "token_logprobs": pl.Float32, "token_ranks": pl.Int32,
    "token_ends": pl.Int32,
}  # fmt: skip
SLOW = 60_000  # ms; ten browsers share two cores


def with_texts(study: Study, text: pl.Expr) -> Study:
    """The study with other texts of all samples, published anew."""
    samples = {}
    tokens = {name: pl.lit(None, pl.List(kind)) for name, kind in TOKENS.items()}
    for role, rows in study.samples.items():
        folder = study.path / "shards" / study.runs[role]
        for shard in [*folder.glob("samples-*.parquet"), *folder.glob("scores-*.parquet")]:
            shard.unlink()
        samples[role] = rows.with_columns(completion=text, **tokens)
        write_shard(folder, "samples", samples[role])
    publish(study.path)
    return study._replace(samples=samples)


def sit_down(server: Server, browser: Browser, name: str | None, **more: Any) -> Tab:
    """A browser of one reviewer, who said their name before, or never."""
    context = browser.new_context(viewport=SIZE, **more)
    if name:
        context.add_cookies(
            [{"name": "passband_reviewer", "value": quote(name), "url": server.url}]
        )
    tab = watched(context.new_page(), server.url)
    tab.page.set_default_timeout(SLOW)
    return tab


REST = """pause => {
    const working = document.querySelector('[data-testid="stApp"]').dataset.testScriptState;
    if (working !== "notRunning") window.restedSince = undefined;
    else window.restedSince ??= performance.now();
    return performance.now() - window.restedSince >= pause;
}"""


def at_rest(page: Any, pause: int = 200) -> None:
    """Wait until the script has run, and has not begun again for so many milliseconds: a long
    response is set in several runs.
    """
    page.evaluate("window.restedSince = undefined")
    page.wait_for_function(REST, arg=pause)


def read_by_me(page: Any, number: int) -> None:
    """Wait until so many samples are read, and the next one is there."""
    counted(page, number)
    at_rest(page)


def counted(page: Any, number: int) -> None:
    """Wait until the page says that so many samples are read; it may be at work on the next."""
    page.wait_for_function(
        """number => [...document.querySelectorAll('[data-testid="stProgress"]')]
            .some(bar => bar.textContent.startsWith(`${number} of `))""",
        arg=number,
    )


def response(page: Any) -> str:
    """The text that is shown, as the browser has it."""
    box = page.locator('[class*="st-key-audit_response_"]').first
    return str(
        box.locator(".text").first.evaluate(
            """node => {
                const copy = node.cloneNode(true);
                copy.querySelectorAll("button").forEach((button) => button.remove());
                return copy.textContent;
            }"""
        )
    )


def rows_of(study: Study, reviewer: str) -> list[dict[str, Any]]:
    """Every row that the reviewer wrote, in order."""
    return by_reviewer(study.path, reviewer).to_dicts()
