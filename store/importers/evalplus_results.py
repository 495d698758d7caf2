"""What EvalPlus's results say of each sample, and the files of texts that lie beside them.

Since v0.2 `eval` has for each task a list of samples with their programs; before, the statuses
alone, in the order in which the samples stand in their own file.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from store.importers.found import Drawn, Unfit, Verdict, clean, list_of, outcome_of, shown, text_of

PASSED = {"pass", "success"}
FAILED = {"fail", "failed", "timeout", "timed out"}
RESULTS = ("_eval_results.json", ".eval_results.json")
UNJUDGED = "samples that the results do not have"
OTHER_COUNT = "tasks whose texts before sanitising are not as many as their samples, so not taken"


@dataclass(frozen=True)
class Texts:
    """Where the texts of each task stand in a file of samples; read one by one."""

    path: Path | None = None
    places: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path | None) -> "Texts":
        """The places in this file; none where there is no file."""
        texts = cls(path)
        if path is not None:
            with path.open("rb") as file:
                place = 0
                for line in file:
                    if (task := task_of(line)) is not None:
                        texts.places.setdefault(task, []).append(place)
                    place += len(line)
        return texts

    def count(self, task_id: str) -> int:
        """How many texts the task has."""
        return len(self.places.get(task_id, ()))

    def read(self, task_id: str, number: int) -> str:
        """One text."""
        assert self.path is not None
        with self.path.open("rb") as file:
            file.seek(self.places[task_id][number])
            fields = json.loads(file.readline())
        return text_of(fields.get("solution", fields.get("completion")), "solution")


def task_of(line: bytes) -> str | None:
    """The task of a line; None where the line is no sample."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    task = fields.get("task_id") if isinstance(fields, dict) else None
    return task if isinstance(task, str) else None


def results_beside(path: Path) -> Path | None:
    """The results of this file of samples, if they lie beside it."""
    base = path.name.partition(".jsonl")[0]
    names = [base + ending for ending in RESULTS] + [f"{path.name}_results.jsonl"]
    return next((p for name in names if (p := path.with_name(name)).is_file()), None)


def samples_beside(results: Path) -> Path | None:
    """The file of samples that these results are of, if it lies beside them."""
    return existing(results, ".jsonl")


def raw_beside(results: Path) -> Path | None:
    """The file of their texts before they were sanitised."""
    return existing(results, ".raw.jsonl")


def existing(results: Path, ending: str) -> Path | None:
    """The file of the same name with another ending, if it is there."""
    base = re.sub(r"[._]eval_results\.json.*$", "", results.name)
    path = results.with_name(base + ending)
    return path if base != results.name and path.is_file() else None


def short_digest(path: Path) -> str:
    """Tells one file's content from another's."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def graded(
    task_id: str, entries: object, programs: Texts, raws: Texts, results: Path
) -> Iterator[Drawn]:
    """The samples of one task. Raises Unfit where its verdicts cannot be right."""
    if isinstance(entries, Mapping):
        judged = list(by_order(task_id, entries, programs, results))
    else:
        listed = list_of(entries, "eval")
        apart = programs if programs.count(task_id) == len(listed) else Texts()
        judged = [entry_of(entry, task_id, i, apart) for i, entry in enumerate(listed)]
    with_raw = raws.count(task_id) == len(judged)
    for number, (text, verdicts) in enumerate(judged):
        yield Drawn(raws.read(task_id, number) if with_raw else text, verdicts)


def entry_of(
    entry: object, task_id: str, number: int, programs: Texts
) -> tuple[str, tuple[Verdict, ...]]:
    """The program and the verdicts of one sample; a program that is not there is looked for in the
    file of samples."""
    if not isinstance(entry, Mapping):
        raise Unfit("eval", f"has {shown(entry)}, and must have objects")
    if entry.get("solution") is None and programs.count(task_id):
        program = programs.read(task_id, number)
    else:
        program = text_of(entry.get("solution"), "solution")
    if "base_status" not in entry and "status" in entry:
        return program, (one("bigcodebench", entry["status"], program),)
    return program, verdicts(program, entry.get("base_status"), entry.get("plus_status"))


def by_order(
    task_id: str, entries: Mapping[str, object], programs: Texts, results: Path
) -> Iterator[tuple[str, tuple[Verdict, ...]]]:
    """Older results: the statuses alone, in the order of the file of samples."""
    base = list_of(entries.get("base"), "base")
    plus = list_of(entries.get("plus") or [], "plus")
    if programs.path is None:
        raise ValueError(
            f"{results} has verdicts alone: the samples that it is of, "
            f"{re.sub(r'[._]eval_results', '', results.stem)}.jsonl, must lie beside it."
        )
    if programs.count(task_id) != len(base) or len(plus) not in (0, len(base)):
        counted = f"{programs.count(task_id)} samples, {len(base)} base and {len(plus)} plus"
        raise Unfit("eval", f"does not fit the samples of {task_id}: {counted}")
    for number, status in enumerate(base):
        program = programs.read(task_id, number)
        extra = first_of(plus[number]) if plus else None
        yield program, verdicts(program, first_of(status), extra)


def first_of(status: object) -> object:
    """The status of [status, details]."""
    return status[0] if isinstance(status, list) and status else status


def verdicts(program: str, base: object, plus: object) -> tuple[Verdict, ...]:
    """The verdicts of the base and the extra tests; both together come first."""
    on_base = one("evalplus:base", base, program)
    if plus is None:
        return (on_base,)
    on_plus = one("evalplus:plus", plus, program)
    correct = on_base.outcome == on_plus.outcome == "correct"
    outcome = outcome_of(correct, bool(program.strip()))
    detail = None if correct else f"base: {base}, plus: {plus}"
    return (Verdict("evalplus", outcome, answer_of(program), detail), on_base, on_plus)


def one(verifier: str, status: object, program: str) -> Verdict:
    """The verdict of one set of tests. Raises Unfit where the status is none that we know."""
    word = str(status).lower()
    if word not in PASSED | FAILED:
        raise Unfit("status", f"is {shown(status)}, and must be pass, fail or timeout")
    outcome = outcome_of(word in PASSED, bool(program.strip()))
    return Verdict(verifier, outcome, answer_of(program), None if word in PASSED else word)


def answer_of(program: str) -> str | None:
    """The program as an answer."""
    return clean(program) if program.strip() else None
