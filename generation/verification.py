"""Judges the stored samples that a verifier has not judged yet; needs no GPU and no engine."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import polars as pl
from tqdm import tqdm

from generation import verifiers
from generation.division import WHOLE, Division
from generation.lock import study_lock
from generation.log import event, job_log
from generation.progress import Watched, progress, say, watched
from generation.shard_writer import Pace, ShardWriter
from generation.stored import KEY, assets_of, check_problems_stored, unjudged
from generation.study_file import one_of
from generation.verifiers import llm_judge
from generation.verifiers.llm_judge import JudgeSettings
from generation.verifiers.pool import Judged, Pool, Question
from store.runs import read_run, write_run
from store.shards import fault, read_shards, shard_paths

PACE = Pace(rows=16_384)
LLM_JUDGE = "llm_judge"

# Verdicts as they come, each with the place of its question.
Judge = Callable[[Sequence[Question]], Iterator[Judged]]


class Verifying(NamedTuple):
    """A run and a verifier whose verdicts it lacks; `name` and `version` are what is stored."""

    folder: Path
    verifier: str
    name: str
    version: str
    keys: pl.DataFrame


def verify_study(
    folder: Path,
    verifier: str,
    runs: Sequence[str] | None = None,
    judge: JudgeSettings | None = None,
    division: Division = WHOLE,
) -> int:
    """Judge what the verifier's present version has not judged, in these runs or in all.

    Returns how many samples were judged. Ctrl-C keeps the verdicts that are there. Raises
    ValueError on a verifier or a run that does not exist, or where another job holds the folder.
    """
    one_of(verifier, verifiers.MODULES, "verifier", "the command")
    folders = _run_folders(folder, runs)
    with study_lock(folder, division), job_log(folder, f"verify --verifier {verifier}"):
        for run in folders:
            keep_own_verifier(run, stored_name(verifier, judge))
        return verify_runs([(run, verifier) for run in folders], judge, division)


def announcement(folder: Path, runs: Sequence[str] | None, judge: JudgeSettings | None) -> str:
    """What the judge model would be asked of these runs, or of all, and what it would cost."""
    settings = required_judge(judge)
    todo = [lacking(run, LLM_JUDGE, settings) for run in _run_folders(folder, runs)]
    return estimated(todo, settings)


def estimated(todo: Sequence[Verifying], settings: JudgeSettings) -> str:
    """What judging this would take, in one sentence."""
    asked = (q for one in todo for samples in questions(one) for q in _asked(samples))
    return f"{llm_judge.name(settings)}: {llm_judge.estimate(asked, settings).sentence()}"


def verify_runs(
    work: Sequence[tuple[Path, str]],
    judge: JudgeSettings | None = None,
    division: Division = WHOLE,
) -> int:
    """Judge the samples of these run folders, each by its verifier. Under the study's lock."""
    count = 0
    for verifier in dict.fromkeys(verifier for _, verifier in work):
        folders = [run for run, name in work if name == verifier]
        todo = [
            v for v in (lacking(f, verifier, judge, division) for f in folders) if v.keys.height
        ]
        if todo and verifier == LLM_JUDGE:
            settings = required_judge(judge)
            count += _verify(todo, partial(llm_judge.judge, settings=settings))
        elif todo:
            with Pool(verifier) as pool:
                count += _verify(todo, pool.judge)
    return count


def lacking(
    folder: Path, verifier: str, judge: JudgeSettings | None, division: Division = WHOLE
) -> Verifying:
    """The stored samples of this part of the work that lack a verdict of the present version."""
    name = stored_name(verifier, judge)
    if verifier == LLM_JUDGE:
        version = llm_judge.version(required_judge(judge))
    else:
        version = verifiers.load(verifier).VERSION
    keys = unjudged(folder, name, version)
    return Verifying(folder, verifier, name, version, part_of(keys, folder, division))


def stored_name(verifier: str, judge: JudgeSettings | None) -> str:
    """The name under which its verdicts are stored: each judge model is a verifier of its own."""
    return llm_judge.name(required_judge(judge)) if verifier == LLM_JUDGE else verifier


def keep_own_verifier(run_folder: Path, name: str) -> None:
    """What a run is shown with does not change because another verifier judges it as well: it is
    the one that was there first, else this one."""
    run = read_run(run_folder)
    if run.verifier is None:
        verdicts = read_shards(run_folder, "verdicts", columns=["verifier"])["verifier"]
        counts = read_shards(run_folder, "counts", columns=["verifier"])["verifier"]
        before = sorted({*verdicts, *counts})
        write_run(run_folder.parent, replace(run, verifier=[*before, name][0]))


def required_judge(judge: JudgeSettings | None) -> JudgeSettings:
    """The judge's settings. Raises ValueError where there are none."""
    if judge is None:
        raise ValueError(
            'Verifier "llm_judge" asks a server: give a table [llm_judge] with endpoint and model '
            "in the study file, or --endpoint and --judge."
        )
    return judge


