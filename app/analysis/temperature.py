"""Base and trained model at several sampling temperatures, and at equal entropy."""

from collections.abc import Mapping, Sequence

import polars as pl

from app.analysis.aligned import aligned
from app.analysis.estimates import COLUMNS, gap_curve, pass_curve, verdict
from app.analysis.training import Counts
from app.metrics.intervals import LIKE_THESE
from app.metrics.pass_at_k import log_spaced

GRID = {
    "temperature": pl.Float64, "run": pl.String, "model": pl.String, "role": pl.String, **COLUMNS,
    "problems": pl.Int64, "left_out": pl.Int64, "n_min": pl.Int64, "n_max": pl.Int64,
}  # fmt: skip
VERDICTS = {
    "temperature": pl.Float64, "base": pl.String, "other": pl.String, "k": pl.Int64,
    "gap": pl.Float64, "low": pl.Float64, "high": pl.Float64, "ahead": pl.String,
    "problems": pl.Int64, "left_out": pl.Int64, "mismatch": pl.String,
}  # fmt: skip
ENTROPIES = {
    "run": pl.String, "model": pl.String, "role": pl.String, "temperature": pl.Float64,
    "entropy": pl.Float64, "tokens": pl.Int64, "samples": pl.Int64, "source": pl.String,
}  # fmt: skip
STORED = "stored entropies"


def candidates(placed: pl.DataFrame) -> list[str]:
    """Trained models that have a base; those with most temperatures first, then the latest step."""
    paired = placed.filter(pl.col("base").is_not_null())
    ranked = paired.group_by("model", "step").agg(pl.col("temperature").n_unique().alias("many"))
    order = ranked.sort("many", "step", "model", descending=[True, True, False], nulls_last=True)
    return order["model"].to_list()


def temperature_pairs(placed: pl.DataFrame, model: str) -> list[tuple[float | None, list[str]]]:
    """Each temperature with the runs there: base and trained, or the only one of them.

    The base is that of the same settings, else the nearest one at this temperature.
    """
    own = placed.filter(pl.col("model") == model)
    origin = own["origin"].drop_nulls().unique().to_list()
    bases = placed.filter(pl.col("model").is_in(origin))
    taken = set(own["base"])
    found = []
    for value in sorted({*own["temperature"], *bases["temperature"]}, key=lambda t: (t is None, t)):
        here = pl.col("temperature").eq_missing(pl.lit(value, pl.Float64))
        mine, theirs = own.filter(here).sort("run"), bases.filter(here).sort("run")
        preferred = theirs.filter(pl.col("run").is_in(list(mine["base"]) or list(taken)))
        like = preferred if preferred.height else similar(theirs, own)
        found.append((value, [*like["run"][:1], *mine["run"][:1]]))
    return found


