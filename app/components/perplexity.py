"""What the page of perplexities asks of the reader, and which samples that means."""

from dataclasses import replace
from typing import NamedTuple

import polars as pl
import streamlit as st

from app.analysis.counting import kept
from app.analysis.guessing import without
from app.analysis.perplexity import VERDICTS, of_verdict
from app.cache import ask
from app.charts.style import rank
from app.components.tables import ABSENT
from app.components.text import escaped, show_link
from app.counted import dropped_problems, perplexities
from app.selection import Selection, address, described, spoken
from store import queries
from store.queries import tokens

VIEWS = ("distribution", "length", "training steps", "tokens")
TOGETHER, SPLIT = "together", "split"
MOST_PROBLEMS = 8


class Asked(NamedTuple):
    """The groups (run, scorer) and problems that the reader asked for; no problem means all."""

    groups: list[tuple[str, str]]
    problems: list[str]
    split: bool
    verdict: str | None


class Scope(NamedTuple):
    """The samples of the groups with their perplexities, and how many samples are stored."""

    samples: pl.DataFrame
    stored: pl.DataFrame


def choose_view() -> str:
    """What is to be seen."""
    view = st.segmented_control(
        "View", VIEWS, default=VIEWS[0], required=True, key="perplexity_view", bind="query-params"
    )
    return str(view)


def scorers(selection: Selection) -> pl.DataFrame:
    """run, scorer, samples, role (the scorer's), own (the scorer is the run's model).

    Base models come first. Raises ValueError where no chosen run is scored.
    """
    roles = ask(queries.models).select(pl.col("model").alias("scorer"), "role")
    runs = ask(queries.runs).select("run", "model")
    available = ask(queries.scorers).filter(pl.col("run").is_in(selection.runs))
    if available.is_empty():
        raise ValueError(
            "No sample of the chosen runs has log-probabilities. Compute them with passband score"
            " STUDY.toml, then passband publish; runs imported as counts cannot have any."
        )
    joined = available.drop("own").join(roles, on="scorer", how="left").join(runs, on="run")
    order = pl.col("role").fill_null("").map_elements(rank, return_dtype=pl.Int64)
    own = pl.col("scorer") == pl.col("model")
    return joined.with_columns(own=own).sort(order, "scorer", "run").drop("model")


def choose(selection: Selection, split: bool = True) -> Asked:
    """Draw the controls that say which samples are looked at, under which scorers."""
    available = scorers(selection)
    left, middle, right = st.columns([3, 3, 4])
    names = available["scorer"].unique(maintain_order=True).to_list()
    wanted = left.multiselect(
        "Scorers", names, key="perplexity_scorers", bind="query-params",
        placeholder="base, and each run's own",
        help="The models under which the samples' log-probabilities were computed. By default as"
        " in Fig. 6 of arXiv 2504.13837: the base scores all, and each model its own samples.",
    )  # fmt: skip
    problems = middle.multiselect(
        "Problems", ask(queries.problems, selection.benchmark)["problem_id"].to_list(),
        key="perplexity_problems", bind="query-params", placeholder="all together",
        max_selections=MOST_PROBLEMS, help="One panel for each.",
    )  # fmt: skip
    options = [TOGETHER, *([SPLIT] if split else []), *VERDICTS]
    verdict = right.selectbox(
        "Verdicts", options, format_func=spoken, key="perplexity_verdict", bind="query-params",
        help="All samples together, split into groups by verdict, or those of one verdict only.",
    )  # fmt: skip
    groups = available.filter(pl.col("scorer").is_in(wanted)) if wanted else as_published(available)
    one = verdict if verdict in VERDICTS else None
    return Asked(groups.select("run", "scorer").rows(), problems, verdict == SPLIT, one)


def as_published(available: pl.DataFrame) -> pl.DataFrame:
    """The groups of Fig. 6: samples under the base and under their own model; all without these."""
    shown = available.filter((pl.col("role") == "base") | pl.col("own"))
    return available if shown.is_empty() else shown


def in_scope(selection: Selection, asked: Asked) -> Scope:
    """The samples of the groups that count. Raises ValueError where there are none."""
    parts = [
        perplexities(replace(selection, runs=(run,)), [scorer]) for run, scorer in asked.groups
    ]
    samples = narrowed(pl.concat(parts), asked)
    if samples.is_empty():
        raise ValueError("No scored sample is left by what is chosen. Choose more above.")
    return Scope(samples, narrowed(stored_samples(selection, asked), asked))


def stored_samples(selection: Selection, asked: Asked) -> pl.DataFrame:
    """How many samples are stored, of those that count, whether a scorer has scored them or not."""
    runs = sorted({run for run, _ in asked.groups})
    rows = ask(tokens.stored_samples, runs, selection.verifier)
    return without(kept(rows, selection.left_out), dropped_problems(selection))


def narrowed(rows: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """The rows of the problems and of the verdict asked for."""
    there = pl.col("problem_id").is_in(asked.problems)
    return of_verdict(rows.filter(there) if asked.problems else rows, asked.verdict)


def choose_lengths(samples: pl.DataFrame) -> tuple[int, int]:
    """The shortest and the longest samples that are looked at."""
    lengths = samples["n_tokens"].drop_nulls()
    shortest, longest = int(lengths.min() or 0), int(lengths.max() or 0)  # type: ignore[arg-type]
    if shortest == longest:
        st.caption(f"All samples have {longest:,} tokens.")
        return shortest, longest
    low, high = st.slider(
        "Tokens of a sample, from … to …", shortest, longest, (shortest, longest),
        key="perplexity_tokens", bind="query-params",
        help="Tokens that the scorer scored. Samples outside are left out and counted.",
    )  # fmt: skip
    return int(low), int(high)


def show_unscored(selection: Selection, asked: Asked, labels: dict[str, str]) -> None:
    """Which runs have no log-probability under the scorers that are shown."""
    scored = {run for run, _ in asked.groups}
    stored = dict(described(selection).select("run", "samples").rows())
    rest = [run for run in selection.runs if run not in scored]
    names = [labels[run] + ("" if stored[run] else " (counts only)") for run in rest]
    if names:
        st.caption(escaped(f"Not scored under these scorers: {', '.join(names)}."))


def show_mark(selection: Selection, mark: list[object], labels: dict[str, str]) -> None:
    """Where a clicked point leads: to its sample, and to its tokens."""
    _, run, problem, sample, *_ = (str(value) for value in mark)
    link = selection.link("reader", run=run, problem=problem, sample=sample)
    show_link(f"Read sample {sample} of {problem}, {labels[run]}", link)
    along = {"problem": problem, "sample": sample, "run": address(run)}
    parameters = {f"perplexity_token_{name}": value for name, value in along.items()}
    link = selection.link("perplexity", perplexity_view="tokens", **parameters)
    show_link("Compare two scorers along its tokens", link)


def written(column: str) -> pl.Expr:
    """A number with three decimals; a dash where undefined."""
    return pl.col(column).map_elements(number, return_dtype=pl.String).fill_null(ABSENT)


def number(value: float) -> str:
    """1.234, ∞ or –."""
    if value != value:
        return ABSENT
    return "∞" if value == float("inf") else f"{value:.3f}"
