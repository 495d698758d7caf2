"""Checks before a comparison: what is alike, what is not, and what is not known."""

import polars as pl
import pytest

from app.analysis.parity import Evidence, apart, parity, suspicious
from tests.app.frames import counts_frame, runs_frame

LABELS = {"b": "small", "o": "small-rl"}
CHECKS = [
    "problems", "prompt template", "temperature", "top-p", "max tokens", "engine", "prompt texts",
    "n", "verifier", "truncation rate", "no-answer rate", "error rate", "identical texts",
]  # fmt: skip


def prompts_frame(compared=4, differing=0, example=None):
    return pl.DataFrame({"compared": [compared], "differing": [differing], "example": [example]})


def texts_frame(samples=800, identical=0, identical_long=0, same_number=0, expected=0.0):
    return pl.DataFrame(
        {
            "samples": [samples], "identical": [identical], "identical_long": [identical_long],
            "same_number": [same_number], "expected": [expected],
        }
    )  # fmt: skip


def evidence(base=None, other=None, **changes):
    """Two runs of 4 problems and 200 samples each that pass every check, but for the changes."""
    runs = runs_frame(
        {"run": "b", "model": "small", **(base or {})},
        {"run": "o", "model": "small-rl", "role": "rl", **(other or {})},
    )
    alike = {
        "runs": runs,
        "totals": pl.DataFrame({"run": ["b", "o"], "verifier": ["v", "v"], "version": ["1", "1"]}),
        "counts": pl.concat(
            [counts_frame("b", 200, [1, 2, 3, 4]), counts_frame("o", 200, [5, 6, 7, 8])]
        ),
        "prompts": prompts_frame(),
        "texts": texts_frame(),
        "ends": pl.DataFrame({"run": ["b", "o"], "samples": [800, 800], "known": [800, 800]}),
    }
    return Evidence(**{**alike, **changes})


def checked(**changes):
    """check → its row."""
    found = parity(evidence(**changes), "b", "o", LABELS)
    assert found["check"].to_list() == CHECKS
    return {row["check"]: row for row in found.to_dicts()}


def states(rows, *but):
    return {row["state"] for name, row in rows.items() if name not in but}


def test_runs_made_alike_pass_every_check_in_silence():
    rows = checked()
    assert states(rows) == {"same"}
    assert {row["said"] for row in rows.values()} == {""}


@pytest.mark.parametrize(
    ("check", "column", "values", "said"),
    [
        ("temperature", "temperature", (0.6, 1.0), ("0.6", "1")),
        ("top-p", "top_p", (0.95, 1.0), ("0.95", "1")),
        ("max tokens", "max_tokens", (512, 16384), ("512", "16384")),
        ("engine", "engine", ("vllm", "transformers"), ("vllm", "transformers")),
        ("prompt template", "prompt_template", ("boxed", "abel"), ("boxed", "abel")),
    ],
)
def test_a_setting_that_differs_is_named_with_both_values(check, column, values, said):
    rows = checked(base={column: values[0]}, other={column: values[1]})
    sentence = f"{check.capitalize()} differs: {said[0]} (small) and {said[1]} (small-rl)."
    assert (rows[check]["state"], rows[check]["said"]) == ("differs", sentence)
    assert states(rows, check) == {"same"}


@pytest.mark.parametrize("column", ["temperature", "top_p", "max_tokens", "engine"])
def test_what_is_not_known_is_not_equal(column):
    one, both = checked(other={column: None}), checked(base={column: None}, other={column: None})
    name = {"top_p": "top-p", "max_tokens": "max tokens"}.get(column, column)
    assert one[name]["state"] == both[name]["state"] == "not known"
    assert one[name]["said"].endswith("of small-rl is not known.")
    assert both[name]["said"].endswith("of small and of small-rl is not known.")


def test_a_temperature_of_0_is_known():
    rows = checked(base={"temperature": 0.0}, other={"temperature": 0.0})
    assert rows["temperature"]["state"] == "same" and rows["temperature"]["base"] == "0"


def test_prompts_that_differ_are_counted():
    row = checked(prompts=prompts_frame(4, 3, "p1"))["prompt texts"]
    assert row["state"] == "differs"
    assert row["said"] == "The exact prompt differs for 3 of 4 problems, for example p1."
    row = checked(prompts=prompts_frame(1))["prompt texts"]
    assert (row["state"], row["said"]) == (
        "not known", "The exact prompt is not known for 3 problems.",
    )  # fmt: skip


def test_n_is_compared_problem_by_problem():
    swapped = pl.concat([counts_frame("b", [8, 4], [1, 1]), counts_frame("o", [4, 8], [1, 1])])
    row = checked(counts=swapped, prompts=prompts_frame(2))["n"]
    assert (row["state"], row["base"], row["other"]) == ("differs", "4–8", "4–8")
    assert row["said"].startswith("n differs for 2 of 2 problems: 4–8 (small) and 4–8 (small-rl).")


def test_problems_of_one_run_only_are_counted_and_in_no_other_check():
    counts = pl.concat(
        [
            counts_frame("b", 10, [1, 2, 3], ["p0", "p1", "only"], error=[0, 0, 10]),
            counts_frame("o", 10, [1, 2], ["p0", "p1"]),
        ]
    )
    rows = checked(counts=counts, prompts=prompts_frame(2))
    assert rows["problems"]["state"] == "differs"
    assert "In small only: 1 problem; in small-rl only: 0 problems." in rows["problems"]["said"]
    assert rows["error rate"]["state"] == "same"


