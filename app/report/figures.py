"""The figure of each view, of the same counts and samples as its numbers."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import plotly.graph_objects as go
import polars as pl

from app.analysis import drawing, solvable
from app.analysis.accuracy import histogram
from app.analysis.beneath import guess_curve
from app.analysis.compare import comparison
from app.analysis.facets import labels_across
from app.analysis.measures import Wanted, ends, measured
from app.analysis.perplexity import GROUP, grouped, summary
from app.analysis.perplexity import drawing as perplexity_drawing
from app.analysis.runs import labels
from app.analysis.wording import amount
from app.charts.accuracy import accuracy_histogram_chart
from app.charts.accuracy_panels import accuracy_panels_chart
from app.charts.comparison import gap_chart
from app.charts.pass_at_k import Look, measure_chart
from app.charts.perplexity import perplexity_chart
from app.charts.style import span
from app.charts.venn import venn_chart
from app.show import budgets, first_samples, scored, scored_runs
from app.show_counted import (
    Options,
    chosen_runs,
    correct_within,
    counted,
    direct_counts,
    ids,
    pair,
)
from store import queries
from store.location import Cursor

BESIDE = 4  # runs whose bars can be told apart in one pair of axes
MOST_GROUPS = 64  # boxes of perplexity
POINTS = 5000  # samples drawn as points


class Drawn(NamedTuple):
    """A figure, what it is in words, and the benchmark that it is of, "" where it is of several."""

    figure: go.Figure
    alt: str
    benchmark: str = ""


def figures(view: str, cursor: Cursor, options: Options, points: int = POINTS) -> list[Drawn]:
    """The figures of a view: none of those that are tables, else one, or one for each benchmark.

    Raises ValueError, in a sentence for the reader, where there is nothing to draw.
    """
    draw = FIGURES.get(view)
    return draw(cursor, options, points) if draw else []


def curves(cursor: Cursor, options: Options, points: int) -> list[Drawn]:
    """pass@k of all runs, a panel for each benchmark."""
    del points
    runs = chosen_runs(cursor, options)
    counts = counted(cursor, ids(runs), options)
    if counts.is_empty():
        raise ValueError("None of these runs has verdicts of this verifier.")
    per_benchmark = runs.partition_by("benchmark", maintain_order=True)
    named = labels_across(per_benchmark)
    several = len(per_benchmark) > 1
    parts = [panel(part, counts, options, named, several) for part in per_benchmark]
    every = drawing.few_enough(pl.concat(parts))
    bare = drawing.bare_panels(every)
    banded = (
        not set(every.filter(pl.col("low").is_not_nan()).select("row", "column").rows()) <= bare
    )
    common = drawing.common_budgets(every).filter("differ").select("row", "column", "k").rows()
    roles = {named[run]: role for run, role in runs.select("run", "role").rows()}
    chart = measure_chart(
        every, roles, Look(band=f"95 %, {options.band}" if banded else "", bare=bare),
        beneath_of(cursor, runs, counts, options), common={(row, at): k for row, at, k in common},
    )  # fmt: skip
    return [Drawn(chart, "pass@k over k, one curve per run")]


def panel(
    runs: pl.DataFrame,
    counts: pl.DataFrame,
    options: Options,
    named: dict[str, str],
    several: bool,
) -> pl.DataFrame:
    """The curves of one benchmark, with row, column (its name, of several) and series."""
    own = counts.filter(pl.col("run").is_in(runs["run"].implode()))
    found = measured(own, Wanted(kind=options.band), also=ends(own))
    return found.with_columns(
        row=pl.lit(""),
        column=pl.lit(str(runs["benchmark"][0]) if several else ""),
        series=pl.col("run").replace_strict(named, return_dtype=pl.String),
    )


def beneath_of(
    cursor: Cursor, runs: pl.DataFrame, counts: pl.DataFrame, options: Options
) -> pl.DataFrame | None:
    """What guessing would reach, where a direct-answer run is named: it has one benchmark."""
    if options.direct is None:
        return None
    guessed = guess_curve(direct_counts(cursor, ids(runs), options), counts)
    return guessed.with_columns(row=pl.lit(""), column=pl.lit(""))


def gap(cursor: Cursor, options: Options, points: int) -> list[Drawn]:
    """Both curves of a pair, and their gap with its band."""
    del points
    base, other = pair(cursor, options)
    counts = counted(cursor, [base, other], options)
    within = first_samples(cursor, base, other, counts, options)
    found = comparison(counts, base, other, None, options.band, within=within)
    if found.crossing is None:
        raise ValueError("No k is defined in both runs: a problem has no sample that counts.")
    named, roles = described(cursor, (base, other))
    n = span([*found.both["base_n"], *found.both["other_n"]])
    said = f"{amount(found.both.height)}, n = {n}; band: 95 %, {options.band}"
    chart = gap_chart(found.gaps, named, found.crossing, roles, said)
    return [Drawn(chart, "both curves, and their gap with its band")]


def venn(cursor: Cursor, options: Options, points: int) -> list[Drawn]:
    """The solvable sets of a pair, at the largest k that was asked for."""
    del points
    base, other = pair(cursor, options)
    counts = counted(cursor, [base, other], options)
    k = budgets(options.k, counts, largest=True)[-1]
    within = correct_within(cursor, [base, other], options, k)
    found = solvable.regions(counts, base, other, k, options.threshold, within).summary
    named, roles = described(cursor, (base, other))
    how = "k = n of every problem: exact" if found.how == "exact" else found.how
    said = f"{amount(found.problems)}, k = {k:,}, at least {found.threshold:,} correct; {how}"
    chart = venn_chart(*found[:4], named, roles, said)
    return [Drawn(chart, "how many problems each of both runs solves")]


def described(cursor: Cursor, runs: tuple[str, str]) -> tuple[tuple[str, str], tuple[str, str]]:
    """Labels and roles of a pair."""
    rows = queries.runs(cursor).filter(pl.col("run").is_in(runs))
    named, roles = labels(rows), dict(rows.select("run", "role").rows())
    base, other = runs
    return (named[base], named[other]), (roles[base], roles[other])


def histograms(cursor: Cursor, options: Options, points: int) -> list[Drawn]:
    """Accuracy in twelve bins, a figure for each benchmark."""
    del points
    runs = chosen_runs(cursor, options)
    bins = histogram(counted(cursor, ids(runs), options))
    if bins.is_empty():
        raise ValueError("None of these runs has verdicts of this verifier.")
    return [
        Drawn(histogram_of(there, bins), "problems in each bin of accuracy, by run", name)
        for name, there in by_benchmark(runs, bins["run"])
    ]


def histogram_of(runs: pl.DataFrame, bins: pl.DataFrame) -> go.Figure:
    """The figure of one benchmark: bars beside each other, or, of many runs, a panel for each."""
    own = bins.filter(pl.col("run").is_in(runs["run"].implode()))
    chart = accuracy_histogram_chart if own["run"].n_unique() <= BESIDE else accuracy_panels_chart
    return chart(own, labels(runs), dict(runs.select("run", "role").rows()))


def perplexities(cursor: Cursor, options: Options, points: int) -> list[Drawn]:
    """A box for each run and scorer, a figure for each benchmark."""
    groups = scored_runs(cursor, options)
    if len(groups) > MOST_GROUPS:
        raise ValueError(
            f"{len(groups)} pairs of run and scorer are too many for a figure, which holds"
            f" {MOST_GROUPS}. Narrow with --run or --scorer."
        )
    parts = [scored(cursor, run, scorer, options) for run, scorer in groups]
    runs, shown = chosen_runs(cursor, options), pl.Series([run for run, _ in groups])
    return [
        Drawn(boxes(there, parts, points), "perplexities of samples by run and scorer", name)
        for name, there in by_benchmark(runs, shown)
    ]


def boxes(runs: pl.DataFrame, parts: Sequence[pl.DataFrame], points: int) -> go.Figure:
    """The figure of one benchmark."""
    here = set(runs["run"])
    samples = grouped(pl.concat(part for part in parts if part["run"].is_in(list(here)).any()))
    drawn = perplexity_drawing(samples, summary(samples, GROUP), points)
    return perplexity_chart(drawn, labels(runs), dict(runs.select("run", "role").rows()))


def by_benchmark(runs: pl.DataFrame, shown: pl.Series) -> list[tuple[str, pl.DataFrame]]:
    """Each benchmark with those of its runs that are shown."""
    there = runs.filter(pl.col("run").is_in(shown.unique().implode()))
    parts = there.partition_by("benchmark", maintain_order=True)
    return [(str(part["benchmark"][0]), part) for part in parts]


FIGURES: dict[str, Callable[[Cursor, Options, int], list[Drawn]]] = {
    "pass-at-k": curves,
    "compare": gap,
    "solvable": venn,
    "accuracy": histograms,
    "perplexity": perplexities,
}
