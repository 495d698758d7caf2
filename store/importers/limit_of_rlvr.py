"""Samples from the harness of the paper, limit-of-RLVR, and its relatives back to Qwen2.5-Math.

One JSONL file is one seed, one line a problem with its n samples in lists: code, score, pred,
finish_reason. Several seeds of one run are pooled. A problem that a seed has twice, as sharded or
resumed jobs leave it, is taken once. Verdicts are those of the file, as of `qwen2.5-math`.
"""

from collections.abc import Iterator, Sequence

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
    list_of,
    needed,
    outcome_of,
    said,
)
from store.importers.limit_of_rlvr_paths import told_by_path
from store.importers.opening import Source, digest, json_lines, understood
from store.importers.peek import Peek

VERIFIER = "qwen2.5-math"

# Per sample, or ours under another name: all else that a line says is the problem's metadata.
TAKEN = {
    "idx", "question", "problem", "gt", "subject", "type", "level", "code", "score", "pred",
    "finish_reason", "report", "response", "pred_score", "prompt", "query", "history", "system",
}  # fmt: skip


def recognises(peek: Peek) -> str | None:
    """JSONL whose lines have code and score."""
    if peek.kind == "jsonl" and peek.has("code", "score", "idx"):
        return "lines with idx, code and score, as the Qwen2.5-Math harness writes them"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """Each line's problem with its samples."""
    facts, told = told_by_path(source.path)
    seed = told or digest(source.path)[:12]
    return understood(json_lines(source), lambda where, fields: [line(where, fields, facts, seed)])


def line(where: str, fields: dict[str, object], facts: Facts, seed: str | None) -> Found:
    """One line, checked: every score must be one, every completion a text."""
    index = fields.get("idx")
    problem_id = id_of(index, "idx")
    code, score = (list_of(needed(fields, name), name) for name in ("code", "score"))
    n = min(len(code), len(score))
    ragged = max(len(code), len(score)) - n
    question, subject = (first(fields, *names) for names in (ASKED, ABOUT))
    others = {name: value for name, value in fields.items() if name not in TAKEN}
    return Found(
        where,
        problem_id,
        list(samples(fields, code[:n], score[:n])),
        facts,
        question,
        said(fields.get("gt")),
        subject,
        said(fields.get("level")),
        others,
        said(fields.get("prompt")),
        index if isinstance(index, int) else None,
        seed,
        left_out={"completions or scores without the other, of ragged rows": ragged}
        if ragged
        else {},
    )


ASKED, ABOUT = ("question", "problem"), ("subject", "type")


def first(fields: dict[str, object], *names: str) -> str | None:
    """The first of these fields that the line has, as text."""
    return next((text for name in names if (text := said(fields.get(name)))), None)


def samples(
    fields: dict[str, object], code: Sequence[object], score: Sequence[object]
) -> Iterator[Drawn]:
    """The samples with their verdicts; a completion that is null is an empty one."""
    answers = optional(fields, "pred", len(code))
    reasons = optional(fields, "finish_reason", len(code))
    for text, correct, answer, reason in zip(code, score, answers, reasons, strict=True):
        if not isinstance(text, str | None):
            raise Unfit("code", f"has {text!r:.60}, which is no text")
        has_answer = "pred" not in fields or (answer is not None and bool(str(answer).strip()))
        outcome = outcome_of(flag_of(correct, "score"), has_answer)
        found = None if answer is None else clean(str(answer))
        ended = None if reason is None else str(reason)
        yield Drawn(clean(text or ""), (Verdict(VERIFIER, outcome, found),), ended)


def optional(fields: dict[str, object], name: str, n: int) -> list[object]:
    """The n values of this name; None for those that are not there."""
    found = [] if fields.get(name) is None else list_of(fields[name], name)
    return (found + [None] * n)[:n]
