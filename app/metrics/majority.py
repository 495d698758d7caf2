"""maj@k: is the most frequent answer of k samples correct?"""

from collections.abc import Sequence
from functools import lru_cache
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.metrics.pass_at_k import Floats, Integers

EXACT_UP_TO = 128  # samples of a problem; all draws of more are not summed but sampled
DRAWS = 200  # orders of a problem's samples, where they are sampled
ROWS = 10_000  # orders at a time


class Votes(NamedTuple):
    """Of one problem's samples: with the right answer, with each wrong one, without an answer.

    All answers that the verifier accepts are one answer, since they equal the reference. Wrong ones
    in descending order.
    """

    correct: int
    wrong: tuple[int, ...]
    blank: int = 0

    @property
    def n(self) -> int:
        """Samples of the problem."""
        return self.correct + sum(self.wrong) + self.blank


def maj_at_k(
    votes: Sequence[Votes],
    ks: Sequence[int] | Integers,
    exact_up_to: int = EXACT_UP_TO,
    draws: int = DRAWS,
    seed: int = 0,
) -> Floats:
    """Probability that the most frequent answer of k samples is right: problems × ks.

    The k samples are drawn without replacement from the problem's. Answers that tie for the first
    place share it evenly, which is the expectation of a tie broken by lot. A sample without an
    answer has no vote; where none has one, the answer is wrong. Self-consistency of Wang et al.
    2022 (arXiv 2203.11171), Cobbe et al. 2021. Exact for up to `exact_up_to` samples of a problem;
    beyond, the mean over `draws` random orders, with a fixed seed. NaN where k > n.
    """
    budgets = np.asarray(ks, dtype=np.int64)
    if (budgets < 1).any():
        raise ValueError(f"k must be at least 1, but is {budgets.min()}.")
    values = np.full((len(votes), len(budgets)), np.nan)
    many = [place for place, vote in enumerate(votes) if vote.n > exact_up_to]
    for place in set(range(len(votes))) - set(many):
        put(values[place], budgets, np.array(exact_curve(votes[place])))
    sampled = sampled_curves([votes[place] for place in many], draws, seed)
    for place, curve in zip(many, sampled, strict=True):
        curve[0] = votes[place].correct / votes[place].n  # known without drawing
        put(values[place], budgets, curve)
    return values


def put(row: Floats, budgets: Integers, curve: Floats) -> None:
    """Write the values at the budgets into the row; the curve begins at k = 1."""
    known = budgets <= len(curve)
    row[known] = curve[budgets[known] - 1]


@lru_cache(maxsize=4096)
def exact_curve(votes: Votes) -> tuple[float, ...]:
    """maj@k for k from 1 to n, by counting all draws.

    Draws with x right answers and t wrong ones at x: the coefficient of z^k u^t in a product of one
    polynomial for each answer. The share 1/(t + 1) is ∫ u^t du, a sum over Gauss–Legendre nodes
    that is exact for polynomials.
    """
    n, wins = votes.n, np.zeros(votes.n + 1)
    for x in range(1, votes.correct + 1):
        others = below_or_level(votes, x)
        wins[x:] += comb(votes.correct, x) * others[: n + 1 - x]
    draws = np.array([comb(n, k) for k in range(n + 1)], dtype=np.float64)
    return tuple(np.minimum(wins[1:] / draws[1:], 1.0))


def below_or_level(votes: Votes, x: int) -> Floats:
    """Ways to draw y of the other samples (place y) with no wrong answer more than x times.

    Each weighted with 1/(t + 1), t answers being drawn x times.
    """
    n = votes.n
    free = votes.blank + sum(count for count in votes.wrong if count < x)
    rivals = [count for count in votes.wrong if count >= x]
    nodes, weights = np.polynomial.legendre.leggauss(len(rivals) // 2 + 1)
    ways = np.zeros((len(nodes), n + 1))
    ways[:, : free + 1] = [comb(free, y) for y in range(free + 1)]
    for count in rivals:
        ways = extended(ways, count, x, (nodes + 1) / 2)
    return np.asarray(weights / 2 @ ways)


def extended(ways: Floats, count: int, x: int, nodes: Floats) -> Floats:
    """The ways with up to x of `count` further samples; those with x weighted by the nodes."""
    result = ways.copy()
    for y in range(1, x + 1):
        factor = comb(count, y) * (nodes[:, None] if y == x else 1.0)
        result[:, y:] += factor * ways[:, :-y]
    return result


def sampled_curves(votes: Sequence[Votes], draws: int, seed: int) -> list[Floats]:
    """maj@k for k from 1 to n of each problem, over random orders of its samples."""
    random = np.random.default_rng(seed)
    curves: list[Floats] = []
    size = max(1, ROWS // draws)
    for start in range(0, len(votes), size):
        group = votes[start : start + size]
        credit = walked(random, group, draws)
        means = credit.reshape(len(group), draws, -1).mean(axis=1)
        curves += [mean[: vote.n] for mean, vote in zip(means, group, strict=True)]
    return curves


def walked(random: np.random.Generator, votes: Sequence[Votes], draws: int) -> Floats:
    """The share of the first place that the right answer has after each sample of each order."""
    length = max(vote.n for vote in votes)
    ballots = np.repeat(np.stack([ballot(vote, length) for vote in votes]), draws, axis=0)
    orders = np.stack([shuffled(random, row) for row in ballots])
    rows = np.arange(len(orders))
    counts = np.zeros((len(orders), int(orders.max()) + 1), dtype=np.int32)
    best, level = np.zeros((2, len(orders)), dtype=np.int32)
    credit = np.zeros(orders.shape)
    for step, answer in enumerate(orders.T):
        counts[rows, answer] += 1
        reached = np.where(answer >= 2, counts[rows, answer], 0)
        level = np.where(reached > best, 1, level + ((reached == best) & (answer >= 2)))
        best = np.maximum(best, reached)
        right = counts[:, 1]
        credit[:, step] = np.where(right > best, 1.0, (right == best) & (right > 0)) / (
            1 + level * (right == best)
        )
    return credit


def ballot(votes: Votes, length: int) -> NDArray[np.int32]:
    """The problem's samples: 0 without an answer, 1 right, 2, 3, … wrong; −1 beyond its n."""
    wrong = np.repeat(np.arange(2, 2 + len(votes.wrong)), votes.wrong)
    filled = [np.zeros(votes.blank), np.ones(votes.correct), wrong, np.full(length - votes.n, -1)]
    return np.asarray(np.concatenate(filled), dtype=np.int32)


def shuffled(random: np.random.Generator, row: NDArray[np.int32]) -> NDArray[np.int32]:
    """The samples in random order; what is beyond n stays behind and has no vote."""
    samples = row[row >= 0]
    behind = np.zeros(len(row) - len(samples), np.int32)
    return np.concatenate([random.permutation(samples), behind])
