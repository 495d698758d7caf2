"""Where along one sample two scorers differ."""

import polars as pl
import streamlit as st

from app.analysis.token_difference import DRAWN, Scored, described, differences, refusal, scored
from app.cache import ask
from app.charts.token_difference import token_difference_chart
from app.components.definitions import show_definitions
from app.components.figure import show_figure
from app.components.perplexity import scorers
from app.components.text import escaped, show_link
from app.selection import Selection, address
from store import queries
from store.queries import tokens

Place = tuple[str, str, int]


def show_tokens(selection: Selection) -> None:
    """Δ log p of each token of one sample under two scorers, and its cumulative sum."""
    run, problem, sample = pick(selection)
    known = {
        row["scorer"]: scored(row)
        for row in ask(tokens.token_logprobs, run, problem, sample).to_dicts()
    }
    one, other = choose_two(selection, run, known)
    link = selection.link("reader", run=run, problem=problem, sample=sample)
    show_link(f"Read sample {sample} of {problem}", link)
    reason = refusal(one, other)
    if reason:
        st.info(escaped(reason))
        return
    completion = ask(queries.sample, run, problem, sample)["completion"][0]
    show_difference(one, other, completion, f"sample {sample} of {problem}")


def pick(selection: Selection) -> Place:
    """Run, problem and sample, of those whose tokens two scorers have scored."""
    count = scorers(selection).group_by("run").agg(n=pl.len()).filter(pl.col("n") > 1)
    runs = [run for run in selection.runs if run in set(count["run"])]
    if not runs:
        raise ValueError(
            "No chosen run is scored under two models. Add another scorer with passband score"
            " STUDY.toml --scorer MODEL, then passband publish."
        )
    left, middle, right = st.columns(3)
    run = left.selectbox(
        "Run", runs, format_func=address, key="perplexity_token_run", bind="query-params"
    )
    rows = ask(tokens.token_scorers, str(run))
    order = ask(queries.problems, selection.benchmark)["problem_id"].to_list()
    there = set(rows["problem_id"])
    problems = [problem for problem in order if problem in there]
    if not problems:
        raise ValueError(
            "No log-probabilities of single tokens are stored under two scorers for this run, only"
            " their sums. Choose another run."
        )
    problem = middle.selectbox(
        "Problem", problems, key="perplexity_token_problem", bind="query-params"
    )
    numbers = rows.filter(pl.col("problem_id") == problem)["sample"].to_list()
    sample = right.selectbox("Sample", numbers, key="perplexity_token_sample", bind="query-params")
    return str(run), str(problem), int(sample)


def choose_two(selection: Selection, run: str, known: dict[str, Scored]) -> tuple[Scored, Scored]:
    """The scorer that is subtracted, by default the base, and the one it is subtracted from."""
    order = scorers(selection).filter(pl.col("run") == run)["scorer"].to_list()
    names = sorted(known, key=lambda name: order.index(name) if name in order else len(order))
    left, right = st.columns(2)
    against = right.selectbox(
        "Minus scorer", names, key="perplexity_token_against", bind="query-params"
    )
    rest = [name for name in names if name != against]
    scorer = left.selectbox("Scorer", rest, key="perplexity_token_scorer", bind="query-params")
    return known[str(against)], known[str(scorer)]


def show_difference(one: Scored, other: Scored, completion: str | None, name: str) -> None:
    """The figure, of at most so many tokens as a browser draws well."""
    rows = differences(one, other, completion)
    first = 0
    if rows.height > DRAWN:
        first = st.number_input(
            f"From token (at most {DRAWN:,} are drawn)", 0, rows.height - 1, 0, step=DRAWN,
            key="perplexity_token_from", bind="query-params",
        )  # fmt: skip
    shown = rows.slice(int(first), DRAWN)
    said = described(rows, shown, one.scorer, other.scorer, name)
    figure = token_difference_chart(shown, one.scorer, other.scorer, said)
    show_figure(figure, "perplexity_token_figure", "difference of log p by token", rows)
    st.caption(
        "Above 0 the first scorer finds the token more likely than the other does. Raw"
        " log-probabilities, at temperature 1, without top-p. Point at a token for its text."
    )
    show_definitions("Δ log p of a token", "perplexity")
