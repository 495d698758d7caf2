"""Which problems a training learns to solve and which it loses, between checkpoints."""

import polars as pl
import streamlit as st

from app.analysis.aligned import aligned
from app.analysis.solved_flow import CHANGES, Flow, solved_flow
from app.analysis.training import trainings
from app.analysis.wording import amount
from app.cache import work_out
from app.charts.solved_flow import solved_flow_chart
from app.components.course import Course, checked, show_pairing
from app.components.figure import show_figure
from app.components.tables import correct_counts, in_order, show_problems, show_table
from app.components.text import escaped
from app.counted import correct_within

CLICKED = "training_flow_clicked"
HOW = {
    "exact": "k = n of every problem: exact",
    "first k samples": "the first k samples of each problem",
    "expected": "expected numbers over draws of k samples",
}


def show_solved_flow(course: Course) -> None:
    """Problems gained and lost in each transition, and which they are."""
    courses = dict(trainings(checked(course).runs))
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    name = left.selectbox("Training", list(courses), key="training_series", bind="query-params")
    members = courses[str(name)]
    if members.height < 2:
        raise ValueError(
            "This training has one run only, so nothing changes between checkpoints. Choose its"
            " base or another checkpoint at the left."
        )
    most = aligned(course.counts, members["run"].to_list()).most
    if most < 1:
        raise ValueError("The checkpoints of this training have no problem with samples in common.")
    k = right.number_input("k, samples", 1, most, most, key="training_flow_k", bind="query-params")
    flow = flow_of(course, members, int(k))
    said = f"{amount(flow.counted, 'problem')}, k = {flow.k}; {HOW[flow.how]}"
    figure = solved_flow_chart(flow.transitions, flow.how == "expected", said)
    alt = "problems gained and lost in each transition between checkpoints"
    marks = show_figure(figure, "training_flow", alt, data=flow.transitions)
    st.caption(
        "Solved: at least one of k samples is correct. With few samples a problem of small"
        " probability comes and goes by chance alone."
        + (
            f" Left out, since not all checkpoints have them: {amount(flow.left_out, 'problem')}."
            if flow.left_out
            else ""
        )
    )
    show_flow_numbers(flow)
    show_changed(course, members, flow, marks[0] if marks else [])
    show_pairing(course)


def flow_of(course: Course, members: pl.DataFrame, k: int) -> Flow:
    """The flow, by the first k samples where k is not every n."""
    within = correct_within(course.selection, members["run"].to_list(), k)
    return work_out(solved_flow, course.counts, members, k, within)


def show_flow_numbers(flow: Flow) -> None:
    """A row per transition."""
    digits = 1 if flow.how == "expected" else 0
    numbers = [
        pl.col(name).map_elements(lambda value: f"{value:,.{digits}f}", return_dtype=pl.String)
        for name in ("solved_before", *CHANGES, "solved_after")
    ]
    shown = flow.transitions.select("transition", *numbers)
    show_table(shown.rename({"solved_before": "solved before", "solved_after": "solved after"}))


def show_changed(course: Course, members: pl.DataFrame, flow: Flow, mark: list[str]) -> None:
    """The problems of one transition that changed in one way."""
    st.markdown("##### Problems: correct of n at each step")
    if flow.how == "expected":
        st.info(
            "Which problems these are cannot be told: of some run the first k samples are not all"
            " stored and verified. The numbers are expected ones, from the counts."
        )
        return
    names = flow.transitions["transition"].to_list()
    follow(mark, names)
    left, right = st.columns([2, 3], vertical_alignment="top")
    transition = left.selectbox("Transition", names, key="training_transition", bind="query-params")
    change = right.segmented_control(
        "Problems", CHANGES, default="lost", required=True, key="training_change",
        bind="query-params",
    )  # fmt: skip
    chosen = (pl.col("transition") == transition) & (pl.col("change") == change)
    ids = flow.problems.filter(chosen)["problem_id"]
    st.caption(escaped(f"{transition}, {change}: {amount(len(ids), 'problem')}."))
    if len(ids):
        row = flow.transitions.row(by_predicate=pl.col("transition") == transition, named=True)
        show_problem_rows(course, members, ids, row["to_run" if change == "gained" else "from_run"])


def follow(mark: list[str], names: list[str]) -> None:
    """Set the two selectors to the bar that the reader has just clicked."""
    if mark and mark[0] in names and mark != st.session_state.get(CLICKED):
        st.session_state["training_transition"], st.session_state["training_change"] = mark[:2]
    st.session_state[CLICKED] = mark


def show_problem_rows(course: Course, members: pl.DataFrame, ids: pl.Series, run: str) -> None:
    """Each problem with its counts at every step; the link leads to its samples in `run`."""
    steps = {each: f"step {step}" for each, step in members.select("run", "step").rows()}
    rows = course.counted.filter(
        pl.col("problem_id").is_in(ids.implode()) & pl.col("run").is_in(list(steps))
    )
    shown = in_order(correct_counts(rows, steps), "problem_id", steps)
    st.caption(escaped(f"Each row leads to the samples at {steps[run]}."))
    show_problems(shown, course.selection, run, "training_changed")
