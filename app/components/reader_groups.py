"""The samples of one run and problem by their final answer, each a button."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import streamlit as st

HERE = Path(__file__).parent
MOST = 400  # numbers that are shown of one answer

draw_groups = st.components.v2.component(
    "passband.reader_groups",
    html=(HERE / "reader_groups.html").read_text(),
    css=(HERE / "reader_groups.css").read_text(),
    js=(HERE / "reader_groups.js").read_text(),
)


def show_groups(
    groups: pl.DataFrame, samples: pl.DataFrame, sample: int, pick: Callable[[int], None], key: str
) -> None:
    """A row per final answer that the shown samples have; under that of `sample`, their numbers.

    `groups` are those of store.queries.reading.answer_groups, `samples` are rows of
    app.analysis.reading_order.one_by_one in the order to read. A click calls `pick` with the first
    sample of the answer in that order, or with the number that was clicked.
    """

    def picked() -> None:
        number = st.session_state[key].get("picked")
        if number is not None:
            pick(int(number))

    current = samples.filter(pl.col("sample") == sample)["group"][0]
    told = answers_told(groups, samples)
    rows = told.with_columns(current=pl.col("group") == current).sort("group").to_dicts()
    numbers = samples.filter(pl.col("group") == current)["sample"].head(MOST).to_list()
    draw_groups(
        data={"groups": rows, "numbers": numbers, "sample": sample},
        key=key,
        on_picked_change=picked,
    )


def answers_told(groups: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame:
    """group, answer, outcome (`unverified` for null), samples (of those shown), first."""
    shown = samples.group_by("group", maintain_order=True).agg(
        samples=pl.len(), first=pl.col("sample").first()
    )
    named = groups.with_row_index("group").select(
        "group", "answer", pl.col("outcome").fill_null("unverified")
    )
    return shown.join(named, on="group", maintain_order="left")
