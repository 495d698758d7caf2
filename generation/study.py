"""A study: which models answer which benchmarks, how they are sampled, and who scores whom."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from generation import engines, prompts, verifiers
from generation.study_file import (
    Table,
    at_least,
    check_keys,
    one_of,
    optional,
    read_toml,
    required,
    tables,
    texts,
    unique,
)
from store.runs import ROLES, Model

DTYPES = ("float32", "bfloat16", "float16", "auto")
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")

KEYS = ("name", "engine", "sampling", "models", "benchmarks", "scores")
SAMPLING_KEYS = ("n", "temperature", "top_p", "max_tokens", "seed")
MODEL_KEYS = (
    *("name", "role", "path", "parent", "algorithm", "step", "revision", "dtype"),
    "training_log",
)
BENCHMARK_KEYS = ("name", "path", "prompt", "verifier", "problems", "n")
SCORE_KEYS = ("scorer", "samples_of")


@dataclass(frozen=True)
class Sampling:
    """How samples are drawn. Part of a run's identity, except n and seed: those extend a run."""

    n: int
    temperature: float
    top_p: float
    max_tokens: int
    seed: int


@dataclass(frozen=True)
class StudyModel:
    """A model, and the CSV file that its training logged, if any."""

    model: Model
    training_log: Path | None


@dataclass(frozen=True)
class StudyBenchmark:
    """A benchmark's file and how it is asked; `problems` limits it to the first so many."""

    name: str
    path: Path
    prompt: str
    verifier: str
    problems: int | None
    n: int


@dataclass(frozen=True)
class Scores:
    """The samples of these models are scored under the scorer."""

    scorer: str
    samples_of: tuple[str, ...]


@dataclass(frozen=True)
class Study:
    """The content of study.toml, checked."""

    name: str
    engine: str
    sampling: Sampling
    models: tuple[StudyModel, ...]
    benchmarks: tuple[StudyBenchmark, ...]
    scores: tuple[Scores, ...]

    def model(self, name: str) -> Model:
        """The model of this name."""
        return next(entry.model for entry in self.models if entry.model.name == name)


def load_study(path: Path) -> Study:
    """Read and check a study file; paths in it are relative to its folder.

    Raises ValueError with one sentence that names the key, the value and what to do.
    """
    table = read_toml(path)
    where = path.name
    check_keys(table, KEYS, where)
    sampling = _sampling(required(table, "sampling", dict, where))
    models = tuple(_model(entry, path.parent) for entry in _some(table, "models", where))
    entries = _some(table, "benchmarks", where)
    study = Study(
        name=required(table, "name", str, where),
        engine=one_of(required(table, "engine", str, where), engines.MODULES, "engine", where),
        sampling=sampling,
        models=models,
        benchmarks=tuple(_benchmark(entry, path.parent, sampling.n) for entry in entries),
        scores=tuple(_scores(entry) for entry in tables(table, "scores", where)),
    )
    _check_names(study)
    return study


def _some(table: Table, key: str, where: str) -> list[Table]:
    entries = tables(table, key, where)
    if not entries:
        raise ValueError(f'{where} lacks the key "{key}": add at least one table [[{key}]].')
    return entries


def _sampling(table: Table) -> Sampling:
    where = "[sampling]"
    check_keys(table, SAMPLING_KEYS, where)
    sampling = Sampling(
        n=required(table, "n", int, where),
        temperature=required(table, "temperature", float, where),
        top_p=required(table, "top_p", float, where),
        max_tokens=required(table, "max_tokens", int, where),
        seed=required(table, "seed", int, where),
    )
    at_least(sampling.n, 1, "n", where)
    at_least(sampling.temperature, 0, "temperature", where)
    at_least(sampling.max_tokens, 1, "max_tokens", where)
    at_least(sampling.seed, 0, "seed", where)
    if not 0 < sampling.top_p <= 1:
        raise ValueError(f"top_p = {sampling.top_p:g} in {where} must be above 0 and at most 1.")
    if sampling.temperature == float("inf"):
        raise ValueError(f"temperature = inf in {where} must be finite.")
    return sampling


