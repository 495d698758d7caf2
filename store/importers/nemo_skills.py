"""Samples of NeMo-Skills: `output.jsonl`, or `output-rs<seed>[_chunk_<i>].jsonl` for each seed.

A line is one sample of a problem. A problem is in a seed once, so chunks and the file into which
they were merged bring it once. Its id is its own, or made of the question's words. The verdict of
the symbolic checker comes first, that of a judge model is another: the last `Judgement: yes` or
`no` of its text; a text with neither is an error (NeMo-Skills itself counts it as wrong).
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from store.importers.facts import Facts
from store.importers.found import (
    Bad,
    Drawn,
    Found,
    Unfit,
    Verdict,
    clean,
    flag_of,
    id_of,
    id_of_text,
    list_of,
    logprobs_of,
    outcome_of,
    said,
    text_of,
    texts_of,
    token_ends,
    whole_of,
)
from store.importers.model_output import THINK
from store.importers.opening import Source, json_lines, understood
from store.importers.peek import Peek

OURS = (
    *("num_generated_tokens", "generation_time", "generation_start_time", "symbolic_correct"),
    *("_full_generation", "_generation_finished_thinking"),
)
# These are others' words too.
COMMON = ("predicted_answer", "is_correct", "judgement", "expected_answer")
# The verdicts of its checkers, the main one first; `is_correct-plus` is of both sets of tests.
CHECKERS = ("symbolic_correct", "is_correct-plus", "is_correct")
JUDGE = "nemo-skills:judge"
IDS = ("id", "problem_id", "task_id", "question_id", "unique_id", "idx", "index")
QUESTIONS = ("problem", "question", "prompt", "question_content")
SUBJECTS = ("subject", "subset_for_metrics", "category", "problem_type", "type")
LEVELS = ("level", "difficulty")
NAME = re.compile(r"output(?:-rs(?P<seed>\d+))?(?:_chunk_\d+)?\.jsonl")
JUDGEMENT = re.compile(r"judgement\W*:\W*(\w*)", re.IGNORECASE)
# What is of the sample, and so not of the problem.
SAMPLE = {
    *("generation", "num_input_tokens", "generation_end_time", "finish_reason", "tokens"),
    *("reasoning_content", "serialized_output", "logprobs", "top_logprobs", "graded_list"),
    *("_generation_finished_thinking", "reward_model_score", "_async_position", "completion"),
    *("interleaved_eval_single_time_s", "num_code_executions", "is_correct-plus"),
}
UNCLEAR = "judgements that say neither yes nor no, counted as errors"


class Told(NamedTuple):
    """What the path tells."""

    facts: Facts
    seed: str


def recognises(peek: Peek) -> str | None:
    """Lines with generation and what NeMo-Skills adds to it."""
    names = (*OURS, *COMMON) if NAME.match(peek.path.name) else OURS
    if peek.kind == "jsonl" and peek.has("generation") and peek.has_any(*names):
        return "lines with generation, as NeMo-Skills writes them"
    return None


def companion(peek: Peek) -> str | None:
    """What says that a file is finished, its numbers, and the remains of one that is."""
    name = peek.path.name
    if name.endswith(".jsonl.done"):
        return "says that a file of NeMo-Skills is finished"
    if name.endswith(".jsonl-async") and peek.path.with_name(name[: -len("-async")]).is_file():
        return "remains of an unfinished file that is finished now"
    metrics = peek.kind == "json-object" and name == "metrics.json"
    if metrics and any(peek.path.parent.glob("output*.jsonl")):
        return "NeMo-Skills's own numbers"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """Each line's sample."""
    told = told_by_path(source.path)
    return understood(json_lines(source), lambda where, fields: [line(where, fields, told)])


def told_by_path(path: Path) -> Told:
    """The seed is in the file's name, the benchmark is the folder in eval-results."""
    match = NAME.match(path.name)
    seed = match["seed"] if match else None
    whole = path.resolve().parent
    benchmark = whole.name if whole.parent.name == "eval-results" else None
    if match is None:
        return Told(Facts(benchmark=benchmark), re.sub(r"\W+", "-", path.name))
    return Told(Facts(benchmark=benchmark), "output" if seed is None else f"rs{seed}")


def line(where: str, fields: dict[str, object], told: Told) -> Found:
    """One line, checked."""
    question = said(first(fields, QUESTIONS))
    verdicts = (*checked(fields), *judged(fields))
    unclear = any(verdict.outcome == "error" for verdict in verdicts)
    return Found(
        where,
        problem_of(fields, question),
        [sample(fields, verdicts)],
        told.facts,
        question=question,
        reference=said(fields.get("expected_answer")),
        subject=said(first(fields, SUBJECTS)),
        level=said(first(fields, LEVELS)),
        metadata=metadata(fields),
        seed=told.seed,
        notes={UNCLEAR: 1} if unclear else {},
    )


