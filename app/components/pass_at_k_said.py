"""What the page pass@k says of its curves: how they were made, and what is not in them."""

import polars as pl
import streamlit as st

from app.analysis.beneath import PUBLISHED
from app.analysis.drawing import MOST_BANDS, tabled
from app.analysis.facets import DIFFICULTY, FACETS
from app.analysis.forecasts import scores
from app.analysis.measures import (
    BAYESIAN,
    COT,
    COVER,
    G_PASS,
    HAT,
    MAJORITY,
    MG_PASS,
    PASS,
)
from app.cache import work_out
from app.charts.panels import foldable
from app.components.pass_at_k import FAMILIES, Choice
from app.components.pass_at_k_panels import Shown
from app.components.tables import ABSENT, LONGEST, show_table
from app.components.text import escaped
from app.metrics.intervals import THESE
from app.metrics.majority import DRAWS, EXACT_UP_TO
from app.selection import Selection

MEANING = {
    PASS: "At least one of k samples is correct: unbiased, mean over problems, every k up to n.",
    HAT: "All of k samples are correct: unbiased, mean over problems.",
    G_PASS: "At least the share τ of k samples is correct: unbiased, mean over problems.",
    MG_PASS: "G-Pass@k averaged over thresholds from one half to one.",
    MAJORITY: "The most frequent answer of k samples is correct. Ties are shared evenly, samples"
    f" without an answer have no vote. Exact up to n = {EXACT_UP_TO}, beyond by {DRAWS} random"
    " orders of the samples of each problem.",
    COVER: "Share of problems with an accuracy c/n of at least τ. It depends on n: the accuracy of"
    " few samples scatters more.",
    COT: "At least one of k samples has a correct answer and a chain of thought that was found"
    " valid; the area goes up to where the curve would be if all unread ones were.",
    BAYESIAN: "Posterior mean from a uniform prior of each problem's p, which counts on problems"
    " that were never solved; the band is about these problems.",
}
MISSING = {
    MAJORITY: "it needs the answer of each sample, and the store holds only counts, or"
    " verdicts without extracted answers.",
    COT: "nobody has judged its chains of thought yet.",
}
MOST = 6  # runs or problems that a sentence names


def show_sentences(shown: Shown, choice: Choice, selection: Selection) -> None:
    """Everything that a reader of the figure should know, in one paragraph."""
    said = [
        MEANING[choice.wanted.measure],
        *sentences_on_n(shown, choice),
        *sentences_on_bands(shown, choice, selection),
        *sentences_on_axes(shown, choice),
        *sentences_beneath(shown, choice, selection),
        "Click a mark for the problems behind it.",
    ]
    st.caption(escaped(" ".join(said)))
    if shown.missing and (why := MISSING.get(choice.wanted.measure)):
        more = f" and {len(shown.missing) - MOST} more" if len(shown.missing) > MOST else ""
        who = ", ".join(shown.missing[:MOST]) + more
        st.info(escaped(f"{choice.wanted.measure} of {who} is not known: {why}"))


def terms(choice: Choice) -> list[str]:
    """The terms of the glossary that the page uses."""
    always = ["n, c, k", "problems like these", "these problems", "Δ_SE", "guessing"]
    more = ["forecast beyond n"] if choice.forecasts else []
    return list(dict.fromkeys([choice.wanted.measure, PASS, *always, *more]))


def sentences_on_n(shown: Shown, choice: Choice) -> list[str]:
    """Up to which k curves can be compared, and where one ends before its largest n."""
    said = []
    if shown.common and choice.over_k:
        smallest = sorted(set(shown.common.values()))
        ks = " or ".join(f"{k:,}" for k in smallest[:MOST])
        said.append(
            f"n differs: compare curves only up to k = {ks}"
            + (", beyond which they are not drawn." if choice.common_only else " (dotted line).")
        )
    if choice.wanted.measure == BAYESIAN:
        return said
    ragged = shown.counted.group_by("run", maintain_order=True).agg(
        low=pl.col("n").min(), high=pl.col("n").max()
    )
    uneven = ragged.filter(pl.col("low") < pl.col("high")).rows()
    said += [
        f"{shown.full_labels[run]}: n is {low} to {high}, so the curve over all problems ends at"
        f" k = {low}."
        for run, low, high in uneven[:MOST]
    ]
    if len(uneven) > MOST:
        said.append(f"So do {len(uneven) - MOST} more runs, at their smallest n.")
    return said


def sentences_on_bands(shown: Shown, choice: Choice, selection: Selection) -> list[str]:
    """What the bands are, where they cannot be relied on, and why one is missing."""
    measure, kind = choice.wanted.measure, choice.wanted.kind
    points = shown.points
    said = []
    if measure == MAJORITY and selection.audited:
        said.append("Audits do not change answers, so maj@k is as without them.")
    if measure == MAJORITY and kind == THESE:
        said.append("maj@k has no band of the kind 'these problems': choose the other.")
    if shown.bare:
        said.append(
            f"With more than {MOST_BANDS} curves in a panel its bands are not drawn: choose fewer"
            " runs. They are in the table of numbers."
        )
    doubtful = points.filter(~pl.col("reliable") & pl.col("low").is_not_nan())
    if doubtful.height:
        runs = doubtful["series"].unique(maintain_order=True).to_list()
        more = f" and {len(runs) - MOST} more" if len(runs) > MOST else ""
        said.append(
            ("Bands with dashed edges" if shown.has_drawn_bands else "Some bands")
            + " cover the truth more or less often than they say in simulations of such data, see"
            f" docs/intervals.md ({', '.join(runs[:MOST])}{more})."
        )
    if kind and measure != MAJORITY and points["low"].is_nan().all() and not points.is_empty():
        said.append("No bands are drawn, since there are too many curves for one figure.")
    if shown.dropped:
        said.append(f"{shown.dropped} more curves are not drawn: choose fewer runs or panels.")
    return said


