"""The samples that a search found, each with the place in its text, and a link to all of it."""

import polars as pl
import streamlit as st

from app.analysis.hits import Found, hits, one_by_one, per_run, snippet
from app.cache import ask
from app.components.problems import Shown
from app.components.problems_search import Asked
from app.components.tables import ABSENT, show_rows
from app.counted import counting_samples
from app.selection import address
from store.queries.search import snippets

ALL_PROBLEMS, ALL_RUNS = "all shown", "all runs"
PAGE = 50  # samples that are listed at once
MOST = 11  # rows that are shown without scrolling
PAGE_KEY = "problems_page"


def show_hits(
    shown: Shown, problems: pl.DataFrame, found: Found | None, asked: Asked | None
) -> None:
    """The matching samples of the problems that are shown, in their order."""
    if found is None or asked is None or found.samples is None or problems.is_empty():
        return
    st.markdown("##### Matching samples")
    inside = found.among(problems["problem_id"].to_list())
    show_rows(per_run(inside, shown.labels), "problems_hits_per_run")
    if not hits(inside):
        st.caption("Only questions match.")
        return
    listed = choose_listed(shown, problems, inside)
    page = choose_page(listed.height)
    part = listed.slice((page - 1) * PAGE, PAGE)
    show_samples(shown, ask(snippets, part, asked.wanted, shown.selection.verifier))


def choose_listed(shown: Shown, problems: pl.DataFrame, inside: Found) -> pl.DataFrame:
    """The matching samples of one problem or all, of one run or all."""
    left, right = st.columns(2)
    names = problems["problem_id"].to_list()
    problem = left.selectbox(
        "Samples of problem", [ALL_PROBLEMS, *names], key="problems_of", bind="query-params"
    )
    run = right.selectbox(
        "Samples of run", [ALL_RUNS, *shown.runs], key="problems_of_run", bind="query-params",
        format_func=lambda run: run if run == ALL_RUNS else address(run),
    )  # fmt: skip
    return one_by_one(
        inside,
        names if problem == ALL_PROBLEMS else [str(problem)],
        shown.runs if run == ALL_RUNS else [str(run)],
    )


def choose_page(samples: int) -> int:
    """Which of the pages of samples is listed."""
    pages = max(1, -(-samples // PAGE))
    if st.session_state.get(PAGE_KEY, 1) > pages:
        st.session_state[PAGE_KEY] = pages
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=PAGE_KEY, bind="query-params")
    first, last = (page - 1) * PAGE + 1, min(page * PAGE, samples)
    st.caption(f"{first:,}–{last:,} of {samples:,} matching samples." if samples else "None match.")
    return page


def show_samples(shown: Shown, listed: pl.DataFrame) -> None:
    """A row per sample. What people and models wrote is drawn as text."""
    if listed.is_empty():
        return
    links = [
        shown.selection.link("reader", run=run, problem=problem, sample=number)
        for run, problem, number in listed.select("run", "problem_id", "sample").rows()
    ]
    outcome = pl.col("outcome").str.replace("_", " ", literal=True).fill_null(ABSENT)
    table = with_outcomes(shown, listed).select(
        pl.Series("link", links, dtype=pl.String),
        pl.col("problem_id").alias("problem"),
        *([pl.col("run").replace_strict(shown.labels)] if len(shown.runs) > 1 else []),
        "sample",
        outcome,
        "matches",
        snippet(pl.col("before"), pl.col("matched"), pl.col("after")).alias("text"),
    )
    st.dataframe(
        table, hide_index=True, key="problems_samples",
        height="content" if table.height <= MOST else 420,
        column_config={
            "link": st.column_config.LinkColumn("sample", display_text="read", width="small"),
            "matches": st.column_config.NumberColumn("matches", help="In the text of the sample."),
            "text": st.column_config.TextColumn("first match", width="large"),
        },
    )  # fmt: skip


def with_outcomes(shown: Shown, listed: pl.DataFrame) -> pl.DataFrame:
    """The samples with the outcome that reviewers leave them, where audits count."""
    if not shown.selection.audited:
        return listed
    parts = [
        counting_samples(shown.selection, run, listed.filter(pl.col("run") == run))
        for run in listed["run"].unique(maintain_order=True)
    ]
    revised = pl.concat(parts).select("run", "problem_id", "sample", "outcome")
    key = ["run", "problem_id", "sample"]
    return listed.drop("outcome").join(revised, on=key, how="left", maintain_order="left")
