"""Samples in the format of Every Eval Ever, one line each, and the aggregate beside them.

    data/COLLECTION/DEVELOPER/MODEL/ID_samples.jsonl, and ID.json

What our own export puts into `metadata` comes back from there: the sample's number, verifier,
outcome, why it ended, tokens and log-probabilities. Of others, a score of 1 or 0 is a verdict, of
`every-eval-ever:METHOD`. A sample that was scored by several metrics has a line for each: those of
the first metric are taken, or of the one that --field correct=… names by its evaluation_result_id.
"""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from store.importers.beside import json_beside, mapping, sampling
from store.importers.facts import Facts
from store.importers.found import (
    Bad,
    Drawn,
    Found,
    Unfit,
    Verdict,
    clean,
    id_of,
    list_of,
    logprobs_of,
    needed,
    said,
    shown,
    text_of,
    texts_of,
    whole_of,
)
from store.importers.model_output import with_reasoning
from store.importers.opening import Source, json_lines, understood
from store.importers.peek import Peek
from store.importers.rewards import Rewards

REQUIRED = ("schema_version", "evaluation_id", "model_id", "sample_id", "interaction_type")
OUTCOMES = ("correct", "incorrect", "no_answer", "error")
# What our own export says of a sample, and not of its problem.
OURS = {
    "run", "verifier", "sample", "outcome", "verifier_version", "finish_reason", "n_tokens",
    "sum_logprob", "token_logprobs", "detail", "subject", "level",
}  # fmt: skip
OTHER = "lines of other metrics (--field correct=EVALUATION_RESULT_ID takes them)"
SEVERAL = "samples without a verdict: their line judges several together"
DISAGREE = "samples without a verdict: their score and is_correct contradict each other"
TURNS = "samples of several turns, of which the last message is kept"
NOTHING = "lines without an output"


def recognises(peek: Peek) -> str | None:
    """The names that every line must have."""
    if peek.kind == "jsonl" and peek.has(*REQUIRED):
        return "lines with schema_version, evaluation_id and sample_id, as of Every Eval Ever"
    return None


def companion(peek: Peek) -> str | None:
    """The aggregate, which is read beside its samples."""
    if peek.kind == "json-object" and peek.has("schema_version", "evaluation_results"):
        return "an aggregate of Every Eval Ever, which is read beside its samples"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """Each line's sample."""
    return understood(json_lines(source), understanding(source))


def understanding(source: Source) -> Callable[[str, dict[str, object]], Sequence[Found]]:
    """What turns a line of this file into what is found in it."""
    rewards, aggregate = Rewards.of("every-eval-ever", source), aggregate_of(source.path)
    chosen = source.fields.get("correct")
    first: dict[str, object] = {}  # evaluation → the result whose lines are taken
    facts: dict[tuple[object, ...], Facts] = {}

    def understand(where: str, line: dict[str, object]) -> Sequence[Found]:
        name = text_of(needed(line, "evaluation_name"), "evaluation_name")
        result = line.get("evaluation_result_id")
        model = text_of(needed(line, "model_id"), "model_id")
        key = (model, name, said(result))
        if key not in facts:
            facts[key] = facts_of(aggregate, *key)
        found = problem(where, line, facts[key])
        if result != (chosen or first.setdefault(name, result)):
            return [replace(found, left_out={OTHER: 1})]
        return [drawn(found, line, rewards)]

    return understand


def aggregate_of(path: Path) -> Mapping[str, object]:
    """The aggregate that these samples belong to; empty where it is not there."""
    name = path.name.partition(".")[0].removesuffix("_samples")
    return mapping(json_beside(path.with_name(f"{name}.json")))


def facts_of(aggregate: Mapping[str, object], model: str, name: str, result: str | None) -> Facts:
    """What the aggregate tells of the model, and how it was sampled."""
    told = mapping(aggregate.get("model_info"))
    own = mapping(aggregate.get("source_metadata")).get("source_name") == "Passband"
    about = mapping(told.get("additional_details")) if own else {}
    listed = aggregate.get("evaluation_results")
    results = [mapping(each) for each in listed] if isinstance(listed, list) else []
    fitting = [r for r in results if result and r.get("evaluation_result_id") == result] or [
        r for r in results if r.get("evaluation_name") == name
    ]
    config = mapping(fitting[0].get("generation_config")) if fitting else {}
    step = said(about.get("step"))
    return replace(
        sampling(mapping(config.get("generation_args"))),
        model=(said(told.get("name")) if own else None) or model,
        role=said(about.get("role")),
        parent=said(about.get("parent")),
        algorithm=said(about.get("algorithm")),
        step=int(step) if step and step.isdecimal() else None,
        benchmark=name,
        prompt_template=said(mapping(config.get("additional_details")).get("prompt_template")),
    )


