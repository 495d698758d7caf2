"""The numbers of a page without a browser: what `passband show` prints."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import polars as pl

from app.analysis import accuracy, audited, compare, counting, pass_at_k, perplexity, solvable
from app.analysis.audit_table import audit_table
from app.analysis.guessing import guessable, without
from app.analysis.pairs import common_k
from app.analysis.queues import HARD_BELOW
from app.analysis.runs import TABLE, find_run, runs_table
from app.metrics.intervals import LIKE_THESE
from app.rendering import render
from store import queries
from store.audits import COLUMNS, agreement, people
from store.queries.audited import audited as audited_samples

__all__ = ["answer", "render"]

# What a reader of the numbers should know besides them; it goes to standard error.
log = logging.getLogger("passband.show")


@dataclass(frozen=True)
class Options:
    """What was asked for; the names are those of the command line."""

    benchmark: str | None = None
    runs: Sequence[str] = ()
    k: str | int | Sequence[int] | None = None
    base: str | None = None
    other: str | None = None
    scorer: str | None = None
    verifier: str | None = None
    leave_out: Collection[str] = ()
    threshold: int = 1
    band: str = LIKE_THESE
    direct: str | None = None
    guess_below: float = 0.05
    below: float = HARD_BELOW
    audits: pl.DataFrame | None = None


def answer(question: str, cursor: duckdb.DuckDBPyConnection, **chosen: Any) -> pl.DataFrame:
    """The answer as a table with the fields that the README names for this question.

    `chosen` are fields of Options. Raises ValueError, in a sentence for the reader, where the
    question cannot be answered.
    """
    if question not in QUESTIONS:
        raise ValueError(f"No question {question!r}: choose from {', '.join(QUESTIONS)}.")
    return QUESTIONS[question](cursor, Options(**chosen))


def show_runs(cursor: duckdb.DuckDBPyConnection, options: Options) -> pl.DataFrame:
    """One row per run, as judged by the verifier asked for or by the run's own."""
    chosen = chosen_runs(cursor, options)
    totals = queries.run_totals(cursor)  # the verifier that a run is shown with comes first
    if options.verifier:
        totals = totals.filter(pl.col("verifier") == options.verifier)
    first = totals.unique("run", keep="first", maintain_order=True)
    return runs_table(chosen, first).select(TABLE)


def show_pass_at_k(cursor: duckdb.DuckDBPyConnection, options: Options) -> pl.DataFrame:
    """One row per run and k."""
    chosen = chosen_runs(cursor, options)
    counts = counted(cursor, ids(chosen), options)
    curves = pass_at_k.curves(counts, budgets(options.k, counts), kind=options.band)
    return with_benchmark(curves, chosen).select(
        "run", "benchmark", "k", "pass_at_k", "low", "high", "problems", "n_min"
    )


def show_accuracy(cursor: duckdb.DuckDBPyConnection, options: Options) -> pl.DataFrame:
    """Twelve rows per run."""
    histogram = accuracy.histogram(counted(cursor, ids(chosen_runs(cursor, options)), options))
    for row in histogram.unique("run").filter(pl.col("undefined") > 0).to_dicts():
        log.warning("%s: %d problems have no samples left.", row["run"], row["undefined"])
    return histogram.select("run", "bin", "count")


def show_solvable(cursor: duckdb.DuckDBPyConnection, options: Options) -> pl.DataFrame:
    """One row per k: problems in each region, and their ids (null where only expected)."""
    base, other = pair(cursor, options)
    counts = counted(cursor, [base, other], options)
    rows = []
    for k in budgets(options.k, counts, largest=True):
        within = correct_within(cursor, [base, other], options, k)
        found = solvable.regions(counts, base, other, k, options.threshold, within)
        tell(found.summary)
        rows.append(solvable_row(found))
    return pl.DataFrame(rows, infer_schema_length=None)


def tell(summary: solvable.Summary) -> None:
    """Say on standard error what the numbers do not say."""
    if summary.how != "exact":
        log.warning("k = %d is less than n: %s.", summary.k, summary.how)
    if summary.left_out:
        log.warning("%d problems are in one of the runs only: left out.", summary.left_out)


def solvable_row(found: solvable.Solvable) -> dict[str, object]:
    """k, the four numbers and the four lists of problem ids."""
    sizes = dict(zip(solvable.REGIONS, found.summary[:4], strict=True))
    lists = {f"{region}_problems": members(found, region) for region in solvable.REGIONS}
    return {"k": found.summary.k, **sizes, **lists}


