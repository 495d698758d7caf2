"""Curves of every measure, panels, forecasts and what lies beneath, from frames counted by hand."""

import math
from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import polars as pl
import pytest

from app.analysis import beneath, drawing, facets
from app.analysis.forecasts import FURTHER, forecasts, scores
from app.analysis.measures import (
    BAYESIAN,
    COT,
    COVER,
    G_PASS,
    HAT,
    MAJORITY,
    MEASURES,
    MG_PASS,
    PASS,
    Wanted,
    ends,
    measured,
)
from app.analysis.pass_at_k import curves
from app.metrics.intervals import KINDS, LIKE_THESE, THESE
from tests.app.frames import counts_frame, runs_frame

COUNTS = counts_frame("a", 6, [0, 2, 6])


def drawn_mean(measure, n, cs, k):
    """The mean over problems of a measure of the right ones among all draws of k."""
    means = []
    for c in cs:
        draws = combinations([1] * c + [0] * (n - c), k)
        means.append(np.mean([measure(sum(draw)) for draw in draws]))
    return float(np.mean(means))


@pytest.mark.parametrize(
    ("name", "tau", "counted"),
    [
        (PASS, 0.5, lambda right, _: right > 0),
        (HAT, 0.5, lambda right, k: right == k),
        (G_PASS, 0.5, lambda right, k: right >= max(1, math.ceil(k / 2))),
        (G_PASS, 1.0, lambda right, k: right == k),
        (MG_PASS, 0.5, lambda right, k: 2 / k * max(right - math.ceil(k / 2), 0)),
    ],
)
def test_a_measure_is_its_mean_over_all_draws(name, tau, counted):
    rows = measured(COUNTS, Wanted(name, tau)).to_dicts()
    assert [row["x"] for row in rows] == [1, 2, 3, 4, 5, 6]
    for row in rows:
        k = int(row["x"])
        expected = drawn_mean(lambda right, k=k: counted(right, k), 6, [0, 2, 6], k)
        assert row["value"] == pytest.approx(expected, abs=1e-12)
        assert row["solved"] == pytest.approx(3 * expected, abs=1e-12)
        assert (row["problems"], row["n_min"], row["n_max"]) == (3, 6, 6)
        assert row["low"] <= row["value"] <= row["high"]


def test_cover_is_the_share_of_problems_of_at_least_that_accuracy():
    rows = dict(measured(COUNTS, Wanted(COVER)).select("x", "value").rows())
    assert len(rows) == 100
    assert (rows[0.01], rows[0.33], rows[0.34], rows[1.0]) == pytest.approx(
        (2 / 3, 2 / 3, 1 / 3, 1 / 3)
    )


def test_bayesian_pass_at_1_is_laplaces_rule_and_its_band_is_credible():
    rows = measured(COUNTS, Wanted(BAYESIAN)).to_dicts()
    assert rows[0]["value"] == pytest.approx((1 / 8 + 3 / 8 + 7 / 8) / 3)
    wide = measured(COUNTS, Wanted(BAYESIAN, level=0.99)).to_dicts()
    assert wide[0]["low"] < rows[0]["low"] < rows[0]["high"] < wide[0]["high"]


@pytest.mark.parametrize("name", [name for name in MEASURES if name not in (MAJORITY, COT)])
def test_no_band_is_none_and_kinds_and_levels_differ(name):
    many = counts_frame("a", 16, [0, 1, 2, 5, 8, 8, 9, 12, 14, 15, 16, 16])

    def width(**other):
        found = measured(many, Wanted(name, **other)).filter(pl.col("low").is_not_nan())
        return (found["high"] - found["low"]).sum()

    assert width(kind=None) == 0
    assert 0 < width(level=0.8) < width(level=0.95) < width(level=0.99)
    if name != BAYESIAN:
        assert width(kind=THESE) != pytest.approx(width(kind=LIKE_THESE))


def test_a_curve_ends_at_its_smallest_n_and_draws_no_more_than_about_120_points():
    counts = pl.concat([counts_frame("a", [40, 700], [3, 7]), counts_frame("b", 1024, [3, 7])])
    found = measured(counts, Wanted())
    first, second = (found.filter(run=run) for run in "ab")
    assert first.filter(pl.col("value").is_not_nan())["x"].max() == 40
    assert second["x"].max() == 1024 and second.height <= 135
    powers = {2.0**power for power in range(11)}
    assert powers <= set(second["x"])
    assert second["value"].is_not_nan().all()


