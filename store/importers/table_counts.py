"""Rows without texts: how many samples a problem has, and how many of them are right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from store.importers.facts import Facts
from store.importers.found import Bad, Found, Unfit, whole_of
from store.importers.table_leaves import MISSING
from store.importers.table_verdicts import judged

if TYPE_CHECKING:
    from store.importers.table_rows import Rows

LARGEST = 2**53  # above this whole numbers are not exact in double precision


def counts_of(rows: Rows, row: Mapping[str, object], notes: Counter[str]) -> tuple[int, int]:
    """n and c of a record: as it says, or of its verdicts. Raises Unfit."""
    if "correct" not in rows.get:
        return stated(rows, row)
    if rows.plan.axis:
        values = rows.listed(row, "correct")
    else:
        value = rows.get["correct"](row)
        if value is MISSING:
            raise Unfit(rows.names["correct"], "is missing")
        values = [value]
    n = c = 0
    for value in values:
        outcome, note = judged(value, rows.names["correct"], rows.plan.graded, rows.threshold)
        n += outcome is not None
        c += outcome == "correct"
        if outcome is None:
            notes[f"{note}; without texts they are not counted"] += 1
    return n, c


def stated(rows: Rows, row: Mapping[str, object]) -> tuple[int, int]:
    """The counts that the record states."""
    n, c = (whole(rows, row, name) for name in ("n", "c"))
    if not 1 <= n < LARGEST:
        raise Unfit(rows.names["n"], f"is {n}, and must be at least 1")
    if not 0 <= c <= n:
        raise Unfit(rows.names["c"], f"is {c}, and must be between 0 and n, which is {n}")
    return n, c


def whole(rows: Rows, row: Mapping[str, object], name: str) -> int:
    """The whole number of this field."""
    value = rows.get[name](row)
    if value is MISSING or value is None:
        raise Unfit(rows.names[name], "is missing" if value is MISSING else "is null")
    return whole_of(value, rows.names[name])


@dataclass
class Tally:
    """Counts of problems whose verdicts stand in one row each."""

    first: dict[tuple[Facts, str], Found] = field(default_factory=dict)
    sums: dict[tuple[Facts, str], tuple[int, int]] = field(default_factory=dict)
    notes: Counter[str] = field(default_factory=Counter)

    def summed(self, items: Iterator[Found | Bad]) -> Iterator[Found | Bad]:
        """What is bad, as it comes, and at the end each problem with its counts."""
        for item in items:
            if isinstance(item, Bad):
                yield item
                continue
            assert item.counts is not None
            key = (item.facts, item.problem_id)
            first = self.first.setdefault(key, item)
            if None not in (first.question, item.question) and first.question != item.question:
                reason = f"is not that of problem {item.problem_id} before, and the id is the same"
                yield Bad(item.where, "question", reason, str(item.question)[:200])
                continue
            n, c = self.sums.get(key, (0, 0))
            self.sums[key] = (n + item.counts[0], c + item.counts[1])
            self.notes.update(item.notes)
        for key, first in self.first.items():
            if self.sums[key][0]:
                yield replace(first, counts=self.sums[key], notes=self.notes)
                self.notes = Counter()
