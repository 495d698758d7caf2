"""What the page `compare` says of the pair: tests, shares, the regime, what would settle it."""

from dataclasses import replace

import polars as pl
import streamlit as st

from app.analysis.compare import Comparison, comparison, regime_of
from app.analysis.finding import points
from app.analysis.outcomes import Discordance, support, tallied
from app.analysis.pairs import Interval, areas, common_k, earlier_checkpoint, settled
from app.cache import ask, work_out
from app.components.tables import ABSENT, show_table
from app.components.text import escaped
from app.counted import counts
from app.metrics.regime import NONE
from app.metrics.settling import MOST, Settling
from app.selection import Selection, address
from store import queries


def show_tests(found: Comparison, names: tuple[str, str]) -> None:
    """Wins, ties and losses, and McNemar's test, in sentences."""
    wins, ties, losses, undefined = tallied(found.both)
    apart = f"; {undefined} without samples of one run" if undefined else ""
    st.markdown(
        escaped(
            f"By accuracy, {names[1]} is higher on {wins}, equal on {ties} and lower on {losses}"
            f" of {found.both.height} problems{apart}."
        )
    )
    st.markdown(escaped(discordance_said(found.discordance, names)))


def bars_said(found: Comparison) -> str:
    """How many problems, and what solved means."""
    k = found.discordance.k
    solved = (
        f"; solved: at least one of k = {k} samples"
        if found.discordance.problems is not None
        else ""
    )
    return f"{found.both.height:,} problems; accuracy: c / n{solved}"


def discordance_said(test: Discordance, names: tuple[str, str]) -> str:
    """McNemar's test: both discordant counts and the p-value, or why there is none."""
    if test.only_base is None:
        return f"McNemar's test is undefined. {test.how}"
    how = "all samples of each" if test.how == "exact" else "n differs: the first k of each"
    p = f"{test.p:.3g}" if test.p >= 1e-300 else "below 1e-300"
    return (
        f"Solved within k = {test.k} ({how}): {test.only_base} problems by {names[0]} only,"
        f" {test.only_other} by {names[1]} only. Exact McNemar test of an even split: p = {p}."
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
        *((name.upper(), number(value), ABSENT, solved) for name, value in zip(
            shares._fields, shares, strict=True)),
        ("regime", *told_regime(found, pair, band)),
    ]  # fmt: skip
    columns = ["measure", "value", "band", "of"]
    show_table(pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row"))


def row(name: str, estimate: Interval, of: str) -> tuple[str, str, str, str]:
    """A measure with its band."""
    limits = f"[{number(estimate.low)}, {number(estimate.high)}]"
    mark = "" if estimate.reliable else " marked"
    return (
        name,
        number(estimate.value),
        ABSENT if estimate.low != estimate.low else limits + mark,
        of,
    )


def number(value: float) -> str:
    """A fraction with four decimals; a dash where it is undefined."""
    return ABSENT if value != value else f"{value:.4f}".replace("-", "−")


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
        return label, ABSENT, f"{address(earlier)} has no verdicts of this verifier"
    since = work_out(comparison, counted, *runs, None, *band, None)
    return regime_of(found, since), ABSENT, f"earlier checkpoint: {address(earlier)}"


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
        return f"settled by the {need.problems_now:,} problems there are"
    more = need.problems - need.problems_now
    return f"{more:,} more problems like these ({need.problems:,} in all)"


def samples_said(need: Settling) -> str:
    """Samples per problem that are still missing."""
    if need.problems is None:
        return "the gap is 0 or undefined: nothing to settle"
    if need.samples is None:
        return f"not settled by {MOST} times as many samples"
    if need.samples <= need.samples_now:
        return f"settled by the {need.samples_now:,} samples per problem there are"
    return f"n = {need.samples:,} samples per problem"