def test_measured_pass_at_k_is_that_of_curves():
    counts = counts_frame("a", [5, 9, 9], [1, 0, 4])
    for kind in KINDS:
        ours = measured(counts, Wanted(kind=kind)).sort("x")
        theirs = curves(counts, ours["x"].cast(pl.Int64).to_list(), kind=kind)
        for mine, its in (("value", "pass_at_k"), ("low", "low"), ("high", "high")):
            np.testing.assert_allclose(ours[mine], theirs[its])


def answers_frame(*rows):
    names = ["run", "problem_id", "answer", "correct", "samples"]
    return pl.DataFrame(rows, schema=names, orient="row")


def test_the_majority_needs_answers_and_names_no_run_without_them():
    counts = pl.concat([counts_frame("a", 4, [2, 1]), counts_frame("b", 4, [2, 1])])
    answers = answers_frame(
        ("a", "p0", "7", True, 2), ("a", "p0", "8", False, 1), ("a", "p0", None, False, 1),
        ("a", "p1", "5", False, 2), ("a", "p1", "4", True, 1), ("a", "p1", "6", False, 1),
        ("b", "p0", None, True, 2), ("b", "p0", None, False, 2),
    )  # fmt: skip
    found = measured(counts, Wanted(MAJORITY), answers)
    assert found["run"].unique().to_list() == ["a"]
    values = found["value"].to_list()
    assert values[0] == pytest.approx((2 / 4 + 1 / 4) / 2)
    assert values[3] == pytest.approx((1 + 0) / 2)
    assert measured(counts, Wanted(MAJORITY)).is_empty()
    assert found["low"].is_not_nan().all()
    assert measured(counts, Wanted(MAJORITY, kind=THESE), answers)["low"].is_nan().all()


def test_audited_pass_at_k_lies_between_what_was_found_valid_and_what_may_be():
    counts = counts_frame("a", 4, [3, 1]).with_columns(
        valid=pl.Series([1, 0]), unread=pl.Series([2, 1]), audited=pl.Series([1, 0])
    )
    rows = measured(counts, Wanted(COT)).to_dicts()
    assert rows[0]["value"] == rows[0]["low"] == pytest.approx((1 / 4 + 0) / 2)
    assert rows[0]["high"] == pytest.approx((3 / 4 + 1 / 4) / 2)
    assert rows[3]["value"] == pytest.approx(1 / 2) and rows[3]["high"] == pytest.approx(1)
    nobody = counts.with_columns(audited=pl.lit(0))
    assert measured(nobody, Wanted(COT)).is_empty()


def test_nothing_counted_gives_an_empty_frame_with_all_columns():
    for name in MEASURES:
        nothing = measured(COUNTS.clear(), Wanted(name))
        assert nothing.is_empty() and nothing.columns == measured(COUNTS, Wanted()).columns


# Panels


def problems_frame(**columns):
    size = len(next(iter(columns.values())))
    defaults = {"problem_id": [f"p{i}" for i in range(size)], "subject": [None] * size,
                "level": [None] * size, "metadata": [None] * size}  # fmt: skip
    return pl.DataFrame({**defaults, **columns}, schema_overrides={"level": pl.String})


def test_levels_are_in_the_order_of_their_numbers_and_what_is_unknown_comes_last():
    problems = problems_frame(level=["10", "2", None, "1", ""])
    found = facets.panels_of(problems, facets.LEVEL, COUNTS)
    assert found.rows() == [
        ("p3", "1"), ("p1", "2"), ("p0", "10"), ("p2", "unknown"), ("p4", "unknown")
    ]  # fmt: skip


