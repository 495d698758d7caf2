"""The whole job of a study: sample, verify and score what is still missing.

Killed at any moment, it is simply started again: what is in a shard is kept, everything else is
drawn again.
"""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from generation import engines
from generation.lock import remove_unfinished, study_lock
from generation.plan import (
    PlannedRun,
    PlanRow,
    lacks_problems,
    missing_ranges,
    plan,
    planned_runs,
    surplus,
)
from generation.progress import say
from generation.sampling import prepared, sample_run
from generation.scoring import score_runs
from generation.shard_writer import Pace
from generation.study import Study, load_study
from generation.study_file import one_of
from generation.verification import verify_runs
from store.runs import Model, read_run


class Summary(NamedTuple):
    """What was missing when the job began, and what the user should know about it."""

    study: str
    folder: Path
    rows: list[PlanRow]
    notes: list[str]


def generate(
    study_file: Path,
    folder: Path | None = None,
    engine: str | None = None,
    dry_run: bool = False,
    pace: Pace | None = None,
) -> Summary:
    """Make what the study lacks, in `folder` (by default the study file's own).

    `engine` overrides the study's; `dry_run` only says what is missing. Raises ValueError with one
    sentence on any mistake of the user.
    """
    study = load_study(study_file)
    if engine is not None:
        study = replace(study, engine=one_of(engine, engines.MODULES, "engine", "the command"))
    folder = study_file.parent if folder is None else folder
    if dry_run:
        return _summary(study, folder)
    with study_lock(folder):
        summary = _summary(study, folder)
        _make(study, folder, pace or Pace())
    return summary


def _summary(study: Study, folder: Path) -> Summary:
    notes = [note for planned in planned_runs(study, folder) for note in _notes(planned)]
    return Summary(study.name, folder, plan(study, folder), notes)


def _notes(planned: PlannedRun) -> list[str]:
    notes = []
    if kept := surplus(planned):
        notes.append(
            f"{planned.run.run_id} holds {kept} samples beyond n = {planned.benchmark.n}; "
            "they are kept."
        )
    if (planned.folder / "run.json").exists():
        seed = read_run(planned.folder).seed
        if seed != planned.run.seed:
            notes.append(
                f"{planned.run.run_id} was begun with seed {seed}; what is missing is drawn with "
                f"seed {planned.run.seed}."
            )
    return notes


def _make(study: Study, folder: Path, pace: Pace) -> None:
    planned = planned_runs(study, folder)
    remove_unfinished([run.folder for run in planned])
    _copy_training_logs(study, folder)
    for entry in study.models:
        runs = [run for run in planned if run.run.model == entry.model]
        _sample_model(study.engine, entry.model, runs, pace)
    verify_runs({run.folder: run.benchmark.verifier for run in planned})
    score_runs(study, folder, study.scores, study.engine, pace)


def _sample_model(engine: str, model: Model, runs: Sequence[PlannedRun], pace: Pace) -> None:
    """Load the model only if one of its runs lacks samples; free it before the next is loaded."""
    missing = [
        (run, ranges) for run in runs if (ranges := missing_ranges(run)) or lacks_problems(run)
    ]
    if not missing:
        return
    say(f"loading {model.name} into {engine} to draw samples")
    loaded = engines.load(engine, model)
    try:
        # All prompts first: one that is too long is found before hours of sampling.
        for work in [prepared(run, ranges, loaded) for run, ranges in missing]:
            sample_run(work, loaded, pace)
    finally:
        loaded.close()


def _copy_training_logs(study: Study, folder: Path) -> None:
    """For the store, which reads nothing outside the study's folder."""
    for entry in study.models:
        if entry.training_log is not None:
            target = folder / "training_log" / f"{entry.model.name}.csv"
            target.parent.mkdir(parents=True, exist_ok=True)
            if entry.training_log != target.resolve():
                shutil.copyfile(entry.training_log, target)
