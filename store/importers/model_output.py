"""What a chat model answered, in the shape that Inspect AI and EvalScope share: `choices` of
`message`, `stop_reason` and `logprobs`, beside `usage`.

The content of a message is a text, or a list of parts: texts, reasoning, images. Reasoning that a
server took out of the text is put back in front of it, as store/chat_answers.py does.
"""

import itertools
from collections.abc import Mapping
from typing import NamedTuple

from store.chat_answers import message_text, token_ends
from store.importers.found import Unfit, clean, list_of, logprobs_of, shown

THINK = "<think>{}</think>"  # as chat_answers puts it
CUT = ("max_tokens", "model_length", "length")  # why reasoning may have no end


class Answer(NamedTuple):
    """One choice of a model's output. `hidden` says that reasoning is missing in the text."""

    text: str
    stop_reason: str | None
    token_logprobs: list[float] | None
    token_ends: list[int] | None
    hidden: bool


def answers(output: object) -> list[Answer]:
    """The choices of an output. Raises Unfit where it is not one."""
    if not isinstance(output, Mapping):
        raise Unfit("output", f"is {shown(output)}, and must be an object")
    choices = list_of(output.get("choices") or [], "output.choices")
    return [answer(choice) for choice in choices]


def answer(choice: object) -> Answer:
    """One choice. Raises Unfit where it has no message."""
    message = choice.get("message") if isinstance(choice, Mapping) else None
    if not isinstance(choice, Mapping) or not isinstance(message, Mapping):
        raise Unfit("output.choices", f"has {shown(choice)}, which has no message")
    reason = choice.get("stop_reason")
    known = reason if isinstance(reason, str) and reason != "unknown" else None
    text, reasoning, hidden = parts_of(message)
    whole = with_reasoning(reasoning, text, known)
    logprobs, tokens = logged(choice.get("logprobs"))
    ends = None if tokens is None else token_ends(whole, tokens)
    return Answer(whole, known, logprobs, ends, hidden)


def with_reasoning(reasoning: str, text: str, stop_reason: str | None = None) -> str:
    """The text with its reasoning in front, which has no end where it was cut off."""
    ended = "length" if stop_reason in CUT else None
    return message_text({"reasoning_content": reasoning, "content": text}, ended)


def text_of_message(message: Mapping[str, object]) -> str:
    """What a message says, with its reasoning."""
    text, reasoning, _ = parts_of(message)
    return with_reasoning(reasoning, text)


def parts_of(message: Mapping[str, object]) -> tuple[str, str, bool]:
    """Text and reasoning of a message, and whether some reasoning is hidden. Raises Unfit."""
    content = message.get("content")
    if content is None or isinstance(content, str):
        reasoning = message.get("reasoning")  # older logs have it beside the text
        return clean(content or ""), clean(reasoning) if isinstance(reasoning, str) else "", False
    texts, reasonings, hidden = [], [], False
    for part in list_of(content, "message.content"):
        if not isinstance(part, Mapping):
            raise Unfit("message.content", f"has {shown(part)}, which is no part of a message")
        if part.get("type") == "reasoning":
            told = part.get("summary") if part.get("redacted") else part.get("reasoning")
            reasonings.append(clean(str(told or "")))
            hidden = hidden or bool(part.get("redacted"))
        elif isinstance(part.get("text"), str):
            texts.append(clean(str(part["text"])))
        else:
            texts.append(f"[{part.get('type', 'part')}]")
    return "\n".join(texts), "\n".join(filter(None, reasonings)), hidden


def logged(logprobs: object) -> tuple[list[float] | None, list[bytes] | None]:
    """The log-probabilities of the tokens, and their bytes. Raises Unfit where they are none."""
    content = logprobs.get("content") if isinstance(logprobs, Mapping) else None
    if not content:
        return None, None
    entries = [e for e in list_of(content, "logprobs.content") if isinstance(e, Mapping)]
    if len(entries) != len(content):
        raise Unfit("logprobs.content", "has an item that is no object")
    values = [entry.get("logprob") for entry in entries]
    return logprobs_of(values, "logprobs.content"), [bytes_of(entry) for entry in entries]


def bytes_of(entry: Mapping[str, object]) -> bytes:
    """The bytes of a token, which may be a part of a character; else its text."""
    octets = entry.get("bytes")
    if isinstance(octets, list) and all(isinstance(o, int) and 0 <= o < 256 for o in octets):
        return bytes(octets)
    return clean(str(entry.get("token") or "")).encode()


def question_of(messages: object) -> str | None:
    """What is asked: a text, or all that the messages say but for the system's."""
    if isinstance(messages, str):
        return clean(messages)
    asked = [m for m in told(messages) if m.get("role") != "system"]
    return "\n\n".join(map(text_of_message, asked)) or None


def prompt_of(messages: object) -> str | None:
    """What a model was given, each message with its role."""
    found = given(messages)
    if len(found) == 1:
        return text_of_message(found[0])
    return "\n\n".join(f"[{m.get('role')}]\n{text_of_message(m)}" for m in found) or None


def given(messages: object) -> list[Mapping[str, object]]:
    """The messages before the model's first."""
    return list(itertools.takewhile(lambda m: m.get("role") != "assistant", told(messages)))


def turns(messages: object) -> int:
    """How often the model spoke."""
    return sum(message.get("role") == "assistant" for message in told(messages))


def told(messages: object) -> list[Mapping[str, object]]:
    """The messages of a list, as far as they are some."""
    found = messages if isinstance(messages, list) else []
    return [message for message in found if isinstance(message, Mapping)]


def output_tokens(output: object) -> int | None:
    """How many tokens the model wrote, if the output tells."""
    usage = output.get("usage") if isinstance(output, Mapping) else None
    count = usage.get("output_tokens") if isinstance(usage, Mapping) else None
    return count if isinstance(count, int) and not isinstance(count, bool) else None
