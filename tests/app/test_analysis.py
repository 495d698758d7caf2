"""Frames of counts to frames of answers."""

import random
from collections import Counter
from itertools import chain, combinations, product
from statistics import fmean, quantiles

import polars as pl
import pytest

from app.analysis.accuracy import histogram
from app.analysis.compare import comparison
from app.analysis.counting import KINDS, left_out
from app.analysis.pass_at_k import curves
from app.analysis.perplexity import distribution, summary, thinned
from app.analysis.runs import find_run, labels, others_of, runs_table, usual_first
from app.analysis.solvable import regions
from tests.app.frames import counts_frame, runs_frame

OUTCOMES = ("correct", "incorrect", "no_answer", "error")


def tallied(samples):
    """Counts of one problem from its samples, (outcome, truncated) each."""
    outcomes = Counter(outcome for outcome, _ in samples)
    cut = Counter(outcome for outcome, truncated in samples if truncated)
    numbers = {
        "no_answer": outcomes["no_answer"], "error": outcomes["error"], "truncated": cut.total(),
        "truncated_correct": cut["correct"], "truncated_no_answer": cut["no_answer"],
        "truncated_error": cut["error"],
    }  # fmt: skip
    return counts_frame(
        "r", len(samples), [outcomes["correct"]], **{k: [v] for k, v in numbers.items()}
    )


@pytest.mark.parametrize("kinds", [*chain(*(combinations(KINDS, size) for size in range(4)))])
def test_leaving_out_gives_what_counting_the_remaining_samples_gives(kinds):
    draw = random.Random(7)
    every = list(product(OUTCOMES, [False, True]))
    for _ in range(60):
        samples = draw.choices(every, k=draw.randint(0, 12))
        kept = [
            outcome
            for outcome, truncated in samples
            if outcome not in kinds and not (truncated and "truncated" in kinds)
        ]
        row = left_out(tallied(samples), kinds).to_dicts()[0]
        expected = (len(kept), kept.count("correct"), len(samples) - len(kept))
        assert (row["n"], row["c"], row["left_out"]) == expected


def test_leaving_out_an_unknown_kind_names_the_known_ones():
    with pytest.raises(ValueError, match=r"wrong.*no_answer, error, truncated"):
        left_out(counts_frame("r", 2, [1]), ["wrong"])


def test_a_problem_that_loses_all_its_samples_stays_and_is_undefined():
    counts = left_out(counts_frame("r", 2, [0, 1], no_answer=[2, 0]), ["no_answer"])
    rows = curves(counts, [1]).to_dicts()[0]
    assert rows["pass_at_k"] != rows["pass_at_k"]  # NaN
    assert (rows["problems"], rows["undefined"], rows["n_min"], rows["left_out"]) == (2, 1, 0, 2)
    bins = histogram(counts)
    assert bins["count"].sum() == 1 and bins["undefined"].unique().to_list() == [1]


def test_curves_have_every_k_up_to_each_runs_own_n_and_a_gap_where_a_problem_has_fewer():
    counts = pl.concat([counts_frame("a", 4, [1, 4]), counts_frame("b", [2, 3], [1, 1])])
    found = curves(counts)
    assert found.filter(run="a")["pass_at_k"].to_list() == pytest.approx([5 / 8, 3 / 4, 7 / 8, 1])
    short = found.filter(run="b")
    assert short["pass_at_k"].to_list()[:2] == pytest.approx([5 / 12, 5 / 6])
    assert short["pass_at_k"].is_nan().to_list() == [False, False, True]
    assert short["undefined"].to_list() == [0, 0, 1]
    assert short.select("n_min", "n_max").unique().rows() == [(2, 3)]


def test_curves_at_chosen_k_are_those_of_all_k():
    counts = counts_frame("a", 9, [0, 1, 5, 9])
    every = curves(counts)
    chosen = curves(counts, [8, 2, 2, 12])
    assert chosen["k"].to_list() == [2, 8, 12]
    for column in ("pass_at_k", "low", "high"):
        expected = every.filter(pl.col("k").is_in([2, 8]))[column].to_list()
        assert chosen[column].to_list()[:2] == pytest.approx(expected)
        assert chosen[column].is_nan().to_list() == [False, False, True]
    assert curves(counts, [2], band=False)["low"].is_nan().all()


