"""The curves of the page pass@k, put together from all benchmarks and panels."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import plotly.graph_objects as go
import polars as pl

from app.analysis import drawing, measures
from app.analysis.beneath import guess_curve, key, published_curves
from app.analysis.facets import FACETS, families, labels_across, panels_of
from app.analysis.forecasts import forecasts
from app.analysis.measures import COT, MAJORITY, PASS, measured
from app.analysis.runs import labels
from app.cache import ask, work_out
from app.charts.panels import Arrow, Cell, foldable
from app.charts.pass_at_k import Look, measure_chart
from app.components.pass_at_k import FAMILIES, ONE, Choice
from app.counted import cot_counts, counts, direct_counts
from app.selection import Selection, described, on_benchmark
from store import queries
from store.queries import answers, reference


class Panel(NamedTuple):
    """The counts of one panel, and the names of its row and column."""

    row: str
    column: str
    benchmark: str
    counts: pl.DataFrame
    selection: Selection  # of the panel's benchmark

    @property
    def runs(self) -> list[str]:
        """The runs that have counts in it."""
        return [str(run) for run in self.counts["run"].unique()]


@dataclass(frozen=True)
class Shown:
    """All that the figure draws; the frames are described in app.charts.pass_at_k."""

    points: pl.DataFrame
    roles: dict[str, str]  # by series
    labels: dict[str, str]  # by run
    full_labels: dict[str, str]  # by run, with the benchmark where several are shown
    counted: pl.DataFrame  # the counts of all runs
    panels: tuple[Panel, ...]
    beneath: pl.DataFrame
    ahead: pl.DataFrame
    missing: tuple[str, ...]  # labels of runs that cannot be measured
    judged_by: dict[str, str]  # benchmark → label of the run whose accuracy is the difficulty
    common: dict[Cell, int]  # where n differs between the curves of a panel
    fold: drawing.Fold | None
    banded: bool
    bare: frozenset[Cell]  # panels with too many curves to draw their bands
    dropped: int  # curves that are not drawn, since there are too many
    efficiency: drawing.Efficiency | None

    @property
    def has_drawn_bands(self) -> bool:
        """Whether a band is drawn in any panel."""
        known = self.points.filter(pl.col("low").is_not_nan())
        return bool({*known.select("row", "column").rows()} - self.bare)


def gathered(selection: Selection, choice: Choice) -> Shown:
    """Everything that the reader chose to see."""
    chosen = [on_benchmark(selection, benchmark) for benchmark in choice.benchmarks]
    named = names(chosen, choice)
    panels = [panel for part in chosen for panel in split(part, choice)]
    ends = tuple(sorted({k for panel in panels for k in measures.ends(panel.counts)}))
    points = in_panels([curves_of(panel, choice, ends) for panel in panels], panels, named)
    common = common_of(points) if choice.over_k else {}
    if choice.common_only and not points.is_empty() and choice.over_k:
        points = drawing.up_to_common(points)
    wanted = drawing.curve_count(points)
    points = drawing.few_enough(points, (1 + choice.forecasts) * (1 + choice.fold))
    ahead = in_panels([ahead_of(panel, choice) for panel in panels], panels, named)
    measured_runs = points["run"].unique().to_list()
    roles = roles_of(chosen, named)
    return Shown(
        points=points,
        roles=roles,
        labels=named,
        full_labels=labels(pl.concat([described(part) for part in chosen])),
        counted=pl.concat([counts(part) for part in chosen]),
        panels=tuple(panels),
        beneath=beneath_of(panels, choice),
        ahead=ahead,
        missing=tuple(named[run] for run in named if run not in measured_runs),
        judged_by={part.benchmark: named[judge(part)] for part in chosen if part.runs},
        common=common,
        fold=fold_of(points, choice),
        dropped=wanted - drawing.curve_count(points),
        banded=bool(points["low"].is_not_nan().any()),
        bare=drawing.bare_panels(points),
        efficiency=smallest_gap(points, roles, chosen, named, choice),
    )


def names(chosen: list[Selection], choice: Choice) -> dict[str, str]:
    """Run → the name of its curve: alike on all benchmarks, unless they share a figure."""
    if choice.panels == ONE or choice.panels in FACETS:
        return labels(pl.concat([described(part) for part in chosen]))
    return labels_across([described(part) for part in chosen])


def roles_of(chosen: list[Selection], named: dict[str, str]) -> dict[str, str]:
    """The role of each curve's model."""
    rows = pl.concat([described(part) for part in chosen]).select("run", "role").rows()
    return {named[run]: role for run, role in rows}


