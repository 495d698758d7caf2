"""Trainings that differ in a hyper-parameter, at several temperatures, and what they learn."""

import itertools
import math

import polars as pl
import pytest

from app.analysis.ablation import ablation_curves, alone, by_value, compared, tag_values
from app.analysis.aligned import split
from app.analysis.solved_flow import solved_flow
from app.analysis.temperature import (
    candidates,
    mean_entropies,
    nearest_in_entropy,
    temperature_grid,
    temperature_pairs,
    verdicts,
)
from app.analysis.training import trainings
from tests.app.courses import course, run_row
from tests.app.frames import counts_frame

# Figure 16: GRPO with 8 rollouts, with 32, and with a KL term.
FIGURE_16 = (
    run_row("base", "base"),
    run_row("n8-220", step=220, tags={"n": "8"}),
    run_row("n8-450", step=450, tags={"n": "8"}),
    run_row("n32", step=220, tags={"n": "32"}),
    run_row("kl", step=450, tags={"n": "8", "kl": "0.001"}),
)


def counts_of(**correct):
    return split(pl.concat([counts_frame(run, 8, c) for run, c in correct.items()]))


def test_a_tag_that_a_training_does_not_state_is_a_value_of_its_own():
    values = tag_values(course(*FIGURE_16))

    assert values == {"kl": ["no kl", "kl 0.001"], "n": ["n 8", "n 32"]}
    same = course(FIGURE_16[0], *FIGURE_16[1:3])
    assert tag_values(same) == {}


def test_numbers_are_in_order_of_size_and_not_of_the_alphabet():
    rows = [run_row(n, algorithm=n, step=1, tags={"n": n}) for n in ("8", "128", "32", "auto")]

    assert tag_values(course(*rows))["n"] == ["n 8", "n 32", "n 128", "n auto"]


def test_each_training_is_compared_at_its_last_step_or_at_a_given_one():
    runs = course(*FIGURE_16)

    last = compared(runs, "kl", None)
    assert last["model"].to_list() == ["base", "kl", "n32", "n8-450"]
    assert dict(last.select("model", "setting").rows()) == {
        "base": "base", "kl": "kl 0.001", "n32": "no kl", "n8-450": "no kl",
    }  # fmt: skip
    assert compared(runs, "n", 220)["model"].to_list() == ["base", "n32", "n8-220"]
    assert last["label"].n_unique() == last.height


def test_trainings_that_differ_in_nothing_else_are_told_from_those_that_do():
    runs = course(*FIGURE_16)

    assert alone(runs, "kl") == 1  # n = 8 with and without KL
    confounded = course(FIGURE_16[0], FIGURE_16[3], FIGURE_16[4])  # n and KL both differ
    assert alone(confounded, "kl") == 0


def test_values_are_compared_at_the_k_that_all_allow():
    counts = counts_of(base=[1, 0], kl=[4, 0], n32=[8, 2]) | split(
        counts_frame("n8-450", [6, 8], [3, 0])
    )

    rows = by_value(counts, compared(course(*FIGURE_16), "kl", None), None)

    top = rows.filter(pl.col("measure") == "pass@k")
    assert set(top["k"]) == {6}
    values = dict(top.select("model", "value").rows())
    # Mean of 1 − C(8 − c, 6) / C(8, 6) over both problems; 28 draws of 6 in 8.
    chance = {0: 0.0, 1: 1 - 7 / 28, 2: 1 - 1 / 28, 4: 1.0, 8: 1.0}
    assert values == pytest.approx(
        {
            "base": chance[1] / 2, "kl": chance[4] / 2, "n32": (chance[8] + chance[2]) / 2,
            "n8-450": 0.5,
        }
    )  # fmt: skip
    curves = ablation_curves(counts, compared(course(*FIGURE_16), "kl", None))
    assert curves["k"].unique().sort().to_list() == [1, 2, 3, 4, 5, 6]


def heated(*temperatures, model="rl", **facts):
    return [run_row(model, run=f"{model} {t}", temperature=t, **facts) for t in temperatures]


HOT = (
    *heated(0.6, 1.0, 1.2, model="base", role="base"),
    *heated(0.6, 1.0, 1.5, step=10),
    *heated(0.6, model="early", step=5),
)


def test_base_and_trained_model_meet_at_each_temperature():
    runs = course(*HOT)

    assert candidates(runs) == ["rl", "early"]
    assert temperature_pairs(runs, "rl") == [
        (0.6, ["base 0.6", "rl 0.6"]), (1.0, ["base 1.0", "rl 1.0"]),
        (1.2, ["base 1.2"]), (1.5, ["rl 1.5"]),
    ]  # fmt: skip


def test_a_base_with_another_prompt_is_not_taken_at_a_temperature():
    other = run_row("base", "base", run="a direct", temperature=1.2, prompt_template="direct")
    runs = course(*HOT, other)

    assert dict(temperature_pairs(runs, "rl"))[1.2] == ["base 1.2"]


