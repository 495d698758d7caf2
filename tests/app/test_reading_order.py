"""Orders of samples, each worked out by hand."""

import math

import polars as pl
import pytest

from app.analysis.reading_order import FILTERS, ORDERS, in_order, of_kind, one_by_one, unranked

GROUPS = pl.DataFrame(
    {
        "answer": ["1", "2", None],
        "outcome": ["correct", "incorrect", None],
        "samples": [2, 2, 1],
        "sample": [[1, 4], [0, 3], [2]],
        "finish_reason": [["stop", "stop"], ["length", "stop"], ["stop"]],
        "n_tokens": [[30, 10], [20, None], [10]],
        "scored_tokens": [[10, 10], [10, None], [10]],
        "sum_logprob": [[-5.0, -1.0], [-20.0, None], [-1.0]],
    }
)


@pytest.fixture
def samples() -> pl.DataFrame:
    return one_by_one(GROUPS)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("number", [0, 1, 2, 3, 4]),
        ("answer", [1, 4, 0, 3, 2]),
        ("lowest perplexity", [2, 4, 1, 0, 3]),
        ("highest perplexity", [0, 1, 2, 4, 3]),
        ("shortest", [2, 4, 0, 1, 3]),
        ("longest", [1, 0, 2, 4, 3]),
    ],
)
def test_ties_go_by_number_and_what_is_not_known_comes_last(
    samples: pl.DataFrame, order: str, expected: list[int]
) -> None:
    assert in_order(samples, order, 0)["sample"].to_list() == expected


def test_a_perplexity_is_that_of_the_scored_tokens(samples: pl.DataFrame) -> None:
    found = dict(samples.select("sample", "perplexity").rows())
    assert found[0] == pytest.approx(math.exp(2))
    assert found[3] is None


def test_a_random_order_has_every_sample_and_comes_back_with_its_seed(
    samples: pl.DataFrame,
) -> None:
    orders = [in_order(samples, "at random", seed)["sample"].to_list() for seed in range(40)]
    assert all(sorted(order) == [0, 1, 2, 3, 4] for order in orders)
    assert len({tuple(order) for order in orders}) > 20
    assert in_order(samples[::-1], "at random", 7)["sample"].to_list() == orders[7]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("all", {0, 1, 2, 3, 4}), ("correct", {1, 4}), ("incorrect", {0, 3}), ("no_answer", set()),
        ("error", set()), ("unverified", {2}), ("truncated", {0}),
    ],
)  # fmt: skip
def test_samples_of_a_kind(samples: pl.DataFrame, kind: str, expected: set[int]) -> None:
    assert set(of_kind(samples, kind)["sample"]) == expected


def test_every_filter_and_order_is_tested_here() -> None:
    assert len(FILTERS) == 7
    assert len(ORDERS) == 7


def test_how_many_have_no_rank(samples: pl.DataFrame) -> None:
    asked = ("number", "shortest", "highest perplexity")
    assert [unranked(samples, order) for order in asked] == [0, 1, 1]
