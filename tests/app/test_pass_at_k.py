"""pass@k against exact fractions, against all draws, and against other people's code."""

import warnings
from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.analysis.measures import Wanted, measured
from app.charts.end_labels import shortened
from app.charts.panels import Arrow
from app.charts.pass_at_k import Look, measure_chart
from app.metrics.pass_at_k import log_spaced, mean_over_problems, pass_at_k, pass_at_k_curve
from tests.app.frames import counts_frame


def exact(n: int, c: int, k: int) -> Fraction:
    return 1 - Fraction(comb(n - c, k), comb(n, k))


def test_it_is_the_share_of_all_draws_that_hold_a_correct_sample():
    for n in range(1, 8):
        for c in range(n + 1):
            for k in range(1, n + 1):
                draws = list(combinations([True] * c + [False] * (n - c), k))
                share = Fraction(sum(map(any, draws)), len(draws))
                assert pass_at_k(n, c, k) == pytest.approx(float(share), abs=1e-15)


def test_every_n_c_and_k_up_to_64_agrees_with_exact_fractions():
    for n in range(1, 65):
        curves = pass_at_k_curve(np.full(n + 1, n), np.arange(n + 1), n)
        expected = [[float(exact(n, c, k)) for k in range(1, n + 1)] for c in range(n + 1)]
        np.testing.assert_allclose(curves, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("c", [0, 1, 2, 3, 17, 100, 1023, 1024, 2040, 2046, 2047, 2048])
def test_2048_samples_agree_with_exact_integers(c):
    curve = pass_at_k_curve([2048], [c], 2048)[0]
    for k in [1, 2, 3, 5, 8, 64, 100, 1000, 1024, 2000, 2046, 2047, 2048]:
        assert curve[k - 1] == pytest.approx(float(exact(2048, c, k)), rel=1e-12, abs=0)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_single_values_and_curves_agree_with_exact_fractions_anywhere(data):
    n = data.draw(st.integers(1, 600))
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    wanted = float(exact(n, c, k))
    assert pass_at_k(n, c, k) == pytest.approx(wanted, rel=1e-12, abs=0)
    assert pass_at_k_curve([n], [c], k)[0, -1] == pytest.approx(wanted, rel=1e-12, abs=0)


def test_no_correct_sample_gives_exactly_0_and_too_few_wrong_ones_exactly_1():
    for n in (1, 2, 10, 2048):
        never, always = pass_at_k_curve([n, n], [0, n], n)
        assert (never == 0).all() and not np.signbit(never).any()
        assert (always == 1).all()
    assert pass_at_k(10, 3, 8) == 1
    assert pass_at_k(10, 3, 7) < 1


def test_pass_at_1_is_accuracy_and_pass_at_n_is_solved():
    n, c = np.full(101, 100), np.arange(101)
    np.testing.assert_allclose(pass_at_k(n, c, 1), c / 100, rtol=1e-15)
    assert np.array_equal(pass_at_k(n, c, 100), c > 0)


def test_the_curve_never_falls_and_never_leaves_0_to_1():
    n = np.repeat(np.arange(1, 200), 3)
    c = np.minimum(n, np.tile([0, 1, 50], 199))
    curves = pass_at_k_curve(n, c, 200)
    known = curves[~np.isnan(curves)]
    assert known.min() == 0 and known.max() == 1
    steps = np.diff(curves, axis=1)
    assert steps[~np.isnan(steps)].min() >= 0


def test_more_samples_than_drawn_is_undefined():
    assert np.isnan(pass_at_k(4, 4, 5))
    assert np.isnan(pass_at_k(0, 0, 1))
    curves = pass_at_k_curve([2, 4, 0], [1, 1, 0], 5)
    assert np.array_equal(np.isnan(curves).sum(axis=1), [3, 1, 5])


def test_the_mean_is_undefined_where_any_problem_is():
    mean = mean_over_problems(pass_at_k_curve([2, 4], [1, 1], 4))
    np.testing.assert_allclose(mean[:2], [(1 / 2 + 1 / 4) / 2, (1 + 1 / 2) / 2])
    assert np.isnan(mean[2:]).all()
    assert np.isnan(mean_over_problems(pass_at_k_curve([], [], 3))).tolist() == [True] * 3


def test_arguments_are_broadcast():
    n, c, k = np.array([[5], [9]]), np.array([[2], [0]]), np.array([[1, 2, 6]])
    values = pass_at_k(n, c, k)
    assert values.shape == (2, 3)
    np.testing.assert_allclose(values[0, :2], [0.4, 0.7])
    assert np.isnan(values[0, 2]) and (values[1] == 0).all()
    assert pass_at_k(5, 2, 1).shape == ()
    assert pass_at_k([], [], 1).shape == (0,)


@pytest.mark.parametrize(
    ("n", "c", "k", "said"),
    [
        (3, 4, 1, "c = 4 of n = 3"),
        (-1, 0, 1, "-1"),
        (3, -2, 1, "-2"),
        (3, 1, 0, "k must be at least 1, but is 0"),
        (3, 1, 1.5, "k must be whole numbers, but is 1.5"),
        (float("nan"), 1, 1, "n must be whole numbers"),
        (["3"], 1, 1, "n must be whole numbers"),
    ],
)
def test_a_wrong_argument_is_named_with_its_value(n, c, k, said):
    with pytest.raises(ValueError, match=said):
        pass_at_k(n, c, k)


def test_scorio_computes_the_same_from_the_samples():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scorio = pytest.importorskip("scorio").eval
    random = np.random.default_rng(1)
    outcomes = (random.random((40, 24)) < random.random((40, 1))).astype(int)
    curve = mean_over_problems(pass_at_k_curve(np.full(40, 24), outcomes.sum(axis=1), 24))
    for k in (1, 2, 7, 24):
        assert curve[k - 1] == pytest.approx(float(scorio.pass_at_k(outcomes, k)), abs=1e-12)


@pytest.mark.parametrize("k_max", [1, 2, 119, 120, 121, 1000, 1024, 2048, 100_000])
def test_log_spaced_has_both_ends_every_power_of_two_and_not_many_more_than_asked(k_max):
    ks = log_spaced(k_max)
    assert ks[0] == 1 and ks[-1] == k_max and (np.diff(ks) > 0).all()
    assert {2**power for power in range(k_max.bit_length())} <= set(ks.tolist())
    assert len(ks) <= 130


# The figure of curves


LABELS, ROLES = {"b": "base <b>", "r": "rl"}, {"base <b>": "base", "rl": "rl"}


def points_of(*counts, row="", column=""):
    """Measured curves as the chart takes them."""
    found = measured(pl.concat(counts), Wanted())
    return found.with_columns(
        row=pl.lit(row), column=pl.lit(column), series=pl.col("run").replace_strict(LABELS)
    )


POINTS = points_of(counts_frame("b", 16, [0, 3, 16]), counts_frame("r", 8, [0, 8, 8]))


def lines(figure):
    return [trace for trace in figure.data if trace.mode == "lines+markers"]


def test_a_mark_says_the_value_and_how_many_problems_that_is():
    base = next(t for t in lines(measure_chart(POINTS, ROLES, Look())) if t.customdata[0][0] == "b")
    value = float((exact(16, 3, 16) + 0 + 1) / 3)
    said = base.hovertext[-1]
    assert said.startswith("<b>base &lt;b&gt;</b><br>pass@16 = 0.6667<br>≈ 2.0 of 3 problems")
    assert value == pytest.approx(2 / 3) and "n = 16" in said
    assert list(base.customdata[-1]) == ["b", 16, 3, "16", "", ""]


def test_a_panel_has_a_line_at_the_k_that_all_its_curves_have():
    figure = measure_chart(POINTS, ROLES, Look(), common={("", ""): 8})
    (shape,) = figure.layout.shapes
    assert (shape.x0, shape.x1, shape.line.dash) == (8, 8, "dot")


def test_panels_have_titles_and_one_entry_per_curve_in_the_legend():
    grid = [
        points_of(counts_frame("b", 16, [0, 3]), row=row, column=column)
        for row in ("small", "big")
        for column in ("AIME", "MATH", "more <i>")
    ]
    figure = measure_chart(pl.concat(grid), ROLES, Look())
    titles = {note.text for note in figure.layout.annotations}
    assert titles == {"small", "big", "AIME", "MATH", "more &lt;i&gt;"}
    assert len({trace.xaxis for trace in lines(figure)}) == 6
    assert sum(trace.showlegend is not False for trace in lines(figure)) == 1


def test_panels_without_rows_are_wrapped_and_many_are_higher_than_one():
    wrapped = [points_of(counts_frame("b", 4, [1]), column=str(level)) for level in range(5)]
    figure = measure_chart(pl.concat(wrapped), ROLES, Look(shared=True))
    assert [note.text for note in figure.layout.annotations] == ["0", "1", "2", "3", "4"]
    tops = {figure.layout[f"yaxis{place or ''}"].domain[1] for place in ("", 2, 3, 4, 5)}
    assert len(tops) == 2
    assert figure.layout.height > 600


def test_a_folded_axis_shows_both_ends_and_leaves_out_what_is_between():
    look = Look(fold=((0.2, 0.4), (0.6, 0.8)), arrow=Arrow(0.3, 0.7, "Δ_SE = 0.400"))
    figure = measure_chart(POINTS, ROLES, look)
    assert tuple(figure.layout.yaxis.range) == (0.6, 0.8)
    assert tuple(figure.layout.yaxis2.range) == (0.2, 0.4)
    assert figure.layout.yaxis.domain[0] > figure.layout.yaxis2.domain[1]
    upper = [trace for trace in lines(figure) if trace.yaxis == "y"]
    lower = [trace for trace in lines(figure) if trace.yaxis == "y2"]
    assert [list(t.y) for t in upper] == [list(t.y) for t in lower]
    assert all(trace.showlegend is False for trace in lower)
    assert "Δ_SE = 0.400" in {note.text for note in figure.layout.annotations}
    assert {shape.y0 for shape in figure.layout.shapes} == {0.3, 0.7}


def test_edges_are_dashed_only_where_a_band_is_not_reliable():
    doubtful = POINTS.with_columns(reliable=pl.col("x") < 4)
    dashed = [t for t in measure_chart(doubtful, ROLES, Look()).data if t.line.dash == "3px,3px"]
    assert len(dashed) == 2
    for trace in dashed:
        shown = [x for x, y in zip(trace.x, trace.y, strict=True) if y is not None]
        assert min(shown) == 4
    sure = measure_chart(POINTS.with_columns(reliable=pl.lit(True)), ROLES, Look())
    assert not [trace for trace in sure.data if trace.line.dash == "3px,3px"]


def test_what_lies_beneath_is_grey_thin_and_named():
    beneath = pl.DataFrame(
        {
            "row": "", "column": "", "name": ["published: Fig. 2", "published: Fig. 2", "guessing"],
            "kind": ["published", "published", "guessing"], "x": [1.0, 2.0, 1.0],
            "value": [0.1, 0.2, 0.05],
        }
    )  # fmt: skip
    figure = measure_chart(POINTS, ROLES, Look(), beneath)
    published, guessing = figure.data[:2]
    assert (published.name, published.line.dash) == ("published: Fig. 2", "dash")
    assert list(published.y) == [0.1, 0.2]
    assert (guessing.name, guessing.line.dash) == ("guessing", "dot")
    assert published.line.color == guessing.line.color and published.line.width < 2


def test_forecasts_are_dashed_lines_of_the_colour_of_their_curve():
    ahead = POINTS.filter(pl.col("run") == "b").with_columns(x=pl.col("x") + 15)
    figure = measure_chart(POINTS, ROLES, Look(ahead=True), None, ahead)
    (forecast,) = [trace for trace in figure.data if trace.line.dash == "5px,5px"]
    base = next(trace for trace in lines(figure) if trace.customdata[0][0] == "b")
    assert forecast.line.color == base.line.color and forecast.x[0] == 16
    assert figure.layout.showlegend is None
    assert max(figure.layout.xaxis.tickvals) == 16


def test_long_names_lose_their_middle_and_stay_apart():
    names = ["short", "a" * 30 + "left" + "b" * 30, "a" * 30 + "right" + "b" * 30]
    short = shortened(names, 20)
    assert short["short"] == "short"
    assert len(set(short.values())) == 3 and max(map(len, short.values())) == 20
    assert all("…" in text for name, text in short.items() if name != "short")
