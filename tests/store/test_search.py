"""Searching texts: the store says what plain Python says, of texts that are drawn at random."""

import re
from collections import defaultdict
from typing import Any

import polars as pl
import pytest

from store.build import publish
from store.location import connect, current
from store.queries.search import (
    AROUND,
    Wanted,
    check,
    matching_questions,
    matching_samples,
    snippets,
)
from store.queries.search_pace import check_pace
from tests.store.conftest import Study
from tests.store.random_study import WORDS, Drawn, counts, draw

NEVER = "zzz"
EXPRESSIONS = (
    r"\bwait\b", r"so|9+", r"^x", r"\d$", r"(a)\s", r"[^a-z\s]{2}", r"(?s)x.*so", r"x.*so", r"日.?",
    r"\$y_(\d)\$", r"\Aso", "", r"(?m)^\s*\*", r"(?:wait\s*){2}",
)  # fmt: skip


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Draws a study and opens its store, once for each seed."""
    known: dict[int, tuple[Drawn, Any]] = {}

    def draw_and_open(seed: int) -> tuple[Drawn, Any]:
        if seed not in known:
            drawn = draw(Study(tmp_path_factory.mktemp("drawn")), seed)
            known[seed] = (drawn, connect(current(drawn.path)))
        return known[seed][0], known[seed][1].cursor()

    yield draw_and_open
    for _, connection in known.values():
        connection.close()


def matches(wanted: Wanted, text: str) -> bool:
    """The same by Python. Its `$` also matches before a newline that ends the text: RE2's not."""
    flags = re.RegexFlag(0) if wanted.match_case else re.IGNORECASE
    pattern = wanted.text.replace("$", r"\Z") if wanted.text.endswith("d$") else wanted.text
    return bool(re.search(pattern if wanted.regex else re.escape(wanted.text), text, flags))


def by_hand(
    drawn: Drawn, wanted: Wanted, left_out: list[str]
) -> dict[tuple[str, str], tuple[int, list[int]]]:
    """(run, problem) → how many texts were searched, and the samples that match."""
    found: dict[tuple[str, str], tuple[int, list[int]]] = defaultdict(lambda: (0, []))
    for row in drawn.samples:
        if row["completion"] is None or not counts(row, "boxed", left_out):
            continue
        searched, numbers = found[row["_run"], row["problem_id"]]
        more = [row["sample"]] if matches(wanted, row["completion"]) else []
        found[row["_run"], row["problem_id"]] = (searched + 1, numbers + more)
    return dict(found)


def by_store(found: pl.DataFrame) -> dict[tuple[str, str], tuple[int, list[int]]]:
    return {(run, problem): (searched, numbers) for run, problem, searched, numbers in found.rows()}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("match_case", [True, False])
def test_plain_and_regular_searches_find_what_python_finds(
    opened: Any, seed: int, match_case: bool
) -> None:
    drawn, cursor = opened(seed)
    searches = [Wanted(word, False, match_case) for word in (*WORDS, NEVER, "WAIT so")]
    searches += [Wanted(expression, True, match_case) for expression in EXPRESSIONS]
    hits = 0
    for wanted in searches:
        check(cursor, wanted)
        found = by_store(matching_samples(cursor, drawn.runs, wanted, "boxed"))
        assert by_hand(drawn, wanted, []) == found, wanted
        questions = dict(matching_questions(cursor, "math", wanted).rows())
        asked = {name: text for name, text in drawn.questions.items() if text is not None}
        assert {name: matches(wanted, text) for name, text in asked.items()} == questions, wanted
        hits += sum(len(numbers) for _, numbers in found.values())
    assert hits > 300  # the texts are such that something is found


@pytest.mark.parametrize("left_out", [["no_answer"], ["error", "truncated"], ["truncated"]])
def test_samples_that_are_left_out_are_not_searched(opened: Any, left_out: list[str]) -> None:
    drawn, cursor = opened(7)
    wanted = Wanted("so")
    found = by_store(matching_samples(cursor, drawn.runs, wanted, "boxed", left_out))
    assert by_hand(drawn, wanted, left_out) == found

    undecided = pl.DataFrame(
        [(row["_run"], row["problem_id"], row["sample"]) for row in drawn.samples[::3]],
        schema={"run": pl.String, "problem_id": pl.String, "sample": pl.Int32},
        orient="row",
    )
    rest = Drawn(drawn.path, drawn.runs, [r for i, r in enumerate(drawn.samples) if i % 3])
    for kinds in (left_out, []):
        found = by_store(matching_samples(cursor, drawn.runs, wanted, "boxed", kinds, undecided))
        assert by_hand(rest, wanted, kinds) == found


