"""What the GRPO and RLOO trainers of TRL log: completions/completions_{step}.parquet.

One row a sample: step, prompt, completion, a column for each reward function, then whatever else
was logged, advantage. Samples of one problem have the same prompt. Which reward says that a sample
is right must be chosen where there are several: `--field correct=accuracy_reward`. Each step is a
model of its own, named after the one that is given (verl.py).
"""

from collections.abc import Iterator, Mapping, Sequence

import pyarrow
import pyarrow.parquet

from store.importers.facts import Facts
from store.importers.found import Bad, Drawn, Found, id_of_text, needed, whole_of
from store.importers.messages import prompt_text, question_of, spoken
from store.importers.opening import Source, parquet_rows, understood
from store.importers.peek import Peek
from store.importers.rewards import Judged, Rewards, detail_of, reference_of

COMMON = {"step", "prompt", "completion", "advantage"}
STANDARD = "accuracy_reward"  # TRL's own function that compares with the right answer
REFERENCES = ("solution", "ground_truth", "answer", "reference")


def recognises(peek: Peek) -> str | None:
    """Parquet with step, prompt and completion, and an advantage or TRL's file name."""
    if peek.kind != "parquet" or not peek.has("step", "prompt", "completion"):
        return None
    if "advantage" in peek.names or peek.path.name.startswith("completions_"):
        return "rows with step, prompt and completion, as TRL logs them"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """Each row's sample. Raises ValueError where it is not clear which reward is the verdict."""
    chosen = verdict_column(source)
    rewards = Rewards.of("trl", source).seen(source, parquet_rows, reward_of, chosen)
    given = source.fields.get("reference")
    references = REFERENCES if given is None else (given,)

    def row(where: str, fields: dict[str, object]) -> Sequence[Found]:
        return [found(where, fields, rewards, chosen, references)]

    return understood(parquet_rows(source), row)


def reward_of(fields: Mapping[str, object], chosen: str | None) -> object:
    """The reward that is the verdict."""
    return fields[chosen] if chosen else None


def verdict_column(source: Source) -> str | None:
    """The column whose reward is the verdict; None where there is no reward."""
    columns = reward_columns(source)
    chosen = source.fields.get("correct")
    if chosen is not None and chosen not in columns:
        raise ValueError(f"{source.path} has no reward {chosen}. It has: {', '.join(columns)}.")
    if chosen is None and len(columns) > 1 and STANDARD not in columns:
        raise ValueError(
            f"{source.path} has several rewards: say which of them tells that a sample is right, "
            f"with --field correct=… and one of {', '.join(columns)}."
        )
    return chosen or (STANDARD if STANDARD in columns else columns[0] if columns else None)


def reward_columns(source: Source) -> list[str]:
    """The columns of numbers that are not of every file."""
    try:
        schema = pyarrow.parquet.read_schema(source.path)
    except (pyarrow.ArrowException, OSError) as error:
        raise ValueError(f"{source.path} cannot be read as Parquet: {error}.") from error
    numeric = (pyarrow.types.is_floating, pyarrow.types.is_integer, pyarrow.types.is_boolean)
    return [
        column.name
        for column in schema
        if column.name not in COMMON
        and not column.name.startswith("__index_level")
        and any(is_kind(column.type) for is_kind in numeric)
    ]


def found(
    where: str,
    fields: Mapping[str, object],
    rewards: Rewards,
    chosen: str | None,
    references: Sequence[str],
) -> Found:
    """One row."""
    prompt = prompt_text(needed(fields, "prompt"))
    written = spoken(needed(fields, "completion"))
    kept = {*COMMON, *references, chosen}
    others = {name: value for name, value in fields.items() if name not in kept}
    verdict = Judged()
    if chosen is not None:
        verdict = rewards.judged(chosen, fields[chosen], detail=detail_of(others))
    reference = next((fields[name] for name in references if fields.get(name) is not None), None)
    return Found(
        where,
        id_of_text(prompt),
        [Drawn(written.text, verdict.verdicts)],
        Facts(step=whole_of(needed(fields, "step"), "step")),
        question_of(fields["prompt"]),
        reference_of(reference),
        prompt=prompt,
        notes={**written.notes(), **verdict.notes},
    )
