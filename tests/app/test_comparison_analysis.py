"""Two runs compared: gaps, bands, tests, and the problems behind them."""

from fractions import Fraction
from math import comb

import numpy as np
import polars as pl
import pytest
from scipy.stats import binomtest
from scorio import eval as scorio

from app.analysis.compare import comparison, regime_of, trusted
from app.analysis.outcomes import (
    GROUPS,
    diverging,
    first_filled,
    of_group,
    outcomes,
    support,
    tallied,
)
from app.analysis.pairs import areas, common_k, earlier_checkpoint, largest_gaps, settled
from app.components.compare_measures import discordance_said
from app.components.naming import told_by_label
from app.metrics.regime import regime
from app.metrics.support import support_dynamics
from tests.app.comparisons import TABLE_2, of_samples
from tests.app.frames import counts_frame, runs_frame


def exact_pass(n: int, correct: list[int], k: int) -> float:
    """Mean pass@k as an exact fraction."""
    chances = [1 - Fraction(comb(n - c, k), comb(n, k)) for c in correct]
    return float(sum(chances) / len(chances))


BASE_C, OTHER_C = [0, 1, 1, 2, 5, 8, 3, 1], [0, 0, 4, 6, 8, 8, 8, 7]


def compared(base_n=8, other_n=8, **options):
    counts = pl.concat([counts_frame("b", base_n, BASE_C), counts_frame("o", other_n, OTHER_C)])
    return comparison(counts, "b", "o", **options)


def test_the_gap_is_that_of_exact_fractions_at_every_k():
    found = compared()
    for row in found.gaps.to_dicts():
        base, other = exact_pass(8, BASE_C, row["k"]), exact_pass(8, OTHER_C, row["k"])
        assert (row["base"], row["other"]) == pytest.approx((base, other), abs=1e-12)
        assert row["gap"] == pytest.approx(other - base, abs=1e-12)
        assert row["low"] <= row["gap"] <= row["high"]
    assert found.gaps["k"].to_list() == list(range(1, 9))
    assert found.delta_se == pytest.approx(7 / 8 - sum(OTHER_C) / 64, abs=1e-12)
    assert found.k_max == 8
    # At k = 8 the base solves 7 of 8 problems and the other run 6: they cross before.
    ahead = [exact_pass(8, OTHER_C, k) > exact_pass(8, BASE_C, k) for k in range(1, 9)]
    assert found.crossover == found.crossing.k == max(k for k in range(1, 9) if ahead[k - 1]) + 1


def test_asking_for_some_k_changes_no_number():
    every, some = compared(), compared(ks=[8, 2, 2, 30])
    assert some.gaps["k"].to_list() == [2, 8, 30]
    wanted = every.gaps.filter(pl.col("k").is_in([2, 8]))
    assert some.gaps.head(2).equals(wanted)
    last = some.gaps.to_dicts()[-1]
    assert np.isnan([last["gap"], last["low"], last["high"], last["base"]]).all()
    assert last["undefined"] == 8
    assert some.crossing == every.crossing and some.efficiency == every.efficiency


def test_both_kinds_of_band_hold_the_estimate_and_other_problems_add_width():
    # Problems vary from never to always correct, so that other problems add to the width.
    like, same = compared(), compared(kind="these problems")
    first = [found.gaps.to_dicts()[0] for found in (like, same)]
    assert first[0]["gap"] == first[1]["gap"]
    assert first[0]["high"] - first[0]["low"] > first[1]["high"] - first[1]["low"]
    for found in (like, same):
        assert found.efficiency.low < found.delta_se < found.efficiency.high
    narrow = compared(level=0.5)
    assert narrow.efficiency.high - narrow.efficiency.low < (
        like.efficiency.high - like.efficiency.low
    )


