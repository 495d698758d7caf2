"""The views of accuracy that lay runs side by side: points, flow between bins, heatmap."""

import polars as pl
import streamlit as st

from app.analysis import flow
from app.analysis.accuracy import by_problem
from app.analysis.wording import amount
from app.cache import work_out
from app.charts.flow import flow_chart
from app.charts.heatmap import accuracy_heatmap_chart
from app.charts.scatter import accuracy_scatter_chart
from app.charts.style import Style, span, styles
from app.components.accuracy import Shown, correct_of_both, follow, pick_pair
from app.components.figure import show_figure
from app.components.tables import show_problems, show_table
from app.components.text import escaped
from app.metrics.accuracy import BINS
from app.selection import address

ANY = "any"
EVERY = ("ahead", "any")
ORDERS = ("accuracy", "benchmark")


def looks(shown: Shown, base: str, other: str) -> tuple[Style, Style]:
    """How the two runs are drawn."""
    drawn = styles([base, other], shown.roles)
    return drawn[base], drawn[other]


def pair_said(pair: flow.Pair) -> str:
    """How many problems and samples a comparison rests on."""
    left_out = (
        f"; {pair.left_out:,} without samples of one of the runs left out" if pair.left_out else ""
    )
    if pair.problems.is_empty():
        return f"no problem with samples of both runs{left_out}"
    n = [span(pair.problems[name].to_list()) for name in ("base_n", "other_n")]
    both = f"n = {n[0]}" if n[0] == n[1] else f"n = {n[0]} and {n[1]}"
    problems = amount(pair.problems.height, "problem")
    return f"{problems} with samples of both runs, {both} each{left_out}"


def show_scatter(shown: Shown) -> None:
    """Each problem as a point, and the problems of one point or one side."""
    base, other = pick_pair(shown)
    jitter = st.toggle(
        "Move points apart", False, key="accuracy_jitter", bind="query-params",
        help="Each problem as a point of its own, moved at random by at most 0.4 / n.",
    )  # fmt: skip
    pair = work_out(flow.paired, shown.counts, base, other)
    points = flow.jittered(pair.problems) if jitter else flow.points(pair.problems)
    names = (shown.labels[base], shown.labels[other])
    most = max(points["count"].to_list(), default=0)
    sized = f"; area: number of problems, {most:,} at most" if most > 1 else ""
    moved = "; each moved by at most 0.4 / n" if jitter else sized
    said = f"{pair_said(pair)}{moved}"
    chart = accuracy_scatter_chart(points, names, looks(shown, base, other), said)
    alt = "accuracy of each problem under base and other"
    marks = show_figure(chart, "accuracy_scatter", alt, data=pair.problems)
    st.caption(
        "Above the dotted line the other run has the higher accuracy. Points scatter by chance"
        " alone: a small distance says little. Click a point, or choose below, for its problems."
    )
    follow([[("point", mark[0])] for mark in marks], "accuracy_points")
    show_problems_of_points(shown, pair.problems, base, other)


def show_problems_of_points(shown: Shown, pair: pl.DataFrame, base: str, other: str) -> None:
    """The problems on one side of the diagonal, or at one point."""
    names = (shown.labels[base], shown.labels[other])
    sides = {
        EVERY: "all",
        ("ahead", "other"): f"{names[1]} higher",
        ("ahead", "equal"): "equal",
        ("ahead", "base"): f"{names[0]} higher",
    }
    each = [("point", name) for name in pair["problem_id"]]
    st.markdown("##### Problems")
    kind, name = st.selectbox(
        "Which", [*sides, *each], key="accuracy_points", bind="query-params",
        format_func=lambda choice: sides.get(choice, f"where {choice[1]} is"),
    )  # fmt: skip
    if kind == "point":
        found = flow.at_point(pair, name)
    else:
        found = pair if name == "any" else pair.filter(pl.col("ahead") == name)
    show_pairs(shown, found, base, other, "accuracy_points_problems")


def show_pairs(shown: Shown, found: pl.DataFrame, base: str, other: str, key: str) -> None:
    """These problems, with links to the samples of one of the two runs."""
    names = (shown.labels[base], shown.labels[other])
    reading = st.segmented_control(
        "Samples of", [base, other], default=base, required=True, format_func=address,
        key="accuracy_reading", bind="query-params",
    )  # fmt: skip
    st.caption(f"{amount(found.height, 'problem')}, correct of n. Each row leads to the samples.")
    show_problems(correct_of_both(found, names), shown.selection, str(reading or base), key)


def show_flow(shown: Shown) -> None:
    """Numbers of problems from bin to bin, and the problems of one cell."""
    base, other = pick_pair(shown)
    pair = work_out(flow.paired, shown.counts, base, other)
    cells = flow.flow(pair.problems)
    ways = dict(cells.group_by("way").agg(pl.col("count").sum()).rows())
    said = (
        f"{pair_said(pair)}; in a higher bin {ways['higher']:,}, in the same {ways['same']:,},"
        f" in a lower one {ways['lower']:,}"
    )
    names = (shown.labels[base], shown.labels[other])
    chart = flow_chart(cells, names, looks(shown, base, other), said)
    alt = "problems by their bin of accuracy under base and other"
    marks = show_figure(chart, "accuracy_flow", alt, data=cells)
    st.caption(
        "A column is a bin of the base: its numbers say where its problems are under the other run."
        " The sums are the two histograms. Click a number, or choose below, for its problems."
    )
    follow(marks, "accuracy_from", "accuracy_to")
    show_problems_of_cell(shown, pair.problems, base, other)
    st.markdown("##### Never, sometimes, always correct")
    show_kinds(pair.problems, names)


