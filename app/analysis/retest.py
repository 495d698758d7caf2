"""Testing again, at another k or in another run, the problems of a region."""

from collections.abc import Sequence

import polars as pl

from app.analysis.sets import EXPECTED, Sets, chance
from app.metrics.solvable import upper_bound


def candidates(stored: pl.DataFrame, totals: pl.DataFrame, unsolved_by: Sequence[str]) -> list[str]:
    """Every run on the benchmark; first those of the models that did not solve, most samples first.

    `stored`: run, model (store.queries.runs of one benchmark); `totals`: run, n_max.
    """
    most = totals.group_by("run").agg(pl.col("n_max").max())
    models = stored.filter(pl.col("run").is_in(list(unsolved_by)))["model"].unique().to_list()
    known = stored.join(most.filter(pl.col("n_max") > 0), on="run", maintain_order="left")
    kin = pl.col("model").is_in(models)
    return known.sort(kin, "n_max", descending=True, maintain_order=True)["run"].to_list()


def results(found: Sets) -> pl.DataFrame:
    """problem_id, position, n, c, chance (1 solved, 0 not; expected: its probability), bound.

    `found` has one run; `bound` is the upper 95 % bound of p where c = 0, else null.
    """
    problems = found.problems
    if found.how == EXPECTED:
        solved = pl.Series(chance(problems, 0, found.k, found.threshold))
    else:
        solved = problems["solved_0"].cast(pl.Float64)
    never = pl.when(pl.col("c_0") == 0).then(pl.Series(upper_bound(problems["n_0"])))
    return problems.select("problem_id", "position", n="n_0", c="c_0", chance=solved, bound=never)
