"""Logs of Inspect AI, `.eval` and `.json`. What Inspect calls a sample is one of a problem here, in
its epoch; its scorers are verifiers, `inspect:match`.

Of a sample that the model answered in several turns, with tools, the last message is kept. Samples
that ended with an error and were not scored, and those that somebody invalidated, are no samples of
the model; they are counted and left out. Log-probabilities come in where they were asked for.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from store.importers.beside import mapping, sampling
from store.importers.facts import Facts
from store.importers.found import Bad, Drawn, Found, Unfit, id_of, said, whole_of
from store.importers.inspect_log import Header, header_of, samples_of
from store.importers.inspect_scores import main_of, scores_of, verdicts
from store.importers.model_output import (
    Answer,
    answers,
    output_tokens,
    prompt_of,
    question_of,
    turns,
)
from store.importers.opening import Source, understood
from store.importers.peek import Peek, peek
from store.importers.rewards import Rewards, reference_of

LIMITS = {"token": "length", "context": "length"}  # others are told by their names
TURNS = "samples of several turns, of which the last message is kept"
HIDDEN = "samples with reasoning that the log does not show"
FURTHER = "further choices of one request, which no scorer judged"


@dataclass(frozen=True)
class Log:
    """What the header tells that every sample needs; `scorers` has the main one first."""

    facts: Facts
    scorers: list[str]
    rewards: Rewards
    unfinished: str | None  # a note, where the evaluation did not succeed
    name: str | None  # that no other log has


def recognises(peek: Peek) -> str | None:
    """The entries of the zip, or the keys of the object."""
    if peek.kind == "zip" and peek.has_any("header.json", "_journal/start.json"):
        return "a zip with header.json and samples, as Inspect AI writes .eval"
    if peek.kind == "json-object" and {"task", "model"} <= set(mapping(peek.first.get("eval"))):
        return "an object with eval, plan and samples, as Inspect AI writes .json"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """Every sample. Raises ValueError where the log has none."""
    zipped = peek(source.path).kind == "zip"
    header = header_of(source, zipped)
    log = log_of(header, source)
    none = True
    for found in understood(
        samples_of(source, zipped, header), lambda where, sample: [found_in(where, sample, log)]
    ):
        none = False
        yield found
    if none:
        raise ValueError(
            f"{source.path} has no samples (its status is {header.get('status', 'unknown')}): only "
            "a log that Inspect AI wrote with its samples can be imported."
        )


def log_of(header: Header, source: Source) -> Log:
    """What the header tells. Raises ValueError where a scorer is chosen that it does not have."""
    about = mapping(header.get("eval"))
    status = header.get("status")
    runs = [about.get(name) for name in ("run_id", "task_id")]
    return Log(
        facts_of(header),
        scorers_of(header, source),
        Rewards.of("inspect", source),
        None if status == "success" else f"samples of a log whose status is {status}",
        "/".join(map(str, runs)) if all(runs) else None,
    )


def facts_of(header: Header) -> Facts:
    """Model, task and how it was sampled: what the plan says goes before the model's own."""
    about, plan = mapping(header.get("eval")), mapping(header.get("plan"))
    told = {**mapping(about.get("model_generate_config")), **known(mapping(plan.get("config")))}
    return replace(
        sampling(told),
        model=said(about.get("model")),
        benchmark=said(about.get("task")),
        prompt_template=template(about, plan),
    )


def template(about: Mapping[str, object], plan: Mapping[str, object]) -> str | None:
    """The solvers by name; where they or the task have settings, with a mark that tells others
    apart. What is no plain value in them may be another each time, and is passed over."""
    steps = plan.get("steps")
    solvers = [mapping(step) for step in steps] if isinstance(steps, list) else []
    settings = [mapping(about.get("task_args")), *(mapping(s.get("params")) for s in solvers)]
    plain = [
        {k: v for k, v in each.items() if isinstance(v, str | int | float | bool)}
        for each in settings
    ]
    named = "+".join(str(solver.get("solver")) for solver in solvers)
    if not any(plain):
        return named or None
    return f"{named}#{hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:4]}"


