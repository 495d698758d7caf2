"""What all views of the page `training` start from: the chosen runs, placed, with their counts."""

from typing import NamedTuple

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.analysis.aligned import split
from app.analysis.checkpoints import placed
from app.analysis.wording import amount
from app.cache import ask, work_out
from app.components.tables import correct_counts, show_problems
from app.components.text import escaped
from app.counted import counts
from app.metrics.intervals import KINDS, LIKE_THESE
from app.selection import Selection, address, described, run_labels
from store import queries

NO_BAND = "none"
NARROW = 140  # pixels of a control that holds a number
LEVELS = (80, 90, 95, 99)
MOST = 6  # runs that a sentence names


class Course(NamedTuple):
    """The runs of one benchmark with their place in a training (checkpoints.PLACED)."""

    selection: Selection
    every: pl.DataFrame  # all chosen runs
    runs: pl.DataFrame  # those with verdicts of this verifier
    counted: pl.DataFrame
    counts: dict[str, pl.DataFrame]  # run → its rows of `counted`
    labels: dict[str, str]

    @property
    def checkpoints(self) -> pl.DataFrame:
        """The runs of models at a step of a training."""
        return self.runs.filter(pl.col("series").is_not_null())


class Bands(NamedTuple):
    """What band the reader wants; kind None: none."""

    kind: str | None
    level: float

    @property
    def said(self) -> str:
        """The band in the words of a subtitle."""
        return f"band: {100 * self.level:.0f} %, {self.kind}" if self.kind else "no bands"


def course_of(selection: Selection) -> Course:
    """The course of the chosen runs."""
    every = work_out(placed, described(selection), ask(queries.runs))
    counted = counts(selection)
    parts = split(counted)
    runs = every.filter(pl.col("run").is_in(list(parts)))
    return Course(selection, every, runs, counted, parts, run_labels(selection))


def checked(course: Course) -> Course:
    """The course. Raises ValueError, saying what to do, where it has no checkpoint."""
    if course.counted.is_empty():
        raise ValueError(
            "None of the chosen runs has verdicts of this verifier. Choose another at the left."
        )
    if course.checkpoints.is_empty():
        raise ValueError(
            "None of the chosen models has a training step. Give checkpoints a step, a parent and"
            " an algorithm: in the study file under [[models]], or as options of passband import."
        )
    return course


def controls() -> DeltaGenerator:
    """A row for controls beside each other, their labels at one height."""
    return st.container(horizontal=True, vertical_alignment="top", gap="medium")


def choose_bands() -> Bands:
    """Kind and level of the bands."""
    row = controls()
    kind = row.segmented_control(
        "Band", (*KINDS, NO_BAND), default=LIKE_THESE, required=True,
        key="training_band", bind="query-params",
        help="These problems: how far other samples of the same problems would move a number."
        " Problems like these: how far other problems of the same sort would, too.",
    )  # fmt: skip
    level = row.selectbox(
        "Level, %", LEVELS, index=LEVELS.index(95), key="training_level", bind="query-params",
        width=NARROW,
    )  # fmt: skip
    return Bands(None if kind == NO_BAND else kind, int(level) / 100)


def show_pairing(*courses: Course) -> None:
    """What a reader has to know of the runs that are compared: bases, settings, what is absent."""
    runs = pl.concat([course.runs for course in courses])
    other = runs.filter(pl.col("role") != "base")
    uncounted = [
        str(run) for course in courses for run in course.every["run"] if run not in course.counts
    ]
    said = [
        *mismatches(runs),
        *listed(
            "Runs without a base on their benchmark, so not compared",
            [address(run) for run in other.filter(pl.col("base").is_null())["run"]],
        ),
        *listed(
            "Models without a training step, so only among algorithms and temperatures",
            other.filter(pl.col("step").is_null())["model"].unique(maintain_order=True).to_list(),
        ),
        *listed(
            "Runs without verdicts of this verifier, so left out", [address(r) for r in uncounted]
        ),
    ]
    for sentence in said:
        st.caption(escaped(sentence))


def mismatches(runs: pl.DataFrame) -> list[str]:
    """A sentence for the runs whose settings differ from their base's, or are not known."""
    differ = runs.filter(pl.col("mismatch") != "")
    unknown = runs.filter(pl.col("unknown") != "")
    named = [f"{address(run)}: {what}" for run, what in differ.select("run", "mismatch").rows()]
    found = [f"Not under the settings of the base: {enough(named, '; ')}."] if named else []
    if unknown.height:
        what = dict.fromkeys(", ".join(unknown["unknown"]).split(", "))
        found.append(
            f"Neither run of {unknown.height} pairs says: {', '.join(what)}."
            " Whether they match is not known."
        )
    return found


def listed(what: str, names: list[str]) -> list[str]:
    """A sentence that counts and names them; none without any."""
    return [f"{what}: {len(names)} ({enough(names)})."] if names else []


def enough(names: list[str], between: str = ", ") -> str:
    """The first names, and how many more there are."""
    more = len(names) - MOST
    return between.join(names[:MOST]) + (f" and {more} more" if more > 0 else "")


def show_unreliable(reliable: pl.Series, hollow: bool = False) -> None:
    """A sentence where some band cannot be trusted; `hollow`: the figure marks which."""
    bad = int((~reliable).sum())
    if bad:
        marked = " (hollow marks in the figure)" if hollow else ""
        st.caption(
            f"{bad} of {len(reliable)} bands need not cover as often as they say, since too few"
            f" problems or samples tell{marked}. See docs/intervals.md."
        )


def show_left_out(rows: pl.DataFrame) -> None:
    """How many problems are not in the numbers, because some run compared lacks them."""
    most = int(rows["left_out"].to_numpy().max(initial=0))
    if most:
        st.caption(
            f"Left out: {'up to ' if most > 1 else ''}{amount(most, 'problem')}. Some run that is"
            " compared lacks them, or has no sample of them that counts."
        )


def show_behind(course: Course, run: str) -> None:
    """The problems behind a mark: correct of n in this run, each with a link to its samples."""
    rows = course.counted.filter(pl.col("run") == run)
    if rows.height and run in course.labels:
        st.markdown(f"##### Problems of {escaped(course.labels[run])}: correct of n")
        shown = correct_counts(rows, {run: course.labels[run]})
        show_problems(shown, course.selection, run, "training_problems")
