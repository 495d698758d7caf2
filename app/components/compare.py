"""What the page `compare` asks for and shows: two runs, parity, the finding, and figures."""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl
import streamlit as st

from app.analysis.compare import Comparison, comparison
from app.analysis.finding import Names, finding, strip_said
from app.analysis.outcomes import GROUPS, first_filled, of_group
from app.analysis.pairs import common_k, largest_gaps
from app.analysis.parity import (
    DIFFERS,
    IDENTICAL_SHARE,
    LONG,
    RATE_MARGIN,
    UNKNOWN,
    Evidence,
    parity,
)
from app.analysis.runs import others_of, usual_first
from app.analysis.wording import amount, fraction
from app.cache import ask, work_out
from app.charts.style import span
from app.components.naming import told_by_label
from app.components.tables import show_problems, show_table
from app.components.text import escaped
from app.counted import correct_within
from app.metrics.intervals import KINDS
from app.selection import Selection, address, described, run_labels
from store import queries
from store.queries import parity as parity_queries

LEVELS = (80, 90, 95, 99)
BAND_HELP = (
    "These problems: how far other samples of the same problems would move the curves. Problems"
    " like these: how far other problems of the same sort would, too."
)
TERMS = (
    "pass@k", "gap of pass@k", "problems like these", "these problems", "crossover",
    "wins, ties, losses", "McNemar's test", "Δ_SE", "AUC@k", "SRR", "NDR", "SDS", "NSCR", "regime",
    "what would settle it", "parity checks",
)  # fmt: skip
RULES = (
    f"Rates are called close up to {100 * RATE_MARGIN:g} points apart, or within twice the standard"
    " error that their numbers of samples give. Texts are suspicious where"
    f" {100 * IDENTICAL_SHARE:g} % of them are identical with {LONG} characters or more, or that"
    " share more than chance gives is identical under the same sample number."
)
WORDS = {
    "losses": "base higher",
    "ties": "equal accuracy",
    "wins": "other higher",
    "only_base": "only base solves",
    "alike": "both or neither solve",
    "only_other": "only other solves",
}


def choose_runs(selection: Selection) -> Selection:
    """The selection narrowed to base and other, in this order.

    Raises ValueError where there are not two runs to choose from.
    """
    if len(selection.runs) < 2:
        raise ValueError(
            "A comparison needs two runs on this benchmark. Choose more at the left, or add one"
            " with passband generate or passband import."
        )
    left, right = st.columns(2)
    base = left.selectbox(
        "Base", selection.runs, format_func=address, key="compare_base", bind="query-params"
    )
    rest = others_of(usual_first(described(selection)), str(base))
    other = right.selectbox(
        "Other", rest, format_func=address, key="compare_other", bind="query-params"
    )
    return replace(selection, runs=(str(base), str(other)))


