"""A study of two tiny models on a few Countdown problems, complete in about two seconds."""

import json
from pathlib import Path

PROBLEMS = 6

STUDY = """
name = "small"
engine = "{engine}"
[sampling]
n = {n}
temperature = 1.0
top_p = 1.0
max_tokens = {max_tokens}
seed = {seed}
[[models]]
name = "base"
role = "base"
path = "{base}"
dtype = "{dtype}"
[[models]]
name = "rl"
role = "rl"
parent = "base"
path = "{rl}"
dtype = "{dtype}"
{more}
[[benchmarks]]
name = "countdown"
path = "countdown.jsonl"
prompt = "{prompt}"
verifier = "countdown"
problems = {problems}
[[scores]]
scorer = "base"
samples_of = ["base", "rl"]
"""
DEFAULTS = {
    "engine": "transformers", "n": "8", "max_tokens": "12", "seed": "1", "dtype": "float32",
    "more": "", "prompt": "plain", "problems": str(PROBLEMS),
}  # fmt: skip


def write_small_study(folder: Path, base: str, rl: str, **changes: str) -> Path:
    """study.toml and its benchmark in `folder`."""
    problems = [
        {
            "problem_id": f"p{i}",
            "question": f"Use 1, 2, 3 and {i}" + " once" * i,
            "reference": "1 + 2",
            "numbers": [1, 2, 3, i],
            "target": 10,
            "use": "all",
        }
        for i in range(PROBLEMS)
    ]
    lines = "".join(json.dumps(problem) + "\n" for problem in problems)
    (folder / "countdown.jsonl").write_text(lines)
    study = folder / "study.toml"
    values = DEFAULTS | {"base": base, "rl": rl} | changes
    study.write_text(STUDY.format(**values))
    return study
