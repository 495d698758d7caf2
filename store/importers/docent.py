"""Runs of agents as Docent keeps them: a JSON list, or JSONL, of objects with `transcripts` and
`metadata`, as it makes them of logs of Inspect AI among others.

Docent has no samples of a problem; where `metadata` names problem (`sample_id`) and epoch, they are
taken from there, else the same question is the same problem. The sample is what the model said last
in the first transcript. Each of `metadata.scores` is a verifier, `docent:NAME`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from store.importers.beside import mapping
from store.importers.facts import Facts
from store.importers.found import (
    Bad,
    Drawn,
    Found,
    Unfit,
    Verdict,
    id_of,
    id_of_text,
    list_of,
    needed,
    said,
    whole_of,
)
from store.importers.model_output import given, prompt_of, question_of, text_of_message, told, turns
from store.importers.opening import Source, json_items, json_lines, understood
from store.importers.peek import Peek, peek
from store.importers.rewards import Rewards, reference_of

TURNS = "samples of several turns, of which the last message is kept"
TAKEN = {"sample_id", "task_id", "task", "model", "epoch", "epoch_id", "scores", "target",
         "scoring_metadata", "subject", "level"}  # fmt: skip


def recognises(peek: Peek) -> str | None:
    """The names in a line, or in the first item of the list."""
    if peek.kind in ("jsonl", "json-list") and peek.has("transcripts", "metadata"):
        return "objects with transcripts and metadata, as Docent keeps runs of agents"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """The sample of each run of an agent."""
    rewards, main = Rewards.of("docent", source), source.fields.get("correct")
    records = json_items(source) if peek(source.path).kind == "json-list" else json_lines(source)

    def understand(where: str, run: dict[str, object]) -> Sequence[Found]:
        return [sample(where, run, rewards, main)]

    return understood(records, understand)


def sample(where: str, run: Mapping[str, object], rewards: Rewards, main: str | None) -> Found:
    """One run. Raises Unfit where the model said nothing in it."""
    about = mapping(run.get("metadata"))
    messages = told(messages_of(run))
    own = [message for message in messages if message.get("role") == "assistant"]
    if not own:
        raise Unfit("transcripts", "have no message of the model")
    notes: Counter[str] = Counter()
    notes[TURNS] += turns(messages) > 1
    verdicts = judged(about.get("scores"), main, rewards, notes)
    question = question_of(given(messages))
    named, epoch = about.get("sample_id"), about.get("epoch", about.get("epoch_id"))
    if named is None and question is None:
        raise Unfit("metadata.sample_id", "is missing, and there is no question either")
    return Found(
        where,
        id_of_text(question or "") if named is None else id_of(named, "metadata.sample_id"),
        [
            Drawn(
                text_of_message(own[-1]),
                verdicts,
                number=None if epoch is None else whole_of(epoch, "metadata.epoch"),
                uid=said(run.get("id")),
            )
        ],
        Facts(
            model=said(about.get("model")), benchmark=said(about.get("task_id", about.get("task")))
        ),
        question,
        reference_of(about.get("target")),
        said(about.get("subject")),
        said(about.get("level")),
        {name: value for name, value in about.items() if name not in TAKEN},
        prompt_of(messages),
        notes=+notes,
        main=main and rewards.verifier(main),
    )


def messages_of(run: Mapping[str, object]) -> list[object]:
    """The messages of the first transcript; older files have them by name. Raises Unfit."""
    found = needed(run, "transcripts")
    every = list(found.values()) if isinstance(found, Mapping) else list_of(found, "transcripts")
    if not every:
        raise Unfit("transcripts", "is empty")
    return list_of(mapping(every[0]).get("messages"), "transcripts.messages")


def judged(
    scores: object, main: str | None, rewards: Rewards, notes: Counter[str]
) -> tuple[Verdict, ...]:
    """A verdict for each score that is a number; `notes` takes the others."""
    found: list[Verdict] = []
    named = mapping(scores)
    for name in sorted(named, key=lambda n: n != main):
        value = named[name]
        if not isinstance(value, bool | int | float | None):
            notes[f"samples without a verdict: their {name} is no number"] += 1
            continue
        result = rewards.judged(name, value)
        notes.update(result.notes)
        found += result.verdicts
    return tuple(found)
