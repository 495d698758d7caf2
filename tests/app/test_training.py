"""pass@1 and pass@k along a training, against sums of exact fractions."""

import math
from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from app.analysis.aligned import aligned, split
from app.analysis.dynamics import log_lines, repeated
from app.analysis.estimates import efficiency_gap, gap_curve, pass_curve, verdict
from app.analysis.training import by_step, shared_k, surface
from app.charts.training import dynamics_chart, steps_chart
from app.metrics.intervals import LIKE_THESE, THESE
from tests.app.courses import course, run_row
from tests.app.frames import counts_frame

BASE, EARLY, LATE = (3, 0, 1, 2), (4, 0, 2, 3), (6, 0, 0, 6)
RUNS = (
    run_row("base", "base"),
    run_row("late", step=20, parent="early"),
    run_row("early", step=10),
)


def exact(n, c, k):
    """Mean pass@k by counting subsets."""
    sizes = [n] * len(c) if isinstance(n, int) else n
    parts = [
        1 - Fraction(math.comb(m - x, k), math.comb(m, k)) for m, x in zip(sizes, c, strict=True)
    ]
    return float(sum(parts) / len(parts))


def counted(**runs):
    frames = [counts_frame(run, *given) for run, given in runs.items()]
    return split(pl.concat(frames))


def test_a_training_runs_from_its_base_through_its_checkpoints():
    counts = counted(base=(8, BASE), early=(6, EARLY), late=(8, LATE))

    rows = by_step(counts, course(*RUNS))

    found = rows.select("step", "model", "measure", "k", "value").rows()
    # The common k is the smallest n, 6.
    expected = [
        (step, model, measure, k, exact(n, c, k))
        for step, model, n, c in [
            (0, "base", 8, BASE),
            (10, "early", 6, EARLY),
            (20, "late", 8, LATE),
        ]
        for measure, k in (("pass@1", 1), ("pass@k", 6))
    ]
    assert [row[:4] for row in found] == [row[:4] for row in expected]
    assert [row[4] for row in found] == pytest.approx([row[4] for row in expected], abs=1e-12)
    assert rows["series"].unique().to_list() == ["GRPO"]
    assert rows.select("n_min", "n_max").rows()[::2] == [(8, 8), (6, 6), (8, 8)]


def test_only_problems_that_all_checkpoints_sampled_count_and_the_others_are_counted():
    frames = [
        counts_frame("base", [4, 4, 4, 4], [1, 2, 3, 4]),
        counts_frame("early", [4, 0, 4, 4], [1, 0, 3, 0]),  # p1 has no sample that counts
        counts_frame("late", 4, [4, 4], problems=["p3", "p0"]),  # no p2, another order
    ]
    counts = split(pl.concat(frames))

    rows = by_step(counts, course(*RUNS), k=1)

    assert set(rows.select("problems", "left_out").rows()) == {(2, 2)}
    values = dict(rows.filter(pl.col("measure") == "pass@1").select("model", "value").rows())
    # Of p0 and p3 alone: (1 + 4) / 8, (1 + 0) / 8, (4 + 4) / 8.
    assert values == pytest.approx({"base": 5 / 8, "early": 1 / 8, "late": 1.0})


def test_beyond_the_n_of_a_problem_pass_at_k_is_a_gap():
    counts = counted(base=(8, BASE), early=([8, 8, 8, 5], EARLY), late=(8, LATE))

    rows = by_step(counts, course(*RUNS), k=6).filter(pl.col("measure") == "pass@k")

    assert rows["value"].is_nan().to_list() == [False, True, False]
    assert rows["low"].is_nan().to_list() == [False, True, False]
    chart = steps_chart(rows, "6", "band")
    drawn = [trace for trace in chart.data if trace.name == "GRPO" and trace.x]
    assert drawn[-1].y[1] is None
    assert drawn[-1].connectgaps is False


def test_the_k_that_all_trainings_allow_is_the_smallest_n_of_any():
    rows = (*RUNS, run_row("ppo", algorithm="PPO", step=10))
    counts = counted(base=(8, BASE), early=(6, EARLY), late=(8, LATE), ppo=(4, (1, 2, 3, 4)))

    assert shared_k(counts, course(*rows)) == 4
    own = by_step(counts, course(*rows)).filter(pl.col("measure") == "pass@k")
    assert dict(own.select("series", "k").unique().rows()) == {"GRPO": 6, "PPO": 4}


def test_a_training_without_its_base_has_no_step_0():
    counts = counted(early=(8, EARLY), late=(8, LATE))

    rows = by_step(counts, course(*RUNS[1:]))

    assert rows["step"].unique().sort().to_list() == [10, 20]
    assert surface(counts, course(*RUNS[1:]))["gap"].is_nan().all()