def smallest_gap(
    points: pl.DataFrame,
    roles: dict[str, str],
    chosen: list[Selection],
    named: dict[str, str],
    choice: Choice,
) -> drawing.Efficiency | None:
    """Δ_SE of the run that lacks least against the base that it was trained from."""
    if choice.wanted.measure != PASS:
        return None
    runs = pl.concat([described(part) for part in chosen])
    models = runs.select("model", "benchmark", "run").reverse().rows()
    by_model = {(model, on): run for model, on, run in models}
    return drawing.efficiency(
        points,
        roles,
        {
            named[run]: named[by_model[parent, on]]
            for parent, on, run in runs.select("parent", "benchmark", "run").rows()
            if (parent, on) in by_model
        },
    )


def split(part: Selection, choice: Choice) -> Iterator[Panel]:
    """The panels of one benchmark."""
    counted = cot_counts(part) if choice.wanted.measure == COT else counts(part)
    if choice.panels in FACETS:
        row = part.benchmark if len(choice.benchmarks) > 1 else ""
        yield from by_facet(part, counted, choice.panels, row)
    elif choice.panels == FAMILIES:
        yield from by_family(part, counted)
    else:
        column = "" if choice.panels == ONE else part.benchmark
        yield Panel("", column, part.benchmark, counted, part)


def by_facet(part: Selection, counted: pl.DataFrame, facet: str, row: str) -> Iterator[Panel]:
    """One panel for each value that the benchmark's problems have."""
    base = counted.filter(pl.col("run") == judge(part)) if part.runs else counted
    problems = ask(queries.problems, part.benchmark)
    placed = work_out(panels_of, problems, facet, base)
    for value in placed["panel"].unique(maintain_order=True):
        inside = placed.filter(pl.col("panel") == value)["problem_id"]
        rows = counted.filter(pl.col("problem_id").is_in(inside.implode()))
        if not rows.is_empty():
            yield Panel(row, str(value), part.benchmark, rows, part)


def by_family(part: Selection, counted: pl.DataFrame) -> Iterator[Panel]:
    """One panel for each base model and what was trained from it."""
    roots = families(ask(queries.models))
    by_run = {run: roots[model] for run, model in described(part).select("run", "model").rows()}
    for family in dict.fromkeys(by_run.values()):
        own = [run for run, name in by_run.items() if name == family]
        rows = counted.filter(pl.col("run").is_in(own))
        if not rows.is_empty():
            yield Panel(family, part.benchmark, part.benchmark, rows, part)


def judge(part: Selection) -> str:
    """The run by whose accuracy difficulty is judged: the first base, or the first run."""
    runs = described(part)
    bases = runs.filter(pl.col("role") == "base")["run"]
    return str(bases[0] if len(bases) else runs["run"][0])


def curves_of(panel: Panel, choice: Choice, also: tuple[int, ...]) -> pl.DataFrame:
    """The curves of one panel, measured also at these k, where curves of any panel end."""
    given = None
    if choice.wanted.measure == MAJORITY:
        part = panel.selection
        given = ask(answers.answers, list(part.runs), part.verifier, part.left_out)
    return work_out(measured, panel.counts, choice.wanted, given, also)


def ahead_of(panel: Panel, choice: Choice) -> pl.DataFrame:
    """The forecasts of one panel; none where they are not wanted."""
    return work_out(forecasts, panel.counts if choice.forecasts else panel.counts.clear())


