"""Scored samples as the store's queries return them, and quantiles by their definition."""

import math
from fractions import Fraction

import polars as pl

from app.analysis.perplexity import distribution

INF, NAN = math.inf, math.nan
LABELS = {"b": "small", "r": "small-rl", "s": "small-rl-2"}
ROLES = {"b": "base", "r": "rl", "s": "rl"}


def samples(values, run="r", scorer="small", **columns):
    """Samples of one group with these perplexities (None: no log-probability), 10 tokens each."""
    size = len(values)
    lengths = columns.pop("n_tokens", [10] * size)
    pairs = zip(values, lengths, strict=True)
    totals = [None if v is None else -INF if v == INF else -n * math.log(v) for v, n in pairs]
    frame = pl.DataFrame(
        {
            "problem_id": columns.get("problem_id", ["p0"] * size),
            "sample": list(range(size)),
            "n_tokens": lengths,
            "sum_logprob": totals,
            "outcome": columns.get("outcome", ["correct"] * size),
            "finish_reason": ["stop"] * size,
        },
        schema_overrides={"n_tokens": pl.Int64, "sum_logprob": pl.Float64, "outcome": pl.String},
    )
    return distribution(frame, scorer, run)


def by_hand(values, share):
    """The quantile of type 7, from its definition."""
    ordered = sorted(values)
    place = Fraction(share) * (len(ordered) - 1)
    low, part = int(place), float(place - int(place))
    if not part or ordered[low] == ordered[low + 1]:
        return ordered[low]
    return ordered[low] + part * (ordered[low + 1] - ordered[low])
