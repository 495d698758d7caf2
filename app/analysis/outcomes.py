"""Which of two runs does better on each problem, and McNemar's test of who solves more."""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from app.analysis import solvable
from app.analysis.pairs import NOTHING, arrays
from app.metrics.comparison import Tally, accuracy_order, tally
from app.metrics.solvable import mcnemar_p
from app.metrics.support import Support, support_dynamics


class Discordance(NamedTuple):
    """McNemar's test: problems that only one of the runs solves within k samples.

    `how` says how that was found, or why it is undefined; then the rest is None, and p is NaN.
    """

    only_base: int | None
    only_other: int | None
    k: int
    how: str
    p: float
    problems: pl.DataFrame | None  # problem_id, region


def discordance(
    counts: pl.DataFrame, base: str, other: str, k: int, within: pl.DataFrame | None
) -> Discordance:
    """McNemar's test at this k, of all samples where n = k of every problem, else of the first k.

    Undefined, with the reason, where the first k samples are not known.
    """
    if not k:
        return undefined_test(k, "A problem has no samples that count.")
    try:
        found = solvable.regions(counts, base, other, k, 1, within)
    except ValueError as error:  # a sentence for the reader
        return undefined_test(k, str(error))
    if found.summary.how == "expected":
        return undefined_test(
            k,
            f"n differs, and only counts of a run are stored: which problems the first {k} samples"
            " solve is not known.",
        )
    only_base, only_other = int(found.summary.only_base), int(found.summary.only_other)
    p = mcnemar_p(only_base, only_other)
    problems = found.problems.select("problem_id", "region")
    return Discordance(only_base, only_other, k, found.summary.how, p, problems)


def undefined_test(k: int, reason: str) -> Discordance:
    """No test, and why."""
    return Discordance(None, None, k, reason, NOTHING, None)


def outcomes(both: pl.DataFrame, test: Discordance) -> pl.DataFrame:
    """One row per problem: problem_id, base_n, base_c, other_n, other_c, accuracy, solved.

    `accuracy`: "wins" where that of the other run is higher, "ties", "losses"; `solved`: the region
    of McNemar's test. Null where undefined.
    """
    base_n, base_c, other_n, other_c = arrays(both)
    order = accuracy_order(base_n, base_c, other_n, other_c)
    names = pl.Series(order).replace_strict({1: "wins", 0: "ties", -1: "losses"})
    defined = (pl.col("base_n") > 0) & (pl.col("other_n") > 0)
    table = both.with_columns(accuracy=pl.when(defined).then(names))
    if test.problems is None:
        return table.with_columns(solved=pl.lit(None, pl.String))
    regions = test.problems.rename({"region": "solved"})
    return table.join(regions, on="problem_id", how="left", maintain_order="left")


class Group(NamedTuple):
    """Problems that one column of `outcomes` gives one of these values, and who is better there."""

    column: str
    values: tuple[str, ...]
    side: str


GROUPS = {
    "losses": Group("accuracy", ("losses",), "base"),
    "ties": Group("accuracy", ("ties",), "tie"),
    "wins": Group("accuracy", ("wins",), "other"),
    "only_base": Group("solved", ("only_base",), "base"),
    "alike": Group("solved", ("both", "neither"), "tie"),
    "only_other": Group("solved", ("only_other",), "other"),
}
QUESTIONS = {"accuracy": "accuracy", "solved": "solved within k"}
VISIBLE = 0.05  # of all problems: a narrower bar has no room for its number


def of_group(table: pl.DataFrame, group: str) -> pl.DataFrame:
    """The rows of `outcomes` in this one of GROUPS."""
    column, values, _ = GROUPS[group]
    return table.filter(pl.col(column).is_in(values))


def first_filled(table: pl.DataFrame) -> int:
    """The place in GROUPS of the first that has problems; 0 where none has."""
    filled = [place for place, group in enumerate(GROUPS) if of_group(table, group).height]
    return filled[0] if filled else 0


def diverging(table: pl.DataFrame, words: Mapping[str, str]) -> pl.DataFrame:
    """A bar for each group of GROUPS, those of a question side by side with its ties in the middle.

    Columns: question, outcome (a key of GROUPS), words (that which `words` has for it), side,
    problems, start, fits. A question that is undefined has no rows.
    """
    rows = []
    for column in QUESTIONS:
        groups = [name for name, group in GROUPS.items() if group.column == column]
        sizes = [of_group(table, name).height for name in groups]
        start = -(sizes[0] + sizes[1] / 2)
        for name, size in zip(groups, sizes, strict=True):
            fits = size >= VISIBLE * table.height
            if sum(sizes):
                rows.append(
                    (QUESTIONS[column], name, words[name], GROUPS[name].side, size, start, fits)
                )
            start += size
    schema = {
        "question": pl.String, "outcome": pl.String, "words": pl.String, "side": pl.String,
        "problems": pl.Int64, "start": pl.Float64, "fits": pl.Boolean,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def tallied(both: pl.DataFrame) -> Tally:
    """Wins, ties and losses of the other run by accuracy."""
    return tally(*arrays(both))


def support(test: Discordance) -> Support:
    """SRR, NDR, SDS and NSCR of what both runs solve within the k of McNemar's test."""
    if test.problems is None or test.only_base is None or test.only_other is None:
        return Support(NOTHING, NOTHING, NOTHING, NOTHING)
    both = test.problems.filter(pl.col("region") == "both").height
    return support_dynamics(both, test.only_other, test.only_base)
