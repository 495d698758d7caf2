"""The page audit: reading by keyboard alone, blind, and what comes of the verdicts."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from playwright.sync_api import Browser
from streamlit.testing.v1 import AppTest

from store.audits import LABELS, Audit, content_hash, newest, record
from tests.pages.auditing import at_rest, read_by_me, response, rows_of, sit_down, with_texts
from tests.pages.conftest import ROOT, Server, Study, Tab, check, make_study, serve
from tests.pages.test_pages import overflow, table

pytestmark = pytest.mark.browser

AT = "2026-01-02T03:04:05+00:00"
MODELS = ("small-base", "small-rl", "small-distilled")
THOUGHT = "let me see"
TWENTY = "audit?audit_queue=random&audit_size=20"  # of each outcome


@pytest.fixture(scope="module")
def read_study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study of its own, to which verdicts are written; its responses begin with a thought."""
    study = make_study(tmp_path_factory.mktemp("study"))
    return with_texts(study, pl.format("<think>{}</think>{}", pl.lit(THOUGHT), "completion"))


@pytest.fixture(scope="module")
def read_server(read_study: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from serve(read_study.path, tmp_path_factory.mktemp("server") / "log.txt")


@pytest.fixture
def seat(read_server: Server, browser: Browser, request: Any) -> Iterator[Tab]:
    """A reviewer with the name of the test."""
    tab = sit_down(read_server, browser, request.node.name[:60])
    yield tab
    context = tab.page.context
    check(tab)
    context.close()


@pytest.fixture
def stranger(read_server: Server, browser: Browser) -> Iterator[Tab]:
    """Somebody who has not said who they are."""
    tab = sit_down(read_server, browser, None)
    yield tab
    context = tab.page.context
    check(tab)
    context.close()


def hold(page: Any, selector: str) -> bool:
    """Whether what has the focus lies in it."""
    return bool(page.evaluate("where => !!document.activeElement.closest(where)", selector))


def test_forty_samples_are_read_and_judged_by_keyboard_alone(
    stranger: Tab, read_study: Study
) -> None:
    page = stranger.open(f"{TWENTY}&audit_text=written")
    keys, name = page.keyboard, "reviewer by keyboard"
    for _ in range(60):
        if hold(page, ".st-key-audit_name"):
            break
        keys.press("Tab")
    keys.type(name)
    keys.press("Enter")
    read_by_me(page, 0)

    expected = []
    for turn in range(40):
        label, note = LABELS[turn % 4], ""
        if turn == 3:
            keys.press("?")
            page.get_by_role("dialog").get_by_text("Take back your last verdict").wait_for()
            keys.press("v")  # judges nothing while the list of keys is open
            keys.press("Escape")
        if turn == 5:
            keys.press("n")
            note = "step 2: valid? <b>no</b> $x$"
            keys.type(note)  # v, a and l are letters here
            keys.press("Enter")
            page.wait_for_timeout(300)
            keys.press("Escape")
            at_rest(page)
        if turn in (7, 8):
            keys.press("r")
            page.get_by_role("button", name="Rendered" if turn == 8 else "As written").wait_for()
            at_rest(page)
        if turn == 9:
            thought = page.get_by_text(THOUGHT)
            assert not thought.is_visible()
            keys.press("o")
            thought.wait_for()
            keys.press(" ")
            keys.press("b")
        if turn == 11:
            keys.press("h")
            page.get_by_text("The reference answer is hidden").wait_for()
            at_rest(page)
        if turn == 13:  # a slip of the finger, taken back
            keys.press("g")
            read_by_me(page, 14)
            keys.press("u")
            read_by_me(page, 13)
        if turn == 15:  # look around
            keys.press("k")
            page.get_by_text("sample 15 of 40").wait_for()
            at_rest(page)
            keys.press("j")
            page.get_by_text("sample 16 of 40").wait_for()
            at_rest(page)
        if turn == 17:  # the first words decide
            keys.press("o")
            keys.press("t")
            for key in ("ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight"):
                keys.press(key)
            keys.press("s")
            page.get_by_text("The span that decides:").wait_for()
            at_rest(page)
        text = response(page) if turn != 8 else None
        keys.press(label[0])
        read_by_me(page, turn + 1)
        expected.append((label, note, text))

    page.get_by_text("40 of 40 read by you").wait_for()
    mine = newest(read_study.path).filter(pl.col("reviewer") == name)
    spans = mine.select("span_start", "span_end").rows()
    assert [place for place, span in enumerate(spans) if span[0] is not None] == [17]
    assert 0 <= spans[17][0] < spans[17][1] < 40
    rows = mine.select("label", "note", "content_hash").rows()
    assert [row[:2] for row in rows] == [want[:2] for want in expected]
    texts = {content_hash(text): text for text in all_texts(read_study)}
    for (*_, has), (*_, shown) in zip(rows, expected, strict=True):
        assert shown in (None, texts[has])
    assert mine.select("run", "problem_id", "sample").is_unique().all()
    assert len(rows_of(read_study, name)) == 42  # one was taken back


def all_texts(study: Study) -> list[str]:
    return [text for rows in study.samples.values() for text in rows["completion"]]


def work(page: Any) -> str:
    """What the work area says, but for the response itself."""
    return str(
        page.locator(".st-key-audit_work").evaluate(
            """work => {
                const copy = work.cloneNode(true);
                copy.querySelectorAll('[class*="audit_response"]').forEach((part) => part.remove());
                return copy.textContent;
            }"""
        )
    )


def test_blind_readers_see_neither_run_nor_verdict_before_their_own(
    seat: Tab, read_study: Study, request: Any
) -> None:
    page = seat.open("audit?audit_queue=claims&audit_text=written")
    read_by_me(page, 0)
    said = work(page)

    assert not any(model in said for model in MODELS)
    assert "Verdicts" not in said
    assert "To be read" not in said
    assert "reader?" not in page.locator(".st-key-audit_work").inner_html()
    assert not any(run in page.url for run in read_study.runs.values())
    assert not any(model in page.url for model in MODELS)

    page.keyboard.press("f")
    read_by_me(page, 1)
    page.keyboard.press("k")
    page.get_by_text("your verdict: flawed").wait_for()
    at_rest(page)
    assert request.node.name[:60] in work(page)  # the history, once their own verdict is given
    open_eyed = seat.open("audit?audit_queue=claims&audit_blind=false")
    open_eyed.get_by_text("To be read").wait_for()
    assert any(model in work(open_eyed) for model in MODELS)
    assert "countdown" in work(open_eyed)


def order(tab: Tab, path: str, number: int) -> list[str]:
    """The first samples of a queue, as the URL names them."""
    page, found = tab.open(path), []
    for place in range(number):
        page.get_by_text(f"sample {place + 1} of").first.wait_for()
        at_rest(page)
        found.append(page.url.split("audit_sample=")[1].split("&")[0])
        page.keyboard.press("j")
    return found


def test_a_queue_has_the_same_order_for_everybody_and_resumes_where_it_was_left(
    seat: Tab, read_server: Server, browser: Browser
) -> None:
    other = sit_down(read_server, browser, "another reviewer")
    path = f"{TWENTY}&audit_seed=4"
    mine, theirs = order(seat, path, 5), order(other, path, 5)
    page = seat.open(path)
    for done in range(2):
        page.keyboard.press("a")
        read_by_me(page, done + 1)
    resumed = seat.open(path)
    read_by_me(resumed, 2)
    resumed.get_by_text("sample 3 of 40").wait_for()
    linked = other.open(f"{path}&audit_sample={mine[3]}")

    assert mine == theirs
    linked.get_by_text("sample 4 of 40").wait_for()
    linked.get_by_text(re.compile("0 of 40 read by you, ([2-9]|[1-9][0-9]) by anybody")).wait_for()
    check(other)


def place_of(study: Study, role: str, row: int) -> tuple[str, str, int, str]:
    """A sample, with the hash of its text."""
    found = study.samples[role].row(row, named=True)
    return (
        study.runs[role],
        found["problem_id"],
        found["sample"],
        content_hash(found["completion"]),
    )


def test_reviewers_who_differ_are_told_of_and_an_adjudicator_decides(
    tmp_path: Path, browser: Browser
) -> None:
    study = make_study(tmp_path / "study")
    for row, label in ((40, "flawed"), (41, "valid")):
        record(study.path, Audit(AT, *place_of(study, "base", row), "reviewer-1", label))
        record(study.path, Audit(AT, *place_of(study, "base", row), "reviewer-2", "valid"))
        judge = Audit(AT, *place_of(study, "base", row), "judge:m", "valid", kind="judge")
        record(study.path, judge)
    for server in serve(study.path, tmp_path / "log.txt"):
        tab = sit_down(server, browser, "reviewer-3")
        page = tab.open("audit?audit_view=agreement")
        page.get_by_text("People differ on 1 text; 1 of them nobody has decided").wait_for()
        assert table(page, 1)[0]["same label"] == "1 of 2"
        assert "judge:m" not in str(table(page, 1))
        assert table(page, 2)[0]["judge"] == "judge:m"

        page = tab.open("audit?audit_queue=second+opinions")
        page.get_by_text("0 of 2 read by you, 2 by anybody").wait_for()
        assert "reviewer-1" not in work(page)
        page = tab.open("audit?audit_queue=adjudication")
        page.get_by_text("0 of 1 read by you, 0 by anybody").wait_for()
        assert "reviewer-1" in work(page)
        page.keyboard.press("g")
        read_by_me(page, 1)
        page = tab.open("audit?audit_view=agreement")
        page.get_by_text("People differ on 1 text; 0 of them nobody has decided").wait_for()
        check(tab)
    row = newest(study.path).filter(reviewer="reviewer-3").row(0, named=True)
    assert (row["kind"], row["label"]) == ("adjudicator", "guess")
    assert (row["run"], row["problem_id"], row["sample"], row["content_hash"]) == place_of(
        study, "base", 40
    )


def test_a_verdict_stays_with_the_text_that_was_shown_when_another_is_published(
    tmp_path: Path, browser: Browser
) -> None:
    study = make_study(tmp_path / "study")
    path = f"audit?audit_queue=random&audit_size=5&runs=small-base~{study.runs['base'][-6:]}"
    for server in serve(study.path, tmp_path / "log.txt"):
        tab = sit_down(server, browser, "reviewer-1")
        page = tab.open(f"{path}&audit_text=written")
        read_by_me(page, 0)
        shown = response(page)
        with_texts(study, pl.col("completion") + " (changed)")
        page.keyboard.press("v")
        read_by_me(page, 1)
        page = tab.open(path)
        read_by_me(page, 0)  # nobody has read the text of today
        page.get_by_text("0 of 10 read by you, 0 by anybody").wait_for()
        check(tab)
    row = newest(study.path).row(0, named=True)
    assert row["content_hash"] == content_hash(shown)
    assert not shown.endswith("(changed)")


def test_a_read_only_dashboard_takes_no_verdict(
    read_study: Study, tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSBAND_READ_ONLY", "1")
    for server in serve(read_study.path, tmp_path / "log.txt"):
        tab = sit_down(server, browser, "reviewer in vain")
        page = tab.open(TWENTY)
        page.get_by_text("This dashboard is read-only").wait_for()
        at_rest(page)
        page.keyboard.press("v")
        page.wait_for_timeout(500)
        assert page.get_by_role("button", name="Valid").is_disabled()
        check(tab)
    assert rows_of(read_study, "reviewer in vain") == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({}, "No chosen run solves a problem so rarely"),
        ({"audit_queue": "claims"}, "No claim hangs on so few samples"),
        ({"audit_queue": "verifier disagreements"}, "by two verifiers"),
        ({"audit_queue": "random", "audit_outcome": "correct"}, "no such samples"),
        ({"audit_queue": "second opinions"}, "Others have read nothing"),
        ({"audit_queue": "adjudication"}, "People do not differ"),
        ({"audit_view": "agreement"}, "Nobody has read a sample"),
        ({"audit_view": "tally"}, "solves a problem so rarely"),
        ({"audit_view": "verifier error"}, "Nothing was read in this random"),
    ],
)
def test_an_empty_view_says_what_to_do(
    read_study: Study, monkeypatch: pytest.MonkeyPatch, query: dict[str, str], sentence: str
) -> None:
    monkeypatch.setenv("PASSBAND_STUDY", str(read_study.path))
    app = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=60)
    app.session_state["reviewer"] = "reviewer-1"
    app.switch_page(str(ROOT / "pages" / "audit.py"))
    for name, value in {"benchmark": "hostile", **query}.items():
        app.query_params[name] = value
    app.run()
    said = [notice.value.replace("\\", "") for notice in app.info]
    assert not app.exception
    assert len(said) == 1
    assert sentence in said[0]


def test_text_of_a_model_stays_text_where_it_is_judged(seat: Tab) -> None:
    page = seat.open("audit?benchmark=hostile&audit_queue=random&audit_size=4&audit_blind=false")
    read_by_me(page, 0)
    for view in range(2):
        assert page.locator('img[src="x"], a[href^="javascript"], img[src*="192"]').count() == 0
        page.keyboard.press("r")
        page.get_by_role("button", name="As written" if view else "Rendered").wait_for()
        at_rest(page)
    assert overflow(page) <= 0
