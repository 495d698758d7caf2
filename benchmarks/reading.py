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
import string
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

from store import queries
from store.build import SCHEMA, point_current_at
from store.counting import recount
from store.location import connect, current
from store.queries import reading
from store.queries.answer import answer
from store.queries.answers import answers
from store.queries.per_problem import answer_entropies, median_perplexities
from store.queries.search import Wanted, matching_questions, matching_samples, snippets
from store.queries.tokens import token_logprobs

ROOT = Path(__file__).parents[1]
PROBLEMS = 500
RUNS = ("base--bench--000000", "trained--bench--000001")
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


def vocabulary(random: np.random.Generator) -> list[str]:
    """Invented words, and a few that people look for."""
    letters = np.array(list(string.ascii_lowercase[:20]))
    words = ["".join(random.choice(letters, size)) for size in random.integers(2, 10, 3000)]
    return [*words, "mofelu", "wait", "hmm", "actually", "check"]


def sentences(random: np.random.Generator) -> list[str]:
    """What texts are put together from; a number follows each."""
    words, ends = vocabulary(random), (" = ", ". So $x = ", ".\n\nstep ", ", so $x_{1} = ")
    return [
        " ".join(random.choice(words, size)).capitalize() + str(random.choice(ends))
        for size in random.integers(6, 18, 4096)
    ]


FACTS = """
    INSERT INTO models (model, role, parent) VALUES
        ('base', 'base', NULL), ('trained', 'rl', 'base');
    INSERT INTO benchmarks (benchmark, problems) VALUES ('bench', 500);
    INSERT INTO runs (run, model, benchmark, verifier, source) VALUES
        ('base--bench--000000', 'base', 'bench', 'math', 'made up'),
        ('trained--bench--000001', 'trained', 'bench', 'math', 'made up');
    INSERT INTO problems (benchmark, problem_id, position, question, reference, subject, level)
    SELECT 'bench', format('p{:04d}', i), i, sentences[1 + i] || i || '?', '7',
        'subject ' || i % 7, CAST(1 + i % 5 AS VARCHAR)
    FROM range($problems) AS numbers(i), phrases;
    INSERT INTO prompts (run, problem_id, prompt)
    SELECT run, problem_id, 'Solve: ' || question
    FROM problems, runs;
"""
SAMPLES = """
    INSERT INTO samples (run, problem_id, sample, completion, finish_reason, n_tokens, sum_logprob,
        token_ids, token_logprobs, token_ends)
    SELECT $run, format('p{:04d}', i // $n), i % $n,
        array_to_string(
            list_transform(range($least + CAST(hash(i, $run) % $more AS BIGINT)), lambda k:
                sentences[1 + CAST(hash(i, k, $run) % 4096 AS INTEGER)]
                || CAST(hash(k, i) % 1000 AS VARCHAR)), ' '),
        CASE WHEN hash(i) % 20 = 0 THEN 'length' ELSE 'stop' END,
        $tokens, -0.4 * $tokens - CAST(hash(i) % 50 AS DOUBLE),
        list_transform(range($tokens), lambda k: CAST(hash(i, k) % 50000 AS INTEGER)),
        list_transform(range($tokens), lambda k: CAST((hash(k, i) % 4000) / -1000.0 AS FLOAT)),
        list_transform(range($tokens), lambda k: CAST(4 * k + 4 AS INTEGER))
    FROM range($first, $last) AS numbers(i), phrases
"""
VERDICTS = """
    INSERT INTO verdicts (run, problem_id, sample, verifier, version, outcome, answer, detail)
    SELECT run, problem_id, sample, 'math', '1',
        CASE hash(problem_id, sample, run) % 3 WHEN 0 THEN 'correct' ELSE 'incorrect' END,
        CAST(hash(sample, problem_id) % 9 AS VARCHAR), 'compared as numbers'
    FROM samples
"""
SCORES = """
    INSERT INTO scores (run, problem_id, sample, scorer, n_tokens, sum_logprob, token_logprobs)
    SELECT run, problem_id, sample, 'base', n_tokens, sum_logprob - 1, token_logprobs
    FROM samples
    WHERE run = 'trained--bench--000001'
"""


class Size(NamedTuple):
    """How large a store is: samples, sentences of a text (at least, and up to so many more)."""

    samples: int
    least: int
    more: int
    tokens: int


def made_study(folder: Path, size: Size) -> Path:
    """A study whose store has so many samples of two runs, in the order of a build."""
    path = folder / "store" / "made-up.duckdb"
    path.parent.mkdir(parents=True)
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute(SCHEMA)
        table = pl.DataFrame({"sentence": sentences(np.random.default_rng(0))})
        connection.register("written", table)
        connection.execute(
            "CREATE TEMP TABLE phrases AS SELECT list(sentence) AS sentences FROM written"
        )
        for statement in filter(str.strip, FACTS.split(";")):
            named = {"problems": PROBLEMS} if "$problems" in statement else {}
            connection.execute(statement, named)
        write_samples(connection, size)
        connection.execute(VERDICTS)
        connection.execute(SCORES)
        recount(connection, RUNS)
        connection.execute("INSERT INTO store_info VALUES ('content_hash', 'made up')")
    point_current_at(path)
    return folder


def write_samples(connection: duckdb.DuckDBPyConnection, size: Size) -> None:
    """The samples of both runs, some problems at a time, so that memory holds them."""
    n = size.samples // (len(RUNS) * PROBLEMS)
    for run in RUNS:
        for first in range(0, PROBLEMS, 50):
            connection.execute(
                SAMPLES,
                {
                    "run": run, "n": n, "first": first * n, "last": (first + 50) * n,
                    "least": size.least, "more": size.more, "tokens": size.tokens,
                },
            )  # fmt: skip


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
