"""Bringing dropped files into the study, judging what they have no verdicts on, and publishing."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from generation.usual_verifier import usual_verifier
from store.build import publish
from store.importers import Imported, Recognised, import_files, recognise
from store.importers.found import Bad
from store.scratch import scratch

Told = Callable[[float, str], None]  # how much is done, 0 to 1, and of what


class Dropped(Protocol):
    """A file as the browser sent it."""

    name: str

    def getbuffer(self) -> memoryview:
        """Its bytes."""


USUAL = "the usual verifier"


@dataclass(frozen=True)
class Wanted:
    """What is to come in: facts of Facts, the fields that were named, and what was said of files
    that have changed."""

    facts: Mapping[str, object]
    fields: Mapping[str, str]
    format: str = "auto"
    again: str = "ask"
    verifier: str | None = USUAL  # None: leave samples without verdicts unjudged


@contextmanager
def kept(dropped: Sequence[Dropped]) -> Iterator[list[Path]]:
    """The files in a folder outside the study for a while, side by side under their own names.

    Raises ValueError where two have the same name.
    """
    names = [Path(each.name.replace("\\", "/")).name or "file" for each in dropped]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"Two files are called {twice}: import them one after the other.")
    folder = Path(tempfile.mkdtemp(prefix="import-", dir=scratch()))
    try:
        for name, each in zip(names, dropped, strict=True):
            (folder / name).write_bytes(each.getbuffer())
        yield [folder / name for name in names]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def recognised(
    paths: Sequence[Path], format: str, fields: Mapping[str, str]
) -> list[Recognised | str]:
    """What each file is; or why it is nothing that can be imported, in a sentence."""
    found: list[Recognised | str] = []
    for path in paths:
        try:
            found.append(recognise(path, format, fields=fields))
        except ValueError as error:
            found.append(str(error).replace(f"{path.parent}/", ""))
    return found


def try_files(dropped: Sequence[Dropped], study: Path, wanted: Wanted) -> Imported:
    """What would come in. Raises ValueError in a sentence for the reader."""
    return bring_in(dropped, study, wanted, lambda *_: None, dry=True)


def bring_in(
    dropped: Sequence[Dropped], study: Path, wanted: Wanted, told: Told, dry: bool = False
) -> Imported:
    """Import the files that are recognised, judge and publish; with `dry` only say what would come
    in.

    Raises ValueError in a sentence for the reader.
    """
    with kept(dropped) as paths:
        folder = f"{paths[0].parent}/" if paths else ""
        try:
            imported = import_files(
                [
                    each.path
                    for each in recognised(paths, wanted.format, wanted.fields)
                    if isinstance(each, Recognised)
                ],
                study,
                wanted.format,
                wanted.fields,
                dry,
                wanted.again,
                lambda done, total: told(done / max(total, 1), "Reading"),
                uploaded=True,
                **wanted.facts,
            )
        except ValueError as error:
            raise ValueError(str(error).replace(folder, "")) from error
    if not dry:
        for run, verifier in judges(study, imported.unjudged, wanted.verifier):
            told(1.0, f"Judging {run} with {verifier}")
            judge(study, run, verifier)
        publish(study, lambda step: told(1.0, f"Publishing: {step}"))
    return imported


def judges(study: Path, runs: Sequence[str], wanted: str | None) -> Iterator[tuple[str, str]]:
    """Each run and the verifier that judges it; none where the problems have no references."""
    for run in runs if wanted else ():
        usual = usual_verifier(study / "shards" / run) if wanted == USUAL else None
        if wanted and wanted != USUAL:
            yield run, wanted
        elif usual:
            yield run, usual.verifier


def judge(study: Path, run: str, verifier: str) -> None:
    """Have the verifier judge this run, in a process of its own.

    Raises ValueError with what it said last; what was imported stays.
    """
    command = [sys.executable, "-c", COMMAND, "verify", "--study", str(study)]
    command += ["--verifier", verifier, "--run", run]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        publish(study)
        raise ValueError(
            f"The samples are imported, but {verifier} could not judge them: {said[0]}"
        )


ROOT = Path(__file__).parents[1]
COMMAND = "from app.cli import main; main()"


def bad_rows(bad: Sequence[Bad]) -> pl.DataFrame:
    """A row per record that is left out."""
    schema = {"where": pl.String, "field": pl.String, "reason": pl.String}
    rows = [(each.where, each.field, each.reason) for each in bad]
    return pl.DataFrame(rows, schema=schema, orient="row")
