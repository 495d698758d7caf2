"""The page `training`: its views, and those against the step of a training."""

import polars as pl
import streamlit as st

from app.analysis.training import by_step, largest_n, shared_k, surface
from app.cache import work_out
from app.charts.curve_panels import curve_panels
from app.charts.style import Style, span, style
from app.charts.surface import surface_chart
from app.charts.training import steps_chart, subtitle
from app.components.course import (
    NARROW,
    Course,
    checked,
    choose_bands,
    controls,
    show_behind,
    show_left_out,
    show_pairing,
    show_unreliable,
)
from app.components.figure import show_figure
from app.components.tables import show_table, three_decimals

LARGEST, COMMON, GIVEN = "largest of each", "common to all", "given"
SURFACE, GAP, PANELS = "pass@k", "gap to the base", "curves"
STEP_COLOURS = ("#A07C0E", "#C4701A", "#D5651C", "#C9504A", "#B8475A", "#A3477E")


def choose_k(course: Course) -> int | None:
    """The k of pass@k; None: the largest that the runs of each comparison allow."""
    row = controls()
    how = row.segmented_control(
        "k of pass@k", (LARGEST, COMMON, GIVEN), default=LARGEST, required=True,
        key="training_budget", bind="query-params",
        help="Largest of each: the largest k that the runs of one comparison allow. Common to all:"
        " the largest that all chosen runs allow. pass@k is undefined beyond a problem's n.",
    )  # fmt: skip
    if how == LARGEST:
        return None
    common = max(shared_k(course.counts, course.runs), 1)
    if how == COMMON:
        st.caption(f"The largest k that all chosen runs allow: {common}.")
        return common
    most = largest_n(course.counts)
    wanted = row.number_input(
        "k", 1, most, common, key="training_k", bind="query-params", width=NARROW
    )
    return int(wanted)


def show_steps(course: Course) -> None:
    """pass@1 and pass@k against the training step."""
    checked(course)
    k, bands = choose_k(course), choose_bands()
    points = work_out(by_step, course.counts, course.runs, k, *bands)
    top = points.filter(pl.col("measure") == "pass@k")
    figure = steps_chart(points, span(top["k"].to_list()), bands.said)
    alt = "pass@1 and pass@k against the training step, a line per training"
    marks = show_figure(figure, "training_steps", alt, data=points, linked_by=[0])
    st.caption(
        "Step 0 is the base. Each training is shown over the problems that all of its runs have."
        " Click a mark for the problems behind it."
    )
    show_unreliable(points["reliable"], hollow=True)
    show_left_out(points)
    show_pairing(course)
    st.markdown("##### Numbers, with the band")
    show_step_numbers(points)
    if marks:
        show_behind(course, str(marks[0][0]))


def show_step_numbers(points: pl.DataFrame) -> None:
    """A row per training and step."""
    cells = points.with_columns(
        cell=pl.when(pl.col("value").is_nan())
        .then(pl.lit("–"))
        .when(pl.col("low").is_nan())
        .then(three_decimals("value"))
        .otherwise(
            pl.format(
                "{} [{},\N{NO-BREAK SPACE}{}]",
                *(three_decimals(x) for x in ("value", "low", "high")),
            )
        )
    )
    wide = cells.pivot(
        "measure", index=["series", "step", "model", "problems"], values="cell", maintain_order=True
    )
    ks = points.filter(pl.col("measure") == "pass@k").select("series", "step", "model", "k")
    rows = wide.join(ks, on=["series", "step", "model"], how="left", maintain_order="left")
    show_table(
        rows.select(
            pl.col("series").alias("training"), "step", "model", "pass@1", "pass@k", "k", "problems"
        )
    )


def show_surface(course: Course) -> None:
    """pass@k over k and step."""
    checked(course)
    how = st.segmented_control(
        "Drawn as", (SURFACE, GAP, PANELS), default=SURFACE, required=True,
        key="training_surface", bind="query-params",
    )  # fmt: skip
    bands = choose_bands()
    points = work_out(surface, course.counts, course.runs, *bands)
    if how == PANELS:
        panels = points.with_columns(
            panel=pl.col("series"), line=pl.format("step {}", "step").replace("step 0", "base")
        )
        said = f"{subtitle(points)}; {bands.said}"
        figure = curve_panels(panels, step_styles(points), "pass@k by training step", said)
    else:
        colour = "colour: other − base" if how == GAP else "colour: pass@k"
        figure = surface_chart(points, how == GAP, f"{subtitle(points)}; {colour}")
    alt = "pass@k over k and training step, a panel per training"
    marks = show_figure(figure, "training_surface_figure", alt, data=points, linked_by=[0])
    st.caption(
        "Step 0 is the base. k goes up to the largest one that all runs of a training allow; at"
        " most 40 values of k are drawn. Limits of the bands are told on hover and in the CSV."
    )
    show_left_out(points)
    show_pairing(course)
    if marks:
        show_behind(course, str(marks[0][0]))


def step_styles(points: pl.DataFrame) -> dict[str, Style]:
    """The base's colour, and for the steps colours from yellow to purple."""
    steps = [step for step in sorted(points["step"].unique()) if step]
    last = max(len(steps) - 1, 1)
    found = {"base": style("base", 0)}
    for place, step in enumerate(steps):
        colour = STEP_COLOURS[place * (len(STEP_COLOURS) - 1) // last]
        found[f"step {step}"] = style("rl", place)._replace(colour=colour)
    return found
