"""Perplexities of groups, of lengths, of checkpoints and of tokens, each by another method too."""

import math
import statistics
from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from scipy import stats

from app.analysis.perplexity import (
    GROUP,
    accounted,
    axis_top,
    cut_differently,
    densities,
    distribution,
    drawing,
    grouped,
    of_verdict,
    summary,
    thinned,
)
from app.analysis.perplexity_length import in_bins, matched, medians, within
from app.analysis.perplexity_steps import checkpoints, steps
from app.analysis.token_difference import Scored, described, differences, refusal
from app.charts.perplexity import perplexity_chart, perplexity_ecdf_chart
from app.charts.perplexity_groups import group_name, groups, shortened, wrapped
from app.charts.perplexity_length import perplexity_length_chart
from app.charts.perplexity_published import published_perplexity_chart
from app.charts.perplexity_steps import perplexity_steps_chart
from app.charts.token_difference import token_difference_chart, token_text
from app.metrics.perplexity import density, effective_size, perplexity, weighted_quantiles

INF, NAN = math.inf, math.nan
LABELS = {"b": "small", "r": "small-rl", "s": "small-rl-2"}
ROLES = {"b": "base", "r": "rl", "s": "rl"}


def samples(values, run="r", scorer="small", **columns):
    """Samples of one group with these perplexities (None: no log-probability), 10 tokens each."""
    size = len(values)
    lengths = columns.pop("n_tokens", [10] * size)
    pairs = zip(values, lengths, strict=True)
    totals = [None if v is None else -INF if v == INF else -n * math.log(v) for v, n in pairs]
    frame = pl.DataFrame(
        {
            "problem_id": columns.get("problem_id", ["p0"] * size),
            "sample": list(range(size)),
            "n_tokens": lengths,
            "sum_logprob": totals,
            "outcome": columns.get("outcome", ["correct"] * size),
            "finish_reason": ["stop"] * size,
        },
        schema_overrides={"n_tokens": pl.Int64, "sum_logprob": pl.Float64, "outcome": pl.String},
    )
    return distribution(frame, scorer, run)


def by_hand(values, share):
    """The quantile of type 7, from its definition."""
    ordered = sorted(values)
    place = Fraction(share) * (len(ordered) - 1)
    low, part = int(place), float(place - int(place))
    if not part or ordered[low] == ordered[low + 1]:
        return ordered[low]
    return ordered[low] + part * (ordered[low + 1] - ordered[low])


# Estimators


@pytest.mark.parametrize("weight", [1.0, 0.3, 1e-9])
def test_quantiles_of_equal_weights_are_the_usual_ones_whatever_the_scale(weight):
    values = list(1 + np.random.default_rng(1).gamma(2, 0.1, 31))
    found = weighted_quantiles(values, [weight] * 31, [0.25, 0.5, 0.75])
    assert found == pytest.approx(np.percentile(values, [25, 50, 75], method="hazen"), rel=1e-12)
    assert found[1] == pytest.approx(statistics.median(values), rel=1e-12)


def test_a_weighted_median_lies_where_half_of_the_weight_is():
    # The weights 1, 1, 2 have their middles at 0.5, 1.5 and 3 of 4: half of the weight is a third
    # of the way from the second to the third.
    assert weighted_quantiles([3, 1, 2], [2, 1, 1], [0.5])[0] == pytest.approx(2 + 1 / 3)
    assert list(weighted_quantiles([3, 1, 2], [2, 1, 1], [0, 1])) == [1, 3]
    assert math.isnan(weighted_quantiles([], [], [0.5])[0])


@pytest.mark.parametrize("values", [[1, INF], [1, 2, INF], [1, 2, 3, 4, INF], [INF, INF], [2.0]])
def test_infinite_values_are_larger_than_all_others(values):
    found = weighted_quantiles(values, np.ones(len(values)), [0, 0.5, 1])
    assert list(found) == [values[0], by_hand(values, Fraction(1, 2)), values[-1]]


