"""Chains of thought to read: those that were named, or a few by a rule."""

from contextlib import suppress
from typing import NamedTuple

import polars as pl

from app.analysis import solvable
from app.analysis.runs import find_run, labels
from app.report.asked import Asked, Study, questions
from app.report.hearing import told
from app.show import budgets
from app.show_counted import Options, correct_within, counted, counting_samples, pair
from store import queries
from store.audits import content_hash, people
from store.location import Cursor

PER_REGION = 2  # problems that only one run of a pair solves
RULE = (
    f"Chosen by a rule: of each pair that is compared, the first {PER_REGION} problems that only"
    f" the base solves, the first {PER_REGION} that only the other run solves, and, where there is"
    " neither, the first that both solve; of each problem the first correct sample of a run, or its"
    " first sample where none is correct."
)
NAMED = "Named by who made this report."


class Place(NamedTuple):
    """A sample, and why it is here."""

    run: str
    problem: str
    sample: int
    why: str


class Chain(NamedTuple):
    """A sample with its question, and all that verifiers and people say of it."""

    place: Place
    label: str
    question: str | None
    reference: str | None
    images: int
    completion: str | None
    finish_reason: str | None
    tokens: int | None
    verdicts: pl.DataFrame  # verifier, version, outcome, answer, detail
    audits: pl.DataFrame  # label, verdicts


def places(study: Study, asked: Asked) -> list[Place]:
    """The samples that were named; else those of the rule, of the pairs that can be compared."""
    if asked.samples:
        return [named(study.cursor, text) for text in asked.samples]
    found = []
    for options in questions(study, asked, "compare"):
        # What is told of a pair, or that there is none, stands in the section of the view.
        with told(), suppress(ValueError):
            found += by_rule(study.cursor, options)
    return list(dict.fromkeys(found))


def named(cursor: Cursor, text: str) -> Place:
    """The sample RUN/PROBLEM/NUMBER; names of problems, and of models, may have slashes."""
    parts = text.split("/")
    runs = queries.runs(cursor)
    if len(parts) < 3 or not parts[-1].isdecimal():
        raise ValueError(f"{text!r} names no sample: write RUN/PROBLEM/NUMBER.")
    number, refused = int(parts[-1]), ""
    for cut in range(1, len(parts) - 1):
        problem = "/".join(parts[cut:-1])
        try:
            run = find_run(runs, "/".join(parts[:cut]))
        except ValueError as error:
            refused = refused or str(error)
            continue
        if queries.sample(cursor, run, problem, number).height:
            return Place(run, problem, number, NAMED)
        refused = f"{run} has no stored sample {number} of a problem {problem!r}."
    raise ValueError(f"Sample {text!r}: {refused}")


def by_rule(cursor: Cursor, options: Options) -> list[Place]:
    """The samples of one pair; see RULE. None of runs of which no texts are stored."""
    base, other = pair(cursor, options)
    counts = counted(cursor, [base, other], options)
    k = budgets(None, counts, largest=True)[-1]
    within = correct_within(cursor, [base, other], options, k)
    problems = solvable.regions(counts, base, other, k, options.threshold, within).problems
    found: list[Place] = []
    for region, why in REGIONS.items():
        most = PER_REGION if region != "both" else 0 if found else 1
        for problem in problems.filter(pl.col("region") == region)["problem_id"][:most]:
            shown = [first(cursor, run, str(problem), options, why) for run in (base, other)]
            found += [place for place in shown if place]
    return found


REGIONS = {
    "only_base": "a problem that only the base solves",
    "only_other": "a problem that only the other run solves",
    "both": "a problem that both solve",
}


def first(cursor: Cursor, run: str, problem: str, options: Options, why: str) -> Place | None:
    """The first sample that counts as correct, else the first that counts; None without any."""
    stored = queries.samples_of_problem(cursor, run, problem, options.verifier)
    rows = stored.with_columns(problem_id=pl.lit(problem))
    counting = counting_samples(cursor, run, options, rows)
    correct = counting.filter(pl.col("outcome") == "correct")
    chosen = (correct if correct.height else counting)["sample"].to_list()
    return Place(run, problem, int(chosen[0]), why) if chosen else None


def read(study: Study, found: list[Place]) -> list[Chain]:
    """The samples with their texts."""
    runs = queries.runs(study.cursor)
    own = runs.filter(pl.col("run").is_in(sorted({place.run for place in found})))
    named_runs = labels(own)
    benchmarks = dict(own.select("run", "benchmark").rows())
    problems = {
        name: queries.problems(study.cursor, name) for name in sorted(set(benchmarks.values()))
    }
    heard = people(study.audits)
    return [
        chain(study.cursor, place, named_runs[place.run], benchmarks[place.run], problems, heard)
        for place in found
    ]


def chain(
    cursor: Cursor,
    place: Place,
    label: str,
    benchmark: str,
    problems: dict[str, pl.DataFrame],
    heard: pl.DataFrame,
) -> Chain:
    """One sample with all that is said of it."""
    key = (place.run, place.problem, place.sample)
    asked = problems[benchmark].filter(pl.col("problem_id") == place.problem).row(0, named=True)
    sample = queries.sample(cursor, *key).row(0, named=True)
    verdicts = queries.verdicts_of_sample(cursor, *key)
    of_text = content_hash(sample["completion"] or "")
    said = heard.filter(run=key[0], problem_id=key[1], sample=key[2], content_hash=of_text)
    return Chain(
        place,
        label,
        asked["question"],
        asked["reference"],
        len(queries.images(cursor, benchmark, place.problem)),
        sample["completion"],
        sample["finish_reason"],
        sample["n_tokens"],
        verdicts,
        said.group_by("label").agg(verdicts=pl.len()).sort("label"),
    )
