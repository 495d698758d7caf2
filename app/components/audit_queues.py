"""Choosing a queue, and making it: which samples, in which order."""

import polars as pl
import streamlit as st

from app.analysis import queues
from app.analysis.audit_work import MOST, SAMPLE, Queue, interleaved, mixed, queue_of
from app.analysis.counting import kept as kept_samples
from app.analysis.reviewers import disagreements
from app.cache import ask, audits, keep
from app.components.audit_desk import (
    ADJUDICATION,
    BOTH,
    CLAIMS,
    DISAGREEMENTS,
    HARD,
    OUTCOMES,
    QUEUES,
    RANDOM,
    SECOND,
    Desk,
    Wanted,
)
from app.components.text import escaped
from app.counted import dropped_problems, of_runs, raw_counts
from app.selection import Selection, run_labels
from store.queries.judged import sizes
from store.queries.queues import correct_samples, random_samples
from store.queries.queues import disagreements as disagreeing

FIXED = "audit_fixed_queue"
MEANT = {
    HARD: "Correct samples of problems that a run solves, but rarely.",
    CLAIMS: "Correct samples of problems that only one of the chosen runs solves, or that a run"
    " solves in a few samples only.",
    DISAGREEMENTS: "Samples that verifiers judge differently.",
    RANDOM: "Samples in a random order, to estimate how often a verifier errs.",
    SECOND: "Samples that others have read and you have not.",
    ADJUDICATION: "Samples that people labelled differently: your label decides.",
}
NO_SAMPLES = (
    "There are no such samples in the chosen runs. Choose other runs at the left, or another queue;"
    " runs of which only counts were imported have no samples to read."
)
NOTHING = {
    HARD: "No chosen run solves a problem so rarely. Raise the accuracy, or choose another queue.",
    CLAIMS: "No claim hangs on so few samples: every solved problem is solved by several runs, and"
    " often. Raise the number, choose several runs at the left, or another queue.",
    DISAGREEMENTS: "No sample was judged differently by two verifiers. Run another one with"
    " passband verify, or choose another queue.",
    RANDOM: NO_SAMPLES,
    SECOND: "Others have read nothing in the chosen runs that you have not. Choose another queue.",
    ADJUDICATION: "People do not differ on any sample of the chosen runs. Choose another queue.",
}


def choose_queue() -> Wanted:
    """Draw the controls of the queue and return what they say."""
    queue, rest, blind = st.columns([2, 4, 2], vertical_alignment="bottom")
    name = queue.selectbox("Queue", QUEUES, key="audit_queue", bind="query-params")
    with rest:
        wanted = PARAMETERS.get(name, usual)(name)
    hidden = blind.toggle(
        "Blind", True, key="audit_blind", bind="query-params",
        help="Hides the run, the verdicts and what others said before you, and mixes the runs.",
    )  # fmt: skip
    st.caption(escaped(MEANT[name]))
    return Wanted(**{**vars(wanted), "blind": bool(hidden)})


def usual(name: str) -> Wanted:
    """A queue without parameters."""
    return Wanted(name)


def choose_hard(name: str) -> Wanted:
    """Up to which accuracy a problem is hard."""
    below = st.slider(
        "Accuracy below … %", 1, 50, 5, key="audit_below", bind="query-params",
        help="The paper's rule: above 0 and below 5 % (arXiv 2504.13837).",
    )  # fmt: skip
    return Wanted(name, below=int(below))


def choose_claims(name: str) -> Wanted:
    """How many correct samples are few."""
    few = st.slider(
        "Solved by at most … samples of a run", 1, 10, 3, key="audit_few", bind="query-params"
    )
    return Wanted(name, few=int(few))


def choose_random(name: str) -> Wanted:
    """Which outcome, how many samples, and the seed of the order."""
    left, middle, right = st.columns([3, 2, 2], vertical_alignment="bottom")
    outcome = left.selectbox("Judged", OUTCOMES, key="audit_outcome", bind="query-params")
    size = middle.number_input(
        "Samples", 1, 5000, 100, key="audit_size", bind="query-params", help="Of each outcome"
    )
    seed = right.number_input("Seed", 0, 10**6, 0, key="audit_seed", bind="query-params")
    return Wanted(name, seed=int(seed), outcome=str(outcome), size=int(size))


PARAMETERS = {HARD: choose_hard, CLAIMS: choose_claims, RANDOM: choose_random}


