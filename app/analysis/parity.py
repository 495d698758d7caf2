"""Whether two runs were made and judged alike: what a comparison of them takes for granted."""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from app.analysis.wording import amount

SAME, CLOSE, DIFFERS, UNKNOWN = "same", "close", "differs", "not known"
SCHEMA = dict.fromkeys(("check", "base", "other", "state", "said"), pl.String)
SETTINGS = {
    "prompt_template": "prompt template",
    "temperature": "temperature",
    "top_p": "top-p",
    "max_tokens": "max tokens",
    "engine": "engine",
}
RATES = {"truncated": "truncation rate", "no_answer": "no-answer rate", "error": "error rate"}
# Rates differ where they are more than 2 points apart, as much as the gaps that the paper reports
# at large k, and further than twice the standard error of a difference of two shares of so many
# samples: 1 and 2 truncated samples of 16 are no mismatch.
RATE_MARGIN = 0.02
STANDARD_ERRORS = 2
# Texts of fewer characters may be equal by chance, and an easy problem has them in most samples.
LONG = 200
# A copied file makes all texts identical, a swapped seed a share of them. Up to this share of long
# texts, sharp models write by themselves.
IDENTICAL_SHARE = 0.01
ABSENT = "–"


class Evidence(NamedTuple):
    """What the store says of both runs; columns as of the queries of the same name."""

    runs: pl.DataFrame
    totals: pl.DataFrame  # run_totals
    counts: pl.DataFrame
    prompts: pl.DataFrame  # prompt_differences
    texts: pl.DataFrame  # identical_completions, with LONG
    ends: pl.DataFrame  # finish_reasons


class Side(NamedTuple):
    """One run: its name for readers, its row of `runs`, and its counts over the common problems."""

    label: str
    facts: Mapping[str, object]
    version: str | None  # of the verifier; None: imported as counts, or not known
    counts: pl.DataFrame
    ends_known: bool


