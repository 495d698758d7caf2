"""Perplexity over training: which checkpoints make a series, and the means of medians."""

import statistics

import numpy as np
import polars as pl
import pytest

from app.analysis.perplexity_steps import checkpoints, steps
from app.charts.perplexity_steps import perplexity_steps_chart
from tests.app.perplexities import INF, samples


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
