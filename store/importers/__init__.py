"""Logs of other harnesses, texts that others wrote, as shards of a study; and its audits.

    import_files([Path("test_qwen-boxed_-1_seed0_t0.6_s0_e-1.jsonl")], Path("my-study"), role="rl")

Every format is a module: `recognises(peek)` says why a file is of it, and `read(source)` turns its
records into what is found in them (found.py), which taking_in.py writes. What the files do not tell
(facts.py) is given as arguments, and arguments go before files.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from store.importers import (
    audits,
    chat,
    counts,
    deepcoder,
    docent,
    evalplus,
    evalscope,
    every_eval_ever,
    helm,
    inspect_ai,
    large_language_monkeys,
    lighteval,
    limit_of_rlvr,
    livecodebench,
    lm_eval,
    matharena,
    nemo_skills,
    open_instruct,
    opencompass,
    table,
    texts,
    trl,
    verifiers_results,
    verifiers_traces,
    verl,
)
from store.importers.facts import Facts, Imported, check_given, run_from
from store.importers.opening import Source, untold
from store.importers.peek import Peek, peek
from store.importers.taking_in import first_facts, take_in

__all__ = ["FORMATS", "Facts", "Imported", "Recognised", "detect", "import_files", "recognise"]

# In this order a file is tried: the more particular first.
READERS: dict[str, Any] = {
    "docent": docent,
    "every-eval-ever": every_eval_ever,
    "helm": helm,
    "evalscope": evalscope,
    "lighteval": lighteval,
    "lm-eval": lm_eval,
    "counts": counts,
    "inspect": inspect_ai,
    "limit-of-rlvr": limit_of_rlvr,
    "livecodebench": livecodebench,
    "evalplus": evalplus,
    "deepcoder": deepcoder,
    "large-language-monkeys": large_language_monkeys,
    "nemo-skills": nemo_skills,
    "matharena": matharena,
    "opencompass": opencompass,
    "verl": verl,
    "trl": trl,
    "open-instruct": open_instruct,
    "verifiers": verifiers_traces,
    "verifiers-0": verifiers_results,
    "chat": chat,
    "table": table,
}
# These write by themselves: import_files(paths, study, facts).
OTHERS: dict[str, Any] = {
    "audits": audits,
    "texts": texts,
}
# A table may be anything: what is ours is looked for before.
FORMATS = {"audits": audits, **READERS, **OTHERS}
# What these would take may belong to a file of another format.
GENERAL = ("table", "texts")


class UnknownFormatError(ValueError):
    """A file that is nothing we know."""


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


def recognise(
    path: Path, format: str = "auto", look: bool = True, fields: Mapping[str, str] | None = None
) -> Recognised:
    """What this file is and why, and what its first records tell of their runs.

    Raises ValueError where it has no format that we know.
    """
    seen = replace(peek(path), fields=fields or {})
    for name in FORMATS if format == "auto" else [format]:
        if name in GENERAL and format == "auto" and (belongs := companion(seen)):
            raise ValueError(f"{path} is {belongs}: import the file that it belongs to.")
        if why := FORMATS[name].recognises(seen):
            told = told_by(path, name, seen.fields) if look and name in READERS else ()
            return Recognised(path, name, why, told)
    if format != "auto":
        return Recognised(path, format, "as was said")
    known = ", ".join(FORMATS)
    raise UnknownFormatError(
        f"{path} has none of the formats that are recognised ({known}). Name its columns to import "
        "it as a table: --format table --field problem_id=… --field completion=… --field correct=…"
    )


def companion(seen: Peek) -> str | None:
    """What this file is, where it only goes with another one."""
    modules = (module for module in READERS.values() if hasattr(module, "companion"))
    return next((why for module in modules if (why := module.companion(seen))), None)


def told_by(path: Path, format: str, fields: Mapping[str, str]) -> tuple[Facts, ...]:
    """The facts in the first records; none where something must be chosen before they are read."""
    try:
        return first_facts(Source(path, fields=fields), READERS[format].read)
    except ValueError:
        return ()


def files_of(
    paths: Sequence[Path], format: str, fields: Mapping[str, str]
) -> Iterator[Recognised | str]:
    """Every file, those in folders too; of a folder's files that are nothing we know, why."""
    for path in paths:
        if not path.is_dir():
            yield recognise(path, format, False, fields)
            continue
        for inner in sorted(each for each in path.rglob("*") if each.is_file()):
            try:
                yield recognise(inner, format, False, fields)
            except UnknownFormatError:
                yield f"{inner.relative_to(path)}, which has no format that is recognised"
            except ValueError as error:
                yield str(error).replace(str(inner), str(inner.relative_to(path))).rstrip(".")


def import_files(
    paths: Sequence[Path],
    study: Path,
    format: str = "auto",
    fields: Mapping[str, str] | None = None,
    dry: bool = False,
    again: str = "ask",
    progress: Callable[[int, int], None] = untold,
    uploaded: bool = False,
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
    check_given(facts)
    files = list(files_of(paths, format, fields or {}))
    check_runs([each for each in files if isinstance(each, Recognised)], facts, fields or {}, paths)
    total = Imported()
    for each in files:
        if isinstance(each, str):
            total += Imported(left_out={f"file: {each}": 1})
        else:
            source = Source(each.path, facts, fields or {}, progress, uploaded)
            total += import_file(each, source, study, dry, again, each.path in paths)
    return total


def check_runs(
    files: Sequence[Recognised], given: Facts, fields: Mapping[str, str], named: Sequence[Path]
) -> None:
    """Raise ValueError, before anything is written, where a file lacks facts of its runs, or files
    of different training steps would be pooled into one run.
    """
    steps: dict[str, tuple[Path, int | None]] = {}
    for file in files:
        if file.format not in READERS:
            continue
        source = Source(file.path, given, fields)
        try:
            facts = first_facts(source, READERS[file.format].read)
        except ValueError:
            if file.path in named:
                raise
            continue  # said when it is its turn
        for told in facts:
            run = run_from(given.over(told), file.path, file.format)
            path, step = steps.setdefault(run.run_id, (file.path, run.model.step))
            if step != run.model.step:
                raise ValueError(
                    f"{path} and {file.path} are of different training steps and would be one run: "
                    "import them without --model, or one by one, each with its own."
                )


def import_file(
    file: Recognised, source: Source, study: Path, dry: bool, again: str, named: bool
) -> Imported:
    """Import one file. Where it was not `named` but found in a folder, and nothing of it can be
    imported, that is said, and other files follow.
    """
    said = Imported(recognised={file.path.name: f"{file.format}: {file.why}"})
    if file.format in READERS:
        reader = READERS[file.format].read
        try:
            return said + take_in(source, file.format, reader, study, dry, again)
        except ValueError as error:
            if named:
                raise
            return said + Imported(left_out={f"file: {str(error).rstrip('.')}": 1})
    if dry:
        return said + Imported(dry=True)
    imported: Imported = OTHERS[file.format].import_files([file.path], study, source.given)
    return said + imported