def test_the_surface_has_every_k_and_its_gap_to_the_base():
    counts = counted(base=(8, BASE), early=(8, EARLY), late=(8, LATE))

    rows = surface(counts, course(*RUNS))

    assert rows["k"].unique().sort().to_list() == list(range(1, 9))
    for step, c in ((0, BASE), (10, EARLY), (20, LATE)):
        mine = rows.filter(pl.col("step") == step).sort("k")
        assert mine["value"].to_list() == pytest.approx([exact(8, c, k) for k in range(1, 9)])
        gaps = [exact(8, c, k) - exact(8, BASE, k) for k in range(1, 9)]
        if step:
            assert mine["gap"].to_list() == pytest.approx(gaps, abs=1e-12)
            assert ((mine["gap_low"] <= mine["gap"]) & (mine["gap"] <= mine["gap_high"])).all()
        else:
            assert mine["gap"].is_nan().all()


def test_runs_without_a_common_problem_are_undefined_not_zero():
    frames = [counts_frame("base", 4, [1], problems=["a"]), counts_frame("early", 4, [1], ["b"])]
    counts = split(pl.concat(frames))

    rows = by_step(counts, course(*RUNS[:1], RUNS[2]))

    assert rows["value"].is_nan().all()
    assert set(rows.select("problems", "left_out").rows()) == {(0, 2)}


def test_a_run_without_counts_has_no_problem_in_common_with_others():
    side = aligned(counted(base=(4, (1, 2))), ["base", "absent"])

    assert (side.problems, side.most, side.left_out) == ([], 0, 2)


def pair(problems=300, n=64):
    """Two runs over the same problems: the other one sharpened."""
    random = np.random.default_rng(3)
    chance = random.beta(0.4, 0.9, problems)
    sharp = np.clip(1.6 * chance - 0.1, 0, 1)
    base, other = (random.binomial(n, p) for p in (chance, sharp))
    counts = counted(base=(n, base.tolist()), other=(n, other.tolist()))
    return aligned(counts, ["base", "other"]).runs


def test_the_band_of_the_efficiency_gap_agrees_with_a_bootstrap_over_problems():
    runs = pair()
    top, one = (runs["base"].c > 0).astype(float), runs["other"].c / 64
    draws = np.random.default_rng(0).integers(0, 300, (4000, 300))
    low, high = np.percentile((top - one)[draws].mean(axis=1), [2.5, 97.5])

    found = efficiency_gap(runs["base"], runs["other"], 64).row(0, named=True)

    assert found["value"] == pytest.approx((top - one).mean(), abs=1e-12)
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=0.01)


def test_for_these_problems_the_noise_of_base_and_other_adds_up():
    runs = pair()
    top = pass_curve(runs["base"], [64], THESE).row(0, named=True)
    one = pass_curve(runs["other"], [1], THESE).row(0, named=True)

    found = efficiency_gap(runs["base"], runs["other"], 64, THESE).row(0, named=True)

    below = math.sqrt((top["value"] - top["low"]) ** 2 + (one["high"] - one["value"]) ** 2)
    above = math.sqrt((top["high"] - top["value"]) ** 2 + (one["value"] - one["low"]) ** 2)
    assert found["value"] - found["low"] == pytest.approx(below)
    assert found["high"] - found["value"] == pytest.approx(above)
    wide = efficiency_gap(runs["base"], runs["other"], 64, LIKE_THESE).row(0, named=True)
    assert found["high"] - found["low"] < wide["high"] - wide["low"]


def test_the_gap_of_a_run_to_itself_is_exactly_zero():
    runs = pair()

    assert gap_curve(runs["base"], runs["base"], [1, 7, 64], None)["value"].to_list() == [0, 0, 0]


@pytest.mark.parametrize(
    ("low", "high", "value", "said"),
    [
        (0.01, 0.05, 0.03, "other"),
        (-0.05, -0.01, -0.03, "base"),
        (-0.01, 0.05, 0.03, "undecided"),
        (0.0, 0.05, 0.03, "undecided"),
        (0.0, 0.0, 0.0, "tie"),
        (-0.1, 0.1, 0.0, "undecided"),
        (math.nan, math.nan, 0.03, "other"),
        (math.nan, math.nan, 0.0, "tie"),
        (math.nan, math.nan, math.nan, "undefined"),
    ],
)
def test_the_band_decides_who_is_ahead(low, high, value, said):
    assert verdict(low, high, value) == said


LOG = pl.DataFrame(
    {
        "model": ["a", "a", "a", "b"],
        "step": [10, 20, 20, 5],
        "reward": [0.1, None, 0.3, 0.5],
        "response_length": [None, None, None, 600.0],
        "entropy": [0.7, 0.6, 0.5, None],
    },
    schema_overrides={"step": pl.Int32},
)


def test_what_a_trainer_did_not_log_is_a_gap_and_what_it_never_logs_is_no_line():
    lines = log_lines(LOG, [])

    lengths = lines.filter(pl.col("quantity") == "response_length")
    assert lengths.select("log", "step", "value").rows() == [("b", 5, 600.0)]
    rewards = lines.filter((pl.col("quantity") == "reward") & (pl.col("log") == "a"))
    assert rewards["value"].is_nan().to_list() == [False, True, False]
    assert repeated(lines) == 2  # step 20 of a, in reward and in entropy
    assert set(log_lines(LOG, ["b"])["log"]) == {"b"}
    chart = dynamics_chart(lines)
    first = next(trace for trace in chart.data if trace.name == "a")
    assert list(first.y) == [0.1, None, 0.3]
    assert first.connectgaps is False
