"""The problems of a region, the subset check, index lists, and testing a region again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl
import streamlit as st

from app.analysis.retest import candidates, results
from app.analysis.set_lists import (
    Subset,
    bound_said,
    exported,
    index_list,
    members,
    region_name,
    subsets,
)
from app.analysis.sets import EXPECTED, Sets, budgets
from app.analysis.wording import amount
from app.cache import ask
from app.components.naming import label_of
from app.components.solvable import (
    clamp,
    how_counted,
    listed,
    sets_of,
    show_left_out,
)
from app.components.tables import show_table
from app.components.text import escaped
from app.counted import counts
from app.selection import Selection, address, described
from store import queries

UNKNOWN = (
    "Which problems these are cannot be told, so there are no lists: of a run only counts are"
    " stored, and k is less than its n. At k = n of every run, or with runs that have samples, the"
    " problems are listed."
)


def show_members(selection: Selection, found: Sets, region: str, labels: Sequence[str]) -> None:
    """The problems of a region, each with a link to its samples in every run, and their export."""
    inside = members(found, region)
    name = region_name(region, labels)
    if inside.is_empty():
        st.caption(escaped(f"{name}: no problems at k = {found.k:,}. Choose another region."))
        save_regions(found, labels)
        return
    st.caption(
        escaped(
            f"{name}: {amount(inside.height)}. Each c/n is what a run got right of all its samples,"
            " and leads to them."
        )
    )
    stored = dict(described(selection).select("run", "samples").rows())
    columns = [pl.col("problem_id").alias("problem"), "position"]
    links: dict[str, str] = {}
    for i, (run, label) in enumerate(zip(found.runs, labels, strict=True)):
        columns.append(run_cells(selection, inside, i, run, label, bool(stored[run])))
        if stored[run]:
            links[label] = r"#(.+)$"
        if inside[f"bound_{i}"].count():
            columns.append(pl.col(f"bound_{i}").round_sig_figs(3).alias(f"p ≤ · {label}"))
    show_rows(inside.select(columns), "solvable_problems", links)
    show_bound(inside, len(found.runs))
    file = f"solvable_{region}_k{found.k}.csv"
    left, right = st.columns(2)
    left.download_button(
        "Save this region (CSV)", exported(inside, labels).write_csv(), file, "text/csv",
        type="tertiary", key="solvable_region_csv", on_click="ignore",
    )  # fmt: skip
    with right:
        save_regions(found, labels)


def save_regions(found: Sets, labels: Sequence[str]) -> None:
    """A button for all problems with their regions."""
    st.download_button(
        "Save all regions (CSV)", exported(found.problems, labels).write_csv(),
        f"solvable_k{found.k}.csv", "text/csv",
        type="tertiary", key="solvable_regions_csv", on_click="ignore",
    )  # fmt: skip


def run_cells(
    selection: Selection, problems: pl.DataFrame, number: int, run: str, label: str, stored: bool
) -> pl.Series:
    """c/n of one run; where its samples are stored, at the end of the link to them."""
    shown = problems.select(pl.format("{}/{}", f"c_{number}", f"n_{number}").alias(label))[label]
    if not stored:
        return shown
    links = [selection.link("reader", run=run, problem=name) for name in problems["problem_id"]]
    return pl.Series(label, [f"{link}#{cell}" for link, cell in zip(links, shown, strict=True)])


def show_rows(rows: pl.DataFrame, key: str, links: Mapping[str, str]) -> None:
    """A table that scrolls where it is long. `links`: column of URLs → the text shown for them."""
    columns = {
        name: st.column_config.LinkColumn(name, display_text=text) for name, text in links.items()
    }
    st.dataframe(
        rows,
        hide_index=True,
        height=320 if rows.height > 8 else "content",
        key=key,
        column_config=columns,
    )


def show_bound(inside: pl.DataFrame, runs: int) -> None:
    """What the upper bounds in the list are, for the n of the first of them."""
    for i in range(runs):
        unsolved = inside.filter(pl.col(f"bound_{i}").is_not_null())
        if unsolved.height:
            st.caption(escaped(bound_said(int(unsolved[f"n_{i}"][0]))))
            return


def show_subsets(found: Sets, labels: Sequence[str]) -> None:
    """Does the first run solve all that each other one solves? With the exceptions."""
    st.markdown("##### Subset check")
    base = labels[0]
    solved = int(found.total(0))
    st.caption(
        escaped(
            f"{base} solves {solved} of {found.problems.height}. Does it solve what the others do?"
            f" Outside: problems that it does not solve at k = {found.k:,}."
        )
    )
    names = dict(zip(found.runs, labels, strict=True))
    rows = [
        {
            "run": names[check.run],
            "solves": check.solved,
            "outside": check.outside.height,
            "finding": finding(check, names[check.run], base),
            "problems outside, position (id)": exceptions(check),
        }
        for check in subsets(found)
    ]
    show_table(pl.DataFrame(rows))


def exceptions(check: Subset) -> str:
    """The problems outside, each as position (id)."""
    return listed([f"{position} ({name})" for name, position in check.outside.rows()])


def finding(check: Subset, other: str, base: str) -> str:
    """The answer in a few words."""
    return {
        "empty": f"{other} solves none",
        "equal": f"{other} = {base}",
        "subset": f"{other} ⊂ {base}",
        "nearly": f"nearly: all but {check.outside.height}",
        "not a subset": f"no: {check.outside.height} of {check.solved} outside",
    }[check.finding]


def show_index_lists(found: Sets, region: str, labels: Sequence[str]) -> None:
    """What each run solves, and the chosen region, as lists to copy."""
    st.markdown("##### Index lists")
    last = int(found.problems.select(pl.col("position").max()).item() or 0)
    left, middle, right = st.columns(3)
    for key in ("solvable_from", "solvable_to"):
        clamp(key, last)
    first = left.number_input("From position", 0, last, 0, key="solvable_from", bind="query-params")
    end = middle.number_input("to position", 0, last, last, key="solvable_to", bind="query-params")
    written = right.selectbox(
        "Written as", ["positions", "problem ids"], key="solvable_written", bind="query-params"
    )
    column = "position" if written == "positions" else "problem_id"
    st.caption(f"Positions count from 0 in the benchmark's order. k = {found.k:,}.")
    for i, label in enumerate(labels):
        show_list(label, index_list(found, i, int(first), int(end))[column].to_list())
    inside = members(found, region).filter(pl.col("position").is_between(int(first), int(end)))
    show_list(region_name(region, labels), inside[column].to_list())


def show_list(name: str, values: Sequence[object]) -> None:
    """A list with its length, and a button that copies it."""
    st.markdown(f"**{escaped(name)}** ({len(values)})")
    st.code(", ".join(str(value) for value in values) or "none", language=None, wrap_lines=True)


def show_retest(selection: Selection, found: Sets, region: str, labels: Sequence[str]) -> None:
    """The problems of the region tested in a run at a k that may be larger."""
    st.markdown("##### Test these problems again")
    inside = members(found, region)
    name = region_name(region, labels)
    if inside.is_empty():
        st.caption(escaped(f"{name}: there are no such problems at k = {found.k:,}."))
        return
    run = choose_retest_run(selection, found, region)
    label = label_of(selection, run)
    there = replace(selection, runs=(run,), chosen=chosen_with(selection, run))
    counted = counts(there).filter(pl.col("problem_id").is_in(inside["problem_id"].implode()))
    if counted["n"].sum() == 0:
        st.info(escaped(f"{label} has no samples of these problems that count."))
        return
    k = choose_retest_k(counted, run, region)
    again = sets_of(there, counted, (run,), k, min(found.threshold, k))
    say_retest(found, again, f"{name} at k = {found.k:,}: {amount(inside.height)}", label)
    say_left_out(again, inside.height, label)
    show_retested(selection if run in selection.runs else there, again, run)


def chosen_with(selection: Selection, run: str) -> tuple[str, ...]:
    """The runs that a link must name so that this one is among them; none means all."""
    return (*selection.chosen, run) if selection.chosen else ()


def choose_retest_run(selection: Selection, found: Sets, region: str) -> str:
    """Any run on the benchmark; at first one of a model that did not solve, with most samples."""
    stored = ask(queries.runs).filter(pl.col("benchmark") == selection.benchmark)
    unsolved = [run for run, bit in zip(found.runs, region, strict=True) if bit == "0"]
    options = candidates(stored, ask(queries.run_totals), unsolved or list(found.runs))
    run = st.selectbox(
        "Run to test with", options, format_func=address, bind="query-params",
        key=f"solvable_retest_run_{region}",
        help="Any run on this benchmark, also one with more samples of the same model.",
    )  # fmt: skip
    return str(run)


def choose_retest_k(counted: pl.DataFrame, run: str, region: str) -> int:
    """k up to the run's n, at which it starts: a box for each run, since another has another n."""
    least, most = budgets(counted, [run])
    key = f"solvable_retest_k_{region}_{digest(run)}"
    clamp(key, most)
    return int(st.number_input("k to test at", 1, most, least, key=key, bind="query-params"))


