"""What the figures hold; how they look is seen in a browser."""

import math
from itertools import combinations, pairwise

import plotly.graph_objects as go
import polars as pl
import pytest

from app.analysis.accuracy import histogram
from app.analysis.measures import Wanted, measured
from app.analysis.pass_at_k import curves
from app.charts import (
    accuracy_histogram_chart,
    pass_at_k_chart,
    venn_chart,
)
from app.charts.end_labels import GAP, HEIGHT, shifts
from app.charts.pass_at_k import Look, measure_chart
from app.charts.style import COLOURS, styles
from app.components.accuracy_views import without_per_cent
from tests.app.frames import counts_frame

LABELS = {"b": "small", "r": "small-rl", "s": "small-rl-2"}
ROLES = {"b": "base", "r": "rl", "s": "rl"}
COUNTS = pl.concat(
    [
        counts_frame("b", 300, [0, 10, 200, 300]),
        counts_frame("r", 300, [0, 100, 299, 300]),
        counts_frame("s", [200, 300, 300, 300], [0, 100, 150, 300]),
    ]
)


def named(figure: go.Figure) -> dict[str, go.Scatter]:
    return {trace.name: trace for trace in figure.data if trace.name}


def test_curves_are_drawn_where_defined_with_few_marks_that_name_run_and_k():
    curve = curves(COUNTS)
    lines = named(pass_at_k_chart(curve, LABELS, ROLES))
    assert list(lines) == list(LABELS.values())
    for run, label in LABELS.items():
        line = lines[label]
        values = dict(curve.filter(run=run).select("k", "pass_at_k").rows())
        assert "markers" in line.mode and 60 < len(line.x) <= 140
        assert line.x[0] == 1 and line.x[-1] == 300
        for k, y, (its_run, its_k, problems, *_) in zip(
            line.x, line.y, line.customdata, strict=True
        ):
            assert (its_run, its_k, problems) == (run, k, 4)
            assert y == (None if math.isnan(values[k]) else values[k])
    gapped = lines["small-rl-2"]
    assert {k for k, y in zip(gapped.x, gapped.y, strict=True) if y is None} <= set(range(201, 301))
    assert gapped.y[gapped.x.index(200)] is not None
    assert lines["small-rl-2"].customdata[0][3] == "200–300"


def test_few_values_of_k_are_all_drawn_on_an_axis_of_powers_of_two():
    figure = pass_at_k_chart(curves(COUNTS, [1, 3, 100]), LABELS, ROLES)
    assert list(named(figure)["small"].x) == [1, 3, 100]
    assert figure.layout.xaxis.type == "log"
    assert list(figure.layout.xaxis.tickvals) == [1, 2, 4, 8, 16, 32, 64]
    assert pass_at_k_chart(curves(COUNTS), LABELS, ROLES, log_k=False).layout.xaxis.type is None


def test_the_figure_says_n_and_what_the_band_is():
    with_band = pass_at_k_chart(curves(COUNTS), LABELS, ROLES).layout.title.subtitle.text
    assert with_band == "4 problems, n = 200–300 samples each; band: 95 %, problems like these"
    without = pass_at_k_chart(curves(COUNTS, band=False), LABELS, ROLES)
    assert without.layout.title.subtitle.text == "4 problems, n = 200–300 samples each"


def test_curves_are_named_at_their_ends_unless_there_are_too_many():
    same = COUNTS.filter(pl.col("run") != "s")
    alike = pass_at_k_chart(curves(same), LABELS, ROLES).layout.annotations
    assert {(note.text, note.xref, note.x) for note in alike} == {
        ("small", "paper", 1), ("small-rl", "paper", 1),
    }  # fmt: skip
    figure = pass_at_k_chart(curves(COUNTS), LABELS, ROLES)
    assert {note.text for note in figure.layout.annotations} == set(LABELS.values())
    assert figure.layout.showlegend is False
    many = pl.concat([counts_frame(f"r{i}", 4, [i % 5]) for i in range(9)])
    names = {f"r{i}": f"run {i}" for i in range(9)}
    crowded = pass_at_k_chart(curves(many), names, {})
    assert not crowded.layout.annotations and crowded.layout.showlegend is None


def test_a_name_stands_where_its_curve_ends():
    ends = {"b": 16, "r": 16, "s": 4}
    some = pl.concat([counts_frame(run, n, [0, 1, 2]) for run, n in ends.items()])
    notes = pass_at_k_chart(curves(some), LABELS, ROLES).layout.annotations
    placed = {note.text: (note.xref, note.x) for note in notes}
    assert placed == {LABELS[run]: ("x", pytest.approx(math.log10(n))) for run, n in ends.items()}
    linear = pass_at_k_chart(curves(some), LABELS, ROLES, log_k=False).layout.annotations
    assert {note.text: note.x for note in linear} == {LABELS[run]: n for run, n in ends.items()}


@pytest.mark.parametrize("heights", [[0.5], [0.2, 0.9], [0.9, 0.91, 0.92, 0.93], [0.1] * 5, [0.0]])
def test_labels_at_the_ends_keep_a_line_apart(heights):
    highest = max(heights) or 1
    moved = [
        HEIGHT * y / highest + up for y, up in zip(heights, shifts(heights, highest), strict=True)
    ]
    assert all(b - a >= GAP - 1e-9 for a, b in pairwise(moved))


def test_charts_of_nothing_are_figures():
    nothing = COUNTS.clear()
    assert isinstance(pass_at_k_chart(curves(nothing), {}, {}), go.Figure)
    assert isinstance(accuracy_histogram_chart(histogram(nothing), {}, {}), go.Figure)


