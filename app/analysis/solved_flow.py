"""Problems that a training learns to solve, and those that it loses, between checkpoints."""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl

from app.analysis.aligned import Aligned, Counted, aligned
from app.analysis.training import Counts
from app.metrics.pass_at_k import Floats
from app.metrics.solvable import solved_probability

CHANGES = ("gained", "lost", "kept", "unsolved")
FLOW = {
    "transition": pl.String, "from_run": pl.String, "to_run": pl.String, "from_step": pl.Int64,
    "to_step": pl.Int64, **dict.fromkeys(CHANGES, pl.Float64), "solved_before": pl.Float64,
    "solved_after": pl.Float64,
}  # fmt: skip
PROBLEMS = {"transition": pl.String, "problem_id": pl.String, "change": pl.String}


class Flow(NamedTuple):
    """Numbers of problems per transition, the problems, and how they were found.

    `how` is "exact" (k = n everywhere), "first k samples", or "expected": then the numbers need not
    be whole, and `problems` is empty.
    """

    transitions: pl.DataFrame  # FLOW
    problems: pl.DataFrame  # PROBLEMS
    k: int
    counted: int
    left_out: int
    how: str


def solved_flow(
    counts: Counts, members: pl.DataFrame, k: int, within: pl.DataFrame | None = None
) -> Flow:
    """What changes between successive checkpoints of a training, its base first.

    `members`: run and step, in order. A problem is solved where at least one of k samples is
    correct. Where k is less than n the first k samples tell (`within`: the answer of
    store.queries.correct_within at k); without them only the expected numbers are known.
    """
    side = aligned(counts, members["run"].to_list())
    if not side.problems:
        raise ValueError("The checkpoints of this training have no problem in common.")
    if k > side.most:
        raise ValueError(
            f"Some problem has fewer than k = {k} samples. Choose k up to {side.most}."
        )
    exact = all((run.n == k).all() for run in side.runs.values())
    chances, how = solved(side, k, within), "exact" if exact else "first k samples"
    if chances is None:
        chances, how = expected(side, k), "expected"
    steps = list(members.select("run", "step").rows())
    pairs = list(pairwise(steps))
    rows = [numbers(chances, *pair) for pair in pairs]
    listed = [changed(side, chances, *pair) for pair in pairs] if how != "expected" else []
    problems = pl.concat([pl.DataFrame(schema=PROBLEMS), *listed])
    flow = pl.DataFrame(rows, schema=FLOW)
    return Flow(flow, problems, k, len(side.problems), side.left_out, how)


def solved(side: Aligned, k: int, within: pl.DataFrame | None) -> dict[str, Floats] | None:
    """1 for each problem that a run solves, else 0; None where the first k are not known."""
    found: dict[str, Floats] = {}
    for run, own in side.runs.items():
        correct = own.c if (own.n == k).all() else first_correct(side, run, k, within)
        if correct is None:
            return None
        found[run] = (correct > 0).astype(np.float64)
    return found


def first_correct(side: Aligned, run: str, k: int, within: pl.DataFrame | None) -> Floats | None:
    """Correct ones of the first k samples; None where not all of them are stored and judged."""
    if within is None:
        return None
    wanted = pl.DataFrame({"problem_id": side.problems}, schema={"problem_id": pl.String})
    mine = within.filter(pl.col("run") == run)
    rows = wanted.join(mine, on="problem_id", how="left", maintain_order="left")
    if (rows["drawn"].fill_null(0) != k).any():
        return None
    return rows["correct"].to_numpy().astype(np.float64)


def expected(side: Aligned, k: int) -> dict[str, Floats]:
    """The probability that k samples drawn from those of a problem hold a correct one."""

    def chance(run: Counted) -> Floats:
        return solved_probability(run.n, run.c, k)

    return {run: chance(own) for run, own in side.runs.items()}


def name_of(first: int, second: int) -> str:
    """A transition in words."""
    return f"{first} → {second}"


def numbers(
    chances: Mapping[str, Floats], first: tuple[str, int], second: tuple[str, int]
) -> dict[str, object]:
    """The row of one transition."""
    before, after = chances[first[0]], chances[second[0]]
    return {
        "transition": name_of(first[1], second[1]),
        "from_run": first[0], "to_run": second[0], "from_step": first[1], "to_step": second[1],
        "gained": float(((1 - before) * after).sum()), "lost": float((before * (1 - after)).sum()),
        "kept": float((before * after).sum()),
        "unsolved": float(((1 - before) * (1 - after)).sum()),
        "solved_before": float(before.sum()), "solved_after": float(after.sum()),
    }  # fmt: skip


def changed(
    side: Aligned,
    chances: Mapping[str, Floats],
    first: tuple[str, int],
    second: tuple[str, int],
) -> pl.DataFrame:
    """Every problem and what became of it in one transition."""
    words = {(0, 1): "gained", (1, 0): "lost", (1, 1): "kept", (0, 0): "unsolved"}
    states = zip(chances[first[0]], chances[second[0]], strict=True)
    return pl.DataFrame(
        {
            "transition": name_of(first[1], second[1]),
            "problem_id": side.problems,
            "change": [words[int(before), int(after)] for before, after in states],
        },
        schema=PROBLEMS,
    )
