"""Studies of every shape that the pages must show: few runs and many, ragged, without samples, …

    python tests/pages/studies.py OUTDIR

All texts and numbers are made here, from a seed.
"""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from store.build import publish
from store.runs import Model, Run, write_run
from store.shards import write_shard

VOCABULARY = (
    "so",
    "then",
    "we",
    "add",
    "take",
    "half",
    "twice",
    "the",
    "sum",
    "and",
    "get",
    "nine",
)
NASTY = "<b>A</b> $x_1$ & 'quoted' *bold* "


@dataclass(frozen=True)
class Benchmark:
    """Problems with a difficulty each, in [0, 1]; `ids` make names as nasty as wanted."""

    name: str
    problems: int
    prefix: str = "p"
    hardness: Sequence[float] = ()

    @property
    def ids(self) -> list[str]:
        return [f"{self.prefix}{i:03d}" for i in range(self.problems)]

    @property
    def difficulty(self) -> np.ndarray:
        spread = np.linspace(0.02, 0.98, self.problems)
        return np.asarray(self.hardness) if self.hardness else spread

    def frame(self, template: str) -> pl.DataFrame:
        rows = range(self.problems)
        questions = [f"What is {i} and {3 * i} together? {self.prefix}" for i in rows]
        dates = [f"2024-{1 + i % 12:02d}-15" for i in rows]
        return pl.DataFrame(
            {
                "problem_id": self.ids,
                "position": list(rows),
                "question": questions,
                "reference": [str(4 * i) for i in rows],
                "subject": [
                    f"{self.prefix if len(self.prefix) > 3 else ''}subject {'ABC'[i % 3]}"
                    for i in rows
                ],
                "level": [str(1 + i % 5) for i in rows],
                "images": [[] for _ in rows],
                "metadata": [json.dumps({"contest_date": date}) for date in dates],
                "prompt": [f"[{template}] {question}" for question in questions],
                "prompt_token_ids": [[1, 2, 3] for _ in rows],
            }
        )


@dataclass(frozen=True)
class Sampled:
    """One run to be written: the chance of a correct sample is skill at a problem's difficulty."""

    run: Run
    benchmark: Benchmark
    chance: Callable[[np.ndarray], np.ndarray]
    n: int | Sequence[int] = 16
    blank: float = 0.05  # share of samples without an answer, with an error, truncated, unjudged
    error: float = 0.01
    truncated: float = 0.05
    unverified: float = 0.0
    without: frozenset[str] = frozenset()  # problems that this run does not have
    scorers: tuple[str, ...] = ()
    entropy: float | None = None
    logprobs: bool = True
    verifiers: tuple[str, ...] = ("math",)
    seed: int = 0
    extra: dict[str, str] = field(default_factory=dict)


def power(gamma: float, top: float = 1.0) -> Callable[[np.ndarray], np.ndarray]:
    """A chance that falls with difficulty: steep where gamma is small."""
    return lambda difficulty: top * (1 - difficulty) ** (1 / gamma)


def sharpened(gamma: float, cut: float) -> Callable[[np.ndarray], np.ndarray]:
    """Much better than the base on easy problems, and never correct beyond `cut`."""
    return lambda difficulty: np.where(difficulty < cut, (1 - difficulty) ** (1 / gamma), 0.0)


def settings(**other: object) -> dict[str, object]:
    """Sampling settings of a run."""
    return {
        "prompt_template": "think", "temperature": 1.0, "top_p": 0.95, "max_tokens": 32,
        "engine": "vllm", "versions": {"vllm": "0.32.0"}, "seed": 0, "verifier": "math", **other,
    }  # fmt: skip


def write(study: Path, sampled: Sampled) -> str:
    """Write all shards of one run; return its id."""
    random = np.random.default_rng([sampled.seed, *map(ord, sampled.run.run_id)])
    folder = write_run(study / "shards", sampled.run)
    write_shard(folder, "problems", sampled.benchmark.frame(str(sampled.run.prompt_template)))
    rows = list(sample_rows(random, sampled))
    if not rows:
        return sampled.run.run_id
    frame = pl.DataFrame(rows, infer_schema_length=None)
    samples = frame.drop("outcome", "answer")
    if not sampled.logprobs:
        samples = samples.with_columns(
            sum_logprob=pl.lit(None, pl.Float64),
            token_logprobs=pl.lit(None, pl.List(pl.Float32)),
        )
    write_shard(folder, "samples", samples)
    for position, verifier in enumerate(sampled.verifiers):
        write_verdicts(folder, frame, verifier, strict=position > 0)
    for position, scorer in enumerate(sampled.scorers):
        write_scores(folder, frame, scorer, 0.15 * (1 + position))
    if sampled.entropy is not None:
        write_entropies(random, folder, frame, sampled.run.model.name, sampled.entropy)
    return sampled.run.run_id