def parity(evidence: Evidence, base: str, other: str, labels: Mapping[str, str]) -> pl.DataFrame:
    """One row per check: check, base, other, state, said (a sentence, empty where all is well).

    `state` is "same", "close" (rates or texts that are as alike as chance makes them), "differs" or
    "not known", which is no equality.
    """
    sides = (side(evidence, base, other, labels), side(evidence, other, base, labels))
    rows = [
        problems_check(evidence, base, other, labels),
        *(setting_check(name, *sides) for name in SETTINGS),
        prompt_check(evidence.prompts, sides[0].counts.height),
        samples_check(*sides),
        verifier_check(*sides),
        *(rate_check(name, *sides) for name in RATES),
        texts_check(evidence.texts, *sides),
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def side(evidence: Evidence, run: str, partner: str, labels: Mapping[str, str]) -> Side:
    """What is known of a run, over the problems that its partner has too."""
    partners = evidence.counts.filter(pl.col("run") == partner)
    own = evidence.counts.filter(pl.col("run") == run).join(partners, on="problem_id", how="semi")
    totals = evidence.totals.filter(
        (pl.col("run") == run) & pl.col("verifier").is_in(own["verifier"].implode())
    )
    ends = evidence.ends.filter(pl.col("run") == run).filter(pl.col("samples") == pl.col("known"))
    return Side(
        labels[run],
        evidence.runs.filter(pl.col("run") == run).to_dicts()[0],
        totals["version"].first() if totals.height else None,  # type: ignore[arg-type]
        own,
        ends.height > 0,
    )


Row = tuple[str, str, str, str, str]


def problems_check(evidence: Evidence, base: str, other: str, labels: Mapping[str, str]) -> Row:
    """Whether both runs have the same problems."""
    ours, theirs = (
        set(evidence.counts.filter(pl.col("run") == run)["problem_id"]) for run in (base, other)
    )
    sizes = f"{len(ours):,}", f"{len(theirs):,}"
    if ours == theirs:
        return ("problems", *sizes, SAME, "")
    said = (
        f"In {labels[base]} only: {amount(len(ours - theirs))}; in {labels[other]} only:"
        f" {amount(len(theirs - ours))}. They are in none of the numbers here."
    )
    return ("problems", *sizes, DIFFERS, said)


def setting_check(name: str, base: Side, other: Side) -> Row:
    """Whether a sampling setting is the same."""
    values = base.facts[name], other.facts[name]
    return compared(SETTINGS[name], (written(values[0]), written(values[1])), base, other)


def written(value: object) -> str | None:
    """A setting as text; None where it is not known."""
    return None if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def compared(check: str, values: tuple[str | None, str | None], base: Side, other: Side) -> Row:
    """The row for two values, either of which may be unknown."""
    cells = values[0] or ABSENT, values[1] or ABSENT
    name = check[0].upper() + check[1:]
    unknown = [one.label for one, value in zip((base, other), values, strict=True) if value is None]
    if unknown:
        return (check, *cells, UNKNOWN, f"{name} of {' and of '.join(unknown)} is not known.")
    if values[0] == values[1]:
        return (check, *cells, SAME, "")
    said = f"{name} differs: {cells[0]} ({base.label}) and {cells[1]} ({other.label})."
    return (check, *cells, DIFFERS, said)


def prompt_check(prompts: pl.DataFrame, common: int) -> Row:
    """Whether the exact texts given to the models are the same, problem by problem."""
    compared_problems, differing, example = prompts.row(0)
    check = "prompt texts"
    told = f"{compared_problems:,} of {common:,} known"
    if differing:
        said = (
            f"The exact prompt differs for {differing:,} of {amount(compared_problems)},"
            f" for example {example}."
        )
        return (check, told, f"{differing:,} differ", DIFFERS, said)
    if compared_problems < common:
        said = f"The exact prompt is not known for {amount(common - compared_problems)}."
        return (check, told, "0 differ" if compared_problems else ABSENT, UNKNOWN, said)
    return (check, told, "0 differ", SAME, "")


def samples_check(base: Side, other: Side) -> Row:
    """Whether n is the same: of each problem in both runs."""
    spans = span_of_n(base.counts), span_of_n(other.counts)
    ours = base.counts.select("problem_id", "n")
    theirs = other.counts.select("problem_id", other_n="n")
    both = ours.join(theirs, on="problem_id")
    differing = both.filter(pl.col("n") != pl.col("other_n")).height
    if not differing:
        return ("n", *spans, SAME, "")
    said = (
        f"n differs for {differing:,} of {amount(both.height)}: {spans[0]} ({base.label}) and"
        f" {spans[1]} ({other.label}). Curves are compared up to the smallest n."
    )
    return ("n", *spans, DIFFERS, said)


def span_of_n(counts: pl.DataFrame) -> str:
    """One number, or the smallest and the largest n."""
    n = counts["n"].to_list() or [0]
    return f"{min(n):,}" if min(n) == max(n) else f"{min(n):,}–{max(n):,}"


def verifier_check(base: Side, other: Side) -> Row:
    """Whether the same version of the same verifier judged both."""
    names = base.counts["verifier"][0], other.counts["verifier"][0]
    if names[0] != names[1] or (base.version and other.version):
        values = tuple(
            f"{name} {one.version}" if one.version else str(name)
            for name, one in zip(names, (base, other), strict=True)
        )
        return compared("verifier", (values[0], values[1]), base, other)
    unversioned = " and ".join(one.label for one in (base, other) if not one.version)
    said = f"Which version of the verifier judged {unversioned} is not known."
    cells = (
        f"{names[0]} {base.version or ''}".strip(),
        f"{names[1]} {other.version or ''}".strip(),
    )
    return ("verifier", *cells, UNKNOWN, said)


def rate_check(name: str, base: Side, other: Side) -> Row:
    """Whether the share of samples of this kind is the same, as far as `apart` tells."""
    ours, theirs = of_kind(name, base), of_kind(name, other)
    shown = percent(ours), percent(theirs)
    if ours is None or theirs is None or apart(ours, theirs):
        return compared(RATES[name], shown, base, other)
    same = ours[0] * theirs[1] == theirs[0] * ours[1]
    return (RATES[name], shown[0] or ABSENT, shown[1] or ABSENT, SAME if same else CLOSE, "")


def of_kind(name: str, one: Side) -> tuple[int, int] | None:
    """Samples of this kind, and all that were judged; None where unknown or there are none.

    Samples that the reader leaves out of n are in both.
    """
    if not one.version or (name == "truncated" and not one.ends_known):
        return None
    judged = int(one.counts["n"].sum())
    if "left_out" in one.counts.columns:
        judged += int(one.counts["left_out"].sum())
    return (int(one.counts[name].sum()), judged) if judged else None


def apart(first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Whether two shares differ by more than `RATE_MARGIN` and more than chance."""
    pooled = (first[0] + second[0]) / (first[1] + second[1])
    error = (pooled * (1 - pooled) * (1 / first[1] + 1 / second[1])) ** 0.5
    gap = abs(first[0] / first[1] - second[0] / second[1])
    return gap > RATE_MARGIN and gap > STANDARD_ERRORS * error


def percent(share: tuple[int, int] | None) -> str | None:
    """A share, such as 12.5 %; more decimals where few samples are not none."""
    if share is None:
        return None
    value = 100 * share[0] / share[1]
    return f"{value:.1f} %" if value == 0 or value >= 0.05 else f"{value:.2g} %"


def texts_check(texts: pl.DataFrame, base: Side, other: Side) -> Row:
    """Whether completions of both runs are the same texts, which a swapped or copied file shows."""
    row, check = texts.to_dicts()[0], "identical texts"
    samples = int(row["samples"])
    if not samples:
        said = f"Texts of {base.label} and {other.label} cannot be compared: they are not stored."
        return (check, ABSENT, ABSENT, UNKNOWN, said)
    shown = f"{row['identical']:,} of {samples:,}"
    if not suspicious(samples, row["identical_long"], row["same_number"], row["expected"]):
        return (check, ABSENT, shown, CLOSE if row["identical"] else SAME, "")
    said = (
        f"{shown} completions of {other.label} are word for word among those of {base.label} for"
        f" the same problem, {row['identical_long']:,} of them with {LONG} characters or more and"
        f" {row['same_number']:,} under the same sample number: look for a copied or swapped file."
    )
    return (check, ABSENT, shown, DIFFERS, said)


def suspicious(samples: int, long: int, same_number: int, expected: float) -> bool:
    """Whether there are more identical texts than models write by themselves.

    Either `IDENTICAL_SHARE` of the samples are long and identical, or identical texts have the same
    number by that share, and by four standard deviations, more often than chance gives.
    """
    surplus = same_number - expected
    by_number = surplus > IDENTICAL_SHARE * samples and surplus > 4 * expected**0.5
    return long >= max(1, IDENTICAL_SHARE * samples) or by_number
