"""Results of verifiers and prime-rl before version 1: results.jsonl beside metadata.json.

One line a rollout: example_id (first versions: id), prompt, completion, answer, reward, error,
is_completed, is_truncated, stop_condition, metrics, token_usage. The model, the environment and the
settings of sampling stand in metadata.json, or in the name of the folder above, ENV--MODEL. The
verdict is `reward`, the weighted sum; a metric or one reward by its name: `--field correct=…`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from store.importers.facts import Facts
from store.importers.found import Bad, Drawn, Found, id_of, needed, said, shown, whole_of
from store.importers.messages import prompt_text, question_of, spoken
from store.importers.opening import Source, json_lines, understood
from store.importers.peek import Peek
from store.importers.rewards import Judged, Rewards, detail_of, reference_of

KNOWN = {
    "example_id", "id", "prompt", "completion", "answer", "info", "task", "error", "timing",
    "metrics", "is_completed", "is_truncated", "stop_condition", "tool_defs", "token_usage",
    "generation_ms", "scoring_ms", "total_ms", "error_chain", "long_error_chain", "trajectory",
}  # fmt: skip
METADATA = "metadata.json"
STEP = re.compile(r"step_(\d{1,9})")


def recognises(peek: Peek) -> str | None:
    """JSONL whose lines have an example, a prompt, a completion and a reward."""
    if peek.kind != "jsonl" or not peek.has("prompt", "completion", "reward"):
        return None
    if "example_id" in peek.names or peek.has("id", "task"):
        return "lines with example_id, completion and reward, as verifiers and prime-rl write them"
    return None


def companion(peek: Peek) -> str | None:
    """The metadata beside the results."""
    if peek.kind == "json-object" and peek.has("num_examples", "rollouts_per_example"):
        return "metadata of results of verifiers"
    return None


def read(source: Source) -> Iterator[Found | Bad]:
    """Each line's rollout."""
    chosen = source.fields.get("correct", "reward")
    rewards = Rewards.of("verifiers", source).seen(source, json_lines, reward_of, chosen)
    facts = told_beside(source.path).at_step(step_of(source.path), source.given)

    def line(where: str, fields: dict[str, object]) -> Sequence[Found]:
        return [found(where, fields, facts, rewards, chosen)]

    return understood(json_lines(source), line)


def told_beside(path: Path) -> Facts:
    """What the metadata tell, or the folders. Raises ValueError where the metadata are damaged."""
    beside = path.with_name(METADATA)
    folders = told_by_folders(path)
    if not beside.is_file():
        return folders
    try:
        found = json.loads(beside.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{beside} cannot be read as metadata: {error}.") from error
    return told_by_metadata(found if isinstance(found, dict) else {}).over(folders)


def told_by_metadata(found: Mapping[str, object]) -> Facts:
    """The model, the environment and how samples were drawn."""
    given = found.get("sampling_args")
    sampling = {**found, **given} if isinstance(given, Mapping) else dict(found)
    longest = sampling.get("max_tokens") or sampling.get("max_completion_tokens")
    return Facts(
        model=said(found.get("model")),
        benchmark=said(found.get("env_id") or found.get("env")),
        temperature=fraction(sampling.get("temperature")),
        top_p=fraction(sampling.get("top_p")),
        max_tokens=longest if isinstance(longest, int) else None,
    )


def fraction(value: object) -> float | None:
    """A setting that is a number."""
    good = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if good else None  # type: ignore[arg-type]


def told_by_folders(path: Path) -> Facts:
    """ENV--MODEL, in which the model's own slash is -- too."""
    named = next((name for name in reversed(folders_of(path)) if "--" in name), None)
    if named is None:
        return Facts()
    environment, _, model = named.partition("--")
    return Facts(model=model.replace("--", "/", 1), benchmark=environment)


def step_of(path: Path) -> int | None:
    """The training step that a folder step_N tells."""
    matches = (STEP.fullmatch(name) for name in folders_of(path))
    return next((int(match[1]) for match in matches if match), None)


def folders_of(path: Path) -> tuple[str, ...]:
    """The names of the nearest folders that the file is in."""
    return path.absolute().parts[-4:-1]


def found(
    where: str, fields: Mapping[str, object], facts: Facts, rewards: Rewards, chosen: str
) -> Found:
    """One line."""
    problem_id = id_of(needed(fields, "example_id", "id"), "example_id")
    written = spoken(needed(fields, "completion"))
    verdict = judged(fields, rewards, chosen)
    prompt = fields.get("prompt")
    return Found(
        where,
        problem_id,
        [Drawn(written.text, verdict.verdicts, ending(fields), tokens(fields))],
        facts,
        None if prompt is None else question_of(prompt),
        reference_of(fields.get("answer")),
        metadata=metadata(fields),
        prompt=None if prompt is None else prompt_text(prompt),
        notes={**written.notes(), **verdict.notes},
    )


def judged(fields: Mapping[str, object], rewards: Rewards, chosen: str) -> Judged:
    """The verdict; a rollout that failed has the reward 0 and was not judged."""
    if error := fields.get("error"):
        return rewards.failed(chosen, shown(error))
    there = with_metrics(fields)
    others = {name: value for name, value in there.items() if name not in {*KNOWN, chosen}}
    return rewards.judged(chosen, needed(there, chosen), detail=detail_of(others))


def with_metrics(fields: Mapping[str, object]) -> Mapping[str, object]:
    """The fields, and the metrics as further ones."""
    metrics = fields.get("metrics")
    return {**metrics, **fields} if isinstance(metrics, Mapping) else fields


def reward_of(fields: Mapping[str, object], chosen: str | None) -> object:
    """The reward that is the verdict; a rollout that failed has none."""
    return None if fields.get("error") else with_metrics(fields).get(chosen or "reward")


def ending(fields: Mapping[str, object]) -> str | None:
    """Why the rollout ended."""
    if fields.get("is_truncated"):
        return "length"
    return "stop" if fields.get("is_completed") else said(fields.get("stop_condition"))


def tokens(fields: Mapping[str, object]) -> int | None:
    """How many tokens the model wrote."""
    usage = fields.get("token_usage")
    count = usage.get("output_tokens") if isinstance(usage, Mapping) else None
    return None if count is None else whole_of(count, "token_usage.output_tokens")


def metadata(fields: Mapping[str, object]) -> dict[str, object] | None:
    """What else is said of the problem."""
    kept = {name: fields[name] for name in ("task", "info") if fields.get(name)}
    return kept or None
