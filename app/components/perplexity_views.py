"""The views of the page of perplexities: distribution, length, and training steps."""

from collections.abc import Callable

import polars as pl
import streamlit as st

from app.analysis.perplexity import (
    GROUP,
    accounted,
    cut_differently,
    densities,
    drawing,
    grouped,
    summary,
)
from app.analysis.perplexity_length import Matched, matched, medians, within
from app.analysis.perplexity_steps import checkpoints, steps
from app.cache import ask
from app.charts.perplexity import perplexity_chart, perplexity_ecdf_chart
from app.charts.perplexity_length import perplexity_length_chart
from app.charts.perplexity_published import published_perplexity_chart
from app.charts.perplexity_steps import perplexity_steps_chart
from app.components.definitions import show_definitions
from app.components.figure import show_figure
from app.components.perplexity import (
    Asked,
    choose,
    choose_lengths,
    in_scope,
    scorers,
    show_mark,
    show_unscored,
    written,
)
from app.components.published import published, say_unpublished
from app.components.tables import show_table
from app.components.text import escaped, show_link
from app.selection import Selection, described, run_labels, run_roles, spoken
from store import queries
from store.queries import reference

KINDS = ("box", "violin", "ECDF")
MOST_LINES = 8  # groups that can be told apart in one pair of axes
MOST_GROUPS = 64  # groups times panels, each of which is two or three traces


def show_or_say(view: Callable[[Selection], None], selection: Selection) -> None:
    """The view, or in a sentence why there is nothing to see; what follows is shown anyway."""
    try:
        view(selection)
    except ValueError as error:
        st.info(escaped(str(error)))


def show_distribution(selection: Selection) -> None:
    """Groups of samples as boxes, violins or ECDFs, over all problems or a panel for each."""
    asked, labels, roles = choose(selection), run_labels(selection), run_roles(selection)
    kind = st.segmented_control(
        "Drawn as", KINDS, default="box", required=True, key="perplexity_kind", bind="query-params"
    )
    scope = in_scope(selection, asked)
    scored = grouped(scope.samples, asked.split, bool(asked.problems))
    inside = within(scored, *choose_lengths(scope.samples))
    boxes = accounted(
        summary(inside, GROUP), scored, scope.stored, asked.split, bool(asked.problems)
    )
    guard_size(boxes)
    drawn = drawing(inside, boxes)
    if kind == "ECDF":
        figure, data = perplexity_ecdf_chart(drawn, labels, roles), drawn.points
    else:
        violins = densities(inside, drawn.panels) if kind == "violin" else None
        figure, data = perplexity_chart(drawn, labels, roles, violins), boxes
    marks = show_figure(figure, "perplexity_figure", "perplexities of samples by group", data)
    say_how_drawn(str(kind), cut_differently(inside))
    if marks:
        show_mark(selection, marks[0], labels)
    show_definitions("perplexity", "PPL_scorer(Y_sampler)", "quartiles and whiskers", "not scored")
    st.markdown("##### Quartiles")
    show_quartiles(boxes, labels)
    show_unscored(selection, asked, labels)
    show_published()


def show_published() -> None:
    """The points of the paper's figure, where the reader asks for them."""
    wanted = st.toggle(
        "Published values (Fig. 6)", key="perplexity_published", bind="query-params",
        help="Qwen2.5-7B, its RL model and o1 on two AIME24 problems, digitised.",
    )  # fmt: skip
    if not wanted:
        return
    found = published(reference.reference_perplexities)
    if found is None:
        say_unpublished()
        return
    figure = published_perplexity_chart(found)
    show_figure(figure, "perplexity_published_figure", "published perplexities", found)
    st.caption(
        "Digitised from the figure. Correctness of the responses was no condition. One and two"
        " responses of o1 lie above the figure's axes and are not known."
    )


def guard_size(boxes: pl.DataFrame) -> None:
    """Raise ValueError where there is more than can be read."""
    if boxes.height > MOST_GROUPS:
        raise ValueError(
            f"{boxes.height} groups in {boxes['panel'].n_unique()} panels are more than can be"
            f" read ({MOST_GROUPS}). Choose fewer runs, scorers or problems."
        )


def say_how_drawn(kind: str, differing: int) -> None:
    """What the figure is made of."""
    said = {
        "box": "Boxes over all samples: quartiles, whiskers to 1.5 interquartile ranges, the mean"
        " dashed.",
        "violin": "Kernel densities over all samples of a group, each as wide at its widest.",
        "ECDF": "Share of a group's samples at or below a perplexity, at the samples drawn.",
    }[kind]
    st.caption(
        f"PPL with the scorer as index, of the samples Y of a run; per token, at temperature 1,"
        f" without top-p. {said} Click a point to read it."
    )
    if differing:
        st.caption(
            f"{differing:,} samples have other numbers of tokens under one scorer than under"
            " another, which cuts the text differently: perplexities per token of these scorers"
            " are not on one scale."
        )


def show_quartiles(boxes: pl.DataFrame, labels: dict[str, str]) -> None:
    """A row per group: n, what is not in n and why, quartiles and mean."""
    names = [name for name in ("panel", "verdict") if boxes[name].str.len_chars().sum()]
    divided = [
        pl.col(name).str.replace_all("_", " ", literal=True) if name == "verdict"
        else pl.col(name).alias("problem")
        for name in names
    ]  # fmt: skip
    show_table(
        ordered(boxes, labels).select(
            *divided,
            "scorer",
            pl.col("run").replace_strict(labels).alias("samples of"),
            pl.col("samples").alias("n"),
            pl.col("not_scored").alias("not scored"),
            pl.col("outside").alias("other length"),
            "infinite",
            *(written(name).alias(name) for name in ("q1", "median", "q3", "mean")),
        )
    )