def test_the_verdict_depends_on_the_temperature():
    hard, easy = [0] * 60 + [8] * 40, [0] * 20 + [8] * 80
    correct = {"base 0.6": easy, "rl 0.6": hard, "base 1.0": hard, "rl 1.0": easy, "rl 1.5": easy}
    correct |= {"base 1.2": hard, "early 0.6": hard}
    counts, runs = counts_of(**correct), course(*HOT)

    rows = verdicts(counts, runs, temperature_pairs(runs, "rl"))

    last = rows.filter(pl.col("k") == 8)
    assert last.select("temperature", "ahead").rows() == [(0.6, "base"), (1.0, "other")]
    assert last["gap"].to_list() == pytest.approx([-0.4, 0.4])
    grid = temperature_grid(counts, runs, "rl")
    assert grid["temperature"].unique().sort().to_list() == [0.6, 1.0, 1.2, 1.5]
    even = counts | counts_of(**{"rl 0.6": easy, "base 0.6": easy})
    undecided = verdicts(even, runs, temperature_pairs(runs, "rl"))
    assert undecided.filter(pl.col("temperature") == 0.6)["ahead"].to_list()[-1] in (
        "undecided",
        "tie",
    )


SUMS = pl.DataFrame(
    {
        "run": ["base 0.6", "rl 0.6", "rl 1.0", "rl 1.5"],
        "samples": [2, 2, 2, 2],
        "tokens": [10, 20, 10, 10],
        "entropy": [5.0, 4.4, 4.7, 6.0],
    }
)
LOG = pl.DataFrame({"model": ["early", "rl"], "step": [5, 10], "entropy": [0.45, 9.0]})


def test_entropy_is_the_mean_over_tokens_else_what_the_log_says_at_the_step():
    found = mean_entropies(course(*HOT), SUMS, LOG)

    rows = {row["run"]: (row["entropy"], row["source"]) for row in found.rows(named=True)}
    assert rows["rl 0.6"] == (pytest.approx(0.22), "stored entropies")
    assert rows["early 0.6"] == (0.45, "training log, step 5")
    assert math.isnan(rows["base 1.2"][0])
    assert rows["base 1.2"][1] == "not known"


def test_the_run_of_the_nearest_entropy_is_matched():
    found = mean_entropies(course(*HOT), SUMS, LOG)

    # Base 0.50; the trained model 0.22, 0.47 and 0.60.
    assert nearest_in_entropy(found, "base 0.6", "rl") == "rl 1.0"
    assert nearest_in_entropy(found, "base 1.2", "rl") is None
    assert nearest_in_entropy(found, "base 0.6", "nobody") is None


def flow(k, within=None, **correct):
    rows = (run_row("base", "base"), run_row("a", step=10), run_row("b", step=20))
    counts = split(pl.concat([counts_frame(run, n, c) for run, (n, c) in correct.items()]))
    ((_, members),) = trainings(course(*rows))
    return solved_flow(counts, members, k, within)


def test_problems_are_gained_and_lost_between_checkpoints():
    found = flow(4, base=(4, [1, 1, 0, 0]), a=(4, [4, 0, 2, 0]), b=(4, [4, 1, 0, 0]))

    numbers = ("transition", "gained", "lost", "kept", "unsolved", "solved_before", "solved_after")
    assert found.how == "exact"
    assert found.transitions.select(numbers).rows() == [
        ("0 → 10", 1, 1, 1, 1, 2, 2), ("10 → 20", 1, 1, 1, 1, 2, 2),
    ]  # fmt: skip
    changes = found.problems.filter(pl.col("transition") == "10 → 20")
    assert dict(changes.select("problem_id", "change").rows()) == {
        "p0": "kept", "p1": "gained", "p2": "lost", "p3": "unsolved",
    }  # fmt: skip


def test_below_n_the_first_samples_tell():
    counts = {"base": (4, [1, 1]), "a": (2, [1, 0]), "b": (2, [0, 2])}
    within = pl.DataFrame(
        {"run": ["base"] * 2, "problem_id": ["p0", "p1"], "drawn": 2, "correct": [0, 1]}
    )
    rest = pl.DataFrame(
        {
            "run": ["a", "a", "b", "b"],
            "problem_id": ["p0", "p1"] * 2,
            "drawn": 2,
            "correct": [1, 0, 0, 2],
        }
    )

    found = flow(2, pl.concat([within, rest]), **counts)

    assert found.how == "first k samples"
    assert found.transitions.select("gained", "lost").rows() == [(1, 1), (1, 1)]


def test_without_samples_the_numbers_are_expected_ones():
    counts = {"base": (4, [1, 2]), "a": (3, [1, 0]), "b": (3, [3, 2])}

    found = flow(2, None, **counts)

    def chance(n, c):
        draws = list(itertools.combinations([1] * c + [0] * (n - c), 2))
        return sum(any(draw) for draw in draws) / len(draws)

    solved = {run: [chance(n, x) for x in c] for run, (n, c) in counts.items()}
    gained = sum((1 - p) * q for p, q in zip(solved["base"], solved["a"], strict=True))
    lost = sum(p * (1 - q) for p, q in zip(solved["base"], solved["a"], strict=True))
    assert found.how == "expected"
    assert found.problems.is_empty()
    assert found.transitions.row(0, named=True)["gained"] == pytest.approx(gained)
    assert found.transitions.row(0, named=True)["lost"] == pytest.approx(lost)
    assert found.transitions.select(
        pl.sum_horizontal("gained", "lost", "kept", "unsolved")
    ).to_series().to_list() == pytest.approx([2, 2])


def test_a_k_beyond_n_is_refused_with_the_largest_that_can_be_asked():
    with pytest.raises(ValueError, match="Choose k up to 3"):
        flow(4, None, base=(4, [1]), a=(3, [1]), b=(4, [1]))