def similar(theirs: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Runs with a prompt template of the trained model's, or all where there is none."""
    same = theirs.filter(pl.col("prompt_template").is_in(list(own["prompt_template"].drop_nulls())))
    return same if same.height else theirs


def temperature_grid(
    counts: Counts,
    placed: pl.DataFrame,
    model: str,
    kind: str | None = LIKE_THESE,
    level: float = 0.95,
) -> pl.DataFrame:
    """pass@k over k of base and trained model at each temperature: GRID."""
    parts = [pl.DataFrame(schema=GRID)]
    facts = {row["run"]: row for row in placed.rows(named=True)}
    for temperature, runs in temperature_pairs(placed, model):
        parts.append(curves_of(counts, facts, runs, temperature, kind, level))
    return pl.concat(parts)


def curves_of(
    counts: Counts,
    facts: Mapping[str, Mapping[str, object]],
    runs: Sequence[str],
    temperature: float | None,
    kind: str | None = LIKE_THESE,
    level: float = 0.95,
) -> pl.DataFrame:
    """pass@k of some runs over the problems that all of them have, up to their smallest n: GRID."""
    side = aligned(counts, runs)
    ks = log_spaced(side.most, 60).tolist() if side.most else [1]
    parts = [pl.DataFrame(schema=GRID)]
    for run in runs:
        known = facts[run]
        n = side.runs[run].n
        points = pass_curve(side.runs[run], ks, kind, level).with_columns(
            temperature=pl.lit(temperature, pl.Float64),
            run=pl.lit(run), model=pl.lit(known["model"]), role=pl.lit(known["role"]),
            problems=pl.lit(len(side.problems), pl.Int64), left_out=pl.lit(side.left_out, pl.Int64),
            n_min=pl.lit(int(n.min()) if len(n) else 0, pl.Int64),
            n_max=pl.lit(int(n.max()) if len(n) else 0, pl.Int64),
        )  # fmt: skip
        parts.append(points.select(*GRID))
    return pl.concat(parts)


def verdicts(
    counts: Counts,
    placed: pl.DataFrame,
    pairs: Sequence[tuple[float | None, Sequence[str]]],
    kind: str | None = LIKE_THESE,
    level: float = 0.95,
) -> pl.DataFrame:
    """Who is ahead, at k = 1 and at the largest common k, of each pair (base, other): VERDICTS.

    Where only one of the two has a run at a temperature there is no row.
    """
    mismatches = {row["run"]: settings_said(row) for row in placed.rows(named=True)}
    bases = dict(placed.select("run", "base").rows())
    rows = [
        row
        for temperature, runs in pairs
        if len(runs) == 2
        for row in pair_verdicts(counts, temperature, runs, kind, level)
    ]
    for row in rows:
        paired = bases.get(str(row["other"])) == row["base"]
        row["mismatch"] = mismatches[str(row["other"])] if paired else "other settings"
    return pl.DataFrame(rows, schema=VERDICTS)


def settings_said(row: Mapping[str, object]) -> str:
    """What differs from the base's settings, and what is not known of both."""
    unknown = f"not known: {row['unknown']}" if row["unknown"] else ""
    return "; ".join(part for part in (str(row["mismatch"]), unknown) if part)


def pair_verdicts(
    counts: Counts,
    temperature: float | None,
    runs: Sequence[str],
    kind: str | None,
    level: float,
) -> list[dict[str, object]]:
    """The rows of one pair, without `mismatch`."""
    side = aligned(counts, runs)
    ks = sorted({1, max(side.most, 1)})
    gaps = gap_curve(side.runs[runs[0]], side.runs[runs[1]], ks, kind, level)
    return [
        {
            "temperature": temperature, "base": runs[0], "other": runs[1], "k": row["k"],
            "gap": row["value"], "low": row["low"], "high": row["high"],
            "ahead": verdict(row["low"], row["high"], row["value"]),
            "problems": len(side.problems), "left_out": side.left_out,
        }
        for row in gaps.rows(named=True)
    ]  # fmt: skip


def mean_entropies(placed: pl.DataFrame, sums: pl.DataFrame, log: pl.DataFrame) -> pl.DataFrame:
    """Mean entropy of a run's tokens in nats: ENTROPIES; NaN where nothing tells it.

    From `sums` (run, samples, tokens, entropy: its sum over the tokens), else from the training log
    at the step of the run's model; `source` says which.
    """
    stored = {row["run"]: row for row in sums.rows(named=True) if row["tokens"]}
    logged = {
        (row["model"], row["step"]): row["entropy"]
        for row in log.rows(named=True)
        if row["entropy"] is not None
    }
    rows = []
    for row in placed.rows(named=True):
        known = stored.get(row["run"])
        from_log = logged.get((row["model"], row["step"]), float("nan"))
        rows.append(
            {
                **{name: row[name] for name in ("run", "model", "role", "temperature")},
                "entropy": known["entropy"] / known["tokens"] if known else from_log,
                "tokens": known["tokens"] if known else None,
                "samples": known["samples"] if known else None,
                "source": STORED if known else log_source(row["step"], from_log),
            }
        )
    return pl.DataFrame(rows, schema=ENTROPIES)


def log_source(step: int | None, value: float) -> str:
    """Where an entropy that was not stored comes from."""
    return "not known" if value != value else f"training log, step {step}"


def nearest_in_entropy(entropies: pl.DataFrame, base: str, model: str) -> str | None:
    """The run of `model` whose mean entropy is nearest to that of `base`.

    Ties go to the nearest temperature, then the first run by its id. None where one is not known.
    """
    wanted = entropies.filter(pl.col("run") == base)
    if wanted.is_empty() or wanted["entropy"].is_nan().any():
        return None
    entropy, temperature = wanted.select("entropy", "temperature").row(0)
    known = entropies.filter((pl.col("model") == model) & pl.col("entropy").is_not_nan())
    distance = (pl.col("entropy") - entropy).abs()
    apart = (pl.col("temperature") - temperature).abs().fill_null(float("inf"))
    order = known.with_columns(distance=distance, apart=apart).sort("distance", "apart", "run")
    return str(order["run"][0]) if order.height else None