def show_problems_of_cell(shown: Shown, pair: pl.DataFrame, base: str, other: str) -> None:
    """The problems that go from one bin to another."""
    st.markdown("##### Problems of one cell")
    options = [ANY, *BINS]
    left, right = st.columns(2)
    before = left.selectbox("Bin of the base", options, key="accuracy_from", bind="query-params")
    after = right.selectbox("Bin of the other", options, key="accuracy_to", bind="query-params")
    wanted = [None if name == ANY else str(name) for name in (before, after)]
    found = flow.between(pair, wanted[0], wanted[1])
    show_pairs(shown, found, base, other, "accuracy_flow_problems")


def show_kinds(pair: pl.DataFrame, names: tuple[str, str]) -> None:
    """The flow in three kinds: rows of the base, columns of the other run."""
    numbers = flow.kinds(pair)
    titles = {kind: f"{names[1]}: {kind}" for kind in flow.KINDS}
    show_table(
        numbers.select(pl.format("{}: {}", pl.lit(names[0]), "base").alias(""), *flow.KINDS).rename(
            titles
        )
    )


def show_heatmap(shown: Shown) -> None:
    """All problems in all runs, and one problem in all runs."""
    left, right = st.columns(2)
    order = left.segmented_control(
        "Problems in the order of", ORDERS, default="accuracy", required=True,
        key="accuracy_order", bind="query-params",
    )  # fmt: skip
    base = None
    if order != "benchmark":
        base = right.selectbox(
            "Accuracy of", shown.runs, format_func=address, key="accuracy_base", bind="query-params"
        )
    cells = work_out(by_problem, shown.counts, base, tuple(shown.runs))
    window = in_window(cells)
    axis = (
        f"problems by accuracy of {shown.labels[base]}"
        if base
        else "problems in the order of the benchmark"
    )
    chart = accuracy_heatmap_chart(window, shown.labels, heatmap_said(window, cells), axis)
    alt = "accuracy of each problem in each run"
    marks = show_figure(chart, "accuracy_heatmap", alt, data=window)
    st.caption(
        "A column is a problem. Where there are no samples the accuracy is undefined: a gap."
        " Click a problem, or choose below, for its samples."
    )
    follow(marks, "accuracy_problem")
    show_one_problem(shown, cells)


def in_window(cells: pl.DataFrame) -> pl.DataFrame:
    """The problems that the reader looks at, by their places."""
    last = cells["problem_id"].n_unique()
    if last < 2:
        return cells
    low, high = st.slider(
        "Places of problems", 1, last, (1, last), key="accuracy_places", bind="query-params"
    )
    return cells.filter(pl.col("place").is_between(low - 1, high - 1))


def heatmap_said(window: pl.DataFrame, cells: pl.DataFrame) -> str:
    """How many problems, runs and samples, and how many gaps."""
    shown, stored = window["problem_id"].n_unique(), cells["problem_id"].n_unique()
    sampled = window.filter(pl.col("n") > 0)["n"].to_list()
    gaps = window.height - len(sampled)
    part = f"{shown:,} of {stored:,}" if shown < stored else f"{stored:,}"
    runs = "1 run" if window["run"].n_unique() == 1 else f"{window['run'].n_unique()} runs"
    n = f"n = {span(sampled)} samples each" if sampled else "no samples"
    undefined = f"; {gaps:,} gaps without samples" if gaps else ""
    noun = "problem" if stored == 1 else "problems"
    return f"{part} {noun}, {runs}, {n}{undefined}; colour: accuracy"


def show_one_problem(shown: Shown, cells: pl.DataFrame) -> None:
    """One problem in every run: a row each, with a link to the samples."""
    st.markdown("##### One problem in all runs")
    # In the benchmark's order whatever the figure's is, so that what a link leaves out stays so.
    places = shown.counts.sort("position", "problem_id")
    problems = places["problem_id"].unique(maintain_order=True).to_list()
    problem = st.selectbox("Problem", problems, key="accuracy_problem", bind="query-params")
    own = cells.filter(pl.col("problem_id") == problem)
    links = [shown.selection.link("reader", run=run, problem=str(problem)) for run in own["run"]]
    st.caption(f"Problem {escaped(str(problem))}: correct of n. Each row leads to the samples.")
    show_table(
        own.select(
            pl.col("run").replace_strict(shown.labels),
            pl.Series("samples", links),
            pl.when(pl.col("n") > 0)
            .then(pl.format("{} of {}", "c", "n"))
            .otherwise(pl.lit("no samples"))
            .alias("correct"),
        ),
        links={"samples": "read"},
    )
