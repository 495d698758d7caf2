"""Choosing two runs and a budget, and saying how solvable problems were counted."""

import polars as pl
import streamlit as st

from app.analysis.solvable import Summary
from app.selection import Selection, address


def choose_pair(selection: Selection) -> tuple[str, str]:
    """Base and other. Raises ValueError where there are not two runs to choose from."""
    if len(selection.runs) < 2:
        raise ValueError("Two runs are needed. Choose more at the left.")
    left, right = st.columns(2)
    base = left.selectbox(
        "Base", selection.runs, format_func=address, key="solvable_base", bind="query-params"
    )
    rest = [run for run in selection.runs if run != base]
    other = right.selectbox(
        "Other", rest, format_func=address, key="solvable_other", bind="query-params"
    )
    return str(base), str(other)


def choose_budget(counts: pl.DataFrame) -> tuple[int, int]:
    """k and the threshold; k up to the fewest samples of any problem, at which it starts."""
    least = counts["n"].min()
    if not isinstance(least, int) or least < 1:
        raise ValueError("A problem has no samples that count, so nothing can be called solvable.")
    left, right = st.columns(2)
    k = left.number_input(
        "k, samples per problem", 1, least, least, key="solvable_k", bind="query-params"
    )
    threshold = right.number_input(
        "Threshold, correct ones needed", 1, least, 1, key="solvable_threshold", bind="query-params"
    )
    return int(k), min(int(threshold), int(k))


def how_counted(summary: Summary) -> str:
    """k, the threshold, and what they mean for these runs."""
    how = {
        "exact": "k = n of every problem: exact",
        "first k samples": "k < n: the first k samples of each problem",
        "expected": "k < n and only counts stored: expected numbers over draws of k samples",
    }[summary.how]
    said = f"{summary.problems} problems, k = {summary.k}, at least {summary.threshold} correct"
    left_out = f"; {summary.left_out} problems of one run only left out" if summary.left_out else ""
    return f"{said}; {how}{left_out}"


def correct_of_both(problems: pl.DataFrame, base: str, other: str) -> pl.DataFrame:
    """problem_id and, named by the runs' labels, how many of n were correct."""
    return problems.select(
        "problem_id",
        pl.format("{} of {}", "base_c", "base_n").alias(base),
        pl.format("{} of {}", "other_c", "other_n").alias(other),
    )
