"""Draws the samples that a run lacks and writes them as shards."""

import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import NamedTuple

from generation.benchmarks import Problem
from generation.engines import Engine, Request, Sample, Settings, problem_seed
from generation.log import sampled
from generation.plan import PlannedRun, Range, check_run, missing_ranges
from generation.progress import Watched, watched
from generation.prompts import Prompt, prompt
from generation.shard_writer import Pace, ShardWriter, stored_logprobs
from store.runs import Run, read_run, write_run
from store.shards import read_shards

VOCABULARY = "vocabulary"


class Work(NamedTuple):
    """A run that lacks samples, and the prompts of its problems."""

    planned: PlannedRun
    prompts: dict[str, Prompt]


def prepared(planned: PlannedRun, engine: Engine) -> Work:
    """Prompts of the problems. Raises ValueError, before any sampling, where one is too long."""
    template, most = planned.benchmark.prompt, planned.benchmark.sampling.max_tokens
    prompts = {
        problem.problem_id: prompt(template, problem, engine.tokens) for problem in planned.problems
    }
    for problem_id, asked in prompts.items():
        if not asked.text:
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
    return Work(planned, prompts)


def sample_run(
    work: Work, engine: Engine, missing: Iterable[Range], total: int, pace: Pace
) -> None:
    """Write the run's description and problems, then its missing samples as they are drawn.

    `missing` is pulled from as the engine has room; `total` samples are expected of it.
    """
    describe(work, engine)
    planned, begun, drawn, tokens = work.planned, time.monotonic(), 0, 0
    with (
        _watched(planned, total) as bar,
        ShardWriter(planned.folder, "samples", pace=pace) as writer,
    ):
        for request, samples in engine.sample(requests(work, missing), _settings(planned)):
            rows = [
                _row(request.problem_id, number, sample)
                for number, sample in enumerate(samples, request.first)
            ]
            writer.add(rows, sum(len(s.token_ids or s.completion) for s in samples))
            drawn += len(samples)
            tokens += sum(_length(sample) or 0 for sample in samples)
            bar.update(len(samples))
    sampled(planned.run.run_id, planned.run.model.name, drawn, tokens, time.monotonic() - begun)


def _watched(planned: PlannedRun, total: int) -> AbstractContextManager[Watched]:
    wanted = len(planned.problems) * planned.benchmark.sampling.n
    return watched(
        total,
        f"sampling {planned.run.model.name}",
        folder=planned.folder.parents[1],
        run=planned.run.run_id,
        stage="sampling",
        wanted=wanted,
        done=wanted - sum(missing.n for missing in missing_ranges(planned)),
    )


def describe(work: Work, engine: Engine) -> None:
    """Write run.json and the problems, where they are not there yet."""
    planned = work.planned
    known = dict(planned.run.hyper_parameters) | {VOCABULARY: engine.tokens.vocabulary()}
    run = replace(planned.run, versions=engine.versions, hyper_parameters=known)
    if (planned.folder / "run.json").exists():
        _check_vocabulary(read_run(planned.folder), run)
    else:
        write_run(planned.folder.parent, run)
    _write_problems(work)


def requests(work: Work, missing: Iterable[Range]) -> Iterator[Request]:
    """What the engine is asked for."""
    run = work.planned.run
    images = {problem.problem_id: problem.images for problem in work.planned.problems}
    for problem_id, first, n in missing:
        asked = work.prompts[problem_id]
        yield Request(
            problem_id=problem_id,
            prompt_ids=asked.token_ids,
            first=first,
            n=n,
            seed=problem_seed(run.seed or 0, run.run_id, problem_id),
            prompt=asked.text,
            messages=asked.messages,
            images=tuple(images[problem_id]),
        )


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
    with ShardWriter(folder, "problems", pace=Pace(2**31, 1e9, 2**62)) as writer:
        writer.add([_problem_row(problem, work.prompts) for problem in new], 0)


def _problem_row(problem: Problem, prompts: dict[str, Prompt]) -> tuple[object, ...]:
    asked = prompts[problem.problem_id]
    # Problem has the columns of a problems shard in their order, the prompt's two come last.
    return (*problem, asked.text, asked.token_ids)


def _settings(planned: PlannedRun) -> Settings:
    sampling = planned.benchmark.sampling
    return Settings(sampling.temperature, sampling.top_p, sampling.max_tokens)


def _row(problem_id: str, number: int, sample: Sample) -> tuple[object, ...]:
    logprobs = None if sample.token_logprobs is None else stored_logprobs(sample.token_logprobs)
    return (
        problem_id,
        number,
        sample.completion,
        sample.finish_reason,
        _length(sample),
        logprobs and logprobs.sum,
        sample.token_ids,
        logprobs and logprobs.tokens,
        sample.token_ranks,
        sample.token_ends,
    )


def _length(sample: Sample) -> int | None:
    return sample.n_tokens if sample.token_ids is None else len(sample.token_ids)
