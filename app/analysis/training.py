"""How pass@k changes in the course of a training."""

from collections.abc import Mapping

import polars as pl

from app.analysis.aligned import Aligned, aligned
from app.analysis.estimates import COLUMNS, gap_curve, pass_curve
from app.metrics.intervals import LIKE_THESE
from app.metrics.pass_at_k import log_spaced

PLACE = {
    "series": pl.String, "role": pl.String, "run": pl.String, "model": pl.String, "step": pl.Int64,
}  # fmt: skip
SIZE = {"problems": pl.Int64, "left_out": pl.Int64, "n_min": pl.Int64, "n_max": pl.Int64}
STEPS = {**PLACE, "measure": pl.String, **COLUMNS, **SIZE}
GAPS = {
    f"gap_{name}" if name != "value" else "gap": pl.Float64 for name in ("value", "low", "high")
}
SURFACE = {**PLACE, **COLUMNS, **GAPS, **SIZE}
ONE, LAST = "pass@1", "pass@k"
Counts = Mapping[str, pl.DataFrame]


def by_step(
    counts: Counts,
    placed: pl.DataFrame,
    k: int | None = None,
    kind: str | None = LIKE_THESE,
    level: float = 0.95,
) -> pl.DataFrame:
    """pass@1 and pass@k of each checkpoint of each training, its base as step 0: STEPS.

    `counts` as app.analysis.aligned.split makes them. All runs of a training are compared over the
    problems that they have in common, at `k` or else at the largest k that all of them allow.
    """
    parts = [pl.DataFrame(schema=STEPS)]
    for name, members in trainings(placed):
        side = aligned(counts, members["run"].to_list())
        budget = k or max(side.most, 1)
        for row in members.rows(named=True):
            points = pass_curve(side.runs[row["run"]], [1, budget], kind, level)
            measured = points.with_columns(measure=pl.Series([ONE, LAST]))
            parts.append(described(measured, name, row, side).select(*STEPS))
    return pl.concat(parts)


def surface(
    counts: Counts, placed: pl.DataFrame, kind: str | None = LIKE_THESE, level: float = 0.95
) -> pl.DataFrame:
    """pass@k over k and step: SURFACE. `gap` is that to the base, NaN where there is none.

    About 40 values of k up to the largest one that all runs of a training allow.
    """
    parts = [pl.DataFrame(schema=SURFACE)]
    for name, members in trainings(placed):
        side = aligned(counts, members["run"].to_list())
        ks = log_spaced(side.most, 40).tolist() if side.most else [1]
        base = members.filter(pl.col("role") == "base")["run"].to_list()
        for row in members.rows(named=True):
            points = pass_curve(side.runs[row["run"]], ks, kind, level)
            gaps = gap_columns(side, base[0] if base else None, row["run"], ks, kind, level)
            joined = pl.concat([points, gaps], how="horizontal")
            parts.append(described(joined, name, row, side).select(*SURFACE))
    return pl.concat(parts)


def gap_columns(
    side: Aligned, base: str | None, run: str, ks: list[int], kind: str | None, level: float
) -> pl.DataFrame:
    """The columns of GAPS; NaN for the base itself and without one."""
    if base is None or base == run:
        return pl.DataFrame({name: [float("nan")] * len(ks) for name in GAPS}, schema=GAPS)
    points = gap_curve(side.runs[base], side.runs[run], ks, kind, level)
    return points.select(pl.col("value", "low", "high")).rename(
        dict(zip(("value", "low", "high"), GAPS, strict=True))
    )


def trainings(placed: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """Each training by name, with its base, at step 0, and its checkpoints in order."""
    found = []
    checkpoints = placed.filter(pl.col("series").is_not_null())
    for name in sorted(checkpoints["series"].unique()):
        members = checkpoints.filter(pl.col("series") == name).sort("step", "run")
        base = placed.filter(pl.col("run").is_in(members["base"].drop_nulls().implode()))
        first = base.with_columns(step=pl.lit(0, pl.Int64))
        found.append((str(name), pl.concat([first, members])))
    return found


def described(
    points: pl.DataFrame, series: str, row: Mapping[str, object], side: Aligned
) -> pl.DataFrame:
    """The rows with the run that they belong to, and what they rest on."""
    numbers = side.runs[str(row["run"])].n
    known = {name: row[name] for name in PLACE if name != "series"}
    size = {
        "problems": len(side.problems),
        "left_out": side.left_out,
        "n_min": int(numbers.min()) if len(numbers) else 0,
        "n_max": int(numbers.max()) if len(numbers) else 0,
    }
    return points.with_columns(
        pl.lit(value, {**PLACE, **SIZE}[name]).alias(name)
        for name, value in {"series": series, **known, **size}.items()
    )


def shared_k(counts: Counts, placed: pl.DataFrame) -> int:
    """The largest k that all runs of all trainings allow; 0 where there is none."""
    return min(
        (aligned(counts, members["run"].to_list()).most for _, members in trainings(placed)),
        default=0,
    )


def largest_n(counts: Counts) -> int:
    """The most samples of any problem of any run; 1 without any."""
    return max((int(part["n"].to_numpy().max(initial=1)) for part in counts.values()), default=1)
