"""What a trace of verifiers tells of its run, and what stands beside it.

outputs/ENVIRONMENT--MODEL--HARNESS/ID/traces.jsonl, with config.toml.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from store.importers.facts import Facts
from store.importers.found import said
from store.importers.verifiers_results import folders_of, fraction

CONFIG = "config.toml"


def told_by_trace(trace: Mapping[str, object]) -> Facts:
    """The model and the sampling of its calls, or of its agent."""
    agent = inner(inner(trace, "agent"), "config")
    calls = trace.get("calls")
    call = next((c for c in calls if isinstance(c, Mapping)), {}) if isinstance(calls, list) else {}
    return settings(call).over(settings(agent))


def settings(found: Mapping[str, object]) -> Facts:
    """A model with how it is sampled."""
    sampling = inner(found, "sampling")
    longest = sampling.get("max_tokens") or sampling.get("max_completion_tokens")
    return Facts(
        model=said(found.get("model")),
        temperature=fraction(sampling.get("temperature")),
        top_p=fraction(sampling.get("top_p")),
        max_tokens=longest if isinstance(longest, int) else None,
    )


def inner(found: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The object of this name; empty where there is none."""
    value = found.get(name)
    return value if isinstance(value, Mapping) else {}


def beside(path: Path) -> Facts:
    """What config.toml tells, or else the folders. Raises ValueError where it is damaged."""
    return told_by_config(path.with_name(CONFIG)).over(told_by_folders(path))


def told_by_config(path: Path) -> Facts:
    """The model, the environment and how samples were drawn."""
    if not path.is_file():
        return Facts()
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}.") from error
    tasks = inner(found, "taskset")
    return Facts(benchmark=said(tasks.get("id") or tasks.get("name"))).over(settings(found))


def told_by_folders(path: Path) -> Facts:
    """ENVIRONMENT--MODEL--HARNESS, in which the model's own slash is -- too."""
    split = (name.split("--") for name in reversed(folders_of(path)) if name.count("--") > 1)
    named = next(split, None)
    return Facts(model="/".join(named[1:-1]), benchmark=named[0]) if named else Facts()
