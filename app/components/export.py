"""What the page `export` asks for, and the files that it makes: a report, and tables."""

import shlex
from pathlib import Path
from typing import NamedTuple

import polars as pl
import streamlit as st

from app.analysis.runs import others_of, usual_first
from app.analysis.wording import amount
from app.cache import ask, audits, connection, state, study_name
from app.components.text import escaped
from app.report.asked import (
    VIEWS,
    Asked,
    Study,
    byte_count,
    command,
    option_words,
    questions,
)
from app.report.hearing import told, unique
from app.report.making import Report, megabytes, report
from app.report.tables import FORMS, written
from app.selection import Selection, address, described
from app.show import answer
from app.show_counted import Options
from store.state import State

SIZES = ("5 MB", "10 MB", "20 MB", "50 MB", "100 MB")
BY_RULE = "as the page Compare begins"
TABLES = {".csv": "CSV", ".tex": "LaTeX", ".md": "Markdown", ".json": "JSON"}
SAMPLE_HELP = (
    "One a line: RUN/PROBLEM/NUMBER, where RUN is a part of one run's id only. None: a few are"
    " chosen by a rule, which the report states."
)


class Answer(NamedTuple):
    """The numbers of a view, and what has to be said of them; or why there are none."""

    numbers: pl.DataFrame | None
    said: tuple[str, ...]


class Built(NamedTuple):
    """A report, and what it was made of: another choice, build or audit needs another report."""

    asked: Asked
    state: State
    made: Report


