"""Each switch of the sidebar changes the same numbers on every page, and says so."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import ceil
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import polars as pl
import pytest

from app.metrics.accuracy import BINS
from store.audits import Audit, content_hash, record
from store.build import publish
from store.shards import write_shard
from tests.pages.conftest import Server, Study, Tab, make_study, patient_tab, serve
from tests.pages.reading import choose

pytestmark = pytest.mark.browser

K = 3
AT = "2026-01-02T03:04:05+00:00"
GIVEN = (("flawed", "flawed"), ("valid",), ("guess",), ("valid", "flawed"), (), ())
AGREED = ("flawed", "valid", "guess", "ambiguous", None, None)
GUESSED = {"p01", "p02", "p03", "p04"}  # 2, 4, 6 and 8 of 64 direct answers: less than 15 %


class Sample(NamedTuple):
    """What was written of one sample of the base."""

    problem: str
    number: int
    outcome: str
    text: str
    label: int | None  # position in GIVEN; only correct samples are audited


def samples_of(study: Study) -> list[Sample]:
    """All samples of the base, in order."""
    rows = study.verdicts["base"].join(
        study.samples["base"].select("problem_id", "sample", "completion"),
        on=["problem_id", "sample"],
        maintain_order="left",
    )
    place, found = 0, []
    for problem, number, outcome, text in rows.select(
        "problem_id", "sample", "outcome", "completion"
    ).rows():
        label = place % len(GIVEN) if outcome == "correct" else None
        place += outcome == "correct"
        found.append(Sample(problem, number, outcome, text, label))
    return found


@pytest.fixture(scope="module")
def audited_study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The made-up study with another verifier, and with two reviewers of the base's samples."""
    study = make_study(tmp_path_factory.mktemp("study"))
    for role in ("base", "rl"):
        even = pl.when(pl.col("sample") % 2 == 0).then("outcome").otherwise(pl.lit("incorrect"))
        judged = study.verdicts[role].with_columns(verifier=pl.lit("even"), outcome=even)
        write_shard(study.path / "shards" / study.runs[role], "verdicts", judged, "even")
    publish(study.path)
    for sample in samples_of(study):
        given = GIVEN[sample.label] if sample.label is not None else ()
        for reviewer, label in zip(("ann", "bob"), given, strict=False):
            place = (study.runs["base"], sample.problem, sample.number)
            record(study.path, Audit(AT, *place, content_hash(sample.text), reviewer, label))
    return study