def test_the_effective_size_is_that_of_kish():
    assert effective_size([0.2, 0.2, 0.2]) == pytest.approx(3)
    assert effective_size([1, 1, 2]) == pytest.approx(16 / 6)
    assert effective_size([]) == 0


def test_a_density_is_the_kernel_estimate_mirrored_at_one():
    values = 1 + np.random.default_rng(2).gamma(2, 0.1, 800)
    grid = np.linspace(1, 2.5, 200)
    quarter, three = by_hand(values, Fraction(1, 4)), by_hand(values, Fraction(3, 4))
    width = 0.9 * min(statistics.stdev(values), (three - quarter) / 1.34) * 800**-0.2
    kernel = stats.gaussian_kde(values, width / statistics.stdev(values))
    assert density(values, grid) == pytest.approx(kernel(grid) + kernel(2 - grid), abs=2e-3)
    assert density([*values, INF], grid) == pytest.approx(density(values, grid))


def test_a_density_of_nothing_is_undefined_and_of_one_value_stands_there():
    grid = np.linspace(1, 2, 101)
    assert np.isnan(density([], grid)).all() and np.isnan(density([INF], grid)).all()
    assert grid[density([1.5, 1.5], grid).argmax()] == pytest.approx(1.5)
    assert density([9.0], grid).max() == 0


# Groups


def test_an_infinite_perplexity_is_counted_and_moves_the_quartiles_as_the_largest_value():
    values = [1.5, 1.1, INF, 1.2, 1.3]
    row = summary(samples(values)).to_dicts()[0]
    assert (row["samples"], row["infinite"], row["left_out"]) == (5, 1, 0)
    quarters = [by_hand(values, Fraction(i, 4)) for i in (1, 2, 3)]
    assert [row[name] for name in ("q1", "median", "q3")] == pytest.approx(quarters)
    assert row["mean"] == INF
    assert row["high"] == pytest.approx(1.5)


def test_an_axis_ends_above_the_finite_whiskers():
    boxes = pl.DataFrame({"high": [1.5, INF, None, NAN, 1.2]})
    assert axis_top(boxes) == pytest.approx(1 + 1.15 * 0.5)
    assert axis_top(pl.DataFrame({"high": [None, INF]}, strict=False)) == 2.0


def test_groups_are_split_by_verdict_and_problem_only_when_asked():
    frame = samples(
        [1.1, 1.2, 1.3, 1.4],
        outcome=["correct", "no_answer", None, "correct"],
        problem_id=["p0", "p0", "p1", "p1"],
    )
    assert set(grouped(frame).select("panel", "verdict").rows()) == {("", "")}
    split = grouped(frame, split=True, panels=True)
    assert split.select("panel", "verdict").rows() == [
        ("p0", "correct"), ("p0", "no_answer"), ("p1", "unverified"), ("p1", "correct"),
    ]  # fmt: skip
    assert of_verdict(frame, "unverified")["sample"].to_list() == [2]
    assert of_verdict(frame, None).height == 4


def test_samples_that_are_not_in_a_group_are_counted_with_the_reason():
    scored = grouped(samples([1.1, 1.2, 1.3, None], n_tokens=[5, 50, 500, 5]))
    stored = pl.DataFrame(
        {"run": ["r", "r", "b"], "problem_id": "p0", "outcome": ["correct", None, "correct"],
         "samples": [7, 2, 100]}
    )  # fmt: skip
    inside = within(scored, 5, 50)
    row = accounted(summary(inside, GROUP), scored, stored, False, False).to_dicts()[0]
    # Of 9 stored, 3 have a perplexity; of these the one of 500 tokens is too long.
    assert (row["samples"], row["outside"], row["not_scored"]) == (2, 1, 6)


