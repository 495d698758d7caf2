"""Scores of an Inspect AI sample as verdicts, the main scorer's first.

A score may have been edited since; what counts is its last value. NaN is what Inspect writes for a
sample that its scorer could not judge.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from store.importers.found import Unfit, Verdict, clean, said, shown
from store.importers.rewards import Rewards

EDITED = "scores that somebody edited, taken as edited"
ODD = "samples without a verdict: their {name} is no grade and no number"
GRADES = {"C": 1, "I": 0, "P": 0.5, "N": 0, "yes": 1, "true": 1, "no": 0, "false": 0}
Scores = Mapping[str, Mapping[str, object]]


def scores_of(sample: Mapping[str, object], scorers: list[str]) -> Scores:
    """The scores by scorer; the oldest logs have one, under no name. Raises Unfit."""
    scores = sample.get("scores")
    if scores is None and sample.get("score") is not None:
        scores = {scorers[0] if scorers else "score": sample["score"]}
    if not isinstance(scores, Mapping | None):
        raise Unfit("scores", f"is {shown(scores)}, and must be an object")
    for name, score in (scores or {}).items():
        if not isinstance(score, Mapping):
            raise Unfit(f"scores.{name}", f"is {shown(score)}, and must be an object")
    return scores or {}


def verdicts(
    scores: Scores, completion: str, scorers: list[str], rewards: Rewards, notes: Counter[str]
) -> tuple[Verdict, ...]:
    """A verdict for each score that is one; `notes` takes the others. The scorers come in the order
    of the log's header, the main one first."""
    found: list[Verdict] = []
    names = sorted(scores, key=lambda n: scorers.index(n) if n in scorers else len(scorers))
    for name in names:
        now = edited(scores[name], notes)
        answer, why = said(now.get("answer")), now.get("explanation")
        # Many scorers explain a verdict by what they judged.
        new = isinstance(why, str) and why.strip() not in ("", answer, completion.strip())
        detail = clean(str(why)) if new else None
        for part, value in values(name, now.get("value")):
            try:
                number = number_of(value)
            except ValueError:
                notes[ODD.format(name=part)] += 1
                continue
            judged = rewards.judged(part, number, answer, value != "N", detail)
            notes.update(judged.notes)
            found += judged.verdicts
    if not scores:
        notes["samples without a score"] += 1
    return tuple(found)


def main_of(scores: Scores, scorers: list[str]) -> str | None:
    """The first value of the main scorer, by name; None where this sample does not tell."""
    if not scorers or scorers[0] not in scores:
        return None
    return next((name for name, _ in values(scorers[0], scores[scorers[0]].get("value"))), None)


def values(name: str, value: object) -> Iterator[tuple[str, object]]:
    """The values of a score by name: some scorers give several, by keys of their own."""
    if isinstance(value, Mapping):
        yield from ((f"{name}/{key}", part) for key, part in value.items())
    else:
        yield name, value


def number_of(value: object) -> float | None:
    """The score as Inspect counts it; None where there is none. Raises ValueError."""
    if isinstance(value, str):
        grade = GRADES.get(value, GRADES.get(value.lower()))
        return float(value) if grade is None else grade
    if value is None or isinstance(value, int | float):
        return value
    raise ValueError(f"{shown(value)} is no number")


def edited(score: Mapping[str, object], notes: Counter[str]) -> Mapping[str, object]:
    """The score as it is after all edits in its history."""
    history = score.get("history")
    now = dict(score)
    for edit in history if isinstance(history, list) else []:
        if isinstance(edit, Mapping):
            now |= {
                field: edit[field]
                for field in ("value", "answer", "explanation")
                if edit.get(field, "UNCHANGED") != "UNCHANGED"
            }
            notes[EDITED] += edit.get("provenance") is not None
    return now
