"""Scores stored samples under a model by teacher forcing: how likely is it to say the same?"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from generation import engines
from generation.engines import Engine, Forced
from generation.lock import study_lock
from generation.plan import KEY, check_problems_stored, planned_runs, unscored
from generation.progress import progress, say
from generation.sampling import VOCABULARY
from generation.shard_writer import Pace, ShardWriter, stored_logprobs
from generation.study import Scores, Study, load_study
from generation.study_file import one_of
from store.runs import read_run
from store.shards import fault, read_shards, shard_paths

# Handed to the engine together; it makes its own batches of them.
SAMPLES_PER_CALL = 1024


class Scorable(NamedTuple):
    """The samples of one run that lack a score of one scorer."""

    folder: Path
    scorer: str
    keys: pl.DataFrame


def score_study(
    study_file: Path,
    folder: Path | None = None,
    engine: str | None = None,
    scorer: str | None = None,
    samples_of: Sequence[str] | None = None,
) -> int:
    """Score what is missing: by the [[scores]] of the study, or under `scorer` if it is given.

    `samples_of` narrows the models whose samples are scored. Returns how many samples were scored.
    """
    study = load_study(study_file)
    folder = study_file.parent if folder is None else folder
    wanted = _wanted(study, scorer, samples_of)
    with study_lock(folder):
        return score_runs(study, folder, wanted, engine or study.engine, Pace())


def score_runs(
    study: Study, folder: Path, wanted: Sequence[Scores], engine: str, pace: Pace
) -> int:
    """Score the study's runs, one loaded model after the other. Under the study's lock."""
    runs = [(p.run.model.name, p.folder) for p in planned_runs(study, folder)]
    count = 0
    for scorer in sorted({scores.scorer for scores in wanted}):
        models = {name for s in wanted if s.scorer == scorer for name in s.samples_of}
        todo = [
            Scorable(run_folder, scorer, keys)
            for name, run_folder in runs
            if name in models and (keys := unscored(run_folder, scorer)).height
        ]
        if todo:
            say(f"loading {scorer} into {engine} to score samples")
            loaded = engines.load(engine, study.model(scorer))
            try:
                count += _score_all(todo, loaded, pace)
            finally:
                loaded.close()
    return count


def _wanted(study: Study, scorer: str | None, samples_of: Sequence[str] | None) -> Sequence[Scores]:
    names = [entry.model.name for entry in study.models]
    for name in samples_of or []:
        one_of(name, names, "samples_of", "the command")
    if scorer is not None:
        return [Scores(one_of(scorer, names, "scorer", "the command"), tuple(samples_of or names))]
    if not study.scores:
        raise ValueError(f"Study {study.name} has no [[scores]]: add one, or name a scorer.")
    kept = set(names if samples_of is None else samples_of)
    return [Scores(s.scorer, tuple(n for n in s.samples_of if n in kept)) for s in study.scores]


def _score_all(todo: Sequence[Scorable], engine: Engine, pace: Pace) -> int:
    for scorable in todo:
        _check_vocabulary(scorable, engine)
    total = sum(scorable.keys.height for scorable in todo)
    with progress(total, f"scoring under {todo[0].scorer}") as bar:
        for scorable in todo:
            with ShardWriter(scorable.folder, "scores", scorable.scorer, pace) as writer:
                for samples in _samples(scorable):
                    rows = _scored(samples, scorable.scorer, engine)
                    writer.add(rows, int(samples["token_ids"].list.len().sum()))
                    bar.update(len(rows))
    return total


def _check_vocabulary(scorable: Scorable, engine: Engine) -> None:
    """Token 17 of one tokenizer is another word in another one."""
    run = read_run(scorable.folder)
    if run.hyper_parameters.get(VOCABULARY) != engine.tokens.vocabulary():
        raise ValueError(
            f'"{scorable.scorer}" cannot score the samples of "{run.model.name}": their tokenizers '
            "have different vocabularies; take that pair out of [[scores]]."
        )


def _samples(scorable: Scorable) -> Iterator[pl.DataFrame]:
    """Unscored samples with their prompts, shard by shard."""
    columns = ["problem_id", "prompt_token_ids"]
    prompts = read_shards(scorable.folder, "problems", columns=columns)
    for path in shard_paths(scorable.folder, "samples"):
        if fault(path) is None:
            samples = pl.read_parquet(path, columns=[*KEY, "token_ids"])
            missing = samples.join(scorable.keys, on=KEY, how="semi")
            check_problems_stored(scorable.folder, missing, prompts)
            asked = missing.join(prompts, on="problem_id", how="left")
            yield from asked.iter_slices(SAMPLES_PER_CALL)


def _scored(samples: pl.DataFrame, scorer: str, engine: Engine) -> list[tuple[object, ...]]:
    forced = [Forced(*row) for row in samples.select("prompt_token_ids", "token_ids").rows()]
    _check_lengths(samples, forced, scorer, engine)
    return [
        (*key, scorer, len(logprobs), (stored := stored_logprobs(logprobs)).sum, stored.tokens)
        for key, logprobs in zip(samples.select(KEY).rows(), engine.score(forced), strict=True)
    ]


def _check_lengths(
    samples: pl.DataFrame, forced: Sequence[Forced], scorer: str, engine: Engine
) -> None:
    lengths = [len(prompt) + len(completion) for prompt, completion in forced]
    longest = max(lengths, default=0)
    if longest > engine.longest:
        problem_id = samples["problem_id"][lengths.index(longest)]
        raise ValueError(
            f'A sample of problem "{problem_id}" has {longest} tokens with its prompt, more than '
            f'the {engine.longest} that "{scorer}" can score: choose another scorer.'
        )
