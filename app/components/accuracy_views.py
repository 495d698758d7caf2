"""The views of accuracy that take each run by itself: histogram and cumulative shares."""

import polars as pl
import streamlit as st

from app.analysis.accuracy import at_least, cumulative, histogram, in_bin, reached_tenths
from app.analysis.published_histograms import laid_beneath, named
from app.cache import ask, work_out
from app.charts.accuracy import accuracy_histogram_chart
from app.charts.accuracy_panels import accuracy_panels_chart
from app.charts.cumulative import cumulative_chart
from app.components.accuracy import Shown, correct_of, follow, pick_run
from app.components.figure import show_figure
from app.components.tables import in_order, show_histogram_numbers, show_problems, show_table
from app.components.text import escaped
from app.metrics.accuracy import BINS
from store import queries
from store.queries.reference import reference_histograms

SINCE = 3  # form of the store, from which on it holds published histograms
FEW = 4  # runs whose bars can be told apart in one pair of axes
LAYOUTS = ("grouped", "overlaid", "one panel per run")


def show_histogram(shown: Shown) -> None:
    """Twelve bins per run, the problems of one bin, and the numbers."""
    bins = work_out(histogram, shown.counts)
    layout = st.segmented_control(
        "Layout", LAYOUTS, default=LAYOUTS[0 if len(shown.runs) <= FEW else 2], required=True,
        key="accuracy_layout", bind="query-params",
    )  # fmt: skip
    published = pick_published(max(bins["problems"].to_list()))
    if layout == "one panel per run":
        chart = accuracy_panels_chart(bins, shown.labels, shown.roles, published)
    else:
        overlaid = layout == "overlaid"
        chart = accuracy_histogram_chart(bins, shown.labels, shown.roles, overlaid, published)
    marks = show_figure(
        chart, "accuracy_histogram", "problems in each bin of accuracy, by run", data=bins
    )
    st.caption("Accuracy is c / n of one problem. Click a bar, or choose below, for its problems.")
    say_published(published, max(bins["problems"].to_list()))
    follow([mark for mark in marks if mark[0] in shown.runs], "accuracy_run", "accuracy_bin")
    show_problems_of_bin(shown)
    st.markdown("##### Numbers of problems")
    show_histogram_numbers(bins, shown.labels)


def pick_published(problems: int) -> pl.DataFrame | None:
    """Published histograms that the reader wants to see behind the runs'; None without any."""
    if int(ask(queries.store_info)["schema_version"]) < SINCE:
        return None
    reference = ask(reference_histograms)
    if reference.is_empty():
        return None
    names = named(reference)["name"].unique(maintain_order=True).to_list()
    picked = st.multiselect(
        "Published histograms behind", names, key="accuracy_published", bind="query-params",
        placeholder="none", help="Read off the figures of arXiv 2504.13837.",
    )  # fmt: skip
    return laid_beneath(reference, picked, problems) if picked else None


def say_published(published: pl.DataFrame | None, problems: int) -> None:
    """Where the published numbers come from, and that they are scaled where they are."""
    if published is None:
        return
    sizes = sorted(set(published["problems"].to_list()) - {problems})
    scaled = (
        f" Those of {', '.join(f'{size:,}' for size in sizes)} problems are drawn as shares of"
        f" {problems:,}."
        if sizes
        else ""
    )
    st.caption(f"Outlined: read off Figs. 5 and 14 of arXiv 2504.13837.{scaled}")


def show_problems_of_bin(shown: Shown) -> None:
    """The problems of one bar."""
    st.markdown("##### Problems of one bar")
    left, right = st.columns(2)
    run = pick_run(shown, left)
    interval = right.selectbox("Accuracy", BINS, key="accuracy_bin", bind="query-params")
    inside = in_bin(shown.counts, run, str(interval))
    st.caption(
        f"{escaped(shown.labels[run])}, accuracy {escaped(str(interval))}: {inside.height}"
        " problems. Each row leads to the samples."
    )
    show_problems(correct_of(inside), shown.selection, run, "accuracy_problems")


def show_cumulative(shown: Shown) -> None:
    """The share of problems that reach each accuracy, the problems that reach one, numbers."""
    steps = work_out(cumulative, shown.counts)
    chart = cumulative_chart(steps, shown.labels, shown.roles)
    alt = "share of problems with at least each accuracy, by run"
    marks = show_figure(chart, "accuracy_cumulative", alt, data=steps)
    st.caption(
        "A line at a: the share of problems of which at least this part of the samples is correct."
        " Just right of 0 it is the share of those with any correct sample. Click a mark, or choose"
        " below, for the problems."
    )
    follow([(mark[0], f"{mark[1]}/{mark[2]}") for mark in marks], "accuracy_run", "accuracy_reach")
    show_problems_that_reach(shown, steps)
    st.markdown("##### Numbers of problems that reach an accuracy")
    show_tenths(shown)


def show_problems_that_reach(shown: Shown, steps: pl.DataFrame) -> None:
    """The problems with at least one accuracy."""
    st.markdown("##### Problems that reach an accuracy")
    left, right = st.columns(2)
    run = pick_run(shown, left)
    own = steps.filter(pl.col("run") == run).sort(pl.col("c") == 0, "accuracy")
    levels = [f"{c}/{n}" for c, n in own.select("c", "n").rows()]
    if not levels:
        st.info("No sample of this run counts. Choose another run.")
        return
    level = str(
        right.selectbox("Accuracy at least", levels, key="accuracy_reach", bind="query-params")
    )
    c, n = (int(number) for number in level.split("/"))
    reached = at_least(shown.counts, run, c, n)
    st.caption(
        f"{escaped(shown.labels[run])}, accuracy ≥ {level}: {reached.height} problems."
        " Each row leads to the samples."
    )
    show_problems(correct_of(reached), shown.selection, run, "accuracy_reached")


def show_tenths(shown: Shown) -> None:
    """A row per accuracy, a column per run."""
    reached = work_out(reached_tenths, shown.counts)
    names = {0: "more than 0", **{tenths: f"≥ {tenths / 10:g}" for tenths in range(1, 11)}}
    cells = reached.select(
        pl.col("tenths").replace_strict(names, return_dtype=pl.String).alias("accuracy"),
        pl.col("run").replace_strict(shown.labels),
        cell=pl.format("{} ({} %)", "count", pl.col("percent").round(1)),
    )
    wide = cells.pivot("run", index="accuracy", values="cell", maintain_order=True)
    show_table(in_order(wide, "accuracy", shown.labels))
