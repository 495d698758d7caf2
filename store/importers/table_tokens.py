"""Numbers and tokens of a sample, checked; a cell of CSV may spell them."""

import json
import math

from store.importers.found import Unfit, list_of, logprobs_of, shown, whole_of

LARGEST = 2**31  # what a token id or a number of tokens is less than


def number(value: object, name: str) -> int | None:
    """A number of tokens. Raises Unfit."""
    if value is None:
        return None
    found = whole_of(value, name)
    if not 0 <= found < LARGEST:
        raise Unfit(name, f"is {found}, and must be a number of tokens")
    return found


def total(value: object, name: str) -> float | None:
    """The log-probability of all tokens together. Raises Unfit."""
    if value is None:
        return None
    try:
        found = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if math.isnan(found) or found > 1e-4:
        raise Unfit(name, f"is {shown(value)}, which is no log-probability")
    return found


def logprobs(value: object, name: str) -> list[float] | None:
    """The log-probabilities of the tokens. Raises Unfit."""
    return None if value is None else logprobs_of(spelled(value), name)


def ids(value: object, name: str) -> list[int] | None:
    """The ids of the tokens. Raises Unfit."""
    if value is None:
        return None
    found = list_of(spelled(value), name)
    for each in found:
        good = isinstance(each, int) and not isinstance(each, bool) and 0 <= each < LARGEST
        if not good:
            raise Unfit(name, f"has {shown(each)}, which is no token id")
    return found  # type: ignore[return-value]


def spelled(value: object) -> object:
    """The list that a text spells; else the value."""
    if isinstance(value, str) and value.startswith("["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
