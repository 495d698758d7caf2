"""The table of problems: a row each, with the measures of every run and a link to the samples."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from app.analysis.hits import Found
from app.analysis.problems import COLUMN, MEASURES, spread, unknown
from app.components.problems import Shown
from app.components.tables import ABSENT, counts_only
from app.components.text import escaped

SHORT = 160  # characters of a question that the table holds
LABEL = 30  # characters of a run's label in a header
ROW, MOST = 35, 14  # pixels of a row; rows that are shown at once
FORMATS = {"accuracy": "percent", "entropy": "%.2f", "perplexity": "%.2f"}
HELP = {
    "accuracy": "Share of the samples that are correct, c / n.",
    "solvable": "Whether at least so many of the n samples are correct as is asked for above.",
    "entropy": "Shannon entropy, in nats, of the answers that were extracted.",
    "perplexity": "Median perplexity of the samples under the model that wrote them.",
    "hits": "Samples that match the search.",
}


def choose_measures() -> list[str]:
    """Which measures of the runs have columns."""
    picked = st.pills(
        "Columns of each run", MEASURES, selection_mode="multi", default=MEASURES,
        key="problems_columns", bind="query-params",
    )  # fmt: skip
    return [name for name in MEASURES if name in picked]


def show_problem_table(shown: Shown, problems: pl.DataFrame, found: Found | None) -> None:
    """The problems in their order."""
    absent = unknown(shown.table, len(shown.runs))
    measures = [COLUMN[name] for name in choose_measures() if name not in absent]
    if problems.is_empty():
        st.info("No problem is left. Look for something else, or widen the choice above.")
        return
    order = [f"{name}_{i}" for name in measures for i in range(len(shown.runs))]
    bars = ["accuracies"] if len(shown.runs) > 1 else []
    table = cells(shown, problems).select(*front(shown, found), *bars, *order)
    measures = [*measures, "hits"]
    st.dataframe(
        table, hide_index=True, key="problems_table", row_height=ROW, placeholder=ABSENT,
        height=ROW * (MOST + 1) if table.height > MOST else "content",
        column_config=config(shown, measures),
    )  # fmt: skip
    st.caption(escaped(" ".join([rests_on(shown, problems, measures), *absent_said(absent)])))


def front(shown: Shown, found: Found | None) -> list[str]:
    """The columns that say which problem it is."""
    link = [] if set(shown.runs) <= set(counts_only()) else ["samples"]
    asked = ["asked"] if found and found.questions is not None else []
    searched = found is not None and found.samples is not None
    hits = [f"hits_{i}" for i in range(len(shown.runs))] if searched else []
    return [*link, "problem_id", "question", *hits, *asked, "subject", "level"]


def cells(shown: Shown, problems: pl.DataFrame) -> pl.DataFrame:
    """The table with short questions, and with links to the reader."""
    short = pl.col("question").str.replace_all(r"[\s\p{C}]+", " ").str.slice(0, SHORT)
    links = [shown.selection.link("reader", problem=name) for name in problems["problem_id"]]
    return problems.with_columns(short.alias("question"), samples=pl.Series(links, dtype=pl.String))


def config(shown: Shown, measures: Sequence[str]) -> Mapping[str, Any]:
    """How each column looks and what its header says."""
    column = st.column_config
    fixed = {
        "samples": column.LinkColumn("samples", display_text="read", width="small"),
        "problem_id": column.TextColumn("problem"),
        "question": column.TextColumn("question", width="medium"),
        "subject": column.TextColumn("subject"),
        "level": column.TextColumn("level"),
        "asked": column.CheckboxColumn("in question", help="The question matches the search."),
        "accuracies": column.BarChartColumn(
            "accuracies", y_min=0, y_max=1, width=90, color="gray", help=escaped(bars_said(shown))
        ),
    }
    runs = {
        f"{name}_{i}": run_column(name, f"{name} · {cut(label)}", label)
        for name in measures
        for i, label in enumerate(shown.names)
    }
    return {**fixed, **runs}


def run_column(name: str, title: str, label: str) -> Any:
    """The column of one measure of one run."""
    said = f"{label}: {HELP[name]}"
    if name == "solvable":
        return st.column_config.CheckboxColumn(title, help=escaped(said))
    return st.column_config.NumberColumn(title, help=escaped(said), format=FORMATS.get(name))


def cut(label: str) -> str:
    """A label as long as a header has room for."""
    return label if len(label) <= LABEL else f"{label[: LABEL - 1]}…"


def bars_said(shown: Shown) -> str:
    """Which bar is whose."""
    return f"Accuracy, 0 to 1, of {', '.join(shown.names)}, in this order. No bar: 0, or no sample."


def rests_on(shown: Shown, problems: pl.DataFrame, measures: Sequence[str]) -> str:
    """How many samples the numbers of a problem rest on."""
    said = []
    for name, column in (("accuracy", "n"), ("entropy", "answered"), ("perplexity", "scored")):
        numbers = spread(problems, column, shown.names) if name in measures else ""
        said += [f"{SAMPLES[name]}: {numbers}."] if numbers else []
    if "hits_0" in problems.columns:
        said += [f"Samples searched per problem: {spread(problems, 'searched', shown.names)}."]
    if "solvable" in measures:
        said += [f"Solvable: at least {shown.threshold} of the n samples correct."]
    return " ".join(said)


def absent_said(absent: Sequence[str]) -> list[str]:
    """Which measures have no column, since they are not known."""
    return [f"Not known of the chosen runs: {', '.join(absent)}."] if absent else []


SAMPLES = {
    "accuracy": "Samples per problem (n)",
    "entropy": "With an extracted answer",
    "perplexity": "With a log-probability",
}