def desk_of(selection: Selection, wanted: Wanted, name: str) -> Desk:
    """The desk of a reviewer. Raises ValueError, with what to do, where the queue is empty."""
    given = of_runs(audits(), selection.runs)
    outdated = out_of_date(given)
    current = given.filter(~pl.col("id").is_in(list(outdated)))
    if wanted.name in (SECOND, ADJUDICATION):
        queue = fixed(selection, wanted, name, current)
    else:
        queue = keep(stored_queue, selection, wanted)
    if not queue.samples:
        raise ValueError(NOTHING[wanted.name])
    return Desk(selection, wanted, queue, name, outdated, run_labels(selection))


def out_of_date(given: pl.DataFrame) -> frozenset[int]:
    """Ids of the verdicts on texts that are no longer those of the build."""
    if given.is_empty():
        return frozenset()
    places = given.select(SAMPLE).unique(maintain_order=True)
    texts = ask(sizes, places).select(*SAMPLE, "content_hash")
    return frozenset(given.join(texts, on=[*SAMPLE, "content_hash"], how="anti")["id"])


def stored_queue(selection: Selection, wanted: Wanted) -> Queue:
    """A queue that only the store decides."""
    rows = MADE[wanted.name](selection, wanted)
    in_random_order = wanted.name == RANDOM
    return queue_of(mixed(rows) if wanted.blind and not in_random_order else rows)


def fixed(selection: Selection, wanted: Wanted, name: str, given: pl.DataFrame) -> Queue:
    """A queue that verdicts decide: as it was when this reader opened it, for the session."""
    key = (st.session_state["build"], selection, wanted, name)
    kept = st.session_state.get(FIXED)
    if kept is None or kept[0] != key:
        rows = open_opinions(given, name) if wanted.name == SECOND else differing(given)
        ordered = mixed(rows, ["last"]) if wanted.blind else rows
        kept = st.session_state[FIXED] = (key, queue_of(ordered))
    return kept[1]


def hard(selection: Selection, wanted: Wanted) -> pl.DataFrame:
    """The correct samples of problems that a run solves, but rarely."""
    counts, below = raw_counts(selection), wanted.below / 100
    problems = queues.hard_problems(counts, below)
    return queues.hard(correct(selection, problems), counts, below)


def claims(selection: Selection, wanted: Wanted) -> pl.DataFrame:
    """The correct samples that a claim hangs on."""
    counts = raw_counts(selection)
    problems = queues.claimed_problems(counts, wanted.few)
    return queues.claims(correct(selection, problems), counts, wanted.few)


def correct(selection: Selection, problems: pl.DataFrame) -> pl.DataFrame:
    """The correct samples of these problems that count."""
    found = ask(correct_samples, problems.select("run", "problem_id"), selection.verifier)
    return kept_samples(found, selection.left_out)


def differing_verdicts(selection: Selection, _: Wanted) -> pl.DataFrame:
    """The samples that verifiers judge differently."""
    return queues.disagreements(ask(disagreeing, list(selection.runs), MOST))


def random(selection: Selection, wanted: Wanted) -> pl.DataFrame:
    """So many samples of each outcome in random order, taking turns."""
    outcomes = OUTCOMES[1:] if wanted.outcome == BOTH else (wanted.outcome,)
    parts = [
        queues.random(drawn(selection, wanted, outcome), wanted.seed, outcome)
        for outcome in outcomes
    ]
    return interleaved(parts, wanted.seed)


def drawn(selection: Selection, wanted: Wanted, outcome: str) -> pl.DataFrame:
    """So many samples of one outcome, of those that count, in random order."""
    runs, counting = list(selection.runs), (selection.left_out, dropped_problems(selection))
    asked = (runs, selection.verifier, outcome, wanted.seed, wanted.size)
    return ask(random_samples, *asked, *counting)


def open_opinions(given: pl.DataFrame, name: str) -> pl.DataFrame:
    """What others have read and this reviewer has not; last: those on which others agree."""
    return with_last(queues.second_opinions(given, name), disagreements(given))


def differing(given: pl.DataFrame) -> pl.DataFrame:
    """What people labelled differently; last: what somebody has decided already."""
    found = disagreements(given)
    rows = found.with_columns(why=pl.lit("people labelled it differently"))
    return with_last(rows, found.filter(pl.col("decided").is_null()))


def with_last(rows: pl.DataFrame, first: pl.DataFrame) -> pl.DataFrame:
    """The rows with `last`: whether they are not among `first`."""
    marked = first.select(SAMPLE).unique().with_columns(last=pl.lit(False))
    return rows.join(marked, on=SAMPLE, how="left", maintain_order="left").with_columns(
        pl.col("last").fill_null(True)
    )


MADE = {HARD: hard, CLAIMS: claims, DISAGREEMENTS: differing_verdicts, RANDOM: random}
