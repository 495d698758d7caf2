"""Train the base model from scratch on worked solutions, four in ten of which miss the target.

.venv/bin/python -m demo.train_base
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import torch

from demo.model import CHECKPOINTS, THREADS, TRAINING, new_model, save_checkpoint
from demo.problems import question, random_problem, random_walk, worked_solution
from demo.supervised import LoggedStep, Schedule, WorkedProblem, train, write_log
from demo.tokenizer import demo_tokenizer

SEED = 1
BATCH = 128
SCHEDULE = Schedule(steps=1800, learning_rate=1.5e-3)
RIGHT_SHARE = 0.6
SAVE_EVERY = 150


def random_worked_problem(rng: random.Random) -> WorkedProblem:
    """A training problem with a walk that ends at its target or, four times in ten, anywhere."""
    problem, steps = random_problem(rng, held_out=False)
    if rng.random() >= RIGHT_SHARE:
        steps = random_walk(problem.numbers, rng)
    return WorkedProblem(question(problem), worked_solution(problem.numbers, steps))


def batches(seed: int) -> Iterator[list[WorkedProblem]]:
    """New problems without end; the same ones for the same seed."""
    rng = random.Random(seed)
    while True:
        yield [random_worked_problem(rng) for _ in range(BATCH)]


def main() -> None:
    """Train, saving a usable checkpoint now and then."""
    torch.set_num_threads(THREADS)
    tokenizer = demo_tokenizer()
    model = new_model(tokenizer, SEED)
    log: list[LoggedStep] = []
    for row in train(model, tokenizer, batches(SEED), SCHEDULE):
        log.append(row)
        if row.step % SAVE_EVERY == 0:
            save_checkpoint(model, tokenizer, CHECKPOINTS / "base")
            write_log(log, TRAINING / "base.csv")
            print(f"step {row.step}: loss {row.loss:.3f}, {row.seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
