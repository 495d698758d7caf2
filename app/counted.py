"""Counts and samples of the chosen runs, as the switches of the sidebar say what counts."""

from collections.abc import Sequence

import polars as pl

from app.analysis import audited, perplexity
from app.analysis.counting import kept, left_out
from app.analysis.guessing import guessable, without
from app.cache import ask, audits
from app.selection import Selection
from store import queries
from store.audits import agreement, people
from store.queries.audited import audited as audited_samples


def counts(selection: Selection) -> pl.DataFrame:
    """Counts of the chosen runs without the samples and problems that the reader leaves out.

    `audited` of a row says how many verdicts of reviewers stand behind it, where they count.
    """
    judged = raw_counts(selection)
    return audited.audited(judged, labelled(selection)) if selection.audited else judged


def raw_counts(selection: Selection) -> pl.DataFrame:
    """The same, whatever reviewers say."""
    stored = ask(queries.counts, list(selection.runs), selection.verifier)
    return without(left_out(stored, selection.left_out), dropped_problems(selection))


def cot_counts(selection: Selection) -> pl.DataFrame:
    """Counts with `valid`, `unread` and `audited`, for CoT-pass@k; whether audited or not."""
    return audited.cot_counts(raw_counts(selection), labelled(selection))


def correct_within(selection: Selection, runs: Sequence[str], k: int) -> pl.DataFrame:
    """run, problem_id, drawn, correct: among the first k samples that count, of these runs."""
    labels = labelled(selection) if selection.audited else None
    within = ask(
        queries.correct_within, list(runs), selection.verifier, k, selection.left_out, labels
    )
    return without(within, dropped_problems(selection))


def labelled(selection: Selection) -> pl.DataFrame:
    """The audited samples of the chosen runs that count, with their label and outcome.

    Columns: those of store.queries.audited. Empty where nothing was audited.
    """
    agreed = agreement(of_runs(audits(), selection.runs))
    found = ask(audited_samples, agreed, list(selection.runs), selection.verifier)
    return without(kept(found, selection.left_out), dropped_problems(selection))


def effect_of_audits(selection: Selection) -> audited.Effect:
    """What the audits of the chosen runs do to the numbers."""
    heard = of_runs(people(audits()), selection.runs)
    return audited.effect(heard, labelled(selection))


def of_runs(rows: pl.DataFrame, runs: Sequence[str]) -> pl.DataFrame:
    """The rows of these runs."""
    return rows.filter(pl.col("run").is_in(list(runs)))


def direct_counts(selection: Selection) -> pl.DataFrame:
    """Counts of the direct-answer run, all its problems; no rows where none is chosen."""
    runs = [selection.direct] if selection.direct else []
    return left_out(ask(queries.counts, runs, selection.verifier), selection.left_out)


def dropped_problems(selection: Selection) -> list[str]:
    """Problems that the guess filter takes out of every number."""
    return guessable(direct_counts(selection), selection.guess_below / 100)


def counting_samples(selection: Selection, run: str, samples: pl.DataFrame) -> pl.DataFrame:
    """Those samples of a run that count, with the outcome that the switches leave them.

    `samples` has problem_id, sample, outcome and finish_reason, as queries of samples give them.
    """
    remaining = without(kept(samples, selection.left_out), dropped_problems(selection))
    if not selection.audited:
        return remaining
    return audited.revised(remaining, of_runs(labelled(selection), [run]))


def perplexities(selection: Selection, scorers: list[str]) -> pl.DataFrame:
    """Perplexity of each sample of the chosen runs under each scorer that scored them.

    Without the samples and problems that the reader leaves out.
    """
    available = ask(queries.scorers).filter(
        pl.col("run").is_in(selection.runs) & pl.col("scorer").is_in(scorers)
    )
    parts = [
        scored(selection, str(run), str(scorer))
        for run, scorer in available.select("run", "scorer").sort("run", "scorer").rows()
    ]
    return pl.concat(parts) if parts else pl.DataFrame()


def scored(selection: Selection, run: str, scorer: str) -> pl.DataFrame:
    """The samples of one run that count, with their perplexity under one scorer."""
    samples = ask(queries.perplexities, run, scorer, selection.verifier)
    return perplexity.distribution(counting_samples(selection, run, samples), scorer, run)
