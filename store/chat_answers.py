"""What the JSON of an OpenAI-compatible server says, whichever of its dialects it is in."""

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

# Not completions: the server gave up on them.
FAILED = ("abort", "error")
FINISHED = {"eos": "stop", "eos_token": "stop", "end_turn": "stop", "max_tokens": "length"}
# What a completion may hold between two tokens, or before the first, that no token's text shows:
# white space that decoding alone strips, the marks put around reasoning, bytes that are no text.
NO_TEXT = " \t\r\n\N{REPLACEMENT CHARACTER}"
BETWEEN = re.compile(r"(?:\s|</?think>|\N{REPLACEMENT CHARACTER})*")


class Choice(NamedTuple):
    """One completion; None is what the server does not tell. `tokens` are the bytes of each."""

    completion: str
    spoken: str
    finish_reason: str | None
    tokens: list[bytes] | None
    token_logprobs: list[float] | None
    token_ids: list[int] | None


class Answer(NamedTuple):
    """The choices in their order, and how many tokens all of them have together."""

    choices: list[Choice]
    n_tokens: int | None


class Models(NamedTuple):
    """Models by name with how many tokens they take; `complete` where there are no others."""

    longest: dict[str, int | None]
    complete: bool


def answer_of(received: object) -> Answer | None:
    """The answer in a server's JSON; None where it is none, or no whole one."""
    if not isinstance(received, Mapping) or received.get("error"):
        return None
    found = received.get("choices")
    if not isinstance(found, list) or not found:
        return None
    given = [choice for choice in found if isinstance(choice, Mapping)]
    choices = [_choice(choice) for choice in sorted(given, key=_index)]
    usage = received.get("usage")
    n_tokens = usage.get("completion_tokens") if isinstance(usage, Mapping) else None
    if len(choices) != len(found) or any(choice.finish_reason in FAILED for choice in choices):
        return None
    return Answer(choices, n_tokens if isinstance(n_tokens, int) else None)


def described_models(received: object) -> Models | None:
    """The list of a server's models; a vLLM server names all that it takes."""
    data = received.get("data") if isinstance(received, Mapping) else None
    cards = [c for c in data if isinstance(c, Mapping)] if isinstance(data, list) else []
    if not cards:
        return None
    longest = {str(card.get("id")): card.get("max_model_len") for card in cards}
    return Models(
        {name: value if isinstance(value, int) else None for name, value in longest.items()},
        all(card.get("owned_by") == "vllm" for card in cards),
    )


def message_text(message: Mapping[str, object], finish_reason: str | None = None) -> str:
    """What a message of the model says, its reasoning in front in <think>…</think>."""
    spoken = _text(message.get("content"), "text") or _text(message.get("refusal"), "text")
    return _with_reasoning(_reasoning(message), spoken, finish_reason)


def error_message(body: object) -> str:
    """What went wrong, in the server's words."""
    while isinstance(body, Mapping):
        body = next((body[key] for key in ("error", "message", "detail") if body.get(key)), "")
    return "" if body is None else str(body)


def token_ends(completion: str, tokens: Sequence[bytes]) -> list[int] | None:
    """Where each token ends in the completion; None where they do not make it up.

    A character whose bytes are spread over several tokens belongs to the last of them. Tokens that
    the completion leaves out, such as the one that ends it, are empty.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    ends, end = [], 0
    for token in tokens:
        end = _end(completion, end, decoder.decode(token))
        ends.append(end)
    if BETWEEN.fullmatch(completion, end) is None:
        return None
    return [*ends[:-1], len(completion)] if ends else ends


def _end(completion: str, start: int, piece: str) -> int:
    if not piece or completion.startswith(piece, start):
        return start + len(piece)
    between = BETWEEN.match(completion, start)
    reached = between.end() if between else start
    for text in (piece, piece.strip(), piece.strip(NO_TEXT)):
        if text and completion.startswith(text, reached):
            return reached + len(text)
    return start


def _choice(choice: Mapping[str, object]) -> Choice:
    message = choice.get("message")
    reason = choice.get("finish_reason")
    reason = FINISHED.get(reason, reason) if isinstance(reason, str) else None
    if isinstance(message, Mapping):
        spoken = _text(message.get("content"), "text") or _text(message.get("refusal"), "text")
        completion = message_text(message, reason)
    else:
        completion = spoken = _text(choice.get("text"), "text")
    tokens, logprobs = _tokens(choice.get("logprobs"))
    return Choice(completion, spoken, reason, tokens, logprobs, _ids(choice.get("token_ids")))


def _ids(given: object) -> list[int] | None:
    if not isinstance(given, list) or not all(isinstance(token, int) for token in given):
        return None
    return given


def _reasoning(message: Mapping[str, object]) -> str:
    for key in ("reasoning_content", "reasoning"):
        if text := _text(message.get(key), "text"):
            return text
    return _text(message.get("content"), "thinking")


def _with_reasoning(reasoning: str, spoken: str, reason: str | None) -> str:
    """Reasoning that was cut off has no end."""
    if not reasoning:
        return spoken
    return (
        f"<think>{reasoning}" + ("" if reason == "length" and not spoken else "</think>") + spoken
    )


def _text(content: object, kind: str) -> str:
    """The text of a message, whole or in parts, of which those of a kind are taken."""
    if isinstance(content, str):
        return content if kind == "text" else ""
    if not isinstance(content, list):
        return ""
    parts = [part.get(kind) for part in content if isinstance(part, Mapping)]
    return "".join(_text(part, "text") for part in parts)


def _tokens(logprobs: object) -> tuple[list[bytes] | None, list[float] | None]:
    """Of chat completions a list of entries, of completions a list of each thing."""
    if not isinstance(logprobs, Mapping):
        return None, None
    entries = logprobs.get("content")
    if isinstance(entries, list):
        pairs = list(_entries(entries))
    else:
        tokens, values = logprobs.get("tokens"), logprobs.get("token_logprobs")
        if not isinstance(tokens, list) or not isinstance(values, list):
            return None, None
        pairs = [(str(token).encode(), value) for token, value in zip(tokens, values, strict=True)]
    found = [float(value) for _, value in pairs if isinstance(value, int | float)]
    return [token for token, _ in pairs], found if len(found) == len(pairs) else None


def _entries(entries: Sequence[object]) -> Iterator[tuple[bytes, object]]:
    for entry in entries:
        if isinstance(entry, Mapping):
            token = entry.get("bytes")
            text = str(entry.get("token", "")).encode()
            yield bytes(token) if isinstance(token, list) else text, entry.get("logprob")


def _index(choice: Mapping[str, object]) -> int:
    index = choice.get("index")
    return index if isinstance(index, int) else 0