def test_dates_are_quarters_of_the_contest_or_the_problem():
    metadata = [
        '{"contest_date": "2024-08-03T20:00:00"}', '{"date": "2023-12-31"}', "{}", None,
        '{"contest_date": "soon"}', "[1]", '{"contest_date": "2024-07-01"}', "not json",
    ]  # fmt: skip
    found = facets.panels_of(problems_frame(metadata=metadata), facets.DATE, COUNTS)
    panels = dict(found.rows())
    assert [panels[f"p{i}"] for i in range(8)] == [
        "2024 Q3", "2023 Q4", "unknown", "unknown", "unknown", "unknown", "2024 Q3", "unknown"
    ]  # fmt: skip
    assert found["panel"].unique(maintain_order=True).to_list() == ["2023 Q4", "2024 Q3", "unknown"]


def test_difficulty_is_the_accuracy_of_the_base_run():
    base = counts_frame("b", [8, 8, 8, 8, 8, 0], [8, 0, 2, 3, 6, 0])
    found = facets.panels_of(problems_frame(subject=["s"] * 6), facets.DIFFICULTY, base)
    zero, low, middle, high = facets.BINS
    assert found.rows() == [
        ("p1", zero), ("p2", low), ("p3", middle), ("p4", middle), ("p0", high), ("p5", "unknown")
    ]  # fmt: skip


def test_a_family_is_the_base_and_all_that_comes_from_it():
    models = pl.DataFrame(
        {
            "model": ["base", "rl", "rl-2", "alone", "x", "y", "child"],
            "parent": [None, "base", "rl", None, "y", "x", "not stored"],
        }
    )
    found = facets.families(models)
    assert {found[name] for name in ("base", "rl", "rl-2")} == {"base"}
    assert (found["alone"], found["child"]) == ("alone", "not stored")
    assert set(found) == set(models["model"])


def test_runs_are_named_alike_on_all_benchmarks_where_their_settings_are():
    first = runs_frame({"run": "1", "model": "m"}, {"run": "2", "model": "r", "temperature": 1.0})
    second = runs_frame(
        {"run": "3", "model": "m", "benchmark": "b"},
        {"run": "4", "model": "r", "benchmark": "b", "temperature": 0.2},
    )
    named = facets.labels_across([first, second])
    assert named == {"1": "m", "3": "m", "2": "r · T 1", "4": "r · T 0.2"}
    twice = pl.concat([second, second.with_columns(run=pl.col("run") + "x")])
    named = facets.labels_across([first, twice])
    assert named["1"] == "m" and len({named[run] for run in ("3", "3x", "4", "4x")}) == 4


# What is worked out for the figure