def test_the_sampling_band_of_the_efficiency_gap_covers_it():
    random, covered = np.random.default_rng(3), 0
    p, q = random.beta(0.6, 1.0, (2, 40))
    truth = float((1 - (1 - p) ** 16 - q).mean())
    for _ in range(200):
        base, other = random.binomial(16, p).tolist(), random.binomial(16, q).tolist()
        counts = pl.concat([counts_frame("b", 16, base), counts_frame("o", 16, other)])
        found = comparison(counts, "b", "o", [1], "these problems").efficiency
        covered += found.low <= truth <= found.high
    assert 181 <= covered <= 199  # 190 expected, standard deviation 3


def test_a_published_paired_bootstrap_is_matched_at_the_last_k():
    # 500 problems, n = k = 128: pass@k of a problem is 0 or 1. Numbers of Table 2, MATH500.
    both, only_other, only_base, neither = TABLE_2["MATH500"]
    base = [64] * both + [0] * only_other + [3] * only_base + [0] * neither
    other = [100] * both + [2] * only_other + [0] * only_base + [0] * neither
    counts = pl.concat([counts_frame("b", 128, base), counts_frame("o", 128, other)])
    row = comparison(counts, "b", "o", [128]).gaps.to_dicts()[0]
    gaps = np.sign(other) - np.sign(base)
    draws = np.random.default_rng(1).multinomial(500, [1 / 500] * 500, 20_000) @ gaps / 500
    assert row["gap"] == pytest.approx(-13 / 500)
    assert [row["low"], row["high"]] == pytest.approx(np.quantile(draws, [0.025, 0.975]), abs=0.003)


def test_equal_curves_are_a_tie_whatever_the_order_of_the_problems():
    counts = pl.concat(
        [counts_frame("b", 30, [1, 7, 3, 0, 30, 11]), counts_frame("o", 30, [11, 3, 7, 30, 1, 0])]
    )
    found = comparison(counts, "b", "o")
    assert found.gaps["gap"].to_list() == [0.0] * 30
    assert (found.crossover, found.crossing.tie, found.crossing.last) == (1, True, 30)


def test_curves_are_compared_up_to_the_smallest_n_and_the_rest_is_counted():
    found = compared(base_n=[8, 8, 8, 8, 8, 8, 3, 8], other_n=16)
    assert common_k(found.both) == 3 and found.crossing.last == 3
    assert found.gaps.height == 16
    assert found.gaps["gap"].is_nan().to_list() == [False] * 3 + [True] * 13
    assert found.gaps["undefined"].to_list() == [0] * 3 + [1] * 5 + [8] * 8
    assert found.k_max == 3


def test_a_problem_without_samples_makes_everything_undefined_and_nothing_raises():
    counts = pl.concat([counts_frame("b", [0, 4], [0, 1]), counts_frame("o", 4, [1, 1])])
    found = comparison(counts, "b", "o")
    assert found.gaps["gap"].is_nan().all() and found.gaps.height == 4
    assert (found.crossover, found.crossing) == (None, None)
    assert np.isnan([found.delta_se, found.mcnemar_p, *support(found.discordance)]).all()
    assert found.discordance.how == "A problem has no samples that count."
    assert regime_of(found) == "undecided"
    assert settled(found.both, 0.95) == {}
    assert np.isnan(areas(found.both, "problems like these", 0.95)["gap"].value)
    assert tallied(found.both).undefined == 1
    assert outcomes(found.both, found.discordance)["accuracy"].to_list() == [None, "ties"]


# arXiv 2504.13837, Table 5: 0-based indices of AIME24 problems solved within 1,024 samples.
AIME_BASE = {0, 1, 4, 6, 7, 8, 9, 11, 12, 14, 15, 16, 17, 18, 19, *range(22, 30)}
AIME_RL = {0, 1, 6, 7, 8, 9, 12, 14, 15, 16, 18, *range(22, 30)}