def part_of(keys: pl.DataFrame, folder: Path, division: Division) -> pl.DataFrame:
    """Those of the keys that belong to this part of the work."""
    if division == WHOLE or keys.is_empty():
        return keys
    places = read_shards(folder, "problems", columns=["problem_id", "position"])
    position = dict(places.rows())
    mine = [division.holds(position.get(p, 0), s) for p, s in keys.select(KEY).rows()]
    return keys.filter(pl.Series(mine, dtype=pl.Boolean))


def questions(todo: Verifying) -> Iterator[pl.DataFrame]:
    """The samples to judge with what their problem says, one shard after the other.

    All completions of a run may be more than memory holds. Samples of which only the tokens were
    imported have no text that could be judged.
    """
    problems = _problems(todo)
    for path in shard_paths(todo.folder, "samples"):
        if fault(path) is None:
            stored = pl.read_parquet(path, columns=[*KEY, "completion"])
            told = stored.filter(pl.col("completion").is_not_null())
            samples = told.join(todo.keys, on=KEY, how="semi")
            check_problems_stored(todo.folder, samples, problems)
            yield samples.join(problems, on="problem_id", how="left")


def _problems(todo: Verifying) -> pl.DataFrame:
    """problem_id, reference, metadata; in the metadata also what this verifier needs besides."""
    columns = ["problem_id", "question", "reference", "metadata"]
    problems = read_shards(todo.folder, "problems", columns=columns)
    module = verifiers.load(todo.verifier)
    assets = {"assets": str(assets_of(todo.folder))} if getattr(module, "ASSETS", False) else {}
    metadata = [
        json.dumps({**json.loads(known or "{}"), "question": question, **assets})
        for question, known in problems.select("question", "metadata").rows()
    ]
    return problems.select("problem_id", "reference", metadata=pl.Series(metadata, dtype=pl.String))


def _verify(work: Sequence[Verifying], judge: Judge) -> int:
    total = sum(todo.keys.height for todo in work)
    with progress(total, f"verifying ({work[0].name})", "verdicts") as bar:
        for todo in work:
            errors: list[str] = []
            textless = todo.keys.height
            with _watched(todo, bar) as beat, _writer(todo) as writer:
                for samples in questions(todo):
                    textless -= samples.height
                    errors += _judge_shard(todo, samples, judge, writer, beat)
            _tell(todo, errors)
            if textless:
                say(f"{todo.folder.name}: samples without a text, not judged: {textless:,}.")
    return total


def _tell(todo: Verifying, errors: Sequence[str]) -> None:
    """Errors count as incorrect: whoever waits for the numbers must know of them."""
    run, samples = todo.folder.name, todo.keys.height
    event("verified", run=run, verifier=todo.name, samples=samples, errors=len(errors))
    if errors:
        say(f"{run}: {len(errors):,} of {samples:,} verdicts are errors, the first: {errors[0]}")


def _writer(todo: Verifying) -> ShardWriter:
    return ShardWriter(todo.folder, "verdicts", todo.name, PACE)


def _watched(todo: Verifying, bar: "tqdm[None]") -> AbstractContextManager[Watched]:
    stored = read_shards(todo.folder, "samples", columns=["sample"]).height
    return watched(
        todo.keys.height,
        "verifying",
        folder=todo.folder.parents[1],
        run=todo.folder.name,
        stage=f"verifying ({todo.name})",
        wanted=stored,
        done=stored - todo.keys.height,
        unit="verdicts",
        bar=bar,
    )


def _asked(samples: pl.DataFrame) -> list[Question]:
    rows = samples.select("completion", "reference", "metadata").iter_rows()
    return [Question(text or "", reference or "", metadata) for text, reference, metadata in rows]


def _judge_shard(
    todo: Verifying, samples: pl.DataFrame, judge: Judge, writer: ShardWriter, beat: Watched
) -> list[str]:
    """Write the verdicts; return what was said of those that are errors."""
    errors = []
    rows = samples.select(KEY).rows()
    for place, verdict in judge(_asked(samples)):
        row = (*rows[place], todo.name, todo.version, *verdict)
        writer.add([row], len(verdict.answer or ""))
        beat.update(errors=int(verdict.outcome == "error"))
        if verdict.outcome == "error":
            errors.append(verdict.detail or "no reason was given")
    return errors


def _run_folders(folder: Path, runs: Sequence[str] | None) -> list[Path]:
    shards = folder / "shards"
    found = sorted(path.parent.name for path in shards.glob("*/run.json"))
    if not found:
        raise ValueError(f"There are no runs in {shards}: make some with `passband generate`.")
    for run in runs or []:
        one_of(run, found, "run", str(shards))
    return [shards / run for run in (found if runs is None else runs)]