def choose_band() -> tuple[str, float, bool]:
    """The kind of band, its level, and whether k is drawn on a log axis."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(horizontal=True, vertical_alignment="top", width="content"):
            kind = st.segmented_control(
                "Band", KINDS, default=KINDS[0], required=True, key="compare_band",
                bind="query-params", help=BAND_HELP,
            )  # fmt: skip
            level = st.selectbox(
                "Level, %", LEVELS, index=LEVELS.index(95), key="compare_level",
                bind="query-params", width=120,
            )  # fmt: skip
        log_k = st.toggle("Logarithmic k", True, key="compare_log", bind="query-params")
    return kind or KINDS[0], int(level) / 100, log_k


def compared(pair: Selection, counted: pl.DataFrame, kind: str, level: float) -> Comparison:
    """The comparison, with the first common samples where n differs and they are stored."""
    base, other = pair.runs
    within = first_samples(pair, counted)
    with told_by_label(run_labels(pair)):
        return work_out(comparison, counted, base, other, None, kind, level, within)


def first_samples(pair: Selection, counted: pl.DataFrame) -> pl.DataFrame | None:
    """What the first samples up to the smallest n say; None where n is the same everywhere."""
    runs = counted.filter(pl.col("run").is_in(pair.runs))
    if runs["n"].n_unique() < 2:
        return None
    shared = runs.filter(pl.col("run").count().over("problem_id") == 2)
    k = shared["n"].min()
    if not isinstance(k, int) or k < 1:
        return None
    return correct_within(pair, pair.runs, k)


def show_parity(pair: Selection, counted: pl.DataFrame, names: Mapping[str, str]) -> None:
    """The checks as a table, and a sentence for each that is not passed."""
    base, other = pair.runs
    found = parity(evidence(pair, counted), base, other, names)
    differing = found.filter(state=DIFFERS)["said"].to_list()
    unknown = found.filter(state=UNKNOWN)
    st.markdown("##### Were both made alike?")
    if differing:
        st.warning(escaped_lines(differing))
    if unknown.height:
        checks = ", ".join(unknown["check"])
        st.info(escaped(f"Not known, which is no equality: {checks}."))
    if not differing and unknown.is_empty():
        st.caption(f"All {found.height} checks are passed.")
    columns = {"base": names[base], "other": names[other]}
    with st.expander(f"{found.height} checks", expanded=bool(differing)):
        show_table(found.select("check", *columns, "state").rename(columns))
        st.caption(escaped_lines(unknown["said"].to_list()))
        st.caption(RULES)


def escaped_lines(sentences: list[str]) -> str:
    """The sentences as a list in Markdown."""
    return "\n".join(f"- {escaped(sentence)}" for sentence in sentences)


def evidence(pair: Selection, counted: pl.DataFrame) -> Evidence:
    """What the store says of both runs, over their common problems."""
    base, other = pair.runs
    ours, theirs = (set(counted.filter(run=run)["problem_id"]) for run in pair.runs)
    common = sorted(ours & theirs)
    return Evidence(
        ask(queries.runs),
        ask(queries.run_totals),
        counted,
        ask(parity_queries.prompt_differences, base, other, common),
        ask(parity_queries.identical_completions, base, other, common, LONG),
        ask(parity_queries.finish_reasons, list(pair.runs)),
    )


def show_finding(found: Comparison, names: Names) -> None:
    """The one sentence."""
    st.markdown("##### The finding")
    st.markdown(f"**{escaped(finding(found.gaps, found.crossing, names))}**")


def band_said(found: Comparison, kind: str, level: float) -> str:
    """How many problems and samples, and what the band is."""
    n = span([*found.both["base_n"], *found.both["other_n"]])
    return f"{amount(found.both.height)}, n = {n}; band: {100 * level:g} %, {kind}"


def show_left_out(found: Comparison) -> None:
    """What the shaded strip is, and which problems and which k are in no number."""
    last, most = common_k(found.both), found.gaps["k"].max()
    said = [strip_said(found.gaps, found.crossing)] if found.crossing else []
    said.append("Click a mark for the problems behind it.")
    if found.left_out:
        said.append(f"Left out, since only one run has them: {amount(found.left_out)}.")
    if last != most:
        said.append(f"Beyond k = {last}, the smallest n, no mean over all problems is defined.")
    st.caption(" ".join(said))


def show_gap_numbers(found: Comparison, names: tuple[str, str]) -> None:
    """Both curves and the gap with its band at powers of two and at the last k."""
    defined = found.gaps.filter(pl.col("gap").is_not_nan())
    power = (pl.col("k") & (pl.col("k") - 1)) == 0
    rows = defined.filter(power | (pl.col("k") == pl.col("k").max())).to_dicts()
    show_table(
        pl.DataFrame(
            {
                "k": [row["k"] for row in rows],
                names[0]: [fraction(row["base"]) for row in rows],
                names[1]: [fraction(row["other"]) for row in rows],
                "gap": [fraction(row["gap"], signed=True) for row in rows],
                "band": [limits(row["low"], row["high"]) for row in rows],
                "note": ["" if row["reliable"] else "marked" for row in rows],
            },
            schema_overrides={"k": pl.Int64},
        )
    )
    if not defined["reliable"].all():
        st.caption(
            "Dotted edges and “marked”: with so few informative problems or samples, such bands"
            " cover the truth more or less often than they say (docs/intervals.md)."
        )


def limits(low: float, high: float) -> str:
    """A band of a gap."""
    return f"[{fraction(low, signed=True)}, {fraction(high, signed=True)}]"


def choose_group(table: pl.DataFrame) -> str:
    """One of the groups of problems; at first the first that has any."""
    place = first_filled(table)
    return str(
        st.selectbox(
            "Problems", list(GROUPS), place, format_func=WORDS.__getitem__,
            key="compare_group", bind="query-params",
        )
    )  # fmt: skip


def show_group(table: pl.DataFrame, group: str, pair: Selection, names: tuple[str, str]) -> None:
    """How many problems the group has, and those with links to their samples."""
    shown = problems_of(table, group, names)
    if shown.is_empty():
        st.caption(f"{WORDS[group]}: no problems. Choose another group, or click a bar.")
        return
    st.caption(f"{WORDS[group]}: {amount(shown.height)}. Each row leads to the samples.")
    show_problems(shown, pair, pair.runs[1], "compare_problems")


def problems_of(table: pl.DataFrame, group: str, names: tuple[str, str]) -> pl.DataFrame:
    """problem_id and, named by the runs, how many of n were correct."""
    return of_group(table, group).select(
        "problem_id",
        pl.format("{} of {}", "base_c", "base_n").alias(names[0]),
        pl.format("{} of {}", "other_c", "other_n").alias(names[1]),
    )


def behind(found: Comparison, k: int, names: tuple[str, str]) -> pl.DataFrame:
    """Problems with their pass@k in both runs, the largest difference first."""
    return largest_gaps(found.both, k).select(
        "problem_id",
        written("gap", signed=True),
        written("base").alias(names[0]),
        written("other").alias(names[1]),
    )


def written(column: str, signed: bool = False) -> pl.Expr:
    """Fractions as text of three decimals; a dash where undefined."""
    return pl.col(column).map_elements(
        lambda value: fraction(value, signed), return_dtype=pl.String
    )


def choose_k(found: Comparison) -> int:
    """The k at which to list problems: the last common one unless the reader asks for another."""
    last = common_k(found.both)
    return int(
        st.number_input(
            "k", 1, last, last, key="compare_k", bind="query-params",
            help="Or click a mark of the figure above.",
        )
    )  # fmt: skip


def show_links(pair: Selection, k: int) -> None:
    """Links to the solvable sets of both runs at this k, and to the samples."""
    base, other = pair.runs
    sets = pair.link(
        "solvable", solvable_base=address(base), solvable_other=address(other), solvable_k=k
    )
    st.markdown(
        f"[Which problems each solves within k = {k}]({sets}) · "
        f"[Samples of the base]({pair.link('reader', run=base)}) · "
        f"[Samples of the other]({pair.link('reader', run=other)})"
    )