def test_a_group_without_a_sample_of_the_lengths_asked_for_stays_with_n_0():
    scored = pl.concat([grouped(samples([1.1], n_tokens=[5], run=run)) for run in ("b", "r")])
    longer = grouped(samples([1.2], n_tokens=[90], run="s"))
    scored = pl.concat([scored, longer])
    stored = pl.DataFrame(
        {"run": ["b", "r", "s"], "problem_id": "p0", "samples": 1, "outcome": "correct"}
    )
    boxes = accounted(summary(within(scored, 1, 9), GROUP), scored, stored, False, False)
    found = {row["run"]: (row["samples"], row["outside"]) for row in boxes.to_dicts()}
    assert found == {"b": (1, 0), "r": (1, 0), "s": (0, 1)}
    assert math.isnan(boxes.filter(run="s")["median"][0])
    figure = perplexity_chart(drawing(within(scored, 1, 9), boxes), LABELS, ROLES)
    assert figure.layout.meta["outside"] == 1


def test_the_share_at_or_below_a_perplexity_is_the_ecdf_of_all_samples():
    random = np.random.default_rng(3)
    values = [*np.round(1 + random.gamma(2, 0.1, 60), 2), INF]
    frame = grouped(samples(values))
    drawn = drawing(frame, summary(frame, GROUP))
    exact = stats.ecdf(np.where(np.isinf(values), 1e9, values)).cdf
    for value, share in drawn.points.select("perplexity", "share").rows():
        assert share == pytest.approx(float(exact.evaluate(value + 1e-9)))
    assert max(drawn.points["share"]) == pytest.approx(60 / 61)
    assert drawn.panels["infinite"].to_list() == [1]


def test_points_are_taken_from_every_group():
    many, few = samples([1.1 + i / 1000 for i in range(500)]), samples([1.1, 1.2], run="b")
    kept = thinned(grouped(pl.concat([many, few])), 20)
    assert dict(kept["run"].value_counts().rows()) == {"r": 10, "b": 2}
    assert kept.equals(thinned(grouped(pl.concat([many, few])), 20))


def test_samples_that_scorers_cut_differently_are_counted():
    one = samples([1.1, 1.2, 1.3], n_tokens=[4, 5, 6])
    other = samples([1.1, 1.2, 1.3], n_tokens=[4, 7, 6], scorer="other")
    assert cut_differently(pl.concat([one, other])) == 1
    assert cut_differently(one) == 0


# Length


def test_bins_of_length_are_common_and_hold_equally_many():
    lengths = list(range(1, 41))
    found = in_bins(samples([1.1] * 40, n_tokens=lengths), 4)
    assert found.group_by("bin").len().sort("bin").rows() == [(0, 10), (1, 10), (2, 10), (3, 10)]
    assert found.filter(bin=1)["n_tokens"].to_list() == list(range(11, 21))
    assert in_bins(samples([1.1] * 5), 10)["bin"].n_unique() == 1
    assert in_bins(samples([None]), 10).is_empty()


def test_medians_by_length_are_those_of_the_samples_in_each_bin():
    random = np.random.default_rng(4)
    lengths = [int(x) for x in random.integers(1, 100, 200)]
    values = list(1 + random.gamma(2, 0.1, 200))
    rows = medians(grouped(samples(values, n_tokens=lengths)), 5).to_dicts()
    assert sum(row["samples"] for row in rows) == 200
    for row in rows:
        inside = [
            v
            for v, n in zip(values, lengths, strict=True)
            if row["shortest"] <= n <= row["longest"]
        ]
        assert row["samples"] == len(inside)
        assert row["median"] == pytest.approx(statistics.median(inside))


