"""What verl dumps while it trains and validates: a folder of `{global_step}.jsonl`.

One line a sample: input, output, gts, score, step, and whatever else the reward function told. No
line has an id: samples of one problem have the same input. Each step is a model of its own, named
after the one that is given: `--model grpo` and step 40 are `grpo-step40`, and step 0 is the parent,
where `--parent` names one. The verdict is `acc` where a line has it, else `score`; another is named
by `--field correct=…`.
"""

from collections.abc import Iterator, Mapping, Sequence

from store.importers.facts import Facts
from store.importers.found import (
    Bad,
    Drawn,
    Found,
    id_of_text,
    needed,
    said,
    text_of,
    whole_of,
)
from store.importers.opening import Source, json_lines, understood
from store.importers.peek import Peek
from store.importers.rewards import Judged, Rewards, detail_of, reference_of

KNOWN = {"input", "output", "gts", "step", "pred", "request_id", "data_source"}
# What verl's reward functions give as the answer of a response in which they found none.
NONE_FOUND = {"", "[INVALID]", "None"}


def recognises(peek: Peek) -> str | None:
    """JSONL whose lines have input, output and score."""
    if (
        peek.kind == "jsonl"
        and peek.has("input", "output", "score")
        and peek.has_any("step", "gts")
    ):
        return "lines with input, output, score and step, as verl dumps its samples"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """Each line's sample."""
    chosen = source.fields.get("correct")
    rewards = Rewards.of("verl", source).seen(source, json_lines, reward_of, chosen)
    stem = source.path.name.partition(".")[0]
    named = int(stem) if stem.isdecimal() and len(stem) < 10 else None

    def line(where: str, fields: dict[str, object]) -> Sequence[Found]:
        return [found(where, fields, rewards, chosen, named)]

    return understood(json_lines(source), line)


def found(
    where: str, fields: Mapping[str, object], rewards: Rewards, chosen: str | None, step: int | None
) -> Found:
    """One line; `step` is that of the file's name."""
    asked = text_of(needed(fields, "input"), "input")
    completion = text_of(needed(fields, "output"), "output")
    if fields.get("step") is not None:
        step = whole_of(fields["step"], "step")
    verdict = judged(fields, rewards, chosen or standard(fields))
    return Found(
        where,
        id_of_text(asked),
        [Drawn(completion, verdict.verdicts)],
        Facts(benchmark=said(fields.get("data_source")), step=step),
        asked,
        reference_of(fields.get("gts")),
        prompt=asked,
        notes=verdict.notes,
    )


def standard(fields: Mapping[str, object]) -> str:
    """The reward that says whether a sample is right."""
    return "acc" if "acc" in fields else "score"


def reward_of(fields: Mapping[str, object], chosen: str | None) -> object:
    """That reward."""
    return fields.get(chosen or standard(fields))


def judged(fields: Mapping[str, object], rewards: Rewards, name: str) -> Judged:
    """The verdict, with all else that the reward function told as its detail."""
    reward = None if name in fields and fields[name] is None else needed(fields, name)
    answer = said(fields.get("pred"))
    has_answer = "pred" not in fields or (answer or "").strip() not in NONE_FOUND
    others = {key: value for key, value in fields.items() if key not in {*KNOWN, name}}
    return rewards.judged(
        name, reward, answer if has_answer else None, has_answer, detail_of(others)
    )