def choose_options(selection: Selection) -> Options:
    """The selection as `passband show` is asked, with k and the pair that are chosen here."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        base = choose_run("Base", "export_base", selection.runs)
        rest = tuple(run for run in selection.runs if run != base)
        other = choose_run("Other", "export_other", rest)
        base, other = both_or_none(selection, base, other)
        k = st.text_input(
            "k", key="export_k", bind="query-params", placeholder="powers of two", width=190,
            help="Budgets for the tables: 1,2,4 or all. Figures show every k.",
        )  # fmt: skip
    return Options(
        benchmark=selection.benchmark,
        runs=selection.runs if selection.chosen or selection.direct else (),
        k=k or None,
        base=base,
        other=other,
        verifier=selection.verifier,
        leave_out=selection.left_out,
        direct=selection.direct,
        guess_below=selection.guess_below / 100 if selection.direct else Options().guess_below,
    )


def choose_run(label: str, key: str, runs: tuple[str, ...]) -> str | None:
    """One of the runs; None where it is left to the rule."""
    picked = st.selectbox(
        label, [BY_RULE, *runs], format_func=named, key=key, bind="query-params", width=280
    )
    return None if picked in (None, BY_RULE) else str(picked)


def both_or_none(
    selection: Selection, base: str | None, other: str | None
) -> tuple[str | None, str | None]:
    """A pair; where one of both is chosen, the other one is the first that goes with it."""
    ordered = usual_first(described(selection))
    if base and not other and ordered.height > 1:
        return base, others_of(ordered, base)[0]
    if other and not base:
        return next(run for run in ordered["run"] if run != other), other
    return base, other


def named(run: str) -> str:
    """A run as selectors name it."""
    return run if run == BY_RULE else address(run)


def choose_report(selection: Selection, options: Options) -> Asked:
    """What the report shall hold."""
    views = st.multiselect(
        "Views", VIEWS, key="export_views", bind="query-params", placeholder="all"
    )
    left, right = st.columns([4, 1])
    title = left.text_input(
        "Title", key="export_title", bind="query-params",
        placeholder=f"Passband report of {study_name()}",
    )  # fmt: skip
    size = right.selectbox(
        "At most", SIZES, SIZES.index("20 MB"), key="export_size", bind="query-params"
    )
    samples = st.text_area(
        "Chains of thought", key="export_samples", placeholder="chosen by a rule",
        help=SAMPLE_HELP, height=80,
    )  # fmt: skip
    return Asked(
        options,
        selection.audited,
        tuple(view for view in VIEWS if view in views) or VIEWS,
        tuple(line.strip() for line in (samples or "").splitlines() if line.strip()),
        title or "",
        byte_count(str(size)),
    )


def show_report(asked: Asked) -> None:
    """A button that builds the report; then its size, and a button that saves it."""
    if st.button("Build the report", type="primary", icon=":material/description:"):
        st.session_state.pop("export_built", None)
        with st.spinner("Working out every view …"):
            made = report(open_study(), asked)
        st.session_state["export_built"] = Built(asked, state(), made)
    built = st.session_state.get("export_built")
    if not isinstance(built, Built):
        st.caption("It is built when you ask for it, since that takes a few seconds.")
        return
    if (built.asked, built.state) != (asked, state()):
        st.info("The choice, the store or the audits have changed since: build the report again.")
        return
    st.caption(escaped(f"{megabytes(built.made.size)}. {built.made.shortened}"))
    st.download_button(
        "Download the report", built.made.html.encode(), f"{study_name()}.html", "text/html",
        on_click="ignore", icon=":material/download:", key="export_report",
    )  # fmt: skip


def open_study() -> Study:
    """What this rerun shows of the study."""
    cursor = connection(st.session_state["build"]).cursor()
    return Study(study_name(), cursor, audits(), state())


def show_tables(asked: Asked) -> None:
    """The numbers of one view, to be saved."""
    view = str(st.selectbox("Numbers of", VIEWS, key="export_table", bind="query-params"))
    study = open_study()
    for place, options in enumerate(questions(study, asked, view)):
        found = ask(numbers, view, options)
        for sentence in found.said:
            st.caption(escaped(sentence))
        if found.numbers is not None:
            show_forms(
                found.numbers, view, place, command(study_name(), view, options, asked.audited)
            )


def numbers(cursor: object, view: str, options: Options) -> Answer:
    """The answer that `passband show` prints."""
    with told() as said:
        try:
            found = answer(view, cursor, **vars(options))  # type: ignore[arg-type]
        except ValueError as error:
            return Answer(None, (*unique(said), str(error)))
    return Answer(found, unique(said))


def show_forms(frame: pl.DataFrame, view: str, place: int, caption: str) -> None:
    """A button for each form of the table."""
    st.caption(f"{amount(frame.height, 'row')}.")
    with st.container(horizontal=True):
        for ending in FORMS:
            file = f"{view}{ending}"
            st.download_button(
                TABLES[ending], f"{written(frame, Path(file), caption)}\n", file, "text/plain",
                on_click="ignore", icon=":material/download:", key=f"export_{view}_{place}{ending}",
            )  # fmt: skip


def show_commands(asked: Asked) -> None:
    """The same in a shell, and what only a shell offers, for this choice."""
    options = asked.options
    part = [] if options.benchmark is None else ["--benchmark", options.benchmark]
    part += [word for run in options.runs for word in ("--run", run)]
    views = [] if asked.views == VIEWS else ["--views", ",".join(asked.views)]
    samples = [word for sample in asked.samples for word in ("--sample", sample)]
    title = ["--title", asked.title] if asked.title else []
    size = [] if asked.most_bytes == Asked().most_bytes else ["--max-size", str(asked.most_bytes)]
    chosen = option_words(options, asked.audited)
    lines = [
        ["report", "report.html", *chosen, *views, *samples, *title, *size],
        ["figure", "pass-at-k", "figure.pdf", *chosen],
        ["table", "pass-at-k", "table.tex", *chosen],
        ["data", "parquet-files", *part],
        ["every-eval-ever", "every-eval-ever", *part],
        ["store", "shared.duckdb", *part],
    ]
    said = [shlex.join(["passband", "export", *line, "--study", study_name()]) for line in lines]
    st.code("\n".join(said), language="bash", wrap_lines=True)
