"""Which columns of a table are the texts and the verdicts, or how many there are and are right."""

from collections.abc import Sequence

from store.importers.table_columns import Columns, aligned, of_sample, tick
from store.importers.table_leaves import Leaf
from store.importers.table_names import (
    COMPLETION,
    COUNTS,
    DOUBTFUL,
    OTHER_VERDICT,
    PROBLEM,
    SCORE,
    VERDICT,
    place_in,
)
from store.importers.table_verdicts import is_graded, is_verdict


def choose_completion(columns: Columns) -> None:
    """The texts: of usual names the one beside which a verdict stands."""
    if not columns.refused("completion"):
        texts = [leaf for leaf in columns.named(COMPLETION, {"text", "chat"}) if of_sample(leaf)]
        texts.sort(key=lambda leaf: not verdicts(columns, leaf))
        doubtful = [
            leaf
            for leaf in columns.named(DOUBTFUL, {"text", "chat"})
            if of_sample(leaf) and verdicts(columns, leaf) and is_of_model(columns, leaf)
        ]
        for leaf in [*texts, *doubtful][:1]:
            columns.take("completion", leaf)
    if "completion" in columns.plan.at:
        columns.plan.axis = columns.leaves[columns.plan.at["completion"]].depth


def is_of_model(columns: Columns, leaf: Leaf) -> bool:
    """Whether what is called answer or solution is not what the benchmark says."""
    if leaf.path[-1].lower() not in ("answer", "solution", "code", "answers", "solutions"):
        return True
    beside = [
        other for other in columns.named(PROBLEM["question"]) if other.path[:-1] == leaf.path[:-1]
    ]
    return not beside or bool(columns.references())


def verdicts(columns: Columns, text: Leaf | None) -> list[Leaf]:
    """Verdicts of the best kind that stand beside the texts: more than one is too many."""
    others = [
        leaf
        for leaf in columns.leaves.values()
        if leaf.path and OTHER_VERDICT.search(leaf.path[-1])
    ]
    reference = {leaf.path for leaf in columns.references()}
    counts = {
        leaf.path for leaf in columns.named(COUNTS["c"]) if place_in(VERDICT, leaf.path) is None
    }
    for found in (columns.named(VERDICT), columns.named(SCORE), others):
        beside = [
            leaf
            for leaf in found
            if leaf.path not in {*columns.taken, *reference, *counts}
            and of_sample(leaf, PROBLEM["question"])
            and is_verdict(leaf.all_values, 0.9 if found is others else 0.5)
            and (found is not others or not is_mark(leaf, text))
            and (text is None or aligned(leaf, text))
        ]
        if beside:
            return beside
    return []


def is_mark(leaf: Leaf, text: Leaf | None) -> bool:
    """Whether it is a number of another kind than a verdict: rewards beside a text may be one."""
    return is_graded(leaf.all_values) and (text is None or "reward" not in leaf.name.lower())


def choose_verdict(columns: Columns) -> None:
    """The verdict. Raises ValueError where there are several that differ."""
    completion = columns.plan.at.get("completion")
    if not columns.refused("correct"):
        found = verdicts(columns, columns.leaves[completion] if completion else None)
        if (completion is None and "n" in columns.plan.at) or are_counts(columns, found):
            return
        same = [leaf for leaf in found if leaf.values == found[0].values]
        if len(same) < len(found):
            raise ValueError(ambiguous([leaf.name for leaf in found]))
        if found:
            columns.take("correct", found[0])
            columns.plan.twins = tuple(leaf.path for leaf in found[1:])
    if "correct" in columns.plan.at:
        leaf = columns.leaves[columns.plan.at["correct"]]
        columns.plan.graded = place_in(VERDICT, leaf.path) is None or is_graded(leaf.all_values)
        if completion is None:
            columns.plan.axis = leaf.depth


def are_counts(columns: Columns, found: Sequence[Leaf]) -> bool:
    """Whether what is called correct is how many are, as beside a column n."""
    if "completion" in columns.plan.at:
        return False
    numbers = columns.named(COUNTS["n"], {"number"})
    flags = bool(found) and (found[0].depth > 0 or found[0].kinds == {"bool"})
    return bool(numbers) and not flags


def choose_counts(columns: Columns) -> None:
    """How many were drawn and how many are right. Raises ValueError where one is missing."""
    alone = "completion" not in columns.plan.at
    for name in ("n", "c") if alone else ("c",):
        if not columns.refused(name):
            found = [leaf for leaf in columns.named(COUNTS[name], {"number"}) if leaf.depth == 0]
            for leaf in found[:1]:
                columns.take(name, leaf)
    if alone and "c" in columns.plan.at and "n" not in columns.plan.at:
        raise ValueError(
            f"how many samples are correct ({tick(columns.plan.at['c'])}), but not how many were "
            f"drawn: give --field n=COLUMN, of {columns.listed({'number'})}"
        )


def ambiguous(names: Sequence[str]) -> str:
    """The sentence for a choice that only a person can make."""
    several = ", ".join(f"`{name}`" for name in names)
    ways = " or ".join(f"--field correct={name}" for name in names[:6])
    return f"several columns that may be the verdict ({several}): give {ways}, or correct=none"
