"""What the keyboard does in the reader, and a button for each of it."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from app.components.keys import Key, listen
from app.components.reader_choice import Reading, open_problem
from app.components.reader_difference import toggle_difference
from app.components.reader_looks import fold, next_colour, next_view
from app.components.reader_marks import Mark, marks, next_mark, toggle
from app.components.reader_scroll import start_at_top
from app.components.sample_picker import Place, go_to


class Action(NamedTuple):
    """A button with its keys; without `does` it cannot be pressed now."""

    name: str
    label: str
    keys: tuple[str, ...]
    help: str
    does: Callable[..., None] | None
    arguments: tuple[object, ...] = ()


def show_actions(reading: Reading, place: Place | None) -> None:
    """The buttons in a row, and their keys, for the pane in which the keys move."""
    actions = [
        *sample_actions(place),
        *problem_actions(reading),
        *mark_actions(place),
        *view_actions(reading, place),
    ]
    with st.container(horizontal=True, gap="small", key="reader_actions"):
        for action in actions:
            st.button(
                action.label, key=action.name, help=f"{action.help} (key {action.keys[0]})",
                on_click=action.does, args=action.arguments, disabled=action.does is None,
                type="tertiary",
            )  # fmt: skip
        listen(
            [
                *(Key(k, a.help, f"button:{a.name}") for a in actions for k in a.keys),
                Key("s", "Go to the next surprising token", "event:surprise"),
                Key(" ", "Scroll down", "event:down"),
                Key("b", "Scroll up", "event:up"),
            ]
        )
    if place:
        name = f"{place.pane} {place.run} {place.problem} {place.sample}"
        start_at_top(name, f"reader_pane_{place.pane + 1}")


def stepping(
    name: str, label: str, keys: tuple[str, ...], said: str, pane: int, number: int | None
) -> Action:
    """The action of going to this sample, if there is one."""
    does = None if number is None else go_to
    return Action(name, label, keys, said, does, (pane, number))


def sample_actions(place: Place | None) -> list[Action]:
    """To another sample of the same run and problem."""
    pane = place.pane if place else 0
    back, on, other = (
        (place.beside(-1), place.beside(1), place.of_next_answer()) if place else (None,) * 3
    )
    return [
        stepping("reader_back", "← Sample", ("k",), "Show the sample before", pane, back),
        stepping("reader_next", "Sample →", ("j",), "Show the next sample", pane, on),
        stepping("reader_answer", "Answer →", ("g",), "Go on to the next answer", pane, other),
    ]


def problem_actions(reading: Reading) -> list[Action]:
    """To the problem before and after."""
    position = reading.problems.index(reading.wanted.problem)
    before = reading.problems[position - 1] if position else None
    after = reading.problems[position + 1] if position + 1 < len(reading.problems) else None
    return [
        Action(
            "reader_back_problem", "← Problem", ("p",), "Show the problem before",
            None if before is None else open_problem, (before,),
        ),
        Action(
            "reader_next_problem", "Problem →", ("n",), "Show the next problem",
            None if after is None else open_problem, (after,),
        ),
    ]  # fmt: skip


def mark_actions(place: Place | None) -> list[Action]:
    """Marking the sample, and going through those that are marked."""
    mark = Mark(place.run, place.problem, place.sample) if place else None
    found = marks()
    marked = mark is not None and mark.name in found
    return [
        Action(
            "reader_mark", "★ Marked" if marked else "☆ Mark", ("m",),
            "Mark the sample, or take its mark away", toggle if mark else None, (mark,),
        ),
        Action(
            "reader_next_mark", "★ →", ("M",), "Show the next marked sample",
            next_mark if found else None, (mark,),
        ),
    ]  # fmt: skip


def view_actions(reading: Reading, place: Place | None) -> list[Action]:
    """How things are shown, and where the keys move."""
    panes = len(reading.runs)
    now = place.pane if place else int(st.session_state.get("reader_pane") or 1) - 1
    return [
        Action("reader_next_view", "View", ("v",), "Tokens, raw or rendered", next_view),
        Action("reader_next_colour", "Colour", ("c",), "Colour by another value", next_colour),
        Action("reader_fold", "Fold", ("o",), "Fold or unfold what is thought", fold),
        Action("reader_differ", "Differ", ("w",), "Show which words differ", toggle_difference),
        *(
            [Action("reader_other_pane", "Pane →", ("x",), "Move in the other pane", move_to,
                    ((now + 1) % panes,))]
            if panes > 1 else []
        ),
    ]  # fmt: skip


def choose_pane(runs: tuple[str, ...]) -> int:
    """In which pane the keys move, from 0; drawn where there are several."""
    panes = list(range(1, len(runs) + 1))
    if len(panes) == 1:
        return 0
    if st.session_state.get("reader_pane", 1) not in panes:  # there were more
        del st.session_state["reader_pane"]
    chosen = st.segmented_control(
        "Keys move in pane", panes, default=1, required=True, key="reader_pane",
        bind="query-params",
    )  # fmt: skip
    return int(chosen or 1) - 1


def move_to(pane: int) -> None:
    """Have the keys move in this pane, from 0."""
    st.session_state["reader_pane"] = pane + 1