@pytest.mark.parametrize(
    ("totals", "state", "said"),
    [
        ([("b", "v", "1"), ("o", "v", "2")], "differs", "Verifier differs: v 1 (small) and v 2"),
        ([("b", "v", "1"), ("o", "v", None)], "not known", "judged small-rl is not known"),
        ([("b", "v", None), ("o", "v", None)], "not known", "small and small-rl is not known"),
    ],
)
def test_a_verifier_is_compared_with_its_version(totals, state, said):
    frame = pl.DataFrame(totals, schema=["run", "verifier", "version"], orient="row")
    row = checked(totals=frame)["verifier"]
    assert row["state"] == state and said in row["said"]


def test_different_verifiers_differ_even_where_a_version_is_not_known():
    totals = pl.DataFrame({"run": ["b", "o"], "verifier": ["v", "w"], "version": ["1", None]})
    counts = pl.concat(
        [
            counts_frame("b", 200, [1, 2, 3, 4]),
            counts_frame("o", 200, [5, 6, 7, 8]).with_columns(verifier=pl.lit("w")),
        ]
    )
    row = checked(totals=totals, counts=counts)["verifier"]
    assert row["said"] == "Verifier differs: v 1 (small) and w (small-rl)."


@pytest.mark.parametrize("kind", ["truncated", "no_answer", "error"])
def test_rates_differ_beyond_the_margin_and_chance(kind):
    check = {"truncated": "truncation", "no_answer": "no-answer", "error": "error"}[kind] + " rate"
    base = counts_frame("b", 200, [1, 2, 3, 4])

    def row_for(of_problem):
        other = counts_frame("o", 200, [5, 6, 7, 8], **{kind: [of_problem, 0, 0, 0]})
        return checked(counts=pl.concat([base, other]))[check]

    assert row_for(16)["state"] == "close"  # 16 of 800 are 2 points, not more
    assert row_for(16)["said"] == ""
    row = row_for(17)
    assert row["state"] == "differs"
    assert row["said"].endswith("rate differs: 0.0 % (small) and 2.1 % (small-rl).")
    assert row_for(1)["other"] == "0.1 %"


def test_the_rates_of_few_samples_are_not_told_apart_from_chance():
    assert not apart((1, 16), (2, 16))
    # 16 against 4 of 100: pooled 0.1, standard error √(0.1 · 0.9 · 2 / 100) = 0.0424, 2.8 of them.
    assert apart((16, 100), (4, 100))
    # 11 against 4 of 100: pooled 0.075, standard error 0.0372, 1.9 of them.
    assert not apart((11, 100), (4, 100))
    assert not apart((0, 5), (0, 5))


def test_a_rate_takes_in_the_samples_that_the_reader_leaves_out():
    both = pl.concat(
        [
            counts_frame("b", 100, [1], error=[100]).with_columns(left_out=pl.lit(100)),
            counts_frame("o", 200, [1], error=[100]).with_columns(left_out=pl.lit(0)),
        ]
    )
    row = checked(counts=both, prompts=prompts_frame(1))["error rate"]
    assert (row["base"], row["other"], row["state"]) == ("50.0 %", "50.0 %", "same")


def test_rates_of_imported_counts_are_not_known():
    totals = pl.DataFrame({"run": ["b", "o"], "verifier": ["v", "v"], "version": ["1", None]})
    rows = checked(totals=totals, texts=texts_frame(samples=0))
    for check in ("truncation rate", "no-answer rate", "error rate", "identical texts"):
        assert rows[check]["state"] == "not known"


def test_truncation_is_not_known_where_the_ends_of_samples_are_not():
    ends = pl.DataFrame({"run": ["b", "o"], "samples": [800, 800], "known": [800, 799]})
    rows = checked(ends=ends)
    assert rows["truncation rate"]["state"] == "not known"
    assert rows["truncation rate"]["said"] == "Truncation rate of small-rl is not known."
    assert rows["error rate"]["state"] == "same"


def test_a_copied_file_is_named():
    row = checked(texts=texts_frame(800, 800, 800, 800, 12.0))["identical texts"]
    assert row["state"] == "differs"
    assert row["said"].startswith(
        "800 of 800 completions of small-rl are word for word among those of small"
    )
    few = checked(texts=texts_frame(800, 3, 1, 1, 0.5))["identical texts"]
    assert (few["state"], few["other"], few["said"]) == ("close", "3 of 800", "")


@pytest.mark.parametrize(
    ("samples", "long", "same_number", "expected", "found"),
    [
        (1000, 0, 0, 0.0, False),
        (1000, 9, 9, 8.0, False),
        (1000, 10, 0, 0.0, True),  # 1 % of long texts, whatever their numbers: files in other order
        (1000, 0, 400, 390.0, False),  # short answers are often equal
        (1000, 0, 500, 400.0, True),  # 100 more than chance, whose standard deviation is 20
        (1000, 0, 470, 400.0, False),  # 3.5 standard deviations
        (20, 1, 1, 0.0, True),
    ],
)
def test_identical_texts_are_suspicious_beyond_what_models_write(
    samples, long, same_number, expected, found
):
    assert suspicious(samples, long, same_number, expected) is found
