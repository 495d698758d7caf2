"""Which column of a table is what: by the names that the user gave, else by usual names.

Where it cannot be told, a ValueError says what there is and which --field would tell.
"""

from collections.abc import Iterator, Mapping, Sequence

from store.importers.table_choice import choose_completion, choose_counts, choose_verdict
from store.importers.table_columns import (
    ARM,
    KINDS,
    Columns,
    Plan,
    aligned,
    of_problem,
    of_sample,
    short,
    tick,
)
from store.importers.table_ids import check_id, check_sample
from store.importers.table_names import COUNTS, PROBLEM, RUN, SAMPLE, TOKEN

SHOWN = [
    "problem_id", *list(PROBLEM)[1:], "completion", "correct", "answer", *SAMPLE, *TOKEN, *COUNTS,
    *RUN, "uid",
]  # fmt: skip


class TextsAlone(ValueError):  # noqa: N818 (it is no error of the program)
    """There are texts, and nothing to judge them by."""


def planned(
    records: Sequence[Mapping[str, object]], fields: Mapping[str, str], loose: bool = False
) -> Plan | None:
    """What of these records is what; None where they tell of no problem and no sample. `loose`:
    all values are texts, and may spell numbers. Raises ValueError where a person must choose.
    """
    columns = Columns(records, fields, loose)
    choose_completion(columns)
    choose_verdict(columns)
    if "correct" not in columns.plan.at or "completion" in columns.plan.at:
        choose_counts(columns)
    if has_nothing(columns):
        refuse_problems(columns)
        return None
    for name in (*SAMPLE, *TOKEN):
        choose_of_sample(columns, name)
    choose_answer(columns)
    for name in (*PROBLEM, *RUN):
        choose_of_problem(columns, name)
    choose_reference(columns)
    check_judged(columns)
    check_id(columns)
    check_sample(columns)
    tell(columns)
    return columns.plan


def has_nothing(columns: Columns) -> bool:
    """Whether there are neither samples nor counts; one row with a score is a summary."""
    summary = (
        columns.plan.graded and len(columns.records) == 1 and "completion" not in columns.plan.at
    )
    return summary or not columns.plan.at.keys() & {"completion", "correct", "c"}


def refuse_problems(columns: Columns) -> None:
    """Raise ValueError where these are problems without samples."""
    names = f"{PROBLEM['question']} {PROBLEM['reference']}"
    error = TextsAlone if columns.named("solution") else ValueError
    if asked := columns.named(names) or columns.named(PROBLEM["prompt"]):
        raise error(
            f"problems (`{asked[0].name}`) and no samples of them, as a benchmark's own file or "
            "a summary has. If samples are in it, say where: --field completion=… or --field "
            f"correct=…, of {columns.listed({'text', 'number', 'bool'})}"
        )


def check_judged(columns: Columns) -> None:
    """Raise ValueError where texts have neither a verdict nor what they can be judged by."""
    at = columns.plan.at
    if "completion" not in at and "correct" in at and columns.plan.graded and not columns.threshold:
        name = ".".join(at["correct"])
        raise ValueError(
            f"scores (`{name}`) that are not 0 and 1, and no texts: give --field threshold=… "
            "above which a sample is correct"
        )
    judged = {*at, *columns.plan.constants} & {"correct", "reference"}
    if "completion" in at and not judged and "completion" not in columns.given.paths:
        name = ".".join(at["completion"])
        raise TextsAlone(
            f"texts (`{name}`), but neither verdicts nor references to judge them by. If they "
            f"are samples, give --field completion={name}, or --field correct=COLUMN"
        )


def choose_of_sample(columns: Columns, name: str) -> None:
    """What each sample has: in as many lists as the completions, of tokens in one more."""
    depth = columns.plan.axis + (name in TOKEN)
    beside = columns.plan.at.get("completion") or columns.plan.at.get("correct")
    if columns.refused(name) or name == "answer" or beside is None:
        return
    text = columns.leaves[beside]
    kinds = KINDS.get(name, {"text", "number", "bool", "chat"})
    for leaf in columns.named({**SAMPLE, **TOKEN}[name], kinds):
        fits = leaf.depth == depth and of_sample(leaf) and not leaf.kinds - kinds - {"text"}
        if fits and (depth == 0 or aligned(leaf, text, name in TOKEN)):
            columns.take(name, leaf)
            return


