"""Trainings that differ in a hyper-parameter, such as the KL term or the number of rollouts."""

import polars as pl
import streamlit as st

from app.analysis.ablation import (
    ablation_curves,
    alone,
    by_value,
    compared,
    steps_of,
    tag_values,
)
from app.cache import work_out
from app.charts.ablation import ablation_chart
from app.charts.curve_panels import curve_panels
from app.charts.style import Style, span, style
from app.charts.training import subtitle
from app.components.course import (
    Course,
    checked,
    choose_bands,
    show_behind,
    show_left_out,
    show_pairing,
    show_unreliable,
)
from app.components.figure import show_figure
from app.components.text import escaped
from app.components.training import choose_k

LAST = "last of each"
BY_VALUE, CURVES = "by value", "curves"


def show_ablation(course: Course) -> None:
    """pass@1 and pass@k, or curves, by the value of a hyper-parameter."""
    values = tag_values(checked(course).runs)
    if not values:
        raise ValueError(
            "The chosen checkpoints differ in no hyper-parameter. State them in the study file:"
            " tags = { kl = 0.001, rollouts = 32 } under [[models]]."
        )
    chosen, how = choose_ablation(course, values)
    tag = str(st.session_state["training_tag"])
    if how == BY_VALUE:
        k, bands = choose_k(course), choose_bands()
        rows = work_out(by_value, course.counts, chosen, k, *bands)
        ks = span(rows.filter(pl.col("measure") == "pass@k")["k"].to_list())
        title, said = f"pass@1 and pass@k by {tag}", f"{subtitle(rows)}; {bands.said}"
        figure = ablation_chart(rows, title, said, ks)
    else:
        bands = choose_bands()
        rows = work_out(ablation_curves, course.counts, chosen, *bands)
        drawn = rows.with_columns(panel=pl.lit(tag), line=pl.col("label"))
        said = f"{subtitle(rows)}; {bands.said}"
        figure = curve_panels(drawn, value_styles(chosen), f"pass@k by {tag}", said)
    alt = f"pass@k of trainings that differ in {tag}"
    marks = show_figure(figure, "training_ablation_figure", alt, data=rows, linked_by=[0])
    show_caution(course, tag, chosen)
    show_unreliable(rows["reliable"], hollow=how == BY_VALUE)
    show_left_out(rows)
    show_pairing(course)
    if marks:
        show_behind(course, str(marks[0][0]))


def choose_ablation(course: Course, values: dict[str, list[str]]) -> tuple[pl.DataFrame, str]:
    """The runs to compare, and how they are drawn."""
    left, middle, right = st.columns([2, 2, 3], vertical_alignment="top")
    tag = left.selectbox("Hyper-parameter", list(values), key="training_tag", bind="query-params")
    steps = [LAST, *(str(step) for step in steps_of(course.runs))]
    step = middle.selectbox("Checkpoint at step", steps, key="training_at", bind="query-params")
    how = right.segmented_control(
        "Drawn as", (BY_VALUE, CURVES), default=BY_VALUE, required=True,
        key="training_ablation", bind="query-params",
    )  # fmt: skip
    at = None if step == LAST else int(str(step))
    return compared(course.runs, str(tag), at), str(how)


def show_caution(course: Course, tag: str, chosen: pl.DataFrame) -> None:
    """Whether the trainings differ in nothing else, and at which steps they are compared."""
    own = chosen.filter(pl.col("role") != "base")
    steps = ", ".join(f"{row['label']}: step {row['step']}" for row in own.rows(named=True))
    groups = alone(course.runs, tag)
    said = (
        f"{groups} groups of trainings differ in {tag} and in nothing else that is known."
        if groups
        else f"No two trainings differ in {tag} alone: algorithm, settings or other"
        " hyper-parameters differ too, so what is seen here need not be its effect."
    )
    st.caption(escaped(f"{said} Compared: {steps}."))


def value_styles(chosen: pl.DataFrame) -> dict[str, Style]:
    """One shade per value, one dash per training; the base in its own colour."""
    own = chosen.filter(pl.col("role") != "base")
    settings = own["setting"].unique(maintain_order=True).to_list()
    bases = chosen.filter(pl.col("role") == "base")["label"].to_list()
    found = {label: style("base", place) for place, label in enumerate(bases)}
    for place, row in enumerate(own.rows(named=True)):
        shade = style(row["role"], settings.index(row["setting"]))
        found[row["label"]] = shade._replace(dash=style("rl", place).dash)
    return found
