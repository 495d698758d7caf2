"""What the path of a limit-of-RLVR file tells.

EVAL/checkpoints/<model>_<benchmark>_temp<T>_n<n>_seed<s>/eval_results/global_step_<S>/
    <benchmark>/test_<template>_-1_seed<s>_t<T>_s<start>_e<end>.jsonl
"""

import re
from pathlib import Path

from store.importers.facts import Facts

FILE = re.compile(
    r"test_(?P<template>.+)_-?\d+_seed(?P<seed>\d+)_t(?P<temperature>\d+(?:\.\d+)?)_s\d+_e-?\d+"
)
STEP = re.compile(r"global_step_(\d+)")
RUN_NAME = re.compile(r"(?P<model>.+)_temp[\d.]+_n\d+_seed\d+")


def told_by_path(path: Path) -> tuple[Facts, str | None]:
    """Facts about the run, and the seed, as far as the path has the layout."""
    name = FILE.fullmatch(path.stem)
    facts = Facts(
        prompt_template=name["template"] if name else None,
        temperature=float(name["temperature"]) if name else None,
    )
    return facts.over(told_by_folders(path.absolute())), name["seed"] if name else None


def told_by_folders(path: Path) -> Facts:
    """Model, benchmark and step. A checkpoint later than step 0 is a model of its own."""
    folders = path.parts[-5:-1]
    if len(folders) < 4 or folders[1] != "eval_results" or not STEP.fullmatch(folders[2]):
        return Facts()
    run_name, _, step_name, benchmark = folders
    step = int(step_name.rpartition("_")[2])
    match = RUN_NAME.fullmatch(run_name)
    model = (match["model"] if match else run_name).removesuffix(f"_{benchmark}")
    return Facts(model=f"{model}-step{step}" if step else model, benchmark=benchmark, step=step)
