"""The page audit: reading by keyboard alone, blind, in a crowd, and what comes of the verdicts.

pytest tests/pages/test_page_audit.py            a small crowd
pytest tests/pages/test_page_audit.py -m sweep   ten reviewers with 100 verdicts each
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
import pytest
from playwright.sync_api import Browser
from streamlit.testing.v1 import AppTest

from store.audits import LABELS, Audit, by_reviewer, content_hash, newest, record
from store.build import publish
from store.shards import write_shard
from tests.pages.conftest import ROOT, SIZE, Server, Study, Tab, check, make_study, serve, watched
from tests.pages.test_pages import overflow, table

pytestmark = pytest.mark.browser

AT = "2026-01-02T03:04:05+00:00"
MODELS = ("small-base", "small-rl", "small-distilled")
THOUGHT = "let me see"
TOKENS = {"token_ids": pl.Int32, "token_logprobs": pl.Float32, "token_ends": pl.Int32}
SLOW = 60_000  # ms; ten browsers share two cores
TWENTY = "audit?audit_queue=random&audit_size=20"  # of each outcome


@pytest.fixture(scope="module")
def read_study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study of its own, to which verdicts are written; its responses begin with a thought."""
    study = make_study(tmp_path_factory.mktemp("study"))
    return with_texts(study, pl.format("<think>{}</think>{}", pl.lit(THOUGHT), "completion"))


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


@pytest.fixture(scope="module")
def read_server(read_study: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from serve(read_study.path, tmp_path_factory.mktemp("server") / "log.txt")


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


REST = """pause => {
    const working = document.querySelector('[data-testid="stApp"]').dataset.testScriptState;
    if (working !== "notRunning") window.restedSince = undefined;
    else window.restedSince ??= performance.now();
    return performance.now() - window.restedSince >= pause;
}"""


def at_rest(page: Any, pause: int = 200) -> None:
    """Wait until the script has run, and has not begun again for so many milliseconds: a key that
    is pressed while it runs is forgotten. A long response is set in several runs.
    """
    page.evaluate("window.restedSince = undefined")
    page.wait_for_function(REST, arg=pause)


def read_by_me(page: Any, number: int) -> None:
    """Wait until so many samples are read."""
    page.wait_for_function(
        """number => [...document.querySelectorAll('[data-testid="stProgress"]')]
            .some(bar => bar.textContent.startsWith(`${number} of `))""",
        arg=number,
    )
    at_rest(page)


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


def hold(page: Any, selector: str) -> bool:
    """Whether what has the focus lies in it."""
    return bool(page.evaluate("where => !!document.activeElement.closest(where)", selector))


def rows_of(study: Study, reviewer: str) -> list[dict[str, Any]]:
    """Every row that the reviewer wrote, in order."""
    return by_reviewer(study.path, reviewer).to_dicts()


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
    linked.get_by_text("0 of 40 read by you, 2 by anybody").wait_for()
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


PUBLISHER = """
import sys, time, polars as pl
from pathlib import Path
from store.build import publish
from store.runs import Model, Run, write_run
from store.shards import write_shard
study = Path(sys.argv[1])
for turn in range(10_000):
    run = Run(Model(f"late-{turn}", "rl"), "elsewhere", source="counts.csv")
    counts = pl.DataFrame({"problem_id": ["p"], "verifier": "v", "n": 2, "c": [turn % 3]})
    write_shard(write_run(study / "shards", run), "counts", counts)
    publish(study)
    print(turn, flush=True)
    time.sleep(float(sys.argv[2]))
"""


def crowd(study: Study, server: Server, browser: Browser, reviewers: int, each: int) -> float:
    """So many reviewers give so many verdicts at once, while the store is published again and
    again; returns the seconds that it took. Half-way all load the page anew.
    """
    path = f"audit?audit_queue=random&audit_outcome=correct&audit_size={each}&audit_text=written"
    names = [f"reviewer-{number:02d}" for number in range(reviewers)]
    tabs = [sit_down(server, browser, name) for name in names]
    for tab in tabs:
        read_by_me(tab.open(path), 0)
    publisher = subprocess.Popen(
        [sys.executable, "-c", PUBLISHER, str(study.path), "2"], cwd=ROOT, stdout=subprocess.PIPE
    )
    begun = time.monotonic()
    try:
        for turn in range(each):
            for number, tab in enumerate(tabs):
                tab.page.keyboard.press(LABELS[(turn + number) % 4][0])
            for tab in tabs:
                read_by_me(tab.page, turn + 1)
            if turn == each // 2:
                for tab in tabs:
                    read_by_me(tab.open(path), turn + 1)
    finally:
        publisher.terminate()
        published = publisher.communicate()[0].splitlines()
    took = time.monotonic() - begun
    for tab in tabs:
        context = tab.page.context
        check(tab)
        context.close()
    assert len(published) > 1
    return took


def check_crowd(study: Study, reviewers: int, each: int) -> None:
    """All verdicts are there, once, in the order of the queue, on the text of their sample."""
    texts = {
        (study.runs[role], row["problem_id"], row["sample"]): content_hash(row["completion"])
        for role, samples in study.samples.items()
        for row in samples.to_dicts()
    }
    places = []
    for number in range(reviewers):
        rows = rows_of(study, f"reviewer-{number:02d}")
        mine = [(row["run"], row["problem_id"], row["sample"]) for row in rows]
        assert len(mine) == each
        assert len(set(mine)) == each
        assert [row["label"] for row in rows] == [LABELS[(t + number) % 4] for t in range(each)]
        assert [row["content_hash"] for row in rows] == [texts[place] for place in mine]
        assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
        places.append(mine)
    assert all(mine == places[0] for mine in places)


@pytest.mark.parametrize(
    ("reviewers", "each"), [(4, 8), pytest.param(10, 100, marks=pytest.mark.sweep)]
)
def test_a_crowd_loses_and_doubles_nothing_while_the_store_is_published(
    tmp_path: Path, browser: Browser, reviewers: int, each: int
) -> None:
    study = make_study(tmp_path / "study")
    for server in serve(study.path, tmp_path / "log.txt"):
        took = crowd(study, server, browser, reviewers, each)
    check_crowd(study, reviewers, each)
    print(f"{reviewers * each} verdicts in {took:.1f} s")
