"""Which verdicts of a judge model are missing, and what asking for them would take."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from generation.judge_prompt import CRITERIA, fingerprint, instructions, prompt_of
from generation.verifiers.llm_judge import Estimate, priced
from store import audits
from store.audits import LABELS

PLACE = ("run", "problem_id", "sample", "round")


class Judge(NamedTuple):
    """A model that reviews chains of thought, what it is told, and what a million tokens cost.

    `verdicts` is how many it gives on each sample. `reference`: it is shown the reference answer.
    """

    model: str
    endpoint: str
    key_variable: str = "OPENAI_API_KEY"
    concurrency: int = 16
    verdicts: int = 3
    temperature: float = 1.0
    max_tokens: int = 8192
    criteria: str = CRITERIA
    reference: bool = True
    price_in: float | None = None
    price_out: float | None = None

    @property
    def reviewer(self) -> str:
        """Its name in the audits."""
        return f"judge:{self.model}"

    @property
    def prompt(self) -> str:
        """The fingerprint of what it is told, which the last line of each of its notes has."""
        return fingerprint(self.criteria, self.reference, self.temperature)


class Wanted(NamedTuple):
    """A sample and those of its verdicts that are missing: numbers from 0."""

    run: str
    problem_id: str
    sample: int
    rounds: tuple[int, ...]


class Plan(NamedTuple):
    """What is missing. `left_out`: samples that cannot be judged, by the reason.

    `replaced`: of the missing verdicts, those that the judge gave on another text or as told by
    another prompt. They stay in the history; the new ones count.
    """

    judge: Judge
    wanted: tuple[Wanted, ...]
    samples: int
    there: int
    replaced: int
    left_out: dict[str, int]
    characters: int

    @property
    def missing(self) -> int:
        """How many verdicts."""
        return sum(len(one.rounds) for one in self.wanted)

    @property
    def estimate(self) -> Estimate:
        """What asking once for each missing verdict takes."""
        most = self.missing * self.judge.max_tokens
        prices = self.judge.price_in, self.judge.price_out
        return priced(self.missing, self.characters, most, *prices)

    def sentences(self) -> Iterator[str]:
        """What is shown before judging starts."""
        yield (
            f"{self.judge.reviewer}: {many(self.samples, 'sample')}, "
            f"{many(self.judge.verdicts, 'verdict')} on each: {self.there:,} there, "
            f"{self.missing:,} missing."
        )
        for why, samples in self.left_out.items():
            yield f"{many(samples, 'sample')} left out: {why}."
        if self.replaced:
            yield (
                f"{self.replaced:,} of the missing verdicts were given before, on another text or "
                "under another prompt: those stay in the history, and the new ones count."
            )
        if self.missing:
            yield self.estimate.sentence()


def check(judge: Judge) -> Judge:
    """The judge. Raises ValueError where its settings cannot work."""
    if not judge.model.strip():
        raise ValueError("--judge needs the name of a model, as its server has it.")
    if judge.temperature == 0 and judge.verdicts > 1:
        raise ValueError(
            "At temperature 0 all verdicts on a sample are the same one: ask for --verdicts 1, or "
            "at a higher temperature."
        )
    if not judge.criteria.strip():
        raise ValueError("The prompt is empty: say in it when reasoning is valid, and when not.")
    return judge


def plan(study: Path, judge: Judge, samples: pl.DataFrame) -> Plan:
    """What is missing of these samples, in their order.

    `samples`: run, problem_id, sample, content_hash (null: its text is not stored), empty, asked
    (the question is stored), characters (of question, reference and response together).
    """
    there, others = given(study, judge)
    wanted, left_out, characters = [], Counter[str](), 0
    complete = replaced = 0
    for row in samples.iter_rows(named=True):
        if why := unfit(row):
            left_out[why] += 1
            continue
        place = (str(row["run"]), str(row["problem_id"]), int(row["sample"]))
        text = str(row["content_hash"])
        rounds = tuple(i for i in range(judge.verdicts) if (*place, i, text) not in there)
        complete += judge.verdicts - len(rounds)
        replaced += sum((*place, i) in others for i in rounds)
        characters += len(rounds) * (len(instructions(judge.criteria)) + int(row["characters"]))
        if rounds:
            wanted.append(Wanted(*place, rounds))
    fit = samples.height - left_out.total()
    return Plan(judge, tuple(wanted), fit, complete, replaced, dict(left_out), characters)


def unfit(row: dict[str, object]) -> str | None:
    """Why this sample cannot be judged, if it cannot."""
    if row["content_hash"] is None:
        return "its text is not stored"
    if row["empty"]:
        return "empty"
    return None if row["asked"] else "its question is not stored"


def given(
    study: Path, judge: Judge
) -> tuple[set[tuple[str, str, int, int, str]], set[tuple[str, str, int, int]]]:
    """The judge's verdicts under this prompt (run, problem_id, sample, round, content_hash), and
    the places (run, problem_id, sample, round) of all that it has ever given.
    """
    rows = audits.by_reviewer(study, judge.reviewer).filter(pl.col("kind") == "judge")
    stand = audits.verdicts(rows)
    same = [prompt_of(note) == judge.prompt for note in stand["note"]]
    here = stand.filter(pl.Series(same, dtype=pl.Boolean)).select(*PLACE, "content_hash")
    ever = rows.filter(pl.col("label").is_in(LABELS)).select(PLACE)
    return set(here.iter_rows()), set(ever.iter_rows())


def many(number: int, noun: str) -> str:
    """So many of them."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
