"""Benchmarks: JSONL files with one problem a line."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

# Our name of a field → the names under which common benchmark files hold it, best first.
FIELDS = {
    "problem_id": ("problem_id", "id", "unique_id"),
    "question": ("question", "problem"),
    "reference": ("reference", "answer", "gt"),
    "subject": ("subject", "type"),
    "level": ("level",),
    "images": ("images",),
}


class Problem(NamedTuple):
    """One row of a benchmark; `metadata` is JSON of the fields that have no column."""

    problem_id: str
    position: int
    question: str
    reference: str
    subject: str | None
    level: str | None
    images: list[str]
    metadata: str


def load_benchmark(path: Path, limit: int | None = None) -> list[Problem]:
    """The file's problems in order, the first `limit` of them.

    Raises ValueError, naming file and line, where a problem lacks a field or repeats an id.
    """
    problems: dict[str, Problem] = {}
    lines: dict[str, int] = {}
    for line, text in _lines(path):
        problem = _problem(text, len(problems), f"{path}, line {line}")
        if problem.problem_id in problems:
            first = lines[problem.problem_id]
            raise ValueError(
                f'{path}, line {line}: problem_id "{problem.problem_id}" is already on line '
                f"{first}; give each problem an id of its own."
            )
        problems[problem.problem_id], lines[problem.problem_id] = problem, line
    if not problems:
        raise ValueError(f"{path} holds no problems: write one JSON object on each line.")
    return list(problems.values())[:limit]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines that are not blank, numbered from 1. Split at newlines only: JSON may hold U+2028."""
    try:
        lines = path.read_bytes().decode().split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read as a text file: {error}.") from error
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def _problem(text: str, position: int, where: str) -> Problem:
    row = _row(text, where)
    values = {field: _value(row, names) for field, names in FIELDS.items()}
    for field in ("question", "reference"):
        if values[field] is None:
            raise ValueError(f'{where}: the problem has no {field}; add "{field}": "…".')
    return Problem(
        problem_id=_text(values["problem_id"]) or str(position),
        position=position,
        question=_text(values["question"]) or "",
        reference=_text(values["reference"]) or "",
        subject=_text(values["subject"]),
        level=_text(values["level"]),
        images=_images(values["images"], where),
        metadata=_metadata(row),
    )


def _row(text: str, where: str) -> Mapping[str, object]:
    try:
        row = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{where} is not JSON: {error}.") from error
    if not isinstance(row, dict):
        raise ValueError(f"{where} must be a JSON object with a question and a reference.")
    return row


def _value(row: Mapping[str, object], names: tuple[str, ...]) -> object:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _metadata(row: Mapping[str, object]) -> str:
    """Whatever the file says of the problem that has no column, also a second name of a field."""
    used = {next((n for n in names if row.get(n) is not None), None) for names in FIELDS.values()}
    return json.dumps({k: v for k, v in row.items() if k not in used}, ensure_ascii=False)


def _text(value: object) -> str | None:
    """Texts stay; a number such as 27 becomes "27", anything deeper its JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _images(value: object, where: str) -> list[str]:
    images = [value] if isinstance(value, str) else value or []
    if not isinstance(images, list) or not all(isinstance(image, str) for image in images):
        raise ValueError(f"{where}: images must be a list of paths, not {value!r}.")
    return images
