"""Predictions of EvalScope, one line a sample, with the reviews that judge them.

    outputs/DATE/predictions/MODEL/DATASET_SUBSET.jsonl
    outputs/DATE/reviews/MODEL/DATASET_SUBSET.jsonl
    outputs/DATE/configs/task_config….yaml

The two are joined by `index`. Which samples are of one problem only the reviews tell (`group_id`):
without them every index is a problem, and a run with repeats is refused. Each score of a review is
a verifier, `evalscope:acc`, the main one first.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from store.importers.beside import mapping, sampling
from store.importers.facts import Facts
from store.importers.found import Bad, Drawn, Found, Unfit, Verdict, id_of, needed, said, whole_of
from store.importers.model_output import answers, given, output_tokens, prompt_of, question_of
from store.importers.opening import Source, json_lines, understood, untold
from store.importers.peek import Peek
from store.importers.rewards import Rewards

MISSING = "samples without a verdict: no review has their index"


@dataclass(frozen=True)
class Review:
    """What a review says of one sample."""

    problem_id: str
    number: int | None
    reference: str | None
    question: str | None
    scores: Mapping[str, object]  # the main one first
    answer: str | None
    has_answer: bool
    detail: str | None
    metadata: Mapping[str, object] = field(default_factory=dict)


def recognises(peek: Peek) -> str | None:
    """The names in a line of predictions."""
    if peek.kind == "jsonl" and peek.has("index", "model_output"):
        return "lines with index and model_output, as in predictions of EvalScope"
    return None


def companion(peek: Peek) -> str | None:
    """Reviews, which are read beside their predictions, and reports."""
    if peek.kind == "jsonl" and peek.has("index", "sample_score"):
        return "reviews of EvalScope, which are read beside their predictions"
    if peek.kind == "yaml" and peek.path.name.startswith("task_config"):
        return "a configuration of EvalScope, which is read beside its predictions"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """Each sample. Raises ValueError where it cannot be known which are of one problem."""
    rewards = Rewards.of("evalscope", source)
    reviews: dict[str, Review] = {}
    faults = list(reviewed(source, reviews))
    config = config_of(source.path)
    repeats = config.get("repeats")
    if not reviews and isinstance(repeats, int) and repeats > 1:
        raise ValueError(
            f"{source.path} has {repeats} samples of each problem, and only its reviews, "
            f"{reviews_of(source.path)}, tell which: put them there."
        )
    settings = sampling(mapping(config.get("generation_config")))
    facts = replace(settings, benchmark=source.path.name.partition(".")[0])

    def understand(where: str, line: dict[str, object]) -> Sequence[Found]:
        return [sample(where, line, reviews, facts, rewards)]

    yield from faults
    yield from understood(json_lines(source), understand)


def reviews_of(path: Path) -> Path:
    """Where the reviews of these predictions are."""
    folders = path.absolute().parts
    if "predictions" not in folders[:-1]:
        return path.absolute().parent / "reviews" / path.name
    place = len(folders) - 1 - folders[::-1].index("predictions")
    return Path(*folders[:place], "reviews", *folders[place + 1 :])


def config_of(path: Path) -> Mapping[str, object]:
    """The configuration of the run; empty where it is not there or not readable."""
    root = reviews_of(path).parents[1].parent
    for config in sorted((root / "configs").glob("task_config*.yaml")):
        try:
            return mapping(yaml.safe_load(config.read_text(encoding="utf-8")))
        except (OSError, ValueError, yaml.YAMLError):
            continue
    return {}


def reviewed(source: Source, reviews: dict[str, Review]) -> Iterator[Bad]:
    """Fill `reviews`, by index; yields those that cannot be right."""
    path = reviews_of(source.path)
    if not path.is_file():
        return
    for record in json_lines(Source(path, progress=untold)):
        if isinstance(record, Bad):
            yield replace(record, where=f"reviews {record.where}")
            continue
        try:
            index, found = review(record[1], source.fields.get("correct"))
        except Unfit as error:
            yield Bad(f"reviews {record[0]}", error.field, error.reason)
            continue
        reviews[index] = found  # a review that was made again stands later


def review(line: Mapping[str, object], chosen: str | None) -> tuple[str, Review]:
    """The index of a sample and what is said of it. Raises Unfit."""
    index = id_of(line.get("index"), "index")
    told = mapping(line.get("sample_score"))
    score = mapping(told.get("score"))
    values = score.get("value")
    named = values if isinstance(values, Mapping) else {"score": values}
    main = chosen or score.get("main_score_name")
    group, number = told.get("group_id"), told.get("generation_index")
    return index, Review(
        index if group is None else id_of(group, "sample_score.group_id"),
        None if number is None else whole_of(number, "sample_score.generation_index"),
        said(line.get("target")),
        question_of(line.get("input")),
        {name: named[name] for name in sorted(named, key=lambda n: n != main)},
        said(score.get("extracted_prediction")),
        bool(score.get("extracted_prediction", "not told")),
        said(score.get("explanation")),
        mapping(told.get("sample_metadata")),
    )


def sample(
    where: str,
    line: Mapping[str, object],
    reviews: Mapping[str, Review],
    facts: Facts,
    rewards: Rewards,
) -> Found:
    """One prediction with its review. Raises Unfit where it has no answer of the model."""
    index = id_of(line.get("index"), "index")
    known = reviews.get(index)
    found = answers(needed(line, "model_output"))
    if not found:
        raise Unfit("model_output", "has no choices")
    first, notes = found[0], Counter[str]()
    verdicts: tuple[Verdict, ...] = ()
    for name, value in known.scores.items() if known else ():
        assert known is not None
        told = None if known.answer == first.text else known.answer
        judged = rewards.judged(name, value, told, known.has_answer, known.detail)
        verdicts += judged.verdicts
        notes.update(judged.notes)
    notes[MISSING] += known is None
    about = known.metadata if known else mapping(line.get("metadata"))
    drawn = Drawn(
        first.text,
        verdicts,
        first.stop_reason,
        None if first.token_logprobs else output_tokens(line.get("model_output")),
        token_logprobs=first.token_logprobs,
        token_ends=first.token_ends,
        number=known.number if known else None,
    )
    messages = line.get("messages")
    return Found(
        where,
        known.problem_id if known else index,
        [drawn],
        replace(facts, model=said(line.get("model"))),
        question=(known.question if known else None) or question_of(given(messages)),
        reference=known.reference if known else None,
        subject=said(about.get("subject")),
        level=said(about.get("level")),
        metadata={k: v for k, v in about.items() if k not in ("subject", "level")},
        prompt=prompt_of(messages),
        notes=+notes,
        main=next((rewards.verifier(name) for name in (known.scores if known else ())), None),
    )
