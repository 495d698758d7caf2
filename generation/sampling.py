"""Draws the samples that a run lacks and writes them as shards."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from generation.benchmarks import Problem
from generation.engines import Engine, Request, Sample, Settings, problem_seed
from generation.plan import PlannedRun, Range, check_run
from generation.progress import progress
from generation.prompts import Prompt, prompt
from generation.shard_writer import Pace, ShardWriter, stored_logprobs
from store.runs import Run, read_run, write_run
from store.shards import read_shards

VOCABULARY = "vocabulary"


class Work(NamedTuple):
    """A run that lacks samples, and the prompts of its problems."""

    planned: PlannedRun
    prompts: dict[str, Prompt]
    missing: list[Range]


def prepared(planned: PlannedRun, missing: list[Range], engine: Engine) -> Work:
    """Prompts of the problems. Raises ValueError, before any sampling, where one is too long."""
    template, most = planned.benchmark.prompt, planned.run.max_tokens or 0
    prompts = {
        problem.problem_id: prompt(template, problem.question, engine.tokens)
        for problem in planned.problems
    }
    for problem_id, asked in prompts.items():
        if not asked.token_ids:
            raise ValueError(
                f'The prompt of problem "{problem_id}" of {planned.benchmark.name} is empty: '
                "give it a question, or choose another prompt template."
            )
        if len(asked.token_ids) + most > engine.longest:
            raise ValueError(
                f'Problem "{problem_id}" of {planned.benchmark.name} is too long for '
                f'"{planned.run.model.name}": {len(asked.token_ids)} prompt tokens and max_tokens '
                f"= {most} exceed its {engine.longest}; lower max_tokens or leave the problem out."
            )
    return Work(planned, prompts, missing)


def sample_run(work: Work, engine: Engine, pace: Pace) -> None:
    """Write the run's description and problems, then its missing samples as they are drawn."""
    _describe(work, engine)
    run, folder = work.planned.run, work.planned.folder
    bar = progress(sum(missing.n for missing in work.missing), f"sampling {run.model.name}")
    with bar, ShardWriter(folder, "samples", None, pace) as writer:
        for request, samples in engine.sample(_requests(work), _settings(run)):
            rows = [
                _row(request.problem_id, number, sample)
                for number, sample in enumerate(samples, request.first)
            ]
            writer.add(rows, sum(len(sample.token_ids) for sample in samples))
            bar.update(len(rows))


def _describe(work: Work, engine: Engine) -> None:
    folder = work.planned.folder
    vocabulary = {VOCABULARY: engine.tokens.vocabulary()}
    run = replace(work.planned.run, versions=engine.versions, hyper_parameters=vocabulary)
    if (folder / "run.json").exists():
        _check_vocabulary(read_run(folder), run)
    else:
        write_run(folder.parent, run)
    _write_problems(work)


def _check_vocabulary(stored: Run, current: Run) -> None:
    check_run(stored, current)
    if stored.hyper_parameters.get(VOCABULARY) != current.hyper_parameters[VOCABULARY]:
        raise ValueError(
            f'The tokenizer in {current.model.path} is not the one that run "{stored.run_id}" was '
            "sampled with: restore it, or use another study folder."
        )


def _write_problems(work: Work) -> None:
    folder = work.planned.folder
    known = set(read_shards(folder, "problems", columns=["problem_id"])["problem_id"])
    new = [problem for problem in work.planned.problems if problem.problem_id not in known]
    # One shard, whatever its size: a run whose problems are known in part is never seen.
    with ShardWriter(folder, "problems", None, Pace(2**31, 1e9, 2**62)) as writer:
        writer.add([_problem_row(problem, work.prompts) for problem in new], 0)


def _problem_row(problem: Problem, prompts: dict[str, Prompt]) -> tuple[object, ...]:
    asked = prompts[problem.problem_id]
    # Problem has the columns of a problems shard in their order, the prompt's two come last.
    return (*problem, asked.text, asked.token_ids)


def _requests(work: Work) -> Sequence[Request]:
    run = work.planned.run
    return [
        Request(
            problem_id=missing.problem_id,
            prompt_ids=work.prompts[missing.problem_id].token_ids,
            first=missing.first,
            n=missing.n,
            seed=problem_seed(run.seed or 0, run.run_id, missing.problem_id),
        )
        for missing in work.missing
    ]


def _settings(run: Run) -> Settings:
    if run.temperature is None or run.top_p is None or run.max_tokens is None:
        raise ValueError(f"Run {run.run_id} was imported: it cannot be sampled.")
    return Settings(run.temperature, run.top_p, run.max_tokens)


def _row(problem_id: str, number: int, sample: Sample) -> tuple[object, ...]:
    logprobs = stored_logprobs(sample.token_logprobs)
    return (
        problem_id,
        number,
        sample.completion,
        sample.finish_reason,
        len(sample.token_ids),
        logprobs.sum,
        sample.token_ids,
        logprobs.tokens,
        sample.token_ends,
    )
