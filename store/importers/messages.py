"""Prompts and completions that are lists of chat messages, as texts."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from store.chat_answers import message_text
from store.importers.found import Unfit, clean, said, shown

TURNS = "samples of several turns, of which the text is what the model wrote, without what it read"
CALLS = "samples with calls of tools, which stand in the text as <tool_call>…</tool_call>"


class Spoken(NamedTuple):
    """What the model wrote in its turns."""

    text: str
    turns: int
    calls: int

    def notes(self) -> dict[str, int]:
        """What a reader of such a text should know."""
        return {
            note: 1 for note, there in ((TURNS, self.turns > 1), (CALLS, self.calls > 0)) if there
        }


def prompt_text(prompt: object, name: str = "prompt") -> str:
    """The prompt as it stands; messages as JSON. Raises Unfit where it is neither."""
    if isinstance(prompt, str):
        return clean(prompt)
    return said([dict(message) for message in messages_of(prompt, name)]) or ""


def question_of(prompt: object, name: str = "prompt") -> str:
    """The text itself, or what the last message of a user says, or else the last message."""
    if isinstance(prompt, str):
        return clean(prompt)
    messages = messages_of(prompt, name)
    asked = [message for message in messages if message.get("role") == "user"] or messages
    return clean(message_text(asked[-1])) if asked else ""


def spoken(completion: object, name: str = "completion") -> Spoken:
    """What the model wrote. Raises Unfit where that is no text and no messages of the model."""
    if isinstance(completion, str):
        return Spoken(clean(completion), 1, 0)
    own = [m for m in messages_of(completion, name) if m.get("role", "assistant") == "assistant"]
    if not own:
        raise Unfit(name, "has no message of the model: nothing was drawn")
    return turns(own)


def turns(messages: Sequence[Mapping[str, object]]) -> Spoken:
    """What these messages, all of the model, say; turns are set apart by an empty line."""
    calls = [tool_calls(message) for message in messages]
    texts = [
        "\n".join(part for part in (message_text(message), *called) if part)
        for message, called in zip(messages, calls, strict=True)
    ]
    return Spoken(clean("\n\n".join(texts)), len(messages), sum(map(len, calls)))


def tool_calls(message: Mapping[str, object]) -> list[str]:
    """The calls of tools in a message, as the text that most chat templates make of them."""
    calls = message.get("tool_calls")
    return [tool_call(call) for call in calls] if isinstance(calls, list) else []


def tool_call(call: object) -> str:
    """One call; some logs keep it as JSON in a text."""
    try:
        found = json.loads(call) if isinstance(call, str) else call
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, Mapping):
        return f"<tool_call>{call}</tool_call>"
    function = found.get("function")
    named = function if isinstance(function, Mapping) else found
    kept = {key: named.get(key) for key in ("name", "arguments")}
    return f"<tool_call>{said(kept)}</tool_call>"


def messages_of(value: object, name: str) -> list[Mapping[str, object]]:
    """The messages. Raises Unfit where the value is no list of them."""
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise Unfit(name, f"is {shown(value)}, and must be a text or a list of messages")
    return value
