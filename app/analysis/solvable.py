"""Which problems two runs solve: both, only one of them, or neither."""

from typing import NamedTuple

import polars as pl

from app.analysis.counting import by_run
from app.analysis.sets import Sets, check_question, solvable_sets
from app.analysis.wording import amount

REGIONS = ("both", "only_base", "only_other", "neither")
NAMES = dict(zip(("11", "10", "01", "00"), REGIONS, strict=True))  # those of app.analysis.sets


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
    """Regions of the problems that both runs have: app.analysis.sets of two runs.

    Columns: problem_id, base_n, base_c, other_n, other_c, region (null where only the expected
    numbers are known). Raises ValueError where a problem has fewer than k samples, or its first k
    are not all stored and verified: here no problem is left out.
    """
    both, _ = paired(counts, base, other)
    check_budget(both, k, threshold)
    found = solvable_sets(counts, (base, other), k, threshold, within)
    check_complete(found)
    problems = found.problems.select(
        "problem_id", base_n="n_0", base_c="c_0", other_n="n_1", other_c="c_1",
        region=pl.col("region").replace_strict(NAMES, return_dtype=pl.String),
    )  # fmt: skip
    return Solvable(problems, summary(found))


def summary(found: Sets) -> Summary:
    """The numbers of two runs."""
    sizes = (found.size(region) for region in NAMES)
    both, only_base, only_other, neither = (
        size if found.how == "expected" else int(size) for size in sizes
    )
    facts = (found.problems.height, found.uncommon, found.k, found.threshold, found.how)
    return Summary(both, only_base, only_other, neither, *facts)


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
    check_question((), k, threshold)
    fewest = pl.min_horizontal("base_n", "other_n")
    short = both.filter(fewest < k)
    if short.height:
        least = short.select(fewest.min()).item()
        raise ValueError(
            f"Solvable at k = {k} is undefined: {short.height} of {amount(both.height)} have fewer"
            f" samples (the fewest: {least}). Choose k of at most {least}."
        )


def check_complete(found: Sets) -> None:
    """Raise ValueError where the first k samples of a problem are not all known."""
    for number, run in enumerate(found.runs):
        short = found.undefined.filter(run=number)
        if short.height:
            raise ValueError(
                f"Solvable at k = {found.k} is undefined: of {amount(short.height)} of {run}, for"
                f" example {short['problem_id'][0]}, the first {found.k} samples are not all stored"
                " and verified."
            )
