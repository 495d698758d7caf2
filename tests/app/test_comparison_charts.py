"""What the figures of a comparison hold; how they look is seen in a browser."""

import plotly.graph_objects as go
import polars as pl
import pytest

from app.analysis.compare import comparison
from app.analysis.outcomes import diverging, outcomes
from app.charts.comparison import gap_chart, outcomes_chart, shortened
from app.charts.style import COLOURS
from app.metrics.crossover import Crossover
from tests.app.frames import counts_frame

BASE_C, OTHER_C = [0, 10, 150, 300, 9], [0, 100, 299, 300, 0]
COUNTS = pl.concat([counts_frame("b", 300, BASE_C), counts_frame("o", 300, OTHER_C)])
FOUND = comparison(COUNTS, "b", "o")
LABELS = ("small", "small-rl")


def named(figure: go.Figure) -> dict[str, go.Scatter]:
    return {trace.name: trace for trace in figure.data}


def test_both_curves_and_their_gap_are_drawn_at_about_120_clickable_k():
    traces = named(gap_chart(FOUND.gaps, LABELS, FOUND.crossing, ("base", "rl"), "said"))
    for name, column in (("small", "base"), ("small-rl", "other"), ("gap", "gap")):
        values, line = dict(FOUND.gaps.select("k", column).rows()), traces[name]
        assert list(line.y) == [values[k] for k in line.x]
        assert [mark[0] for mark in line.customdata] == list(line.x)
        assert "markers" in line.mode and 60 < len(line.x) <= 140
        assert (line.x[0], line.x[-1]) == (1, 300)
    assert traces["small"].line.color in COLOURS["base"]
    assert traces["small-rl"].line.color in COLOURS["rl"]


def test_the_band_lies_about_the_gap_and_the_figure_says_what_it_is():
    figure = gap_chart(FOUND.gaps, LABELS, FOUND.crossing, said="5 problems, n = 300")
    band, gap = named(figure)["band"], named(figure)["gap"]
    size = len(gap.x)
    highs, lows = band.y[:size], band.y[size:][::-1]
    assert all(low <= y <= high for low, y, high in zip(lows, gap.y, highs, strict=True))
    assert figure.layout.title.text == "small-rl − small"
    assert figure.layout.title.subtitle.text == "5 problems, n = 300"


@pytest.mark.parametrize(
    ("crossing", "strip", "mark"),
    [
        (Crossover(16, 11, 23, False, 300), (11, 23), [16]),
        (Crossover(64, 23, None, False, 300), (23, 300), [64]),
        (Crossover(None, 90, None, False, 300), (90, 300), None),
    ],
)
def test_the_crossover_is_a_mark_and_its_interval_a_strip(crossing, strip, mark):
    figure = gap_chart(FOUND.gaps, LABELS, crossing)
    strips = {(shape.x0, shape.x1) for shape in figure.layout.shapes if shape.type == "rect"}
    assert strips == {strip}
    found = named(figure).get("crossover")
    assert (list(found.x) if found else None) == mark


def test_only_unreliable_parts_of_a_band_have_dotted_edges():
    doubtful = FOUND.gaps.with_columns(reliable=pl.col("k") < 256)
    trace = named(gap_chart(doubtful, LABELS, FOUND.crossing))["unreliable band"]
    drawn = [k for k, y in zip(trace.x, trace.y, strict=True) if y is not None]
    assert min(drawn) >= 256 and max(drawn) == 300
    assert len(drawn) == 2 * len(set(drawn))
    trusted = FOUND.gaps.with_columns(reliable=pl.lit(True))
    edges = named(gap_chart(trusted, LABELS, FOUND.crossing))["unreliable band"].y
    assert set(edges) == {None}


def test_names_of_curves_are_plain_text_and_apart_where_the_curves_end_together():
    figure = gap_chart(FOUND.gaps, ("<b>a</b>", "x" * 60), FOUND.crossing)
    notes = {note.text: note for note in figure.layout.annotations}
    assert "&lt;b&gt;a&lt;/b&gt;" in notes
    ends = FOUND.gaps.to_dicts()[-1]
    assert abs(ends["base"] - ends["other"]) > 0.05  # apart by themselves
    assert {note.yshift for note in figure.layout.annotations} == {0}
    same = comparison(
        pl.concat([counts_frame("b", 8, [1, 2]), counts_frame("o", 8, [2, 1])]), "b", "o"
    )
    shifts = {
        note.yshift for note in gap_chart(same.gaps, LABELS, same.crossing).layout.annotations
    }
    assert shifts == {10, -10}


def test_long_names_lose_their_middle():
    assert shortened("a" * 10 + "b" * 30 + "c" * 10, 20) == "a" * 9 + "…" + "c" * 10
    assert shortened("short", 20) == "short"


def test_a_flat_pair_of_curves_is_shown_between_0_and_100_per_cent():
    zero = pl.concat([counts_frame("b", 4, [0, 0]), counts_frame("o", 4, [0, 0])])
    found = comparison(zero, "b", "o")
    assert gap_chart(found.gaps, LABELS, found.crossing).layout.yaxis.range == (-0.05, 1.05)
    assert gap_chart(FOUND.gaps, LABELS, FOUND.crossing).layout.yaxis.range is None


def test_k_is_on_a_linear_axis_where_the_reader_wants_it():
    assert gap_chart(FOUND.gaps, LABELS, FOUND.crossing).layout.xaxis.type == "log"
    linear = gap_chart(FOUND.gaps, LABELS, FOUND.crossing, log_k=False)
    assert linear.layout.xaxis.type != "log"


def test_an_undefined_comparison_is_an_empty_figure():
    counts = pl.concat([counts_frame("b", [0, 4], [0, 1]), counts_frame("o", 4, [1, 1])])
    found = comparison(counts, "b", "o")
    traces = named(gap_chart(found.gaps, LABELS, found.crossing))
    assert not traces["gap"].x and not traces["small"].x


def test_each_group_of_problems_is_a_bar_that_can_be_clicked():
    words = {name: name for name in ("losses", "ties", "wins", "only_base", "alike", "only_other")}
    bars = diverging(outcomes(FOUND.both, FOUND.discordance), words)
    figure = outcomes_chart(bars, LABELS, ("base", "rl"), "5 problems")
    drawn = {bar.customdata[0][2]: (bar.base[0], bar.x[0]) for bar in figure.data}
    # Accuracy: p4 lost, p0 and p3 tied, p1 and p2 won. Solved: p4 by the base only.
    assert drawn == {
        "losses": (-2, 1), "ties": (-1, 2), "wins": (1, 2),
        "only_base": (-3, 1), "alike": (-2, 4), "only_other": (2, 0),
    }  # fmt: skip
    assert figure.layout.title.subtitle.text == "5 problems"