def _model(table: Table, folder: Path) -> StudyModel:
    where = f'[[models]] "{table.get("name", "without a name")}"'
    check_keys(table, MODEL_KEYS, where)
    dtype = optional(table, "dtype", str, where) or "auto"
    log = optional(table, "training_log", str, where)
    model = Model(
        name=_name(table, where),
        role=one_of(required(table, "role", str, where), ROLES, "role", where),
        parent=optional(table, "parent", str, where),
        algorithm=optional(table, "algorithm", str, where),
        step=optional(table, "step", int, where),
        path=_model_path(required(table, "path", str, where), folder, where),
        revision=optional(table, "revision", str, where),
        dtype=one_of(dtype, DTYPES, "dtype", where),
    )
    return StudyModel(model, _file(log, "training_log", folder, where) if log else None)


def _name(table: Table, where: str) -> str:
    name = required(table, "name", str, where)
    if not re.search(r"[A-Za-z0-9]", name):
        raise ValueError(f'name = "{name}" in {where} must hold at least one letter or digit.')
    return name


def _model_path(value: str, folder: Path, where: str) -> str:
    """A folder that exists, or a hub id; nothing that looks like a path is taken for a hub id."""
    path = folder / Path(value).expanduser()
    if path.is_dir() and value:
        return str(path.resolve())
    if path.exists() and value:
        raise ValueError(f'path = "{value}" in {where} is a file: give the checkpoint\'s folder.')
    if value.startswith((".", "/", "~")) or not HUB_ID.fullmatch(value):
        raise ValueError(
            f'path = "{value}" in {where} is no folder ({path} does not exist): '
            "give the folder of a checkpoint or a hub id such as Qwen/Qwen2.5-7B."
        )
    return value


def _file(value: str, key: str, folder: Path, where: str) -> Path:
    path = folder / Path(value).expanduser()
    if not path.is_file():
        raise ValueError(f'{key} = "{value}" in {where} does not exist: there is no file {path}.')
    return path.resolve()


def _benchmark(table: Table, folder: Path, n: int) -> StudyBenchmark:
    where = f'[[benchmarks]] "{table.get("name", "without a name")}"'
    check_keys(table, BENCHMARK_KEYS, where)
    prompt = required(table, "prompt", str, where)
    verifier = required(table, "verifier", str, where)
    benchmark = StudyBenchmark(
        name=_name(table, where),
        path=_file(required(table, "path", str, where), "path", folder, where),
        prompt=one_of(prompt, prompts.TEMPLATES, "prompt", where),
        verifier=one_of(verifier, verifiers.MODULES, "verifier", where),
        problems=optional(table, "problems", int, where),
        n=n if (own := optional(table, "n", int, where)) is None else own,
    )
    at_least(benchmark.n, 1, "n", where)
    at_least(1 if benchmark.problems is None else benchmark.problems, 1, "problems", where)
    return benchmark


def _scores(table: Table) -> Scores:
    where = "[[scores]]"
    check_keys(table, SCORE_KEYS, where)
    scorer = required(table, "scorer", str, where)
    return Scores(scorer, tuple(texts(table, "samples_of", where)))


def _check_names(study: Study) -> None:
    """What one table says of another: names that must be unique, and those that must exist."""
    names = [entry.model.name for entry in study.models]
    unique(names, "name", "[[models]]")
    _unique_runs(study.benchmarks)
    for entry in study.models:
        if entry.model.parent is not None:
            one_of(entry.model.parent, names, "parent", f'[[models]] "{entry.model.name}"')
    for scores in study.scores:
        one_of(scores.scorer, names, "scorer", "[[scores]]")
        for name in scores.samples_of:
            one_of(name, names, "samples_of", "[[scores]]")


def _unique_runs(benchmarks: tuple[StudyBenchmark, ...]) -> None:
    """The same benchmark may be asked with two prompts, but then its problems must be the same."""
    unique([f"{b.name} ({b.prompt})" for b in benchmarks], "name", "[[benchmarks]]")
    paths: Mapping[str, Path] = {b.name: b.path for b in reversed(benchmarks)}
    for b in benchmarks:
        if b.path != paths[b.name]:
            raise ValueError(
                f'name = "{b.name}" in [[benchmarks]] is given to {paths[b.name]} and {b.path}: '
                "rename one of them."
            )
