"""What `passband show` answers, from a store built of a study small enough to count by hand."""

import csv
import io
import json
from math import exp, isnan

import polars as pl
import pytest

from app.show import answer, render
from tests.app.shown import rows, small_study


@pytest.fixture(scope="module")
def cursor(tmp_path_factory):
    with small_study(tmp_path_factory.mktemp("study")) as cursor:
        yield cursor


FIELDS = {
    "runs": "run model role benchmark problems samples n_min n_max no_answer error truncated",
    "pass-at-k": "run benchmark k pass_at_k low high problems n_min",
    "solvable": "k both only_base only_other neither both_problems only_base_problems"
    " only_other_problems neither_problems",
    "accuracy": "run bin count",
    "compare": "k base other gap low high crossover delta_se mcnemar_p",
    "perplexity": "scorer run samples q1 median q3 mean",
    "audits": "benchmark run answered valid ambiguous rejected unread of read samples samples_read"
    " verdicts reviewers texts_read_twice alpha low high",
}


@pytest.mark.parametrize("question", FIELDS)
def test_every_question_has_the_promised_fields_in_every_format(cursor, question):
    frame = answer(question, cursor, benchmark="math", base="small--", other="small-rl")
    fields = FIELDS[question].split()
    assert frame.columns == fields
    assert list(json.loads(render(frame, "json"))[0]) == fields
    table = list(csv.DictReader(io.StringIO(render(frame, "csv"))))
    assert list(table[0]) == fields and len(table) == frame.height
    assert render(frame, "table").splitlines()[0].split() == fields


def test_runs_tell_what_was_judged(cursor):
    found = {row["model"]: row for row in rows(cursor, "runs", benchmark="math")}
    small = found["small"]
    assert [small[name] for name in FIELDS["runs"].split()[2:]] == [
        "base", "math", 4, 16, 4, 4, 2, 1, 1,
    ]  # fmt: skip
    assert (found["published"]["problems"], found["published"]["samples"]) == (5, 40)


def test_pass_at_k_is_null_beyond_n(cursor):
    found = rows(cursor, "pass-at-k", runs=["small--math"], k="1,2,4,8")
    assert [row["k"] for row in found] == [1, 2, 4, 8]
    assert [row["pass_at_k"] for row in found[:3]] == pytest.approx([3 / 16, 3 / 8, 3 / 4])
    assert [found[3][name] for name in ("pass_at_k", "low", "high", "n_min")] == [None] * 3 + [4]
    assert found[0]["low"] <= found[0]["pass_at_k"] <= found[0]["high"]


@pytest.mark.parametrize(
    ("k", "ks"),
    [(None, [1, 2, 4]), ("all", [1, 2, 3, 4]), ([4, 1], [1, 4]), (3, [3]), ("2, 1", [1, 2])],
)
def test_k_may_be_a_list_or_all_or_left_open(cursor, k, ks):
    assert [row["k"] for row in rows(cursor, "pass-at-k", runs=["small-rl"], k=k)] == ks


def test_leaving_out_changes_n_and_c(cursor):
    options = {"runs": ["small--math"], "k": "1", "leave_out": ["no_answer", "error"]}
    (row,) = rows(cursor, "pass-at-k", **options)
    assert row["pass_at_k"] == pytest.approx(3 / 16) and row["n_min"] == 1
    (row,) = rows(cursor, "pass-at-k", runs=["small-rl"], k="1", leave_out=["truncated"])
    assert row["pass_at_k"] == pytest.approx((1 + 2 / 3) / 4) and row["n_min"] == 3


PAIR = {"base": "small--math", "other": "small-rl"}


def test_solvable_at_n_and_among_the_first_k_samples(cursor, caplog):
    first, last = rows(cursor, "solvable", k="2,4", **PAIR)
    assert last["k"] == 4 and "first k samples" in caplog.text
    assert (last["both"], last["only_base"], last["only_other"], last["neither"]) == (2, 1, 0, 1)
    assert last["both_problems"] == ["p0", "p3"] and last["only_base_problems"] == ["p1"]
    assert first["both_problems"] == ["p3"] and first["only_other_problems"] == ["p0"]
    assert first["neither_problems"] == ["p1", "p2"] and first["only_base_problems"] == []
    assert [row["k"] for row in rows(cursor, "solvable", **PAIR)] == [4]


def test_solvable_of_counts_is_expected_without_ids_and_says_so(cursor, caplog):
    options = {"base": "published", "other": "small-rl", "k": "4"}
    (row,) = rows(cursor, "solvable", **options)
    solved = 1 - (6 * 5 * 4 * 3) / (8 * 7 * 6 * 5)
    assert row["both"] == pytest.approx(2 * solved)
    assert row["both_problems"] is None
    assert "expected" in caplog.text and "1 problems are in one of the runs only" in caplog.text


def test_accuracy_counts_problems(cursor):
    found = rows(cursor, "accuracy", runs=["small-rl"])
    filled = {row["bin"]: row["count"] for row in found if row["count"]}
    assert len(found) == 12 and filled == {"0": 2, "(0.7,0.8]": 1, "1": 1}