def test_mcnemar_and_support_of_aime24_follow_from_table_5():
    counts = pl.concat(
        [
            counts_frame(run, 1024, [5 * (i in solved) for i in range(30)])
            for run, solved in (("b", AIME_BASE), ("o", AIME_RL))
        ]
    )
    found = comparison(counts, "b", "o", [1024])
    test = found.discordance
    assert (test.only_base, test.only_other, test.k, test.how) == (4, 0, 1024, "exact")
    assert found.mcnemar_p == test.p == pytest.approx(2 / 2**4)
    assert support(test) == support_dynamics(19, 0, 4)
    table = outcomes(found.both, test)
    assert of_group(table, "only_base")["problem_id"].to_list() == ["p4", "p11", "p17", "p19"]
    assert of_group(table, "alike").height == 26
    assert [of_group(table, group).height for group in ("losses", "ties", "wins")] == [4, 26, 0]


WITHIN = pl.DataFrame(
    {
        "run": ["b"] * 8 + ["o"] * 8,
        "problem_id": [f"p{i}" for i in range(8)] * 2,
        "drawn": [8] * 16,
        "correct": [0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 0],
    }
)


def test_mcnemar_takes_the_first_samples_where_n_differs():
    test = compared(other_n=16, within=WITHIN).discordance
    # The base has n = 8 = k, so all its samples count: it solves p1 to p7.
    assert (test.only_base, test.only_other, test.k) == (3, 0, 8)
    assert test.how == "first k samples"
    assert test.p == pytest.approx(binomtest(3, 3).pvalue)


@pytest.mark.parametrize(
    ("within", "reason"),
    [
        (None, "the first 8 samples solve is not known"),
        (WITHIN.filter(run="b"), "the first 8 samples solve is not known"),
        (WITHIN.with_columns(drawn=7), "not all stored and verified"),
    ],
)
def test_mcnemar_is_undefined_with_a_reason_where_the_first_samples_are_not_known(within, reason):
    test = compared(other_n=16, within=within).discordance
    assert (test.only_base, test.only_other, test.problems) == (None, None, None)
    assert np.isnan(test.p) and reason in test.how
    assert np.isnan(support(test)).all()


def test_the_reason_names_a_run_by_its_label_where_labels_are_known():
    test = compared(other_n=16, within=WITHIN.with_columns(drawn=7)).discordance
    said = discordance_said(test, {"b": "small · o", "o": "trained"})
    assert said.endswith(
        "of 8 problems of trained, for example p0, the first 8 samples are not all stored and"
        " verified."
    )


def test_an_error_that_the_reader_sees_names_runs_by_their_labels():
    counts = pl.concat([counts_frame("b", 4, [1]), counts_frame("o", 4, [1])])
    apart = counts.with_columns(problem_id=pl.col("run") + "-problem")
    said = "The base one and other have no problem in common"
    with pytest.raises(ValueError, match=said), told_by_label({"b": "The base one", "o": "other"}):
        comparison(apart, "b", "o")


def test_the_first_group_with_problems_comes_first():
    found = compared()
    table = outcomes(found.both, found.discordance)
    names = list(GROUPS)
    assert names[first_filled(table)] == "losses"
    assert names[first_filled(table.filter(pl.col("accuracy") == "wins"))] == "wins"
    assert names[first_filled(table.filter(pl.col("accuracy") != "losses"))] == "ties"
    assert first_filled(table.clear()) == 0


WORDS = dict.fromkeys(["losses", "ties", "wins", "only_base", "alike", "only_other"], "w")


def test_bars_lie_side_by_side_about_the_middle_of_the_ties():
    found = compared()
    bars = diverging(outcomes(found.both, found.discordance), WORDS)
    # By accuracy: p1 lost; p0 and p5 tied; five won. Solved: only p1 differs.
    assert bars["problems"].to_list() == [1, 2, 5, 1, 7, 0]
    assert bars["start"].to_list() == [-2, -1, 1, -4.5, -3.5, 3.5]
    assert bars["side"].to_list() == ["base", "tie", "other"] * 2
    undefined = compared(other_n=16)
    rows = diverging(outcomes(undefined.both, undefined.discordance), WORDS)
    assert rows["question"].unique().to_list() == ["accuracy"]


