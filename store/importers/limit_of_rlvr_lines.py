"""The lines of a limit-of-RLVR file: checked, and as rows of shards."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

VERIFIER, VERSION = "qwen2.5-math", "1"

# Per sample, or ours under another name: all else that a line says is the problem's metadata.
TAKEN = {
    "idx", "question", "problem", "gt", "subject", "type", "level", "code", "score", "pred",
    "finish_reason", "report", "response", "pred_score", "prompt", "query", "history", "system",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One problem with its samples; the lists have the same length."""

    problem_id: str
    position: int
    fields: dict[str, object]
    completions: list[str]
    scores: list[bool]
    answers: list[str | None]
    has_answer: list[bool]
    finish_reasons: list[str | None]
    without_counterpart: int  # completions without a score, or scores without a completion


def first_line(path: Path) -> dict[str, object]:
    """The first line's fields. Raises ValueError where it is no JSON object."""
    try:
        with path.open(encoding="utf-8") as file:
            return fields_of(file.readline(), f"{path} line 1")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {error}.") from error


def lines(path: Path) -> Iterator[Line]:
    """All lines. Raises ValueError naming the first that cannot be right."""
    position = 0
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, start=1):
                if text.strip():
                    yield line(fields_of(text, f"{path} line {number}"), f"{path} line {number}")
                    position += 1
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {error}.") from error
    if not position:
        raise ValueError(f"{path} has no lines.")


def fields_of(text: str, where: str) -> dict[str, object]:
    """The JSON object on this line."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise ValueError(f"{where} is not a JSON object.")
    return found


def line(fields: dict[str, object], where: str) -> Line:
    """One line, checked: every score must be one, every completion a text."""
    index = fields.get("idx")
    if not isinstance(index, int | str) or isinstance(index, bool) or index == "":
        raise ValueError(f"{where}: idx is {index!r}, and must be a number or a name.")
    code, score = values(fields, "code", where), values(fields, "score", where)
    n = min(len(code), len(score))
    pred, reasons = optional(fields, "pred", n, where), optional(fields, "finish_reason", n, where)
    return Line(
        problem_id=str(index),
        position=index if isinstance(index, int) else int(where.rpartition(" ")[2]) - 1,
        fields=fields,
        completions=[completion(text, where) for text in code[:n]],
        scores=[verdict(value, where) for value in score[:n]],
        answers=[None if value is None else clean(str(value)) for value in pred],
        has_answer=["pred" not in fields or is_answer(value) for value in pred],
        finish_reasons=[None if value is None else str(value) for value in reasons],
        without_counterpart=max(len(code), len(score)) - n,
    )


def values(fields: dict[str, object], name: str, where: str) -> list[object]:
    """The list of this name. Raises ValueError where there is none."""
    found = fields.get(name)
    if not isinstance(found, list):
        raise ValueError(f"{where}: {name} is not a list.")
    return found


def optional(fields: dict[str, object], name: str, n: int, where: str) -> list[object]:
    """The n values of this name; None for those that are not there."""
    found = [] if fields.get(name) is None else values(fields, name, where)
    return (found + [None] * n)[:n]


def completion(value: object, where: str) -> str:
    """A response; null is an empty one."""
    if not isinstance(value, str | None):
        raise ValueError(f"{where}: a completion is {value!r}, and must be a text.")
    return clean(value or "")


def clean(text: str) -> str:
    """The text with U+FFFD for halves of surrogate pairs, which JSON may hold and UTF-8 may not."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def verdict(value: object, where: str) -> bool:
    """A score: true or false, as a boolean or as the number 1 or 0."""
    if value not in (0, 1):
        raise ValueError(f"{where}: a score is {value!r}, and must be true, false, 1 or 0.")
    return bool(value)


def is_answer(value: object) -> bool:
    """Whether something was extracted: 0 is an answer, null and blanks are none."""
    return value is not None and bool(str(value).strip())


def outcome(scored: bool, has_answer: bool) -> str:
    """A response without an answer is told apart only where it was scored wrong."""
    if scored:
        return "correct"
    return "incorrect" if has_answer else "no_answer"


def problem(line: Line) -> dict[str, object]:
    """The row of a problems shard."""
    others = {name: value for name, value in line.fields.items() if name not in TAKEN}
    return {
        "problem_id": line.problem_id,
        "position": line.position,
        "question": text(line, "question", "problem"),
        "reference": text(line, "gt"),
        "subject": text(line, "subject", "type"),
        "level": text(line, "level"),
        "metadata": clean(json.dumps(others, ensure_ascii=False)) if others else None,
        "prompt": text(line, "prompt"),
    }


def text(line: Line, *names: str) -> str | None:
    """The first of these fields that the line has, as text."""
    found = (line.fields[name] for name in names if line.fields.get(name) is not None)
    value = next(found, None)
    return None if value is None else clean(str(value))


def samples(line: Line, first: int) -> Iterator[dict[str, object]]:
    """The rows of a samples shard, numbered from `first`. Tokens are not known."""
    pairs = zip(line.completions, line.finish_reasons, strict=True)
    for sample, (completion, reason) in enumerate(pairs, start=first):
        yield {
            "problem_id": line.problem_id,
            "sample": sample,
            "completion": completion,
            "finish_reason": reason,
        }


def verdicts(line: Line, first: int) -> Iterator[dict[str, object]]:
    """The rows of a verdicts shard, numbered from `first`."""
    judged = zip(line.scores, line.answers, line.has_answer, strict=True)
    for sample, (scored, answer, has_answer) in enumerate(judged, start=first):
        yield {
            "problem_id": line.problem_id,
            "sample": sample,
            "verifier": VERIFIER,
            "version": VERSION,
            "outcome": outcome(scored, has_answer),
            "answer": answer,
        }
