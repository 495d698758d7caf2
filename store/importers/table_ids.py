"""What tells the problem, and which sample of it a row is."""

from store.importers.table_columns import KINDS, Columns, of_problem
from store.importers.table_leaves import Leaf, Path
from store.importers.table_names import PROBLEM


def check_id(columns: Columns) -> None:
    """An id that fits the questions; else the question; else the row, where that was said."""
    if columns.refused("problem_id"):
        columns.plan.position = columns.given.position
        return
    asked = columns.plan.at.get("question") or columns.plan.at.get("prompt")
    for leaf in columns.named(PROBLEM["problem_id"], KINDS["problem_id"]):
        if leaf.depth > 0 or not of_problem(leaf):
            continue
        if (reason := no_id(columns, leaf, asked)) is None:
            columns.take("problem_id", leaf)
            return
        columns.plan.told.append(f"`{leaf.name}` is not taken for the problem's id: {reason}")
    lists = columns.plan.axis > 0 or columns.plan.counted
    if asked is None and not lists:
        raise ValueError(
            "no column that names the problem: give --field problem_id=COLUMN, of "
            f"{columns.listed({'text', 'number'})}, or --field problem_id=position where every "
            "row is another problem"
        )
    columns.plan.position = asked is None


def no_id(columns: Columns, leaf: Leaf, asked: Path | None) -> str | None:
    """Why this cannot be the problem's id, by the questions in the first records."""
    if asked is None or asked not in columns.leaves:
        return None
    ids = {number: str(values[0]) for number, values in leaf.values.items()}
    questions = {n: repr(values[0]) for n, values in columns.leaves[asked].values.items()}
    pairs = {(ids[n], questions[n]) for n in ids.keys() & questions.keys()}
    if len({i for i, _ in pairs}) < len(pairs):
        return "different questions have the same"
    repeated = len(pairs) > len({q for _, q in pairs})
    if repeated and columns.plan.axis == 0 and len(pairs) == len(ids):
        return "it is another in every row, and questions are repeated"
    return None


def check_sample(columns: Columns) -> None:
    """The samples' index and the seed only tell repetitions where they tell samples apart."""
    for name in ("sample", "seed"):
        path = columns.plan.at.get(name)
        if path and name not in columns.given.paths and not tells_apart(columns, name, path):
            del columns.plan.at[name]


def tells_apart(columns: Columns, name: str, path: Path) -> bool:
    """Whether different samples of a problem have another one each, in these records."""
    if columns.plan.axis:
        return name == "seed" or columns.leaves[path].depth == 1
    keys = ("problem_id", "question", "prompt", "model", "benchmark", "step", "temperature")
    texts: dict[tuple[object, str], set[str]] = {}
    numbers: dict[object, list[str]] = {}
    for record in range(len(columns.records)):
        problem = tuple(value_of(columns, key, record) for key in keys)
        number = value_of(columns, name, record)
        numbers.setdefault(problem, []).append(number)
        texts.setdefault((problem, number), set()).add(value_of(columns, "completion", record))
    repeated = any(len(found) > 1 for found in numbers.values())
    varied = any(len(set(found)) > 1 for found in numbers.values())
    alone = all(len(said) == 1 for said in texts.values())
    return alone and (varied or (name == "sample" and not repeated))


def value_of(columns: Columns, name: str, record: int) -> str:
    """What a record has there."""
    path = columns.plan.at.get(name)
    return "" if path not in columns.leaves else repr(columns.leaves[path].values.get(record))
