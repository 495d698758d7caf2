"""Samples and results of EvalPlus (HumanEval+, MBPP+), and of HumanEval's and BigCodeBench's tools.

`X.jsonl` has a line for each sample, a task_id with its solution (the whole program) or completion;
`X_eval_results.json`, also `X.eval_results.json`, has the verdicts and, since v0.2, the programs
too, so that either file can be imported, and both bring the samples once. Where `X.raw.jsonl` lies
beside them, the completion is the text before it was sanitised, and the program is the answer.

The main verifier, `evalplus`, is true where base and extra tests are passed; `evalplus:base` and
`evalplus:plus` are those of its parts. A program that runs out of time is wrong. Results that were
made with the base tests alone have `evalplus:base` alone. Samples without results are not judged. A
layout with a folder for each task comes in by its eval_results.json. HumanEval's own results, lines
with `passed`, are of `human-eval`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from store.importers.evalplus_results import (
    OTHER_COUNT,
    UNJUDGED,
    Texts,
    graded,
    raw_beside,
    results_beside,
    samples_beside,
    short_digest,
    verdicts,
)
from store.importers.facts import Facts
from store.importers.found import (
    Bad,
    Drawn,
    Found,
    Unfit,
    Verdict,
    flag_of,
    id_of,
    needed,
    outcome_of,
    said,
    text_of,
)
from store.importers.opening import Source, excerpt, json_lines, json_pairs, understood
from store.importers.peek import Peek

BENCHMARKS = {"HumanEval": "HumanEval+", "Mbpp": "MBPP+", "BigCodeBench": "BigCodeBench"}
NAME = re.compile(
    r"(?P<model>.+?)(?:_(?:vllm|hf|openai|anthropic|google|bedrock|ollama|gptqmodel|hf_gaudi))?"
    r"_temp_(?P<temperature>\d+(?:\.\d+)?)(?:[-_.].*)?$"
)
TASK = re.compile(r"[A-Za-z_]+/\d+$")
PROGRAM = re.compile(r"(?P<task>[A-Za-z]+_\d+)$")  # the folder of a task in the older layout


def recognises(peek: Peek) -> str | None:
    """Lines with task_id and a program, or an object with eval."""
    if unsanitised(peek.path) or with_results(peek.path):
        return None
    if peek.kind == "jsonl" and peek.has("task_id", "completion", "passed"):
        return (
            "lines with task_id, completion and passed, as HumanEval's own evaluation writes them"
        )
    named = TASK.match(str(peek.first.get("task_id")))
    if peek.kind == "jsonl" and named and peek.has_any("solution", "completion"):
        judged = " with results beside it" if results_beside(peek.path) else ""
        return f"lines with task_id and solution, as EvalPlus reads them,{judged or ' not judged'}"
    if peek.kind == "json-object" and is_results(peek.first.get("eval")):
        return "an object with eval by task_id, as EvalPlus writes its results"
    if is_program(peek.path):
        return "one program of a folder for each task, as EvalPlus wrote them"
    return None


def is_results(tasks: object) -> bool:
    """Whether this is verdicts by task: lists of samples, or an object with base and plus."""
    if not isinstance(tasks, Mapping):
        return False
    first = next(iter(tasks.values()), None)
    if isinstance(first, list):
        keys = {"solution", "base_status", "status"}
        return not first or (isinstance(first[0], Mapping) and bool(keys & set(first[0])))
    return isinstance(first, Mapping) and "base" in first


def companion(peek: Peek) -> str | None:
    """What is read along with another file: samples with results, texts before sanitising."""
    if unsanitised(peek.path):
        return "the texts before they were sanitised, read with the samples"
    if with_results(peek.path):
        return "a program that eval_results.json has with its verdict"
    return None


def unsanitised(path: Path) -> bool:
    """Whether this is X.raw.jsonl beside X.jsonl or its results."""
    if not path.name.endswith(".raw.jsonl"):
        return False
    samples = path.with_name(path.name.replace(".raw.jsonl", ".jsonl"))
    return samples.is_file() or results_beside(samples) is not None


def is_program(path: Path) -> bool:
    """Whether this is <task>/<number>.py."""
    return path.suffix == ".py" and bool(PROGRAM.match(path.parent.name))


def with_results(path: Path) -> bool:
    """Whether this is a program in a folder that has results, or its text before sanitising."""
    layout = path.parent.parent
    judged = (layout / "eval_results.json").is_file() or layout.suffix == ".raw"
    return is_program(path) and judged


def read(source: Source) -> Iterator[Found | Bad]:
    """Every sample; with its verdicts where there are results."""
    path = source.path
    if path.suffix == ".py":
        raise ValueError(
            f"{path} is one program of a folder: import the eval_results.json that EvalPlus writes "
            "into that folder, or JSONL with a task_id and a solution on each line."
        )
    results = path if ".jsonl" not in path.suffixes else results_beside(path)
    if results is None or ".jsonl" in results.suffixes:
        return lines(replace(source, path=results or path))
    return judged(replace(source, path=results))


def facts_of(path: Path, task_id: str) -> Facts:
    """What the path and a task tell of the run."""
    name = path.parent.name if path.name == "eval_results.json" else path.name
    match = NAME.match(re.sub(r"([._]eval_results)?(\.raw)?\.jsonl?(\.gz|\.zst)?$", "", name))
    return Facts(
        model=match["model"].replace("--", "/") if match else None,
        benchmark=BENCHMARKS.get(task_id.partition("/")[0]),
        temperature=float(match["temperature"]) if match else None,
    )


def judged(source: Source) -> Iterator[Found | Bad]:
    """The samples of each task with their verdicts."""
    samples = samples_beside(source.path)
    identity = short_digest(samples or source.path)
    programs, raws = Texts.of(samples), Texts.of(raw_beside(source.path))
    for pair in json_pairs(source, "eval"):
        if isinstance(pair, Bad):
            yield pair
            continue
        task_id, entries = pair
        try:
            drawn = list(graded(task_id, entries, programs, raws, source.path))
        except Unfit as error:
            yield Bad(f"task {task_id}", error.field, error.reason, excerpt(entries))
            continue
        yield Found(
            f"task {task_id}",
            task_id,
            [
                replace(sample, uid=f"evalplus:{identity}:{task_id}:{number}")
                for number, sample in enumerate(drawn)
            ],
            facts_of(source.path, task_id),
            notes={OTHER_COUNT: 1} if raws.count(task_id) not in (0, len(drawn)) else {},
            left_out=more_than(programs.count(task_id), len(drawn)),
        )


def more_than(samples: int, judged: int) -> dict[str, int]:
    """The samples of a task that its results do not have."""
    return {UNJUDGED: samples - judged} if samples > judged else {}


# samples without results


def lines(source: Source) -> Iterator[Found | Bad]:
    """Samples line by line."""
    identity, count = short_digest(source.path), Counter[str]()

    def understand(where: str, fields: dict[str, object]) -> list[Found]:
        task_id = id_of(needed(fields, "task_id"), "task_id")
        text = text_of(needed(fields, "solution", "completion"), "solution")
        judged = verdicts_of(fields, text)
        uid = f"evalplus:{identity}:{task_id}:{count[task_id]}"
        count[task_id] += 1
        drawn = Drawn(text, judged, uid=uid)
        return [Found(where, task_id, [drawn], facts_of(source.path, task_id))]

    return understood(json_lines(source), understand)


def verdicts_of(fields: Mapping[str, object], text: str) -> tuple[Verdict, ...]:
    """The verdicts that a line may have itself."""
    if "passed" in fields:
        return (verdict_of_human_eval(fields, text),)
    if fields.get("base_status") is not None:
        return verdicts(text, fields["base_status"], fields.get("plus_status"))
    return ()


def verdict_of_human_eval(fields: Mapping[str, object], text: str) -> Verdict:
    """The verdict of HumanEval's own evaluation."""
    correct = flag_of(fields.get("passed"), "passed")
    return Verdict(
        "human-eval",
        outcome_of(correct, bool(text.strip())),
        detail=None if correct else said(fields.get("result")),
    )