def sample_rows(random: np.random.Generator, sampled: Sampled) -> Iterable[dict[str, object]]:
    """Samples with the outcome that a verifier gives them."""
    chances = np.clip(sampled.chance(sampled.benchmark.difficulty), 0, 1)
    drawn = np.broadcast_to(sampled.n, len(chances))
    for i, (problem, chance, n) in enumerate(
        zip(sampled.benchmark.ids, chances, drawn, strict=True)
    ):
        for number in range(0 if problem in sampled.without else int(n)):
            yield sample_row(random, sampled, problem, 4 * i, float(chance), number)


def sample_row(
    random: np.random.Generator,
    sampled: Sampled,
    problem: str,
    right: int,
    chance: float,
    number: int,
) -> dict[str, object]:
    """One sample: words, their log-probabilities, and what comes of it."""
    outcome = "correct" if random.random() < chance else wrong(random, sampled)
    answer = answer_of(random, outcome, right)
    words = list(random.choice(VOCABULARY, int(random.integers(4, 14))))
    words.append(f"answer {answer}" if answer is not None else "hm")
    tokens = [word if i == 0 else f" {word}" for i, word in enumerate(words)]
    truncated = random.random() < (0.5 if outcome == "no_answer" else sampled.truncated)
    ends = list(np.cumsum([len(token) for token in tokens]))
    ends += [] if truncated else [ends[-1]]
    logprobs = -random.gamma(0.6, 0.5 / (0.4 + chance), len(ends)).astype(np.float32)
    return {
        "problem_id": problem, "sample": number, "completion": "".join(tokens),
        "finish_reason": "length" if truncated else "stop", "n_tokens": len(ends),
        "sum_logprob": float(logprobs.astype(np.float64).sum()),
        "token_ids": list(range(len(ends))), "token_logprobs": logprobs.tolist(),
        "token_ends": [int(end) for end in ends],
        "outcome": None if random.random() < sampled.unverified else outcome, "answer": answer,
    }  # fmt: skip


def wrong(random: np.random.Generator, sampled: Sampled) -> str:
    """Why a sample is not correct."""
    draw = random.random()
    if draw < sampled.blank:
        return "no_answer"
    return "error" if draw < sampled.blank + sampled.error else "incorrect"


def answer_of(random: np.random.Generator, outcome: str, right: int) -> str | None:
    """What was extracted: a few wrong answers are common, so that majorities can be wrong."""
    if outcome in ("no_answer", "error"):
        return None
    return str(right) if outcome == "correct" else str(right + int(random.choice([1, 2, 5])))


def write_verdicts(folder: Path, frame: pl.DataFrame, verifier: str, strict: bool) -> None:
    """Verdicts of one verifier; a strict one calls every third correct sample incorrect."""
    refused = (pl.col("outcome") == "correct") & (pl.col("sample") % 3 == 0) & strict
    verdicts = frame.filter(pl.col("outcome").is_not_null()).select(
        "problem_id", "sample", "answer",
        verifier=pl.lit(verifier), version=pl.lit("2"),
        outcome=pl.when(refused).then(pl.lit("incorrect")).otherwise("outcome"),
        detail=pl.lit("made up"),
    )  # fmt: skip
    write_shard(folder, "verdicts", verdicts, verifier)


def write_scores(folder: Path, frame: pl.DataFrame, scorer: str, less: float) -> None:
    """The samples under another model, to which each token is less likely."""
    values = [
        [float(value) - less * (1 + i % 3) for i, value in enumerate(row)]
        for row in frame["token_logprobs"]
    ]
    scores = frame.select("problem_id", "sample", "n_tokens").with_columns(
        scorer=pl.lit(scorer),
        sum_logprob=pl.Series([float(np.sum(row)) for row in values]),
        token_logprobs=pl.Series(values, dtype=pl.List(pl.Float32)),
    )
    write_shard(folder, "scores", scores, scorer)