def test_no_counts_give_an_empty_frame_with_all_columns():
    nothing = counts_frame("a", 4, [1]).clear()
    assert curves(nothing).columns == curves(counts_frame("a", 4, [1])).columns
    assert curves(nothing).is_empty() and histogram(nothing).is_empty()


def test_counts_of_two_verifiers_are_not_mixed():
    counts = counts_frame("a", 4, [1])
    two = pl.concat([counts, counts.with_columns(verifier=pl.lit("other"))])
    with pytest.raises(ValueError, match=r"several verifiers \(other, v\)"):
        curves(two)


BASE = counts_frame("b", 4, [4, 1, 0, 0, 2])
OTHER = counts_frame("o", 4, [1, 0, 2, 0], ["p0", "p1", "p2", "p3"])


def test_regions_at_k_equal_to_n_are_told_by_the_counts():
    found = regions(pl.concat([BASE, OTHER]), "b", "o", 4)
    assert found.problems["region"].to_list() == ["both", "only_base", "only_other", "neither"]
    assert found.summary[:4] == (1, 1, 1, 1)
    assert (found.summary.problems, found.summary.left_out, found.summary.how) == (4, 1, "exact")
    assert found.summary.percent() == dict.fromkeys(found.summary._fields[:4], 25.0)


def test_a_threshold_of_two_asks_for_two_correct_samples():
    found = regions(pl.concat([BASE, OTHER]), "b", "o", 4, threshold=2)
    assert found.problems["region"].to_list() == ["only_base", "neither", "only_other", "neither"]


WITHIN = pl.DataFrame(
    {
        "run": ["b"] * 4 + ["o"] * 4,
        "problem_id": ["p0", "p1", "p2", "p3"] * 2,
        "drawn": [2] * 8,
        "correct": [2, 0, 0, 0, 1, 0, 1, 0],
    }
)


def test_regions_at_smaller_k_are_told_by_the_first_k_samples():
    found = regions(pl.concat([BASE, OTHER]), "b", "o", 2, within=WITHIN)
    assert found.problems["region"].to_list() == ["both", "neither", "only_other", "neither"]
    assert found.summary.how == "first k samples"


@pytest.mark.parametrize("within", [None, WITHIN.clear(), WITHIN.filter(run="b")])
def test_regions_at_smaller_k_without_samples_of_both_are_expected_numbers(within):
    found = regions(pl.concat([BASE, OTHER]), "b", "o", 2, within=within)
    # Chances at k = 2 of n = 4: c = 1 gives 1/2, c = 2 gives 5/6, c = 4 gives 1.
    assert found.summary[:4] == pytest.approx((1 / 2, 1 / 2 + 1 / 2, 5 / 6, 1 / 2 + 1 / 6 + 1))
    assert found.summary.how == "expected"
    assert found.problems["region"].is_null().all()


def test_samples_that_are_missing_or_unverified_make_the_first_k_undefined():
    short = WITHIN.with_columns(drawn=pl.when(problem_id=pl.lit("p2")).then(1).otherwise(2))
    with pytest.raises(ValueError, match=r"undefined: of 1 problem of b, for example p2"):
        regions(pl.concat([BASE, OTHER]), "b", "o", 2, within=short)


@pytest.mark.parametrize(
    ("base", "other", "k", "threshold", "said"),
    [
        ("b", "o", 5, 1, "k = 5 is undefined: 4 of 4 problems have fewer samples .the fewest: 4"),
        ("b", "b", 4, 1, "same run"),
        ("b", "x", 4, 1, "No counts of run x"),
        ("b", "o", 2, 3, "threshold"),
        ("b", "o", 0, 1, "k = 0"),
        ("b", "z", 4, 1, "no problem in common"),
    ],
)
def test_a_question_without_an_answer_is_refused_in_a_sentence(base, other, k, threshold, said):
    elsewhere = counts_frame("z", 4, [1], ["q"])
    with pytest.raises(ValueError, match=said):
        regions(pl.concat([BASE, OTHER, elsewhere]), base, other, k, threshold)


