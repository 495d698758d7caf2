"""Asks a judge model for verdicts on chains of thought, and records them as audits.

    print(*judge_plan.plan(study, judge, samples).sentences())
    report = judging.judge_study(study, judge, samples, load)

Each verdict is recorded as soon as it is there: a job that is stopped has lost nothing but what was
in flight, and the next one asks for the rest. The reviewer is "judge:MODEL", the kind "judge", and
the verdicts on one sample are its rounds 0, 1, 2, …; the last line of a note names the prompt. A
verdict is asked for anew under another prompt, or where the text of the sample is another one. The
first one under another prompt withdraws those that the judge gave on the text before.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import polars as pl

from generation.engines.server import RETRIES, Server, ServerError
from generation.judge_plan import Judge, Plan, Wanted, many, plan
from generation.judge_prompt import (
    Material,
    NoVerdict,
    Said,
    messages,
    new_marker,
    note,
    prompt_of,
    said,
    span,
)
from generation.lock import judge_lock
from generation.log import JobLog, event, job_log
from generation.progress import progress
from store.audits import WITHDRAWN, Audit, by_reviewer, content_hash, record_round
from store.progress import now

# How often one verdict is asked for, where the answer is none.
ATTEMPTS = 3
# So many refusals and answers that are no verdict, without a single verdict: the fault is the
# judge's or the prompt's, and asking on costs money.
IN_VAIN = 20
# Samples whose texts are in memory at once, besides those in flight.
CHUNK = 32

# The texts of samples, in their order.
Load = Callable[[Sequence[Wanted]], Sequence[Material]]


class Job(NamedTuple):
    """One verdict to ask for."""

    wanted: Wanted
    round: int
    material: Material
    marker: str


class Outcome(NamedTuple):
    """What came of it, and how often it was asked for."""

    said: Said | NoVerdict
    attempts: int


@dataclass
class Report:
    """What has become of a plan: verdicts by label, and by reason how many could not be had."""

    labels: Counter[str] = field(default_factory=Counter)
    lacking: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)  # of each reason, the first
    repeated: int = 0  # answers that were no verdict and were asked for again

    def sentences(self) -> Iterator[str]:
        """What is shown at the end."""
        labels = ", ".join(f"{label} {n:,}" for label, n in self.labels.most_common())
        yield f"{many(self.labels.total(), 'verdict')} recorded" + (
            f" ({labels})." if labels else "."
        )
        if self.repeated:
            yield f"{many(self.repeated, 'answer')} that were no verdict: asked for again."
        for why, number in self.lacking.most_common():
            example = f", such as: {self.examples[why]}" if self.examples.get(why) else ""
            yield f"{many(number, 'verdict')} could not be had: {why}{example}"
        if self.lacking:
            yield "They are missing, not guessed; the same command asks for them again."


def judge_study(
    study: Path,
    judge: Judge,
    samples: pl.DataFrame,
    load: Load,
    command: str = "audit",
    retries: int = RETRIES,
) -> Report:
    """Ask for the verdicts that these samples (as judge_plan.plan has them) lack; record each.

    Stops where no question can be answered, or none is: ValueError, when those in flight have come.
    Ctrl-C ends it at once. `retries`: how often the client tries what fails in passing.
    """
    report = Report()
    with judge_lock(study, judge.reviewer):
        missing = plan(study, judge, samples)
        if missing.missing:
            with job_log(study, command) as log, _server(judge, retries) as server:
                _judge_counted(study, missing, load, server, report, log)
    return report


def _server(judge: Judge, retries: int) -> Server:
    return Server(judge.endpoint, judge.model, judge.key_variable, retries=retries)


def _judge_counted(
    study: Path, plan: Plan, load: Load, server: Server, report: Report, log: JobLog
) -> None:
    """Say at the end how many verdicts are stored, however it ends."""
    before = _given(study, plan.judge)
    try:
        server.served_model()  # that it is there, takes the key and has the model
        _judge_all(study, plan, load, server, report)
    finally:
        # Counted in the file: Ctrl-C may strike between a verdict's being stored and counted.
        stored = _given(study, plan.judge) - before
        log.expect("verdicts", plan.there + stored, plan.there + plan.missing)


def _given(study: Path, judge: Judge) -> int:
    """How many verdicts this judge has ever given."""
    return by_reviewer(study, judge.reviewer).filter(pl.col("label") != WITHDRAWN).height


def _judge_all(study: Path, plan: Plan, load: Load, server: Server, report: Report) -> None:
    async def ask(job: Job) -> Outcome:
        return await _outcome(server, plan.judge, job)

    failures: list[ValueError] = []
    jobs = takewhile(lambda _: not failures, _jobs(plan, load))
    with progress(plan.missing, f"judging ({plan.judge.model})", "verdicts") as bar:
        for job, future in server.each(jobs, ask, plan.judge.concurrency):
            try:
                _take(study, plan.judge, job, future.result(), report)
            except ServerError as error:
                if not error.refused or error.hopeless:
                    failures.append(error)
                    continue
                _miss(job, NoVerdict("the server refuses the request", str(error)), report)
            failures += _in_vain(plan.judge, report)
            bar.set_postfix_str(_short_of(report), refresh=False)
            bar.update()
    if failures:
        raise failures[0]


def _jobs(plan: Plan, load: Load) -> Iterator[Job]:
    """Verdicts on one sample follow one another, so that a server has its response at hand."""
    for start in range(0, len(plan.wanted), CHUNK):
        chunk = plan.wanted[start : start + CHUNK]
        for wanted, material in zip(chunk, load(chunk), strict=True):
            shown = material if plan.judge.reference else material._replace(reference=None)
            marker = new_marker()
            for number in wanted.rounds:
                yield Job(wanted, number, shown, marker)


async def _outcome(server: Server, judge: Judge, job: Job) -> Outcome:
    """The verdict; asked for again where the answer is none, in the same words."""
    attempts = 1
    answer = await _answer(server, judge, job)
    while isinstance(answer, NoVerdict) and attempts < ATTEMPTS:
        answer = await _answer(server, judge, job)
        attempts += 1
    return Outcome(answer, attempts)


async def _answer(server: Server, judge: Judge, job: Job) -> Said | NoVerdict:
    body: Mapping[str, object] = {
        "messages": messages(job.material, judge.criteria, job.marker),
        "temperature": judge.temperature,
        "max_tokens": judge.max_tokens,
    }
    choice = (await server.ask("/chat/completions", body)).choices[0]
    if choice.finish_reason == "length":
        return NoVerdict(f"the judge was cut off at --max-tokens {judge.max_tokens}")
    return said(choice.spoken, job.marker)


def _take(study: Path, judge: Judge, job: Job, outcome: Outcome, report: Report) -> None:
    """Record a verdict, or note that there is none."""
    report.repeated += outcome.attempts - 1
    if isinstance(outcome.said, NoVerdict):
        _miss(job, outcome.said, report)
        return
    given = _audit(judge, job, outcome.said)
    record_round(study, given, lambda other: prompt_of(other.note) == judge.prompt)
    report.labels[outcome.said.label] += 1


def _audit(judge: Judge, job: Job, verdict: Said) -> Audit:
    response = job.material.response
    start, end = span(verdict.quote, response) or (None, None)
    return Audit(
        at=now(),
        run=job.wanted.run,
        problem_id=job.wanted.problem_id,
        sample=job.wanted.sample,
        content_hash=content_hash(response),
        reviewer=judge.reviewer,
        label=verdict.label,
        note=note(verdict, response, judge.prompt),
        span_start=start,
        span_end=end,
        kind="judge",
        round=job.round,
    )


def _miss(job: Job, none: NoVerdict, report: Report) -> None:
    example = "".join(c if c.isprintable() else "�" for c in none.example)
    report.lacking[none.why] += 1
    report.examples.setdefault(none.why, example)
    run, problem_id, sample, _ = job.wanted
    place = {"run": run, "problem_id": problem_id, "sample": sample, "round": job.round}
    event("no verdict", **place, why=none.why, example=example)


def _in_vain(judge: Judge, report: Report) -> list[ValueError]:
    """What is said where a judge has given no verdict at all, often enough to stop."""
    if report.labels or report.lacking.total() < IN_VAIN:
        return []
    why, number = report.lacking.most_common(1)[0]
    return [
        ValueError(
            f'"{judge.model}" gave none of the first {report.lacking.total()} verdicts: {number} '
            f"times, {why} ({report.examples[why] or 'nothing more is known'})."
        )
    ]


def _short_of(report: Report) -> str:
    lacking = report.lacking.total()
    return f"{lacking:,} without a verdict" if lacking else ""
