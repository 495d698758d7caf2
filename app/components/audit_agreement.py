"""How far reviewers agree, where they do not, and who decides."""

import polars as pl
import streamlit as st

from app.analysis.audit_work import Sample, name_of
from app.analysis.reviewers import (
    against_people,
    alpha,
    disagreements,
    labels_given,
    pairs,
    readings,
)
from app.cache import audits, work_out
from app.components.audit_desk import ADJUDICATION
from app.components.audit_verdicts import ADDRESS
from app.components.definitions import show_definitions
from app.components.tables import ABSENT, show_rows
from app.components.text import escaped
from app.counted import of_runs
from app.metrics.agreement import Estimate
from app.selection import Selection, run_labels

NOBODY = (
    "Nobody has read a sample of these runs yet. Choose the view “read” to begin, or bring verdicts"
    " in from a file with passband import."
)


def show_agreement(selection: Selection) -> None:
    """Who read how much, agreement of each two and of all, judges against people, disagreements."""
    given = of_runs(audits(), selection.runs)
    if given.is_empty():
        st.info(escaped(NOBODY))
        return
    show_reviewers(given)
    show_pairs(given)
    show_judges(given)
    show_disagreements(selection, given)


def show_reviewers(given: pl.DataFrame) -> None:
    """A row for each reviewer: as what, and how often they gave each label."""
    st.markdown("##### Reviewers")
    kinds = {"person": "reader", "adjudicator": "adjudicator", "judge": "judge model"}
    table = work_out(labels_given, given).with_columns(pl.col("kind").replace_strict(kinds))
    show_rows(table.rename({"kind": "as"}), "audit_reviewers", most=12)
    show_definitions("audited", "Cohen's kappa", "Krippendorff's alpha")


def show_pairs(given: pl.DataFrame) -> None:
    """Cohen's kappa of each two, and Krippendorff's alpha of all."""
    st.markdown("##### Agreement")
    has_judges = bool((given["kind"] == "judge").any())
    mixed = has_judges and st.toggle(
        "Count judge models among the reviewers", key="audit_with_judges", bind="query-params",
        help="Each judge model then has one verdict on a text: what most of its rounds say.",
    )  # fmt: skip
    heard = work_out(readings, given, mixed)
    found = work_out(pairs, heard)
    if found.is_empty():
        st.info(
            "No text has been read by two reviewers yet: the queue of second opinions has some."
        )
        return
    together = work_out(alpha, heard)
    who = "reviewers, judge models among them" if mixed else "reviewers"
    st.markdown(
        escaped(
            f"Krippendorff's alpha of all {heard['reviewer'].n_unique()} {who}:"
            f" {estimate(together)}, over {together.n:,} texts that two or more of them read."
        )
    )
    show_rows(
        found.select(
            pl.format("{} and {}", "first", "second").alias("reviewers"),
            pl.col("texts").alias("texts both read"),
            pl.format("{} of {}", "same", "texts").alias("same label"),
            said().alias("Cohen's kappa (95 %)"),
        ),
        "audit_pairs",
        most=15,
    )


def show_judges(given: pl.DataFrame) -> None:
    """Each judge model against what the people agree on; nothing without judges."""
    found = work_out(against_people, given)
    if found.is_empty():
        return
    st.markdown("##### Judge models against people")
    steady = pl.when(pl.col("rounds") > 1).then(number("steady")).otherwise(pl.lit(ABSENT))
    show_rows(
        found.select(
            "judge",
            pl.col("texts").alias("texts people read too"),
            pl.format("{} of {}", "same", "texts").alias("same label"),
            said().alias("Cohen's kappa (95 %)"),
            "rounds",
            steady.alias("alpha between its rounds"),
        ),
        "audit_judges",
    )
    st.caption(
        "The verdict of a judge model is what most of its rounds say, ambiguous if they tie."
    )


def show_disagreements(selection: Selection, given: pl.DataFrame) -> None:
    """The texts on which people differ, each with links to read it and to decide."""
    found = work_out(disagreements, given)
    st.markdown("##### Disagreements")
    if found.is_empty():
        st.caption("No text has different labels from two people.")
        return
    open_ones = found["decided"].null_count()
    st.markdown(
        f"People differ on {found.height:,} {'text' if found.height == 1 else 'texts'};"
        f" {open_ones:,} of them nobody has decided."
    )
    labels = run_labels(selection)
    places = [Sample(*row) for row in found.select("run", "problem_id", "sample").rows()]
    table = found.select(
        pl.Series("read", [reader(selection, place) for place in places]),
        pl.Series("decide", [adjudicate(selection, place) for place in places]),
        pl.col("problem_id").alias("problem"),
        pl.col("run").replace_strict(labels),
        "sample",
        pl.col("said").alias("labels"),
        pl.col("decided").fill_null("open"),
    )
    links = {
        name: st.column_config.LinkColumn(name, display_text=name, width="small")
        for name in ("read", "decide")
    }
    st.dataframe(table, hide_index=True, key="audit_disagreements", column_config=links)


def reader(selection: Selection, place: Sample) -> str:
    """The page of this sample."""
    return selection.link("reader", run=place.run, problem=place.problem_id, sample=place.sample)


def adjudicate(selection: Selection, place: Sample) -> str:
    """This sample in the queue of those to decide."""
    own = {"audit_queue": ADJUDICATION, ADDRESS: name_of(place)}
    return selection.link("audit", **own)


def estimate(found: Estimate) -> str:
    """A number with its interval in words."""
    if found.value != found.value:
        return "undefined, since all labels are the same or no text has two"
    return f"{found.value:.2f} (95 % interval {found.low:.2f} to {found.high:.2f})"


def said() -> pl.Expr:
    """value, low and high as one text; a dash where undefined."""
    text = pl.format("{} ({} to {})", number("value"), number("low"), number("high"))
    return pl.when(pl.col("value").is_nan()).then(pl.lit(ABSENT)).otherwise(text)


def number(column: str) -> pl.Expr:
    """With two decimals; a dash where undefined."""
    return pl.col(column).map_elements(
        lambda value: ABSENT if value != value else f"{value:.2f}", return_dtype=pl.String
    )