def test_areas_are_those_of_scorio_and_their_gap_is_paired():
    found = areas(compared().both, "problems like these", 0.95)
    base, other = (scorio.auc_at_k(of_samples(8, c), 8) for c in (BASE_C, OTHER_C))
    assert (found["base"].value, found["other"].value) == pytest.approx((base, other), abs=1e-12)
    assert found["gap"].value == pytest.approx(other - base, abs=1e-12)
    for one in found.values():
        assert one.low <= one.value <= one.high


def test_a_band_that_cannot_be_relied_on_decides_no_regime():
    gaps = pl.DataFrame(
        {
            "k": [1, 8], "gap": [0.2, -0.1], "low": [0.1, -0.19], "high": [0.3, -0.01],
            "reliable": [True, False],
        }
    )  # fmt: skip
    assert trusted(gaps, last=False) == (0.2, 0.1, 0.3)
    assert regime(trusted(gaps, last=False), trusted(gaps, last=True)) == "undecided"
    relied_on = gaps.with_columns(reliable=pl.lit(True))
    assert regime(trusted(relied_on, last=False), trusted(relied_on, last=True)) == "Diminish"


def test_the_regime_of_a_pair_needs_an_earlier_checkpoint_where_both_ends_rise():
    n, problems = 64, 200
    base = counts_frame("b", n, [0] * 120 + [4] * 80)
    early = counts_frame("e", n, [0] * 80 + [16] * 120)
    late = counts_frame("o", n, [0] * 20 + [32] * 180)
    same = counts_frame("s", n, [0] * 80 + [18] * 120)
    worse = counts_frame("w", n, [0] * 160 + [60] * 40)
    counts = pl.concat([base, early, late, same, worse])
    assert counts.height == 5 * problems
    up = comparison(counts, "b", "o")
    assert regime_of(up) == "none"
    assert regime_of(up, comparison(counts, "e", "o")) == "Sustained"
    assert regime_of(comparison(counts, "b", "s"), comparison(counts, "e", "s")) == "Plateau"
    assert regime_of(comparison(counts, "b", "w")) == "Diminish"
    assert regime_of(comparison(counts, "o", "b")) == "none"


def test_the_earlier_checkpoint_is_the_last_one_before_of_the_same_training():
    training = {"parent": "base", "algorithm": "GRPO", "role": "rl"}
    runs = runs_frame(
        {"run": "base", "model": "base"},
        {"run": "100", "model": "m100", "step": 100, **training},
        {"run": "200", "model": "m200", "step": 200, **training},
        {"run": "hot", "model": "m250", "step": 250, **training, "temperature": 1.0},
        {"run": "ppo", "model": "p250", "step": 250, **{**training, "algorithm": "PPO"}},
        {"run": "300", "model": "m300", "step": 300, **training},
        {"run": "unknown", "model": "m", "step": None, **training},
    )
    assert earlier_checkpoint(runs, "300") == "200"
    assert earlier_checkpoint(runs, "200") == "100"
    assert [earlier_checkpoint(runs, run) for run in ("100", "base", "hot", "unknown")] == [
        None
    ] * 4


def test_what_settles_a_gap_is_asked_at_both_ends():
    found = settled(compared().both, 0.95)
    assert list(found) == [1, 8]
    assert found[1].gap == pytest.approx((sum(OTHER_C) - sum(BASE_C)) / 64)


def test_the_problems_behind_a_gap_come_by_the_size_of_their_difference():
    rows = largest_gaps(compared().both, 1)
    expected = sorted(
        range(8), key=lambda i: -abs(OTHER_C[i] - BASE_C[i])
    )  # a stable sort, as the benchmark has them
    assert rows["problem_id"].to_list() == [f"p{i}" for i in expected]
    assert rows["gap"].to_list()[0] == pytest.approx(6 / 8)
