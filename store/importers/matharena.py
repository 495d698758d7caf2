"""Runs of MathArena: a file `outputs/<competition>/<model>/<problem>.json[.zst]` for each problem,
or the flat table of a hub upload, a row for each sample.

In a file, lists have a place for each of the N runs: messages, answers, correct, warnings. Where a
person overwrote the parser's verdict it is that person's which stands in `correct`: it is the
verdict of `matharena`, as MathArena counts, and of `matharena:manual` too; the parser's is lost.
Competitions of proofs have points of judges and no `correct`: nothing is judged.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

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
    shown,
    whole_of,
)
from store.importers.matharena_messages import completion_of, prompt_of
from store.importers.opening import (
    Source,
    csv_rows,
    json_lines,
    json_whole,
    parquet_rows,
    understood,
)
from store.importers.peek import Peek, peek

VERIFIER, MANUAL = "matharena", "matharena:manual"
WARNINGS = {
    1: "MathArena's parser warns: minor",
    2: "MathArena's parser warns: possibly wrong",
    3: "MathArena's parser warns: probably wrong",
}
DOUBTED = "samples that MathArena's parser warns of (2 possibly, 3 probably wrong)"
OVERWRITTEN = "verdicts that a person put in place of the parser's"
NO_ANSWER = {"", "none", "null", "nan"}


def recognises(peek: Peek) -> str | None:
    """An object with messages and correct, or rows with problem_idx and idx_answer."""
    if peek.kind == "json-object" and peek.has("problem", "answers", "correct"):
        return "an object with problem, answers and correct, as MathArena writes it"
    table = peek.kind in ("jsonl", "csv", "parquet")
    if table and peek.has("problem_idx", "idx_answer", "model_name"):
        return "rows with problem_idx, model_name and idx_answer, as MathArena publishes them"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """Every sample."""
    kind = peek(source.path).kind
    if kind == "json-object":
        return iter([whole(source)])
    rows = {"jsonl": json_lines, "csv": csv_rows, "parquet": parquet_rows}[kind]
    return understood(rows(source), lambda where, fields: [row(where, fields)])


# a file for each problem


def whole(source: Source) -> Found | Bad:
    """The runs of one problem."""
    fields = json_whole(source)
    if not isinstance(fields, dict):
        return Bad("file", "json", "is not an object")
    try:
        return problem(fields, source.path)
    except Unfit as error:
        return Bad("file", error.field, error.reason, str(fields)[:2000])


def problem(fields: Mapping[str, object], path: Path) -> Found:
    """The problem, checked: all lists must be of one length."""
    texts = list_of(needed(fields, "messages"), "messages")
    n = len(texts)
    answers, correct = (list_of(needed(fields, k), k, n) for k in ("answers", "correct"))
    drawn = [
        sample(
            texts[i],
            answers[i],
            correct[i],
            place(fields, "warnings", i),
            place(fields, "manual_overwrite", i),
            tokens_of(place(fields, "detailed_costs", i)),
        )
        for i in range(n)
    ]
    name = re.sub(r"\.json(\.zst|\.gz)?$", "", path.name)
    types = fields.get("types")
    return Found(
        "file",
        name if name.isdecimal() else id_of(fields.get("idx"), "idx"),
        drawn,
        facts_of(path),
        question=said(fields.get("problem")),
        reference=said(fields.get("gold_answer")),
        subject=", ".join(map(str, types)) if isinstance(types, list) and types else None,
        metadata={"source": fields["source"]} if fields.get("source") not in (None, "None") else {},
        prompt=prompt_of(texts[0]) if texts else None,
        position=int(name) if name.isdecimal() and len(name) < 12 else None,
        notes=notes(drawn),
    )


def place(fields: Mapping[str, object], name: str, i: int) -> object:
    """The i-th of an optional list."""
    values = fields.get(name)
    return values[i] if isinstance(values, list) and i < len(values) else None


def facts_of(path: Path) -> Facts:
    """Competition and model, each of one or two parts, after `outputs`."""
    parts = path.resolve().parent.parts
    if "outputs" not in parts:
        return Facts()
    told = parts[len(parts) - parts[::-1].index("outputs") :]
    if len(told) not in (2, 3, 4):
        return Facts()
    cut = 2 if len(told) == 4 else 1
    return Facts(model="/".join(told[cut:]), benchmark="/".join(told[:cut]))


def sample(
    messages: object,
    answer: object,
    correct: object,
    warning: object,
    manual: object,
    n: int | None,
) -> Drawn:
    """One run."""
    return Drawn(
        completion_of(messages), tuple(verdicts(answer, correct, warning, manual)), n_tokens=n
    )


def verdicts(answer: object, correct: object, warning: object, manual: object) -> Iterator[Verdict]:
    """The verdicts on one run; none where it waits to be graded."""
    if correct is None or (isinstance(correct, str) and "todo" in correct.lower()):
        return
    found = said(answer)
    has_answer = found is not None and found.strip().lower() not in NO_ANSWER
    outcome = outcome_of(flag_of(correct, "correct"), has_answer)
    known = found if has_answer else None
    yield Verdict(VERIFIER, outcome, known, WARNINGS.get(level_of(warning)))
    if manual is not None and flag_of(manual, "manual_overwrite"):
        yield Verdict(MANUAL, outcome, known, "a person's verdict, in place of the parser's")


def level_of(warning: object) -> int:
    """How much the parser doubts its answer, 0 to 3; older files have true and false."""
    if warning is None:
        return 0
    if isinstance(warning, bool):
        return 2 * int(warning)
    level = whole_of(warning, "warnings")
    if level not in (0, *WARNINGS):
        raise Unfit("warnings", f"has {level}, and must be 0 to 3")
    return level


def tokens_of(cost: object) -> int | None:
    """The tokens that the model wrote."""
    count = cost.get("output_tokens") if isinstance(cost, Mapping) else None
    return count_of(count)


def count_of(value: object) -> int | None:
    """A number of tokens, if it is one."""
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def notes(drawn: Sequence[Drawn]) -> dict[str, int]:
    """What a reader of the verdicts should know."""
    doubtful = {WARNINGS[2], WARNINGS[3]}
    counted = {
        DOUBTED: sum(v.detail in doubtful for each in drawn for v in each.verdicts),
        OVERWRITTEN: sum(v.verifier == MANUAL for each in drawn for v in each.verdicts),
    }
    return {name: count for name, count in counted.items() if count}


# the table of a hub upload


def row(where: str, fields: Mapping[str, object]) -> Found:
    """One row, which is one sample; models of one table are runs of their own."""
    number = whole_of(needed(fields, "idx_answer"), "idx_answer")
    messages = fields.get("all_messages")
    listed = isinstance(messages, list) and bool(messages)
    text = completion_of(messages) if listed else answer_of(fields.get("answer"))
    correct = fields.get("correct") if fields.get("correct") != "" else None
    judged = verdicts(fields.get("parsed_answer"), correct, None, None)
    return Found(
        where,
        id_of(needed(fields, "problem_idx"), "problem_idx"),
        [
            Drawn(
                text,
                tuple(judged),
                n_tokens=count_of(fields.get("output_tokens")),
                number=number,
            )
        ],
        Facts(model=clean(str(needed(fields, "model_name")))),
        question=said(fields.get("problem")) or said(fields.get("user_message")),
        reference=said(fields.get("gold_answer")),
        prompt=said(fields.get("user_message")),
    )


def answer_of(answer: object) -> str:
    """The text of the last message."""
    if not isinstance(answer, str):
        raise Unfit("answer", f"is {shown(answer)}, and must be a text")
    return clean(answer)
