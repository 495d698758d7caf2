"""The HTML report in a real browser, from disk, with the network off."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from app.rendering import as_table
from app.show import answer
from store.audits import newest
from store.location import connect, current
from tests.app.reports import passband
from tests.pages.conftest import HOSTILE_ID, Study

pytestmark = pytest.mark.browser

OPTIONS = {"benchmark": "countdown-24", "base": "small-base", "other": "small-rl--"}
CELLS = """(id) => [...document.querySelectorAll(`#table-${id} tr`)].map(
  (row) => [...row.children].map((cell) => cell.textContent))"""
WIDTHS = """() => [...document.querySelectorAll(".figure")].map((place) => {
  const box = place.querySelector(".main-svg").getBoundingClientRect();
  return [Math.round(box.width), place.clientWidth, place.querySelectorAll("path, text").length];
})"""
COLOUR = "() => getComputedStyle(document.querySelector('.gtitle')).fill"


@pytest.fixture(scope="module")
def file(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    named = [word for name, value in OPTIONS.items() for word in (f"--{name}", value)]
    samples = ["--sample", f"{study.runs['hostile']}/{HOSTILE_ID}/0"]
    done = passband("export", "report", path, "--study", study.path, *named, *samples)
    assert done.exit_code == 0, done.stderr
    return path


def opened(browser: Browser, file: Path, scheme: str, seen: list[str]) -> Page:
    """The file in a browser without a network, which takes note of whatever goes wrong."""
    size = {"width": 1000, "height": 900}
    context = browser.new_context(viewport=size, color_scheme=scheme, offline=True)  # type: ignore[arg-type]
    page = context.new_page()
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("dialog", lambda dialog: (seen.append(dialog.message), dialog.dismiss()))
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-drawn]", timeout=60_000)
    return page


def until_coloured(page: Page, colour: str) -> None:
    """Wait for it from outside: a page of this policy cannot be made to wait by a string."""
    for _ in range(100):
        if page.evaluate(COLOUR) == colour:
            return
        page.wait_for_timeout(50)
    assert page.evaluate(COLOUR) == colour


def test_it_opens_without_a_network_and_shows_the_numbers_of_show(
    browser: Browser, file: Path, study: Study
) -> None:
    seen: list[str] = []
    page = opened(browser, file, "light", seen)

    with connect(current(study.path)) as connection:
        for view in ("pass-at-k", "compare", "accuracy", "perplexity", "runs", "audits"):
            audits = newest(study.path) if view == "audits" else None
            frame = answer(view, connection.cursor(), audits=audits, **OPTIONS)
            # A terminal's lines end without spaces; no cell has two of them in a row.
            shown = [" ".join(line.split()) for line in as_table(frame).splitlines()]
            cells = page.evaluate(CELLS, view)
            assert [" ".join(" ".join(row).split()) for row in cells] == shown

    drawn = page.evaluate(WIDTHS)
    assert len(drawn) == 5  # one for each view that has a figure
    assert all(width == room and marks > 20 for width, room, marks in drawn)
    assert page.evaluate(COLOUR) == "rgb(30, 30, 30)"
    assert page.evaluate("document.documentElement.scrollWidth") == 1000
    page.locator(".figure .nsewdrag").first.hover()
    page.locator(".hoverlayer .hovertext").first.wait_for()
    with page.expect_download() as download:
        page.locator("[data-title*='Download plot']").first.click()
    assert "k, samples per problem" in Path(download.value.path()).read_text()
    page.emulate_media(color_scheme="dark")
    until_coloured(page, "rgb(230, 228, 223)")
    assert page.pdf()[:5] == b"%PDF-"
    page.context.close()
    assert seen == [file.as_uri()]


def test_no_foreign_script_would_run_even_if_it_got_in(
    browser: Browser, file: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.html"
    attack = "<script>document.title = 'broken'</script><img src=x onerror=\"document.title='b'\">"
    broken.write_text(file.read_text().replace("<main>", f"<main>{attack}"))
    seen: list[str] = []
    page = opened(browser, broken, "light", seen)

    assert page.title().startswith("Passband report of")
    assert len([text for text in seen if "Content Security Policy" in text]) >= 2
    page.context.close()