def problem(where: str, line: Mapping[str, object], facts: Facts) -> Found:
    """What a line says of its problem. Raises Unfit."""
    given, about = mapping(needed(line, "input")), mapping(line.get("metadata"))
    reference = texts_of(given.get("reference") or [], "input.reference")
    others = {name: value for name, value in about.items() if name not in OURS}
    if given.get("choices"):
        others["choices"] = given["choices"]
    return Found(
        where,
        id_of(line.get("sample_id"), "sample_id"),
        facts=facts,
        question=said(given.get("raw")),
        reference=said(reference[0] if len(reference) == 1 else reference or None),
        subject=said(about.get("subject")),
        level=said(about.get("level")),
        metadata=others,
        prompt=said(given.get("formatted")),
    )


def drawn(found: Found, line: Mapping[str, object], rewards: Rewards) -> Found:
    """The problem with the line's samples. Raises Unfit."""
    notes: Counter[str] = Counter()
    texts = completions(line, notes)
    if not texts:
        return replace(found, left_out={NOTHING: 1})
    verdicts: tuple[Verdict, ...] = ()
    if len(texts) > 1:
        notes[SEVERAL] += len(texts)
        return replace(found, samples=[Drawn(text) for text in texts], notes=notes)
    verdicts = judged(line, rewards, notes)
    sample = replace(measured(line, found.problem_id, texts[0]), verdicts=verdicts)
    return replace(found, samples=[sample], notes=notes)


def completions(line: Mapping[str, object], notes: Counter[str]) -> list[str]:
    """The outputs of a line, their reasoning put back where it is apart. Raises Unfit."""
    messages = line.get("messages")
    if isinstance(messages, list):
        own = [mapping(m) for m in messages if mapping(m).get("role") == "assistant"]
        notes[TURNS] += bool(own)
        return [text_of(own[-1].get("content") or "", "messages.content")] if own else []
    output = mapping(line.get("output"))
    texts = texts_of(output.get("raw") or [], "output.raw")
    traces = texts_of(output.get("reasoning_trace") or [], "output.reasoning_trace")
    if len(traces) != len(texts):
        return texts
    return [
        with_reasoning(trace, text) if trace and trace not in text else text
        for trace, text in zip(traces, texts, strict=True)
    ]


def judged(
    line: Mapping[str, object], rewards: Rewards, notes: Counter[str]
) -> tuple[Verdict, ...]:
    """The verdict of a line: by our own words where they are there, else by its score. Raises
    Unfit."""
    about, evaluation = mapping(line.get("metadata")), mapping(needed(line, "evaluation"))
    attributed = [
        mapping(a) for a in list_of(line.get("answer_attribution") or [], "answer_attribution")
    ]
    last = next((a for a in reversed(attributed) if a.get("is_terminal")), {})
    answer, why = said(last.get("extracted_value")), said(line.get("error"))
    if {"outcome", "verifier"} <= set(about):
        if about["outcome"] not in OUTCOMES:
            raise Unfit("metadata.outcome", f"is {shown(about['outcome'])}, and must be a verdict")
        detail, version = said(about.get("detail")), said(about.get("verifier_version"))
        verifier = text_of(about["verifier"], "metadata.verifier")
        return (Verdict(verifier, str(about["outcome"]), answer, detail, version or "1"),)
    score, correct = evaluation.get("score"), evaluation.get("is_correct")
    if score in (0, 1) and isinstance(correct, bool) and bool(score) != correct:
        notes[DISAGREE] += 1
        return ()
    method = said(last.get("extraction_method")) or "score"
    found = rewards.judged(method, correct if score is None else score, answer, detail=why)
    notes.update(found.notes)
    return found.verdicts


def measured(line: Mapping[str, object], problem_id: str, text: str) -> Drawn:
    """The sample with what is known of its tokens. Raises Unfit."""
    about, used = mapping(line.get("metadata")), mapping(line.get("token_usage"))
    count = about.get("n_tokens", used.get("output_tokens"))
    total = said(about.get("sum_logprob"))
    number = None if about.get("sample") is None else whole_of(about["sample"], "metadata.sample")
    uid = None
    if number is not None and about.get("run"):
        told = json.dumps([about["run"], problem_id, number, text])
        uid = f"passband/{hashlib.sha256(told.encode()).hexdigest()[:32]}"
    return Drawn(
        text,
        finish_reason=said(about.get("finish_reason")),
        n_tokens=None if count is None else whole_of(count, "n_tokens"),
        sum_logprob=None if total is None else real(total, "metadata.sum_logprob"),
        token_logprobs=logged(about.get("token_logprobs")),
        number=number,
        uid=uid,
    )


def real(text: str, name: str) -> float:
    """The number in a text. Raises Unfit."""
    try:
        return float(text)
    except ValueError:
        raise Unfit(name, f"is {shown(clean(text))}, and must be a number") from None


def logged(written: object) -> list[float] | None:
    """Log-probabilities from the JSON that our export writes: null is −∞. Raises Unfit."""
    if written is None:
        return None
    try:
        found = json.loads(str(written))
    except ValueError:
        raise Unfit("metadata.token_logprobs", "is no JSON") from None
    each = list_of(found, "metadata.token_logprobs")
    return logprobs_of([-math.inf if v is None else v for v in each], "metadata.token_logprobs")
