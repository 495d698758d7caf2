"""The samples of one run while a file is read: numbered, told apart from those there are, written.

Samples of a problem are numbered on from those that the study has of it. What a seed or an id tells
to be a repetition is left out and counted. A problem whose question is another than that which the
run has under its id is refused: ids of two files can be alike by chance.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import polars as pl

from store.importers.facts import Imported
from store.importers.found import Bad, Drawn, Found, Score, said
from store.runs import Run
from store.shards import COLUMNS, fault, read_shard, shard_paths, write_shard

CHARACTERS = 32 * 2**20  # of texts and tokens in memory before they are written
ROWS = 100_000
LONG = 40  # characters of a text that is not equal to another by chance
FEW = 5  # such texts, of which nothing is concluded
LARGE = 4096  # a sample's number, from which on it is no bit of a whole number
TRUNCATED = {"length", "max_tokens", "model_length", "max_length", "max_output_tokens"}
STOPPED = {"stop", "stop_sequence", "end_turn", "eos", "eos_token", "stop_str"}

Row = dict[str, object]


@dataclass
class RunDraws:
    """One run. `questions` has every described problem, with a hash of its question (None: it has
    none); `following` the number of the next sample of each problem."""

    run: Run
    folder: Path
    staged: Path | None  # None: nothing is written
    skipped: frozenset[str]  # shards, as run/name, that this file takes the place of
    questions: dict[str, int | None] = field(default_factory=dict)
    following: dict[str, int] = field(default_factory=dict)
    counted: dict[str, tuple[int, int]] = field(default_factory=dict)
    of_seed: dict[str, set[str]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)  # a bit for each, of each problem
    large_numbers: set[tuple[str, int]] = field(default_factory=set)
    uids: set[str] = field(default_factory=set)
    rows: dict[tuple[str, str | None], list[Row]] = field(default_factory=dict)
    size: int = 0  # of what is kept in rows, about,
    kept: int = 0  # and how many they are
    notes: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    fresh: set[str] = field(default_factory=set)  # problems with something new
    samples: int = 0
    before: int = 0  # samples that the study has of the run
    texts: set[int] = field(default_factory=set)  # hashes of its long texts
    long: int = 0  # new samples with long texts, and how many of these are among them
    known_texts: int = 0
    clashing: str = ""  # of the record at hand, a sample that came before
    verifiers: dict[str, None] = field(default_factory=dict)
    verifier: str | None = None
    unjudged: bool = False
    written: list[Path] = field(default_factory=list)

    @classmethod
    def of(cls, run: Run, folder: Path, staged: Path | None, skipped: set[str]) -> "RunDraws":
        """The run as the study has it."""
        draws = cls(run, folder, staged, frozenset(skipped))
        for row in draws.stored("problems", ["problem_id", "question"]).iter_rows():
            draws.questions[row[0]] = hashed(row[1])
        for problem, sample in draws.stored("samples", ["problem_id", "sample"]).iter_rows():
            draws.following[problem] = max(draws.following.get(problem, 0), sample + 1)
            draws.before += 1
        if draws.before:
            draws.texts = {hashed_text(*row) for row in draws.long_texts()}
        for problem, n, c in draws.stored("counts", ["problem_id", "n", "c"]).iter_rows():
            draws.counted[problem] = (n, c)
        return draws

    def stored(self, kind: str, columns: list[str], label: str | None = None) -> pl.DataFrame:
        """The rows of the run's sound shards of this kind, without those that are replaced."""
        paths = [
            path
            for path in shard_paths(self.folder, kind, label)
            if f"{self.folder.name}/{path.name}" not in self.skipped and fault(path) is None
        ]
        empty = pl.DataFrame(schema={name: COLUMNS[kind][name] for name in columns})
        return pl.concat([empty, *(read_shard(path, kind, columns) for path in paths)])

    def add(self, found: Found, known: set[str]) -> Bad | None:
        """Take this in; `known` are ids of samples that the study has. Returns why it cannot be."""
        question = hashed(found.question)
        stated = self.questions.get(found.problem_id)
        if None not in (question, stated) and question != stated:
            reason = f"is not that of problem {found.problem_id} before, and the id is the same"
            return Bad(found.where, "question", reason, (found.question or "")[:200])
        if found.counts is not None:
            return self.add_counts(found)
        if found.seed is not None and not self.first_of_seed(found.problem_id, found.seed):
            return None
        new, repeated = self.not_repeated(found, known), None
        if (again := len(found.samples) - len(new)) and self.clashing:
            repeated = Bad(found.where, "sample", f"{self.clashing}: {again} left out")
        if found.notes:
            self.notes.update(found.notes)
        if found.left_out:
            self.left_out.update(found.left_out)
        if new:
            self.describe(found)
            self.draw(found, new)
        return repeated

    def first_of_seed(self, problem: str, seed: str) -> bool:
        """Whether neither the study nor this file has the problem of this seed so far."""
        if seed not in self.of_seed:
            stored = self.stored("samples", ["problem_id"], f"seed-{seed}")
            self.of_seed[seed] = set(stored["problem_id"])
        if problem in self.of_seed[seed]:
            again = "file has" if problem in self.fresh else "study has of this seed"
            self.left_out[f"records with a problem that the {again} already"] += 1
            return False
        self.of_seed[seed].add(problem)
        return True

    def not_repeated(self, found: Found, known: set[str]) -> list[Drawn]:
        """The samples that are not there by the file's own index or id."""
        new: list[Drawn] = []
        self.clashing = ""
        for drawn in found.samples:
            if drawn.uid is not None:
                if drawn.uid in known or drawn.uid in self.uids:
                    self.left_out["samples that were there already, by their ids"] += 1
                    continue
                self.uids.add(drawn.uid)
            if drawn.number is not None and not self.first_of_number(found, drawn.number):
                self.clashing = f"number {drawn.number} of problem {found.problem_id} came before"
                continue
            new.append(drawn)
        return new

    def first_of_number(self, found: Found, number: int) -> bool:
        """Whether this file has no sample of the problem with this number so far."""
        if not 0 <= number < LARGE:
            new = (found.problem_id, number) not in self.large_numbers
            self.large_numbers.add((found.problem_id, number))
            return new
        seen = self.numbers.get(found.problem_id, 0)
        self.numbers[found.problem_id] = seen | 1 << number
        return not seen >> number & 1

    def describe(self, found: Found) -> None:
        """Write the problem, once."""
        self.fresh.add(found.problem_id)
        if found.problem_id in self.questions:
            return
        position = len(self.questions) if found.position is None else found.position
        self.questions[found.problem_id] = hashed(found.question)
        self.put("problems", None, problem_row(found, position))

    def draw(self, found: Found, new: Sequence[Drawn]) -> None:
        """Write the samples and what is said of them."""
        self.verifier = self.verifier or found.main
        label = "import" if found.seed is None else f"seed-{found.seed}"
        first = self.following.get(found.problem_id, 0)
        self.following[found.problem_id] = first + len(new)
        self.samples += len(new)
        for number, drawn in enumerate(new, start=first):
            keys: Row = {"problem_id": found.problem_id, "sample": number}
            self.compare(found.problem_id, drawn.completion or "")
            self.put("samples", label, {**keys, **sample_row(drawn)})
            for verdict in drawn.verdicts:
                judged = {**keys, **vars(verdict)}
                self.put("verdicts", verdict.verifier, judged)
                self.verifiers.setdefault(verdict.verifier)
            for score in drawn.scores:
                self.put("scores", score.scorer, {**keys, **score_row(score)})
            self.note(drawn)
        if self.size > CHARACTERS or self.kept > ROWS:
            self.flush()

    def long_texts(self) -> Iterator[tuple[str, str]]:
        """The stored texts that are too long to be equal by chance, shard after shard."""
        for path in shard_paths(self.folder, "samples"):
            if f"{self.folder.name}/{path.name}" not in self.skipped and fault(path) is None:
                rows = read_shard(path, "samples", ["problem_id", "completion"])
                yield from rows.filter(pl.col("completion").str.len_chars() >= LONG).iter_rows()

    def compare(self, problem: str, text: str) -> None:
        """Count a new text, and whether the run has it of this problem already."""
        if self.before and len(text) >= LONG:
            self.long += 1
            self.known_texts += hashed_text(problem, text) in self.texts

    @property
    def doubled(self) -> bool:
        """Whether most new samples are there already, as where a file comes in another form."""
        return self.long >= FEW and 2 * self.known_texts > self.long

    def note(self, drawn: Drawn) -> None:
        """Count what the sample is."""
        outcome = drawn.verdicts[0].outcome if drawn.verdicts else "not judged"
        self.notes[outcome] += 1
        self.unjudged = self.unjudged or not drawn.verdicts
        if drawn.verdicts and self.verifier is None:
            self.verifier = drawn.verdicts[0].verifier
        if reason(drawn.finish_reason) == "length":
            self.notes["truncated"] += 1

    def add_counts(self, found: Found) -> Bad | None:
        """Take in n and c of a problem."""
        assert found.counts is not None
        n, c = found.counts
        known = self.counted.get(found.problem_id)
        if known == (n, c) and found.problem_id not in self.fresh:
            self.left_out["problems whose counts the study has already"] += 1
            return None
        if known is not None:
            said = f"{found.problem_id} has counts already, n = {known[0]} and c = {known[1]}"
            return Bad(found.where, "problem_id", said)
        self.counted[found.problem_id] = (n, c)
        self.notes.update(found.notes)
        self.describe(found)
        row: Row = {"problem_id": found.problem_id, "verifier": "imported", "n": n, "c": c}
        self.put("counts", "imported", row)
        return None

    def put(self, kind: str, label: str | None, row: Row) -> None:
        """Keep a row until it is written."""
        self.rows.setdefault((kind, label), []).append(row)
        self.kept += 1
        self.size += 200
        for value in row.values():
            if isinstance(value, str):
                self.size += len(value)
            elif isinstance(value, list | tuple):
                self.size += 32 * len(value)  # Python's numbers, before they are a column

    def flush(self) -> None:
        """Write what is in memory."""
        for (kind, label), rows in self.rows.items():
            if self.staged is not None:
                self.staged.mkdir(parents=True, exist_ok=True)
                columns = {name: [row.get(name) for row in rows] for name in COLUMNS[kind]}
                frame = pl.DataFrame(columns, schema=COLUMNS[kind])
                name = write_shard(self.staged, kind, frame, label).name
                self.written.append(self.folder / name)
        self.rows.clear()
        self.size = self.kept = 0

    def described(self) -> Run:
        """The run with the verifier that judged it first."""
        return replace(self.run, verifier=self.run.verifier or self.verifier)

    def imported(self) -> Imported:
        """What came in."""
        return Imported(
            (self.run.run_id,),
            tuple(self.written),
            len(self.fresh),
            self.samples,
            self.notes,
            self.left_out,
            unjudged=(self.run.run_id,) if self.unjudged else (),
            verifiers=tuple(dict.fromkeys([*filter(None, [self.verifier]), *self.verifiers])),
            pooled={self.run.run_id: self.before} if self.before and self.samples else {},
        )