def sentences_on_axes(shown: Shown, choice: Choice) -> list[str]:
    """What the panels are, and why an axis is not folded."""
    said = []
    if choice.panels == DIFFICULTY:
        judges = "; ".join(f"{run} ({name})" for name, run in shown.judged_by.items())
        said.append(
            f"Difficulty is the accuracy of {judges}: its own curves in these panels are biased,"
            " since the same samples sorted the problems."
        )
    cells = list(dict.fromkeys(shown.points.select("row", "column").rows()))
    if choice.fold and shown.fold is None:
        why = "the two ends of the curves meet" if foldable(cells) else "there are several rows"
        said.append(f"The axis is not folded, because {why}.")
    if choice.fold and shown.fold and shown.efficiency and len(cells) == 1:
        gap = shown.efficiency
        said.append(
            f"Δ_SE = {gap.gap:.3f}: {gap.base} at k = {gap.k:,.0f} less {gap.other} at k = 1,"
            " the smallest of those shown, each run against the base that it was trained from."
        )
    return said


def sentences_beneath(shown: Shown, choice: Choice, selection: Selection) -> list[str]:
    """Where published curves come from, and what the null curve is."""
    kinds = shown.beneath.filter(pl.col("kind") == PUBLISHED)
    said = [f"Thin dashed lines: {source}." for source in kinds["source"].unique().sort()]
    if choice.published and kinds.is_empty():
        over = "by subject, level, difficulty or date" if choice.panels in FACETS else "as pass@k"
        word = "not shown in panels" if choice.panels in FACETS else "known only"
        said.append(f"Published curves are {word} {over}.")
    if selection.direct and shown.beneath.height > kinds.height:
        said.append("Dotted: what guessing reaches, 1 − (1 − g)^k with the direct answers' g.")
    if choice.forecast and choice.wanted.measure != PASS:
        said.append("There is a forecast of pass@k only.")
    return said


def show_numbers(shown: Shown, choice: Choice) -> None:
    """The curves with their bands at powers of two and where they end, a column per curve."""
    found = tabled(shown.points) if choice.over_k else tenths(shown.points)
    if found.is_empty():
        return
    columns = ["row", "column"] if shown.points.select("row", "column").n_unique() > 1 else []
    keyed = [*columns, "at"]
    cells = found.select(*columns, pl.col("x").alias("at"), "series", cell=cell())
    wide = cells.pivot("series", index=keyed, values="cell", maintain_order=True)
    names = [name for name in dict.fromkeys(shown.labels.values()) if name in wide.columns]
    table = wide.select(
        *(pl.col(name) for name in columns if wide[name].n_unique() > 1),
        pl.col("at").map_elements(said_at, pl.String).alias("k" if choice.over_k else "τ"),
        pl.col(*names).fill_null(ABSENT),
    ).rename(
        {"row": "family" if choice.panels == FAMILIES else "benchmark", "column": "panel"},
        strict=False,
    )
    if table.width <= 5 and table.height <= 24 and max(map(len, names)) <= LONGEST:
        show_table(table)
    else:
        st.dataframe(table, hide_index=True, key="pass_at_k_numbers")


def cell() -> pl.Expr:
    """The measure with its band, which does not break into lines."""
    return (
        pl.when(pl.col("low").is_nan())
        .then(three("value"))
        .otherwise(pl.format("{} [{},\u00a0{}]", three("value"), three("low"), three("high")))
    )


def tenths(points: pl.DataFrame) -> pl.DataFrame:
    """The points at tenths of τ, where the measure is defined."""
    percent = (pl.col("x") * 100).round().cast(pl.Int64)
    return points.filter(percent % 10 == 0, pl.col("value").is_not_nan())


def said_at(x: float) -> str:
    """k or τ as text."""
    return f"{x:g}"


def three(column: str) -> pl.Expr:
    """A fraction as text, such as 0.125."""
    return pl.col(column).map_elements(lambda value: f"{value:.3f}", return_dtype=pl.String)


def show_forecasts(shown: Shown, choice: Choice) -> None:
    """How good the forecasts would have been, a row per run."""
    if not choice.forecasts:
        return
    st.markdown("##### Forecast beyond n, and how far it would have missed")
    st.caption(
        "A beta-binomial distribution with a mass at zero, fitted by maximum likelihood. Fitted to"
        " a quarter of each problem's samples, drawn five times, it forecast pass@k at larger k up"
        " to n; the error is the distance to the unbiased estimate from all samples."
    )
    table = work_out(scores, shown.counted)
    if table.is_empty():
        return
    percent = {
        "never solved, fitted": "never", "forecast": "forecast",
        "mean error held out": "error", "largest": "worst",
    }  # fmt: skip
    show_table(
        table.select(
            pl.col("run").replace_strict(shown.full_labels),
            *(
                pl.when(pl.col(name).is_nan())
                .then(pl.lit(ABSENT))
                .otherwise(three(name))
                .alias(title if name != "forecast" else "forecast at k")
                for title, name in percent.items()
            ),
            pl.col("k").alias("k"),
            pl.col("drawn").alias("samples fitted to"),
        )
    )
