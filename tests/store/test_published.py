"""Published values are in every build, and are those of the paper; a study may add curves."""

import math
from fractions import Fraction

import pytest

from app.metrics.accuracy import BINS
from store.build import publish
from store.location import connect
from store.queries import reference, set_aside

PROBLEMS = {
    "AIME24": 30, "AMC23": 40, "MATH500": 500, "Minerva": 272, "GSM8K": 1319, "Olympiad": 675,
}  # fmt: skip

# Printed in tables 3 and 4 of the paper, in per cent: figure, benchmark, series, pass@1, pass@256.
PRINTED = [
    ("8 and 14", "Omni-Train", "Base", 9.9, 67.2), ("8 and 14", "Omni-Test", "Base", 10.2, 69.1),
    ("8 and 14", "MATH500", "Base", 34.5, 96.2), ("8 and 14", "Omni-Test", "GRPO", 25.1, 68.3),
    ("8 and 14", "Omni-Train", "DAPO", 31.4, 66.1), ("8 and 14", "MATH500", "RLOO", 75.0, 97.4),
    ("1 and 14", "Omni-Train", "GRPO-step450", 42.5, 64.3),
    ("14", "MATH500", "GRPO-step300", 75.4, 96.0), ("14", "Omni-Test", "GRPO-step450", 28.3, 63.9),
]  # fmt: skip

# Solved problems at the last k, base and other, as the paper's text and figures state them.
SOLVED = [
    ("Fig. 2", "Qwen2.5-7B", "AIME24", "SimpleRL-Zoo", 1024, 23, 19, 30),
    ("Fig. 2", "Qwen2.5-32B", "Minerva", "SimpleRL-Zoo", 128, 184, 159, 272),
    ("Fig. 9", "LLaMA-3.1-8B", "GSM8K", "SimpleRL-Zoo", 128, 1279, 1265, 1319),
    ("Fig. 3", "R1-Distill-Qwen-14B", "LCB-279", "DeepCoder-14B", 59, 211, 211, 279),
    ("Fig. 11", "Qwen2.5-7B-Instruct-1M", "LCB-880", "CodeR1-Zero", 128, 430, 377, 880),
    ("Fig. 10", "Qwen2.5-Math-7B", "AIME24", "Oat-Zero", 2047, 26, 24, 30),
]


@pytest.fixture
def cursor(study, opened):
    study.complete_run()
    return opened()


def curve(frame, **where):
    """k → value of one curve."""
    found = frame.filter(**where)
    assert found["k"].is_unique().all()
    return dict(found.select("k", "pass_at_k").rows())


@pytest.mark.parametrize(("figure", "benchmark", "series", "first", "last"), PRINTED)
def test_curves_end_where_the_paper_prints_numbers(cursor, figure, benchmark, series, first, last):
    source = f"arXiv 2504.13837v2, Fig. {figure}, digitised"
    curves = reference.reference_curves(cursor)
    found = curve(curves, source=source, benchmark=benchmark, series=series)
    ends = [found[min(found)], found[max(found)]]
    assert [100 * end for end in ends] == pytest.approx([first, last], abs=0.06)


@pytest.mark.parametrize(
    ("figure", "model", "benchmark", "other", "k", "base", "rl", "problems"), SOLVED
)
def test_curves_end_on_the_numbers_of_solved_problems(
    cursor, figure, model, benchmark, other, k, base, rl, problems
):
    for series, solved in (("Base", base), (other, rl)):
        source = f"arXiv 2504.13837v2, {figure}, digitised"
        where = {"source": source, "model": model, "benchmark": benchmark, "series": series}
        found = curve(reference.reference_curves(cursor), **where)
        assert max(found) == k
        assert found[k] == pytest.approx(float(Fraction(solved, problems)), abs=0.00013)


def test_every_histogram_counts_all_problems_in_our_bins(cursor):
    histograms = reference.reference_histograms(cursor)
    groups = histograms.partition_by("model", "benchmark", "series", as_dict=True)
    assert len(groups) == 48
    for (_, benchmark, _), rows in groups.items():
        assert tuple(rows["bin"]) == BINS
        assert rows["count"].sum() == PROBLEMS[benchmark]
    minerva = groups["Qwen2.5-7B", "Minerva", "rl"]["count"].to_list()
    assert minerva == [113, 33, 12, 9, 7, 4, 5, 6, 6, 9, 21, 47]


