"""What was asked of an OpenAI-compatible server: beside the answers, or in the input of a batch."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from store.importers.facts import Facts
from store.importers.found import Bad, Unfit, id_of, id_of_text
from store.importers.messages import prompt_text
from store.importers.opening import Source, json_lines
from store.importers.trace_facts import settings

IDS = ("custom_id", "problem_id", "unique_id")
PROMPTS = ("messages", "prompt")


@dataclass(frozen=True)
class Asked:
    """Which problem a line is about, with its messages or prompt, and how samples were drawn."""

    problem_id: str
    prompt: object = None
    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True)
class Requests:
    """How a file's lines tell what was asked; `by_id` are the requests of a batch's input."""

    pattern: re.Pattern[str] | None = None
    by_id: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Source) -> "Requests":
        """As the fields say. Raises ValueError where they cannot be used."""
        pattern = compiled(source.fields.get("custom_id"))
        path = source.fields.get("requests")
        return cls(pattern, requests_of(Path(path)) if path else {})

    def asked(self, fields: Mapping[str, object]) -> Asked:
        """What this line answers. Raises Unfit where it does not tell the problem."""
        request = self.request(fields)
        prompt = next((request[name] for name in PROMPTS if request.get(name)), None)
        name = next((name for name in IDS if fields.get(name) is not None), None)
        if name is None and prompt is None:
            raise Unfit("custom_id", "is missing, and there are no messages that tell the problem")
        problem_id = self.id(fields[name], name) if name else id_of_text(prompt_text(prompt))
        return Asked(problem_id, prompt, replace(settings({"sampling": request}), model=None))

    def request(self, fields: Mapping[str, object]) -> Mapping[str, object]:
        """The request, wherever it stands; empty where it is not told."""
        request = inner(fields, "request")
        found = inner(request, "body") or request or inner(fields, "body")
        if not found and any(fields.get(name) for name in PROMPTS):
            found = fields
        return found or self.by_id.get(str(fields.get("custom_id")), {})

    def id(self, value: object, name: str) -> str:
        """The problem's id in this one."""
        found = id_of(value, name)
        if self.pattern is None or name != "custom_id":
            return found
        match = self.pattern.fullmatch(found)
        if match is None:
            raise Unfit(name, f"is {found}, which is not as --field custom_id says")
        return match[1]


def inner(found: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The object of this name; empty where there is none."""
    value = found.get(name)
    return value if isinstance(value, Mapping) else {}


def compiled(pattern: str | None) -> re.Pattern[str] | None:
    """The pattern. Raises ValueError where it is none with a group."""
    try:
        found = None if pattern is None else re.compile(pattern)
    except re.error as error:
        raise ValueError(f"custom_id={pattern} is no regular expression: {error}.") from error
    if found is not None and found.groups < 1:
        raise ValueError(f"custom_id={pattern} has no group: write (…) around the problem's id.")
    return found


def requests_of(path: Path) -> dict[str, Mapping[str, object]]:
    """The requests in the input of a batch. Raises ValueError where a line is none."""
    found: dict[str, Mapping[str, object]] = {}
    for record in json_lines(Source(path)):
        if isinstance(record, Bad):
            raise ValueError(f"{path} {record.where}: {record.field} {record.reason}.")
        where, fields = record
        body = inner(fields, "body")
        if "custom_id" not in fields or not body:
            raise ValueError(f"{path} {where} is no request of a batch: custom_id and body.")
        found[str(fields["custom_id"])] = body
    return found
