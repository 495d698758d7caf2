"""Choosing runs, a budget and a region, and showing how large the regions are."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from app.address_bar import imply
from app.analysis.set_lists import all_regions, named_sizes, region_name
from app.analysis.sets import EXACT, EXPECTED, FIRST, Sets, budgets, solvable_sets
from app.analysis.solvable import NAMES, summary
from app.analysis.wording import amount
from app.cache import work_out
from app.charts.style import rank, styles
from app.charts.upset import upset_chart
from app.charts.venn import venn_chart
from app.charts.venn_of_three import venn_of_three_chart
from app.components.figure import show_figure
from app.components.naming import told_by_label
from app.components.tables import show_table, show_two_by_two
from app.components.text import escaped
from app.counted import correct_within
from app.selection import Selection, address, chosen, run_labels, run_roles

MOST_RUNS = 12
COLUMNS = 16  # intersections that an UpSet plot has room for
SIDES = ("base", "other")  # what the two runs of a pair are called in a region's name
NAMED = 20  # problems that a sentence names; more are counted


def choose_runs(selection: Selection, counted: pl.DataFrame) -> tuple[str, ...]:
    """Two to twelve runs in the reader's order; all chosen ones, base first, where none is picked.

    Raises ValueError where there are not two.
    """
    roles, judged = run_roles(selection), set(counted["run"])
    available = sorted((r for r in selection.runs if r in judged), key=lambda r: rank(roles[r]))
    follow_old_link(available)
    picked = st.multiselect(
        "Runs to compare", available, format_func=address, key="solvable_runs",
        bind="query-params", max_selections=MOST_RUNS,
        placeholder="all chosen runs, base first",
        help="Two give a table and a Venn diagram, three a Venn diagram, more an UpSet plot.",
    )  # fmt: skip
    runs = tuple(picked or available[:MOST_RUNS])
    imply("solvable_runs", [address(run) for run in runs])
    say_absent(selection, available, runs)
    if len(runs) < 2:
        raise ValueError("Two runs are needed. Choose more here or at the left.")
    return runs


def follow_old_link(available: Sequence[str]) -> None:
    """Two runs named by the parameters that links had before the page could show more.

    They stay in the URL until the reader picks other runs: what was seeded is not written there.
    """
    named = [st.query_params.get(f"solvable_{side}") for side in SIDES]
    runs = {address(run): run for run in available}
    pair = [runs[name] for name in named if name in runs]
    if len(set(pair)) < 2:
        return
    if "solvable_runs" in st.session_state:
        if st.session_state["solvable_runs"] != pair:
            forget_old_link()
    elif "solvable_runs" not in st.query_params:
        st.session_state["solvable_runs"] = pair


def forget_old_link() -> None:
    """Take those parameters out of the URL."""
    for side in SIDES:
        del st.query_params[f"solvable_{side}"]


def say_absent(selection: Selection, available: Sequence[str], runs: Sequence[str]) -> None:
    """Which of the chosen runs are not shown, and why."""
    if unjudged := [run for run in selection.runs if run not in available]:
        labels = run_labels(selection)
        names = ", ".join(labels[run] for run in unjudged)
        st.caption(escaped(f"Without verdicts of the chosen verifier, and not shown: {names}."))
    if len(available) > MOST_RUNS == len(runs):
        st.caption(f"The first {MOST_RUNS} of {len(available)} runs are shown: pick others above.")


def choose_budget(counted: pl.DataFrame, runs: Sequence[str]) -> tuple[int, int]:
    """k, at first the largest at which every problem counts, and how many must be correct."""
    with told_by_label(run_labels(chosen())):
        least, most = budgets(counted, runs)
    left, right = st.columns(2)
    clamp("solvable_k", most)
    k = left.number_input(
        "k, samples per problem", 1, most, least, key="solvable_k", bind="query-params",
        help="At first the common n: the fewest samples that a problem has in these runs.",
    )  # fmt: skip
    if k == 1:
        right.caption("Threshold: 1 correct of 1.")
        return 1, 1
    threshold = right.slider(
        "Threshold: at least so many correct of k", 1, int(k), 1, key="solvable_threshold",
        bind="query-params",
    )  # fmt: skip
    return int(k), int(threshold)


def clamp(key: str, most: int) -> None:
    """Bring a number that was chosen when more was possible down to what is possible now."""
    if st.session_state.get(key, 0) > most:
        st.session_state[key] = most


def sets_of(
    selection: Selection, counted: pl.DataFrame, runs: tuple[str, ...], k: int, threshold: int
) -> Sets:
    """The regions, from the first k samples of those runs whose counts do not tell."""
    counted = counted.filter(pl.col("run").is_in(runs))
    unlike = counted.filter(pl.col("n") != k)["run"].unique(maintain_order=True).to_list()
    within = None
    if unlike:
        within = correct_within(selection, unlike, k)
    with told_by_label(run_labels(selection)):
        return work_out(solvable_sets, counted, runs, k, threshold, within)


def how_counted(found: Sets) -> str:
    """k, the threshold, and what they mean for these runs."""
    how = {
        EXACT: "k = n of every problem: exact",
        FIRST: "k < n: the first k samples of each problem",
        EXPECTED: "k < n and only counts stored: expected numbers over draws of k samples",
    }[found.how]
    correct = f"at least {found.threshold:,} correct"
    return f"{amount(found.problems.height)}, k = {found.k:,}, {correct}; {how}"


def show_left_out(found: Sets, labels: Sequence[str]) -> None:
    """Problems that are in no region: how many, which, and why."""
    if found.uncommon:
        left = amount(found.uncommon)
        st.caption(f"Left out, since only some of the runs have them: {left}.")
    short = found.undefined
    if short.height:
        ids = short["problem_id"].unique(maintain_order=True).to_list()
        runs = ", ".join(labels[i] for i in sorted(short["run"].unique()))
        st.caption(
            escaped(
                f"{amount(len(ids))} left out, where {runs} has fewer than k = {found.k} samples"
                f" that count, or not all of the first {found.k} verified: {listed(ids)}."
            )
        )


def listed(names: Sequence[object]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(str(name) for name in names[:NAMED])
    return f"{shown} and {len(names) - NAMED} more" if len(names) > NAMED else shown


def show_sets(found: Sets, labels: Sequence[str], roles: Mapping[str, str]) -> str | None:
    """The figure; the region that was clicked."""
    draw = {2: draw_two, 3: draw_three}.get(len(found.runs), draw_many)
    data = named_sizes(found, labels)
    marks = show_figure(
        draw(found, labels, [roles[run] for run in found.runs]), "solvable_figure",
        "how many problems each combination of runs solves", data=data,
    )  # fmt: skip
    clicked = str(marks[0][0]) if marks else None
    return {name: region for region, name in NAMES.items()}.get(str(clicked), clicked)


def draw_two(found: Sets, labels: Sequence[str], roles: Sequence[str]) -> Any:
    """Two circles."""
    sizes, pair = summary(found)[:4], (labels[0], labels[1])
    return venn_chart(*sizes, pair, (roles[0], roles[1]), how_counted(found))


def draw_three(found: Sets, labels: Sequence[str], roles: Sequence[str]) -> Any:
    """Three circles."""
    sizes = {region: found.size(region) for region in all_regions(3)}
    return venn_of_three_chart(sizes, labels, roles, how_counted(found))


def draw_many(found: Sets, labels: Sequence[str], roles: Sequence[str]) -> Any:
    """An UpSet plot of the largest intersections."""
    sizes = named_sizes(found, labels)
    totals = [found.total(i) for i in range(len(found.runs))]
    looks = styles(found.runs, dict(zip(found.runs, roles, strict=True)))
    said = how_counted(found)
    if sizes.height > COLUMNS:
        said += f"; the {COLUMNS} largest of {sizes.height} intersections, all are in the list"
    shown = [looks[run] for run in found.runs]
    return upset_chart(sizes.head(COLUMNS), totals, labels, shown, said)


def show_numbers(found: Sets, labels: Sequence[str]) -> None:
    """The regions with counts and shares: of two runs the paper's table, of more a row each."""
    st.markdown("##### Numbers of problems")
    st.caption(how_counted(found))
    if len(found.runs) == 2:
        show_two_by_two(summary(found), labels[0], labels[1])
        return
    few = all_regions(3) if len(found.runs) == 3 else ()
    digits = 1 if found.how == EXPECTED else 0
    sizes = named_sizes(found, labels, few).head(COLUMNS)
    show_table(
        sizes.select(
            pl.col("name").alias("solved by"),
            *(number_cell("problems", digits), number_cell("percent", 1)),
        )
    )


