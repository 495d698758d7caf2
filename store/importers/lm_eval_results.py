"""What the results of lm-evaluation-harness tell of the run, beside the samples that they go with:
results_DATE.json beside samples_TASK_DATE.jsonl. The harness names the folder for the model, with
two underscores for a slash; that is taken where there are no results.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from store.importers.beside import json_beside, mapping
from store.importers.facts import Facts
from store.importers.found import said

DATE = r"\d{4}-\d{2}-\d{2}T[\d.:-]*\d"
SAMPLES = re.compile(rf"samples_(?P<task>.+)_(?P<date>{DATE})\.jsonl(\.gz|\.zst)?")
NAMED = ("pretrained", "model", "path", "engine")
STEP = re.compile(r"step[-_]?(\d+)")


def told_beside(path: Path) -> Facts:
    """Model, task and shots, as far as the name, the folder and the results tell."""
    name = SAMPLES.fullmatch(path.name)
    task = name["task"] if name else None
    folder = path.absolute().parent.name
    told = Facts(model=folder.replace("__", "/") if "__" in folder else None, benchmark=task)
    results = results_of(path, name["date"] if name else None)
    return told_by(results, task).over(told)


def results_of(path: Path, date: str | None) -> Mapping[str, object]:
    """The results of the same date, or those without one; empty where there are none."""
    for name in ([f"results_{date}.json"] if date else []) + ["results.json"]:
        if found := json_beside(path.with_name(name)):
            return mapping(found)
    return {}


def told_by(results: Mapping[str, object], task: str | None) -> Facts:
    """What the results say of the model and of the prompt."""
    config, about = mapping(results.get("config")), mapping(results.get("configs"))
    arguments = arguments_of(config.get("model_args"))
    named = next((arguments[name] for name in NAMED if arguments.get(name)), None)
    facts = revised(said(results.get("model_name")) or said(named), said(arguments.get("revision")))
    if task is None and len(about) == 1:
        task = next(iter(about))
        facts = replace(facts, benchmark=task)
    shots = mapping(about.get(task or "")).get("num_fewshot")
    if shots is None:
        shots = mapping(results.get("n-shot")).get(task or "")
    parts = [f"{shots}-shot"] if isinstance(shots, int) else []
    if results.get("chat_template"):
        parts.append("chat")
    return replace(facts, prompt_template="+".join(parts) or None)


def arguments_of(given: object) -> Mapping[str, object]:
    """The model's arguments: an object, or as they stand on the command line."""
    if not isinstance(given, str):
        return mapping(given)
    return dict(part.split("=", 1) for part in given.split(",") if "=" in part)


def revised(model: str | None, revision: str | None) -> Facts:
    """The model; a revision other than the main one is a model of its own."""
    if model is None or revision in (None, "main"):
        return Facts(model=model)
    step = STEP.fullmatch(str(revision))
    return Facts(
        model=f"{model}-{revision}",
        step=int(step[1]) if step else None,
        parent=model if step and int(step[1]) else None,
    )