@pytest.fixture(scope="module")
def audited_server(
    audited_study: Study, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    yield from serve(audited_study.path, tmp_path_factory.mktemp("server") / "log.txt")


@pytest.fixture
def switching_tab(audited_server: Server, context: Any) -> Iterator[Tab]:
    yield from patient_tab(audited_server, context)


Rule = Callable[[Sample], bool | None]  # whether it is correct; None: it does not count


def as_it_is(sample: Sample) -> bool | None:
    return sample.outcome == "correct"


def by_even(sample: Sample) -> bool | None:
    return sample.outcome == "correct" and sample.number % 2 == 0


def answered(sample: Sample) -> bool | None:
    return None if sample.outcome == "no_answer" else sample.outcome == "correct"


def not_guessed(sample: Sample) -> bool | None:
    return None if sample.problem in GUESSED else sample.outcome == "correct"


def reviewed(sample: Sample) -> bool | None:
    label = AGREED[sample.label] if sample.label is not None else None
    return (
        None if label == "ambiguous" else sample.outcome == "correct" and label in (None, "valid")
    )


def choose_even(tab: Tab) -> str:
    choose(tab, "Verifier", "even")
    return "Verdicts of even."


def leave_out_no_answer(tab: Tab) -> str:
    choose(tab, "Leave out", "no answer")
    return "Samples left out of n: no answer."


def filter_guesses(tab: Tab) -> str:
    choose(tab, "Direct-answer run", "published-instruct")
    slider = tab.page.get_by_role("slider")
    slider.first.focus()
    for _ in range(10):  # from 5 to 15
        tab.page.keyboard.press("ArrowRight")
    return "Guess filter: 4 of 24 problems dropped"


def count_audits(tab: Tab) -> str:
    tab.page.get_by_text("Audited", exact=True).click()
    return "of 2 reviewers on "


SWITCHES: dict[str, tuple[Callable[[Tab], str], Rule]] = {
    "verifier": (choose_even, by_even),
    "leave out": (leave_out_no_answer, answered),
    "guess filter": (filter_guesses, not_guessed),
    "audited": (count_audits, reviewed),
}


def counting(samples: list[Sample], rule: Rule) -> list[list[bool]]:
    """Of each problem that counts, whether each sample that counts is correct."""
    problems: dict[str, list[bool]] = {}
    for sample in samples:
        correct = rule(sample)
        if correct is not None:
            problems.setdefault(sample.problem, []).append(correct)
    return list(problems.values())


def expected(page: str, outcomes: list[list[bool]]) -> list[str]:
    """How the numbers of the base on this page begin."""
    shares = [Fraction(sum(correct), len(correct)) for correct in outcomes]
    if page == "pass-at-k":
        return [f"{float(sum(shares) / len(shares)):.3f} ["]
    if page == "accuracy":
        places = [11 if share == 1 else ceil(10 * share) for share in shares]
        return [f"{places.count(place)} (" for place in range(len(BINS))]
    solved = sum(any(correct[:K]) for correct in outcomes)
    return [f"{solved} (", f"{len(outcomes)} ("]


def shown(page: Any, path: str) -> list[str]:
    """The cells of the base's numbers on this page."""
    first = {"pass-at-k": "k", "accuracy": "accuracy", "solvable": ""}[path]
    tables = page.locator('[data-testid="stTable"]')
    read = (
        "table => [...table.querySelectorAll('tr')].map(r => [...r.children].map("
        "c => c.innerText.replaceAll('\u00a0', ' ')))"
    )
    tables.filter(has_text="sum" if path == "solvable" else "small-base").first.wait_for()
    rows = next(
        rows
        for rows in (tables.nth(i).evaluate(read) for i in range(tables.count()))
        if rows[0][0].strip() == first
    )
    if path == "solvable":
        return [rows[1][-1], rows[-1][-1]]
    column = [cell.strip() for cell in rows[0]].index("small-base")
    return [row[column] for row in (rows[1:2] if path == "pass-at-k" else rows[1:])]


@pytest.mark.parametrize("path", ["pass-at-k", "accuracy", "solvable"])
@pytest.mark.parametrize("switch", SWITCHES)
def test_a_switch_changes_the_numbers_that_it_says_it_changes(
    switching_tab: Tab, audited_study: Study, switch: str, path: str
) -> None:
    turn, rule = SWITCHES[switch]
    samples = samples_of(audited_study)
    before = expected(path, counting(samples, as_it_is))
    after = expected(path, counting(samples, rule))
    assert before != after
    runs = "&".join(f"runs=small-{role}~{audited_study.runs[role][-6:]}" for role in ("base", "rl"))
    page = switching_tab.open(f"{path}?{runs}&solvable_k={K}")
    starts_with(page, path, before)

    said = turn(switching_tab)
    page.get_by_text(said).first.wait_for()
    switching_tab.settle()
    starts_with(page, path, after)
    copy = switching_tab.open(f"{path}?{urlsplit(page.url).query}")
    starts_with(copy, path, after)


def starts_with(page: Any, path: str, numbers: list[str]) -> None:
    """Wait until these are shown; Streamlit draws new numbers where old ones were."""
    for _ in range(40):
        cells = shown(page, path)
        if all(cell.startswith(number) for cell, number in zip(cells, numbers, strict=True)):
            return
        page.wait_for_timeout(250)
    assert cells == numbers


def test_the_audits_are_counted_where_they_count(switching_tab: Tab, audited_study: Study) -> None:
    labels = [sample.label for sample in samples_of(audited_study) if sample.label is not None]
    verdicts = sum(len(GIVEN[label]) for label in labels)
    samples = sum(bool(GIVEN[label]) for label in labels)
    taken = sum(AGREED[label] in ("flawed", "guess") for label in labels)
    out = sum(AGREED[label] == "ambiguous" for label in labels)
    page = switching_tab.open("accuracy?audited=true")

    said = (
        f"Audited: {verdicts} verdicts of 2 reviewers on {samples} samples;"
        f" {taken} taken off c, {out} left out of n."
    )
    page.get_by_text(said).wait_for()


def test_nobody_is_asked_about_audits_where_there_are_none(tab: Tab) -> None:
    tab.page.set_default_timeout(60_000)
    page = tab.open("accuracy?audited=true")

    page.get_by_text("What counts").wait_for()
    assert page.get_by_text("Audited").count() == 0
    assert page.get_by_role("combobox", name="Verifier").count() == 1
