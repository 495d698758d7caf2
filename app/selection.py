"""What the reader chose: the value that every page starts from, and its form in links."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

import polars as pl
import streamlit as st

from app.analysis.runs import labels, usual_first
from app.cache import ask
from store import queries


@dataclass(frozen=True)
class Selection:
    """The choice that all pages share. `chosen` is empty where the reader left it at all runs."""

    benchmark: str
    runs: tuple[str, ...]
    chosen: tuple[str, ...]
    verifier: str | None  # None: each run's own
    left_out: tuple[str, ...]
    direct: str | None = None  # the run whose samples answer without reasoning
    guess_below: int = 0  # per cent: what it answers more rarely, but not never, is dropped
    audited: bool = False  # samples whose reasoning people judged wrong are not correct
    older: tuple[tuple[str, str], ...] = ()  # what links say of the older state that is shown

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The choice as URL parameters, which are the keys of the widgets."""
        verifier = [("verifier", self.verifier)] if self.verifier else []
        direct = [("direct", address(self.direct))] if self.direct else []
        return [
            ("benchmark", self.benchmark),
            *(("runs", address(run)) for run in self.chosen),
            *verifier,
            *(("left_out", spoken(kind)) for kind in self.left_out),
            *direct,
            *([("guess_below", str(self.guess_below))] if self.direct else []),
            *([("audited", "true")] if self.audited else []),
            *self.older,
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


def chosen() -> Selection:
    """The choice that the entry point has read in this rerun."""
    selection = st.session_state["selection"]
    if not isinstance(selection, Selection):  # the code was changed under a running server
        raise ValueError("The dashboard itself has changed. Reload the page.")
    return selection


def on_benchmark(selection: Selection, benchmark: str) -> Selection:
    """The same choice on another benchmark: runs of the same models, all where all were chosen."""
    if benchmark == selection.benchmark:
        return selection
    stored = ask(queries.runs)
    there = usual_first(stored.filter(pl.col("benchmark") == benchmark))
    models = stored.filter(pl.col("run").is_in(selection.chosen))["model"].unique()
    picked = there.filter(pl.col("model").is_in(models.implode()))["run"].to_list()
    direct = same_settings(stored, selection.direct, benchmark)
    available = [run for run in there["run"] if run != direct]
    return replace(
        selection,
        benchmark=benchmark,
        runs=tuple(picked if selection.chosen else available),
        chosen=tuple(picked),
        direct=direct,
    )


def same_settings(stored: pl.DataFrame, run: str | None, benchmark: str) -> str | None:
    """The run on this benchmark with the model and prompt template of `run`; None without one."""
    keys = ["model", "prompt_template"]
    wanted = stored.filter(pl.col("run") == run).select(keys)
    there = stored.filter(pl.col("benchmark") == benchmark)
    matching = there.join(wanted, on=keys, how="semi", nulls_equal=True)["run"]
    return str(matching[0]) if len(matching) else None


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
