"""A queue of samples as it is read: its order, where a reviewer goes on, and how far everybody is.

Rows of a queue are run, problem_id, sample and why (app.analysis.queues), in the order to read.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import polars as pl

MOST = 20_000  # samples of a queue; nobody reads more, and every browser has to find its place
DIGITS = 12  # hexadecimal, of a sample's name in URLs
SAMPLE = ("run", "problem_id", "sample")


class Sample(NamedTuple):
    """Which sample."""

    run: str
    problem_id: str
    sample: int


class Verdict(NamedTuple):
    """What a reviewer says of a sample now."""

    label: str
    note: str
    span: tuple[int, int] | None


class Progress(NamedTuple):
    """How many samples of a queue were read."""

    mine: int
    anybody: int
    samples: int


@dataclass(frozen=True)
class Queue:
    """Samples in the order to read, each with why it is to be read."""

    samples: tuple[Sample, ...]
    why: tuple[str, ...]
    found: int  # how many there are, of which no more than MOST are read

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The name of each sample, as URLs and controls have it."""
        return tuple(name_of(sample) for sample in self.samples)

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """The position of each sample by its name, from 0."""
        return {name: position for position, name in enumerate(self.names)}

    @cached_property
    def rows(self) -> pl.DataFrame:
        """run, problem_id, sample."""
        columns = {"run": pl.String, "problem_id": pl.String, "sample": pl.Int32}
        return pl.DataFrame(self.samples, schema=columns, orient="row")


def name_of(sample: Sample) -> str:
    """A name that does not tell the run, and that stays when the store is published anew."""
    return digest(*map(str, sample))[:DIGITS]


def digest(*parts: str) -> str:
    """Hexadecimal digits that depend on the parts and on nothing else."""
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()


def queue_of(rows: pl.DataFrame) -> Queue:
    """The first MOST rows, as a queue."""
    shown = rows.head(MOST)
    samples = tuple(Sample(*row) for row in shown.select(SAMPLE).rows())
    return Queue(samples, tuple(shown["why"]), rows.height)


def mixed(rows: pl.DataFrame, first: Sequence[str] = ()) -> pl.DataFrame:
    """The rows in an order that says nothing of the run and is the same for every reviewer.

    Samples of one problem follow one another, those of all runs mixed. Columns named in `first`
    go before: the rows keep their order in these.
    """
    names = rows.select(SAMPLE).rows()
    keys = pl.DataFrame(
        {
            "problem_key": [digest(problem) for _, problem, _ in names],
            "sample_key": [digest(*map(str, name)) for name in names],
        },
        schema={"problem_key": pl.String, "sample_key": pl.String},
    )
    ordered = rows.hstack(keys).sort(*first, "problem_key", "sample_key")
    return ordered.drop("problem_key", "sample_key")


def interleaved(parts: Sequence[pl.DataFrame], seed: int) -> pl.DataFrame:
    """The rows of all parts, each part in its own order, in turns that do not tell the part."""
    placed = [
        part.with_columns(
            turn=pl.Series(
                sorted(digest(str(seed), str(number), str(row)) for row in range(part.height)),
                dtype=pl.String,
            )
        )
        for number, part in enumerate(parts)
    ]
    return pl.concat(placed).sort("turn", maintain_order=True).drop("turn")


def standing(audits: pl.DataFrame, outdated: Collection[int], kind: str) -> pl.DataFrame:
    """The verdicts (store.audits.newest) of one kind, without `outdated`: ids of verdicts on texts
    that have changed since.
    """
    return audits.filter(pl.col("kind") == kind, ~pl.col("id").is_in(list(outdated)))


def said_by(given: pl.DataFrame, reviewer: str) -> dict[Sample, Verdict]:
    """What one reviewer says, from `standing`."""
    own = given.filter(pl.col("reviewer") == reviewer)
    fields = own.select(*SAMPLE, "label", "note", "span_start", "span_end").rows()
    return {
        Sample(*place): Verdict(label, note, None if start is None else (start, end))
        for *place, label, note, start, end in fields
    }


def progress(queue: Queue, given: pl.DataFrame, reviewer: str) -> Progress:
    """How far this reviewer is, and how far all are together; `given` is `standing`."""
    read = given.join(queue.rows, on=SAMPLE, how="semi").select("reviewer", *SAMPLE)
    mine = read.filter(pl.col("reviewer") == reviewer)
    own, every = (rows.select(SAMPLE).n_unique() for rows in (mine, read))
    return Progress(own, every, len(queue.samples))


def unread_from(queue: Queue, mine: Collection[Sample], start: int) -> int | None:
    """The position of the next sample that the reviewer has not read, from `start` on and then
    from the beginning; None where all are read.
    """
    size = len(queue.samples)
    order = chain(range(start, size), range(min(start, size)))
    return next((place for place in order if queue.samples[place] not in mine), None)