def points_frame(*rows):
    names = ["row", "column", "series", "x", "value", "n_min", "n_max"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(
        low=pl.col("value") - 0.1, high=pl.col("value") + 0.1
    )


CURVES = points_frame(
    ("", "one", "base", 1.0, 0.1, 8, 8), ("", "one", "base", 4.0, 0.5, 8, 8),
    ("", "one", "base", 8.0, 0.8, 8, 8), ("", "one", "rl", 1.0, 0.3, 4, 6),
    ("", "one", "rl", 4.0, 0.7, 4, 6), ("", "one", "rl", 6.0, math.nan, 4, 6),
    ("", "two", "base", 1.0, 0.2, 8, 8),
)  # fmt: skip


def test_the_common_k_of_a_panel_is_the_smallest_n_of_its_runs():
    assert drawing.common_budgets(CURVES).rows() == [("", "one", 4, True), ("", "two", 8, False)]
    kept = drawing.up_to_common(CURVES)
    assert kept.columns == CURVES.columns
    assert kept.select("column", "series", "x").rows() == [
        ("one", "base", 1.0), ("one", "base", 4.0), ("one", "rl", 1.0), ("one", "rl", 4.0),
        ("two", "base", 1.0),
    ]  # fmt: skip


def test_the_axis_is_folded_between_the_ends_of_the_curves_unless_they_meet():
    fold = drawing.folded(CURVES.filter(column="one"))
    assert fold.low == pytest.approx((0.05, 0.35)) and fold.high == pytest.approx((0.675, 0.825))
    meeting = points_frame(("", "", "a", 1.0, 0.5, 2, 2), ("", "", "a", 2.0, 0.52, 2, 2))
    assert drawing.folded(meeting) is None
    assert drawing.folded(CURVES.clear()) is None


def test_the_smallest_gap_of_sampling_efficiency_is_named():
    roles = {"base": "base", "rl": "rl", "ppo": "rl"}
    other = points_frame(("", "one", "ppo", 1.0, 0.4, 8, 8))
    points = pl.concat([CURVES.filter(column="one"), other])
    found = drawing.efficiency(points, roles, {})
    assert (found.base, found.other, found.k) == ("base", "ppo", 8)
    assert found.gap == pytest.approx(0.8 - 0.4)
    assert drawing.efficiency(CURVES, {"base": "rl", "rl": "rl"}, {}) is None
    assert drawing.efficiency(CURVES.filter(series="base"), roles, {}) is None


def test_each_run_is_held_against_the_base_that_it_was_trained_from():
    roles = {"base": "base", "rl": "rl", "small": "base", "small-rl": "rl"}
    family = points_frame(
        ("", "one", "small", 1.0, 0.1, 8, 8), ("", "one", "small", 8.0, 0.5, 8, 8),
        ("", "one", "small-rl", 1.0, 0.3, 8, 8),
    )  # fmt: skip
    points = pl.concat([CURVES.filter(column="one"), family])
    # small − rl would be less than either.
    found = drawing.efficiency(points, roles, {"rl": "base", "small-rl": "small"})
    assert (found.base, found.other) == ("small", "small-rl")
    assert found.gap == pytest.approx(0.5 - 0.3)
    assert drawing.efficiency(points, roles, {}) is None


def test_bands_go_where_there_would_be_too_many_traces():
    series = [(f"{i // 20}", f"{i % 20}", f"s{j}") for i in range(60) for j in range(2)]
    points = points_frame(*((*names, 1.0, 0.5, 4, 4) for names in series))
    shown = drawing.few_enough(points)
    assert shown.height == 120 and shown["low"].is_nan().all()
    assert drawing.few_enough(points.head(60))["low"].is_not_nan().all()
    twice = pl.concat([points, points.with_columns(row=pl.col("row") + "z")])
    assert drawing.curve_count(twice) == 240
    assert drawing.curve_count(drawing.few_enough(twice)) == 200
    assert drawing.curve_count(drawing.few_enough(points, 2)) == 100


# Beneath, and beyond


PUBLISHED = pl.DataFrame(
    {
        "source": "arXiv 1, Fig. 2, digitised", "figure": "Fig. 2", "model": "Q-7B",
        "benchmark": ["AIME24", "AIME24", "MATH500", "LCB-279"],
        "series": ["Base", "Base", "SimpleRL-Zoo", "Base"], "k": [1, 2, 1, 1],
        "pass_at_k": [0.1, 0.2, 0.7, 0.5],
    }
)  # fmt: skip


def test_published_curves_of_the_benchmark_come_first_however_it_is_spelt():
    assert beneath.titles(PUBLISHED, "math-500")[0] == "Fig. 2 Q-7B SimpleRL-Zoo, MATH500"
    assert beneath.titles(PUBLISHED, "lcb_279")[0] == "Fig. 2 Q-7B Base, LCB-279"
    assert len(beneath.titles(PUBLISHED, "other")) == 3
    assert beneath.key("minerva_math") == beneath.key("Minerva")
    assert beneath.key("olympiadbench") == beneath.key("Olympiad")
    assert beneath.key("AIME24") != beneath.key("AIME24-filtered")
    assert beneath.key("humanevalplus") == beneath.key("HumanEval+") != beneath.key("HumanEval")


def test_a_published_curve_is_named_by_its_figure():
    found = beneath.published_curves(PUBLISHED, ["Fig. 2 Q-7B Base, AIME24"])
    assert found["name"].unique().to_list() == ["published: Fig. 2 Q-7B Base"]
    assert found.select("x", "value").rows() == [(1.0, 0.1), (2.0, 0.2)]
    assert beneath.published_curves(PUBLISHED, []).is_empty()


def test_guessing_is_the_mean_over_the_problems_that_were_guessed_at():
    direct = counts_frame("d", [4, 4, 0, 4], [1, 0, 0, 4])
    counts = counts_frame("a", 2, [0, 0, 0])
    found = beneath.guess_curve(direct, counts)
    assert found["name"][0] == "guessing (2 problems)"
    assert found.select("x", "value").rows() == [
        (1.0, pytest.approx(1 / 8)), (2.0, pytest.approx((1 - (3 / 4) ** 2) / 2))
    ]  # fmt: skip
    assert beneath.guess_curve(direct.clear(), counts).is_empty()


def test_a_forecast_goes_on_where_the_estimate_ends():
    random = np.random.default_rng(1)
    c = random.binomial(64, random.beta(0.5, 1.5, 300)).tolist()
    counts = counts_frame("a", 64, c)
    ahead, estimate = forecasts(counts), measured(counts, Wanted())
    assert (ahead["x"].min(), ahead["x"].max()) == (64, FURTHER * 64)
    assert ahead["value"][0] == pytest.approx(estimate["value"][-1], abs=0.02)
    assert (ahead["value"].diff().drop_nulls() >= 0).all()
    (row,) = scores(counts).to_dicts()
    assert row["forecast"] == pytest.approx(ahead["value"][-1])
    assert (row["k"], row["drawn"]) == (512, 16) and 0 <= row["error"] <= row["worst"] < 0.1


def test_forecasts_without_samples_or_with_few_are_told():
    none = counts_frame("a", 0, [0, 0])
    assert forecasts(none).is_empty() and scores(none).is_empty()
    (row,) = scores(counts_frame("a", 2, [0, 1])).to_dicts()
    assert math.isnan(row["error"])


def in_one_panel(*counts, column="", **wanted):
    """Curves of these counts in one panel, measured wherever one of them ends."""
    together = pl.concat(counts)
    points = measured(together, Wanted(**wanted), also=ends(together))
    return points.with_columns(row=pl.lit(""), column=pl.lit(column), series=pl.col("run"))


def test_all_curves_are_measured_where_one_of_them_ends():
    long, short = counts_frame("a", 1000, [0, 3, 900]), counts_frame("b", 613, [0, 1, 600])
    assert ends(pl.concat([long, short])) == (613, 1000)
    alone = measured(long, Wanted(kind=None))
    assert 613 not in alone["x"].to_list()
    points = in_one_panel(long, short, kind=None)
    (value,) = points.filter(run="a", x=613.0)["value"]
    exact = [1 - Fraction(comb(1000 - c, 613), comb(1000, 613)) for c in (0, 3, 900)]
    assert value == pytest.approx(float(sum(exact) / 3), abs=1e-10)
    assert points.filter(run="b")["x"].max() == 613


def test_the_table_has_every_defined_curve_in_ascending_k_and_no_row_of_dashes():
    ragged = counts_frame("a", [6, 30, 30], [0, 10, 30])  # ends at 6, though n is up to 30
    short, long = counts_frame("b", 5, [0, 1, 5]), counts_frame("c", 24, [0, 3, 24])
    rows = drawing.tabled(in_one_panel(ragged, short, long))

    assert rows["x"].to_list() == sorted(rows["x"])
    assert rows["value"].is_not_nan().all()
    where = {run: rows.filter(run=run)["x"].to_list() for run in "abc"}
    assert where == {
        "a": [1, 2, 4, 5, 6], "b": [1, 2, 4, 5], "c": [1, 2, 4, 5, 6, 8, 16, 24],
    }  # fmt: skip


def test_panels_of_the_table_stay_apart_and_in_their_order():
    points = pl.concat(
        [
            in_one_panel(counts_frame("a", 3, [0, 1, 3]), column="late"),
            in_one_panel(counts_frame("a", 5, [0, 1, 3]), column="early"),
        ]
    )
    rows = drawing.tabled(points).select("column", "x").rows()
    assert rows == [*(("late", k) for k in (1, 2, 3)), *(("early", k) for k in (1, 2, 4, 5))]


def test_bands_of_more_than_four_curves_in_a_panel_are_too_many():
    few = [counts_frame(run, 4, [0, 1, 4]) for run in "abcd"]
    more = [*few, counts_frame("e", 4, [0, 1, 4])]
    points = pl.concat([in_one_panel(*few, column="few"), in_one_panel(*more, column="more")])
    assert drawing.bare_panels(points) == {("", "more")}
    without = in_one_panel(*more, column="more", kind=None)
    assert drawing.bare_panels(without) == frozenset()
