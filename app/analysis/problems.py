"""One row per problem: what each of several runs makes of it, what is kept, and in which order.

Runs are numbered from 0 in the order in which the reader sees them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from app.analysis.wording import amount

ANY, ALL, NONE, ONLY_BASE, ONLY_OTHERS = (
    "all problems", "by every run", "by no run", "only by the base", "only by other runs"
)  # fmt: skip
SOLVED = (ANY, ALL, NONE, ONLY_BASE, ONLY_OTHERS)
SOME_RUN, EVERY_RUN = "some run", "every run"
NAMED = 3  # runs that a sentence names
UNNAMED = "(none)"  # subject or level of a problem that has none

MEASURES = ("accuracy", "solvable", "answer entropy", "perplexity")
COLUMN = dict(zip(MEASURES, ("accuracy", "solvable", "entropy", "perplexity"), strict=True))
MEASURED: dict[str, type[pl.DataType]] = {
    "n": pl.Int64, "c": pl.Int64, "answered": pl.Int64, "entropy": pl.Float64,
    "scored": pl.Int64, "perplexity": pl.Float64,
}  # fmt: skip


def problem_table(
    problems: pl.DataFrame,
    counts: pl.DataFrame,
    entropies: pl.DataFrame,
    perplexities: pl.DataFrame,
    runs: Sequence[str],
    threshold: int,
) -> pl.DataFrame:
    """problem_id, position, question, subject, level, accuracies (list, in the order of the runs);
    of each run n_0, c_0, accuracy_0, solvable_0, answered_0, entropy_0, scored_0, perplexity_0, ….

    Solvable: at least `threshold` of the n samples are correct; null where n < threshold. Accuracy
    is null where n = 0, and all that a run has no samples for is null. In `accuracies` that is 0,
    since a bar cannot be absent. Raises ValueError where the threshold is below 1.
    """
    if threshold < 1:
        raise ValueError(f"A threshold of {threshold}: it is 1 at least.")
    table = problems.select(
        "problem_id", "position", "question", pl.col("subject", "level").fill_null(UNNAMED)
    )
    for i, run in enumerate(runs):
        for part in (counts, entropies, perplexities):
            table = table.join(
                measured(part, run, i), on="problem_id", how="left", maintain_order="left"
            )
        table = table.with_columns(derived(i, threshold))
    bars = [pl.col(f"accuracy_{i}").fill_null(0) for i in range(len(runs))]
    return table.with_columns(accuracies=pl.concat_list(bars) if bars else pl.lit([]))


def measured(part: pl.DataFrame, run: str, number: int) -> pl.DataFrame:
    """problem_id and what is measured of one run, its columns numbered."""
    names = [name for name in part.columns if name in MEASURED]
    own = part.filter(pl.col("run") == run)
    return own.select(
        "problem_id",
        *(pl.col(name).cast(MEASURED[name]).alias(f"{name}_{number}") for name in names),
    )


def derived(number: int, threshold: int) -> list[pl.Expr]:
    """Accuracy and the solvable flag of one run."""
    n, c = pl.col(f"n_{number}"), pl.col(f"c_{number}")
    return [
        pl.when(n > 0).then(c / n).alias(f"accuracy_{number}"),
        pl.when(n >= threshold).then(c >= threshold).alias(f"solvable_{number}"),
    ]


@dataclass(frozen=True)
class Kept:
    """Which problems the reader wants to see. `base` is the number of the base, None without one;
    accuracies are in per cent, and those of `run` (a number, SOME_RUN or EVERY_RUN) matter.
    """

    runs: int
    base: int | None = None
    solved: str = ANY
    low: int = 0
    high: int = 100
    run: int | str = SOME_RUN
    subjects: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()

    @property
    def condition(self) -> pl.Expr:
        """Whether a problem is kept; where a flag or an accuracy is not known, it is not."""
        return pl.all_horizontal(
            pl.lit(True), self.solvable(), self.accurate(), *self.named()
        ).fill_null(False)

    def solvable(self) -> pl.Expr:
        """Solvable by the runs that the reader means."""
        flags = [pl.col(f"solvable_{i}") for i in range(self.runs)]
        others = [flag for i, flag in enumerate(flags) if i != self.base]
        own = pl.lit(False) if self.base is None else flags[self.base]
        return {
            ANY: pl.lit(True),
            ALL: pl.all_horizontal(*flags),
            NONE: ~pl.any_horizontal(*flags),
            ONLY_BASE: own & ~any_of(others),
            ONLY_OTHERS: ~own & any_of(others),
        }[self.solved]

    def accurate(self) -> pl.Expr:
        """An accuracy in the range; both ends are in it."""
        if (self.low, self.high) == (0, 100):
            return pl.lit(True)
        inside = [
            (100 * pl.col(f"c_{i}")).is_between(
                self.low * pl.col(f"n_{i}"), self.high * pl.col(f"n_{i}")
            )
            & (pl.col(f"n_{i}") > 0)
            for i in range(self.runs)
        ]
        if self.run == EVERY_RUN:
            return pl.all_horizontal(*inside)
        return pl.any_horizontal(*inside) if self.run == SOME_RUN else inside[int(self.run)]

    def named(self) -> list[pl.Expr]:
        """Of these subjects and levels."""
        chosen = {"subject": self.subjects, "level": self.levels}
        return [pl.col(name).is_in(list(some)) for name, some in chosen.items() if some]

    def said(self, labels: Sequence[str]) -> str:
        """What is kept, in words; empty where all is."""
        run = labels[self.run] if isinstance(self.run, int) else self.run
        parts = [
            *([f"solvable {self.solved}"] if self.solved != ANY else []),
            *(
                [f"accuracy of {run} {self.low}–{self.high} %"]
                if (self.low, self.high) != (0, 100)
                else []
            ),
            *([f"subject {' or '.join(self.subjects)}"] if self.subjects else []),
            *([f"level {' or '.join(self.levels)}"] if self.levels else []),
        ]
        return "; ".join(parts)


def any_of(flags: Sequence[pl.Expr]) -> pl.Expr:
    """Whether one of the flags is set; no flag is not."""
    return pl.any_horizontal(*flags) if flags else pl.lit(False)


def sort_key(name: str, run: int | None, runs: int) -> pl.Expr:
    """What problems are sorted by: a column of the table, or a measure of one run or, where `run`
    is None, its mean over the runs that have it (of `solvable`, and of hits, the sum).
    """
    column = COLUMN.get(name, name)
    if column in ("subject", "level"):
        return natural(column)
    if column in ("position", "problem_id", "question"):
        return pl.col(column)
    numbers = range(runs) if run is None else [run]
    parts = [pl.col(f"{column}_{i}").cast(pl.Float64).fill_nan(None) for i in numbers]
    if run is not None:
        return parts[0]
    summed = column in ("solvable", "hits")
    return pl.sum_horizontal(parts) if summed else pl.mean_horizontal(parts)


def natural(column: str) -> pl.Expr:
    """The name with its numbers written at full length, so that level 10 comes after level 9."""
    return pl.col(column).map_elements(padded, return_dtype=pl.String)


def padded(name: str) -> str:
    """The name, each run of digits filled up with zeros."""
    digits = "0123456789"
    parts: list[str] = []
    for character in name:
        if parts and (parts[-1][-1] in digits) == (character in digits):
            parts[-1] += character
        else:
            parts.append(character)
    return "".join(part.zfill(12) if part[0] in digits else part.casefold() for part in parts)


def ordered(table: pl.DataFrame, key: pl.Expr, descending: bool) -> pl.DataFrame:
    """The problems by this key, those without a value last, ties in the benchmark's order."""
    return (
        table.with_columns(key.alias("key"))
        .sort(
            "key", "position", "problem_id", descending=[descending, False, False], nulls_last=True
        )
        .drop("key")
    )