def test_the_zero_bin_is_what_the_curve_leaves_unsolved(cursor):
    curves = reference.reference_curves(cursor)
    for row in reference.reference_histograms(cursor).filter(bin="0").to_dicts():
        figure = "Fig. 9" if row["benchmark"] in ("AMC23", "GSM8K") else "Fig. 2"
        series = "Base" if row["series"] == "base" else "SimpleRL-Zoo"
        source = f"arXiv 2504.13837v2, {figure}, digitised"
        where = {"source": source, "model": row["model"], "benchmark": row["benchmark"]}
        found = curve(curves, series=series, **where)
        problems = PROBLEMS[row["benchmark"]]
        assert row["count"] == problems - round(found[max(found)] * problems)


def test_perplexities_have_the_medians_of_the_figure(cursor):
    points = reference.reference_perplexities(cursor)
    medians = {
        (1, "Base", "Base"): 1.086, (1, "Base", "RL"): 1.058, (1, "RL", "RL"): 1.049,
        (2, "Base", "Base"): 1.322, (2, "Base", "RL"): 1.280, (2, "RL", "RL"): 1.214,
    }  # fmt: skip
    for (panel, scorer, sampler), median in medians.items():
        group = points.filter(panel=panel, scorer=scorer, sampler=sampler)["perplexity"]
        assert len(group) == 16
        assert group.median() == pytest.approx(median, abs=0.001)
    assert points.filter(sampler="o1").group_by("panel").len().sort("panel").rows() == [
        (1, 7), (2, 8),
    ]  # fmt: skip


def test_training_dynamics_go_in_steps_of_ten(cursor):
    dynamics = reference.reference_dynamics(cursor)
    assert dynamics.group_by("quantity").len().sort("quantity").rows() == [
        ("entropy", 174), ("response_length", 174), ("reward", 174),
    ]  # fmt: skip
    steps = dynamics.filter(quantity="reward", run="GRPO")["step"]
    assert set(steps.diff().drop_nulls()) == {10}
    assert math.isclose(dynamics.filter(quantity="reward", run="GRPO")["value"][0], 0.0989)


def test_every_value_names_its_publication(cursor):
    for question in (
        reference.reference_curves, reference.reference_histograms,
        reference.reference_dynamics, reference.reference_perplexities,
    ):  # fmt: skip
        sources = question(cursor)["source"]
        assert sources.str.contains(r"^arXiv 2504\.13837v2, Fig\. [0-9 and]+, digitised$").all()


def own(study, name, text):
    folder = study.path / "reference_curves"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)


def test_a_study_adds_curves_and_its_bad_rows_are_named(study, opened):
    study.complete_run()
    own(
        study,
        "ours.csv",
        "model,benchmark,series,k,pass_at_k\n"
        "m,math,Base,1,0.25\nm,math,Base,2,0.5\n"
        "m,math,Base,2,0.75\nm,math,Base,0,0.5\nm,math,Base,4,1.5\nm,math,Base,8,NaN\n,math,x,1,1\n",
    )
    own(study, "wrong.csv", "k,pass_at_k\n1,0.5\n")
    cursor = opened()
    curves = reference.reference_curves(cursor).filter(source="ours.csv")
    assert curves.rows() == [
        ("ours.csv", None, "m", "math", "Base", 1, 0.25),
        ("ours.csv", None, "m", "math", "Base", 2, 0.5),
    ]
    assert set_aside(cursor).select("path", "rows", "reason").rows() == [
        ("reference_curves/ours.csv", 1, "k is no whole number from 1"),
        ("reference_curves/ours.csv", 1, "model, benchmark or series is empty"),
        ("reference_curves/ours.csv", 2, "pass_at_k is no fraction between 0 and 1"),
        ("reference_curves/ours.csv", 1, "the curve has this k already"),
        (
            "reference_curves/wrong.csv", None,
            "not reference curves: there is no column model, benchmark, series",
        ),
    ]  # fmt: skip


def test_a_changed_curve_makes_a_new_build_without_reading_shards_again(study):
    study.complete_run()
    own(study, "ours.csv", "model,benchmark,series,k,pass_at_k\nm,math,Base,1,0.25\nm,b,x,0,1\n")
    first = publish(study.path)
    own(study, "ours.csv", "model,benchmark,series,k,pass_at_k\nm,math,Base,1,0.75\n")
    second = publish(study.path)
    assert (second.shards_read, second.shards_reused) == (0, 3)
    assert first.path != second.path
    assert first.set_aside.height == 1
    assert second.set_aside.is_empty()
    with connect(second.path) as connection:
        curves = reference.reference_curves(connection.cursor())
    assert curves.filter(source="ours.csv")["pass_at_k"].to_list() == [0.75]
    assert curves.filter(source="ours.csv").height + 3720 == curves.height
