"""What the reader chose: read from the sidebar, kept in the URL, and handed on in links."""

from dataclasses import dataclass
from urllib.parse import urlencode

import polars as pl
import streamlit as st

from app.analysis import perplexity
from app.analysis.counting import KINDS, kept, left_out
from app.analysis.runs import labels
from app.cache import ask
from store import queries

EACH_RUNS_OWN = "each run's own"


@dataclass(frozen=True)
class Selection:
    """The choice that all pages share. `chosen` is empty where the reader left it at all runs."""

    benchmark: str
    runs: tuple[str, ...]
    chosen: tuple[str, ...]
    verifier: str | None  # None: each run's own
    left_out: tuple[str, ...]

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The choice as URL parameters, which are the keys of the widgets."""
        verifier = [("verifier", self.verifier)] if self.verifier else []
        return [
            ("benchmark", self.benchmark),
            *(("runs", address(run)) for run in self.chosen),
            *verifier,
            *(("left_out", spoken(kind)) for kind in self.left_out),
        ]

    def link(self, page: str, **parameters: str | int) -> str:
        """URL of a page with this choice and the page's own parameters; `run` is a run's id."""
        own = [
            (key, address(str(value)) if key == "run" else str(value))
            for key, value in parameters.items()
        ]
        return f"{page}?{urlencode([*self.parameters, *own])}"


def address(run: str) -> str:
    """A run's name in URLs and selectors: the model and the digest of the run's identity.

    It is short and never changes. A label may: it says only what tells a run from others shown.
    """
    model, *_, digest = run.split("--")
    return f"{model}~{digest}"


def spoken(kind: str) -> str:
    """A column's name in words."""
    return kind.replace("_", " ")


def choose() -> Selection:
    """Draw the selectors in the sidebar and return what they say."""
    stored = ask(queries.runs)
    if stored.is_empty():
        raise ValueError("The store holds no run. Add some with passband generate or import.")
    with st.sidebar:
        benchmarks = sorted(stored["benchmark"].unique())
        benchmark = st.selectbox("Benchmark", benchmarks, key="benchmark", bind="query-params")
        available = stored.filter(pl.col("benchmark") == benchmark)["run"].to_list()
        chosen = choose_runs(available)
        verifier = choose_verifier(chosen or available)
        kinds = st.multiselect(
            "Leave out",
            KINDS,
            format_func=spoken,
            key="left_out",
            bind="query-params",
            placeholder="nothing: all count",
            help="Samples without an answer, with a verifier's error, or truncated count as"
            " incorrect in n. Left out, they make n smaller, and different between problems.",
        )
    selection = Selection(
        benchmark, tuple(chosen or available), tuple(chosen), verifier, tuple(kinds)
    )
    st.session_state["selection"] = selection
    return selection


def choose_runs(available: list[str]) -> list[str]:
    """The runs that the reader picked; none picked means all."""
    picked = st.multiselect(
        "Runs",
        available,
        format_func=address,
        key="runs",
        bind="query-params",
        placeholder="all runs",
        help="Model and first digits of the run's identity. The page 'Runs' tells the settings.",
    )
    return [run for run in picked if run in available]


def choose_verifier(runs: list[str]) -> str | None:
    """The verifier whose verdicts count; None: each run's own."""
    verifiers = sorted(set(ask(queries.verifiers, runs)["verifier"]))
    options = [EACH_RUNS_OWN, *verifiers]
    verifier = st.selectbox("Verifier", options, key="verifier", bind="query-params")
    return None if verifier == EACH_RUNS_OWN else verifier


def chosen() -> Selection:
    """The choice that the entry point has read in this rerun."""
    selection = st.session_state["selection"]
    if not isinstance(selection, Selection):  # the code was changed under a running server
        return choose()
    return selection


def run_labels(selection: Selection) -> dict[str, str]:
    """Labels of the chosen runs, as short as tells them apart."""
    return labels(described(selection))


def run_roles(selection: Selection) -> dict[str, str]:
    """The role of each chosen run."""
    runs = described(selection)
    return dict(zip(runs["run"], runs["role"], strict=True))


def described(selection: Selection) -> pl.DataFrame:
    """The rows of the chosen runs."""
    return ask(queries.runs).filter(pl.col("run").is_in(selection.runs))


def counts(selection: Selection) -> pl.DataFrame:
    """Counts of the chosen runs without the samples that the reader leaves out."""
    stored = ask(queries.counts, list(selection.runs), selection.verifier)
    return left_out(stored, selection.left_out)


def perplexities(selection: Selection, scorers: list[str]) -> pl.DataFrame:
    """Perplexity of each sample of the chosen runs under each scorer that scored them.

    Without the samples that the reader leaves out.
    """
    available = ask(queries.scorers).filter(
        pl.col("run").is_in(selection.runs) & pl.col("scorer").is_in(scorers)
    )
    parts = [
        perplexity.distribution(
            kept(ask(queries.perplexities, run, scorer, selection.verifier), selection.left_out),
            scorer,
            run,
        )
        for run, scorer in available.select("run", "scorer").sort("run", "scorer").rows()
    ]
    return pl.concat(parts) if parts else pl.DataFrame()
