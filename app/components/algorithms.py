"""The algorithms side by side, on all benchmarks of the study."""

from collections.abc import Callable, Mapping

import polars as pl
import streamlit as st

from app.analysis.algorithms import (
    ALL,
    HOW,
    SAME,
    algorithm_table,
    at_steps,
    common_step,
    ks_said,
    not_behind,
    points,
    ranges,
    row_names,
)
from app.cache import ask, work_out
from app.charts.algorithms import efficiency_chart
from app.components.course import (
    NARROW,
    Bands,
    Course,
    checked,
    choose_bands,
    controls,
    course_of,
    listed,
    show_behind,
    show_left_out,
    show_pairing,
    show_unreliable,
)
from app.components.figure import show_figure
from app.components.tables import ABSENT, show_table
from app.components.text import escaped
from app.components.training import choose_k
from app.selection import address, on_benchmark
from store import queries


def show_algorithms(course: Course) -> None:
    """The table of pass@1, pass@k and Δ_SE, and Δ_SE as bars."""
    if course.counted.is_empty() or course.runs.filter(pl.col("base").is_not_null()).is_empty():
        checked(course)
    courses = choose_benchmarks(course)
    every = pl.concat([each.runs for each in courses])
    how, step = choose_checkpoints(every)
    k, bands = choose_k(course), choose_bands()
    names = row_names(every)
    table = pl.concat([table_of(each, how, step, k, bands) for each in courses])
    show_algorithm_table(table, names)
    show_claims(table, names)
    show_gaps(table, names, courses, bands)
    show_unreliable(table["reliable"])
    show_left_out(table)
    show_unneeded(courses)
    show_pairing(*courses)


def choose_benchmarks(course: Course) -> list[Course]:
    """The course on each benchmark that the reader wants: training set, test set, out of domain."""
    models = course.every["model"].unique().to_list()
    stored = ask(queries.runs).filter(pl.col("model").is_in(models))
    available = sorted(stored["benchmark"].unique())
    picked = st.multiselect(
        "Benchmarks: training set, test set, out of domain", available, key="training_benchmarks",
        bind="query-params", placeholder="all benchmarks of these models",
    )  # fmt: skip
    return [
        course
        if name == course.selection.benchmark
        else course_of(on_benchmark(course.selection, name))
        for name in picked or available
    ]


def choose_checkpoints(placed: pl.DataFrame) -> tuple[str, int | None]:
    """Which checkpoint of each training is compared."""
    common = common_step(placed)
    steps = sorted(placed.filter(pl.col("series").is_not_null())["step"].unique())
    if not steps:
        return ALL, None
    row = controls()
    options = HOW if common is not None else HOW[1:]
    how = row.segmented_control(
        "Checkpoints", options, default=options[0], required=True,
        key="training_checkpoints", bind="query-params",
        help="Algorithms are compared fairly at the same step. Not offered where they have none in"
        " common.",
    )  # fmt: skip
    if how != SAME:
        return str(how), None
    index = steps.index(common) if common in steps else 0
    step = row.selectbox(
        "Step", steps, index=index, key="training_step", bind="query-params", width=NARROW
    )
    return SAME, int(step)


def table_of(
    course: Course, how: str, step: int | None, k: int | None, bands: Bands
) -> pl.DataFrame:
    """The rows of one benchmark: the models compared, and the bases that they are compared with."""
    shown = at_steps(course.runs, how, step)
    needed = pl.col("run").is_in(shown["base"].drop_nulls().implode())
    shown = shown.filter((pl.col("role") != "base") | needed)
    return work_out(algorithm_table, course.counts, shown, k, *bands)


def show_unneeded(courses: list[Course]) -> None:
    """How many base runs nothing is compared with."""
    unneeded = [
        address(str(run))
        for course in courses
        for run, role in course.runs.select("run", "role").rows()
        if role == "base" and run not in course.runs["base"]
    ]
    for sentence in listed("Base runs that no model is compared with, not in the table", unneeded):
        st.caption(escaped(sentence))


def show_algorithm_table(table: pl.DataFrame, names: Mapping[str, str]) -> None:
    """pass@1 and pass@k of each model per benchmark, as Tables 3 and 4; then Δ_SE."""
    st.markdown("##### pass@1 and pass@k, in per cent")
    show_table(side_by_side(table, names, curve_columns))
    st.caption(escaped(rests_on(table)))
    st.markdown("##### Δ\\_SE, in points")
    show_table(side_by_side(compared(table), names, gap_column))
    st.caption(
        "◂ marks the smallest Δ\\_SE of a benchmark among the models trained by RL. A base has no"
        " gap to itself."
    )


