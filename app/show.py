"""The numbers of a page without a browser: what `passband show` prints."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import duckdb
import polars as pl

from app.analysis import accuracy, audited, compare, pass_at_k, perplexity, solvable
from app.analysis.audit_table import audit_table
from app.analysis.pairs import common_k
from app.analysis.runs import TABLE, runs_table
from app.rendering import render
from app.show_counted import (
    Options,
    chosen_runs,
    correct_within,
    counted,
    counting_samples,
    heeded,
    ids,
    labelled,
    log,
    pair,
    tell_guessed,
)
from store import queries
from store.audits import COLUMNS, people

__all__ = ["answer", "render"]


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
    if options.audits is not None:
        log.warning("This is what is stored and how it was judged: audits change nothing here.")
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
    groups = scored_runs(cursor, options)
    runs = sorted({run for run, _ in groups})
    tell_guessed(cursor, runs, options)
    if options.audits is not None:
        heeded(cursor, runs, options, options.audits)
    parts = [scored(cursor, run, scorer, options) for run, scorer in groups]
    table = perplexity.summary(pl.concat(parts))
    return table.select("scorer", "run", "samples", "q1", "median", "q3", "mean")


def scored_runs(cursor: duckdb.DuckDBPyConnection, options: Options) -> list[tuple[str, str]]:
    """The runs and scorers asked for. Raises ValueError where no sample of them was scored."""
    known = queries.scorers(cursor)
    available = known.filter(pl.col("run").is_in(ids(chosen_runs(cursor, options))))
    if options.scorer:
        available = available.filter(pl.col("scorer") == options.scorer)
    if available.is_empty():
        names = ", ".join(sorted(set(known["scorer"]))) or "none"
        raise ValueError(f"No log-probabilities for these runs and scorer. Scorers: {names}.")
    return [(str(run), str(scorer)) for run, scorer in available.select("run", "scorer").rows()]


def scored(
    cursor: duckdb.DuckDBPyConnection, run: str, scorer: str, options: Options
) -> pl.DataFrame:
    """The samples of one run that count, with their perplexity under one scorer; tells how many
    have none.
    """
    samples = queries.perplexities(cursor, run, scorer, options.verifier)
    known = perplexity.distribution(samples, scorer, run)
    stored = dict(queries.runs(cursor).select("run", "samples").rows())
    if missing := stored[run] - known.filter(pl.col("perplexity").is_not_nan()).height:
        said = "%s: %d samples have no log-probability under %s: left out."
        log.warning(said, run, missing, scorer)
    return counting_samples(cursor, run, options, known)


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


QUESTIONS: dict[str, Callable[[duckdb.DuckDBPyConnection, Options], pl.DataFrame]] = {
    "runs": show_runs,
    "pass-at-k": show_pass_at_k,
    "compare": show_compare,
    "solvable": show_solvable,
    "accuracy": show_accuracy,
    "perplexity": show_perplexity,
    "audits": show_audits,
}


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