def test_the_comparison_is_over_common_problems_and_its_gap_is_the_difference():
    found = comparison(pl.concat([BASE, OTHER]), "b", "o", [1, 4])
    assert found.gaps["base"].to_list() == pytest.approx([5 / 16, 2 / 4])
    assert found.gaps["other"].to_list() == pytest.approx([3 / 16, 2 / 4])
    assert found.gaps["gap"].to_list() == pytest.approx([-2 / 16, 0])
    assert found.gaps["problems"].unique().to_list() == [4]
    assert (found.crossover, found.mcnemar_p, found.left_out) == (1, 1.0, 1)
    assert found.delta_se == pytest.approx(2 / 4 - 3 / 16)


def test_mcnemar_is_undefined_where_n_differs():
    counts = pl.concat([counts_frame("b", [4, 8], [1, 1]), counts_frame("o", 4, [1, 1])])
    found = comparison(counts, "b", "o", [1])
    assert found.mcnemar_p != found.mcnemar_p


def test_the_histogram_has_twelve_rows_per_run_that_add_up():
    bins = histogram(pl.concat([BASE, OTHER])).filter(run="b")
    assert bins["bin"].to_list()[0] == "0" and bins["bin"].to_list()[-1] == "1"
    assert dict(bins.filter(pl.col("count") > 0).select("bin", "count").rows()) == {
        "0": 2, "(0.2,0.3]": 1, "(0.4,0.5]": 1, "1": 1,
    }  # fmt: skip
    assert bins["percent"].sum() == pytest.approx(100)
    assert bins["problems"].unique().to_list() == [5]


def scored_frame(values):
    return pl.DataFrame(
        {
            "problem_id": [f"p{i}" for i in range(len(values))],
            "sample": [0] * len(values),
            "n_tokens": [tokens for _, tokens in values],
            "sum_logprob": [total for total, _ in values],
        },
        schema_overrides={"n_tokens": pl.Int64, "sum_logprob": pl.Float64},
    )


def test_perplexities_are_summed_up_per_scorer_and_run_without_the_undefined():
    values = [(-0.1 * i, i) for i in (1, 2)] + [(-2.0, 4), (-9.0, 6), (None, 3), (-1.0, 0)]
    row = summary(distribution(scored_frame(values), "m", "r")).to_dicts()[0]
    known = [2.718281828459045 ** (-total / tokens) for total, tokens in values[:4]]
    assert (row["scorer"], row["run"], row["samples"], row["left_out"]) == ("m", "r", 4, 2)
    expected = quantiles(known, n=4, method="inclusive")
    assert [row[name] for name in ("q1", "median", "q3")] == pytest.approx(expected)
    assert row["mean"] == pytest.approx(fmean(known))
    reach = 1.5 * (expected[2] - expected[0])
    inside = [value for value in known if expected[0] - reach <= value <= expected[2] + reach]
    assert (row["low"], row["high"]) == pytest.approx((min(inside), max(inside)))


def test_perplexity_of_no_sample_is_undefined_and_the_sample_is_counted():
    row = summary(distribution(scored_frame([(None, 3)]), "m", "r")).to_dicts()[0]
    assert (row["samples"], row["left_out"]) == (0, 1)
    assert all(row[name] != row[name] for name in ("q1", "median", "q3", "mean"))


def test_thinning_keeps_all_of_few_and_draws_the_same_of_many():
    frame = distribution(scored_frame([(-float(i), 5) for i in range(60)]), "m", "r")
    assert thinned(frame).height == 60
    assert thinned(frame, 10).equals(thinned(frame, 10)) and thinned(frame, 10).height == 10


def test_labels_say_the_model_and_only_what_tells_runs_apart():
    runs = runs_frame(
        {"run": "1", "model": "a"},
        {"run": "2", "model": "b", "temperature": 0.6},
        {"run": "3", "model": "b", "temperature": 1.0},
        {"run": "4", "model": "c", "prompt_template": "x", "temperature": 1.0},
        {"run": "5", "model": "c", "prompt_template": "x"},
        {"run": "6", "model": "c", "prompt_template": None},
        {"run": "7", "model": "d"},
        {"run": "8", "model": "d"},
    )
    assert labels(runs) == {
        "1": "a", "2": "b · T 0.6", "3": "b · T 1",
        "4": "c · x · T 1", "5": "c · x · T 0.6", "6": "c · prompt template unknown · T 0.6",
        "7": "7", "8": "8",
    }  # fmt: skip