def in_panels(
    parts: list[pl.DataFrame], panels: list[Panel], named: dict[str, str]
) -> pl.DataFrame:
    """The curves of all panels, with row, column, benchmark and series."""
    return pl.concat(
        part.with_columns(
            row=pl.lit(panel.row),
            column=pl.lit(panel.column),
            benchmark=pl.lit(panel.benchmark),
            series=pl.col("run").replace_strict(named, return_dtype=pl.String),
        )
        for part, panel in zip(parts, panels, strict=True)
    )


def beneath_of(panels: list[Panel], choice: Choice) -> pl.DataFrame:
    """Published curves in the panels of their benchmark, or in all where none has it; guessing."""
    columns = ["row", "column", "name", "kind", "x", "value", "source"]
    if choice.wanted.measure != PASS:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    published = published_curves(ask(reference.reference_curves), list(choice.published))
    same = {key(panel.benchmark) for panel in panels} & {key(b) for b in published["benchmark"]}
    parts = []
    for panel in panels:
        keys = pl.Series([key(name) for name in published["benchmark"]], dtype=pl.String)
        fits = published.filter(keys == key(panel.benchmark)) if same else published
        shown = fits if choice.panels not in FACETS else fits.clear()
        guessed = work_out(guess_curve, direct_counts(panel.selection), panel.counts)
        both = [shown.drop("benchmark"), guessed.with_columns(source=pl.lit(""))]
        parts.append(
            pl.concat(both).select(
                pl.lit(panel.row).alias("row"), pl.lit(panel.column).alias("column"), *columns[2:]
            )
        )
    return pl.concat(parts).unique(maintain_order=True)


def common_of(points: pl.DataFrame) -> dict[Cell, int]:
    """The k up to which the curves of a panel can be compared, where their n differ."""
    found = drawing.common_budgets(points).filter("differ")
    return {(row, column): k for row, column, k in found.select("row", "column", "k").rows()}


def fold_of(points: pl.DataFrame, choice: Choice) -> drawing.Fold | None:
    """The broken axis, where it is wanted and possible."""
    cells = list(dict.fromkeys(points.select("row", "column").rows()))
    return drawing.folded(points) if choice.fold and foldable(cells) else None


def figure(shown: Shown, choice: Choice) -> go.Figure:
    """The figure of all panels."""
    look = Look(
        measure=choice.name,
        band=choice.band if shown.has_drawn_bands else "",
        x="k, samples per problem" if choice.over_k else "τ, accuracy of a problem",
        log_x=choice.log_k,
        shared=choice.panels in FACETS,
        bare=shown.bare,
        ahead=choice.forecasts,
        fold=shown.fold,
        arrow=arrow_of(shown),
    )
    return measure_chart(shown.points, shown.roles, look, shown.beneath, shown.ahead, shown.common)


def data(shown: Shown, choice: Choice) -> pl.DataFrame:
    """The numbers behind the figure: of each point its measure, and whether it is a forecast."""
    parts = [
        shown.points.with_columns(part=pl.lit("estimate")),
        shown.ahead.with_columns(part=pl.lit("forecast")),
    ]
    joined = pl.concat(parts, how="diagonal_relaxed")
    return joined.select(
        pl.lit(choice.name).alias("measure"),
        "part",
        "benchmark",
        pl.col("row").alias("panel_row"),
        pl.col("column").alias("panel_column"),
        "run",
        pl.col("series").alias("label"),
        pl.col("x").alias("k" if choice.over_k else "tau"),
        "value",
        "low",
        "high",
        pl.lit(choice.band if shown.banded else "").alias("band"),
        "reliable",
        "solved",
        "problems",
        "n_min",
        "n_max",
    )


def arrow_of(shown: Shown) -> Arrow | None:
    """The smallest Δ_SE, for a folded figure."""
    found = shown.efficiency
    if found is None or found.gap <= 0:
        return None
    return Arrow(found.bottom, found.top, f"Δ_SE = {found.gap:.3f}")
