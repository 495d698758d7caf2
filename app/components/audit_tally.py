"""The paper's table: of the problems that a run hardly ever solves, how many by valid reasoning."""

import polars as pl
import streamlit as st

from app.analysis.tally import problems, tally
from app.cache import work_out
from app.components.audit_desk import HARD
from app.components.definitions import show_definitions
from app.components.tables import counts_only, show_rows
from app.components.text import escaped, show_link
from app.counted import labelled, raw_counts
from app.selection import Selection, described, run_labels

NONE_HARD = (
    "None of the chosen runs solves a problem so rarely: raise the accuracy, or choose other runs"
    " at the left."
)


def show_tally(selection: Selection) -> None:
    """The table for the chosen runs, and what it is made of."""
    below = st.slider(
        "Problems with accuracy above 0 and below … %", 1, 50, 5, key="audit_tally_below",
        bind="query-params", help="The paper's rule: below 5 % (arXiv 2504.13837, section 3.1).",
    )  # fmt: skip
    sampled = ~pl.col("run").is_in(counts_only())
    counts, verdicts = raw_counts(selection).filter(sampled), labelled(selection)
    runs = described(selection).filter(sampled).select("run", "benchmark")
    found = work_out(tally, counts, verdicts, runs, below / 100)
    if not found["answered"].sum():
        st.info(NONE_HARD)
        return
    show_table_of(found, run_labels(selection))
    show_definitions("tally of valid reasoning", "CoT-pass@k")
    show_unread(selection, found, below)
    show_problems_of(selection, work_out(problems, counts, verdicts, below / 100))


def show_table_of(found: pl.DataFrame, labels: dict[str, str]) -> None:
    """A row for each run."""
    st.markdown("##### Problems answered, and with at least one valid chain of thought")
    share = pl.format("{} of {}", "valid", "of")
    rising = pl.format("{} to {} of {}", "valid", pl.col("valid") + pl.col("unread"), "of")
    show_rows(
        found.select(
            pl.col("run").replace_strict(labels),
            "answered",
            pl.when(pl.col("unread") > 0).then(rising).otherwise(share).alias("with valid CoT"),
            pl.col("ambiguous").alias("ambiguous, left out"),
            pl.col("rejected").alias("flawed or guessed"),
            pl.col("unread").alias("not read to the end"),
            pl.format("{} of {}", "samples_read", "samples").alias("correct samples read"),
            "verdicts",
        ),
        "audit_tally",
        most=0,
    )
    st.caption(
        "Answered: with a correct sample. A problem counts as valid when people agree on one of its"
        " correct samples; it is ambiguous when all were read, none is valid and one is ambiguous;"
        " then it is left out of the number that follows “of”. While samples are unread, a range"
        " says what the number may become. Judge models have no say. Runs of which only counts were"
        " imported have nothing to read, and no row."
    )


def show_unread(selection: Selection, found: pl.DataFrame, below: int) -> None:
    """Where the samples that are missing can be read."""
    left = found.select((pl.col("samples") - pl.col("samples_read")).sum()).item()
    if left:
        link = selection.link("audit", audit_queue=HARD, audit_below=below)
        show_link(f"Read the {left:,} correct samples that nobody has read", link)


def show_problems_of(selection: Selection, rows: pl.DataFrame) -> None:
    """Each problem that is tallied, with a link to its samples."""
    st.markdown("##### Problems")
    links = [
        selection.link("reader", run=run, problem=problem)
        for run, problem in rows.select("run", "problem_id").rows()
    ]
    table = rows.select(
        pl.Series("samples", links, pl.String),
        pl.col("run").replace_strict(run_labels(selection)),
        pl.col("problem_id").alias("problem"),
        pl.format("{} of {}", "c", "n").alias("correct"),
        "valid", "flawed", "guess", "ambiguous",
        pl.col("left").alias("unread"),
        pl.col("state").alias("tallied as"),
    )  # fmt: skip
    st.dataframe(
        table,
        hide_index=True,
        key="audit_tally_problems",
        height=320 if table.height > 8 else "content",
        column_config={
            "samples": st.column_config.LinkColumn("samples", display_text="read", width="small")
        },
    )
    st.caption(escaped(f"{table.height:,} rows: one for each run and problem."))
