"""How long it takes to search every completion, and to open one sample of a large store.

    python -m benchmarks.reading --search 256000 --open 1000000

Run by hand. Two stores are made up straight in the form of store/schema.sql, in a temporary folder:
texts of 1 to 2 kB (sentences of invented words, formulas and numbers; no two texts are the same)
with 200 tokens each to search in, and shorter ones to open. `cpu` are the seconds of all cores,
which another process on the machine does not change; `× scan` is against reading the texts through
without looking for anything. `page` is a rerun of the whole page without a browser.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import polars as pl

from benchmarks.large_store import PROBLEMS, RUNS, Size, made_study
from store import queries
from store.location import connect, current
from store.queries import reading
from store.queries.answer import answer
from store.queries.answers import answers
from store.queries.per_problem import answer_entropies, median_perplexities
from store.queries.search import Wanted, matching_questions, matching_samples, snippets
from store.queries.tokens import token_logprobs

ROOT = Path(__file__).parents[1]
TIMES = 5
SEARCHES = {
    "plain, match case": Wanted("mofelu", False, True),
    "plain": Wanted("mofelu"),
    "plain, in every text": Wanted("so $x", False, True),
    "plain, in none": Wanted("zzqqxx"),
    "regular: digits": Wanted(r"= 97\d+\b", True, True),
    "regular: any of four words": Wanted(r"wait|hmm|let me check|actually", True),
    "regular: two words apart": Wanted(r"(?s)wait.{1,900}check", True),
    "regular: word, word, number": Wanted(r"\b\w+ \w+ = 9\d\b", True),
}


class Taken(NamedTuple):
    """Seconds: the median of several times, the longest, and of all cores."""

    wall: float
    longest: float
    cpu: float


def timed(work: Callable[[], object], times: int = TIMES) -> Taken:
    """How long it takes; a first time, which reads the file, is not counted."""
    work()
    wall, cpu = [], []
    for _ in range(times):
        start, before = time.perf_counter(), cpu_seconds()
        work()
        wall.append(time.perf_counter() - start)
        cpu.append(cpu_seconds() - before)
    return Taken(statistics.median(wall), max(wall), statistics.median(cpu))


def cpu_seconds() -> float:
    """Of this process, all cores."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def scan(cursor: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Every text is read, and nothing is looked for."""
    return answer(cursor, "SELECT CAST(sum(strlen(completion)) AS BIGINT) AS bytes FROM samples")


def searches(study: Path) -> Iterator[str]:
    """A line on each search."""
    with closing(connect(current(study))) as connection:
        store_bytes = current(study).stat().st_size
        text = scan(connection.cursor())["bytes"][0]
        yield f"{text / 1e6:,.0f} MB of text in a store of {store_bytes / 1e6:,.0f} MB"
        base = timed(lambda: scan(connection.cursor()))
        yield line("scan", base, base)
        for name, wanted in SEARCHES.items():
            found = matching_samples(connection.cursor(), RUNS, wanted)
            hits = int(found["samples"].list.len().sum())

            def work(wanted: Wanted = wanted) -> object:
                return matching_samples(connection.cursor(), RUNS, wanted)

            yield line(name, timed(work), base) + f"   {hits:,} hits"
        yield from beside(connection, base)


def beside(connection: duckdb.DuckDBPyConnection, base: Taken) -> Iterator[str]:
    """What else the page of problems asks."""
    wanted = SEARCHES["plain"]
    found = matching_samples(connection.cursor(), RUNS, wanted).explode("samples")
    first = found.drop_nulls("samples").select("run", "problem_id", sample="samples").head(50)
    left_out = ("no_answer", "truncated")
    asked: dict[str, Question] = {
        "plain, truncated left out": lambda c: matching_samples(c, RUNS, wanted, None, left_out),
        "one run of two": lambda c: matching_samples(c, RUNS[1:], wanted),
        "50 snippets": lambda c: snippets(c, first, wanted, None),
        "questions": lambda c: matching_questions(c, "bench", wanted),
        "answer entropies": lambda c: answer_entropies(c, RUNS, None),
        "median perplexities": lambda c: median_perplexities(c, RUNS, None),
        "answers": lambda c: answers(c, RUNS, None),
    }
    for name, question in asked.items():
        yield line(name, timed(partial(ask, connection, question)), base)


def line(name: str, taken: Taken, base: Taken | None = None) -> str:
    """One row of the table."""
    ratio = f"{taken.cpu / base.cpu:6.1f} × scan" if base else ""
    times = f"{1e3 * taken.wall:9.1f} ms, at most {1e3 * taken.longest:9.1f}"
    return f"{name:32}{times}, cpu {1e3 * taken.cpu:9.1f}{ratio}"