def problem_of(fields: Mapping[str, object], question: str | None) -> str:
    """The problem's own id, or one made of its question."""
    for name in IDS:
        if fields.get(name) is not None:
            return id_of(fields[name], name)
    if question is None:
        raise Unfit("problem", "is missing, and there is no id")
    return id_of_text(question)


def first(fields: Mapping[str, object], names: tuple[str, ...]) -> object:
    """The first of these fields that is a text or number."""
    plain = (fields.get(name) for name in names)
    return next((value for value in plain if isinstance(value, str | int | float)), None)


def metadata(fields: Mapping[str, object]) -> dict[str, object]:
    """What else is said of the problem, where it is short."""
    known = {*SAMPLE, *OURS, *COMMON, *IDS, *QUESTIONS, *SUBJECTS, *LEVELS}
    return {
        name: value
        for name, value in fields.items()
        if name not in known and isinstance(value, str | int | float) and len(str(value)) < 2000
    }


def sample(fields: Mapping[str, object], verdicts: tuple[Verdict, ...]) -> Drawn:
    """The completion with its tokens. Raises Unfit where these do not fit each other."""
    text = completion(fields)
    tokens, logprobs, ends = None, None, None
    if fields.get("logprobs"):
        logprobs = logprobs_of(fields["logprobs"], "logprobs")
    if fields.get("tokens"):
        tokens = texts_of(fields["tokens"], "tokens")
        if logprobs is not None:
            list_of(tokens, "tokens", len(logprobs))
        spelled = "".join(tokens)
        text = spelled if "reasoning_content" in fields and text_in(fields, spelled) else text
        ends = token_ends(tokens, text)
    count = fields.get("num_generated_tokens")
    n_tokens = whole_of(count, "num_generated_tokens") if count is not None else None
    if n_tokens is not None and n_tokens < 0:
        n_tokens = None
    listed = logprobs if logprobs is not None else tokens
    return Drawn(
        text,
        verdicts,
        said(fields.get("finish_reason")),
        n_tokens if listed is None else len(listed),
        token_logprobs=logprobs,
        token_ends=ends,
    )


def text_in(fields: Mapping[str, object], spelled: str) -> bool:
    """Whether the tokens spell the reasoning and the answer."""
    reasoning, answer = fields.get("reasoning_content"), fields.get("generation")
    return bool(reasoning) and str(reasoning) in spelled and str(answer) in spelled


def completion(fields: Mapping[str, object]) -> str:
    """The whole text of the model: with the reasoning that was taken out of it."""
    if fields.get("_full_generation") is not None:
        return text_of(fields["_full_generation"], "_full_generation")
    if "generation" not in fields:
        raise Unfit("generation", "is missing")
    answer = text_of(fields["generation"] or "", "generation")
    reasoning = fields.get("reasoning_content")
    if not reasoning:
        return answer
    return THINK.format(text_of(reasoning, "reasoning_content")) + answer


def checked(fields: Mapping[str, object]) -> Iterator[Verdict]:
    """The verdicts of the checkers that compare answers or run code."""
    answer = said(fields.get("predicted_answer"))
    has_answer = "predicted_answer" not in fields or bool(answer and answer.strip())
    for name in CHECKERS:
        if fields.get(name) is not None:
            outcome = outcome_of(flag_of(fields[name], name), has_answer)
            yield Verdict(f"nemo-skills:{name}", outcome, answer)
    graded = fields.get("graded_list")
    if isinstance(graded, list) and len(graded) == 1:
        outcome = outcome_of(flag_of(graded[0], "graded_list"), has_answer)
        yield Verdict("nemo-skills:livecodebench", outcome, answer)


def judged(fields: Mapping[str, object]) -> Iterator[Verdict]:
    """The verdict of a judge model, with what it wrote."""
    if fields.get("judgement") is None:
        return
    text = text_of(fields["judgement"], "judgement")
    found = JUDGEMENT.findall(text) or [text.strip()]
    word = found[-1].lower()
    answer = said(fields.get("predicted_answer"))
    has_answer = "predicted_answer" not in fields or answer is not None
    if word.startswith("yes"):
        yield Verdict(JUDGE, "correct", answer, clean(text))
    elif word.startswith("no"):
        yield Verdict(JUDGE, outcome_of(False, has_answer), answer, clean(text))
    else:
        yield Verdict(JUDGE, "error", answer, clean(text))
