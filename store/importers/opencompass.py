"""Predictions and results of OpenCompass: `<time>/predictions/<model>/<dataset>.json` and
`<time>/results/<model>/<dataset>.json`, objects by the index of the record.

Predictions have the completions; the verdicts are in the results, if these were written with
details (dump_details), and are joined by index. Results with details can be imported by
themselves. With n runs of a dataset its records follow each other n times: record i is of problem
i modulo the dataset's size, which the prompts tell. One verdict for several predictions, as after a
vote, is no verdict on any of them. Where a model only ranked choices, nothing was generated.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from store.importers.facts import Facts
from store.importers.found import (
    Bad,
    Drawn,
    Found,
    Unfit,
    list_of,
    said,
    shown,
    text_of,
)
from store.importers.opencompass_details import Details, details_in, has_details
from store.importers.opening import Source, excerpt, json_lines, json_pairs
from store.importers.peek import Peek

VOTED = "predictions that share one verdict with others, so without a verdict"


def recognises(peek: Peek) -> str | None:
    """Records by index with prediction, or details with origin_prediction."""
    if peek.kind == "jsonl" and peek.has("origin_prompt", "prediction"):
        beside = " with results beside them" if results_of(peek.path) else ", not judged"
        return f"predictions line by line, as OpenCompass writes them{beside}"
    if peek.kind != "json-object":
        return None
    record = peek.first.get("0")
    if isinstance(record, Mapping) and {"prediction", "origin_prompt"} <= set(record):
        beside = " with results beside them" if results_of(peek.path) else ", not judged"
        return f"predictions by index, as OpenCompass writes them{beside}"
    first = first_detail(peek.first.get("details"))
    if first is not None and ("origin_prediction" in first or "example_abbr" in first):
        return "details by index, as OpenCompass writes results"
    return None


def first_detail(details: object) -> Mapping[str, object] | None:
    """The first of the details, in an object or in a list."""
    if isinstance(details, Mapping):
        details = [value for key, value in details.items() if key != "type"]
    if isinstance(details, list) and details and isinstance(details[0], Mapping):
        return details[0]
    return None


def companion(peek: Peek) -> str | None:
    """Results whose predictions are there, and the numbers of a run."""
    folder = peek.path.parent.parent
    if folder.name == "results" and peek.kind == "json-object":
        predictions = folder.with_name("predictions") / peek.path.parent.name / peek.path.name
        if predictions.is_file() or predictions.with_stem(f"{predictions.stem}_0").is_file():
            return "results, read with the predictions"
        return None if has_details(peek.path) else "OpenCompass's own numbers, without details"
    return None


def results_of(path: Path) -> Path | None:
    """The results of these predictions, if they are there."""
    folder = path.parent.parent
    if folder.name != "predictions":
        return None
    results = folder.with_name("results") / path.parent.name
    parted = re.sub(r"_\d+$", "", path.stem)
    names = list(dict.fromkeys(f"{stem}.json" for stem in (path.stem, parted)))
    return next((p for name in names if (p := results / name).is_file()), None)


def parts_of(path: Path, results: Path | None) -> list[Path]:
    """The files into which the predictions are split, `_0` and so on, up to this one."""
    if results is None or results.stem == path.stem:
        return [path]
    base, _, number = path.stem.rpartition("_")
    return [path.with_name(f"{base}_{i}{path.suffix}") for i in range(int(number) + 1)]


def read(source: Source) -> Iterator[Found | Bad]:
    """Every prediction."""
    path = source.path
    if path.suffix != ".jsonl" and has_details(path):
        details = details_in(path)
        if details.by_problem:
            raise ValueError(
                f"{path} has verdicts alone: import the predictions, "
                f"predictions/{path.parent.name}/{path.name}, with the results beside them."
            )
        return records(source, json_pairs(source, "details"), 0, len(details.rows), details)
    results = results_of(path)
    details = details_in(results) if results and has_details(results) else Details()
    parts = parts_of(path, results)
    earlier = [record for part in parts[:-1] for record in prompts(part)]
    every = [*earlier, *prompts(path)]
    if details.by_problem:
        size = len(details.rows)
    elif path.suffix == ".jsonl":
        size = 1 + max((int(key) for key, _ in every if key.isdecimal()), default=0)
    else:
        size = period([prompt for _, prompt in every])
    return records(source, pairs(source), len(earlier), size, details)


def pairs(source: Source) -> Iterator[tuple[str, object] | Bad]:
    """The records of predictions, each with its index."""
    if source.path.suffix != ".jsonl":
        yield from json_pairs(source)
        return
    for line in json_lines(source):
        if isinstance(line, Bad):
            yield line
        else:
            yield str(line[1].get("idx", line[1].get("id"))), line[1]


def prompts(path: Path) -> Iterator[tuple[str, str]]:
    """The index of each record, with a hash of its prompt."""
    if not path.is_file():
        raise ValueError(f"{path} is missing: the predictions are split, and it is a part of them.")
    for pair in pairs(Source(path)):
        if not isinstance(pair, Bad):
            key, fields = pair
            prompt = fields.get("origin_prompt") if isinstance(fields, Mapping) else None
            told = f"the record {key}" if prompt is None else str(prompt)
            yield key, hashlib.sha256(told.encode(errors="replace")).hexdigest()[:16]


def period(prompts: Sequence[str]) -> int:
    """How many problems there are, if their prompts are there again and again in the same order."""
    total = len(prompts)
    for size in range(1, total // 2 + 1):
        if total % size == 0 and all(prompts[i] == prompts[i % size] for i in range(size, total)):
            return size
    return total


def records(
    source: Source,
    pairs: Iterator[tuple[str, object] | Bad],
    first: int,
    size: int,
    details: Details,
) -> Iterator[Found | Bad]:
    """What is found in the records. The first is number `first` of the run; if an index is there
    again, that is of the next run of the dataset.
    """
    told, draw = facts_of(source.path), draw_of(source.path)
    size = max(size, 1)
    runs: Counter[str] = Counter()
    for pair in pairs:
        if isinstance(pair, Bad):
            yield pair
            continue
        key, fields = pair
        if key == "type":
            continue
        try:
            yield record(key, fields, first + runs[key] * size, size, details, told, draw)
        except Unfit as error:
            yield Bad(f"record {key}", error.field, error.reason, excerpt(fields))
        runs[key] += 1


def record(
    key: str,
    fields: object,
    first: int,
    size: int,
    details: Details,
    told: Facts,
    draw: str,
) -> Found:
    """One record. Raises Unfit where nothing was generated, or the verdict is of another answer."""
    if not isinstance(fields, Mapping) or not key.isdecimal():
        raise Unfit("index", f"{shown(key)} must be a number, with an object")
    number = int(key) + first
    if any(name.startswith("label: ") for name in fields) or "choices" in fields:
        raise Unfit("prediction", "is a choice that was ranked first: nothing was generated")
    told_text = fields.get("prediction", fields.get("origin_prediction"))
    several = isinstance(told_text, list)
    texts = list_of(told_text, "prediction") if several else [told_text]
    verdicts, reference = details.of(number, size)
    drawn = [
        Drawn(
            text_of(text, "prediction"),
            () if several and len(texts) > 1 else verdicts,
            n_tokens=length_of(fields) if not several else None,
        )
        for text in texts
    ]
    prompt = fields.get("origin_prompt", fields.get("prompt"))
    voted = len(texts) if several and len(texts) > 1 and verdicts else 0
    return Found(
        f"record {key}",
        str(number % size),
        drawn,
        told,
        question=question_of(prompt),
        reference=said(fields.get("gold") or fields.get("refr")) or reference,
        prompt=said(prompt),
        position=number % size,
        seed=f"{draw}-{number // size}",
        notes={VOTED: voted} if voted else {},
    )


def facts_of(path: Path) -> Facts:
    """Model and dataset are folder and file in predictions/ or results/."""
    if path.parent.parent.name not in ("predictions", "results"):
        return Facts()
    results = results_of(path)
    return Facts(model=path.parent.name, benchmark=(results or path).stem)


def draw_of(path: Path) -> str:
    """Tells one run of OpenCompass from another: its time, the name of the folder above."""
    folder = path.resolve().parent.parent
    if folder.name in ("predictions", "results") and re.match(r"\d{8}_\d{6}$", folder.parent.name):
        return folder.parent.name
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def length_of(fields: Mapping[str, object]) -> int | None:
    """The tokens of the response, where they were counted."""
    length = fields.get("res_length")
    return length if isinstance(length, int) and not isinstance(length, bool) else None


def question_of(prompt: object) -> str | None:
    """The last turn of a prompt that is not the model's."""
    if not isinstance(prompt, list):
        return said(prompt)
    turns = [
        turn.get("prompt", turn.get("content"))
        for turn in prompt
        if isinstance(turn, Mapping) and turn.get("role") not in ("BOT", "assistant")
    ]
    return said(turns[-1]) if turns else None
