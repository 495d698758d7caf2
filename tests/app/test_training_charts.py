"""Figures of the page of training: what is written in them, and what is not."""

import polars as pl
import pytest

from app.analysis.ablation import by_value, compared
from app.analysis.aligned import split
from app.analysis.solved_flow import FLOW
from app.analysis.training import by_step
from app.charts.ablation import ablation_chart
from app.charts.solved_flow import solved_flow_chart
from app.charts.training import steps_chart, subtitle
from tests.app.courses import course, run_row
from tests.app.frames import counts_frame


def flow(gained, lost):
    """Transitions with these numbers of problems."""
    size = len(gained)
    named = {"transition": [f"{i} → {i + 1}" for i in range(size)], "gained": gained, "lost": lost}
    rest = {
        name: ["r"] * size if kind == pl.String else [0] * size
        for name, kind in FLOW.items()
        if name not in named
    }
    return pl.DataFrame({**named, **rest}).select(pl.col(n).cast(t) for n, t in FLOW.items())


def test_no_label_of_a_bar_that_is_not_there_lies_over_another():
    figure = solved_flow_chart(flow([0.0, 2.0], [0.0, 1234.0]), False, "n")

    texts = {bar.name: list(bar.text) for bar in figure.data}
    assert texts == {"gained": ["", "+2"], "lost": ["", "−1,234"]}
    assert figure.data[1].customdata[1][3] == "1,234 problems"
    expected = solved_flow_chart(flow([0.04], [0.06]), True, "n")
    assert [list(bar.text) for bar in expected.data] == [[""], ["−0.1"]]


@pytest.mark.parametrize(("most", "distance"), [(0.0, 1), (1.0, 1), (4.0, 1), (40.0, None)])
def test_few_problems_have_ticks_at_whole_numbers(most, distance):
    figure = solved_flow_chart(flow([most], [0.0]), False, "n")
    assert figure.layout.yaxis.dtick == distance


RUNS = (run_row("base", role="base"), run_row("early", step=10), run_row("late", step=20))
TAGGED = (
    run_row("base", role="base"),
    run_row("early", step=10, tags={"kl": "0.1"}),
    run_row("late", step=10, tags={"kl": "0.2"}),
)


def counted(problems):
    """The counts of the runs above, each with so many problems."""
    names = ("base", "early", "late")
    c = [place % 9 for place in range(problems)]
    return split(pl.concat([counts_frame(run, 8, c) for run in names]))


def test_one_problem_is_singular():
    rows = by_step(counted(1), course(*RUNS), k=8)
    assert subtitle(rows) == "1 problem, n = 8 samples each"
    assert steps_chart(rows, "8", "b").data[1].customdata[0][3] == "n = 8, 1 problem"
    assert subtitle(by_step(counted(9), course(*RUNS), k=8)) == "9 problems, n = 8 samples each"


def test_marks_are_hollow_just_where_a_band_is_not_reliable():
    rows = by_step(counted(9), course(*RUNS), k=8).with_columns(reliable=pl.col("step") != 10)

    figure = steps_chart(rows, "8", "band")

    line = next(trace for trace in figure.data if trace.name == "GRPO" and trace.customdata)
    assert [name.endswith("-open") for name in line.marker.symbol] == [False, True, False]
    assert line.marker.size[1] > line.marker.size[2] > line.marker.size[0] == 0
    points = by_value(counted(9), compared(course(*TAGGED), "kl", None), 8)
    unsure = points.with_columns(reliable=pl.col("model") != "early")
    marks = [trace.marker.symbol for trace in ablation_chart(unsure, "title", "n", "8").data]
    assert [[name.endswith("-open") for name in symbols] for symbols in marks] == [
        [False, True, False],
        [False, True, False],
    ]
