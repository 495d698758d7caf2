"""The choices of an answer of an OpenAI-compatible server, checked before they are believed."""

import re
from collections.abc import Mapping

from store.chat_answers import Choice
from store.importers.found import Unfit, list_of, logprobs_of, needed, shown

# How vLLM spells tokens where ids were asked for in their place.
TOKEN_ID = re.compile(rb"token_id:\d{1,9}")
UNLIKELY = (
    -9999.0
)  # in place of a log-probability that a server does not know, or of minus infinity
UNKNOWN = "samples whose log-probabilities are left out: some token's is not told (-9999)"
PARTLY = "samples whose log-probabilities are left out: some token's is missing"


def checked_choices(body: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The choices by their index. Raises Unfit where one of them has no text or damaged tokens."""
    choices = list_of(needed(body, "choices"), "choices")
    if not choices:
        raise Unfit("choices", "is empty")
    for choice in choices:
        if not isinstance(choice, Mapping):
            raise Unfit("choices", f"has {shown(choice)}, and must have objects")
        check_text(choice)
        check_tokens(choice.get("logprobs"))
    return sorted((choice for choice in choices if isinstance(choice, Mapping)), key=index)


def index(choice: Mapping[str, object]) -> int:
    """The place of a choice."""
    value = choice.get("index", 0)
    return value if isinstance(value, int) else 0


def check_text(choice: Mapping[str, object]) -> None:
    """Raise Unfit where the choice has no message. One without words is an empty sample: reasoning
    that servers hide can take all that a model was allowed to write."""
    message = choice.get("message")
    if isinstance(message, Mapping):
        content = message.get("content")
        if not isinstance(content, str | list | None):
            raise Unfit("choices.message.content", f"is {shown(content)}, and must be a text")
    elif not isinstance(choice.get("text"), str):
        raise Unfit("choices.message", "is missing")


def check_tokens(logprobs: object) -> None:
    """Raise Unfit where the tokens are not what they should be."""
    if logprobs is None:
        return
    if not isinstance(logprobs, Mapping):
        raise Unfit("choices.logprobs", f"is {shown(logprobs)}, and must be an object")
    for entry in list_of(logprobs.get("content") or [], "choices.logprobs.content"):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("token"), str):
            raise Unfit("choices.logprobs.content", f"has {shown(entry)}, which is no token")
        spelt = entry.get("bytes")
        if spelt is not None and not (isinstance(spelt, list) and all(map(is_byte, spelt))):
            raise Unfit("choices.logprobs.content.bytes", f"has {shown(spelt)}, not bytes")
    tokens = logprobs.get("tokens")
    if tokens is not None and "content" not in logprobs:
        values = logprobs.get("token_logprobs")
        list_of(values, "choices.logprobs.token_logprobs", len(list_of(tokens, "choices.logprobs")))


def is_byte(value: object) -> bool:
    """Whether it is one."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 256


def logprobs_of_choice(choice: Choice) -> tuple[list[float] | None, str | None]:
    """The log-probabilities of the tokens; or why they are left out, if they are."""
    if choice.tokens is None:
        return None, None
    if choice.token_logprobs is None:
        return None, PARTLY
    if UNLIKELY in choice.token_logprobs:
        return None, UNKNOWN
    return logprobs_of(choice.token_logprobs, "choices.logprobs"), None
