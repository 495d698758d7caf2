"""Counts per problem from a CSV with the columns problem_id, n, c: one file is one run.

The verifier is called `imported`: it is not known who judged. The columns question, reference,
subject and level are taken where they are there, others are passed over.
"""

from collections.abc import Iterator, Sequence

from store.importers.found import Bad, Found, Unfit, id_of, said, whole_of
from store.importers.opening import Source, csv_rows, understood
from store.importers.peek import Peek

# Above this, whole numbers are no longer exact in the double precision that estimators use.
LARGEST = 2**53
DESCRIPTION = ("question", "reference", "subject", "level")


def recognises(peek: Peek) -> str | None:
    """A CSV whose header names the columns."""
    if peek.kind == "csv" and peek.has("problem_id", "n", "c"):
        return "a CSV with problem_id, n and c"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """The counts of each problem."""
    return understood(csv_rows(source), counts)


def counts(where: str, row: dict[str, object]) -> Sequence[Found]:
    """One row. Raises Unfit where it cannot be right."""
    problem_id = id_of(row.get("problem_id"), "problem_id")
    n, c = whole(row, "n"), whole(row, "c")
    if n < 1:
        raise Unfit("n", f"is {n}, and must be at least 1")
    if not 0 <= c <= n:
        raise Unfit("c", f"is {c}, and must be between 0 and n, which is {n}")
    question, reference, subject, level = (said(row.get(name)) for name in DESCRIPTION)
    return [
        Found(
            where,
            problem_id,
            counts=(n, c),
            question=question,
            reference=reference,
            subject=subject,
            level=level,
        )
    ]


def whole(row: dict[str, object], name: str) -> int:
    """The whole number in this column."""
    number = whole_of(row.get(name), name)
    if abs(number) > LARGEST:
        raise Unfit(name, f"is {number}, and must be less than 2^53")
    return number