def scorers_of(header: Header, source: Source) -> list[str]:
    """The scorers in the header's order, a chosen one (--field correct=…) first."""
    listed = [
        *each_of(mapping(header.get("results")).get("scores")),
        *each_of(mapping(header.get("eval")).get("scorers")),
    ]
    names = list(dict.fromkeys(str(scorer.get("name")) for scorer in listed))
    chosen = source.fields.get("correct")
    if chosen is None:
        return names
    if names and chosen not in names:
        raise ValueError(
            f"{source.path} has no scorer {chosen}: give --field correct= with {', '.join(names)}."
        )
    return [chosen, *(name for name in names if name != chosen)]


def found_in(where: str, sample: Mapping[str, object], log: Log) -> Found:
    """One sample of the log. Raises Unfit where it cannot be right."""
    about = mapping(sample.get("metadata"))
    choices = sample.get("choices")
    others = {**about, **({"choices": choices} if choices else {})}
    problem = Found(
        where,
        id_of(sample.get("id"), "id"),
        facts=log.facts,
        question=question_of(sample.get("input")),
        reference=reference_of(sample.get("target")),
        subject=said(about.get("subject")),
        level=said(about.get("level", about.get("difficulty"))),
        metadata={k: v for k, v in others.items() if k not in ("subject", "level", "difficulty")},
        prompt=prompt_of(sample.get("messages")),
    )
    if reason := unusable(sample):
        return replace(problem, left_out={reason: 1})
    notes: Counter[str] = Counter()
    drawn = samples(sample, problem.problem_id, log, notes)
    if log.unfinished:
        notes[log.unfinished] += len(drawn)
    main = main_of(scores_of(sample, log.scorers), log.scorers)
    shown = None if main is None else log.rewards.verifier(main)
    return replace(problem, samples=drawn, notes=+notes, main=shown)


def unusable(sample: Mapping[str, object]) -> str | None:
    """Why this is no sample of the model, in words; None where it is one."""
    if sample.get("invalidation") is not None:
        return "samples that somebody invalidated"
    if sample.get("error") is not None and not sample.get("scores"):
        return "samples that ended with an error and were not scored"
    return None


def samples(
    sample: Mapping[str, object], problem_id: str, log: Log, notes: Counter[str]
) -> list[Drawn]:
    """The choices of the model's output: the first is the one that was judged. Raises Unfit."""
    scores = scores_of(sample, log.scorers)
    found = answers(sample.get("output") or {})
    if not found and not scores:
        raise Unfit("output", "has no choices, and there is no score either")
    first = found[0] if found else Answer("", None, None, None, False)
    epoch = whole_of(sample.get("epoch", 1), "epoch")
    uid = said(sample.get("uuid")) or (log.name and f"{log.name}/{problem_id}/{epoch}")
    judged = verdicts(scores, first.text, log.scorers, log.rewards, notes)
    notes[TURNS] += turns(sample.get("messages")) > 1
    notes[HIDDEN] += first.hidden
    notes[FURTHER] += max(len(found) - 1, 0)
    limit = mapping(sample.get("limit")).get("type")
    ended = LIMITS.get(str(limit), f"{limit} limit") if limit else first.stop_reason
    # Of several choices the tokens are counted together.
    n_tokens = output_tokens(sample.get("output")) if len(found) == 1 else None
    number = epoch if len(found) <= 1 else None
    return [
        replace(
            drawn_of(first, n_tokens), verdicts=judged, finish_reason=ended, number=number, uid=uid
        ),
        *(
            replace(drawn_of(other, None), uid=uid and f"{uid}/{place}")
            for place, other in enumerate(found[1:], start=1)
        ),
    ]


def drawn_of(answer: Answer, n_tokens: int | None) -> Drawn:
    """A choice as a sample; its log-probabilities tell best how many tokens it has."""
    return Drawn(
        answer.text,
        finish_reason=answer.stop_reason,
        n_tokens=n_tokens if answer.token_logprobs is None else None,
        token_logprobs=answer.token_logprobs,
        token_ends=answer.token_ends,
    )


def known(fields: Mapping[str, object]) -> dict[str, object]:
    """What is not null."""
    return {name: value for name, value in fields.items() if value is not None}


def each_of(value: object) -> Sequence[Mapping[str, object]]:
    """The objects of a list."""
    return [mapping(each) for each in value] if isinstance(value, list) else []
