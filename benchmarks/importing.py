"""How fast samples of other harnesses come in, what memory that takes, and what bad rows do.

    python -m benchmarks.importing                       # 100,000 and 1,000,000 rows of JSONL
    python -m benchmarks.importing --kind csv --rows 200000
    python -m benchmarks.importing --profile --rows 100000

Run by hand. A table is made up in a temporary folder, a row a sample, of which one in a hundred is
damaged in one of ten ways; it is imported by a process of its own, as `--format auto` does, and
what came in is counted afterwards: every good row, and every bad one by its line. `× parse` is
against reading the file's rows without making anything of them, in the same process after the
import. `cpu` are the seconds of all cores, which another process on the machine hardly changes;
`rows/s` and `× parse` are of these. Memory is the largest resident set of that process, above what
it has before it begins.
"""

import argparse
import cProfile
import csv
import io
import json
import multiprocessing
import os
import pstats
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from store.importers import import_files
from store.importers.opening import Source, csv_rows, json_lines

N = 16  # samples of a problem
NAMES = ("problem_id", "sample_index", "question", "response", "correct", "pred", "finish_reason")
WHO = {"model": "m", "role": "rl", "benchmark": "b"}
Row = dict[str, object]


class Made(NamedTuple):
    """A file, and what must come of it."""

    path: Path
    rows: int
    good: dict[str, tuple[int, int]]  # n and c of each problem
    bad: dict[int, str]  # line → kind of damage
    rest: set[int]  # the further lines of bad rows, each of which may be reported too


class Taken(NamedTuple):
    """What an import took: seconds, also of all cores, and of these for parsing alone; MiB at
    most and before."""

    seconds: float
    cpu: float
    parse: float
    peak: float
    before: float


def row(number: int, random: np.random.Generator) -> Row:
    """A sound row: a text of 300 to 900 characters."""
    words = random.integers(0, 4096, int(random.integers(60, 180)))
    return {
        "problem_id": f"p{number // N:06d}",
        "sample_index": number % N,
        "question": f"What is {number // N} + 1?",
        "response": " ".join(f"w{word:x}" for word in words) + ' so "x, y" = \\boxed{7} é\n',
        "correct": bool(random.random() < 0.3),
        "pred": "7",
        "finish_reason": "stop",
    }


def without(name: str) -> Callable[[Row], bytes]:
    """Damage: this column is not there."""
    return lambda row: json_line({key: row[key] for key in row if key != name})


def other(**values: object) -> Callable[[Row], bytes]:
    """Damage: these values in the place of what is right."""
    return lambda row: json_line({**row, **values})


JSON_DAMAGE: dict[str, Callable[[Row], bytes]] = {
    "cut off": lambda row: json_line(row)[:40] + b"\n",
    "not UTF-8": lambda row: json_line(row).replace(b'"p', b'"\xff\xfe', 1),
    "no object": lambda _: b'["p", 1]\n',
    "no problem": without("problem_id"),
    "a list for a problem": other(problem_id=[1]),
    "no text": without("response"),
    "a number for a text": other(response=7),
    "a verdict that is none": other(correct="maybe"),
    "another question": other(question="Which one?"),
    "an index that is none": other(sample_index="first"),
}
CSV_DAMAGE: dict[str, Callable[[Row], bytes]] = {
    "cut off": lambda row: csv_line(row)[:20].rstrip(b"\n") + b"\n",
    "not UTF-8": lambda row: b"\xff" + csv_line(row),
    "a cell too many": lambda row: csv_line(row).rstrip(b"\r\n") + b",more\n",
    "a cell too few": lambda row: csv_line({key: row[key] for key in NAMES[:-1]}),
    "an open quote": lambda row: b'"' + csv_line({**row, "response": "t", "question": "q"}),
    "no problem": lambda row: csv_line({**row, "problem_id": ""}),
    "a blank problem": lambda row: csv_line({**row, "problem_id": " "}),
    "a verdict that is none": lambda row: csv_line({**row, "correct": "maybe"}),
    "another question": lambda row: csv_line({**row, "question": "Which one?"}),
    "an index that is none": lambda row: csv_line({**row, "sample_index": "first"}),
}


def json_line(row: Row) -> bytes:
    """The row as a line of JSON."""
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"