def members(found: solvable.Solvable, region: str) -> list[str] | None:
    """Ids of the problems in a region; None where only expected numbers are known."""
    if found.summary.how == "expected":
        return None
    return [str(problem) for problem in found.problems.filter(region=region)["problem_id"]]


def show_compare(cursor: duckdb.DuckDBPyConnection, options: Options) -> pl.DataFrame:
    """One row per k."""
    base, other = pair(cursor, options)
    counts = counted(cursor, [base, other], options)
    within = first_samples(cursor, base, other, counts, options)
    ks = budgets(options.k, counts)
    found = compare.comparison(counts, base, other, ks, options.band, within=within)
    if found.left_out:
        log.warning("%d problems are in one of the runs only: left out.", found.left_out)
    return found.gaps.select("k", "base", "other", "gap", "low", "high").with_columns(
        crossover=pl.lit(found.crossover, pl.Int64),
        delta_se=pl.lit(found.delta_se),
        mcnemar_p=pl.lit(found.mcnemar_p),
    )


def first_samples(
    cursor: duckdb.DuckDBPyConnection,
    base: str,
    other: str,
    counts: pl.DataFrame,
    options: Options,
) -> pl.DataFrame | None:
    """What McNemar's test needs where n differs: the first samples up to the smallest n."""
    k = common_k(solvable.paired(counts, base, other)[0])
    return correct_within(cursor, [base, other], options, k) if k else None


def show_perplexity(cursor: duckdb.DuckDBPyConnection, options: Options) -> pl.DataFrame:
    """One row per run and scorer."""
    available = queries.scorers(cursor).filter(
        pl.col("run").is_in(ids(chosen_runs(cursor, options)))
    )
    if options.scorer:
        available = available.filter(pl.col("scorer") == options.scorer)
    if available.is_empty():
        known = ", ".join(sorted(set(queries.scorers(cursor)["scorer"]))) or "none"
        raise ValueError(f"No log-probabilities for these runs and scorer. Scorers: {known}.")
    groups = available.select("run", "scorer").rows()
    parts = [scored(cursor, str(run), str(scorer), options) for run, scorer in groups]
    table = perplexity.summary(pl.concat(parts))
    tell_unscored(queries.runs(cursor), table)
    return table.select("scorer", "run", "samples", "q1", "median", "q3", "mean")


def show_audits(cursor: duckdb.DuckDBPyConnection, options: Options) -> pl.DataFrame:
    """One row per run: the tally of problems that it rarely solves, whatever else was asked for."""
    chosen = chosen_runs(cursor, options)
    counts = counted(cursor, ids(chosen), replace(options, audits=None))
    audits = pl.DataFrame(schema=COLUMNS) if options.audits is None else options.audits
    heard = people(audits).filter(pl.col("run").is_in(ids(chosen)))
    labels = labelled(cursor, ids(chosen), options, heard)
    if unused := audited.effect(heard, labels).unused:
        said = "Verdicts on samples that do not count, or whose text has changed since: %d."
        log.warning(said, unused)
    return audit_table(counts, labels, chosen, heard, options.below)


def tell_unscored(runs: pl.DataFrame, table: pl.DataFrame) -> None:
    """Say on standard error how many samples are not in the perplexities."""
    stored = dict(runs.select("run", "samples").rows())
    for row in table.to_dicts():
        if missing := stored[row["run"]] - row["samples"]:
            said = "%s: %d samples have no log-probability under %s: left out."
            log.warning(said, row["run"], missing, row["scorer"])


def scored(
    cursor: duckdb.DuckDBPyConnection, run: str, scorer: str, options: Options
) -> pl.DataFrame:
    """The samples of one run with their perplexity under one scorer."""
    samples = queries.perplexities(cursor, run, scorer, options.verifier)
    counting_ones = without(
        counting.kept(samples, options.leave_out), guessed(cursor, [run], options)
    )
    return perplexity.distribution(counting_ones, scorer, run)


QUESTIONS: dict[str, Callable[[duckdb.DuckDBPyConnection, Options], pl.DataFrame]] = {
    "runs": show_runs,
    "pass-at-k": show_pass_at_k,
    "compare": show_compare,
    "solvable": show_solvable,
    "accuracy": show_accuracy,
    "perplexity": show_perplexity,
    "audits": show_audits,
}


def of_benchmark(cursor: duckdb.DuckDBPyConnection, options: Options) -> pl.DataFrame:
    """The runs on the benchmark asked for, or all."""
    runs = queries.runs(cursor)
    if options.benchmark is None:
        return runs
    chosen = runs.filter(pl.col("benchmark") == options.benchmark)
    if chosen.is_empty():
        known = ", ".join(sorted(set(runs["benchmark"]))) or "none"
        raise ValueError(f"No benchmark {options.benchmark!r} in this store. Available: {known}.")
    return chosen