def test_groups_that_differ_in_length_only_are_the_same_at_the_same_lengths():
    # Perplexity 1.5 for short samples, 1.1 for long ones, in both groups alike.
    def group(run, short, long, odd=0):
        lengths = [10] * short + [100] * long + [1000] * odd
        values = [1.5] * short + [1.1] * long + [3.0] * odd
        return samples(values, run=run, n_tokens=lengths)

    frame = grouped(pl.concat([group("b", 24, 16), group("r", 10, 40, odd=12)]))
    found = matched(frame, 20)
    rows = {row["run"]: row for row in found.table.to_dicts()}
    assert (found.common, found.bins) == (2, 3)
    assert (rows["b"]["median"], rows["r"]["median"]) == pytest.approx((1.5, 1.1))
    assert rows["b"]["matched_median"] == rows["r"]["matched_median"] == pytest.approx(1.1)
    assert (rows["r"]["samples"], rows["r"]["remaining"]) == (62, 50)
    # The shorter bin's weight is the mean of 24/40 and 10/50.
    short = (Fraction(24, 40) + Fraction(10, 50)) / 2
    weights = [short / 24] * 24 + [(1 - short) / 16] * 16
    effective = sum(weights) ** 2 / sum(w * w for w in weights)
    assert rows["b"]["effective"] == pytest.approx(float(effective))


def test_groups_without_a_common_length_are_not_compared():
    short, long = samples([1.1] * 5, run="b"), samples([1.2] * 5, n_tokens=[99] * 5)
    found = matched(grouped(pl.concat([short, long])), 4)
    assert found.common == 0
    assert found.table["remaining"].to_list() == [0, 0]
    assert all(math.isnan(value) for value in found.table["matched_median"])


# Training


def runs_frame(*rows):
    defaults = {
        "role": "rl", "parent": "base", "algorithm": "GRPO", "step": None, "temperature": 1.0,
        "prompt_template": "plain", "top_p": 1.0, "max_tokens": 64, "hyper_parameters": None,
    }  # fmt: skip
    schema = {"step": pl.Int32, "parent": pl.String, "algorithm": pl.String}
    return pl.DataFrame(
        [{**defaults, **row} for row in rows],
        schema_overrides={**schema, "hyper_parameters": pl.String},
    )


BASE = {"role": "base", "parent": None, "algorithm": None, "model": "base"}


def test_a_series_starts_at_the_parent_that_was_sampled_alike():
    placed = checkpoints(
        runs_frame(
            {"run": "b", **BASE},
            {"run": "hot", **BASE, "temperature": 1.2},
            {"run": "g2", "model": "g2", "step": 200},
            {"run": "g1", "model": "g1", "step": 100},
            {"run": "p1", "model": "p1", "step": 100, "algorithm": "PPO"},
            {"run": "d", "model": "d", "role": "distilled", "algorithm": None},
        )
    )
    assert placed.select("name", "run", "step").rows() == [
        ("GRPO", "b", 0), ("GRPO", "g1", 100), ("GRPO", "g2", 200),
        ("PPO", "b", 0), ("PPO", "p1", 100),
    ]  # fmt: skip
    assert checkpoints(runs_frame({"run": "b", **BASE})).is_empty()


def test_series_of_one_algorithm_are_told_apart_by_their_hyper_parameters():
    kl = '{"kl": 0.001, "step": 100}'
    placed = checkpoints(
        runs_frame(
            {"run": "g", "model": "g", "step": 100},
            {"run": "k1", "model": "k1", "step": 100, "hyper_parameters": kl},
            {"run": "k2", "model": "k2", "step": 200, "hyper_parameters": '{"kl": 0.001}'},
        )
    )
    assert placed.select("name", "run").rows() == [
        ("GRPO", "g"), ("GRPO · kl 0.001", "k1"), ("GRPO · kl 0.001", "k2"),
    ]  # fmt: skip


