"""Texts that somebody else wrote: a stronger model's answers, people's solutions.

JSONL, one problem with its texts a line: `problem_id` (or `id`, `unique_id`), or the problem's
place as `idx` or `position`; and `completion`, `completions` (a list) or one of the other names
below. The problems are those that the study has of the benchmark, from any run of it, or those of
the benchmark's own file.

A text is known by its problem and its words: what the run has already is not written again, and a
file that has grown brings what is new in it. Lines that cannot be right are left out and named.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from store.importers.facts import Facts, Imported, open_run, run_from
from store.importers.found import clean
from store.importers.peek import Peek
from store.runs import read_run
from store.shards import COLUMNS, read_shards, write_shard

IDS = ("problem_id", "unique_id", "task_id", "id")
PLACES = ("position", "idx")
TEXTS = ("completions", "completion", "responses", "response", "solution", "text")

# Characters of completions in one shard, and how many lines or ids a report names.
SHARD_CHARACTERS = 64 * 2**20
NAMED = 5

Row = dict[str, object]

# What of a problem every run of its benchmark has alike; the prompt is another for each.
DESCRIPTION = [name for name in COLUMNS["problems"] if not name.startswith("prompt")]


@dataclass
class Problems:
    """The problems of a benchmark, by id and by place."""

    rows: dict[str, Row]

    def __post_init__(self) -> None:
        self._at: dict[object, list[str]] = {}
        for problem_id, row in self.rows.items():
            self._at.setdefault(row["position"], []).append(problem_id)

    def found(self, fields: Mapping[str, object]) -> str | None:
        """The id of the problem that this line is about. Raises ValueError where it names none."""
        name = next((n for n in (*IDS, *PLACES) if fields.get(n) is not None), None)
        value = fields.get(name or "")
        if not isinstance(value, int | str) or isinstance(value, bool) or value == "":
            raise ValueError(f"{name or 'problem_id'} is {value!r}, and must name a problem")
        if name in PLACES and isinstance(value, int):
            at = self._at.get(value, [])
            return at[0] if len(at) == 1 else None
        return str(value) if str(value) in self.rows else None


@dataclass
class Reading:
    """Texts by problem, in the order of the files, and what was left out."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def left_out(self) -> dict[str, int]:
        """How many lines, and which, with the reason."""
        return {
            f"{what}: {named(lines)}": len(lines)
            for what, lines in (
                ("lines that cannot be right", self.wrong),
                ("lines with a problem that the study does not have", self.unknown),
            )
            if lines
        }


def recognises(peek: Peek) -> str | None:
    """JSONL whose first line names a problem and has a text."""
    if peek.kind == "jsonl" and peek.has_any(*IDS, *PLACES) and peek.has_any(*TEXTS):
        return "lines with a problem and a text, without verdicts"
    return None


def import_files(paths: Sequence[Path], study: Path, facts: Facts) -> Imported:
    """Write the texts that the study lacks, as samples of one run; its role is `reference` unless
    another is given.

    Raises ValueError, before writing anything, where a file cannot be read, nothing in it can be
    used, or the study has no problems of the benchmark.
    """
    source = f"texts: {', '.join(path.name for path in paths)}"
    run = run_from(facts.over(Facts(role="reference")), paths[0], source)
    problems = given_problems(facts) or stored_problems(study, run.benchmark)
    reading = Reading()
    for path in paths:
        read(path, problems, reading)
    left_out = reading.left_out()
    if not reading.texts:
        reasons = "; ".join(f"{count} {reason}" for reason, count in left_out.items())
        raise ValueError(f"{source} has no text that can be imported: {reasons or 'no lines'}.")
    return write_texts(open_run(study, run), reading, problems) + Imported(left_out=left_out)


def given_problems(facts: Facts) -> Problems | None:
    """The problems of the benchmark's own file, where it was given."""
    if facts.problems is None:
        return None
    return Problems({str(row["problem_id"]): dict(row) for row in facts.problems})


def stored_problems(study: Path, benchmark: str) -> Problems:
    """The problems that runs of this benchmark have brought, with their questions."""
    rows: dict[str, Row] = {}
    others = set()
    for path in sorted((study / "shards").glob("*/run.json")):
        name = read_run(path.parent).benchmark
        others.add(name)
        if name == benchmark:
            stored = read_shards(path.parent, "problems", columns=DESCRIPTION)
            for row in stored.filter(pl.col("question").is_not_null()).iter_rows(named=True):
                rows.setdefault(row["problem_id"], row)
    if not rows:
        known = ", ".join(sorted(others)) or "none"
        raise ValueError(
            f"{study} has no problems of the benchmark {benchmark}, which the texts are about: "
            "give the benchmark's file with --benchmark-file, or generate or import a run of it "
            f"first. Benchmarks: {known}."
        )
    return Problems(rows)


