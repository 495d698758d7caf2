"""Share: a link shows the same numbers, says later what has changed, and shows it as it was."""

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import duckdb
import polars as pl
import pytest

from store.audits import Audit, content_hash, record
from store.build import publish
from store.location import current
from store.shards import write_shard
from tests.pages.conftest import Server, Study, Tab, check, make_study, serve, watched
from tests.pages.reading import choose, click

pytestmark = pytest.mark.browser

FOREIGN = "f" * 16  # names of a build that is not there, and of one that we cannot read
UNREADABLE = "e" * 16


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study of this module's own, since it changes."""
    return make_study(tmp_path_factory.mktemp("changing"))


@pytest.fixture(scope="module")
def sharing(changing: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from serve(changing.path, tmp_path_factory.mktemp("sharing") / "log.txt")


@pytest.fixture(scope="module")
def read_only(changing: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PASSBAND_READ_ONLY", "1")
        yield from serve(changing.path, tmp_path_factory.mktemp("readonly") / "log.txt")


def fresh(server: Server, browser: Any) -> Tab:
    """A browser that has nothing but a URL."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    tab = watched(context.new_page(), server.url)
    tab.page.set_default_timeout(20_000)
    return tab


def audit(study: Study, sample: int, label: str) -> None:
    """A person's verdict on a sample of the base's first problem."""
    run = study.runs["base"]
    texts = study.samples["base"].filter(problem_id="p00", sample=sample)["completion"]
    at = f"2026-01-01T00:00:{sample:02d}+00:00"
    record(study.path, Audit(at, run, "p00", sample, content_hash(texts[0]), "r-1", label))


def more_correct_samples(study: Study) -> None:
    """Publish a build in which every problem has a correct sample of the base more."""
    folder = study.path / "shards" / study.runs["base"]
    ids = study.samples["base"]["problem_id"].unique(maintain_order=True)
    like = study.samples["base"].unique("problem_id", keep="first", maintain_order=True)
    drawn = like.with_columns(sample=pl.lit(32, pl.Int64), completion=pl.lit("drawn later"))
    judged = pl.DataFrame(
        {
            "problem_id": ids, "sample": 32, "verifier": "countdown", "version": "1",
            "outcome": "correct", "answer": "1", "detail": "as made up",
        }
    )  # fmt: skip
    write_shard(folder, "samples", drawn)
    write_shard(folder, "verdicts", judged, "countdown")
    publish(study.path)


def bytes_of(folder: Path) -> dict[str, str]:
    """The digest of every file of the study but what readers of SQLite leave beside it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def shared(tab: Tab) -> str:
    """The link that Share gives, as a path of the server."""
    tab.page.locator(".st-key-share button").first.click()
    code = tab.page.locator('[data-testid="stPopoverBody"] [data-testid="stCode"]').first
    code.wait_for()
    tab.settle()
    link = str(code.inner_text()).strip()
    assert link.startswith(f"{tab.url}/")
    return link.removeprefix(f"{tab.url}/")


def tables(page: Any) -> list[str]:
    """The text of every table of the page."""
    found = page.locator('[data-testid="stMain"] [data-testid="stTable"]')
    return [str(found.nth(i).inner_text()) for i in range(found.count())]


def said(page: Any, text: str) -> None:
    """Wait until this is on the page."""
    page.get_by_text(text).first.wait_for()


def test_a_link_shows_the_same_later_and_what_was_there_then(
    sharing: Server, changing: Study, browser: Any
) -> None:
    audit(changing, 0, "valid")
    first = fresh(sharing, browser)
    runs = [f"small-{role}~{changing.runs[role][-6:]}" for role in ("base", "rl")]
    page = first.open(f"solvable?{urlencode([('runs', run) for run in runs])}&solvable_k=8")
    choose(first, "Solved by", "both")
    before, link = tables(page), shared(first)
    old = current(changing.path).stem
    assert re.search(rf"&build={old}&audits=1-[0-9a-f]{{12}}$", link)
    assert "solvable_region=both" in link
    check(first)

    kept = bytes_of(changing.path)
    second = fresh(sharing, browser)
    page = second.open(link)
    said(page, f"The data is the same as when this link was made: build {old[:8]}…, 1 verdict.")
    assert tables(page) == before
    assert bytes_of(changing.path) == kept

    audit(changing, 1, "flawed")
    audit(changing, 2, "guess")
    more_correct_samples(changing)
    new = current(changing.path).stem
    assert new != old
    page = second.open(link)
    said(page, f"This link was made from build {old[:8]}… of ")
    said(page, f"the newest build is {new[:8]}… of ")
    said(page, "2 verdicts were added since the link was made.")
    today = tables(page)
    assert today != before

    page.get_by_role("button", name="Show the old build").click()
    said(page, "You see the study as it was when the link was made")
    second.settle()
    assert tables(page) == before
    assert "as=then" in page.url
    again = shared(second)
    page.keyboard.press("Escape")

    page.get_by_test_id("stSidebarNav").get_by_text("Audit", exact=True).click()
    page.get_by_role("heading", name="Audit").wait_for()
    said(page, "You see the study as it was when the link was made")
    assert {"as=then", f"build={old}"} <= set(page.url.split("?")[1].split("&"))
    page.locator(".st-key-audit_name input").fill("r-2")
    page.get_by_role("button", name="Start reading").click()
    said(page, "verdicts are given on the data of today only")
    assert page.get_by_role("button", name="Valid").is_disabled()
    page.keyboard.press("v")
    second.settle()
    page.get_by_test_id("stSidebarNav").get_by_text("Solvable problems").click()
    page.get_by_role("heading", name="Solvable problems").wait_for()
    page.get_by_role("button", name="Show the data of today").click()
    page.get_by_text("You see the study as it was").wait_for(state="detached")
    second.settle()
    assert "build=" not in page.url
    check(second)

    third = fresh(sharing, browser)
    assert tables(third.open(again)) == before
    said(third.page, "You see the study as it was when the link was made")
    assert len(audits_of(changing)) == 3
    check(third)


def audits_of(study: Study) -> list[str]:
    """The labels of every audit, read by SQLite alone."""
    import sqlite3

    connection = sqlite3.connect(study.path / "audits.sqlite")
    try:
        return [row[0] for row in connection.execute("SELECT label FROM audits ORDER BY id")]
    finally:
        connection.close()


GONE = "is not in this study's folder store/ any more"
HOSTILE: list[tuple[dict[str, str], str]] = [
    ({"build": "../../x", "as": "then"}, "The link names the build '../../x'"),
    ({"build": "A" * 10_000}, "The link names the build 'AAAA"),
    ({"audits": "<script>alert(1)</script>"}, "The link names the audits '<script>"),
    ({"build": FOREIGN, "as": "then"}, GONE),
    ({"build": UNREADABLE, "as": "then"}, GONE),
    ({"audits": "3-ffffffffffff", "as": "then"}, "the file of audits was replaced"),
    ({"audits": "999999-ffffffffffff", "as": "then"}, "the file of audits was replaced"),
    ({"link": "../../etc/passwd"}, "'../../etc/passwd' is no name of a link."),
    ({"link": "unknown"}, "This study has no link named unknown."),
    ({"link": "elsewhere"}, "The file of the link elsewhere is damaged"),
    ({"problems_search": "(a*)*$" * 50, "problems_regex": "true"}, "Problems"),
]


def test_hostile_and_foreign_links_are_told_in_a_sentence_and_change_nothing(
    sharing: Server, changing: Study, context: Any
) -> None:
    with duckdb.connect(str(changing.path / "store" / f"{UNREADABLE}.duckdb")) as other:
        other.execute("CREATE TABLE something_else (x INTEGER)")
    (changing.path / "links").mkdir(exist_ok=True)
    (changing.path / "links" / "elsewhere.json").write_text(
        '{"name": "elsewhere", "page": "//192.0.2.1/x", "query": "", "by": "", "at": "2026-01-01"}'
    )
    kept = bytes_of(changing.path)
    tab = watched(context.new_page(), sharing.url)
    for parameters, sentence in HOSTILE:
        path = "" if "link" in parameters else "problems"
        tab.page.goto(f"{tab.url}/{path}?{urlencode(parameters)}")
        said(tab.page, sentence)
        tab.settle()
        assert tab.page.get_by_text("You see the study as it was").count() == 0
        assert tab.page.locator('[data-testid="stException"]').count() == 0
    assert bytes_of(changing.path) == kept
    check(tab)


def test_a_build_of_another_schema_is_said_to_be_unreadable(
    sharing: Server, changing: Study, context: Any
) -> None:
    name, store = "d" * 16, changing.path / "store"
    shutil.copyfile(current(changing.path), store / f"{name}.duckdb")
    with duckdb.connect(str(store / f"{name}.duckdb")) as other:
        other.execute("UPDATE store_info SET value = ? WHERE key = 'content_hash'", [name])
        other.execute("ALTER TABLE runs RENAME COLUMN temperature TO heat")
    tab = watched(context.new_page(), sharing.url)
    tab.page.set_default_timeout(60_000)
    tab.page.goto(f"{tab.url}/runs?build={name}&as=then")
    said(tab.page, f"Build {name} cannot be read: it was made by another version of Passband")
    said(tab.page, "You see the study as it was when the link was made")
    tab.page.get_by_role("button", name="Show the data of today").click()
    said(tab.page, "How the samples were made")
    check(tab)


def test_a_link_is_saved_by_a_name_and_opened_by_it(
    sharing: Server, read_only: Server, browser: Any
) -> None:
    first = fresh(sharing, browser)
    page = first.open("compare?compare_k=4&left_out=no+answer&left_out=truncated")
    link = shared(first)
    name = page.locator(".st-key-share_name input")
    name.fill("Not a name")
    page.get_by_role("button", name="Save").click()
    said(page, "'Not a name' cannot be a name.")
    for answer in ("Saved. This opens the page as it is now:", "The name claim-1 is taken."):
        name.fill("claim-1")
        page.get_by_role("button", name="Save").click()
        said(page, answer)
    before = tables(page)
    check(first)

    for server in (sharing, read_only):
        kept = bytes_of(server.study)
        other = fresh(server, browser)
        other.page.goto(f"{server.url}/?link=claim-1")
        said(other.page, "The data is the same as when this link was made")
        other.settle()
        assert other.page.url.startswith(f"{server.url}/compare?")
        assert tables(other.page) == before
        # As written by this server; the notice's parameters are those of the link that was saved.
        assert shared(other) == link
        assert other.page.locator(".st-key-share_name").count() == (server is sharing)
        other.page.get_by_text("Named links: 1").click()
        assert other.page.get_by_role("link", name="claim-1").count() == 1
        assert bytes_of(server.study) == kept
        check(other)


def test_a_clicked_mark_and_a_sample_are_part_of_the_link(
    sharing: Server, changing: Study, browser: Any
) -> None:
    first = fresh(sharing, browser)
    page = first.open("compare")
    bar = page.locator(".st-key-compare_outcomes .point path").first
    bar.scroll_into_view_if_needed()
    click(page, bar)
    page.wait_for_function("location.search.includes('compare_outcomes_mark=')")
    first.settle()
    told = page.get_by_text("Each row leads to the samples.").last.inner_text()
    link = shared(first)
    check(first)

    other = fresh(sharing, browser)
    page = other.open(link)
    assert page.get_by_text("Each row leads to the samples.").last.inner_text() == told
    page.get_by_role("button", name="Clear the mark that the link names").click()
    page.locator(".st-key-compare_group").wait_for()
    assert "compare_outcomes_mark" not in page.url

    run = f"small-rl~{changing.runs['rl'][-6:]}"
    page = other.open(f"reader?{urlencode({'run': run, 'problem': 'p05', 'sample': 7})}")
    said(page, "Completion of sample 7")
    link = shared(other)
    assert f"run={run}&problem=p05&sample=7" in link or "sample=7" in link
    page = other.open(link)
    said(page, "Completion of sample 7")
    said(page, "reference 15 · subject")
    page = other.open("reader?problem=p05")
    runs = [f"small-{role}~{changing.runs[role][-6:]}" for role in ("base", "rl")]
    assert "&".join(f"run={name}" for name in runs) in shared(other)
    check(other)
