"""Train the distilled model: the base model, shown the exact solver's solutions and no mistakes.

.venv/bin/python -m demo.train_distilled
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from demo.model import CHECKPOINTS, THREADS, TRAINING, save_checkpoint
from demo.problems import question, random_problem, solutions, worked_solution
from demo.supervised import Schedule, WorkedProblem, train, write_log

SEED = 3
BATCH = 128
SCHEDULE = Schedule(steps=400, learning_rate=5e-4)


def solved_problem(rng: random.Random) -> WorkedProblem:
    """A training problem with one of all its solutions, each as likely as the others."""
    problem, _ = random_problem(rng, held_out=False)
    steps = rng.choice(solutions(problem))
    return WorkedProblem(question(problem), worked_solution(problem.numbers, steps))


def batches(seed: int) -> Iterator[list[WorkedProblem]]:
    """New problems without end; the same ones for the same seed."""
    rng = random.Random(seed)
    while True:
        yield [solved_problem(rng) for _ in range(BATCH)]


def main() -> None:
    """Train from the base checkpoint and write the distilled checkpoint with its log."""
    torch.set_num_threads(THREADS)
    tokenizer = AutoTokenizer.from_pretrained(CHECKPOINTS / "base")
    model = AutoModelForCausalLM.from_pretrained(CHECKPOINTS / "base")
    log = list(train(model, tokenizer, batches(SEED), SCHEDULE))
    save_checkpoint(model, tokenizer, CHECKPOINTS / "distilled")
    write_log(log, TRAINING / "distilled.csv")


if __name__ == "__main__":
    main()
