"""Scores and entropies of stored samples under a loaded model, written as shards."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import polars as pl
from tqdm import tqdm

from generation.engines import Engine, TokenScores
from generation.forcing import Forcing, Tokens
from generation.progress import Watched, watched
from generation.scorable import Scorable
from generation.shard_writer import Pace, ShardWriter, stored_logprobs
from generation.stored import KEY
from store.shards import fault, shard_paths

# Handed to the engine together; it makes its own batches of them.
SAMPLES_PER_CALL = 1024

Key = tuple[str, int]
Row = tuple[object, ...]


class Written(NamedTuple):
    """How many samples were scored or got entropies, and what is to be said of the others."""

    samples: int
    notes: list[str]


class Item(NamedTuple):
    """A sample that fits into the scorer, and what of it is lacking."""

    key: Key
    tokens: Tokens
    score: bool
    entropy: bool


def write_scores(
    todo: Sequence[Scorable], engine: Engine, pace: Pace, bar: "tqdm[None]"
) -> Written:
    """Score all of it under the engine. A sample that cannot be scored never stops the others."""
    count = 0
    notes: list[str] = []
    for scorable in todo:
        run = _RunScores(scorable, engine, pace, bar)
        run.write()
        count += run.count
        notes += [note for note in run.notes() if note not in notes]
    return Written(count, notes)


class _RunScores:
    """Scores the samples of one run, and keeps count of those that cannot be."""

    def __init__(self, scorable: Scorable, engine: Engine, pace: Pace, bar: "tqdm[None]") -> None:
        self._scorable, self._engine, self._bar = scorable, engine, bar
        folder, scorer = scorable.run.folder, scorable.scorer
        self._forcing = Forcing(scorable.run, engine)
        self._scores = ShardWriter(folder, "scores", scorer, pace)
        self._entropies = ShardWriter(folder, "entropies", scorer, pace)
        self._unknown: dict[Key, str] = {}
        self._too_long: dict[Key, int] = {}
        self._no_entropies: str | None = None
        self.count = 0

    def write(self) -> None:
        """Shard by shard: all samples of a run may be more than memory holds."""
        with self._watched() as beat, self._scores, self._entropies:
            for samples in _samples(self._scorable):
                items = list(self._items(samples))
                self._score([item for item in items if item.score])
                self._add_entropies([item for item in items if item.entropy])
                self.count += sum(item.key not in self._unknown for item in items)
                beat.update(samples.height)

    def _watched(self) -> AbstractContextManager[Watched]:
        folder, total = self._scorable.run.folder, self._scorable.keys.height
        return watched(
            total,
            "scoring",
            folder=folder.parents[1],
            run=folder.name,
            stage=f"scoring under {self._scorable.scorer}",
            unit="scores",
            bar=self._bar,
        )

    def notes(self) -> list[str]:
        """What was left out, and why."""
        run, scorer, said = self._scorable.run.folder.name, self._scorable.scorer, []
        if self._too_long:
            key, length = max(self._too_long.items(), key=lambda item: item[1])
            said.append(
                f'{len(self._too_long)} samples of {run} are not scored under "{scorer}": with '
                f"their prompts they are longer than its {self._engine.longest} tokens (the "
                f'longest, {length}: sample {key[1]} of problem "{key[0]}").'
            )
        if self._unknown:
            (problem_id, sample), reason = next(iter(self._unknown.items()))
            said.append(
                f'{len(self._unknown)} samples of {run} are not scored under "{scorer}"; of sample '
                f'{sample} of problem "{problem_id}": {reason.removesuffix(".")}.'
            )
        if self._no_entropies:
            reason = self._no_entropies.removesuffix(".")
            said.append(
                f'Entropies under "{scorer}" are left out: {reason}; '
                "`passband score --engine transformers` makes them."
            )
        return said

    def _items(self, samples: pl.DataFrame) -> Iterator[Item]:
        """The samples that fit; those that are too long get a row without a score."""
        columns = [*KEY, "completion", "token_ids", "score", "entropy"]
        for problem_id, sample, completion, token_ids, score, entropy in samples.select(
            columns
        ).iter_rows():
            key = (problem_id, sample)
            try:
                tokens = self._forcing.tokens(problem_id, completion, token_ids)
            except ValueError as error:
                self._unknown[key] = str(error)
                continue
            length = len(tokens.forced.prompt_ids) + len(tokens.forced.token_ids)
            if length <= self._engine.longest:
                yield Item(key, tokens, score, entropy)
            else:
                self._too_long[key] = length
                self._note_too_long(key, tokens, score)

    def _note_too_long(self, key: Key, tokens: Tokens, score: bool) -> None:
        """A row without a score, so that the next job does not load the model for it again."""
        if score:
            n_tokens = len(tokens.forced.token_ids)
            self._scores.add([(*key, self._scorable.scorer, n_tokens, *[None] * 5)], 1)

    def _score(self, items: Sequence[Item]) -> None:
        spoken = [item.tokens.forced for item in items if item.tokens.forced.token_ids]
        try:
            scores = iter(self._engine.score(spoken) if spoken else ())
        except ValueError as error:
            self._unknown |= dict.fromkeys((item.key for item in items), str(error))
            return
        for item in items:
            # An empty completion has nothing to score: no tokens, and the sum 0.
            found = next(scores) if item.tokens.forced.token_ids else TokenScores([], [])
            self._scores.add([self._row(item, found)], len(found.logprobs))

    def _row(self, item: Item, found: TokenScores) -> Row:
        stored = stored_logprobs(found.logprobs)
        values = (len(found.logprobs), stored.sum, stored.tokens, found.ranks)
        own = (item.tokens.token_ids, item.tokens.token_ends)
        return (*item.key, self._scorable.scorer, *values, *own)

    def _add_entropies(self, items: Sequence[Item]) -> None:
        spoken = [item for item in items if item.tokens.forced.token_ids]
        if self._no_entropies or not items:
            return
        try:
            values = self._engine.entropies([item.tokens.forced for item in spoken])
        except ValueError as error:
            self._no_entropies = str(error)
            return
        scorer = self._scorable.scorer
        rows: list[Row] = [(*item.key, scorer, v) for item, v in zip(spoken, values, strict=True)]
        silent: list[Row] = [(*i.key, scorer, []) for i in items if not i.tokens.forced.token_ids]
        self._entropies.add([*rows, *silent], sum(map(len, values)))


def _samples(scorable: Scorable) -> Iterator[pl.DataFrame]:
    """The samples with what is lacking of them, shard by shard and no sample twice."""
    lacking = scorable.keys.join(scorable.scores.with_columns(score=True), on=KEY, how="left").join(
        scorable.entropies.with_columns(entropy=True), on=KEY, how="left"
    )
    wanted = lacking.with_columns(pl.col("score", "entropy").fill_null(value=False))
    for path in shard_paths(scorable.run.folder, "samples"):
        if fault(path) is None:
            stored = pl.read_parquet(path, columns=[*KEY, "completion", "token_ids"], glob=False)
            found = stored.unique(KEY, keep="first", maintain_order=True)
            yield from found.join(wanted, on=KEY, maintain_order="left").iter_slices(
                SAMPLES_PER_CALL
            )
            wanted = wanted.join(found, on=KEY, how="anti")
