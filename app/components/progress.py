"""The job at work: a section that refreshes itself, on the runs page and where no store is yet."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from app.analysis.progress import progress_table, span
from app.components.tables import ABSENT, show_table
from app.components.text import escaped
from store.interim import last_stored
from store.location import current
from store.progress import read_progress

# Seconds between two looks: while somebody is at work, and while nobody is.
SOON, LATER = 5, 60
# Seconds; a rate from which more follows says nothing.
LONGEST = 10 * 365 * 86_400


def watch(study: Path, info: dict[str, str] | None) -> None:
    """The job's progress, if a job ever wrote any; `info` is about the build that is shown."""
    found = read_progress(study)
    if found.heard or found.damaged or info is None:
        live = bool(progress_table(found.heard, now())["live"].any())
        st.fragment(show_progress, run_every=SOON if live else LATER)(study, info, live)


def show_progress(study: Path, info: dict[str, str] | None, live: bool) -> None:
    """One look. The whole page runs again when there is a new build, or work begins or ends."""
    found = read_progress(study)
    table = progress_table(found.heard, now())
    if published(study) != (info and info["content_hash"]) or live != table["live"].any():
        st.rerun()
    if table.is_empty():
        st.caption("No job is at work here. Start one with: passband generate STUDY.toml")
    else:
        st.markdown("##### Progress")
        show_working(table.filter("live"))
        show_stopped(table.filter(~pl.col("live") & (pl.col("state") != "finished")))
        show_finished(table.filter(~pl.col("live") & (pl.col("state") == "finished")))
    if found.damaged:
        st.caption(f"Files in progress/ that could not be read: {found.damaged}.")
    if info is None:
        st.caption("This page shows the results by itself as soon as something is published.")
    else:
        show_age(datetime.fromisoformat(info["built_at"]), last_stored(study), live)


def show_working(table: pl.DataFrame) -> None:
    """A bar for each run that somebody works on."""
    if table.is_empty():
        st.caption("No job is at work.")
    for row in table.rows(named=True):
        facts = (
            amount(row), speed(row["rate"]), left(row["seconds_left"]), errors(row["errors"]),
            f"{row['state']} on {row['host']}",
        )  # fmt: skip
        st.progress(row["share"], sentence(row, *facts))


def show_stopped(table: pl.DataFrame) -> None:
    """A line for each run that did not get to its end."""
    if table.is_empty():
        return
    st.markdown("##### Stopped")
    st.caption("Start the job again with passband generate: it makes only what is missing.")
    for row in table.rows(named=True):
        st.markdown(sentence(row, row["state"], amount(row), errors(row["errors"]), heard_of(row)))


def show_finished(table: pl.DataFrame) -> None:
    """A row for each run and stage that is done, folded up."""
    if table.is_empty():
        return
    rows = table.rows(named=True)
    with st.expander(f"Finished: {table.height}"):
        show_table(
            table.select(
                pl.col("label").alias("run"),
                "stage",
                pl.Series("done", [amount(row) for row in rows]),
                pl.Series("rate", [speed(row["rate"]) or ABSENT for row in rows]),
                pl.col("errors").alias("verifier errors"),
                pl.Series("when", [f"{span(now() - row['last'])} ago" for row in rows]),
            )
        )


def sentence(row: dict[str, Any], *facts: str) -> str:
    """Run, stage and those of the facts that are known, as Markdown."""
    said = escaped(" · ".join(fact for fact in facts if fact))
    return f"**{escaped(row['label'])}**, {escaped(row['stage'])}: {said}"


def heard_of(row: dict[str, Any]) -> str:
    """Where and when there was the last sign of life."""
    return f"on {row['host']}, {span(now() - row['last'])} ago"


def show_age(built: datetime, stored: datetime | None, live: bool) -> None:
    """When the build that the pages show was published, and whether more was stored since."""
    said = (
        f"The pages show what was published {span(now() - built)} ago ({built:%Y-%m-%d %H:%M} UTC)."
    )
    if stored is None or stored.replace(microsecond=0) <= built:  # builds know whole seconds
        more = "Nothing was stored since."
    elif live:
        more = "More was stored since; the job publishes it at intervals and when it ends."
    else:
        more = "More was stored since. Publish it with: passband publish"
    st.caption(escaped(f"{said} {more}"))


def amount(row: dict[str, Any]) -> str:
    """How many of how many, such as "1,204 of 6,400 samples (18.8 %)"."""
    share = f"{100 * row['share']:.1f}\N{NO-BREAK SPACE}%"
    return f"{row['done']:,} of {row['wanted']:,} {row['unit']} ({share})"


def speed(rate: float) -> str:
    """How many a second or, where they are slow, a minute; nothing where it is not known."""
    if math.isnan(rate):
        return ""
    return f"{rate:.1f}/s" if rate >= 1 or rate == 0 else f"{60 * rate:.1f}/min"


def left(seconds: float) -> str:
    """How long still; nothing where it is not known."""
    known = seconds < LONGEST
    return f"{span(timedelta(seconds=seconds))} left" if known else ""


def errors(count: int) -> str:
    """The verifier's errors, if there are any."""
    return f"{count:,} verifier {'error' if count == 1 else 'errors'}" if count else ""


def published(study: Path) -> str | None:
    """The content hash of the build that is current now."""
    try:
        return current(study).stem
    except ValueError:
        return None


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)
