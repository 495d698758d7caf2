"""What reviewers found, in one row per run: the paper's tally, and how far they agree."""

from collections.abc import Mapping

import polars as pl

from app.analysis.reviewers import alpha, readings
from app.analysis.tally import COLUMNS as TALLY
from app.analysis.tally import tally
from store.audits import TEXT

AGREEMENT = {
    "reviewers": pl.Int64, "texts_read_twice": pl.Int64, "alpha": pl.Float64, "low": pl.Float64,
    "high": pl.Float64,
}  # fmt: skip


def audit_table(
    counts: pl.DataFrame,
    labelled: pl.DataFrame,
    runs: pl.DataFrame,
    audits: pl.DataFrame,
    below: float,
) -> pl.DataFrame:
    """The columns of app.analysis.tally, and reviewers (of the run's samples), texts_read_twice (by
    two or more of them), alpha (Krippendorff's, of these texts; NaN without any, and where all
    labels are the same), low, high.

    `audits`: store.audits.newest, of which people count whose text is still there.
    """
    standing = audits.join(labelled, on=TEXT, how="semi")
    rows = [agreement_on(run, standing.filter(run=run)) for run in runs["run"]]
    agreement = pl.DataFrame(rows, schema={"run": pl.String, **AGREEMENT})
    tallied = tally(counts, labelled, runs, below)
    return tallied.join(agreement, on="run", how="left", maintain_order="left").select(
        *TALLY, *AGREEMENT
    )


def agreement_on(run: str, audits: pl.DataFrame) -> Mapping[str, object]:
    """How many people read samples of one run, and their agreement."""
    given = readings(audits)
    found = alpha(given)
    return {
        "run": run,
        "reviewers": given["reviewer"].n_unique(),
        "texts_read_twice": found.n,
        "alpha": found.value,
        "low": found.low,
        "high": found.high,
    }