def opening(study: Path) -> Iterator[str]:
    """A line on each question that the reader asks about one sample, and on whole pages."""
    with closing(connect(current(study))) as connection:
        n = int(connection.execute("SELECT max(sample) + 1 FROM samples").fetchall()[0][0])
        sums = {"a sample": 0.0, "a problem": 0.0, "the store": 0.0}
        for (name, what), question in questions(n).items():
            taken = timed(partial(ask, connection, question), 20)
            sums[what] += taken.wall
            yield f"{line(name, taken)}   once for {what}"
        for what, seconds in sums.items():
            yield f"{f'all, once for {what}':32}{1e3 * seconds:9.1f} ms"
    yield from pages(study, n)


Question = Callable[[duckdb.DuckDBPyConnection], object]


def ask(connection: duckdb.DuckDBPyConnection, question: Question) -> object:
    """A question on a cursor of its own."""
    return question(connection.cursor())


def questions(n: int) -> dict[tuple[str, str], Question]:
    """Every question of the reader, which is about another sample each time."""
    random = np.random.default_rng(1)

    def place(parts: int) -> tuple[object, ...]:
        run, problem = RUNS[random.integers(len(RUNS))], f"p{random.integers(PROBLEMS):04d}"
        return (run, problem, int(random.integers(n)))[:parts]

    def of(question: Callable[..., object], parts: int, *more: object) -> Question:
        return lambda cursor: question(cursor, *place(parts), *more)

    def on(question: Callable[..., object], *more: object) -> Question:
        return lambda cursor: question(cursor, *more)

    return {
        ("sample", "a sample"): of(queries.sample, 3),
        ("verdicts_of_sample", "a sample"): of(queries.verdicts_of_sample, 3),
        ("scores_of_sample", "a sample"): of(queries.scores_of_sample, 3),
        ("entropies_of_sample", "a sample"): of(queries.entropies_of_sample, 3),
        ("token_logprobs", "a sample"): of(token_logprobs, 3),
        ("answer_groups", "a problem"): of(reading.answer_groups, 2, None),
        ("samples_of_problem", "a problem"): of(queries.samples_of_problem, 2, None),
        ("prompt", "a problem"): of(queries.prompt, 2),
        ("problem", "a problem"): on(reading.problem, "bench", "p0007"),
        ("images", "a problem"): on(queries.images, "bench", "p0007"),
        ("problem_ids", "the store"): on(reading.problem_ids, "bench"),
        ("scorers_of_run", "the store"): of(reading.scorers_of_run, 1),
        ("runs", "the store"): queries.runs,
        ("scorers", "the store"): queries.scorers,
        ("verifiers", "the store"): on(queries.verifiers, RUNS),
    }


def pages(study: Path, n: int) -> Iterator[str]:
    """Reruns of the reader with another sample, and with another problem."""
    from streamlit.testing.v1 import AppTest

    os.environ["PASSBAND_STUDY"] = str(study)
    app = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=120).run()
    app.switch_page(str(ROOT / "pages" / "reader.py")).run()
    for what, values in (
        ("sample", [str(number) for number in range(1, min(n, 12))]),
        ("problem", [f"p{number:04d}" for number in range(20, 32)]),
    ):
        yield line(f"page: another {what}", reruns(app, what, values))


def reruns(app: Any, parameter: str, values: Sequence[str]) -> Taken:
    """How long the page takes when this parameter of its URL takes each value."""
    wall, cpu = [], []
    for value in values:
        app.query_params[parameter] = value
        if parameter in app.session_state:
            app.session_state[parameter] = int(value) if parameter == "sample" else value
        start, before = time.perf_counter(), cpu_seconds()
        app.run()
        wall.append(time.perf_counter() - start)
        cpu.append(cpu_seconds() - before)
        if app.exception:
            raise RuntimeError(app.exception[0].value)
    return Taken(statistics.median(wall), max(wall), statistics.median(cpu))


def main() -> None:
    """Make the stores and print the tables."""
    parser = argparse.ArgumentParser(description="searching and opening samples")
    parser.add_argument("--search", type=int, default=256_000, help="samples to search; 0: skip")
    parser.add_argument("--open", type=int, default=1_000_000, help="samples to open; 0: skip")
    chosen = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        if chosen.search:
            report(Path(folder) / "search", Size(chosen.search, 8, 23, 200), searches)
        if chosen.open:
            report(Path(folder) / "open", Size(chosen.open, 2, 8, 60), opening)


def report(folder: Path, size: Size, lines: Callable[[Path], Iterator[str]]) -> None:
    """Make a store and print what was measured on it."""
    start = time.perf_counter()
    study = made_study(folder, size)
    print(f"\n{size.samples:,} samples, made in {time.perf_counter() - start:.0f} s", flush=True)
    for said in lines(study):
        print(said, flush=True)


if __name__ == "__main__":
    main()