def digest(run: str) -> str:
    """What ends a run's id and tells it from all others."""
    return run.rsplit("--", 1)[-1]


def say_retest(found: Sets, again: Sets, asked: str, label: str) -> None:
    """The finding."""
    solved = again.total(0)
    number = f"about {solved:.1f}" if again.how == EXPECTED else f"{solved:.0f}"
    st.markdown(
        escaped(f"{asked}. {label} solves {number} of {again.problems.height} at k = {again.k:,}.")
    )
    st.caption(how_counted(again))
    if again.runs[0] in found.runs and again.k <= found.k:
        st.caption(
            "These are the samples from above. Choose a run with more of them, or draw more."
        )


def say_left_out(again: Sets, problems: int, label: str) -> None:
    """Problems of the region that this run does not have, or has too few samples of."""
    if absent := problems - again.problems.height - again.undefined.height:
        st.caption(f"Not in this run: {amount(absent)}.")
    show_left_out(again, [label])


def show_retested(selection: Selection, again: Sets, run: str) -> None:
    """Each problem with what the run makes of it."""
    rows = results(again).sort("chance", descending=True, maintain_order=True)
    links = [selection.link("reader", run=run, problem=name) for name in rows["problem_id"]]
    chance = "chance" if again.how == EXPECTED else "solved"
    known = pl.when(pl.col("chance") == 1).then(pl.lit("yes")).otherwise(pl.lit("no"))
    show_rows(
        rows.select(
            pl.Series("samples", links),
            pl.col("problem_id").alias("problem"),
            "position",
            (pl.col("chance") if again.how == EXPECTED else known).alias(chance),
            pl.format("{}/{}", "c", "n").alias("c/n"),
            *([pl.col("bound").round_sig_figs(3).alias("p ≤")] if rows["bound"].count() else []),
        ),
        "solvable_retested",
        {"samples": "read"},
    )
    unsolved = rows.filter(pl.col("c") == 0)
    if unsolved.height:
        st.caption(escaped(bound_said(int(unsolved["n"][0]))))
