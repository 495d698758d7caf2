"""Rollouts of open-instruct: JSONL in shards of 10,000 samples, with token ids in place of texts.

One line a sample: prompt_tokens, response_tokens, reward, step, finish_reason, dataset,
ground_truth, and in later versions logprobs. `prompt_idx` counts anew in every step, so problems
are told apart by their prompt. The texts come from the tokenizer of the model: `--field
tokenizer=PATH` (token_spelling.py); without it only the tokens are kept. Rewards are often 10 for a
right answer: `--field threshold=10`. Beside the shards RUN_metadata.jsonl names the model that
training started from. Each step is a model of its own (verl.py).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from store.importers.facts import Facts
from store.importers.found import (
    Bad,
    Drawn,
    Found,
    Verdict,
    id_of_text,
    list_of,
    logprobs_of,
    needed,
    said,
    whole_of,
)
from store.importers.opening import Source, json_lines, understood
from store.importers.peek import Peek
from store.importers.rewards import Rewards, detail_of, reference_of
from store.importers.token_spelling import Spelling, ids_of, spelled, spelling_of, tokens_of

SHARD = re.compile(r"(?P<run>.+)_rollouts_\d+\.jsonl.*")
UNTOLD = (
    "samples of which only the tokens are known: --field tokenizer=PATH, with the tokenizer.json "
    "of the model, gives them their texts"
)
MASKED = "samples whose log-probabilities are left out: some token has none"


def recognises(peek: Peek) -> str | None:
    """JSONL whose lines have the tokens of prompt and response, and a reward."""
    if peek.kind == "jsonl" and peek.has("prompt_tokens", "response_tokens", "reward"):
        return "lines with prompt_tokens and response_tokens, as open-instruct saves rollouts"
    return None


def companion(peek: Peek) -> str | None:
    """The metadata beside the shards."""
    if peek.kind in ("jsonl", "json-object") and peek.has("run_name", "git_commit", "model_name"):
        return "metadata of rollouts of open-instruct"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """Each line's sample. Raises ValueError where the tokenizer cannot be read."""
    rewards = Rewards.of("open-instruct", source).seen(source, json_lines, reward_of, None)
    named = source.fields.get("tokenizer")
    spelling = spelling_of(Path(named)) if named else None
    start = Facts(model=started_from(source.path))

    def line(where: str, fields: dict[str, object]) -> Sequence[Found]:
        step = whole_of(needed(fields, "step"), "step")
        return [found(where, fields, rewards, spelling, start.at_step(step, source.given))]

    return understood(json_lines(source), line)


def reward_of(fields: Mapping[str, object], chosen: str | None) -> object:
    """The reward, of which there is one."""
    return fields.get(chosen or "reward")


def started_from(path: Path) -> str | None:
    """The model that training started from, where the metadata beside the shard tell it."""
    match = SHARD.fullmatch(path.name)
    beside = path.with_name(f"{match['run']}_metadata.jsonl") if match else None
    if beside is None or not beside.is_file():
        return None
    try:
        name = json.loads(beside.read_text(encoding="utf-8"))["model_name"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{beside} is no metadata of open-instruct.") from error
    return None if name == "unknown" else said(name)


def found(
    where: str,
    fields: Mapping[str, object],
    rewards: Rewards,
    spelling: Spelling | None,
    facts: Facts,
) -> Found:
    """One line."""
    asked = ids_of(needed(fields, "prompt_tokens"), "prompt_tokens")
    notes = {} if spelling else {UNTOLD: 1}
    prompt = spelled(tokens_of(spelling, asked, "prompt_tokens"))[0] if spelling else None
    others = {name: fields.get(name) for name in ("advantage", "dataset")}
    verdict = rewards.judged("reward", needed(fields, "reward"), detail=detail_of(others))
    values = logprobs(fields)
    if values is None and fields.get("logprobs") is not None:
        notes[MASKED] = 1
    return Found(
        where,
        id_of_text(" ".join(map(str, asked))),
        [drawn(fields, spelling, verdict.verdicts, values)],
        facts,
        prompt,
        reference_of(fields.get("ground_truth")),
        subject=said(reference_of(fields.get("dataset"))),
        prompt=prompt,
        notes={**notes, **verdict.notes},
    )


def drawn(
    fields: Mapping[str, object],
    spelling: Spelling | None,
    verdicts: tuple[Verdict, ...],
    values: list[float] | None,
) -> Drawn:
    """The sample, with its text where the tokenizer is known."""
    ids = ids_of(needed(fields, "response_tokens"), "response_tokens")
    if values is not None:
        list_of(values, "logprobs", len(ids))
    text, ends = None, None
    if spelling is not None:
        text, ends = spelled(tokens_of(spelling, ids, "response_tokens"))
    reason = said(fields.get("finish_reason"))
    return Drawn(text, verdicts, reason, len(ids), None, ids, values, ends)


def logprobs(fields: Mapping[str, object]) -> list[float] | None:
    """Those of the response; none where a token, such as one that a tool wrote, has the value 1 or
    NaN, by which open-instruct says that it has none."""
    given = fields.get("logprobs")
    if given is None:
        return None
    values = list_of(given, "logprobs")
    if any(value is None or value == 1 or value != value for value in values):
        return None
    return logprobs_of(values, "logprobs")
