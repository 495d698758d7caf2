"""Print pass@1, pass@8 and pass@64 of the demo models on the shipped test problems.

.venv/bin/python -m demo.evaluate
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import comb
from pathlib import Path
from statistics import mean

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from demo.model import CHECKPOINTS, THREADS
from demo.tokenizer import LONGEST_COMPLETION
from demo.write_problems import PROBLEMS
from generation.verifiers.countdown import verify

SEED = 5
N = 64
BUDGETS = (1, 8, 64)


def correct_counts(
    folder: Path, problems: Sequence[Mapping[str, object]], n: int, seed: int
) -> list[int]:
    """c of each problem: how many of n samples at temperature 1 the verifier finds correct."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    torch.manual_seed(seed)
    counts = []
    for problem in problems:
        prompt = tokenizer(problem["question"], return_tensors="pt")
        samples = model.generate(
            **prompt, num_return_sequences=n, max_new_tokens=LONGEST_COMPLETION
        )
        completions = tokenizer.batch_decode(
            samples[:, prompt["input_ids"].shape[1] :], skip_special_tokens=True
        )
        outcomes = [verify(completion, "", problem).outcome for completion in completions]
        counts.append(outcomes.count("correct"))
    return counts


def pass_at_k(counts: Sequence[int], n: int, k: int) -> float:
    """Mean over problems of 1 - C(n-c, k) / C(n, k); exact, and slow for large n."""
    return mean(1 - comb(n - c, k) / comb(n, k) for c in counts)


def main() -> None:
    """One line for each model."""
    torch.set_num_threads(THREADS)
    problems = [json.loads(line) for line in PROBLEMS.read_text().splitlines()]
    for role in ("base", "rl", "distilled"):
        counts = correct_counts(CHECKPOINTS / role, problems, N, SEED)
        curve = "  ".join(f"pass@{k} {pass_at_k(counts, N, k):.1%}" for k in BUDGETS)
        print(f"{role}: {curve}  ({len(problems)} problems, n = {N})")


if __name__ == "__main__":
    main()