def test_only_the_runs_that_are_asked_for_are_searched(opened: Any) -> None:
    drawn, cursor = opened(3)
    found = matching_samples(cursor, drawn.runs[:1], Wanted("x"))
    assert found["run"].unique().to_list() == drawn.runs[:1]
    assert matching_samples(cursor, [], Wanted("x")).is_empty()


@pytest.mark.parametrize(
    "wanted",
    [Wanted("so"), Wanted("WAIT", False, False), Wanted(r"\d+", True), Wanted("y_1", False, True)],
)
def test_a_snippet_is_the_first_match_with_the_text_around_it(opened: Any, wanted: Wanted) -> None:
    drawn, cursor = opened(11)
    rows = {(r["_run"], r["problem_id"], r["sample"]): r for r in drawn.samples}
    found = matching_samples(cursor, drawn.runs, wanted).explode("samples").drop_nulls("samples")
    places = found.select("run", "problem_id", sample="samples").reverse()
    shown = snippets(cursor, places, wanted, "strict")
    assert shown.select("run", "problem_id", "sample").rows() == places.rows()
    assert shown.height > 5
    for row in shown.to_dicts():
        written = rows[row["run"], row["problem_id"], row["sample"]]
        flags = re.RegexFlag(0) if wanted.match_case else re.IGNORECASE
        pattern = wanted.text if wanted.regex else re.escape(wanted.text)
        hits = list(re.finditer(pattern, written["completion"], flags))
        start, end = hits[0].span()
        text = written["completion"]
        assert (row["before"], row["matched"], row["after"]) == (
            text[max(0, start - AROUND) : start], text[start:end], text[end : end + AROUND]
        )  # fmt: skip
        assert len(hits) == row["matches"]
        assert written["_judged"].get("strict", (None,))[0] == row["outcome"]
        assert written["finish_reason"] == row["finish_reason"]


def test_a_long_match_is_cut(study: Any) -> None:
    folder = study.run()
    text = "a" * 300 + "b" * 5000 + "c" * 300
    study.shard(folder, "samples", [{"problem_id": "p0", "sample": 0, "completion": text}])
    with connect(publish(study.path).path) as connection:
        place = pl.DataFrame({"run": [folder.name], "problem_id": ["p0"], "sample": [0]})
        (row,) = snippets(connection.cursor(), place, Wanted("b+", True), None).to_dicts()
    assert (row["before"], row["matched"], row["after"], row["matches"]) == (
        "a" * 70, "b" * 120, "b" * 70, 1
    )  # fmt: skip


@pytest.mark.parametrize(
    "text", ["(a", "[", "a{2000}", "(?=x)", "(?<!x)y", r"(a)\1", "a)(b", "*", "\\", r"\Qa"]
)
def test_a_wrong_expression_is_told_in_a_sentence(opened: Any, text: str) -> None:
    _, cursor = opened(1)
    with pytest.raises(ValueError, match="is not a regular expression") as told:
        check(cursor, Wanted(text, True))
    assert str(told.value).startswith(f"“{text}”") and "\n" not in str(told.value)
    check(cursor, Wanted(text, False))  # as a plain text it can be looked for


def test_an_expression_that_would_take_minutes_is_refused(study: Any) -> None:
    # Found with 16,000 texts: it ran for four minutes and could not be interrupted.
    folder = study.run()
    texts = [" ".join(str(i * j) for j in range(600)) for i in range(300)]
    rows = [
        {"problem_id": f"p{i}", "sample": j, "completion": text}
        for i, text in enumerate(texts)
        for j in range(20)
    ]
    study.shard(folder, "samples", rows)
    with connect(publish(study.path).path) as connection:
        cursor, runs = connection.cursor(), [folder.name]
        with pytest.raises(ValueError, match="is too slow to search for"):
            check_pace(cursor, runs, Wanted(r"(?:[1-5]|.{5,200}7){3}#", True))
        for text in (r"\d+ 7\d\b", r"(?i)wait|hmm", "(1 )?2{1,9}"):
            check_pace(cursor, runs, Wanted(text, True))
        check_pace(cursor, [], Wanted("a{2,900}", True))