def ordered(rows: pl.DataFrame, labels: dict[str, str]) -> pl.DataFrame:
    """The rows in the order in which the figure has the groups."""
    return rows.sort(pl.col("run").cast(pl.Enum(list(labels))), maintain_order=True)


def show_length(selection: Selection) -> None:
    """Perplexity against length, and the groups compared at the same lengths."""
    asked, labels, roles = choose(selection), run_labels(selection), run_roles(selection)
    scope = in_scope(selection, asked)
    scored = grouped(scope.samples, asked.split)
    left, right = st.columns([3, 1])
    with left:
        inside = within(scored, *choose_lengths(scope.samples))
    bins = right.slider(
        "Bins of length", 2, 40, 10, key="perplexity_bins", bind="query-params",
        help="Each holds about as many samples of all groups together.",
    )  # fmt: skip
    boxes = accounted(summary(inside, GROUP), scored, scope.stored, asked.split, False)
    if boxes.height > MOST_LINES:
        st.info(
            f"{boxes.height} groups cannot be told apart in one figure, {MOST_LINES} can. Choose"
            " fewer runs at the left or fewer scorers above. The table has the medians of all."
        )
    else:
        by_bin = medians(inside, int(bins))
        figure = perplexity_length_chart(drawing(inside, boxes), by_bin, labels, roles)
        marks = show_figure(figure, "perplexity_length_figure", "perplexity by length", by_bin)
        if marks and len(marks[0]) > 5:
            show_mark(selection, marks[0], labels)
    show_definitions("perplexity", "length-matched", "effective n", "not scored")
    st.markdown("##### At the same lengths")
    show_matched(matched(inside, int(bins)), labels)
    show_unscored(selection, asked, labels)


def show_matched(found: Matched, labels: dict[str, str]) -> None:
    """The groups before and after weighting, and how many samples remain."""
    if found.table.height < 2:
        st.info("There is one group only, so there is nothing to match it with.")
        return
    st.caption(
        f"{found.common} of {found.bins} bins of length hold samples of every group. The matched"
        " columns are of the samples in these, weighted so that every group has the same lengths."
    )
    verdict = ["verdict"] if found.table["verdict"].str.len_chars().sum() else []
    columns = ("median", "matched_q1", "matched_median", "matched_q3")
    effective = pl.col("effective").map_elements(lambda x: f"{x:,.0f}", return_dtype=pl.String)
    show_table(
        ordered(found.table, labels).select(
            *verdict,
            "scorer",
            pl.col("run").replace_strict(labels).alias("samples of"),
            pl.col("samples").alias("n"),
            pl.col("remaining").alias("n remaining"),
            effective.alias("effective n"),
            *(written(name).alias(spoken(name)) for name in columns),
        )
    )


def show_steps(selection: Selection) -> None:
    """PPL_scorer(Y_checkpoint) against the training step, by the paper's rule."""
    placed = checkpoints(described(selection))
    if placed.is_empty():
        raise ValueError(
            "No chosen run is of a checkpoint. Choose runs of models that have a parent and a"
            " training step (step = 150 in the study file's [[models]])."
        )
    available = scorers(selection).filter(pl.col("run").is_in(placed["run"].to_list()))
    if available.is_empty():
        raise ValueError("No checkpoint's samples are scored. Compute that with passband score.")
    names = available["scorer"].unique(maintain_order=True).to_list()
    order = ask(queries.problems, selection.benchmark)["problem_id"].to_list()
    left, right = st.columns(2)
    scorer = left.selectbox("Scorer", names, key="perplexity_scorer", bind="query-params")
    first = right.number_input(
        "First problems of the benchmark", 1, len(order), len(order), key="perplexity_first",
        bind="query-params", help="The paper takes the first 10, with 32 samples of each.",
    )  # fmt: skip
    runs = available.filter(pl.col("scorer") == scorer)["run"].to_list()
    problems = order[: int(first)]
    asked = Asked([(run, str(scorer)) for run in runs], problems, False, None)
    scope, labels = in_scope(selection, asked), run_labels(selection)
    inside = within(scope.samples, *choose_lengths(scope.samples))
    found = steps(inside, placed, problems)
    missing = int(scope.stored["samples"].sum()) - scope.samples.height
    outside = scope.samples.height - inside.height
    figure = perplexity_steps_chart(found, str(scorer), labels, missing, outside)
    alt = "perplexity of checkpoints' samples by training step"
    marks = show_figure(figure, "perplexity_steps_figure", alt, found.points)
    if marks:
        show_link(
            f"Read samples of {labels[str(marks[0][0])]}",
            selection.link("reader", run=str(marks[0][0])),
        )
    show_definitions("perplexity over training", "perplexity", "not scored")
    say_unplaced(selection, placed, asked, labels)


def say_unplaced(
    selection: Selection, placed: pl.DataFrame, asked: Asked, labels: dict[str, str]
) -> None:
    """Which of the chosen runs are not in the figure, and why."""
    there = set(placed["run"])
    scored = {run for run, _ in asked.groups}
    without_step = [labels[run] for run in selection.runs if run not in there]
    unscored = [labels[run] for run in selection.runs if run in there and run not in scored]
    if without_step:
        st.caption(escaped(f"Not a checkpoint: {', '.join(without_step)}."))
    if unscored:
        st.caption(escaped(f"Not scored under this scorer: {', '.join(unscored)}."))