def choose_answer(columns: Columns) -> None:
    """What was extracted of each sample; `answer` only beside a reference by another name."""
    beside = columns.plan.at.get("completion")
    if beside is None or columns.refused("answer"):
        return
    usual = [
        leaf for leaf in columns.named(SAMPLE["answer"]) if aligned(leaf, columns.leaves[beside])
    ]
    told = columns.references() or "reference" in columns.plan.at or columns.plan.axis
    inner = beside[:-1]
    plain = [
        leaf
        for leaf in columns.named("answer finalanswer")
        if aligned(leaf, columns.leaves[beside]) and (told or (inner and leaf.path[:-1] == inner))
    ]
    for leaf in [*usual, *plain][:1]:
        columns.take("answer", leaf)


def choose_of_problem(columns: Columns, name: str) -> None:
    """What is said once a record."""
    if columns.refused(name) or name == "problem_id":
        return
    for leaf in columns.named({**PROBLEM, **RUN}[name], KINDS.get(name, {"text", "number"})):
        if leaf.depth == 0 and of_problem(leaf) and (name in PROBLEM or short(leaf)):
            columns.take(name, leaf)
            return


def choose_reference(columns: Columns) -> None:
    """`answer` or `solution`, where nothing says it more clearly; lists of one are meant too."""
    if columns.refused("reference"):
        return
    for leaf in columns.named(f"{PROBLEM['reference']} answer finalanswer solution"):
        single = leaf.depth == 1 and set(leaf.lengths.values()) == {1}
        if leaf.kinds and of_problem(leaf) and (leaf.depth == 0 or single):
            columns.take("reference", leaf)
            return


def tell(columns: Columns) -> None:
    """Say what was chosen."""
    plan, lists = columns.plan, ""
    beside = plan.at.get("completion") or plan.at.get("correct") or ()
    inner = next((p for p in (beside[:-1],) if p and plan.axis and p != (ARM,)), ())
    shown = {name: plan.at[name] for name in SHOWN if name in plan.at}
    outer = [f"{n} is {tick(p)}" for n, p in shown.items() if not inner or p[: len(inner)] != inner]
    within = [
        f"{n} is {tick(p[len(inner) :])}"
        for n, p in shown.items()
        if inner and p[: len(inner)] == inner
    ]
    if within:
        lists = f"samples are the list {tick(inner)}, in them {', '.join(within)}"
    elif plan.axis:
        lists = "a row is a problem with lists of samples"
    if plan.position:
        outer.insert(0, "problem_id is the row's position")
    elif "problem_id" not in plan.at and "problem_id" not in plan.constants:
        outer.insert(0, "problem_id is made of the question")
    outer += [f"{name} is always {value}" for name, value in plan.constants.items()]
    if plan.twins:
        outer.append(f"{', '.join(map(tick, plan.twins))} must say the same as correct")
    plan.told[:0] = [part for part in (", ".join(outer), lists) if part]
    left = list(leftovers(columns))
    if plan.axis or plan.counted:
        plan.metadata = tuple(left)
    elif left:
        more = f" and {len(left) - 8} more" if len(left) > 8 else ""
        plan.told.append(f"not taken: {', '.join(f'`{n}`' for n in left[:8])}{more}")
    if columns.given.metadata:
        plan.metadata = columns.given.metadata


def leftovers(columns: Columns) -> Iterator[str]:
    """Names at the top of a record of which nothing was taken."""
    used = {path[0] for path in (*columns.plan.at.values(), *columns.plan.twins)}
    names = dict.fromkeys(leaf.path[0] for leaf in columns.leaves.values() if leaf.path)
    return (name for name in names if name and name not in used and name != ARM)
