"""What `passband show` is asked about: which runs, and which of their samples and problems count.

The pages' switches, as app.counted has them. What a reader of the numbers should know besides them
goes to standard error.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from app.analysis import audited, counting
from app.analysis.guessing import guessable, without
from app.analysis.queues import HARD_BELOW
from app.analysis.runs import find_run
from app.metrics.intervals import LIKE_THESE
from store import queries
from store.audits import agreement, people
from store.queries.audited import audited as audited_samples

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
    """Counts of these runs, without the samples that are to be left out; tells what was done."""
    counts = queries.counts(cursor, runs, options.verifier)
    for run in sorted(set(runs) - set(counts["run"])):
        judge = options.verifier or "any verifier"
        log.warning("%s has no verdicts of %s: left out.", run, judge)
    remaining = without(
        counting.left_out(counts, options.leave_out), guessed(cursor, runs, options)
    )
    tell_guessed(cursor, runs, options)
    if options.audits is None:
        return remaining
    return audited.audited(remaining, heeded(cursor, runs, options, options.audits))


def correct_within(
    cursor: duckdb.DuckDBPyConnection, runs: list[str], options: Options, k: int
) -> pl.DataFrame:
    """Correct among the first k samples that count, of the problems that count."""
    audits = options.audits
    labels = None if audits is None else labelled(cursor, runs, options, audits)
    kinds = list(options.leave_out)
    within = queries.correct_within(cursor, runs, options.verifier, k, kinds, labels)
    return without(within, guessed(cursor, runs, options))


def counting_samples(
    cursor: duckdb.DuckDBPyConnection, run: str, options: Options, samples: pl.DataFrame
) -> pl.DataFrame:
    """Those samples of a run that count, with the outcome that the audits leave them.

    `samples` has problem_id, sample, outcome and finish_reason, as queries of samples give them.
    """
    remaining = without(counting.kept(samples, options.leave_out), guessed(cursor, [run], options))
    if options.audits is None:
        return remaining
    return audited.revised(remaining, labelled(cursor, [run], options, options.audits))


def labelled(
    cursor: duckdb.DuckDBPyConnection, runs: list[str], options: Options, audits: pl.DataFrame
) -> pl.DataFrame:
    """The audited samples of these runs that count, with what the reviewers agree on."""
    found = audited_samples(cursor, agreement(audits), runs, options.verifier)
    return without(counting.kept(found, options.leave_out), guessed(cursor, runs, options))


def heeded(
    cursor: duckdb.DuckDBPyConnection, runs: list[str], options: Options, audits: pl.DataFrame
) -> pl.DataFrame:
    """`labelled`; tells how many verdicts stand behind the numbers, and what they do to them."""
    labels = labelled(cursor, runs, options, audits)
    heard = people(audits).filter(pl.col("run").is_in(runs))
    for sentence in audited.told(audited.effect(heard, labels)):
        log.warning(sentence)
    for run, problems in audited.shortened(labels).rows():
        said = "%s: problems with fewer samples, since ambiguous ones are left out of n: %d."
        log.warning(said, run, problems)
    return labels


def guessed(cursor: duckdb.DuckDBPyConnection, runs: list[str], options: Options) -> list[str]:
    """Problems of these runs' benchmark that the guess filter drops."""
    return guessable(direct_counts(cursor, runs, options), options.guess_below)


def tell_guessed(cursor: duckdb.DuckDBPyConnection, runs: list[str], options: Options) -> None:
    """Say how many problems the guess filter drops, where there is one."""
    if options.direct is not None:
        direct = direct_counts(cursor, runs, options)
        dropped = len(guessable(direct, options.guess_below))
        log.warning("Guess filter: %d of %d problems dropped.", dropped, direct.height)


def direct_counts(
    cursor: duckdb.DuckDBPyConnection, runs: list[str], options: Options
) -> pl.DataFrame:
    """Counts of the direct-answer run, all its problems; no rows where none is named."""
    named = []
    if options.direct is not None:
        named = [direct_run(cursor, runs, options.direct)]
    counts = queries.counts(cursor, named, options.verifier)
    return counting.left_out(counts, options.leave_out)


def direct_run(cursor: duckdb.DuckDBPyConnection, runs: list[str], name: str) -> str:
    """The run that answers directly. Raises ValueError where others are on another benchmark."""
    stored = queries.runs(cursor)
    direct = find_run(stored, name)
    benchmarks = stored.filter(pl.col("run").is_in([direct, *runs]))["benchmark"].unique()
    if len(benchmarks) > 1:
        raise ValueError(f"{direct} is a run on another benchmark. Narrow with --benchmark.")
    return direct
