"""A study drawn at random, in memory too, for queries that are checked against plain Python."""

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from store.build import publish
from tests.store.conftest import Study

WORDS = (
    "wait", "Wait", "so", "x", "= 12", "(a)", "[b]", "a.b", "$y_1$", "\\frac{1}{2}", "%", "_",
    "äß", "ÄSS", "日本", "\n", "\t", "<b>", "*", "\\", "9", "99", "", "\x00", "?", "|", "^", "{2}",
)  # fmt: skip
OUTCOMES = ("correct", "incorrect", "incorrect", "no_answer", "error", None)
Row = dict[str, Any]


@dataclass
class Drawn:
    """The folder, the ids of the runs, and every sample as it was written."""

    path: Path
    runs: list[str]
    samples: list[Row] = field(default_factory=list)
    questions: dict[str, str | None] = field(default_factory=dict)


def text(random: random.Random) -> str:
    return " ".join(random.choice(WORDS) for _ in range(random.randint(0, 12)))


def draw(study: Study, seed: int, problems: int = 9, most: int = 7) -> Drawn:
    """Two runs of the same problems: texts, verdicts of two verifiers, log-probabilities."""
    chance = random.Random(seed)
    folders = [study.run("base"), study.run("trained", "rl")]
    drawn = Drawn(study.path, [folder.name for folder in folders])
    drawn.questions = {
        f"p{i}": None if chance.random() < 0.1 else text(chance) for i in range(problems)
    }
    rows = [
        {"problem_id": name, "position": i, "question": question, "reference": "1"}
        for i, (name, question) in enumerate(drawn.questions.items())
    ]
    for folder in folders:
        study.shard(folder, "problems", rows)
        samples = [
            sample(chance, folder.name, name, number)
            for name in drawn.questions
            for number in range(chance.randint(0, most))
        ]
        write(study, folder, samples)
        drawn.samples += samples
    publish(study.path)
    return drawn


def sample(chance: random.Random, run: str, problem: str, number: int) -> Row:
    """One sample; what is no column of the store begins with an underscore."""
    tokens = chance.choice([0, 1, 5, 17])
    known, later = chance.random() < 0.6, chance.random() < 0.5
    judged = {
        verifier: (outcome, answer(chance, outcome))
        for verifier in ("boxed", "strict")
        if (outcome := chance.choice(OUTCOMES))
    }
    return {
        "_run": run, "_judged": judged, "problem_id": problem, "sample": number,
        "completion": None if chance.random() < 0.05 else text(chance),
        "finish_reason": chance.choice(["stop", "stop", "length", None]), "n_tokens": tokens,
        "sum_logprob": -tokens * chance.random() if known else None,
        "_later": -tokens * chance.random() if later else None,
    }  # fmt: skip


def answer(chance: random.Random, outcome: str) -> str | None:
    """Two spellings of the right answer, a few wrong ones, sometimes none."""
    if outcome == "correct":
        return chance.choice(["1", "1.0", None])
    return chance.choice(["2", "3", "1", None]) if outcome == "incorrect" else None


def write(study: Study, folder: Path, samples: list[Row]) -> None:
    """The samples, what the verifiers say, and the scores of two models."""
    study.shard(
        folder, "samples", [{k: v for k, v in row.items() if k[0] != "_"} for row in samples]
    )
    for verifier in ("boxed", "strict"):
        verdicts = [
            {
                "problem_id": row["problem_id"], "sample": row["sample"], "verifier": verifier,
                "version": "1", "outcome": row["_judged"][verifier][0],
                "answer": row["_judged"][verifier][1],
            }
            for row in samples
            if verifier in row["_judged"]
        ]  # fmt: skip
        study.shard(folder, "verdicts", verdicts, verifier)
    own = "base" if folder.name.startswith("base") else "trained"
    for scorer, less in ((own, 0.0), ("somebody", 1.0)):
        scores = [
            {
                "problem_id": row["problem_id"], "sample": row["sample"], "scorer": scorer,
                "n_tokens": row["n_tokens"], "sum_logprob": row["_later"] - less,
            }
            for row in samples
            if row["_later"] is not None
        ]  # fmt: skip
        study.shard(folder, "scores", scores, scorer)


def counts(row: Row, verifier: str, left_out: list[str]) -> bool:
    """Whether a sample is none of those that are left out."""
    outcome = row["_judged"].get(verifier, (None, None))[0]
    truncated = "truncated" in left_out and row["finish_reason"] == "length"
    return outcome not in left_out and not truncated
