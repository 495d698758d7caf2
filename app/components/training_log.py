"""Reward, response length and entropy as the trainer logged them."""

import polars as pl
import streamlit as st

from app.analysis.dynamics import log_lines, published_lines, repeated
from app.cache import ask
from app.charts.training import dynamics_chart
from app.components.course import Course
from app.components.figure import show_figure
from app.components.published import published, say_unpublished
from app.components.text import escaped
from store import queries
from store.queries import reference


def show_training_log(_course: Course) -> None:
    """A panel per quantity, a line per log, published values beneath if wanted."""
    log = ask(queries.training_log)
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    picked = left.multiselect(
        "Training logs", log["model"].unique().sort().to_list(),
        key="training_logs", bind="query-params", placeholder="all logs",
    )  # fmt: skip
    beneath = right.toggle(
        "Published values", False, key="training_published", bind="query-params",
        help="arXiv 2504.13837, Fig. 19, as digitised: Qwen2.5-7B on Omni-MATH.",
    )  # fmt: skip
    if log.is_empty():
        st.info(escaped(missing()))
    lines = log_lines(log, picked)
    found = published(reference.reference_dynamics) if beneath else None
    if beneath and found is None:
        say_unpublished()
    shown = lines if found is None else pl.concat([lines, published_lines(found)])
    if shown.is_empty():
        return
    alt = "reward, response length and entropy against the training step"
    show_figure(dynamics_chart(shown), "training_log", alt, data=shown)
    said = f"As the trainer logged it; what it did not log is a gap.{said_repeated(lines)}"
    st.caption(escaped(said))
    if found is not None:
        sources = ", ".join(sorted(found["source"].unique()))
        st.caption(escaped(f"Grey, dashed: {sources}. Another model's training, for comparison."))


def missing() -> str:
    """What to do without a training log."""
    return (
        "The study has no training log. Put a CSV with the columns step, reward, response_length"
        " and entropy at training_log/MODEL.csv in the study's folder, or name it as training_log"
        " under [[models]] of the study file, then publish the study again."
    )


def said_repeated(lines: pl.DataFrame) -> str:
    """How many values are at a step that their log has twice."""
    number = repeated(lines)
    return f" {number} values are at a step that their log states more than once." if number else ""
