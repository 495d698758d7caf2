"""Answers of OpenAI-compatible servers, a line each: chat completions, also legacy completions.

A line is the answer itself, a line of a batch's output (custom_id and response, or response.body),
or any object with the answer as `response` and what was asked as `request`, or as messages beside
it. A problem is what has one custom_id (`--field custom_id=REGEX` takes its first group, where ids
count samples too), else what asks the same messages. The output of a batch lacks the questions:
`--field requests=FILE` names its input. There are no verdicts; `--field reference=KEY` names the
right answer, as a path of keys such as request.metadata.answer. The choices of an answer are
samples. The text and where its tokens end are found as generation/engines/openai_engine.py does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from store.chat_answers import Choice, answer_of, error_message, token_ends
from store.importers.chat_choices import TOKEN_ID, checked_choices, logprobs_of_choice
from store.importers.chat_requests import Requests, inner
from store.importers.facts import Facts
from store.importers.found import Bad, Drawn, Found, Unfit, clean, needed, said, shown
from store.importers.messages import CALLS, prompt_text, question_of, tool_calls
from store.importers.opening import Source, json_items, json_lines, understood
from store.importers.peek import Peek, peek
from store.importers.rewards import reference_of

LONGEST_SHARED_ID = 19  # some servers count their answers, or number them at random up to 999


def recognises(peek: Peek) -> str | None:
    """Lines, or items of a list, with choices, or with a response that has them."""
    if peek.kind not in ("jsonl", "json-list"):
        return None
    response = inner(peek.first, "response")
    if "choices" in peek.names and isinstance(peek.first["choices"], list):
        return "answers with choices, as OpenAI-compatible servers give them"
    if "custom_id" in peek.names and ("response" in peek.names):
        return "custom_id and response, as batches of OpenAI-compatible servers write them"
    if "choices" in response or "choices" in inner(response, "body"):
        return "requests and responses of an OpenAI-compatible server"
    return None


def companion(peek: Peek) -> str | None:
    """The input of a batch."""
    if peek.kind == "jsonl" and peek.has("custom_id", "method", "url", "body"):
        return "requests of a batch, which --field requests=… reads with the answers"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """The samples of each line. Raises ValueError where a field that is named cannot be used."""
    requests = Requests.of(source)
    key = source.fields.get("reference")
    records = json_items(source) if peek(source.path).kind == "json-list" else json_lines(source)

    def line(where: str, fields: dict[str, object]) -> Sequence[Found]:
        return [found(where, fields, requests, key)]

    return understood(records, line)


@dataclass(frozen=True)
class Sampled:
    """The samples of one answer, and what is to be counted of them."""

    samples: list[Drawn] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)


def found(where: str, fields: Mapping[str, object], requests: Requests, key: str | None) -> Found:
    """One line."""
    body = body_of(fields)
    asked = requests.asked(fields)
    sampled = samples(body)
    return Found(
        where,
        asked.problem_id,
        sampled.samples,
        Facts(model=said(body.get("model"))).over(asked.facts),
        None if asked.prompt is None else question_of(asked.prompt, "messages"),
        None if key is None else reference_of(at(fields, key)),
        prompt=None if asked.prompt is None else prompt_text(asked.prompt, "messages"),
        notes=sampled.notes,
    )


def body_of(fields: Mapping[str, object]) -> Mapping[str, object]:
    """The answer. Raises Unfit where the server gave none."""
    if fields.get("error"):
        raise Unfit("error", f"is {shown(fields['error'])}: there is no answer")
    if "choices" in fields:
        return fields
    response = needed(fields, "response")
    if not isinstance(response, Mapping):
        raise Unfit("response", f"is {shown(response)}, and must be an object")
    status = response.get("status_code")
    if status not in (None, 200):
        message = error_message(response.get("body"))
        raise Unfit("response.status_code", f"is {shown(status)}: {shown(message)}")
    return inner(response, "body") or response


def at(fields: Mapping[str, object], key: str) -> object:
    """The value at a path of keys. Raises Unfit where there is none."""
    value: object = fields
    for name in [key] if key in fields else key.split("."):
        if not isinstance(value, Mapping) or value.get(name) is None:
            raise Unfit(key, "is missing")
        value = value[name]
    return value


def samples(body: Mapping[str, object]) -> Sampled:
    """The choices. Raises Unfit where one of them, or the answer, is no whole one."""
    given = checked_choices(body)
    answer = answer_of(body)
    if answer is None:
        raise Unfit("response", "is no answer: the server failed, or gave up on it")
    # What all choices have together tells the number of tokens of one only where it is alone.
    alone = answer.n_tokens if len(given) == 1 else None
    sampled = Sampled()
    for place, (choice, raw) in enumerate(zip(answer.choices, given, strict=True)):
        sampled.samples.append(sample(choice, raw, alone, uid_of(body, place), sampled.notes))
    return sampled


def uid_of(body: Mapping[str, object], place: int) -> str | None:
    """The id of a sample, where that of the answer is long enough to be the only one."""
    name = body.get("id")
    unique = isinstance(name, str) and len(name) > LONGEST_SHARED_ID
    return f"{name}:{place}" if unique else None


def sample(
    choice: Choice,
    raw: Mapping[str, object],
    n_tokens: int | None,
    uid: str | None,
    notes: dict[str, int],
) -> Drawn:
    """One choice, with the log-probabilities of its tokens where all are known."""
    text, ids = clean(choice.completion), choice.token_ids
    if called := tool_calls(inner(raw, "message")):
        text = "\n".join([*filter(None, [text]), *map(clean, called)])
        count(notes, CALLS)
    logprobs, why = logprobs_of_choice(choice)
    if why is not None:
        count(notes, why)
    tokens = choice.tokens
    if tokens and all(TOKEN_ID.fullmatch(token) for token in tokens):
        ids = ids or [int(token.partition(b":")[2]) for token in tokens]
        tokens = None
    if n_tokens is None and (tokens or ids):
        n_tokens = len(tokens or ids or ())
    if ids is not None and logprobs is not None and len(ids) != len(logprobs):
        raise Unfit("choices.token_ids", f"has {len(ids)} ids, and logprobs {len(logprobs)} tokens")
    ends = token_ends(text, tokens) if tokens else None
    return Drawn(text, (), choice.finish_reason, n_tokens, None, ids, logprobs, ends, uid=uid)


def count(notes: dict[str, int], note: str) -> None:
    """One more of this."""
    notes[note] = notes.get(note, 0) + 1
