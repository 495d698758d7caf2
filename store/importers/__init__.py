"""Logs of other harnesses, texts that others wrote, as shards of a study; and its audits.

    import_files([Path("test_qwen-boxed_-1_seed0_t0.6_s0_e-1.jsonl")], Path("my-study"), role="rl")

Every format is a module with two functions: `recognises(path)` and `import_files(paths, study,
facts)`. What the files do not tell (facts.py) is given as arguments, and arguments go before files.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from store.importers import audits, counts, limit_of_rlvr, texts
from store.importers.facts import Facts, Imported

__all__ = ["FORMATS", "Facts", "Imported", "detect", "import_files"]

FORMATS = {
    "counts": counts,
    "limit-of-rlvr": limit_of_rlvr,
    "texts": texts,
    "audits": audits,
}


def detect(path: Path) -> str:
    """The name of the format of this file. Raises ValueError where it is none that we know."""
    if not path.is_file():
        raise ValueError(f"{path} is not a file. Name the files to import, one by one.")
    for name, module in FORMATS.items():
        if module.recognises(path):
            return name
    raise ValueError(f"{path} has none of the formats that can be imported: {', '.join(FORMATS)}.")


def import_files(
    paths: Sequence[Path],
    study: Path,
    format: str = "auto",
    model: str | None = None,
    role: str | None = None,
    benchmark: str | None = None,
    prompt_template: str | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    max_tokens: int | None = None,
    parent: str | None = None,
    algorithm: str | None = None,
    step: int | None = None,
    problems: Sequence[Mapping[str, object]] | None = None,
) -> Imported:
    """Write the files' samples or counts as shards of the study, or add their audits to its own;
    say what was written and left out.

    `problems` are the benchmark's own, for texts about a benchmark that the study has no run of.

    Raises ValueError, in one sentence, where a file cannot be read or what is needed is not known;
    then nothing is written of the files of that format.
    """
    if format not in ("auto", *FORMATS):
        raise ValueError(f"There is no format {format}. Known: auto, {', '.join(FORMATS)}.")
    facts = Facts(
        model=model,
        role=role,
        benchmark=benchmark,
        prompt_template=prompt_template,
        temperature=temperature,
        top_p=top_p,
        max_tokens=max_tokens,
        parent=parent,
        algorithm=algorithm,
        step=step,
        problems=None if problems is None else tuple(problems),
    )
    by_format: dict[str, list[Path]] = {}
    for path in paths:
        found = detect(path) if format == "auto" else format
        by_format.setdefault(found, []).append(path)
    parts = [FORMATS[name].import_files(group, study, facts) for name, group in by_format.items()]
    return sum(parts, start=Imported())
