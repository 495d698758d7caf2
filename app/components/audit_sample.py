"""One sample of a queue as it is read: question, reference, response, and what was said of it."""

import polars as pl
import streamlit as st

from app.analysis.audit_work import Sample, Verdict, name_of
from app.cache import ask, audit_rows, audits_folder
from app.components.audit_desk import Desk
from app.components.audit_verdicts import Shown
from app.components.pictures import show_pictures
from app.components.reader_view import show_response
from app.components.reading import show_verdicts
from app.components.tables import show_table
from app.components.text import escaped, show_link
from store import queries
from store.audits import content_hash, history
from store.queries.reading import problem as problem_row

TEXT, REFERENCE = "audit_text", "audit_reference"  # in the URL
WRITTEN, HIDDEN = "written", "hidden"


def is_set(parameter: str, value: str) -> bool:
    """Whether the reader switched to this value."""
    return str(st.query_params.get(parameter, "")) == value


def switch(parameter: str, value: str) -> None:
    """Switch to this value, or back."""
    if is_set(parameter, value):
        del st.query_params[parameter]
    else:
        st.query_params[parameter] = value


def show_sample(desk: Desk, sample: Sample, verdict: Verdict | None, why: str) -> Shown | None:
    """All that may be seen of a sample; what a verdict on it needs, None where it has no text."""
    show_question(desk.selection.benchmark, sample.problem_id)
    show_heading(desk, sample, why)
    shown = show_text(desk, sample, verdict)
    if not desk.wanted.blind:
        show_verdicts(*sample, narrow=True)
    if verdict or not desk.wanted.blind or desk.kind == "adjudicator":
        show_history(sample)
    return shown


def view() -> str:
    """How texts are shown."""
    return "raw" if is_set(TEXT, WRITTEN) else "set"


def show_question(benchmark: str, problem_id: str) -> None:
    """The question with its images, and the reference answer unless it is hidden."""
    rows = ask(problem_row, benchmark, problem_id).select("question", "reference").rows()
    question, reference = rows[0] if rows else (None, None)
    st.markdown("##### Question")
    show_response(question or "(The question is not stored.)", "audit_question", view=view())
    show_pictures(ask(queries.images, benchmark, problem_id))
    if is_set(REFERENCE, HIDDEN):
        st.caption("The reference answer is hidden.")
    elif reference:
        st.markdown(f"Reference answer: **{escaped(reference)}**")
    else:
        st.caption("No reference answer is stored.")


def show_heading(desk: Desk, sample: Sample, why: str) -> None:
    """Of which run the response is, and why it is read; neither where readers are blind."""
    st.markdown("##### Response")
    if desk.wanted.blind:
        return
    run, problem, number = sample
    link = desk.selection.link("reader", run=run, problem=problem, sample=number)
    said = f"{desk.labels.get(run, run)}, problem {problem}, sample {number}"
    show_link(said, link)
    if why:
        st.caption(escaped(f"To be read: {why}."))


def show_text(desk: Desk, sample: Sample, verdict: Verdict | None) -> Shown | None:
    """The response, in which the span that decides can be chosen."""
    name, kept = name_of(sample), verdict.span if verdict else None
    stored = ask(queries.sample, *sample)["completion"]
    completion = stored[0] if len(stored) else None
    if completion is None:
        st.info("The text of this sample is not stored, so it cannot be judged. Go on with j.")
        return None
    found = show_response(
        completion, f"audit_response_{name}", view=view(), span=kept, selectable=True
    )
    text_hash = content_hash(completion)
    return Shown(sample, name, text_hash, found or kept, desk.reviewer, desk.kind)


def show_history(sample: Sample) -> None:
    """Every verdict that was ever given, oldest first."""
    rows = history(audits_folder(), *sample).filter(
        pl.col("id").is_in(audit_rows()["id"].implode())
    )
    if rows.is_empty():
        return
    st.markdown("##### Verdicts of reviewers")
    show_table(
        rows.select(
            pl.col("at").str.slice(0, 16).str.replace("T", " ").alias("at (UTC)"),
            "reviewer",
            pl.when(pl.col("kind") == "adjudicator")
            .then(pl.lit("adjudicated"))
            .otherwise("kind")
            .alias("as"),
            "label",
            "note",
        )
    )
