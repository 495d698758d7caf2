"""A conversation of MathArena as one text: what the model thought, wrote and called, and what tools
and the harness answered, in order.

A message has a role, and one of the assistant a type: cot, response, tool_call. Older files have
neither types nor a list of contents alone.
"""

import json
from collections.abc import Mapping

from store.importers.found import Unfit, clean, list_of, shown
from store.importers.model_output import THINK

THOUGHTS = {"cot", "thinking", "reasoning"}
GIVEN = {"user", "system", "developer"}


def completion_of(messages: object) -> str:
    """All that follows the prompt. Raises Unfit where these are no messages."""
    told = told_in(messages)
    start = next((i for i, m in enumerate(told) if m.get("role") not in GIVEN), len(told))
    text = ""
    for message in told[start:]:
        text += "" if not text or text.endswith("\n\n") else "\n\n"
        text += written(message)
    return text


def prompt_of(messages: object) -> str | None:
    """All that the model was given before it wrote anything."""
    given = []
    for message in told_in(messages):
        if message.get("role") not in GIVEN:
            break
        given.append(content_of(message))
    return "\n\n".join(given) or None


def told_in(messages: object) -> list[Mapping[str, object]]:
    """The messages."""
    found = list_of(messages, "messages")
    for each in found:
        if not isinstance(each, Mapping):
            raise Unfit("messages", f"has {shown(each)}, which is no message")
    return [each for each in found if isinstance(each, Mapping)]


def written(message: Mapping[str, object]) -> str:
    """One message after the prompt; thoughts between <think> and </think>, what is not the model's
    under its role in brackets."""
    role, kind = message.get("role") or "assistant", message.get("type")
    text = content_of(message)
    if role == "assistant" and kind in THOUGHTS:
        return text if "</think>" in text else THINK.format(text)
    if role == "assistant" and kind in (None, "response"):
        return text
    tool = message.get("tool_name") or message.get("name")
    title = " ".join(str(part) for part in (kind or role, tool) if part)
    return f"[{title}]\n{text}"


def content_of(message: Mapping[str, object]) -> str:
    """The text of a message: of a tool call, its code or arguments."""
    for name in ("content", "code", "output", "arguments"):
        value = message.get(name)
        if isinstance(value, str) and value:
            return clean(value)
        if isinstance(value, list) and value:
            return clean("".join(text_in(part) for part in value))
        if isinstance(value, Mapping) and value:
            return clean(json.dumps(value, ensure_ascii=False))
    return ""


def text_in(part: object) -> str:
    """The text of a part of a message; what is not text by its type in brackets."""
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        raise Unfit("messages", f"has {shown(part)}, which is no part of a message")
    text = part.get("text")
    return text if isinstance(text, str) else f"[{part.get('type', 'part')}]"
