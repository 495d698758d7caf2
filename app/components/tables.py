"""Tables: what was counted, and problems with links to their samples."""

from collections.abc import Mapping, Sequence

import polars as pl
import streamlit as st

from app.analysis.solvable import REGIONS, Summary
from app.cache import ask
from app.components.share import show_share
from app.components.switches import show_switches
from app.components.text import escaped
from app.selection import Selection, chosen
from store import queries

ABSENT = "–"
LONGEST = 28  # characters of a label that a table has room for in a narrow window
UNKNOWN = ("no_answer", "error", "truncated", "unverified")  # of runs with counts only


def heading(title: str, question: str | None) -> None:
    """A page's title, and the question that it answers."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(title, anchor=False, width="stretch")
        with st.container(width="content"):
            show_share()
    st.caption((question or "").strip())
    show_switches(chosen())


def show_table(rows: pl.DataFrame, links: Mapping[str, str] | None = None) -> None:
    """A small table as plain HTML, its cells and headers shown as they are; numbers to the right.

    `links`: column of our own URLs → the word that is shown for them.
    """
    shown = rows.with_columns(
        pl.format("[{}]({})", pl.lit(links[name]), name).alias(name)
        if links and name in links
        else pl.col(name).map_elements(escaped, return_dtype=pl.String)
        for name, dtype in rows.schema.items()
        if dtype == pl.String
    )
    st.table(shown.rename(escaped), border="horizontal", hide_index=True)


def show_rows(
    rows: pl.DataFrame, key: str, links: Mapping[str, str] | None = None, most: int = 6
) -> None:
    """A row per run, whose label comes first: as a small table, or, where runs are many or their
    labels long, as one that scrolls, since it would be cut off in a narrow window.
    """
    longest = max((len(label) for label in rows.to_series(0)), default=0)
    if rows.height <= most and longest <= LONGEST:
        show_table(rows, links)
        return
    columns = {
        name: st.column_config.LinkColumn(name, display_text=word)
        for name, word in (links or {}).items()
    }
    st.dataframe(rows, hide_index=True, key=key, column_config=columns)


def show_counted(counts: pl.DataFrame, labels: dict[str, str]) -> None:
    """What the numbers above rest on, per run: problems, n, and what was counted how."""
    per_run = counts.group_by("run", maintain_order=True).agg(
        pl.col("verifier").first(),
        problems=pl.len(),
        low=pl.col("n").min(),
        high=pl.col("n").max(),
        **{kind: pl.col(kind).sum() for kind in (*UNKNOWN, "left_out")},
    )
    st.markdown("##### What was counted")
    order = pl.col("run").cast(pl.Enum(list(labels)))
    table = known(per_run.sort(order), counts_only()).select(
        pl.col("run").replace_strict(labels).alias("run"),
        "verifier",
        "problems",
        span(pl.col("low"), pl.col("high")).alias("n"),
        pl.col("no_answer").alias("no answer"),
        "error",
        "truncated",
        "unverified",
        pl.col("left_out").alias("left out of n"),
    )
    show_rows(table, "what_was_counted")


def counts_only() -> list[str]:
    """The runs of which counts were imported and no samples."""
    return list(ask(queries.runs).filter(pl.col("samples") == 0)["run"])


def known(table: pl.DataFrame, imported: Sequence[str]) -> pl.DataFrame:
    """The table, with a dash for what is not known of runs of which only counts were imported."""
    unknown = pl.col("run").is_in(list(imported))
    if not table.select(unknown.any()).item():
        return table
    return table.with_columns(
        pl.when(unknown).then(pl.lit(ABSENT)).otherwise(pl.col(kind).cast(pl.String)).alias(kind)
        for kind in UNKNOWN
    )


def span(low: pl.Expr, high: pl.Expr) -> pl.Expr:
    """One number, or the smallest and the largest."""
    both = pl.format("{}–{}", low, high)
    return pl.when(low == high).then(low.cast(pl.String)).otherwise(both)


def in_order(wide: pl.DataFrame, first: str, labels: dict[str, str]) -> pl.DataFrame:
    """The table with its first column, then a column per run in the order of `labels`."""
    return wide.select(first, *(name for name in labels.values() if name in wide.columns))


def three_decimals(column: str) -> pl.Expr:
    """A fraction as text, such as 0.125."""
    return pl.col(column).map_elements(lambda value: f"{value:.3f}", return_dtype=pl.String)


def show_problems(
    problems: pl.DataFrame, selection: Selection, run: str, key: str, height: int = 320
) -> None:
    """Problems, each a link to its samples in `run` where it has any; other columns follow."""
    links = [selection.link("reader", run=run, problem=name) for name in problems["problem_id"]]
    st.dataframe(
        problems.select(
            *([] if run in counts_only() else [pl.Series("samples", links, pl.String)]),
            pl.col("problem_id").alias("problem"),
            pl.exclude("problem_id"),
        ),
        hide_index=True,
        height=height if problems.height > 8 else "content",
        key=key,
        column_config={
            "samples": st.column_config.LinkColumn("samples", display_text="read", width="small"),
        },
    )


def correct_counts(counts: pl.DataFrame, labels: dict[str, str]) -> pl.DataFrame:
    """One row per problem in the benchmark's order; per run a column `c of n`."""
    cells = counts.sort("position", "problem_id").select(
        "problem_id",
        pl.col("run").replace_strict(labels),
        cell=pl.format("{} of {}", "c", "n"),
    )
    wide = cells.pivot("run", index="problem_id", values="cell", maintain_order=True)
    return in_order(wide, "problem_id", labels).fill_null(ABSENT)


def show_download(rows: pl.DataFrame, name: str) -> None:
    """A button that saves all the numbers of the figure as CSV."""
    st.download_button(
        "Download the numbers (CSV)", rows.write_csv(), f"{name}.csv", "text/csv", type="tertiary"
    )


def show_two_by_two(summary: Summary, base: str, other: str) -> None:
    """The four numbers of problems with their shares, and the sums."""
    sizes, shares = summary._asdict(), summary.percent()

    def cell(*regions: str) -> str:
        size, share = sum(sizes[r] for r in regions), sum(shares[r] for r in regions)
        decimals = 1 if summary.how == "expected" else 0
        return f"{size:,.{decimals}f} ({share:.1f}\u00a0%)"

    show_table(
        pl.DataFrame(
            {
                "": [f"{base} solves", f"{base} does not", "sum"],
                f"{other} solves": [
                    cell("both"), cell("only_other"), cell("both", "only_other")
                ],
                f"{other} does not": [
                    cell("only_base"), cell("neither"), cell("only_base", "neither")
                ],
                "sum": [
                    cell("both", "only_base"), cell("only_other", "neither"), cell(*REGIONS)
                ],
            }
        )
    )  # fmt: skip