def spread(table: pl.DataFrame, column: str, runs: Sequence[str]) -> str:
    """How many samples a number rests on: "32", or per run "a 32; b 5–16"; of many runs the fewest
    and the most. Empty where none has any.
    """
    numbers = {run: [int(n) for n in table[f"{column}_{i}"] if n] for i, run in enumerate(runs)}
    known = {run: between(some) for run, some in numbers.items() if some}
    if len(known) > NAMED or len(set(known.values())) == 1:
        return between([number for some in numbers.values() for number in some])
    return "; ".join(f"{run} {said}" for run, said in known.items())


def between(numbers: Sequence[int]) -> str:
    """One number, or the smallest and the largest."""
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def unknown(table: pl.DataFrame, runs: int) -> list[str]:
    """The measures that are not known of any problem and run."""
    columns = {name: [f"{COLUMN[name]}_{i}" for i in range(runs)] for name in MEASURES}
    return [
        name
        for name, own in columns.items()
        if all(table[c].null_count() == table.height for c in own)
    ]


def kept_said(shown: int, stored: int, kept: str) -> str:
    """How many of the problems are shown, and why not all."""
    why = f": {kept}" if kept else ""
    return (
        f"{amount(stored)}."
        if shown == stored and not kept
        else f"{shown} of {amount(stored)}{why}."
    )