def number_cell(column: str, digits: int) -> pl.Expr:
    """A number as text with so many decimals."""
    return pl.col(column).map_elements(lambda x: f"{x:,.{digits}f}", return_dtype=pl.String)


def choose_region(found: Sets, labels: Sequence[str], clicked: str | None) -> str:
    """The region whose problems are listed: the one clicked last, or the one chosen here."""
    if clicked != st.session_state.get("solvable_clicked"):
        st.session_state["solvable_clicked"] = clicked
        if clicked:
            st.session_state["solvable_region"] = clicked
    names = SIDES if len(found.runs) == 2 else labels
    options = region_options(found)
    first = first_filled(found, options)
    region = st.selectbox(
        "Solved by", options, options.index(first),
        format_func=lambda region: region_name(region, names), key="solvable_region",
        bind="query-params", help="Or click a region of the figure.",
    )  # fmt: skip
    return str(region)


def region_options(found: Sets) -> list[str]:
    """All regions of two or three runs; of more those that are not empty, the largest first."""
    if len(found.runs) == 2:
        return ["10", "01", "11", "00"]
    if len(found.runs) == 3:
        return all_regions(3)
    return found.sizes["region"].to_list() or ["1" * len(found.runs)]


def first_filled(found: Sets, options: Sequence[str]) -> str:
    """The first region that has problems; the first of all where none has."""
    return next((region for region in options if found.size(region)), options[0])
