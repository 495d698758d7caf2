"""Logs of other harnesses, texts that others wrote, as shards of a study; and its audits.

    import_files([Path("test_qwen-boxed_-1_seed0_t0.6_s0_e-1.jsonl")], Path("my-study"), role="rl")

Every format is a module: `recognises(peek)` says why a file is of it, and `read(source)` turns its
records into what is found in them (found.py), which taking_in.py writes. What the files do not tell
(facts.py) is given as arguments, and arguments go before files.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.importers import audits, counts, limit_of_rlvr, texts
from store.importers.facts import Facts, Imported, run_from
from store.importers.opening import Source, untold
from store.importers.peek import peek
from store.importers.taking_in import first_facts, take_in

__all__ = ["FORMATS", "Facts", "Imported", "Recognised", "detect", "import_files", "recognise"]

# In this order a file is tried: the more particular first.
READERS: dict[str, Any] = {
    "counts": counts,
    "limit-of-rlvr": limit_of_rlvr,
}
# These write by themselves: import_files(paths, study, facts).
OTHERS: dict[str, Any] = {
    "audits": audits,
    "texts": texts,
}
FORMATS = {**READERS, **OTHERS}


@dataclass(frozen=True)
class Recognised:
    """What a file is, and why; `told` are the facts of the runs in its first records."""

    path: Path
    format: str
    why: str
    told: tuple[Facts, ...] = ()


def detect(path: Path) -> str:
    """The name of the format of this file. Raises ValueError where it is none that we know."""
    return recognise(path, look=False).format


def recognise(path: Path, format: str = "auto", look: bool = True) -> Recognised:
    """What this file is and why, and what its first records tell of their runs.

    Raises ValueError where it has no format that we know.
    """
    seen = peek(path)
    for name in FORMATS if format == "auto" else [format]:
        if why := FORMATS[name].recognises(seen):
            told = first_facts(Source(path), READERS[name].read) if look and name in READERS else ()
            return Recognised(path, name, why, told)
    if format != "auto":
        return Recognised(path, format, "as was said")
    known = ", ".join(FORMATS)
    raise ValueError(
        f"{path} has none of the formats that are recognised ({known}). Name its columns to import "
        "it as a table: --format table --field problem_id=… --field completion=… --field correct=…"
    )


def files_of(paths: Sequence[Path], format: str) -> Iterator[Recognised | str]:
    """Every file, those in folders too; of a folder's files that are nothing we know, why."""
    for path in paths:
        if not path.is_dir():
            yield recognise(path, format, look=False)
            continue
        for inner in sorted(each for each in path.rglob("*") if each.is_file()):
            try:
                yield recognise(inner, format, look=False)
            except ValueError:
                yield f"{inner.relative_to(path)}, which has no format that is recognised"


def import_files(
    paths: Sequence[Path],
    study: Path,
    format: str = "auto",
    fields: Mapping[str, str] | None = None,
    dry: bool = False,
    again: str = "ask",
    progress: Callable[[int, int], None] = untold,
    **given: Any,
) -> Imported:
    """Write the files' samples or counts as shards of the study, or add their audits to its own;
    say what was written and left out. `given` are Facts; `fields` names what of a file is what.

    With `dry` nothing is written. `again` says what to do with a file that has changed since it was
    imported: ask, replace or pool. Raises ValueError, in one sentence, where a file cannot be read
    or what is needed is not known; then nothing is written of that file.
    """
    if format not in ("auto", *FORMATS):
        raise ValueError(f"There is no format {format}. Known: auto, {', '.join(FORMATS)}.")
    facts = Facts(
        **{**given, "problems": tuple(given["problems"])} if given.get("problems") else given
    )
    files = list(files_of(paths, format))
    check_runs([each for each in files if isinstance(each, Recognised)], facts)
    total = Imported()
    for each in files:
        if isinstance(each, str):
            total += Imported(left_out={f"file: {each}": 1})
        else:
            total += import_file(each, study, facts, fields or {}, dry, again, progress)
    return total


def check_runs(files: Sequence[Recognised], given: Facts) -> None:
    """Raise ValueError, before anything is written, where a file lacks facts of its runs, or files
    of different training steps would be pooled into one run.
    """
    steps: dict[str, tuple[Path, int | None]] = {}
    for file in files:
        if file.format not in READERS:
            continue
        for told in first_facts(Source(file.path), READERS[file.format].read):
            run = run_from(given.over(told), file.path, file.format)
            path, step = steps.setdefault(run.run_id, (file.path, run.model.step))
            if step != run.model.step:
                raise ValueError(
                    f"{path} and {file.path} are of different training steps and would be one run: "
                    "import them without --model, or one by one, each with its own."
                )


def import_file(
    file: Recognised,
    study: Path,
    facts: Facts,
    fields: Mapping[str, str],
    dry: bool,
    again: str,
    progress: Callable[[int, int], None],
) -> Imported:
    """Import one file."""
    said = Imported(recognised={file.path.name: f"{file.format}: {file.why}"})
    if file.format in READERS:
        source = Source(file.path, facts, fields, progress)
        reader = READERS[file.format].read
        return said + take_in(source, file.format, reader, study, dry, again)
    if dry:
        return said + Imported(dry=True)
    imported: Imported = OTHERS[file.format].import_files([file.path], study, facts)
    return said + imported
