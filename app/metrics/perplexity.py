"""Perplexity of a sample under a model."""

import numpy as np
from numpy.typing import ArrayLike

from app.metrics.pass_at_k import Floats


def perplexity(sum_logprob: ArrayLike, n_tokens: ArrayLike) -> Floats:
    """exp(−(1/T) Σ_t ln P(y_t | x, y_<t)) over the T tokens of the completion, the prompt given.

    How surprising the model finds the completion, per token (arXiv 2504.13837, section 4.1); at
    least 1. Undefined, NaN, where T = 0 or a value is missing.
    """
    total = np.asarray(sum_logprob, dtype=np.float64)
    tokens = np.asarray(n_tokens, dtype=np.float64)
    known = np.where(tokens > 0, tokens, np.nan)
    with np.errstate(over="ignore"):  # a token of probability 0 makes it infinite
        return np.asarray(np.exp(-total / known))