def test_perplexity_over_training_is_the_mean_of_the_medians_of_the_first_problems():
    random = np.random.default_rng(5)
    drawn = {
        (run, f"p{i}"): list(1 + random.gamma(2, 0.1, 6 + i))
        for run in ("b", "g")
        for i in range(5)
    }
    del drawn["g", "p1"]
    frame = pl.concat(
        samples(values, run=run, problem_id=[problem] * len(values))
        for (run, problem), values in drawn.items()
    )
    placed = pl.DataFrame({"series": 0, "name": "GRPO", "run": ["b", "g"], "step": [0, 100]})
    found = steps(frame, placed, [f"p{i}" for i in range(4)])
    for row in found.points.to_dicts():
        middle = [statistics.median(drawn[row["run"], f"p{i}"]) for i in (0, 2, 3)]
        assert row["perplexity"] == pytest.approx(statistics.fmean(middle))
        assert (row["problems"], row["n_min"], row["n_max"]) == (3, 6, 9)
    assert (found.problems, found.missing) == (3, 1)


def test_an_infinite_median_makes_a_gap_that_is_counted():
    frame = pl.concat([samples([1.1, 1.3], run="b"), samples([INF, INF, 1.2], run="g")])
    placed = pl.DataFrame({"series": 0, "name": "GRPO", "run": ["b", "g"], "step": [0, 100]})
    found = steps(frame, placed, ["p0"])
    assert found.points["perplexity"].to_list() == [pytest.approx(1.2), INF]
    figure = perplexity_steps_chart(found, "base", {"b": "base", "g": "trained"}, not_scored=4)
    assert list(figure.data[0].y) == [pytest.approx(1.2), None]
    said = figure.layout.title.subtitle.text.replace("<br>", " ")
    assert "1 infinite" in said and "4 samples not scored" in said and "1 problem" in said


# Tokens

OWN = Scored("m", [-1.0, -0.5, -2.0], [7, 8, 9], [2, 5, 5], True)
TEXT = "ab cd"


def test_the_sum_of_the_differences_is_that_of_the_log_probabilities():
    other = Scored("base", [-1.5, -0.25, -4.0], [7, 8, 9], [2, 5, 5], True)
    assert refusal(other, OWN) is None
    rows = differences(other, OWN, TEXT)
    assert rows["text"].to_list() == ["ab", " cd", ""]
    assert rows["difference"].to_list() == [0.5, -0.25, 2.0]
    assert rows["cumulative"].to_list() == [0.5, 0.25, 2.25]
    said = described(rows, rows, "base", "m", "sample 0 of p0")
    assert "n = 3 tokens" in said and "sum +2.250" in said
    assert f"perplexity {math.exp(3.5 / 3):.4f} under m" in said
    assert f"perplexity {math.exp(5.75 / 3):.4f} under base" in said


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (
            Scored("x", [-1.0, -1.0], [1, 2], [2, 5], False),
            "x cuts this sample into 2 tokens and m",
        ),
        (Scored("x", [-1.0] * 3, [1, 2, 3], [2, 4, 5], False), "differently from token 1 on"),
        (Scored("x", [-1.0] * 3, [1, 2, 3], None, False), "Where the tokens of x end is not known"),
        (Scored("x", [-1.0] * 3, None, [2, 5, 5], False), None),  # cut at the same places
        (Scored("x", [-1.0] * 3, [7, 8, 9], None, False), None),  # the same tokens
        (Scored("x", [-1.0] * 3, None, None, True), None),  # both the sample's own
    ],
)
def test_tokens_of_another_cut_are_refused(other, sentence):
    found = refusal(other, OWN)
    assert found is None if sentence is None else sentence in str(found)


def test_a_token_without_a_finite_value_is_a_gap_and_the_sum_passes_over_it():
    other = Scored("base", [-1.5, None, -INF], None, None, True)
    rows = differences(other, OWN, None)
    assert [math.isnan(x) for x in rows["difference"]] == [False, True, True]
    assert rows["cumulative"].to_list() == [0.5, 0.5, 0.5]
    assert rows["text"].to_list() == ["token id 7", "token id 8", "token id 9"]
    said = described(rows, rows.head(1), "base", "m", "s")
    assert "2 tokens without a finite difference" in said and "tokens 0 to 0 drawn" in said
    figure = token_difference_chart(rows, "base", "m", said)
    assert list(figure.data[0].y) == [0.5, None, None]


