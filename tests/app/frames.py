"""Frames as the store's queries return them, built from what the test cares about."""

import polars as pl

DETAILS = (
    "no_answer", "error", "truncated", "truncated_correct", "truncated_no_answer",
    "truncated_error", "unverified",
)  # fmt: skip


def counts_frame(run, n, c, problems=None, **details) -> pl.DataFrame:
    """Counts of one run: n and c are lists, details too; problems p0, p1, … by default."""
    size = len(c)
    return pl.DataFrame(
        {
            "run": [run] * size,
            "verifier": ["v"] * size,
            "problem_id": problems or [f"p{i}" for i in range(size)],
            "position": list(range(size)),
            "n": [n] * size if isinstance(n, int) else n,
            "c": c,
            **{name: details.get(name, [0] * size) for name in DETAILS},
        },
        schema_overrides=dict.fromkeys(["position", "n", "c", *DETAILS], pl.Int64),
    )


def runs_frame(*rows) -> pl.DataFrame:
    """Runs: each row gives run and model, and what else differs from the defaults."""
    defaults = {
        "role": "base", "parent": None, "algorithm": None, "step": None, "benchmark": "math",
        "prompt_template": "plain", "temperature": 0.6, "top_p": 0.95, "max_tokens": 512,
        "engine": "vllm", "seed": 0, "source": "passband generate", "samples": 8,
    }  # fmt: skip
    return pl.DataFrame([{**defaults, **row} for row in rows], infer_schema_length=None)