@lru_cache(maxsize=512)
def hashed(question: str | None) -> int | None:
    """Tells one question from another, but for white space; None where there is none."""
    return None if question is None else hash(" ".join(question.split()))


def hashed_text(problem: str, text: str) -> int:
    """Tells one problem's text from another."""
    return hash((problem, text))


def reason(finish_reason: str | None) -> str | None:
    """The file's word for why a sample ended, in ours where we have one."""
    word = (finish_reason or "").strip().lower()
    if word in TRUNCATED:
        return "length"
    return "stop" if word in STOPPED else finish_reason or None


def problem_row(found: Found, position: int) -> Row:
    """The row of a problems shard."""
    return {
        "problem_id": found.problem_id,
        "position": position,
        "question": found.question,
        "reference": found.reference,
        "subject": found.subject,
        "level": found.level,
        "metadata": said(dict(found.metadata)) if found.metadata else None,
        "prompt": found.prompt,
    }


def sample_row(drawn: Drawn) -> Row:
    """The row of a samples shard, without its keys."""
    tokens = drawn.token_logprobs
    n_tokens = drawn.n_tokens
    if n_tokens is None and tokens is not None:
        n_tokens = len(tokens)
    total = drawn.sum_logprob
    if total is None and tokens is not None:
        total = math.fsum(tokens)
    return {
        "completion": drawn.completion,
        "finish_reason": reason(drawn.finish_reason),
        "n_tokens": n_tokens,
        "sum_logprob": total,
        "token_ids": drawn.token_ids,
        "token_logprobs": tokens,
        "token_ends": drawn.token_ends,
    }


def score_row(score: Score) -> Row:
    """The row of a scores shard, without its keys."""
    return {
        "scorer": score.scorer,
        "n_tokens": len(score.token_logprobs),
        "sum_logprob": math.fsum(score.token_logprobs),
        "token_logprobs": score.token_logprobs,
        "token_ids": score.token_ids,
    }
