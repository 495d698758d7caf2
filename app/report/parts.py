"""Each view of a report: its numbers, its figures, and what has to be said of them."""

from typing import NamedTuple

import polars as pl

from app.analysis.compare import comparison
from app.analysis.finding import Names, finding
from app.analysis.parity import LONG, Evidence, parity
from app.analysis.runs import find_run, labels
from app.report.asked import Asked, Study, command, questions
from app.report.figures import Drawn, figures
from app.report.hearing import told, unique
from app.show import answer, first_samples
from app.show_counted import Options, counted, pair
from store import queries
from store.location import Cursor
from store.queries import parity as parity_queries

PAIRED = {"compare", "solvable"}


class Part(NamedTuple):
    """One question of a view and its answer. `refused` says why there is none."""

    view: str
    heading: str
    command: str
    numbers: pl.DataFrame | None
    figures: tuple[Drawn, ...] = ()
    said: tuple[str, ...] = ()
    refused: str = ""
    parity: pl.DataFrame | None = None


def parts(study: Study, asked: Asked, points: int) -> list[Part]:
    """The parts of all views, in order."""
    return [
        part(study, asked, view, options, points)
        for view in asked.views
        for options in questions(study, asked, view)
    ]


def part(study: Study, asked: Asked, view: str, options: Options, points: int) -> Part:
    """One part; a question that cannot be answered is told, and the report goes on."""
    shell = command(study.name, view, options, asked.audited)
    heading = headed(study.cursor, view, options)
    with told() as said:
        try:
            numbers = answer(view, study.cursor, **vars(options))
        except ValueError as error:
            return Part(view, heading, shell, None, said=unique(said), refused=str(error))
        drawn = drawn_or_said(view, study.cursor, options, points, said)
        checks = None
        if view == "compare":
            said.insert(0, sentence(study.cursor, options))
            checks = checked(study.cursor, options)
    return Part(view, heading, shell, numbers, drawn, unique(said), "", checks)


def drawn_or_said(
    view: str, cursor: Cursor, options: Options, points: int, said: list[str]
) -> tuple[Drawn, ...]:
    """The figures; a sentence among those `said` where there are none."""
    try:
        return tuple(figures(view, cursor, options, points))
    except ValueError as error:
        said.append(f"No figure: {error}")
        return ()


def headed(cursor: Cursor, view: str, options: Options) -> str:
    """What a part of a pair is called; nothing for a view that has one part only."""
    if view not in PAIRED or not (options.base and options.other):
        return ""
    runs = queries.runs(cursor)
    try:
        found = [find_run(runs, name) for name in (options.base, options.other)]
    except ValueError:  # which the part tells
        return ""
    rows = runs.filter(pl.col("run").is_in(found))
    named = labels(rows)
    return f"{named[found[1]]} against {named[found[0]]}, {rows['benchmark'][0]}"


def sentence(cursor: Cursor, options: Options) -> str:
    """What the comparison of a pair found, in one sentence."""
    base, other = pair(cursor, options)
    counts = counted(cursor, [base, other], options)
    within = first_samples(cursor, base, other, counts, options)
    found = comparison(counts, base, other, None, options.band, within=within)
    named = pair_labels(cursor, base, other)
    names = Names(named[base], named[other], options.band, 0.95)
    return finding(found.gaps, found.crossing, names)


def checked(cursor: Cursor, options: Options) -> pl.DataFrame:
    """The parity checks of a pair: check, base and other by their labels, state, said."""
    base, other = pair(cursor, options)
    counts = counted(cursor, [base, other], options)
    ours, theirs = (set(counts.filter(run=run)["problem_id"]) for run in (base, other))
    common = sorted(ours & theirs)
    evidence = Evidence(
        queries.runs(cursor),
        queries.run_totals(cursor),
        counts,
        parity_queries.prompt_differences(cursor, base, other, common),
        parity_queries.identical_completions(cursor, base, other, common, LONG),
        parity_queries.finish_reasons(cursor, [base, other]),
    )
    named = pair_labels(cursor, base, other)
    return parity(evidence, base, other, named)


def pair_labels(cursor: Cursor, base: str, other: str) -> dict[str, str]:
    """Labels of base and other, in this order."""
    named = labels(queries.runs(cursor).filter(pl.col("run").is_in([base, other])))
    return {run: named[run] for run in (base, other)}
