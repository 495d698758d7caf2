"""What a study asks for, what its folder already holds, and what is therefore missing."""

from pathlib import Path
from typing import NamedTuple

import polars as pl

from generation import verifiers
from generation.benchmarks import Problem, load_benchmark
from generation.checkpoints import fingerprint
from generation.study import Study, StudyBenchmark
from store.runs import Model, Run, read_run
from store.shards import read_shards

# Samples of one problem that are asked for together: a killed job loses at most so many of each
# problem in hand.
SAMPLES_PER_REQUEST = 64
KEY = ["problem_id", "sample"]


class PlannedRun(NamedTuple):
    """One run of the study; `run` as it would be now, without what only a loaded engine knows."""

    run: Run
    folder: Path
    benchmark: StudyBenchmark
    problems: list[Problem]


class Range(NamedTuple):
    """Samples `first` … `first + n - 1` of a problem, which are missing."""

    problem_id: str
    first: int
    n: int


class PlanRow(NamedTuple):
    """How many samples, verdicts and scores a run lacks."""

    run: str
    problems: int
    samples: int
    verdicts: int
    scores: int


def planned_runs(study: Study, folder: Path) -> list[PlannedRun]:
    """Every model × benchmark. Raises ValueError where stored samples are of something else."""
    problems = {b: load_benchmark(b.path, b.problems) for b in study.benchmarks}
    planned = [
        PlannedRun(run, folder / "shards" / run.run_id, benchmark, problems[benchmark])
        for entry in study.models
        for benchmark in study.benchmarks
        for run in [_run(study, entry.model, benchmark)]
    ]
    for run in planned:
        if (run.folder / "run.json").exists():
            check_run(read_run(run.folder), run.run)
            _check_problems(run)
    return planned


def missing_ranges(planned: PlannedRun) -> list[Range]:
    """The samples that the study asks for and the folder lacks."""
    stored = _stored(planned)
    return [
        request
        for problem in planned.problems
        for request in _ranges(
            problem.problem_id, stored.get(problem.problem_id, set()), planned.benchmark.n
        )
    ]


def lacks_problems(planned: PlannedRun) -> bool:
    """Whether problems are not stored: a new run, a raised limit, or a shard that was damaged."""
    stored = read_shards(planned.folder, "problems", columns=["problem_id"])["problem_id"]
    return not {problem.problem_id for problem in planned.problems} <= set(stored)


def check_problems_stored(run_folder: Path, samples: pl.DataFrame, problems: pl.DataFrame) -> None:
    """Refuse to judge or score samples whose problem is not known: each would be an error."""
    unknown = samples.join(problems, on="problem_id", how="anti")["problem_id"]
    if len(unknown):
        raise ValueError(
            f'Problem "{unknown[0]}" of run {run_folder.name} is not in its shards, or they are '
            "damaged: run `passband generate` on its study again."
        )


def surplus(planned: PlannedRun) -> int:
    """Samples beyond the n of the study, which are kept."""
    kept = (len(s - set(range(planned.benchmark.n))) for s in _stored(planned).values())
    return sum(kept)


def plan(study: Study, folder: Path) -> list[PlanRow]:
    """What is missing of each run, for a look before a long job."""
    return [_plan_row(study, planned) for planned in planned_runs(study, folder)]


def scorers(study: Study, model: str) -> list[str]:
    """The models under which this model's samples are to be scored."""
    return sorted({s.scorer for s in study.scores if model in s.samples_of})


def unjudged(run_folder: Path, verifier: str) -> pl.DataFrame:
    """Problem and sample of every stored sample without a verdict of this version."""
    verdicts = read_shards(run_folder, "verdicts", verifier, [*KEY, "version"])
    current = verdicts.filter(pl.col("version") == verifiers.load(verifier).VERSION)
    return read_shards(run_folder, "samples", columns=KEY).join(current, on=KEY, how="anti")


def unscored(run_folder: Path, scorer: str) -> pl.DataFrame:
    """Problem and sample of every stored sample without a score of this scorer."""
    scores = read_shards(run_folder, "scores", scorer, [*KEY, "scorer"])
    current = scores.filter(pl.col("scorer") == scorer)
    return read_shards(run_folder, "samples", columns=KEY).join(current, on=KEY, how="anti")


def check_run(stored: Run, current: Run) -> None:
    """Refuse to extend a run with samples of something else."""
    pairs = {
        "checkpoint": (_checkpoint(stored), _checkpoint(current)),
        "engine": (stored.engine, current.engine),
        "dtype": (stored.model.dtype, current.model.dtype),
    }
    for what, (before, now) in pairs.items():
        if before != now:
            raise ValueError(
                f"Run {stored.run_id} holds samples of another {what} ({before}, now {now}): give "
                f'"{stored.model.name}" a new name in the study, or use another study folder.'
            )


def _run(study: Study, model: Model, benchmark: StudyBenchmark) -> Run:
    return Run(
        model=model,
        benchmark=benchmark.name,
        prompt_template=benchmark.prompt,
        temperature=study.sampling.temperature,
        top_p=study.sampling.top_p,
        max_tokens=study.sampling.max_tokens,
        engine=study.engine,
        seed=study.sampling.seed,
        benchmark_source=str(benchmark.path),
        weights=fingerprint(model.path),
    )


def _checkpoint(run: Run) -> str:
    """A checkpoint may be moved; a model of the hub is known by its name and revision."""
    return run.weights or f"{run.model.path} {run.model.revision or ''}".strip()


def _check_problems(planned: PlannedRun) -> None:
    stored = read_shards(
        planned.folder, "problems", columns=["problem_id", "question", "reference"]
    )
    known = {row[0]: row[1:] for row in stored.rows()}
    for problem in planned.problems:
        before = known.get(problem.problem_id)
        if before not in (None, (problem.question, problem.reference)):
            raise ValueError(
                f'Problem "{problem.problem_id}" of {planned.benchmark.path} is not the one that '
                f"run {planned.run.run_id} holds samples of: give the changed problem a new id, or "
                "use another study folder."
            )


def _stored(planned: PlannedRun) -> dict[str, set[int]]:
    samples = read_shards(planned.folder, "samples", columns=KEY)
    grouped = samples.group_by("problem_id").agg("sample")
    return {problem_id: set(numbers) for problem_id, numbers in grouped.rows()}


def _ranges(problem_id: str, stored: set[int], n: int) -> list[Range]:
    """Missing samples as ranges without a gap that cross no multiple of SAMPLES_PER_REQUEST."""
    ranges: list[Range] = []
    for sample in sorted(set(range(n)) - stored):
        latest = ranges[-1] if ranges else None
        if latest and latest.first + latest.n == sample and sample % SAMPLES_PER_REQUEST:
            ranges[-1] = latest._replace(n=latest.n + 1)
        else:
            ranges.append(Range(problem_id, sample, 1))
    return ranges


def _plan_row(study: Study, planned: PlannedRun) -> PlanRow:
    samples = sum(request.n for request in missing_ranges(planned))
    names = scorers(study, planned.run.model.name)
    return PlanRow(
        run=planned.run.run_id,
        problems=len(planned.problems),
        samples=samples,
        verdicts=samples + unjudged(planned.folder, planned.benchmark.verifier).height,
        scores=sum(samples + unscored(planned.folder, scorer).height for scorer in names),
    )