def side_by_side(
    table: pl.DataFrame,
    names: Mapping[str, str],
    columns: Callable[[str, pl.DataFrame, Mapping[str, str]], pl.DataFrame],
) -> pl.DataFrame:
    """A row per model, and the columns of each benchmark."""
    wide = pl.DataFrame({"": list(dict.fromkeys(names[run] for run in table["run"]))})
    for benchmark, part in by_benchmark(table):
        own = columns(benchmark, part, names)
        wide = wide.join(own, on="", how="left", maintain_order="left")
    return wide.with_columns(pl.exclude("").fill_null(ABSENT))


def by_benchmark(table: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """The rows of each benchmark."""
    parts = table.partition_by("benchmark", as_dict=True, maintain_order=True)
    return [(str(benchmark), part) for (benchmark,), part in parts.items()]


def rests_on(table: pl.DataFrame) -> str:
    """Per benchmark k and how many problems; where k differs, the cells say it."""
    said = [
        f"{benchmark}: k = {ks_said(part['k'].to_list())}, Δ_SE with the base at k ="
        f" {ks_said(compared(part)['delta_k'].to_list())}, {ks_said(part['problems'].to_list())}"
        f" {'problem' if part['problems'].max() == 1 else 'problems'}"
        for benchmark, part in by_benchmark(table)
    ]
    return "; ".join(said) + ". Where k differs, it is written beside the number."


def curve_columns(benchmark: str, part: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """pass@1 and pass@k on one benchmark."""
    differ = part["k"].n_unique() > 1
    top = "pass@k" if differ else f"pass@{part['k'][0]}"
    records = part.to_dicts()
    return pl.DataFrame(
        {
            "": [names[row["run"]] for row in records],
            f"{benchmark} pass@1": [cell(row["pass_1"]) for row in records],
            f"{benchmark} {top}": [
                cell(row["pass_k"]) + (f" (k {row['k']})" if differ else "") for row in records
            ],
        }
    )


def gap_column(benchmark: str, part: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """Δ_SE with its band on one benchmark."""
    records = part.to_dicts()
    return pl.DataFrame(
        {
            "": [names[row["run"]] for row in records],
            benchmark: [
                cell(row["delta_se"]) + limits(row) + (" ◂" if row["smallest"] else "")
                for row in records
            ],
        }
    )


def limits(row: Mapping[str, float]) -> str:
    """The band of Δ_SE in brackets; nothing without one."""
    low, high = row["delta_se_low"], row["delta_se_high"]
    return f" [{points(low)},\N{NO-BREAK SPACE}{points(high)}]" if low == low else ""


def compared(table: pl.DataFrame) -> pl.DataFrame:
    """The rows of runs that have a base."""
    return table.filter(pl.col("base").is_not_null())


def cell(fraction: float) -> str:
    """A fraction in per cent."""
    return ABSENT if fraction != fraction else points(fraction)


def show_claims(table: pl.DataFrame, names: Mapping[str, str]) -> None:
    """From where to where Δ_SE goes, and who is not behind the base at k_max."""
    spread, level = ranges(table, names), not_behind(table, names)
    if spread:
        st.markdown(f"**Δ\\_SE, in points.** {escaped(' '.join(spread))}")
    if level:
        st.markdown(
            "**pass@k not below the base's, at the k of the row (points).** "
            + escaped(" ".join(level))
        )


def show_gaps(
    table: pl.DataFrame, names: Mapping[str, str], courses: list[Course], bands: Bands
) -> None:
    """Δ_SE as bars; a click leads to the problems."""
    known = table.filter(pl.col("delta_se").is_not_nan())
    if known.is_empty():
        st.info("Δ_SE is undefined: no run has a base that has at least k samples of each problem.")
        return
    ks, problems = ks_said(known["delta_k"].to_list()), ks_said(known["problems"].to_list())
    noun = "problem" if known["problems"].max() == 1 else "problems"
    said = f"base pass@k − own pass@1, k = {ks}; {problems} {noun}; {bands.said}"
    figure = efficiency_chart(table, names, said)
    alt = "sampling efficiency gap of each model on each benchmark"
    marks = show_figure(figure, "training_gaps", alt, data=table, linked_by=[0])
    st.caption(
        "The bar with an outline and ◂ is the smallest. Click a bar for the problems behind it."
    )
    for each in courses:
        if marks and marks[0][0] in each.labels:
            show_behind(each, str(marks[0][0]))