def write_entropies(
    random: np.random.Generator, folder: Path, frame: pl.DataFrame, scorer: str, mean: float
) -> None:
    """An entropy for every token."""
    values = [random.gamma(2, mean / 2, n).astype(np.float32).tolist() for n in frame["n_tokens"]]
    entropies = frame.select("problem_id", "sample").with_columns(
        scorer=pl.lit(scorer), token_entropies=pl.Series(values, dtype=pl.List(pl.Float32))
    )
    write_shard(folder, "entropies", entropies, scorer)


BASE = Model("tiny-base", "base")
RL = Model("tiny-rl", "rl", "tiny-base", "GRPO", 300)
MAIN = Benchmark("sums", 30)


def one_run(study: Path) -> None:
    """A single run without scores of others."""
    write(study, Sampled(Run(BASE, "sums", **settings()), MAIN, power(0.4), 32))


def two_runs(study: Path) -> None:
    """A base and a sharpened model, each scored by the other, judged by two verifiers."""
    for model, chance, scorer in ((BASE, power(0.4, 0.8), RL), (RL, sharpened(1.2, 0.7), BASE)):
        write(
            study,
            Sampled(
                Run(model, "sums", **settings()), MAIN, chance, 64, scorers=(scorer.name,),
                verifiers=("math", "strict"),
            ),
        )  # fmt: skip


def twelve_runs(study: Path) -> None:
    """Three algorithms with three checkpoints each, three benchmarks, and temperatures."""
    benchmarks = [
        Benchmark("train-sums", 30),
        Benchmark("test-sums", 20, "t"),
        Benchmark("far", 12, "f"),
    ]
    write_training_logs(study)
    for benchmark in benchmarks:
        for model, chance, tags, entropy in many_models():
            run = Run(model, benchmark.name, **settings(hyper_parameters=tags))
            scorers = () if model == BASE else ("tiny-base",)
            write(study, Sampled(run, benchmark, chance, 16, scorers=scorers, entropy=entropy))
    for temperature in (0.6, 1.2):
        for model, chance in (
            (BASE, power(0.45 - 0.1 * temperature)),
            (many_models()[3][0], sharpened(1.0, 0.7)),
        ):
            run = Run(model, "train-sums", **settings(temperature=temperature))
            write(study, Sampled(run, benchmarks[0], chance, 16, entropy=0.5 * temperature))
    direct = Run(BASE, "train-sums", **settings(prompt_template="direct"))
    write(study, Sampled(direct, benchmarks[0], power(0.12, 0.6), 32))


def many_models() -> list[tuple[Model, Callable[[np.ndarray], np.ndarray], dict[str, str], float]]:
    """Twelve models with their skill, hyper-parameters and mean token entropy."""
    models = [(BASE, power(0.4, 0.8), {}, 0.7)]
    for position, algorithm in enumerate(("GRPO", "PPO", "DAPO")):
        for step in (150, 300, 450):
            name = f"{algorithm.lower()}-{step}"
            tags = {
                "kl": "0.001" if algorithm == "PPO" else "0",
                "rollouts": "32" if algorithm == "DAPO" else "8",
            }
            skill = sharpened(0.5 + step / 400 + 0.1 * position, 0.9 - step / 1500)
            models.append(
                (Model(name, "rl", "tiny-base", algorithm, step), skill, tags, 0.6 - step / 1000)
            )
    models.append((Model("tiny-distilled", "distilled", "tiny-base"), power(2.0), {}, 0.5))
    models.append((Model("tiny-instruct", "instruct", "tiny-base"), power(1.0), {}, 0.4))
    return models


def write_training_logs(study: Path) -> None:
    """Reward, length and entropy every 10 steps, with a gap."""
    folder = study / "training_log"
    folder.mkdir(parents=True)
    for algorithm, pace in (("grpo", 1.0), ("ppo", 0.6)):
        lines = ["model,step,reward,response_length,entropy"]
        for step in range(10, 451, 10):
            reward, length = 0.1 + pace * step / 1500, 500 + pace * step
            entropy = "" if 200 <= step < 250 else f"{0.7 * np.exp(-pace * step / 300):.4f}"
            lines.append(f"{algorithm}-450,{step},{reward:.4f},{length:.0f},{entropy}")
        (folder / f"{algorithm}.csv").write_text("\n".join(lines) + "\n")


