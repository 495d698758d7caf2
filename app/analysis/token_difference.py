"""Where along one sample two scorers differ: Δ log p of each token, and its cumulative sum."""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import polars as pl

from app.metrics.perplexity import perplexity

DRAWN = 5000  # tokens in one figure


class Scored(NamedTuple):
    """The tokens of a sample as one scorer cut it, and their log-probabilities."""

    scorer: str
    logprobs: list[float | None]
    ids: list[int] | None
    ends: list[int] | None
    own: bool  # they are the sample's own tokens


def scored(row: Mapping[str, object]) -> Scored:
    """A row of store.queries.tokens.token_logprobs."""
    columns = ("scorer", "token_logprobs", "token_ids", "token_ends", "own")
    return Scored(*(row[name] for name in columns))  # type: ignore[arg-type]


def refusal(one: Scored, other: Scored) -> str | None:
    """Why the tokens of two scorers cannot be compared one by one; None where they can."""
    if len(one.logprobs) != len(other.logprobs):
        return (
            f"{one.scorer} cuts this sample into {len(one.logprobs):,} tokens and {other.scorer}"
            f" into {len(other.logprobs):,}. Their log-probabilities cannot be compared token by"
            " token: choose two scorers with the same tokens."
        )
    if (one.own and other.own) or (one.ids is not None and one.ids == other.ids):
        return None
    if one.ends is None or other.ends is None:
        return (
            f"Where the tokens of {one.scorer if one.ends is None else other.scorer} end is not"
            " known, so they cannot be compared with those of the other scorer."
        )
    if one.ends != other.ends:
        pairs = enumerate(zip(one.ends, other.ends, strict=True))
        place = next(place for place, (end, another) in pairs if end != another)
        return (
            f"{one.scorer} and {other.scorer} cut this sample differently from token {place} on."
            " Choose two scorers with the same tokens."
        )
    return None


def differences(one: Scored, other: Scored, completion: str | None) -> pl.DataFrame:
    """token (from 0), text, one, other (their log p), difference (other − one), cumulative.

    A token to which a scorer gives no finite value has the difference NaN; the cumulative sum
    passes over it.
    """
    texts = token_texts(one, other, completion)
    frame = pl.DataFrame(
        {"token": range(len(texts)), "text": texts, "one": one.logprobs, "other": other.logprobs},
        schema={"token": pl.Int64, "text": pl.String, "one": pl.Float64, "other": pl.Float64},
    )
    gap = pl.col("other") - pl.col("one")
    known = pl.when(gap.is_finite()).then(gap)
    return frame.with_columns(
        difference=known.fill_null(float("nan")), cumulative=known.fill_null(0).cum_sum()
    )


def token_texts(one: Scored, other: Scored, completion: str | None) -> list[str]:
    """The text of each token; its id where the text is not known, "" of the end token."""
    ends = one.ends if one.ends is not None else other.ends
    if completion is not None and ends is not None and len(ends) == len(one.logprobs):
        return [completion[low:high] for low, high in pairwise([0, *ends])]
    ids = one.ids if one.ids is not None else other.ids
    if ids is not None and len(ids) == len(one.logprobs):
        return [f"token id {number}" for number in ids]
    return ["(text not known)"] * len(one.logprobs)


def described(tokens: pl.DataFrame, shown: pl.DataFrame, one: str, other: str, name: str) -> str:
    """What a figure of `shown`, some of the `tokens` of the sample `name`, has to say."""
    size = tokens.height
    said = [f"{name}: n = {size:,} tokens", f"sum {tokens['difference'].fill_nan(0).sum():+.3f}"]
    for scorer, column in ((other, "other"), (one, "one")):
        total = tokens[column].fill_null(float("nan")).to_numpy().sum()
        said.append(f"perplexity {float(perplexity(total, size)):.4f} under {scorer}")
    if missing := int(tokens["difference"].is_nan().sum()):
        said.append(f"{missing:,} tokens without a finite difference, passed over")
    if shown.height < size:
        said.append(f"tokens {shown['token'][0]:,} to {shown['token'][-1]:,} drawn")
    return "; ".join(said)
