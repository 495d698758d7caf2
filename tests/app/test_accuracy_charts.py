"""Figures of accuracies: every number is drawn, and none that was not counted."""

from collections import Counter
from fractions import Fraction
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from app.analysis import flow
from app.analysis.accuracy import by_problem, cumulative, histogram
from app.charts.accuracy import accuracy_histogram_chart
from app.charts.accuracy_panels import accuracy_panels_chart
from app.charts.cumulative import cumulative_chart
from app.charts.flow import flow_chart
from app.charts.heatmap import COLOURS, LINE, accuracy_heatmap_chart
from app.charts.scatter import accuracy_scatter_chart
from app.charts.style import style
from app.charts.wrapping import shortened, wrapped
from app.metrics.accuracy import BINS
from tests.app.accuracies import bin_of, ragged, two_runs
from tests.app.frames import counts_frame

NAMES = ("small", "small-rl")
LOOKS = (style("base", 0), style("rl", 0))


def test_published_bars_lie_behind_all_runs_and_are_no_part_of_the_group():
    counts = pl.concat([counts_frame("b", 4, [0, 4]), counts_frame("r", 4, [1, 4])])
    beneath = pl.DataFrame(
        {"name": "m", "bin": BINS, "count": 9, "problems": 108, "percent": 8.3, "height": 0.2}
    )
    for chart in (accuracy_histogram_chart, accuracy_panels_chart):
        options = {"published": beneath}
        figure = chart(histogram(counts), {"b": "x", "r": "y"}, {"b": "base", "r": "rl"}, **options)
        bars = [trace for trace in figure.data if trace.type == "bar"]
        assert bars[0].name == "published: m"
        assert (bars[0].offset, bars[0].width) == (-0.45, 0.9)
        assert all(bar.offset is None for bar in bars if bar.name in ("x", "y"))


def test_each_panel_has_the_counts_of_its_run_and_its_own_per_cent():
    counts = pl.concat([counts_frame("b", 4, [0] * 3 + [4]), counts_frame("r", 4, [4] * 2)])
    figure = accuracy_panels_chart(
        histogram(counts), {"b": "x", "r": "y"}, {"b": "base", "r": "rl"}
    )
    bars = {trace.name: list(trace.y) for trace in figure.data if trace.type == "bar"}
    assert bars == {"x": [3, *[0] * 10, 1], "y": [*[0] * 11, 2]}
    for axis, share, problems in (("yaxis", "yaxis2", 4), ("yaxis3", "yaxis4", 2)):
        assert figure.layout[axis].range[1] == pytest.approx(3 * 1.08)
        assert figure.layout[share].range[1] == pytest.approx(3 * 1.08 / problems)
    assert [note.text for note in figure.layout.annotations] == ["x (4)", "y (2)"]


def test_the_drawn_steps_are_the_share_at_every_accuracy():
    counts = ragged("r", 60, 9)
    accuracies = [Fraction(c, n) for n, c in counts.select("n", "c").rows() if n]
    figure = cumulative_chart(cumulative(counts), {"r": "run"}, {"r": "rl"})
    line = next(trace for trace in figure.data if trace.mode == "lines")
    assert line.line.shape == "vh"  # first down, then on: the value of the right end holds
    for at in [Fraction(i, 97) for i in range(1, 97)]:
        right = next(y for x, y in zip(line.x, line.y, strict=True) if x >= at)
        assert right == pytest.approx(sum(a >= at for a in accuracies) / len(accuracies))
    assert figure.layout.title.subtitle.text.startswith(f"{len(accuracies)} problems per run, n = ")
    assert f"{60 - len(accuracies)} without samples left out" in figure.layout.title.subtitle.text


def test_many_marks_are_thinned_but_lines_are_not():
    counts = pl.concat(counts_frame(f"r{i}", 1024, list(range(1025))) for i in range(12))
    labels = {f"r{i}": f"run {i}" for i in range(12)}
    figure = cumulative_chart(cumulative(counts), labels, dict.fromkeys(labels, "rl"))
    marks = [trace for trace in figure.data if trace.mode == "markers"]
    assert sum(len(trace.x) for trace in marks) <= 5000
    assert all(len(trace.x) == 1027 for trace in figure.data if trace.mode == "lines")


