"""Samples from verl's generation as DeepCoder runs it: `<dataset>.parquet` and `results.json`.

A row is a problem, with `responses` beside the columns of the dataset. The verdicts are in the
folder's results.json, a list of lists of 1.0 and 0.0 without any ids: by row and by position. So
they are taken only if all lengths agree, and if it is clear that they are of this file: the tool
writes results.json anew for every dataset of a folder (--field results=NAME says which it is, and
--field results=none that there is none). Without them nothing is judged.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import ijson
import pyarrow
import pyarrow.parquet

from store.importers.facts import Facts
from store.importers.found import (
    Bad,
    Drawn,
    Found,
    Unfit,
    Verdict,
    clean,
    id_of,
    needed,
    said,
    texts_of,
)
from store.importers.opening import Source, opened, parquet_rows, understood
from store.importers.peek import Peek

VERIFIER = "deepcoder"
PARTIAL = "scores that are neither 1 nor 0, so no verdicts"
TESTS = "references that are longer than 5000 characters, as tests are, and not kept"
LONGEST_REFERENCE = 5000
TAKEN = {"prompt", "responses", "reward_model", "extra_info", "ability"}
ROWS_AT_ONCE = 4  # a row may hold a thousand responses


def recognises(peek: Peek) -> str | None:
    """Parquet with responses and what verl needs to judge them."""
    if peek.kind == "parquet" and peek.has("responses", "prompt", "reward_model"):
        return "Parquet with prompt, reward_model and responses, as verl's generation writes it"
    return None


def companion(peek: Peek) -> str | None:
    """The verdicts and the numbers, beside a Parquet file."""
    names = {"results.json", "pass.csv"}
    if peek.path.name in names and any(peek.path.parent.glob("*.parquet")):
        return "verdicts or numbers, read with the Parquet file beside it"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """Each row's problem with its samples. Raises ValueError where verdicts do not fit."""
    path = results_of(source)
    scores = None if path is None else scores_in(path, source.path)
    rows = parquet_rows(source, ROWS_AT_ONCE)
    return understood(rows, reader(source.path, scores, path, facts_of(source.path)))


def results_of(source: Source) -> Path | None:
    """The file of the verdicts. Raises ValueError where it is not clear which it is."""
    name = source.fields.get("results", "")
    if name == "none":
        return None
    path = source.path.with_name(name or "results.json")
    if not path.is_file():
        if name:
            raise ValueError(f"{path} is not a file: --field results=NAME names the verdicts.")
        return None
    others = [p for p in source.path.parent.glob("*.parquet") if p != source.path]
    if others and not name:
        raise ValueError(
            f"{source.path.parent} has {len(others) + 1} Parquet files and one results.json, which "
            "the tool writes anew for each: import the file that it is of by itself, with --field "
            "results=results.json, and the others with --field results=none."
        )
    return path


def scores_in(path: Path, of: Path) -> list[list[object]]:
    """The scores. Raises ValueError where they are not those of so many rows."""
    try:
        with opened(Source(path)) as file:
            scores = list(ijson.items(file, "item", use_float=True))
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not JSON: {error}.") from error
    rows = row_count(of)
    if len(scores) != rows or not all(isinstance(each, list) for each in scores):
        raise ValueError(
            f"{path} has scores of {len(scores)} problems, and {of} has {rows} rows: they are not "
            "of the same run. Name the right file, --field results=NAME, or --field results=none."
        )
    return scores


def row_count(path: Path) -> int:
    """How many rows a Parquet file has."""
    try:
        return int(pyarrow.parquet.read_metadata(path).num_rows)
    except (pyarrow.ArrowException, OSError) as error:
        raise ValueError(f"{path} cannot be read as Parquet: {error}.") from error


