"""Which samples a judge model is to review, and their texts, for the command line.

`ask` puts a query of store.queries, given without its cursor, to the store.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import polars as pl

from app.analysis import queues
from app.analysis.runs import find_run
from generation.judge_plan import Wanted
from generation.judge_prompt import Material
from store import queries
from store.queries import judged
from store.queries import queues as to_read

Ask = Callable[..., pl.DataFrame]
ALL = 2**31 - 1


class Chosen(NamedTuple):
    """Of which runs (run, benchmark) samples are to be read, and which of them."""

    runs: pl.DataFrame
    verifier: str | None
    outcome: str
    seed: int
    limit: int | None

    @property
    def most(self) -> int:
        """How many."""
        return ALL if self.limit is None else self.limit


def chosen_runs(ask: Ask, runs: Sequence[str], benchmarks: Sequence[str]) -> pl.DataFrame:
    """run and benchmark of the runs asked for, else of all that have samples. Raises ValueError
    where there are none.
    """
    stored = ask(queries.runs)
    if unknown := sorted(set(benchmarks) - set(stored["benchmark"])):
        known = ", ".join(sorted(set(stored["benchmark"]))) or "none"
        raise ValueError(f"No benchmark {unknown[0]!r} in this store. Available: {known}.")
    if benchmarks:
        stored = stored.filter(pl.col("benchmark").is_in(benchmarks))
    named = [find_run(stored, name) for name in runs]
    drawn = stored.filter(pl.col("run").is_in(named) if named else True, pl.col("samples") > 0)
    if drawn.is_empty():
        raise ValueError("No run asked for has samples with their texts: there is nothing to read.")
    return drawn.select("run", "benchmark")


def hard(ask: Ask, chosen: Chosen) -> pl.DataFrame:
    """Correct samples of problems that a run hardly ever solves."""
    return by_benchmark(ask, chosen, queues.hard_problems, queues.hard)


def claims(ask: Ask, chosen: Chosen) -> pl.DataFrame:
    """Correct samples of problems that only one run, or that few samples, solve."""
    return by_benchmark(ask, chosen, queues.claimed_problems, queues.claims)


def by_benchmark(
    ask: Ask,
    chosen: Chosen,
    problems: Callable[..., pl.DataFrame],
    rows: Callable[..., pl.DataFrame],
) -> pl.DataFrame:
    """One benchmark after the other: problems of several may have the same name."""
    parts = []
    for (_,), runs in chosen.runs.partition_by("benchmark", as_dict=True).items():
        counts = ask(queries.counts, runs["run"].to_list(), chosen.verifier)
        samples = ask(to_read.correct_samples, problems(counts), chosen.verifier)
        parts.append(rows(samples, counts))
    return pl.concat(parts).head(chosen.most)


def disagreements(ask: Ask, chosen: Chosen) -> pl.DataFrame:
    """Samples on which verifiers differ."""
    return queues.disagreements(
        ask(to_read.disagreements, chosen.runs["run"].to_list(), chosen.most)
    )


def random(ask: Ask, chosen: Chosen) -> pl.DataFrame:
    """Some samples, whichever they are. Raises ValueError where it is not said how many."""
    if chosen.limit is None:
        raise ValueError("The random queue holds every sample: say how many with --limit.")
    asked = (chosen.runs["run"].to_list(), chosen.verifier, chosen.outcome, chosen.seed)
    return ask(to_read.random_samples, *asked, chosen.limit)


QUEUES = {"hard": hard, "claims": claims, "disagreements": disagreements, "random": random}


def materials(ask: Ask, wanted: Sequence[Wanted]) -> list[Material]:
    """The texts of these samples, as a judge is shown them."""
    schema = {"run": pl.String, "problem_id": pl.String, "sample": pl.Int32}
    places = pl.DataFrame([one[:3] for one in wanted], schema=schema, orient="row")
    rows = ask(judged.texts, places).iter_rows(named=True)
    return [
        Material(row["question"], row["completion"], row["reference"], tuple(row["images"] or ()))
        for row in rows
    ]
