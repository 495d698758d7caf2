"""Samples of Large Language Monkeys (Brown et al., arXiv 2407.21787): a YAML file is a problem.

`samples` has its completions and `is_corrects` the verdicts (`is_correct` in the README of that
code); without these nothing is judged. The problem's id is the file's name. A folder of such files
is one run, which only the one who imports it can name. The same samples come in once, be it from
the folder in which they were generated or from that in which they were evaluated.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence

import yaml

from store.importers.found import (
    Bad,
    Drawn,
    Found,
    Unfit,
    Verdict,
    clean,
    flag_of,
    list_of,
    needed,
    outcome_of,
    said,
    texts_of,
)
from store.importers.opening import Source, opened
from store.importers.peek import HEAD, Peek

VERIFIER = "large-language-monkeys"
LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as fast
KEY = re.compile(
    rb"^(samples|is_corrects?|gt_answer|test_cases|theorem_name|question|prompt):", re.MULTILINE
)
BOX = "\\boxed{"
RAGGED = "samples or verdicts without each other"


def recognises(peek: Peek) -> str | None:
    """YAML with samples, beside a question or verdicts."""
    if peek.kind not in ("yaml", "unknown", "csv") or peek.has_any("problem_id"):
        return None
    with opened(Source(peek.path)) as file:
        keys = {match.decode() for match in KEY.findall(file.read(HEAD))}
    if "samples" in keys and keys - {"samples"}:
        return "YAML with samples of one problem, as Large Language Monkeys writes it"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """The problem of this file. Raises ValueError where it is no YAML."""
    with opened(source) as file:
        try:
            fields = yaml.load(file, Loader=LOADER)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            reason = " ".join(str(error).split())
            raise ValueError(f"{source.path} is not YAML: {reason}.") from error
    try:
        yield problem(re.sub(r"\.ya?ml(\.gz|\.zst)?$", "", source.path.name), fields)
    except Unfit as error:
        yield Bad("file", error.field, error.reason, str(fields)[:2000])


def problem(name: str, fields: object) -> Found:
    """The problem, checked: every sample must be a text, every verdict true or false."""
    if not isinstance(fields, Mapping):
        raise Unfit("samples", "is missing")
    texts = texts_of(needed(fields, "samples"), "samples")
    flags = verdicts(fields)
    n = len(texts) if flags is None else min(len(texts), len(flags))
    left = 0 if flags is None else len(texts) + len(flags) - 2 * n
    truth = said(fields.get("gt_answer"))
    return Found(
        "file",
        name,
        samples(texts[:n], flags, fields.get("solutions")),
        question=said(fields.get("question")),
        reference=gold(truth),
        metadata=metadata(fields, truth),
        prompt=said(fields.get("prompt")),
        position=int(name) if name.isdecimal() and len(name) < 12 else None,
        seed=draw_of(texts),
        left_out={RAGGED: left} if left else {},
    )


def verdicts(fields: Mapping[str, object]) -> list[bool] | None:
    """The verdicts; None where the file has none."""
    for name in ("is_corrects", "is_correct"):
        if fields.get(name) is not None:
            return [flag_of(each, name) for each in list_of(fields[name], name)]
    return None


def samples(texts: Sequence[str], flags: Sequence[bool] | None, solutions: object) -> list[Drawn]:
    """The samples; of code the program that was found in each is the answer."""
    if flags is None:
        return [Drawn(text) for text in texts]
    if solutions is None:
        return [
            Drawn(text, (Verdict(VERIFIER, outcome_of(correct)),))
            for text, correct in zip(texts, flags, strict=False)
        ]
    found = list_of(solutions, "solutions")
    if len(found) < len(texts):
        raise Unfit("solutions", f"has {len(found)} items, and must have {len(texts)}")
    return [
        Drawn(text, (Verdict(VERIFIER, outcome_of(correct, bool(code)), said(code)),))
        for text, correct, code in zip(texts, flags, found, strict=False)
    ]


def draw_of(texts: Sequence[str]) -> str:
    """Tells one draw of samples from another, so that the same is not taken in twice."""
    whole = hashlib.sha256()
    for text in texts:
        whole.update(f"{len(text)} {text}".encode())
    return whole.hexdigest()[:12]


def gold(truth: str | None) -> str | None:
    """The answer in a solution: after the last ####, in the last box, or all of it."""
    if truth is None:
        return None
    if "####" in truth:
        return truth.rpartition("####")[2].strip()
    return boxed(truth) or truth


def boxed(text: str) -> str | None:
    """What stands in the last box."""
    start = text.rfind(BOX)
    depth = 1
    for end in range(start + len(BOX), len(text) if start >= 0 else 0):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if depth == 0:
            return clean(text[start + len(BOX) : end]).strip() or None
    return None


def metadata(fields: Mapping[str, object], truth: str | None) -> dict[str, object]:
    """What else the file says of the problem; tests of code are too large to be kept."""
    kept = {name: fields[name] for name in ("theorem_name", "timeout") if fields.get(name)}
    if truth is not None and gold(truth) != truth:
        kept["solution"] = truth
    cases = fields.get("test_cases")
    if isinstance(cases, Mapping) and isinstance(cases.get("input"), list):
        kept["tests"] = len(cases["input"])
    return kept
