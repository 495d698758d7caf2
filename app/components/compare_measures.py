"""What the page `compare` says of the pair: tests, shares, the regime, what would settle it."""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl
import streamlit as st

from app.analysis.compare import Comparison, comparison, regime_of
from app.analysis.finding import points
from app.analysis.outcomes import Discordance, support, tallied
from app.analysis.pairs import Interval, areas, common_k, earlier_checkpoint, settled
from app.analysis.wording import amount, fraction
from app.cache import ask, work_out
from app.components.naming import label_of, named
from app.components.tables import ABSENT, show_table
from app.components.text import escaped
from app.counted import counts
from app.metrics.regime import NONE
from app.metrics.settling import MOST, Settling
from app.selection import Selection
from store import queries


def show_tests(found: Comparison, labels: Mapping[str, str]) -> None:
    """Wins, ties and losses, and McNemar's test, in sentences; `labels` of base and other."""
    other = list(labels.values())[1]
    wins, ties, losses, undefined = tallied(found.both)
    apart = f"; {undefined} without samples of one run" if undefined else ""
    st.markdown(
        escaped(
            f"By accuracy, {other} is higher on {wins}, equal on {ties} and lower on {losses}"
            f" of {amount(found.both.height)}{apart}."
        )
    )
    st.markdown(escaped(discordance_said(found.discordance, labels)))


def bars_said(found: Comparison) -> str:
    """How many problems, and what solved means."""
    k = found.discordance.k
    solved = (
        f"; solved: at least one of k = {k} samples"
        if found.discordance.problems is not None
        else ""
    )
    return f"{amount(found.both.height)}; accuracy: c / n{solved}"


def discordance_said(test: Discordance, labels: Mapping[str, str]) -> str:
    """McNemar's test: both discordant counts and the p-value, or why there is none."""
    if test.only_base is None:
        return f"McNemar's test is undefined. {named(test.how, labels)}"
    base, other = labels.values()
    how = "all samples of each" if test.how == "exact" else "n differs: the first k of each"
    p = f"{test.p:.3g}" if test.p >= 1e-300 else "below 1e-300"
    return (
        f"Solved within k = {test.k} ({how}): {amount(test.only_base)} by {base} only,"
        f" {test.only_other} by {other} only. Exact McNemar test of an even split: p = {p}."
    )


def show_measures(
    found: Comparison, pair: Selection, names: tuple[str, str], band: tuple[str, float]
) -> None:
    """Δ_SE, AUC, the four shares of support, and the regime, each with its band or its k."""
    k, shares = found.discordance.k, support(found.discordance)
    areas_found = work_out(areas, found.both, *band)
    solved = f"solved within k = {k}" if k else ABSENT
    rows = [
        row("Δ_SE", found.efficiency, f"{names[0]} at k = {found.k_max}, {names[1]} at k = 1"),
        row(f"AUC@{common_k(found.both)}, {names[0]}", areas_found["base"], ""),
        row(f"AUC@{common_k(found.both)}, {names[1]}", areas_found["other"], ""),
        row("AUC, gap", areas_found["gap"], f"{names[1]} − {names[0]}"),
        *((name.upper(), fraction(value), ABSENT, solved) for name, value in zip(
            shares._fields, shares, strict=True)),
        ("regime", *told_regime(found, pair, band)),
    ]  # fmt: skip
    columns = ["measure", "value", "band", "of"]
    show_table(pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row"))


def row(name: str, estimate: Interval, of: str) -> tuple[str, str, str, str]:
    """A measure with its band."""
    limits = f"[{fraction(estimate.low)}, {fraction(estimate.high)}]"
    mark = "" if estimate.reliable else " marked"
    return (
        name,
        fraction(estimate.value),
        ABSENT if estimate.low != estimate.low else limits + mark,
        of,
    )


def told_regime(
    found: Comparison, pair: Selection, band: tuple[str, float]
) -> tuple[str, str, str]:
    """The regime, and the earlier checkpoint that it was told by."""
    label, last = regime_of(found), common_k(found.both)
    if label != NONE:
        return label, ABSENT, f"by the gaps at k = 1 and k = {last}"
    earlier = earlier_checkpoint(ask(queries.runs), pair.runs[1])
    if earlier is None or earlier in pair.runs:
        return label, ABSENT, "no earlier checkpoint of the same training is stored"
    runs = (earlier, pair.runs[1])
    counted = counts(replace(pair, runs=runs))
    if set(runs) - set(counted["run"]):
        return label, ABSENT, f"{label_of(pair, earlier)} has no verdicts of this verifier"
    since = work_out(comparison, counted, *runs, None, *band, None)
    return regime_of(found, since), ABSENT, f"earlier checkpoint: {label_of(pair, earlier)}"


def show_settling(found: Comparison, level: float) -> None:
    """How many more problems, or samples of each, would decide who is ahead."""
    st.markdown("##### What would settle it")
    needed = work_out(settled, found.both, level)
    if not needed:
        st.caption("Undefined: a problem has no samples that count.")
        return
    rows = [
        (
            str(k),
            f"{points(need.gap)} points",
            problems_said(need),
            samples_said(need),
            ABSENT if need.sampling_share != need.sampling_share else f"{need.sampling_share:.0%}",
        )
        for k, need in needed.items()
    ]
    columns = ["k", "gap", "problems like these", "these problems", "due to sampling"]
    show_table(pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row"))
    st.caption(
        f"If the gap stays as it is: so many problems or samples until the {100 * level:g} % band"
        " of that kind leaves out 0. Due to sampling: the part of the gap's variance that more"
        " samples of the same problems would take away."
    )


def problems_said(need: Settling) -> str:
    """Problems that are still missing."""
    if need.problems is None:
        return "the gap is 0 or undefined: nothing to settle"
    if need.problems <= need.problems_now:
        return f"settled by what there is: {amount(need.problems_now)}"
    more = need.problems - need.problems_now
    return f"{amount(more, 'more problem')} like these ({need.problems:,} in all)"


def samples_said(need: Settling) -> str:
    """Samples per problem that are still missing."""
    if need.problems is None:
        return "the gap is 0 or undefined: nothing to settle"
    if need.samples is None:
        return f"not settled by {MOST} times as many samples"
    if need.samples <= need.samples_now:
        return f"settled by what there is: n = {need.samples_now:,}"
    return f"n = {need.samples:,} samples per problem"
