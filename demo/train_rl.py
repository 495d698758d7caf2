"""Reinforcement learning from the base model: GRPO, with the Countdown verifier as the reward.

.venv/bin/python -m demo.train_rl
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer

from demo.model import CHECKPOINTS, THREADS, TRAINING, save_checkpoint
from demo.problems import question, random_problem
from demo.supervised import write_log
from demo.tokenizer import LONGEST_COMPLETION
from generation.verifiers.countdown import verify

SEED = 2
STEPS = 120
PROBLEMS_PER_STEP = 32
SAMPLES_PER_PROBLEM = 16


class LoggedStep(NamedTuple):
    """One row of the training log; reward is the share of correct samples."""

    step: int
    reward: float
    response_length: float
    entropy: float
    seconds: float


def training_problems(count: int, seed: int) -> Dataset:
    """Problems that are not held out: prompt, numbers and target of each."""
    rng = random.Random(seed)
    problems = [random_problem(rng, held_out=False)[0] for _ in range(count)]
    return Dataset.from_list(
        [
            {"prompt": question(problem), "numbers": problem.numbers, "target": problem.target}
            for problem in problems
        ]
    )


def correctness_rewards(
    completions: Sequence[str],
    numbers: Sequence[list[int]],
    target: Sequence[int],
    **_other_columns: object,
) -> list[float]:
    """1 for each correct completion, else 0; nothing for format or for coming close."""
    metadata = [{"numbers": n, "target": t} for n, t in zip(numbers, target, strict=True)]
    return [
        float(verify(completion, "", problem).outcome == "correct")
        for completion, problem in zip(completions, metadata, strict=True)
    ]


def grpo_settings(folder: str) -> GRPOConfig:
    """One update per batch of fresh samples, without a KL term, as in most RL from base models."""
    return GRPOConfig(
        output_dir=folder,
        seed=SEED,
        max_steps=STEPS,
        per_device_train_batch_size=PROBLEMS_PER_STEP * SAMPLES_PER_PROBLEM,
        num_generations=SAMPLES_PER_PROBLEM,
        max_completion_length=LONGEST_COMPLETION,
        temperature=1.0,
        # 2e-4 became unstable after fifty steps.
        learning_rate=1e-4,
        lr_scheduler_type="constant_with_warmup",
        warmup_steps=5,
        max_grad_norm=0.5,
        loss_type="grpo",
        beta=0.0,
        epsilon=0.2,
        # Their defaults are for large models on GPUs.
        bf16=False,
        gradient_checkpointing=False,
        use_cpu=True,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
    )


def logged_steps(history: Sequence[Mapping[str, float]]) -> list[LoggedStep]:
    """The rows of TRL's log that describe a step; the last one is a summary."""
    steps = [entry for entry in history if "reward" in entry]
    seconds = [sum(entry["step_time"] for entry in steps[: i + 1]) for i in range(len(steps))]
    return [
        LoggedStep(
            int(entry["step"]),
            entry["reward"],
            entry["completions/mean_length"],
            entry["entropy"],
            elapsed,
        )
        for entry, elapsed in zip(steps, seconds, strict=True)
    ]


def main() -> None:
    """Train from the base checkpoint and write the RL checkpoint with its log."""
    torch.set_num_threads(THREADS)
    tokenizer = AutoTokenizer.from_pretrained(CHECKPOINTS / "base")
    with tempfile.TemporaryDirectory() as folder:
        trainer = GRPOTrainer(
            model=AutoModelForCausalLM.from_pretrained(CHECKPOINTS / "base"),
            reward_funcs=correctness_rewards,
            args=grpo_settings(folder),
            train_dataset=training_problems(STEPS * PROBLEMS_PER_STEP, SEED),
            processing_class=tokenizer,
        )
        trainer.train()
    save_checkpoint(trainer.model, tokenizer, CHECKPOINTS / "rl")
    write_log(logged_steps(trainer.state.log_history), TRAINING / "rl.csv")


if __name__ == "__main__":
    main()
