"""The problems behind a mark of the page pass@k."""

from typing import Any, NamedTuple

import polars as pl

from app.charts.style import said_problems
from app.components.pass_at_k_panels import Shown
from app.selection import Selection, described


class Behind(NamedTuple):
    """The counts behind what was clicked, or all of the sidebar's benchmark."""

    counts: pl.DataFrame
    selection: Selection  # of their benchmark
    run: str  # whose samples their links lead to
    labels: dict[str, str]
    said: str


def behind(shown: Shown, marks: list[list[Any]], selection: Selection) -> Behind:
    """The problems behind the clicked mark: those of its run and panel."""
    if not marks:
        first = shown.counted.filter(pl.col("run").is_in(selection.runs))
        stored = described(selection).filter(pl.col("samples") > 0)["run"]
        reads = [run for run in selection.runs if run in stored]
        said = "All runs."
        if reads:
            said += f" Each row leads to the samples of {shown.full_labels[reads[0]]}."
        own = {run: shown.full_labels[run] for run in selection.runs}
        return Behind(first, selection, (reads or selection.runs)[0], own, said)
    run, k, _, _, row, column = marks[0]
    panel = next(p for p in shown.panels if (p.row, p.column) == (row, column) and run in p.runs)
    part = panel.counts.filter(pl.col("run") == run)
    where = " · ".join(name for name in (row, column) if name)
    solved = part.filter(pl.col("c") > 0).height
    who = shown.labels[str(run)] + (f" in {where}" if where else "")
    said = f"{who}: {said_problems([part.height])}, of which"
    said += f" {solved} {'has' if solved == 1 else 'have'} a correct sample. Clicked: {k:g}."
    return Behind(part, panel.selection, str(run), {str(run): shown.labels[str(run)]}, said)
