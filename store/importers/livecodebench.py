"""Samples from LiveCodeBench's own runner: `Scenario.<scenario>_<n>_<T>[_cot]_eval_all.json`.

The file is a list of problems, each with its n samples in lists: output_list, code_list, and
graded_list, which is true where the code passed all tests. Model, n and temperature are told by the
path `output/<model>/…` alone. Without graded_list (the file before it was evaluated) nothing is
judged. The runner's error −5 means that its tests could not be run on the program: an error.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    list_of,
    needed,
    outcome_of,
    said,
    texts_of,
)
from store.importers.opening import Source, json_items, understood
from store.importers.peek import Peek

VERIFIER = "livecodebench"
NAME = re.compile(
    r"(?:Scenario\.)?(?P<scenario>codegeneration|selfrepair|testoutputprediction|codeexecution)"
    r"_(?P<n>\d+)_(?P<temperature>\d+(?:\.\d+)?)(?P<cot>_cot)?(?:_codegeneration_output)?"
    r"(?:_eval_all)?\.json"
)
RUNNER_FAILED = -5  # its error_code where an exception stopped the tests themselves

# What describes a problem; what is kept of it beside question and level.
KEPT = ("question_title", "platform", "contest_id", "contest_date", "starter_code", "function_name")
RAGGED = "outputs and verdicts without each other, of ragged lists"
OTHER_N = "problems with another number of samples than the file's name says"
OTHER_PASS = "problems whose pass@1 is not that of their verdicts"


class Told(NamedTuple):
    """What the path tells."""

    facts: Facts
    n: int | None


def recognises(peek: Peek) -> str | None:
    """A list whose items have question_id and output_list."""
    if evaluated(peek.path):
        return None
    if peek.kind == "json-list" and peek.has("question_id", "output_list"):
        return "a list with question_id and output_list, as LiveCodeBench writes it"
    return None


def companion(peek: Peek) -> str | None:
    """The numbers of a run, and its samples before they were evaluated."""
    name = peek.path.name
    if peek.kind == "json-list" and re.search(r"_eval\.json(?:\.gz|\.zst)?$", name):
        return "LiveCodeBench's own numbers"
    if peek.has("question_id", "output_list") and (with_verdicts := evaluated(peek.path)):
        return f"what {with_verdicts.name} has with verdicts"
    return None


def evaluated(path: Path) -> Path | None:
    """The file with the verdicts on these samples, if it lies beside them."""
    name = path.name.replace(".json", "_eval_all.json", 1)
    found = path.with_name(name)
    return found if "_eval_all" not in path.name and found != path and found.is_file() else None


def told_by_path(path: Path) -> Told:
    """What the path `output/<model>/Scenario.codegeneration_<n>_<T>_eval_all.json` tells."""
    match = NAME.match(path.name)
    if match is None:
        return Told(Facts(benchmark="LiveCodeBench"), None)
    other = "" if match["scenario"] == "codegeneration" else f"-{match['scenario']}"
    model = re.sub(r" \([^()]*\)$", "", path.resolve().parent.name)  # "O1 (N=1)", as submitted
    facts = Facts(
        model=model or None,
        benchmark=f"LiveCodeBench{other}",
        prompt_template="cot" if match["cot"] else None,
        temperature=float(match["temperature"]),
    )
    return Told(facts, int(match["n"]))


def read(source: Source) -> Iterator[Found | Bad]:
    """Each problem with its samples."""
    return understood(json_items(source), reader(told_by_path(source.path)))


def reader(told: Told) -> Callable[[str, dict[str, object]], Sequence[Found]]:
    """What turns an item into what is found in it; a problem is in a file once."""
    seen: set[str] = set()

    def understand(where: str, fields: dict[str, object]) -> Sequence[Found]:
        problem_id = problem_of(fields)
        if problem_id in seen:
            raise Unfit("question_id", f"{problem_id} is there for the second time")
        found = problem(where, problem_id, fields, told)
        seen.add(problem_id)
        return [found]

    return understand


def problem_of(fields: Mapping[str, object]) -> str:
    """The problem's id; other scenarios have several problems of one question."""
    question = id_of(needed(fields, "question_id"), "question_id")
    if fields.get("test_id") is not None:
        return f"{question}/{id_of(fields['test_id'], 'test_id')}"
    if "pred_list" in fields and fields.get("id") is not None:
        return id_of(fields["id"], "id")
    return question


def problem(where: str, problem_id: str, fields: dict[str, object], told: Told) -> Found:
    """One item, checked: every output must be a text, every verdict true or false."""
    outputs = texts_of(needed(fields, "output_list"), "output_list")
    graded = verdicts(fields)
    n = len(outputs) if graded is None else min(len(outputs), len(graded))
    ragged = 0 if graded is None else max(len(outputs), len(graded)) - n
    kept = {name: fields[name] for name in KEPT if fields.get(name) not in (None, "")}
    return Found(
        where,
        problem_id,
        samples(fields, outputs[:n], graded),
        told.facts,
        question=said(fields.get("question_content") or fields.get("code")),
        subject=said(fields.get("platform")),
        level=said(fields.get("difficulty")),
        metadata=kept,
        notes=notes(fields, n, graded, told.n),
        left_out={RAGGED: ragged} if ragged else {},
    )


def verdicts(fields: Mapping[str, object]) -> list[bool] | None:
    """The verdicts; None where the file has none."""
    if fields.get("graded_list") is None:
        return None
    return [flag_of(v, "graded_list") for v in list_of(fields["graded_list"], "graded_list")]


def samples(
    fields: Mapping[str, object], outputs: Sequence[str], graded: Sequence[bool] | None
) -> list[Drawn]:
    """The samples, each with its code as the answer."""
    codes = optional(fields, "code_list" if "code_list" in fields else "pred_list", len(outputs))
    reports = optional(fields, "metadata", len(outputs))
    drawn = []
    for i, output in enumerate(outputs):
        judged = () if graded is None else (verdict(graded[i], codes[i], reports[i]),)
        drawn.append(Drawn(output, judged))
    return drawn


def verdict(correct: bool, code: object, report: object) -> Verdict:
    """One verdict, with what the runner says of the failure."""
    known = code is not None
    has_code = not known or bool(str(code).strip())
    failure = report_of(report)
    outcome = outcome_of(correct, has_code)
    if failure.get("error_code") == RUNNER_FAILED and not correct:
        outcome = "error"
    why = failure.get("error_message") or failure.get("error")
    return Verdict(
        VERIFIER,
        outcome,
        clean(str(code)) if known and has_code else None,
        None if correct else said(why),
    )


def report_of(report: object) -> Mapping[str, object]:
    """The runner's report on one sample, which the file has as JSON in a text."""
    if isinstance(report, str):
        try:
            report = json.loads(report)
        except (ValueError, RecursionError):
            return {"error": report}
    return report if isinstance(report, dict) else {}


def optional(fields: Mapping[str, object], name: str, n: int) -> list[object]:
    """The n values of this name; None for those that are not there."""
    found = fields.get(name)
    listed = list(found) if isinstance(found, list) else []
    return (listed + [None] * n)[:n]


def notes(
    fields: Mapping[str, object], n: int, graded: Sequence[bool] | None, expected: int | None
) -> dict[str, int]:
    """What does not agree with what else the file says."""
    told = fields.get("pass@1")
    found = {OTHER_N: expected is not None and n != expected}
    if graded and isinstance(told, int | float):
        share = sum(graded) / len(graded)
        found[OTHER_PASS] = not math.isclose(float(told), share, abs_tol=1e-6)
    return {name: 1 for name, there in found.items() if there}