NAMED = runs_frame(
    {"run": "qwen--math--t0.6", "model": "qwen"},
    {"run": "qwen-rl--math--t0.6", "model": "qwen-rl"},
    {"run": "llama--math--t0.6", "model": "llama"},
    {"run": "llama--math--t1", "model": "llama"},
)


@pytest.mark.parametrize(
    ("name", "run"),
    [
        ("qwen--math--t0.6", "qwen--math--t0.6"),
        ("qwen-rl", "qwen-rl--math--t0.6"),
        ("QWEN-RL", "qwen-rl--math--t0.6"),
        ("qwen", "qwen--math--t0.6"),  # the name of a model goes before a part of an id
        ("llama--math--t1", "llama--math--t1"),
    ],
)
def test_a_run_is_found_by_its_id_its_model_or_a_part_of_its_id(name, run):
    assert find_run(NAMED, name) == run


@pytest.mark.parametrize(
    ("name", "said"),
    [("t0.6", "qwen--math--t0.6, qwen-rl--"), ("llama", "t0.6, llama"), ("gpt", "Available: qwen")],
)
def test_a_run_that_is_not_found_or_not_clear_is_refused_with_the_choices(name, said):
    with pytest.raises(ValueError, match=said):
        find_run(NAMED, name)


def test_the_first_run_of_a_role_is_sampled_as_most_others_are():
    table = pl.DataFrame(
        {
            "run": ["b1", "b2", "r1", "r2", "d"],
            "role": ["base", "base", "rl", "rl", "distilled"],
            "prompt_template": ["direct", "think", "think", "think", None],
            "temperature": [1.0, 1.0, 0.6, 1.0, None],
            "top_p": 0.9,
            "max_tokens": 64,
        }
    )
    # b2 and r2 are sampled alike; no other two are.
    assert usual_first(table)["run"].to_list() == ["b2", "b1", "r2", "r1", "d"]
    assert usual_first(table.head(0)).is_empty()


def test_the_first_other_run_was_trained_from_the_base_and_is_sampled_alike():
    table = pl.DataFrame(
        {
            "run": ["b", "c", "x", "y", "z"],
            "model": ["B", "C", "X", "Y", "Z"],
            "parent": [None, None, "C", "B", "B"],
            "prompt_template": "think",
            "temperature": [1.0, 1.0, 1.0, 0.6, 1.0],
            "top_p": None,
            "max_tokens": 64,
        }
    )
    assert others_of(table, "b") == ["z", "y", "c", "x"]
    assert others_of(table, "c") == ["x", "b", "y", "z"]


def test_the_table_of_runs_keeps_runs_without_verdicts():
    runs = runs_frame({"run": "1", "model": "a"}, {"run": "2", "model": "b"})
    totals = pl.DataFrame(
        {
            "run": ["1"], "verifier": ["v"], "problems": [3], "samples": [24], "n_min": [8],
            "n_max": [8], "no_answer": [0], "error": [0], "truncated": [1],
        }
    )  # fmt: skip
    table = runs_table(runs, totals)
    assert table.columns[:6] == ["run", "model", "role", "benchmark", "problems", "samples"]
    assert table["samples"].to_list() == [24, None]
    assert table["stored_samples"].to_list() == [8, 8]


def test_the_table_of_runs_names_the_verifier_that_judged_and_not_the_one_wished_for():
    runs = runs_frame({"run": "1", "model": "a", "verifier": "wished"})
    totals = pl.DataFrame({"run": ["1", "1"], "verifier": ["v", "w"], "samples": [8, 4]})
    detail = ("problems", "n_min", "n_max", "no_answer", "error", "truncated")
    table = runs_table(runs, totals.with_columns(**dict.fromkeys(detail, 0)))
    assert table["verifier"].to_list() == ["v", "w"]