def test_compare_tells_the_gap_and_where_the_curves_cross(cursor):
    found = rows(cursor, "compare", **PAIR)
    assert [row["k"] for row in found] == [1, 2, 4]
    assert found[0]["gap"] == pytest.approx(7 / 16 - 3 / 16)
    assert found[-1]["gap"] == pytest.approx(2 / 4 - 3 / 4)
    # Means over 4 problems: base 3/16, 3/8, 9/16, 3/4; other 7/16, 1/2, 1/2, 1/2.
    assert {row["crossover"] for row in found} == {3}
    assert {row["delta_se"] for row in found} == {0.3125}  # 3/4 − 7/16
    assert {row["mcnemar_p"] for row in found} == {1.0}


def test_perplexity_is_per_scorer_and_run(cursor, caplog):
    found = {row["scorer"]: row for row in rows(cursor, "perplexity", runs=["small--math"])}
    assert found["small"]["samples"] == 16
    assert found["small"]["median"] == pytest.approx(exp(0.1))
    assert found["judge"]["samples"] == 4
    assert found["judge"]["mean"] == pytest.approx(sum(exp(i / 2) for i in range(4)) / 4)
    assert "12 samples have no log-probability under judge" in caplog.text


def test_perplexity_leaves_out_what_the_reader_leaves_out(cursor):
    kinds = ["no_answer", "error"]
    found = rows(cursor, "perplexity", runs=["small--math"], scorer="small", leave_out=kinds)
    assert found[0]["samples"] == 16 - 3  # N, n and E of problem p2


@pytest.mark.parametrize(
    ("question", "options", "said"),
    [
        ("nothing", {}, "choose from runs, pass-at-k"),
        ("runs", {"benchmark": "aime"}, "No benchmark 'aime' in this store. Available: code, math"),
        ("accuracy", {"runs": ["gpt"]}, "No run is named 'gpt'"),
        ("pass-at-k", {"k": "1,x"}, "k must be numbers such as 1,2,4 or all, but is '1,x'"),
        ("pass-at-k", {"k": "0"}, "at least 1"),
        ("solvable", {"base": "small-rl"}, "name them with --base and --other"),
        ("solvable", {**PAIR, "k": "5"}, "k = 5 is undefined"),
        ("compare", {"base": "small--code", "other": "small-rl"}, "different benchmarks"),
        ("perplexity", {"runs": ["published"]}, "No log-probabilities"),
        ("accuracy", {"leave_out": ["bad"]}, "Cannot leave out bad"),
    ],
)
def test_a_question_without_an_answer_is_refused_in_a_sentence(cursor, question, options, said):
    with pytest.raises(ValueError, match=said):
        answer(question, cursor, **options)


FRAME = pl.DataFrame(
    {"name": ["é", "b"], "value": [1 / 3, float("nan")], "problems": [["p1", "p2"], []]}
)


def test_json_keeps_every_digit_and_says_null_for_undefined():
    found = json.loads(render(FRAME, "json"))
    assert found[0] == {"name": "é", "value": 1 / 3, "problems": ["p1", "p2"]}
    assert found[1]["value"] is None and not isnan(found[0]["value"])
    assert json.loads(render(FRAME.clear(), "json")) == []


def test_csv_and_table_join_lists_with_spaces():
    assert render(FRAME, "csv") == f"name,value,problems\né,{1 / 3!r},p1 p2\nb,,"
    assert render(FRAME, "table").splitlines() == [
        "name   value  problems",
        "é     0.3333  p1 p2",
        "b          –",
    ]


def test_an_unknown_format_names_the_known_ones():
    with pytest.raises(ValueError, match="table, json, csv"):
        render(FRAME, "xml")


def test_problems_that_can_be_guessed_are_dropped_from_every_question(cursor, caplog):
    # small answers p0, p1 and p3 once in four samples, and p2 never: below one half all but p2 go.
    chosen = {"base": "small-rl", "other": "published", "direct": "small--math", "guess_below": 0.5}

    found = rows(cursor, "solvable", benchmark="math", k=4, **chosen)[0]

    assert found["neither_problems"] is None or found["neither_problems"] == ["p2"]
    assert sum(found[region] for region in ("both", "only_base", "only_other", "neither")) == 1
    assert "Guess filter: 3 of 4 problems dropped." in caplog.text
    curve = rows(cursor, "pass-at-k", runs=["small-rl"], k=1, direct="small--math", guess_below=0.5)
    assert (curve[0]["problems"], curve[0]["pass_at_k"]) == (1, 0.0)
    kept = rows(cursor, "pass-at-k", runs=["small-rl"], k=1, direct="small--math", guess_below=0.2)
    assert kept[0]["problems"] == 4


def test_the_band_of_these_problems_allows_for_less_than_that_of_problems_like_these(cursor):
    wide, narrow = (
        rows(cursor, "pass-at-k", runs=["published"], k=1, band=band)[0]
        for band in ("problems like these", "these problems")
    )

    assert wide["pass_at_k"] == narrow["pass_at_k"]
    with pytest.raises(ValueError, match="A band is of the kind"):
        rows(cursor, "pass-at-k", runs=["published"], k=1, band="wide")
    assert (wide["low"], wide["high"]) != (narrow["low"], narrow["high"])


def test_mcnemar_takes_the_first_samples_where_n_differs(cursor):
    chosen = {"benchmark": "math", "base": "small--", "other": "small-rl", "k": 1}

    found = rows(cursor, "compare", leave_out=["truncated"], **chosen)[0]

    # Three of each problem's samples are not truncated. Both runs solve p0 and p3 with them.
    assert found["mcnemar_p"] == 1
