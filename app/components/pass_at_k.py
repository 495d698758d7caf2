"""The controls of the page pass@k, and what it says beside its figure."""

from dataclasses import dataclass

import streamlit as st

from app.analysis.beneath import titles
from app.analysis.facets import FACETS
from app.analysis.measures import BAYESIAN, COT, COVER, G_PASS, MAJORITY, MEASURES, PASS, Wanted
from app.cache import ask
from app.metrics.intervals import KINDS, LIKE_THESE, THESE
from app.selection import Selection
from store import queries
from store.queries import reference

ONE, BENCHMARKS, FAMILIES = "one figure", "benchmark", "family × benchmark"
NO_BAND = "none"
LEVELS = {"80 %": 0.80, "90 %": 0.90, "95 %": 0.95, "99 %": 0.99}


@dataclass(frozen=True)
class Choice:
    """What the reader chose on this page."""

    wanted: Wanted
    panels: str
    benchmarks: tuple[str, ...]  # all that are shown, that of the sidebar first
    published: tuple[str, ...]
    log_k: bool
    common_only: bool
    fold: bool
    forecast: bool

    @property
    def name(self) -> str:
        """The measure, with what it was asked for."""
        share = f" (τ = {self.wanted.tau:g})" if self.wanted.measure == G_PASS else ""
        return f"{self.wanted.measure}{share}"

    @property
    def over_k(self) -> bool:
        """Whether the x axis is k; of Cover@τ it is τ."""
        return self.wanted.measure != COVER

    @property
    def forecasts(self) -> bool:
        """Whether curves are continued beyond n."""
        return self.forecast and self.wanted.measure == PASS

    @property
    def band(self) -> str:
        """The band in words, for the figure; empty without one."""
        kind, measure, level = self.wanted.kind, self.wanted.measure, f"{self.wanted.level:.0%}"
        level = level.replace("%", " %")
        if kind is None or (measure == MAJORITY and kind == THESE):
            return ""
        if measure == COT:
            return "if all that nobody has read were valid"
        return f"{level} credible" if measure == BAYESIAN else f"{level}, {kind}"


def choose_curves(selection: Selection) -> Choice:
    """Draw the controls and return what they say."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure = str(pick("Measure", MEASURES, "measure"))
        tau = choose_tau() if measure == G_PASS else 0.5
        kind = pick("Band", (*KINDS, NO_BAND), "band", help=BAND_HELP)
        level = pick("Level", tuple(LEVELS), "level", 2, 110)
        panels = str(pick("Panels by", (ONE, BENCHMARKS, FAMILIES, *FACETS), "panels"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        log_k = toggle("Logarithmic k", "log", True)
        common = toggle("Common k only", "common", False, COMMON_HELP)
        fold = toggle("Folded y axis", "fold", False, FOLD_HELP)
        forecast = toggle("Forecast beyond n", "forecast", False, FORECAST_HELP)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        benchmarks = choose_benchmarks(selection)
        published = choose_published(selection.benchmark)
    wanted = Wanted(measure, tau, None if kind == NO_BAND else str(kind), LEVELS[str(level)])
    return Choice(wanted, panels, benchmarks, published, log_k, common, fold, forecast)


BAND_HELP = (
    f"{LIKE_THESE}: how much the mean would vary with other problems of the same kind."
    f" {THESE}: how much it would vary if these problems were sampled again."
)
COMMON_HELP = "Draw curves only up to the smallest n of the runs shown, where all are defined."
FOLD_HELP = "Show the two ends of the curves and leave out the range between them."
FORECAST_HELP = "pass@k only: a beta-binomial distribution with a mass at zero, fitted to n and c."


def pick(
    label: str,
    options: tuple[str, ...],
    key: str,
    first: int = 0,
    width: int = 190,
    help: str | None = None,
) -> str | None:
    """A selector of this page."""
    return st.selectbox(
        label, options, index=first, key=f"pass_at_k_{key}", bind="query-params", width=width,
        help=help,
    )  # fmt: skip


def toggle(label: str, key: str, default: bool, help: str | None = None) -> bool:
    """A switch of this page."""
    return st.toggle(label, default, key=f"pass_at_k_{key}", bind="query-params", help=help)


def choose_tau() -> float:
    """The share of k samples that have to be correct."""
    return st.slider(
        "τ, share correct", 0.0, 1.0, 0.5, 0.05, key="pass_at_k_tau", bind="query-params", width=190
    )


def choose_benchmarks(selection: Selection) -> tuple[str, ...]:
    """The benchmarks that are shown: that of the sidebar, and further ones."""
    stored = ask(queries.runs)["benchmark"].unique().sort().to_list()
    others = [name for name in stored if name != selection.benchmark]
    further = st.multiselect(
        "Further benchmarks", others, key="pass_at_k_benchmarks", bind="query-params",
        placeholder="none" if others else "this study has one", disabled=not others,
    )  # fmt: skip
    return (selection.benchmark, *(name for name in further if name in others))


def choose_published(benchmark: str) -> tuple[str, ...]:
    """Published curves to lay beneath one's own, those of this benchmark first."""
    known = titles(ask(reference.reference_curves), benchmark)
    picked = st.multiselect(
        "Published curves", known, key="pass_at_k_published", bind="query-params",
        placeholder="none" if known else "the store holds none", disabled=not known,
    )  # fmt: skip
    return tuple(title for title in picked if title in known)