def facts_of(path: Path) -> Facts:
    """The dataset is the file's name; the model stands in pass.csv."""
    table, model = path.with_name("pass.csv"), None
    if table.is_file():
        with table.open(encoding="utf-8", errors="replace", newline="") as file:
            models = {row.get("model_path") or "" for row in csv.DictReader(file)}
        model = models.pop() if len(models) == 1 else None
    if model and model.startswith(("/", ".", "~")):
        model = Path(model).name  # a folder of somebody's machine
    return Facts(model=model or None, benchmark=path.name.partition(".parquet")[0])


def reader(
    path: Path, scores: Sequence[list[object]] | None, results: Path | None, facts: Facts
) -> Callable[[str, dict[str, object]], Sequence[Found]]:
    """What turns a row into what is found in it."""
    named = ids_are_unique(path)

    def understand(where: str, fields: dict[str, object]) -> Sequence[Found]:
        row = int(where.removeprefix("row ")) - 1
        responses = texts_of(needed(fields, "responses"), "responses")
        scored = None if scores is None else scores[row]
        if scored is not None and len(scored) != len(responses):
            raise ValueError(
                f"{results} has {len(scored)} scores for problem {row + 1}, and {path} has "
                f"{len(responses)} responses: they are not of the same run. Name the right file, "
                "--field results=NAME, or --field results=none."
            )
        problem_id = id_of(index_of(fields), "extra_info.index") if named else str(row)
        return [problem(where, problem_id, row, fields, samples(responses, scored), facts)]

    return understand


def ids_are_unique(path: Path) -> bool:
    """Whether extra_info.index tells the rows apart; else they are known by their place."""
    with pyarrow.parquet.ParquetFile(path) as file:
        if "extra_info" not in file.schema_arrow.names:
            return False
        table = file.read(columns=["extra_info"])
    indices = [index_of(row) for row in table.to_pylist()]
    plain = all(isinstance(index, int | str) for index in indices)
    return plain and len(set(map(str, indices))) == len(indices)


def index_of(fields: Mapping[str, object]) -> object:
    """The dataset's own index of the problem."""
    extra = fields.get("extra_info")
    return extra.get("index") if isinstance(extra, Mapping) else None


def samples(responses: Sequence[str], scores: Sequence[object] | None) -> list[Drawn]:
    """The samples; of a score that is neither 1 nor 0 no verdict is made."""
    if scores is None:
        return [Drawn(text) for text in responses]
    return [
        Drawn(text, () if outcome is None else (Verdict(VERIFIER, outcome),))
        for text, outcome in zip(responses, map(outcome_or_none, scores), strict=True)
    ]


def outcome_or_none(score: object) -> str | None:
    """The outcome that a score means."""
    if not isinstance(score, int | float):
        return None
    return {1.0: "correct", 0.0: "incorrect"}.get(float(score))


def problem(
    where: str,
    problem_id: str,
    row: int,
    fields: Mapping[str, object],
    drawn: Sequence[Drawn],
    facts: Facts,
) -> Found:
    """One row. A reference as long as a file of tests is not kept."""
    reward = fields.get("reward_model")
    reference = said(reward.get("ground_truth")) if isinstance(reward, Mapping) else None
    judged = any(sample.verdicts for sample in drawn)
    without = sum(not sample.verdicts for sample in drawn) if judged else 0
    long = len(reference or "") > LONGEST_REFERENCE
    counted = {PARTIAL: without, TESTS: int(long)}
    return Found(
        where,
        problem_id,
        drawn,
        facts,
        question=question_of(fields.get("prompt")),
        reference=None if long else reference,
        metadata={
            name: value
            for name, value in fields.items()
            if name not in TAKEN and isinstance(value, str | int | float | bool)
        },
        prompt=said(fields.get("prompt")),
        position=row,
        notes={name: count for name, count in counted.items() if count},
    )


def question_of(prompt: object) -> str | None:
    """The last message of the prompt."""
    if isinstance(prompt, str):
        return clean(prompt)
    if not isinstance(prompt, list) or not prompt or not isinstance(prompt[-1], Mapping):
        raise Unfit("prompt", "must be a text or a list of messages")
    return said(prompt[-1].get("content"))