def test_tokens_show_their_spaces_and_are_not_read_as_markup():
    assert token_text(" <b>\n") == "␣&lt;b&gt;⏎"
    assert token_text("") == "(no text)"


# Figures


def drawn_groups(frame, **options):
    return drawing(frame, summary(frame, GROUP), **options)


@pytest.mark.parametrize(("runs", "above"), [(8, False), (9, True)])
def test_the_axis_is_above_too_where_the_one_below_is_far(runs, above):
    names = [f"r{place}" for place in range(runs)]
    frame = grouped(pl.concat([samples([1.5, 2.0, 9.0], run=name) for name in names]))
    labels = {name: name for name in names}
    figure = perplexity_chart(drawn_groups(frame), labels, dict.fromkeys(names, "rl"))
    axes = [axis for axis in figure.select_xaxes() if axis.side == "top"]
    assert [axis.range for axis in axes] == [figure.layout.xaxis.range] * above
    assert [axis.matches for axis in axes] == ["x"] * above


def test_titles_begin_where_those_of_other_figures_do():
    frame = grouped(samples([1.5, 2.0]))
    drawn = drawn_groups(frame)
    for figure in (
        perplexity_chart(drawn, LABELS, ROLES),
        perplexity_ecdf_chart(drawn, LABELS, ROLES),
        perplexity_length_chart(drawn, medians(frame, 2), LABELS, ROLES),
    ):
        assert (figure.layout.title.xref, figure.layout.title.x) == ("paper", 0)
        assert figure.layout.title.yref is None


def test_boxes_are_over_all_samples_and_no_more_points_are_drawn_than_asked():
    values = [math.exp(i / 10) for i in range(49)]
    frame = grouped(pl.concat([samples([*values, None], run=run) for run in ("r", "b")]))
    figure = perplexity_chart(drawn_groups(frame, most=30), LABELS, ROLES)
    dots, boxes = figure.data[0::2], figure.data[1::2]
    assert sum(len(trace.x) for trace in dots) == 30
    assert [box.name for box in boxes] == [
        "PPL<sub>small</sub>(Y<sub>small</sub>)", "PPL<sub>small</sub>(Y<sub>small-rl</sub>)",
    ]  # fmt: skip
    assert boxes[0].median[0] == pytest.approx(math.exp(2.4))
    top = figure.layout.xaxis.range[1]
    above = 2 * sum(value > top for value in values)
    assert above > 0 and all(box.upperfence[0] < top for box in boxes)
    numbers = {"samples": 98, "drawn": 30, "left_out": 2, "above": above, "infinite": 0}
    assert figure.layout.meta == numbers
    said = figure.layout.title.subtitle.text.replace("<br>", " ")
    assert said == f"n = 98 samples; 30 drawn as points; {above} above the axis; 2 without tokens"
    assert figure.layout.yaxis.ticktext[0].endswith("<br>n = 49")


def test_each_problem_has_a_panel_with_its_own_axis_and_n():
    near, far = [1.1, 1.15, 1.2], [3.0, 3.5, 4.0, 4.5]
    frame = samples([*near, *far], problem_id=["<p>"] * 3 + ["q"] * 4)
    figure = perplexity_chart(drawn_groups(grouped(frame, panels=True)), LABELS, ROLES)
    assert [note.text for note in figure.layout.annotations] == ["&lt;p&gt; · n = 3", "q · n = 4"]
    assert figure.layout.xaxis.range[1] == pytest.approx(1 + 1.15 * 0.2)
    assert figure.layout.xaxis2.range[1] == pytest.approx(1 + 1.15 * 3.5)
    boxes = [trace for trace in figure.data if trace.q1]
    assert [box.median[0] for box in boxes] == pytest.approx([1.15, 3.75])


