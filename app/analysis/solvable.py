"""Which problems two runs solve: both, only one of them, or neither."""

from typing import NamedTuple

import polars as pl

from app.analysis.counting import by_run
from app.metrics.solvable import Regions, expected_regions, solved_probability

REGIONS = ("both", "only_base", "only_other", "neither")


class Summary(NamedTuple):
    """Numbers of problems per region, and how they were found.

    `how` is "exact" (k = n), "first k samples", or "expected" (then the numbers need not be whole).
    """

    both: float
    only_base: float
    only_other: float
    neither: float
    problems: int
    left_out: int  # problems that only one of the two runs has
    k: int
    threshold: int
    how: str

    def percent(self) -> dict[str, float]:
        """Share of the problems in each region, in per cent; NaN without problems."""
        values = zip(REGIONS, self[:4], strict=True)
        return {
            region: 100 * float(value) / self.problems if self.problems else float("nan")
            for region, value in values
        }


class Solvable(NamedTuple):
    """Problems with their region, and the summary."""

    problems: pl.DataFrame
    summary: Summary


def regions(
    counts: pl.DataFrame,
    base: str,
    other: str,
    k: int,
    threshold: int = 1,
    within: pl.DataFrame | None = None,
) -> Solvable:
    """Regions of the problems that both runs have.

    Solvable: at least `threshold` correct among k samples. Where k is the n of every problem the
    counts tell; else `within` (store.queries.correct_within: the first k samples); without it only
    the expected numbers are known and the region is null. Columns: problem_id, base_n, base_c,
    other_n, other_c, region. Raises ValueError where k exceeds the n of a problem.
    """
    both, left_out = paired(counts, base, other)
    check_budget(both, k, threshold)
    correct = {
        f"{side}_correct": correct_in_k(both, side, run, k, within)
        for side, run in (("base", base), ("other", other))
    }
    if any(values is None for values in correct.values()):
        return expected(both, k, threshold, left_out)
    exact = both.filter((pl.col("base_n") != k) | (pl.col("other_n") != k)).is_empty()
    how = "exact" if exact else "first k samples"
    return told(both.with_columns(**correct), k, threshold, left_out, how)


def paired(counts: pl.DataFrame, base: str, other: str) -> tuple[pl.DataFrame, int]:
    """The problems of both runs side by side, and how many problems only one of them has.

    Raises ValueError where there is no pair, or no problem in common.
    """
    if base == other:
        raise ValueError(f"Base and other are the same run, {base}: choose two.")
    runs = dict(by_run(counts))
    if missing := [run for run in (base, other) if run not in runs]:
        raise ValueError(f"No counts of run {', '.join(missing)}.")
    left = runs[base].select("problem_id", base_n="n", base_c="c")
    right = runs[other].select("problem_id", other_n="n", other_c="c")
    both = left.join(right, on="problem_id", how="inner", maintain_order="left")
    if both.is_empty():
        raise ValueError(f"{base} and {other} have no problem in common.")
    return both, left.height + right.height - 2 * both.height


def check_budget(both: pl.DataFrame, k: int, threshold: int) -> None:
    """Raise ValueError where the question has no answer."""
    if k < 1 or not 1 <= threshold <= k:
        raise ValueError(f"k = {k} and threshold = {threshold}: 1 ≤ threshold ≤ k is needed.")
    fewest = pl.min_horizontal("base_n", "other_n")
    short = both.filter(fewest < k)
    if short.height:
        least = short.select(fewest.min()).item()
        raise ValueError(
            f"Solvable at k = {k} is undefined: {short.height} of {both.height} problems have fewer"
            f" samples (the fewest: {least}). Choose k of at most {least}."
        )


def correct_in_k(
    both: pl.DataFrame, side: str, run: str, k: int, within: pl.DataFrame | None
) -> pl.Series | None:
    """Correct samples among k of each problem: all where n = k, else the first k.

    None where the first k are not known, because the run was imported as counts.
    """
    if (both[f"{side}_n"] == k).all():
        return both[f"{side}_c"]
    stored = None if within is None else within.filter(pl.col("run") == run)
    if stored is None or stored.is_empty():
        return None
    first = both.select("problem_id").join(
        stored, on="problem_id", how="left", maintain_order="left"
    )
    if (short := first.filter(pl.col("drawn").fill_null(0) != k)).height:
        raise ValueError(
            f"Solvable at k = {k} is undefined: of {short.height} problems of {run}, for example"
            f" {short['problem_id'][0]}, the first {k} samples are not all stored and verified."
        )
    return first["correct"]


def told(both: pl.DataFrame, k: int, threshold: int, left_out: int, how: str) -> Solvable:
    """The result where each problem's number of correct samples is known."""
    problems = both.select(
        "problem_id", "base_n", "base_c", "other_n", "other_c", region=region(threshold)
    )
    sizes = Regions(*(problems.filter(pl.col("region") == name).height for name in REGIONS))
    return Solvable(problems, Summary(*sizes, both.height, left_out, k, threshold, how))


def region(threshold: int) -> pl.Expr:
    """The name of each problem's region."""
    by_base, by_other = pl.col("base_correct") >= threshold, pl.col("other_correct") >= threshold
    return (
        pl.when(by_base & by_other).then(pl.lit("both"))
        .when(by_base).then(pl.lit("only_base"))
        .when(by_other).then(pl.lit("only_other"))
        .otherwise(pl.lit("neither"))
    )  # fmt: skip


def expected(both: pl.DataFrame, k: int, threshold: int, left_out: int) -> Solvable:
    """The result where only counts are known and k < n."""
    chances = [
        solved_probability(both[f"{side}_n"].to_numpy(), both[f"{side}_c"].to_numpy(), k, threshold)
        for side in ("base", "other")
    ]
    sizes: Regions = expected_regions(*chances)
    problems = both.with_columns(region=pl.lit(None, pl.String))
    return Solvable(problems, Summary(*sizes, both.height, left_out, k, threshold, "expected"))