def test_bars_have_counts_and_lead_to_their_bin():
    bins = histogram(COUNTS)
    figure = accuracy_histogram_chart(bins, LABELS, ROLES)
    bars = named(figure)["small-rl"]
    assert list(bars.x) == bins.filter(run="r")["bin"].to_list()
    assert list(bars.y) == bins.filter(run="r")["count"].to_list()
    assert list(bars.customdata[3][:2]) == ["r", "(0.2,0.3]"]
    count, share = figure.layout.yaxis.range[1], figure.layout.yaxis2.range[1]
    assert count / share == pytest.approx(4)


def test_names_of_bins_are_slanted_only_without_room_and_few_problems_have_whole_ticks():
    figure = accuracy_histogram_chart(histogram(COUNTS), LABELS, ROLES)
    assert list(figure.layout.xaxis.autotickangles) == [0, -35]
    assert figure.layout.xaxis.tickangle is None
    assert figure.layout.yaxis.dtick == 1
    many = histogram(counts_frame("b", 4, [4] * 6))
    assert accuracy_histogram_chart(many, LABELS, ROLES).layout.yaxis.dtick is None


def test_there_is_no_axis_of_per_cent_where_runs_have_different_numbers_of_problems():
    bins = histogram(pl.concat([COUNTS, counts_frame("t", 4, [1])]))
    figure = accuracy_histogram_chart(bins, {**LABELS, "t": "other"}, ROLES)
    assert "yaxis2" not in figure.layout
    assert "since the runs have 1–4 problems" in without_per_cent(bins["problems"].to_list())
    assert without_per_cent([4, 4, 4]) == ""
    assert figure.layout.title.subtitle.text == "1–4 problems per run, n = 4–300 samples each"


@pytest.mark.parametrize(
    ("sizes", "discs"),
    [((23, 10, 26, 41), 2), ((0, 0, 0, 5), 0), ((0, 4, 0, 1), 1), ((5, 0, 0, 0), 2)],
)
def test_every_region_of_the_sets_is_a_mark_with_its_number(sizes, discs):
    figure = venn_chart(*sizes, ("small", "small-rl"))
    (marks,) = figure.data
    assert [data[0] for data in marks.customdata] == ["both", "only_base", "only_other", "neither"]
    assert list(marks.text) == [f"<b>{size}</b>" for size in sizes]
    assert len(figure.layout.shapes) == discs


def test_expected_numbers_have_a_decimal_and_shares_are_told():
    marks = venn_chart(1.25, 0.5, 0, 0.25, ("a", "b")).data[0]
    assert list(marks.text) == ["<b>1.2</b>", "<b>0.5</b>", "<b>0</b>", "<b>0.2</b>"]
    assert marks.hovertext[1] == "only a: 0.5 problems (25.0%)"


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("background", ["#ffffff", "#0e1117"])
def test_every_colour_contrasts_with_a_light_and_a_dark_page(background):
    behind = luminance(background)
    for shade in (shade for shades in COLOURS.values() for shade in shades):
        light, dark = sorted([luminance(shade), behind], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3, shade


def test_a_single_problem_and_sample_are_said_in_the_singular():
    one = pass_at_k_chart(curves(counts_frame("b", 1, [1]), band=False), LABELS, ROLES)
    assert one.layout.title.subtitle.text == "1 problem, n = 1 sample each"


def test_bands_of_a_bare_panel_are_not_drawn():
    points = pl.concat(
        measured(counts_frame("b", 4, [0, 1, 4]), Wanted()).with_columns(
            row=pl.lit(""), column=pl.lit(column), series=pl.lit("small")
        )
        for column in ("one", "two")
    )
    areas = {
        bare: [trace.xaxis for trace in chart.data if trace.fill == "toself"]
        for bare in (frozenset(), frozenset([("", "two")]))
        for chart in [measure_chart(points, {"small": "base"}, Look(bare=bare))]
    }
    assert list(areas.values()) == [["x", "x2"], ["x"]]


@pytest.mark.parametrize("role", [*COLOURS, "unknown"])
def test_no_two_of_ten_runs_of_a_role_look_alike(role):
    looks = list(styles(list("abcdefghij"), dict.fromkeys("abcdefghij", role)).values())
    for mark in ("dash", "symbol", "pattern"):
        assert len({(look.colour, getattr(look, mark)) for look in looks}) == 10
    if role == "rl":
        assert len({look.colour for look in looks}) == 10


def oklab(colour: str) -> list[float]:
    """Ottosson's perceptual coordinates of a colour, times 100."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    to_cones = [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
    to_lab = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]
    cones = [math.cbrt(sum(a * b for a, b in zip(row, linear, strict=True))) for row in to_cones]
    return [100 * sum(a * b for a, b in zip(row, cones, strict=True)) for row in to_lab]


def test_shades_of_rl_runs_are_told_from_one_another_and_from_the_base():
    base, shades = oklab(COLOURS["base"][0]), [oklab(shade) for shade in COLOURS["rl"]]
    assert min(math.dist(a, b) for a, b in combinations(shades, 2)) > 8  # 2 is just noticeable
    assert min(math.dist(base, shade) for shade in shades) > 15


def test_runs_of_one_role_differ_in_shade_dash_and_mark_and_keep_them():
    found = styles(["b", "r", "s"], ROLES)
    assert found["b"].colour == COLOURS["base"][0]
    assert all(x != y for x, y in zip(found["r"], found["s"], strict=True))
    assert styles(["r"], {})["r"].colour == COLOURS["reference"][0]
