"""A study with everything in it that may be handed over; every text holds a word to look for."""

from pathlib import Path

from store.build import publish
from tests.store.conftest import Study

SECRET = "xylophone"  # in every text, and nowhere else
ENTROPIES = [0.1, 0.30000001192092896, 1e-7, 2.5, 0.7]


def text(what: str, *place: object) -> str:
    return " ".join([SECRET, what, *map(str, place)])


def whole_study(study: Study) -> tuple[str, str]:
    """Publish two runs with texts, tokens, two verifiers, scores and entropies; their ids."""
    folders = [study.run("base", source="passband generate"), study.run("rl", "rl", seed=3)]
    for folder in folders:
        described(study, folder)
        drawn(study, folder)
        judged(study, folder)
    publish(study.path)
    return folders[0].name, folders[1].name


def described(study: Study, folder: Path) -> None:
    rows = [
        {
            "problem_id": f"p{i}", "position": i, "question": text("question", i),
            "reference": text("reference", i), "subject": "algebra", "level": "5",
            "metadata": f'{{"tests": "{SECRET}"}}', "images": [f"data:image/png;{SECRET}"],
            "prompt": text("prompt", i), "prompt_token_ids": [i, 2, 3],
        }
        for i in range(3)
    ]  # fmt: skip
    study.shard(folder, "problems", rows)


def drawn(study: Study, folder: Path) -> None:
    places = [(problem, sample) for problem in range(3) for sample in range(4)]
    samples = [
        {
            "problem_id": f"p{problem}", "sample": sample,
            "completion": text("completion", folder.name, problem, sample),
            "finish_reason": "length" if sample == 3 else "stop", "n_tokens": 3,
            "sum_logprob": -0.85 - sample, "token_ids": [771234567, sample, 1],
            "token_logprobs": [-0.1, -0.5, -0.25 - sample], "token_ranks": [1, 3, 2],
            "token_ends": [3, 6, 9],
        }
        for problem, sample in places
    ]  # fmt: skip
    study.shard(folder, "samples", samples)
    scores = [
        {
            "problem_id": f"p{problem}", "sample": sample, "scorer": "base", "n_tokens": 5,
            "sum_logprob": -3.5, "token_logprobs": [-0.7] * 5, "token_ranks": [1] * 5,
            "token_ids": [771234567] * 5, "token_ends": [1, 2, 3, 4, 5],
        }
        for problem, sample in places
    ]  # fmt: skip
    study.shard(folder, "scores", scores, "base")
    entropies = [
        {
            "problem_id": f"p{problem}", "sample": sample, "scorer": folder.name.split("--")[0],
            "token_entropies": ENTROPIES,
        }
        for problem, sample in places
    ]  # fmt: skip
    study.shard(folder, "entropies", entropies, "own")


def judged(study: Study, folder: Path) -> None:
    """Problem 0: all correct; 1: sample 0 correct, two wrong ones alike, an error; 2: see below."""
    outcomes = {
        0: ("correct", "correct", "correct", "correct"),
        1: ("correct", "incorrect", "incorrect", "error"),
        2: ("no_answer", "incorrect", "incorrect", "incorrect"),
    }
    answers = {0: (1, 1, 1, 1), 1: (1, 5, 5, None), 2: (None, 4, 7, 7)}
    rows = [
        {
            "problem_id": f"p{problem}", "sample": sample, "verifier": verifier, "version": "2",
            "outcome": outcomes[problem][sample],
            "answer": None if (answer := answers[problem][sample]) is None
            else text("answer", answer),
            "detail": text("detail", problem),
        }
        for verifier in ("boxed", "strict")
        for problem in range(3)
        for sample in range(3 if verifier == "strict" else 4)
    ]  # fmt: skip
    for verifier in ("boxed", "strict"):
        own = [row for row in rows if row["verifier"] == verifier]
        study.shard(folder, "verdicts", own, verifier)
