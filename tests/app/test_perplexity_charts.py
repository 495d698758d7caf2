"""Figures of perplexities: what is drawn, what is counted, and what the title says."""

import math

import polars as pl
import pytest

from app.analysis.perplexity import GROUP, densities, drawing, grouped, summary
from app.analysis.perplexity_length import medians
from app.charts.perplexity import perplexity_chart, perplexity_ecdf_chart
from app.charts.perplexity_groups import group_name, groups, shortened, wrapped
from app.charts.perplexity_length import perplexity_length_chart
from app.charts.perplexity_published import published_perplexity_chart
from tests.app.perplexities import INF, LABELS, ROLES, samples


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
