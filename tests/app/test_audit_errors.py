"""Error rates of a verifier as the page finds them: what reviewers read, in which queue."""

import hashlib
from dataclasses import replace

import polars as pl
import pytest

from app.analysis.audit_work import Sample, said_by, standing
from app.cache import audits
from app.components.audit_desk import HARD, RANDOM, Wanted
from app.components.audit_errors import errors_of
from app.components.audit_queues import desk_of
from app.components.audit_verdicts import Shown, judge, position, reading
from app.counted import raw_counts
from app.selection import Selection
from store.audits import Audit, content_hash, record
from tests.app.selecting import select
from tests.pages.conftest import Study, make_study

AT = "2026-01-02T03:04:05+00:00"
SEED = 3


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return make_study(tmp_path_factory.mktemp("study"))


@pytest.fixture
def selection(study: Study, monkeypatch: pytest.MonkeyPatch) -> Selection:
    """All three runs; the order is asked for in small steps."""
    monkeypatch.setattr("app.components.audit_errors.STEP", 10)
    return select(study, monkeypatch)


def place(run: str, row: dict[str, object]) -> str:
    """Where the definition of the random order puts a sample."""
    named = f"{SEED}\n{run}\n{row['problem_id']}\n{row['sample']}"
    return hashlib.md5(named.encode()).hexdigest()


def in_order(study: Study, role: str, kinds: tuple[str, ...]) -> list[dict[str, object]]:
    """The samples of one run with these outcomes in random order, from what was written."""
    texts = study.samples[role].select("problem_id", "sample", "completion")
    both = study.verdicts[role].filter(pl.col("outcome").is_in(kinds))
    rows = both.join(texts, on=["problem_id", "sample"]).to_dicts()
    return sorted(rows, key=lambda row: place(study.runs[role], row))


def read(study: Study, role: str, row: dict[str, object], label: str, queue: str) -> None:
    """One person's verdict."""
    where = (study.runs[role], row["problem_id"], row["sample"])
    text = content_hash(str(row["completion"]))
    record(study.path, Audit(AT, *where, text, "reviewer-1", label, queue=queue))


def rates(selection: Selection, run: str, outcome: str) -> tuple[int, ...]:
    """read, wrong, otherwise."""
    found = errors_of(selection, raw_counts(selection), SEED).filter(run=run, outcome=outcome)
    return tuple(found.select("read", "wrong", "otherwise").row(0))


def test_the_rate_of_a_run_does_not_depend_on_the_others_that_are_chosen(
    study: Study, selection: Selection
) -> None:
    """Previously one order of all chosen runs was cut, and with it that of each."""
    for number, row in enumerate(in_order(study, "rl", ("correct",))[:25]):
        read(study, "rl", row, "flawed" if number % 5 == 0 else "valid", f"random {SEED}")
    run = study.runs["rl"]
    alone = replace(selection, runs=(run,))
    assert rates(alone, run, "correct") == (25, 5, 0)
    assert rates(selection, run, "correct") == (25, 5, 0)


def test_what_does_not_count_is_no_gap_in_the_order(study: Study, selection: Selection) -> None:
    """Neither samples that are left out nor problems that the guess filter drops."""
    run = study.runs["base"]
    counting = replace(selection, left_out=("no_answer",), direct=run, guess_below=20)
    kept = set(raw_counts(counting).filter(run=run)["problem_id"])
    every = in_order(study, "base", ("incorrect", "no_answer", "error"))
    counts = [row["outcome"] != "no_answer" and row["problem_id"] in kept for row in every]
    wanted = [row for row, does in zip(every, counts, strict=True) if does]
    for row in wanted[:15]:
        read(study, "base", row, "valid", f"random {SEED}")

    assert rates(counting, run, "incorrect") == (15, 15, 0)
    first = counts.index(False)
    assert rates(selection, run, "incorrect") == (first, first, 15 - first)


def test_all_samples_of_some_problems_are_no_random_samples(
    study: Study, selection: Selection
) -> None:
    """A reader of the random queue then passes over them: they count up to where that one ends."""
    run = study.runs["distilled"]
    alone = replace(selection, runs=(run,))
    rows = in_order(study, "distilled", ("correct",))
    names = [row["problem_id"] for row in rows]
    place, left = max((names.index(name), name) for name in names)
    before = [row for row in rows if row["problem_id"] != left]
    for row in before:
        read(study, "distilled", row, "flawed", HARD)
    assert place > 4
    assert rates(alone, run, "correct") == (0, 0, len(before))

    shown = go_on(alone, study, "valid")
    assert (shown.problem_id, shown.sample) == (left, rows[place]["sample"])
    assert rates(alone, run, "correct") == (place + 1, place, len(before) - place)


def go_on(selection: Selection, study: Study, label: str) -> Sample:
    """Judge the sample that the random queue shows next; returns which."""
    desk = desk_of(selection, Wanted(RANDOM, seed=SEED, outcome="correct", size=5000), "reviewer-1")
    now = reading(desk.wanted, desk.reviewer)
    here = position(now, desk.queue, said_by(standing(audits(), (), "person"), desk.reviewer))
    sample, now.waiting = desk.queue.samples[here], desk.queue.names[here]
    text = study.samples["distilled"].filter(
        problem_id=sample.problem_id, sample=sample.sample
    )["completion"].item()  # fmt: skip
    shown = Shown(sample, now.waiting, content_hash(text), None, desk.reviewer, desk.kind)
    judge(now, shown, label, here)
    return sample
