"""How far reviewers agree with one another, and judge models with people.

`audits` are rows of store.audits.newest. A text is a sample with the hash of its completion: only
verdicts on the same text are compared.
"""

from itertools import combinations

import polars as pl

from app.metrics.agreement import Estimate, cohen_kappa, krippendorff_alpha
from store.audit_agreement import TEXT, agreement, one_vote_each
from store.audits import judges, people

ESTIMATE = ("value", "low", "high")


def readings(audits: pl.DataFrame, with_judges: bool = False) -> pl.DataFrame:
    """The verdicts of people as readers, without adjudications; one row of each judge, if asked."""
    given = one_vote_each(audits) if with_judges else people(audits)
    return given.filter(pl.col("kind") != "adjudicator")


def side_by_side(given: pl.DataFrame) -> pl.DataFrame:
    """run, problem_id, sample, content_hash, and a column per reviewer with their label."""
    wide = given.sort("reviewer").pivot("reviewer", index=list(TEXT), values="label")
    return wide.sort(TEXT)


def pairs(given: pl.DataFrame) -> pl.DataFrame:
    """first, second, texts (that both read), same (label), value (Cohen's kappa), low, high.

    One row per two reviewers with a text in common.
    """
    wide = side_by_side(given)
    names = [name for name in wide.columns if name not in TEXT]
    rows = [pair(wide, a, b) for a, b in combinations(names, 2)]
    schema = {
        "first": pl.String, "second": pl.String, "texts": pl.Int64, "same": pl.Int64,
        "value": pl.Float64, "low": pl.Float64, "high": pl.Float64,
    }  # fmt: skip
    return pl.DataFrame([row for row in rows if row[2]], schema=schema, orient="row")


def pair(wide: pl.DataFrame, a: str, b: str) -> tuple[object, ...]:
    """The row of two reviewers."""
    both = wide.select(first=a, second=b).drop_nulls()
    found = cohen_kappa(both["first"].to_list(), both["second"].to_list())
    same = int((both["first"] == both["second"]).sum())
    return (a, b, both.height, same, found.value, found.low, found.high)


def alpha(given: pl.DataFrame) -> Estimate:
    """Krippendorff's alpha of all reviewers together; n is the number of texts that two read."""
    wide = side_by_side(given)
    labels = [wide[name].to_list() for name in wide.columns if name not in TEXT]
    return krippendorff_alpha(labels or [[]])


def against_people(audits: pl.DataFrame) -> pl.DataFrame:
    """judge, texts, same, value (kappa with what the people agree on), low, high, rounds, steady.

    `steady` is Krippendorff's alpha of a judge's rounds with one another.
    """
    agreed = agreement(audits).select(*TEXT, people="label")
    votes = one_vote_each(judges(audits))
    rows = []
    for name in sorted(votes["reviewer"].unique()):
        both = votes.filter(reviewer=name).join(agreed, on=TEXT)
        found = cohen_kappa(both["label"].to_list(), both["people"].to_list())
        same = int((both["label"] == both["people"]).sum())
        own = judges(audits).filter(reviewer=name)
        rounds = own.with_columns(reviewer=pl.col("round").cast(pl.String))
        rows.append(
            (name, both.height, same, found.value, found.low, found.high,
             own["round"].n_unique(), alpha(rounds).value)
        )  # fmt: skip
    schema = {
        "judge": pl.String, "texts": pl.Int64, "same": pl.Int64, "value": pl.Float64,
        "low": pl.Float64, "high": pl.Float64, "rounds": pl.Int64, "steady": pl.Float64,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def labels_given(audits: pl.DataFrame) -> pl.DataFrame:
    """reviewer, kind, verdicts, and how many of each label; people first."""
    kind = pl.col("kind").replace_strict({"person": 0, "adjudicator": 1, "judge": 2})
    return (
        audits.group_by("reviewer", "kind")
        .agg(
            verdicts=pl.len().cast(pl.Int64),
            **{
                label: (pl.col("label") == label).sum().cast(pl.Int64)
                for label in ("valid", "flawed", "guess", "ambiguous")
            },
        )
        .sort(kind, "reviewer")
    )


def disagreements(audits: pl.DataFrame) -> pl.DataFrame:
    """run, problem_id, sample, content_hash, said, decided: the texts on which people differ.

    `said` is each reviewer's label in one text; `decided` the label of the newest adjudication,
    null where nobody has decided. Those without a decision come first.
    """
    given = readings(audits)
    differing = (
        given.sort("reviewer")
        .group_by(TEXT, maintain_order=True)
        .agg(
            said=pl.format("{}: {}", "reviewer", "label").str.join(", "),
            labels=pl.col("label").n_unique(),
        )
        .filter(pl.col("labels") > 1)
    )
    decisions = audits.filter(pl.col("kind") == "adjudicator").select(*TEXT)
    decided = agreement(audits).join(decisions, on=TEXT, how="semi")
    return (
        differing.join(decided.select(*TEXT, decided="label"), on=TEXT, how="left")
        .sort(pl.col("decided").is_not_null(), *TEXT)
        .drop("labels")
    )
