"""Write the test problems of the shipped study, all of them held out from training.

.venv/bin/python -m demo.write_problems
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence

from demo.model import DEMO
from demo.problems import Problem, Steps, expression, question, random_problem, solutions

SEED = 4
COUNT = 60
PROBLEMS = DEMO / "countdown.jsonl"


def distinct_problems(count: int, seed: int) -> list[Problem]:
    """Held-out problems, none twice, whatever the order of the numbers."""
    rng = random.Random(seed)
    problems: dict[tuple[tuple[int, ...], int], Problem] = {}
    while len(problems) < count:
        problem, _ = random_problem(rng, held_out=True)
        problems.setdefault((tuple(sorted(problem.numbers)), problem.target), problem)
    return list(problems.values())


def problem_rows(problems: Sequence[Problem]) -> Iterator[dict[str, object]]:
    """The rows of the problems file."""
    for number, problem in enumerate(problems, start=1):
        found = solutions(problem)
        expressions = {expression(problem.numbers, steps) for steps in found}
        yield {
            "problem_id": f"cd-{number:03}",
            "question": question(problem),
            "reference": min(expressions, key=lambda text: (len(text), text)),
            "subject": needed_operations(found),
            "level": f"{abundance(len(expressions))} solutions",
            "numbers": list(problem.numbers),
            "target": problem.target,
            "use": "all",
        }


def needed_operations(found: Sequence[Steps]) -> str:
    """What no solution can do without."""
    used = [{step.operation for step in steps} for steps in found]
    if any(operations <= {"+", "-"} for operations in used):
        return "+ and - suffice"
    return "needs ×" if any("÷" not in operations for operations in used) else "needs ÷"


def abundance(solution_count: int) -> str:
    """few: at most three; some: at most nine; many: more."""
    return "few" if solution_count <= 3 else "some" if solution_count <= 9 else "many"


def main() -> None:
    """Write one JSON object per line."""
    rows = problem_rows(distinct_problems(COUNT, SEED))
    PROBLEMS.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows))


if __name__ == "__main__":
    main()