def csv_line(row: Row) -> bytes:
    """The row as it stands in a CSV: the text's last line break is within quotes."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row.values())
    return text.getvalue().encode()


def made(folder: Path, kind: str, rows: int) -> Made:
    """Write the table. A damaged row is never the first of its problem, whose question counts."""
    random = np.random.default_rng(1)
    write, damage = (json_line, JSON_DAMAGE) if kind == "jsonl" else (csv_line, CSV_DAMAGE)
    path, line = folder / f"{rows}.{kind}", 1
    good: dict[str, tuple[int, int]] = {}
    bad: dict[int, str] = {}
    rest: set[int] = set()
    kinds = list(damage)
    with path.open("wb") as file:
        if kind == "csv":
            file.write(",".join(NAMES).encode() + b"\n")
            line = 2
        for number in range(rows):
            sound = row(number, random)
            content = write(sound)
            if number % 100 == 50 + number // 100 % 10 and number % N:
                bad[line] = kinds[len(bad) % len(kinds)]
                content = damage[bad[line]](sound)
                rest.update(range(line + 1, line + content.count(b"\n")))
            else:
                n, c = good.get(str(sound["problem_id"]), (0, 0))
                good[str(sound["problem_id"])] = (n + 1, c + bool(sound["correct"]))
            file.write(content)
            line += content.count(b"\n")
    return Made(path, rows, good, bad, rest)


def megabytes() -> float:
    """The largest resident set of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def taken(path: Path, study: Path) -> Taken:
    """Import the file; how long that takes, and how long it takes to parse it."""
    before = megabytes()
    start, used = time.perf_counter(), time.process_time()
    import_files([path], study, **WHO)
    seconds, cpu, peak = time.perf_counter() - start, time.process_time() - used, megabytes()
    used = time.process_time()
    parser = json_lines if path.suffix == ".jsonl" else csv_rows
    for _ in parser(Source(path)):
        pass
    return Taken(seconds, cpu, time.process_time() - used, peak, before)


def faults(study: Path, table: Made) -> Iterator[str]:
    """What is not as it must be: nothing, if all is well."""
    verdicts = pl.concat(
        pl.read_parquet(path, columns=["problem_id", "outcome"], glob=False)
        for path in study.glob("shards/*/verdicts-*.parquet")
    )
    right = (pl.col("outcome") == "correct").sum()
    counted = verdicts.group_by("problem_id").agg(n=pl.len(), c=right)
    found = {problem: (n, c) for problem, n, c in counted.iter_rows()}
    if found != table.good:
        yield f"{len(found.items() ^ table.good.items())} problems with another n or c"
    (reported,) = study.glob("imports/*/bad.jsonl")
    lines = [json.loads(line)["where"] for line in reported.read_text().splitlines()]
    named = Counter(int(where.removeprefix("line ")) for where in lines)
    for line, damage in table.bad.items():
        if named[line] != 1:
            yield f"line {line} ({damage}) is reported {named[line]} times"
    if wrong := named.keys() - table.bad.keys() - table.rest:
        yield f"{len(wrong)} good lines are reported: {sorted(wrong)[:3]}"


def measured(folder: Path, kind: str, rows: int) -> str:
    """One line of the table."""
    table = made(folder, kind, rows)
    study = folder / f"study-{rows}"
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        spent = pool.apply(taken, (table.path, study))
    wrong = list(faults(study, table))
    size = table.path.stat().st_size / 1e6
    said = "; ".join(wrong[:5]) or f"{sum(n for n, _ in table.good.values()):,} in"
    table.path.unlink()
    speed = f"{spent.seconds:7.1f} s, cpu {spent.cpu:7.1f} s {rows / spent.cpu:9,.0f} rows/s"
    return (
        f"{rows:10,} rows {size:7,.0f} MB {speed}"
        f" {spent.cpu / spent.parse:5.1f} × parse {spent.peak - spent.before:6,.0f} MiB"
        f"   {said}, {len(table.bad):,} bad, each by its line{' NOT' if wrong else ''}"
    )


def profiled(folder: Path, kind: str, rows: int) -> None:
    """Where the time goes."""
    table = made(folder, kind, rows)
    profile = cProfile.Profile()
    profile.runcall(import_files, [table.path], folder / "study", **WHO)
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


def main() -> None:
    """Make the tables and print what was measured."""
    parser = argparse.ArgumentParser(description="importing samples of other harnesses")
    parser.add_argument("--kind", choices=["jsonl", "csv"], default="jsonl")
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    chosen = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for rows in chosen.rows:
            if chosen.profile:
                profiled(Path(folder), chosen.kind, rows)
            else:
                print(measured(Path(folder), chosen.kind, rows), flush=True)


if __name__ == "__main__":
    main()
