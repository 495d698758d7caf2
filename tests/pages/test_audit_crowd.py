"""Many reviewers at once, while the store is published again and again.

pytest tests/pages/test_audit_crowd.py            a small crowd
pytest tests/pages/test_audit_crowd.py -m sweep   ten reviewers with 100 verdicts each
"""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, TimeoutError

from store.audits import LABELS, content_hash
from tests.pages.auditing import SLOW, at_rest, counted, read_by_me, rows_of, sit_down
from tests.pages.conftest import ROOT, Server, Study, check, make_study, serve

pytestmark = pytest.mark.browser

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
            for number, tab in enumerate(tabs):
                counted_at_last(tab.page, turn + 1, LABELS[(turn + number) % 4][0])
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


def counted_at_last(page: Page, number: int, key: str) -> None:
    """Wait until so many samples are read. A page that was at work for more than four seconds has
    forgotten the key, by design (keys.js): on a busy machine it is pressed again, but only when the
    page is at rest and has not counted.
    """
    for _ in range(3):
        if counted_within(page, number, 15_000):
            return
        at_rest(page, 1000)
        if counted_within(page, number, 500):
            return
        page.keyboard.press(key)
    counted(page, number)


def counted_within(page: Page, number: int, patience: int) -> bool:
    """Whether so many samples are read before so many milliseconds are over."""
    page.set_default_timeout(patience)
    try:
        counted(page, number)
    except TimeoutError:
        return False
    finally:
        page.set_default_timeout(SLOW)
    return True


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
