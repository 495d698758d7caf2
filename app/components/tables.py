"""Tables: what was counted, numbers of curves, and problems with links to their samples."""

from collections.abc import Mapping

import polars as pl
import streamlit as st

from app.analysis.solvable import REGIONS, Summary
from app.components.switches import show_switches
from app.components.text import escaped
from app.selection import Selection, chosen

ABSENT = "–"


def heading(title: str, question: str | None) -> None:
    """A page's title, and the question that it answers."""
    st.title(title, anchor=False)
    st.caption((question or "").strip())
    show_switches(chosen())


def show_table(rows: pl.DataFrame, links: Mapping[str, str] | None = None) -> None:
    """A small table as plain HTML, its cells shown as they are; numbers to the right.

    `links`: column of our own URLs → the word that is shown for them.
    """
    shown = rows.with_columns(
        pl.format("[{}]({})", pl.lit(links[name]), name).alias(name)
        if links and name in links
        else pl.col(name).map_elements(escaped, return_dtype=pl.String)
        for name, dtype in rows.schema.items()
        if dtype == pl.String
    )
    st.table(shown, border="horizontal", hide_index=True)


def show_counted(counts: pl.DataFrame, labels: dict[str, str]) -> None:
    """What the numbers above rest on, per run: problems, n, and what was counted how."""
    kinds = ("no_answer", "error", "truncated", "unverified", "left_out")
    per_run = counts.group_by("run", maintain_order=True).agg(
        pl.col("verifier").first(),
        problems=pl.len(),
        low=pl.col("n").min(),
        high=pl.col("n").max(),
        **{kind: pl.col(kind).sum() for kind in kinds},
    )
    st.markdown("##### What was counted")
    order = pl.col("run").cast(pl.Enum(list(labels)))
    show_table(
        per_run.sort(order).select(
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
    )


def span(low: pl.Expr, high: pl.Expr) -> pl.Expr:
    """One number, or the smallest and the largest."""
    both = pl.format("{}–{}", low, high)
    return pl.when(low == high).then(low.cast(pl.String)).otherwise(both)


def show_curve_numbers(curves: pl.DataFrame, labels: dict[str, str]) -> None:
    """pass@k with its band at powers of two and at the last k: a row per k, a column per run."""
    last = pl.col("k") == pl.col("k").max()
    power = (pl.col("k") & (pl.col("k") - 1)) == 0
    cells = curves.filter(power | last).select(
        "k",
        pl.col("run").replace_strict(labels),
        cell=pl.when(pl.col("pass_at_k").is_nan())
        .then(pl.lit(ABSENT))
        .otherwise(
            pl.format("{} [{}, {}]", *(three_decimals(x) for x in ("pass_at_k", "low", "high")))
        ),
    )
    wide = in_order(cells.pivot("run", index="k", values="cell").sort("k"), "k", labels)
    show_table(wide.with_columns(pl.exclude("k").fill_null(ABSENT)))


def in_order(wide: pl.DataFrame, first: str, labels: dict[str, str]) -> pl.DataFrame:
    """The table with its first column, then a column per run in the order of `labels`."""
    return wide.select(first, *(name for name in labels.values() if name in wide.columns))


def three_decimals(column: str) -> pl.Expr:
    """A fraction as text, such as 0.125."""
    return pl.col(column).map_elements(lambda value: f"{value:.3f}", return_dtype=pl.String)


def show_problems(
    problems: pl.DataFrame, selection: Selection, run: str, key: str, height: int = 320
) -> None:
    """Problems, each a link to its samples in `run`; other columns of `problems` follow."""
    links = [selection.link("reader", run=run, problem=name) for name in problems["problem_id"]]
    st.dataframe(
        problems.select(
            pl.Series("samples", links),
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


def show_histogram_numbers(bins: pl.DataFrame, labels: dict[str, str]) -> None:
    """Problems and per cent in each of the twelve intervals: a row per interval."""
    cells = bins.select(
        pl.col("bin").alias("accuracy"),
        pl.col("run").replace_strict(labels),
        cell=pl.format("{} ({} %)", "count", pl.col("percent").round(1)),
    )
    wide = cells.pivot("run", index="accuracy", values="cell", maintain_order=True)
    show_table(in_order(wide, "accuracy", labels))


def show_two_by_two(summary: Summary, base: str, other: str) -> None:
    """The four numbers of problems with their shares, and the sums."""
    sizes, shares = summary._asdict(), summary.percent()

    def cell(*regions: str) -> str:
        size, share = sum(sizes[r] for r in regions), sum(shares[r] for r in regions)
        return (
            f"{size:,.0f} ({share:.1f} %)"
            if summary.how != "expected"
            else (f"{size:,.1f} ({share:.1f} %)")
        )

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
