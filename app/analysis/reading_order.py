"""In which order the samples of one problem are read."""

import numpy as np
import polars as pl

FILTERS = ("all", "correct", "incorrect", "no_answer", "error", "unverified", "truncated")
ORDERS = (
    "number", "answer", "lowest perplexity", "highest perplexity", "shortest", "longest",
    "at random",
)  # fmt: skip
BY_PERPLEXITY = ("lowest perplexity", "highest perplexity")


def one_by_one(groups: pl.DataFrame) -> pl.DataFrame:
    """A row per sample of `store.queries.reading.answer_groups`, in order of the groups: group
    (its row), outcome, sample, finish_reason, n_tokens, perplexity (null where not known).
    """
    lists = ["sample", "finish_reason", "n_tokens", "scored_tokens", "sum_logprob"]
    flat = groups.with_row_index("group").explode(lists)
    return flat.select(
        "group", "outcome", "sample", "finish_reason", "n_tokens",
        perplexity=(-pl.col("sum_logprob") / pl.col("scored_tokens")).exp(),
    )  # fmt: skip


def of_kind(samples: pl.DataFrame, wanted: str) -> pl.DataFrame:
    """The samples of one of FILTERS."""
    if wanted == "all":
        return samples
    if wanted == "truncated":
        return samples.filter(pl.col("finish_reason") == "length")
    if wanted == "unverified":
        return samples.filter(pl.col("outcome").is_null())
    return samples.filter(pl.col("outcome") == wanted)


def in_order(samples: pl.DataFrame, order: str, seed: int) -> pl.DataFrame:
    """The rows of `one_by_one` in one of ORDERS.

    Samples of equal rank come by number; those whose rank is not known come last. At random, the
    order depends on the seed and on which samples there are.
    """
    by_number = samples.sort("sample")
    if order == "at random":
        return by_number[np.random.default_rng(seed).permutation(by_number.height)]
    keys = {
        "number": "sample", "answer": "group", "shortest": "n_tokens", "longest": "n_tokens",
        "lowest perplexity": "perplexity", "highest perplexity": "perplexity",
    }  # fmt: skip
    descending = order in ("longest", "highest perplexity")
    return by_number.sort(keys[order], descending=descending, nulls_last=True, maintain_order=True)


def unranked(samples: pl.DataFrame, order: str) -> int:
    """Of how many samples the rank in this order is not known."""
    if order in BY_PERPLEXITY:
        return samples["perplexity"].null_count()
    return samples["n_tokens"].null_count() if order in ("shortest", "longest") else 0
