"""Numbers of the paper and matrices of samples, against which comparisons are checked."""

import numpy as np

# arXiv 2504.13837, Table 2: both, only RL, only base, neither.
TABLE_2 = {"AIME24": (19, 0, 4, 7), "MATH500": (462, 5, 18, 15)}


def of_samples(n: int, correct: list[int]) -> np.ndarray:
    """The matrix that scorio reads: a row per problem, the correct samples first."""
    return np.array([[1] * c + [0] * (n - c) for c in correct])
