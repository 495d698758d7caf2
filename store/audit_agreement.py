"""What reviewers agree on: one label for each text that was audited."""

import polars as pl

TEXT = ("run", "problem_id", "sample", "content_hash")


def people(audits: pl.DataFrame) -> pl.DataFrame:
    """The audits of people, readers and adjudicators; no judge model's."""
    return audits.filter(pl.col("kind") != "judge")


def judges(audits: pl.DataFrame) -> pl.DataFrame:
    """The audits of judge models, all rounds."""
    return audits.filter(pl.col("kind") == "judge")


def agreement(audits: pl.DataFrame, judges: bool = False) -> pl.DataFrame:
    """run, problem_id, sample, content_hash, label, audits: one row per audited text.

    `audits` has the columns of store.audits.newest. Where somebody has adjudicated, the newest
    adjudication is the label; else what most reviewers say, as `given_most` counts them. New column
    `audits`: how many verdicts stand behind it. Judge models have no say unless `judges`; then each
    has one vote, what most of its rounds say.
    """
    given = one_vote_each(audits) if judges else people(audits)
    readings = given.filter(pl.col("kind") != "adjudicator")
    return (
        given.group_by(TEXT)
        .agg(audits=pl.len().cast(pl.Int64))
        .join(given_most(readings, TEXT), on=TEXT, how="left")
        .join(adjudicated(given), on=TEXT, how="left")
        .select(*TEXT, pl.coalesce("decided", "label").alias("label"), "audits")
        .sort("run", "problem_id", "sample", "content_hash")
    )


def given_most(votes: pl.DataFrame, groups: tuple[str, ...]) -> pl.DataFrame:
    """The groups and `label`: whether most rows of a group say right (`valid`), wrong (`flawed` or
    `guess`) or unclear (`ambiguous`); `ambiguous` where that ties. Wrong is the one of its two
    labels that was given more often, `flawed` where both were.
    """
    labels = ("valid", "flawed", "guess", "ambiguous")
    given = votes.group_by(groups).agg(
        pl.col("label").eq(label).sum().alias(label) for label in labels
    )
    valid, flawed, guess, unclear = map(pl.col, labels)
    wrong = flawed + guess
    return given.select(
        *groups,
        label=pl.when(valid > pl.max_horizontal(wrong, unclear))
        .then(pl.lit("valid"))
        .when(wrong <= pl.max_horizontal(valid, unclear))
        .then(pl.lit("ambiguous"))
        .when(flawed >= guess)
        .then(pl.lit("flawed"))
        .otherwise(pl.lit("guess")),
    )


def adjudicated(audits: pl.DataFrame) -> pl.DataFrame:
    """run, problem_id, sample, content_hash, decided: by the newest adjudication."""
    rulings = audits.filter(pl.col("kind") == "adjudicator").sort("at", "id")
    return rulings.group_by(TEXT).agg(decided=pl.col("label").last())


def one_vote_each(audits: pl.DataFrame) -> pl.DataFrame:
    """The audits of people, and of each judge model one row per text, whatever its rounds."""
    votes = given_most(judges(audits), (*TEXT, "reviewer")).with_columns(kind=pl.lit("judge"))
    return pl.concat([people(audits), votes], how="diagonal")