def test_the_scatter_has_an_area_per_problem_and_names_both_counts():
    counts = pl.concat(
        [counts_frame("b", 4, [0, 0, 0, 2, 4]), counts_frame("r", 8, [0, 0, 0, 8, 1])]
    )
    points = flow.points(flow.paired(counts, "b", "r").problems)
    figure = accuracy_scatter_chart(points, NAMES, LOOKS, "said")
    marks = {trace.name: trace for trace in figure.data if trace.mode == "markers"}
    assert list(marks) == ["small-rl higher: 1", "equal: 3", "small higher: 1"]
    assert list(marks["equal: 3"].marker.size) == [3]
    assert marks["equal: 3"].marker.sizemode == "area"
    assert list(marks["equal: 3"].text) == ["problem p0 and 2 more"]
    assert list(marks["small higher: 1"].customdata[0]) == ["p4", 4, 4, 1, 8]
    assert (marks["small higher: 1"].x[0], marks["small higher: 1"].y[0]) == (1, 0.125)


def test_the_matrix_shows_every_number_and_both_sums():
    counts, _ = two_runs()
    pair = flow.paired(counts, "b", "r").problems
    cells = flow.flow(pair)
    figure = flow_chart(cells, NAMES, LOOKS, "said")
    notes = {(note.x, note.y): note.text for note in figure.layout.annotations}
    for before, after, count in cells.select("base_index", "other_index", "count").rows():
        assert notes.get((before, after)) == (str(count) if count else None)
    for place, name in enumerate(BINS):
        assert notes[place, 12] == f"<b>{pair.filter(base_bin=name).height}</b>"
        assert notes[12, place] == f"<b>{pair.filter(other_bin=name).height}</b>"
    assert notes[12, 12] == f"<b>{pair.height}</b>"
    clicked = next(trace for trace in figure.data if trace.type == "scatter")
    assert sum(count for *_, count in clicked.customdata) == pair.height


def test_the_heatmap_has_a_cell_per_problem_and_run_and_gaps_stay_gaps():
    counts = pl.concat(
        [ragged(f"r{i}", 1319, i).with_columns(run=pl.lit(f"r{i}")) for i in range(3)]
    )
    labels = {f"r{i}": f"run {i}" for i in range(3)}
    figure = accuracy_heatmap_chart(by_problem(counts, "r0", list(labels)), labels, "said", "axis")
    maps = [trace for trace in figure.data if trace.type == "heatmap"]
    values = [value for trace in maps for value in trace.z]
    assert len(maps) == -(-1319 // LINE)
    assert len(values) == 3 * 1319
    assert values.count(None) == counts.filter(n=0).height
    expected = Counter(bin_of(c, n) for n, c in counts.select("n", "c").rows() if n)
    assert Counter(value for value in values if value is not None) == expected
    clicked = [trace for trace in figure.data if trace.type == "scatter"]
    names = [name for trace in clicked for (name,) in trace.customdata]
    assert sorted(names) == sorted(counts["problem_id"].unique())


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in channels]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def test_colours_of_the_heatmap_grow_lighter_from_bin_to_bin():
    values = [luminance(colour) for colour in COLOURS]
    assert len(values) == len(BINS)
    assert values == sorted(values)
    assert min(b / a for a, b in pairwise(values)) > 1.1


def test_figures_of_one_problem_and_of_none_can_be_drawn():
    counts = pl.concat([counts_frame("b", 4, [1]), counts_frame("r", 4, [4])])
    nothing = pl.lit(0, pl.Int64)
    for shown in (counts, counts.with_columns(n=nothing, c=nothing)):
        pair = flow.paired(shown, "b", "r").problems
        labels, roles = {"b": "x", "r": "y"}, {"b": "base", "r": "rl"}
        assert accuracy_histogram_chart(histogram(shown), labels, roles, overlaid=True).data
        assert accuracy_panels_chart(histogram(shown), labels, roles).data
        assert cumulative_chart(cumulative(shown), labels, roles) is not None
        assert accuracy_scatter_chart(flow.points(pair), NAMES, LOOKS, "").data
        assert len(flow_chart(flow.flow(pair), NAMES, LOOKS, "").layout.annotations) >= 25
        assert accuracy_heatmap_chart(by_problem(shown, "b", ["b", "r"]), labels, "", "").data


def test_names_of_others_are_shortened_and_never_read_as_markup():
    name = "<b>" + "x" * 80 + "&end"
    assert shortened(name, 20) == "&lt;b&gt;xxxxxxx…xxxxx&amp;end"
    assert shortened("short", 20) == "short"
    lines = wrapped("word & " * 30, 40).split("<br>")
    assert len(lines) > 4
    assert all(len(line.replace("&amp;", "&")) <= 40 for line in lines)
