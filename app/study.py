"""A study, asked from Python: each question of `passband show` is a method, and gives its table.

    from app.study import open_study

    with open_study("my-study") as study:
        study.pass_at_k(k=[1, 8, 64])
        study.compare("qwen-7b", "qwen-7b-rl", k=[1, 128], band="these problems")

What a table leaves out is told by the logger "passband.show". Estimators for one's own arrays are
in app.metrics, figures of these tables in app.charts; docs/from-python.ipynb shows both.
"""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypedDict, TypeVar, Unpack

import polars as pl

from app.analysis.runs import find_run, labels
from app.show import answer
from app.show_counted import Options
from store import queries
from store.audits import newest
from store.location import Cursor, connect, current
from store.queries import judged
from store.shared import as_study

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class Chosen(TypedDict, total=False):
    """What every question can be narrowed by: the options of `passband show`.

    A run may be named by its id or by any part of it that fits one run only.
    """

    benchmark: str | None
    runs: str | Sequence[str]
    verifier: str | None
    leave_out: Collection[str]  # of no_answer, error, truncated
    band: str  # "problems like these" or "these problems"
    direct: str | None
    guess_below: float
    audited: bool


Budgets = int | Sequence[int] | str | None


class Study:
    """A published study, or a store in one file, that is open to be asked."""

    def __init__(self, path: Path) -> None:
        self.path = as_study(path)
        self.connection = connect(current(self.path))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store; nothing can be asked any more."""
        self.connection.close()

    def runs(self, **chosen: Unpack[Chosen]) -> pl.DataFrame:
        """run, model, role, benchmark, problems, samples, n_min, n_max, no_answer, error,
        truncated.
        """
        return self.answer("runs", chosen)

    def pass_at_k(self, k: Budgets = None, **chosen: Unpack[Chosen]) -> pl.DataFrame:
        """run, benchmark, k, pass_at_k, low, high, problems, n_min; by default k = 1, 2, 4, …"""
        return self.answer("pass-at-k", chosen, k=k)

    def compare(
        self, base: str, other: str, k: Budgets = None, **chosen: Unpack[Chosen]
    ) -> pl.DataFrame:
        """k, base, other, gap (other − base), low, high, crossover, delta_se, mcnemar_p."""
        return self.answer("compare", chosen, base=base, other=other, k=k)

    def solvable(
        self,
        base: str,
        other: str,
        k: Budgets = None,
        threshold: int = 1,
        **chosen: Unpack[Chosen],
    ) -> pl.DataFrame:
        """k, both, only_base, only_other, neither, and the lists both_problems … of ids."""
        asked = {"base": base, "other": other, "k": k, "threshold": threshold}
        return self.answer("solvable", chosen, **asked)

    def accuracy(self, **chosen: Unpack[Chosen]) -> pl.DataFrame:
        """run, bin, count: a histogram of c / n over problems."""
        return self.answer("accuracy", chosen)

    def perplexity(self, scorer: str | None = None, **chosen: Unpack[Chosen]) -> pl.DataFrame:
        """scorer, run, samples, q1, median, q3, mean."""
        return self.answer("perplexity", chosen, scorer=scorer)

    def audits(self, below: float = Options.below, **chosen: Unpack[Chosen]) -> pl.DataFrame:
        """The tally of what people found, of problems with an accuracy below this but above 0."""
        return self.answer("audits", {**chosen, "audited": True}, below=below)

    def counts(self, runs: str | Sequence[str] = (), verifier: str | None = None) -> pl.DataFrame:
        """n, c and what was left without a right answer, of each run and problem."""
        known = queries.runs(self.connection.cursor())
        asked = [find_run(known, name) for name in named(runs)] or known["run"].to_list()
        return queries.counts(self.connection.cursor(), asked, verifier)

    def problems(self, benchmark: str) -> pl.DataFrame:
        """problem_id, position, question, reference, subject, level, metadata."""
        return queries.problems(self.connection.cursor(), benchmark)

    def samples(self, run: str, problem_id: str, verifier: str | None = None) -> pl.DataFrame:
        """sample, outcome, answer, detail, finish_reason, n_tokens, sum_logprob, completion."""
        cursor = self.connection.cursor()
        found = find_run(queries.runs(cursor), run)
        rows = queries.samples_of_problem(cursor, found, problem_id, verifier)
        places = rows.select(
            pl.lit(found).alias("run"), problem_id=pl.lit(problem_id), sample="sample"
        )
        texts = judged.texts(cursor, places)
        return rows.with_columns(texts["completion"])

    def labels(self) -> dict[str, str]:
        """Run → a name as short as tells it from the others; figures want it."""
        return labels(queries.runs(self.connection.cursor()))

    def roles(self) -> dict[str, str]:
        """Run → role of its model; figures draw by it."""
        known = queries.runs(self.connection.cursor())
        return dict(known.select("run", "role").rows())

    def ask(
        self,
        question: Callable[Concatenate[Cursor, Arguments], Answer],
        *arguments: Arguments.args,
        **options: Arguments.kwargs,
    ) -> Answer:
        """The answer to a function of store.queries, such as store.queries.verdicts_of_sample."""
        return question(self.connection.cursor(), *arguments, **options)

    def answer(self, question: str, chosen: Chosen, **asked: object) -> pl.DataFrame:
        """The table that `passband show` prints."""
        options = {**chosen, **asked, "runs": named(chosen.get("runs", ()))}
        audits = newest(self.path) if options.pop("audited", False) else None
        return answer(question, self.connection.cursor(), audits=audits, **options)


def open_study(path: str | Path) -> Study:
    """Open a study folder that was published, or a store in one file. Only reads.

    Raises ValueError where there is none.
    """
    return Study(Path(path))


def named(runs: str | Sequence[str]) -> list[str]:
    """The names, also of one alone."""
    return [runs] if isinstance(runs, str) else list(runs)