def chosen_runs(cursor: duckdb.DuckDBPyConnection, options: Options) -> pl.DataFrame:
    """The runs asked for, or all on the benchmark."""
    runs = of_benchmark(cursor, options)
    if not options.runs:
        return runs
    named = [find_run(runs, name) for name in options.runs]
    return runs.filter(pl.col("run").is_in(named))


def pair(cursor: duckdb.DuckDBPyConnection, options: Options) -> tuple[str, str]:
    """Ids of base and other. Raises ValueError unless both are named and share a benchmark."""
    if not options.base or not options.other:
        raise ValueError("This question is about two runs: name them with --base and --other.")
    runs = of_benchmark(cursor, options)
    base, other = find_run(runs, options.base), find_run(runs, options.other)
    benchmarks = runs.filter(pl.col("run").is_in([base, other]))["benchmark"].unique()
    if len(benchmarks) > 1:
        raise ValueError(f"{base} and {other} are runs on different benchmarks.")
    return base, other


def ids(runs: pl.DataFrame) -> list[str]:
    """The runs' ids."""
    return [str(run) for run in runs["run"]]


def counted(cursor: duckdb.DuckDBPyConnection, runs: list[str], options: Options) -> pl.DataFrame:
    """Counts of these runs, without the samples that are to be left out."""
    counts = queries.counts(cursor, runs, options.verifier)
    for run in sorted(set(runs) - set(counts["run"])):
        judge = options.verifier or "any verifier"
        log.warning("%s has no verdicts of %s: left out.", run, judge)
    remaining = counting.left_out(counts, options.leave_out)
    if options.audits is not None:
        labels = labelled(cursor, runs, options, options.audits)
        remaining = audited.audited(remaining, labels)
    return without(remaining, guessed(cursor, runs, options))


def correct_within(
    cursor: duckdb.DuckDBPyConnection, runs: list[str], options: Options, k: int
) -> pl.DataFrame:
    """Correct among the first k samples that count, of the problems that count."""
    audits = options.audits
    labels = None if audits is None else labelled(cursor, runs, options, audits)
    kinds = list(options.leave_out)
    within = queries.correct_within(cursor, runs, options.verifier, k, kinds, labels)
    return without(within, guessed(cursor, runs, options))


def labelled(
    cursor: duckdb.DuckDBPyConnection, runs: list[str], options: Options, audits: pl.DataFrame
) -> pl.DataFrame:
    """The audited samples of these runs that count, with what the reviewers agree on."""
    found = audited_samples(cursor, agreement(audits), runs, options.verifier)
    return counting.kept(found, options.leave_out)


def guessed(cursor: duckdb.DuckDBPyConnection, runs: list[str], options: Options) -> list[str]:
    """Problems of these runs' benchmark that the guess filter drops; told on standard error."""
    if options.direct is None:
        return []
    stored = queries.runs(cursor)
    direct = find_run(stored, options.direct)
    benchmarks = stored.filter(pl.col("run").is_in([direct, *runs]))["benchmark"].unique()
    if len(benchmarks) > 1:
        raise ValueError(f"{direct} is a run on another benchmark. Narrow with --benchmark.")
    counts = counting.left_out(
        queries.counts(cursor, [direct], options.verifier), options.leave_out
    )
    dropped = guessable(counts, options.guess_below)
    log.warning("Guess filter: %d of %d problems dropped.", len(dropped), counts.height)
    return dropped


def budgets(
    k: str | int | Sequence[int] | None, counts: pl.DataFrame, largest: bool = False
) -> list[int]:
    """The values of k asked for. By default powers of two, or the `largest` that all runs allow."""
    n_max, n_min = (max(counts["n"].to_list(), default=0), min(counts["n"].to_list(), default=0))
    if k is None:
        return [n_min] if largest else [2**power for power in range(n_max.bit_length())]
    if k == "all":
        return list(range(1, (n_min if largest else n_max) + 1))
    try:
        values = [int(part) for part in k.split(",")] if isinstance(k, str) else k
        values = [values] if isinstance(values, int) else sorted(set(values))
    except ValueError as error:
        raise ValueError(f"k must be numbers such as 1,2,4 or all, but is {k!r}.") from error
    if values and values[0] < 1:
        raise ValueError(f"k must be at least 1, but is {values[0]}.")
    return values


def with_benchmark(frame: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """The frame with the benchmark of each run."""
    return frame.join(runs.select("run", "benchmark"), on="run", how="left", maintain_order="left")