def read(path: Path, problems: Problems, reading: Reading) -> None:
    """Add the file's texts. Raises ValueError where it cannot be read as text."""
    for number, line in numbered(path):
        where = f"{path.name} line {number}"
        try:
            fields = fields_of(line, where)
            problem_id = problems.found(fields)
            texts = texts_of(fields)
            if problem_id is not None:
                check_question(fields, problems.rows[problem_id])
        except ValueError as error:
            said = str(error).removesuffix(".")
            reading.wrong.append(said if said.startswith(where) else f"{where}, {said}")
            continue
        if problem_id is None:
            reading.unknown.append(f"{where}, {problem_named(fields)}")
        else:
            reading.texts.setdefault(problem_id, []).extend(texts)


def numbered(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield from ((n, line) for n, line in enumerate(file, start=1) if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {error}.") from error


def fields_of(text: str, where: str) -> dict[str, object]:
    """The JSON object on this line."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise ValueError(f"{where} is not a JSON object.")
    return found


def texts_of(fields: Mapping[str, object]) -> list[str]:
    """The texts of a line. Raises ValueError naming the field where there are none."""
    name = next((n for n in TEXTS if fields.get(n) is not None), None)
    if name is None:
        raise ValueError("completion is missing, and must be a text")
    value = fields[name]
    texts = value if isinstance(value, list) else [value]
    if not texts:
        raise ValueError(f"{name} is empty")
    return [checked(text, name) for text in texts]


def checked(text: object, name: str) -> str:
    """The text itself. Raises ValueError, naming the field, where it is none."""
    if not isinstance(text, str):
        raise ValueError(f"{name} is {json.dumps(text)[:60]}, and must be a text")
    return clean(text)


def check_question(fields: Mapping[str, object], problem: Row) -> None:
    """Refuse a text about another question: ids of two files can be alike by chance."""
    asked = fields.get("question", fields.get("problem"))
    if isinstance(asked, str) and asked.split() != str(problem["question"]).split():
        raise ValueError(
            f"question is not that of problem {problem['problem_id']} in the study: {asked[:40]!r}…"
        )


def problem_named(fields: Mapping[str, object]) -> str:
    """What the line calls its problem."""
    name = next(n for n in (*IDS, *PLACES) if fields.get(n) is not None)
    return f"{name} {fields[name]}"


def named(lines: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = f"; and {len(lines) - NAMED} more" if len(lines) > NAMED else ""
    return "; ".join(lines[:NAMED]) + more


def write_texts(folder: Path, reading: Reading, problems: Problems) -> Imported:
    """Write the problems and the texts that the run does not have."""
    rows = fresh(folder, reading.texts)
    described = set(read_shards(folder, "problems", columns=["problem_id"])["problem_id"])
    # The problems first: a sample whose problem is not known could not be scored.
    new = [problems.rows[p] for p in reading.texts if p not in described]
    written = write_rows(folder, "problems", new)
    for chunk in chunks(rows):
        written += write_rows(folder, "samples", chunk)
    repeated = sum(map(len, reading.texts.values())) - len(rows)
    left_out = {"texts that the run has already": repeated} if repeated else {}
    about = len({row["problem_id"] for row in rows})
    return Imported((folder.name,), written, about, len(rows), left_out=left_out)


def fresh(folder: Path, texts: Mapping[str, Sequence[str]]) -> list[Row]:
    """Samples of the texts that the run lacks, numbered on per problem. A text that comes twice
    is two samples."""
    stored = read_shards(folder, "samples", columns=["problem_id", "sample", "completion"])
    following = dict(stored.group_by("problem_id").agg(pl.col("sample").max() + 1).iter_rows())
    rows: list[Row] = []
    for problem_id, every in texts.items():
        known = stored.filter(problem_id=problem_id)["completion"]
        # Counted, so that of a text which is stored once and now comes twice one is new.
        new = Counter(every) - Counter(known)
        first = following.get(problem_id, 0)
        for number, text in enumerate(last_of(every, new), start=first):
            rows.append({"problem_id": problem_id, "sample": number, "completion": text})
    return rows


def last_of(texts: Sequence[str], times: Counter[str]) -> list[str]:
    """The last so many of each text, in their order."""
    left = Counter(times)
    kept = []
    for text in reversed(texts):
        if left[text] > 0:
            left[text] -= 1
            kept.append(text)
    return kept[::-1]


def chunks(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows in groups, each for one shard."""
    chunk: list[Row] = []
    size = 0
    for row in rows:
        chunk.append(row)
        size += len(str(row["completion"]))
        if size > SHARD_CHARACTERS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def write_rows(folder: Path, kind: str, rows: Sequence[Row]) -> tuple[Path, ...]:
    """Write the rows as a shard, if there are any; absent columns are null."""
    if not rows:
        return ()
    filled = [{**dict.fromkeys(COLUMNS[kind]), **row} for row in rows]
    return (write_shard(folder, kind, pl.DataFrame(filled, schema=COLUMNS[kind])),)
