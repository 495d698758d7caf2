"""The views of accuracy that take each run by itself: histogram and cumulative shares."""

import polars as pl
import streamlit as st

from app.analysis.accuracy import at_least, cumulative, histogram, in_bin, reached_tenths
from app.analysis.published_histograms import laid_beneath, named
from app.analysis.wording import amount
from app.cache import work_out
from app.charts.accuracy import accuracy_histogram_chart
from app.charts.accuracy_panels import accuracy_panels_chart
from app.charts.cumulative import cumulative_chart
from app.charts.style import span
from app.components.accuracy import Shown, correct_of, follow, pick_run
from app.components.figure import show_figure
from app.components.published import published
from app.components.tables import in_order, show_problems, show_table
from app.components.text import escaped
from app.metrics.accuracy import BINS
from store.queries.reference import reference_histograms

FEW = 4  # runs whose bars can be told apart in one pair of axes
SIDE_BY_SIDE = 5  # runs whose numbers have room in a window of 900 pixels
CELL = "{}\N{NO-BREAK SPACE}({}\N{NO-BREAK SPACE}%)"
LAYOUTS = ("grouped", "overlaid", "one panel per run")


def show_histogram(shown: Shown) -> None:
    """Twelve bins per run, the problems of one bin, and the numbers."""
    bins = work_out(histogram, shown.counts)
    layout = st.segmented_control(
        "Layout", LAYOUTS, default=LAYOUTS[0 if len(shown.runs) <= FEW else 2], required=True,
        key="accuracy_layout", bind="query-params",
    )  # fmt: skip
    behind = pick_published(max(bins["problems"].to_list()))
    if layout == "one panel per run":
        chart = accuracy_panels_chart(bins, shown.labels, shown.roles, behind)
    else:
        overlaid = layout == "overlaid"
        chart = accuracy_histogram_chart(bins, shown.labels, shown.roles, overlaid, behind)
    marks = show_figure(
        chart, "accuracy_histogram", "problems in each bin of accuracy, by run", data=bins
    )
    st.caption(
        "Accuracy is c / n of one problem. Click a bar, or choose below, for its problems."
        + ("" if layout == LAYOUTS[2] else without_per_cent(bins["problems"].to_list()))
    )
    say_published(behind, max(bins["problems"].to_list()))
    follow([mark for mark in marks if mark[0] in shown.runs], "accuracy_run", "accuracy_bin")
    show_problems_of_bin(shown)
    st.markdown("##### Numbers of problems")
    numbers = bins.with_columns(pl.col("bin").alias("accuracy"))
    show_numbers(numbers, shown.labels, "accuracy_bins")


def without_per_cent(problems: list[int]) -> str:
    """Why there is no axis of per cent, where there is none."""
    if min(problems) == max(problems):
        return ""
    return (
        f" There is no axis of per cent, since the runs have {span(problems)} problems: the same"
        " height is another share in each. Pointing at a bar tells its share."
    )


def pick_published(problems: int) -> pl.DataFrame | None:
    """Published histograms that the reader wants to see behind the runs'; None without any."""
    reference = published(reference_histograms)
    if reference is None:
        return None
    names = named(reference)["name"].unique(maintain_order=True).to_list()
    picked = st.multiselect(
        "Published histograms behind", names, key="accuracy_published", bind="query-params",
        placeholder="none", help="Read off the figures of arXiv 2504.13837.",
    )  # fmt: skip
    return laid_beneath(reference, picked, problems) if picked else None


def say_published(behind: pl.DataFrame | None, problems: int) -> None:
    """Where the published numbers come from, and that they are scaled where they are."""
    if behind is None:
        return
    sizes = sorted(set(behind["problems"].to_list()) - {problems})
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
        f"{escaped(shown.labels[run])}, accuracy {escaped(str(interval))}:"
        f" {amount(inside.height, 'problem')}. Each row leads to the samples."
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
        f"{escaped(shown.labels[run])}, accuracy ≥ {level}:"
        f" {amount(reached.height, 'problem')}."
        " Each row leads to the samples."
    )
    show_problems(correct_of(reached), shown.selection, run, "accuracy_reached")


def show_tenths(shown: Shown) -> None:
    """A row per accuracy, a column per run."""
    reached = work_out(reached_tenths, shown.counts)
    names = {0: "more than 0", **{tenths: f"≥ {tenths / 10:g}" for tenths in range(1, 11)}}
    numbers = reached.with_columns(
        pl.col("tenths").replace_strict(names, return_dtype=pl.String).alias("accuracy")
    )
    show_numbers(numbers, shown.labels, "accuracy_tenths")


def show_numbers(rows: pl.DataFrame, labels: dict[str, str], key: str) -> None:
    """A row per accuracy, a column per run; columns of many runs are scrolled through.

    `rows` has the columns accuracy, run, count and percent.
    """
    cells = rows.select(
        "accuracy",
        pl.col("run").replace_strict(labels),
        cell=pl.format(CELL, "count", pl.col("percent").round(1)),
    )
    wide = cells.pivot("run", index="accuracy", values="cell", maintain_order=True)
    table = in_order(wide, "accuracy", labels)
    if table.width - 1 <= SIDE_BY_SIDE:
        show_table(table)
    else:
        first = {"accuracy": st.column_config.TextColumn(pinned=True)}
        st.dataframe(table, hide_index=True, height="content", key=key, column_config=first)