def ragged(study: Path) -> None:
    """n differs, problems and samples are missing, some are unjudged, and there are errors."""
    odd = [0 if i % 11 == 5 else 8 + 4 * (i % 7) for i in range(MAIN.problems)]
    write(
        study,
        Sampled(
            Run(BASE, "sums", **settings()), MAIN, power(0.4), odd, 0.15, 0.1, 0.2,
            unverified=0.1, without=frozenset({"p003", "p017"}),
        ),
    )  # fmt: skip
    write(
        study,
        Sampled(
            Run(RL, "sums", **settings(max_tokens=64, prompt_template="other")), MAIN,
            sharpened(1.2, 0.6), 24, 0.02, 0.0, 0.3, without=frozenset({"p001"}),
            scorers=("tiny-base",),
        ),
    )  # fmt: skip
    third = Model("tiny-distilled", "distilled", "tiny-base")
    write(study, Sampled(Run(third, "sums", **settings()), MAIN, power(1.5), 5))


def counts_only(study: Path) -> None:
    """Runs of which only counts are known."""
    random = np.random.default_rng(1)
    for model, n, chance in (
        (BASE, 128, power(0.4)),
        (RL, 64, sharpened(1.2, 0.7)),
        (Model("other-rl", "rl", "tiny-base"), 128, power(0.9)),
    ):
        folder = write_run(study / "shards", Run(model, "sums", source="counts.csv"))
        counts = pl.DataFrame(
            {
                "problem_id": MAIN.ids, "verifier": "imported", "n": n,
                "c": random.binomial(n, chance(MAIN.difficulty)),
            }
        )  # fmt: skip
        write_shard(folder, "counts", counts, "imported")


def no_scores(study: Path) -> None:
    """Texts without any log-probability."""
    for model, chance in ((BASE, power(0.4)), (RL, sharpened(1.2, 0.7))):
        write(study, Sampled(Run(model, "sums", **settings()), MAIN, chance, 16, logprobs=False))


def all_zero(study: Path) -> None:
    """No sample is correct."""
    for model in (BASE, RL):
        write(study, Sampled(Run(model, "sums", **settings()), MAIN, power(1, 0.0), 16))


def all_correct(study: Path) -> None:
    """Every sample is correct."""
    for model in (BASE, RL):
        write(study, Sampled(Run(model, "sums", **settings()), MAIN, lambda d: d * 0 + 1, 16))


def one_problem(study: Path) -> None:
    """A benchmark of a single problem."""
    single = Benchmark("single", 1, hardness=(0.5,))
    for model, chance in ((BASE, power(0.4)), (RL, power(1.0))):
        write(study, Sampled(Run(model, "single", **settings()), single, chance, 16))


def long_names(study: Path) -> None:
    """Names as long and as nasty as people make them."""
    nasty = Benchmark("a-benchmark-with-a-rather-long-name-of-<its>-own & more", 12, NASTY)
    for role, chance in (("base", power(0.4)), ("rl", sharpened(1.2, 0.7)), ("rl", power(0.8))):
        word = "x".join([role, *["of-many-words"] * 5])
        model = Model(
            f"{word} <i>{chance(np.array([0.3]))[0]:.3f}</i> $y$", role, None, "GRPO & co"
        )
        write(study, Sampled(Run(model, nasty.name, **settings()), nasty, chance, 16))


STUDIES: dict[str, Callable[[Path], None]] = {
    make.__name__: make
    for make in (
        one_run, two_runs, twelve_runs, ragged, counts_only, no_scores, all_zero, all_correct,
        one_problem, long_names,
    )
}  # fmt: skip


def make_study(name: str, folder: Path) -> Path:
    """Write and publish the study of this name; return its folder."""
    study = folder / name
    STUDIES[name](study)
    publish(study)
    return study


if __name__ == "__main__":
    for wanted in sys.argv[2:] or STUDIES:
        print(make_study(wanted, Path(sys.argv[1])))