def test_violins_are_widest_where_the_samples_are_densest():
    values = [1.2] * 30 + [1.21] * 30 + [2.0] * 3
    frame = grouped(samples(values))
    drawn = drawn_groups(frame)
    outline = densities(frame, drawn.panels)
    assert outline["width"].max() == 1
    assert outline["value"][outline["width"].arg_max()] == pytest.approx(1.205, abs=0.02)
    figure = perplexity_chart(drawn, LABELS, ROLES, outline)
    assert figure.data[0].fill == "toself" and len(figure.data) == 3


def test_an_ecdf_rises_to_the_share_that_is_finite():
    frame = grouped(samples([1.1, 1.3, 1.2, INF]))
    (trace,) = perplexity_ecdf_chart(drawn_groups(frame), LABELS, ROLES).data
    assert list(trace.x) == pytest.approx([1.1, 1.2, 1.3])
    assert list(trace.y) == [0.25, 0.5, 0.75]
    assert trace.customdata[1][:4] == ["small", "r", "p0", 2]


def test_the_length_chart_has_points_that_name_their_sample_and_a_line_of_medians():
    frame = grouped(samples([1.1, 1.2, 1.3, 1.4], n_tokens=[10, 20, 30, 40]))
    figure = perplexity_length_chart(drawn_groups(frame), medians(frame, 2), LABELS, ROLES)
    dots, _, line = figure.data
    assert list(zip(dots.x, dots.y, strict=True)) == [
        (n, pytest.approx(y)) for n, y in ((10, 1.1), (20, 1.2), (30, 1.3), (40, 1.4))
    ]
    assert (list(line.x), list(line.y)) == ([15, 35], pytest.approx([1.15, 1.35]))
    assert dots.customdata[3][:4] == ["small", "r", "p0", 3]


def test_the_published_points_are_all_drawn_and_in_their_groups():
    sizes = {("Base", "Base"): 2, ("Base", "RL"): 3, ("RL", "RL"): 1, ("Base", "o1"): 2}
    rows = [
        {"source": "there", "panel": panel, "scorer": s, "sampler": y, "perplexity": 1 + i / 10}
        for panel in (1, 2)
        for (s, y), size in sizes.items()
        for i in range(size)
    ]
    figure = published_perplexity_chart(pl.DataFrame(rows))
    assert [len(trace.x) for trace in figure.data] == [*sizes.values()] * 2
    assert "n = 16 responses; there" in figure.layout.title.subtitle.text


def test_groups_come_by_role_then_scorer_then_verdict():
    parts = [
        samples([1.1], run=run, scorer=scorer, outcome=[outcome])
        for scorer in ("small", "small-rl")
        for run in ("r", "b")
        for outcome in ("incorrect", "correct")
    ]
    found = groups(grouped(pl.concat(parts), split=True), LABELS, ROLES)
    assert [(group.run, group.scorer, group.verdict) for group in found] == [
        (run, scorer, verdict)
        for run in ("b", "r")
        for scorer in ("small", "small-rl")
        for verdict in ("correct", "incorrect")
    ]
    assert len({group.look.dash for group in found[:4]}) == 4
    assert len({group.look.colour for group in found[:4]}) == 1


def test_names_of_others_are_shortened_and_not_read_as_markup():
    assert group_name("<b>", "r", "no_answer") == "PPL<sub>&lt;b&gt;</sub>(Y<sub>r</sub>) no answer"
    assert shortened("abcdefghij", 5) == "ab…ij" and shortened("abc", 5) == "abc"
    assert wrapped("one two three", 8) == "one two<br>three"


def test_a_perplexity_is_at_least_one_and_nan_without_tokens():
    assert perplexity([0.0, -INF], [3, 2]).tolist() == [1.0, INF]
    assert np.isnan(perplexity([-1.0], [0])).all()
