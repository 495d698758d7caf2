"""Which algorithm trains best: pass@1, pass@k_max and the sampling efficiency gap Δ_SE."""

from collections.abc import Mapping, Sequence

import polars as pl

from app.analysis.aligned import aligned
from app.analysis.estimates import COLUMNS, efficiency_gap, gap_curve, pass_curve, verdict
from app.analysis.runs import labels
from app.metrics.intervals import LIKE_THESE

EQUAL = 1e-9  # Δ_SE that print alike are the smallest together
MEASURES = ("pass_1", "pass_k", "delta_se", "gap")
FACTS = {
    "benchmark": pl.String, "run": pl.String, "model": pl.String, "role": pl.String,
    "algorithm": pl.String, "step": pl.Int64, "base": pl.String, "mismatch": pl.String,
    "unknown": pl.String,
}  # fmt: skip
ESTIMATES = {
    f"{measure}{part}": pl.Float64 for measure in MEASURES for part in ("", "_low", "_high")
}
TABLE = {
    **FACTS, "problems": pl.Int64, "left_out": pl.Int64, "k": pl.Int64, "delta_k": pl.Int64,
    **ESTIMATES, "ahead": pl.String, "smallest": pl.Boolean, "reliable": pl.Boolean,
}  # fmt: skip
SAME, LAST, ALL = "same step", "last of each", "all"
HOW = (SAME, LAST, ALL)


def algorithm_table(
    counts: Mapping[str, pl.DataFrame],
    placed: pl.DataFrame,
    k: int | None = None,
    kind: str | None = LIKE_THESE,
    level: float = 0.95,
) -> pl.DataFrame:
    """One row per run of a benchmark: TABLE.

    pass_k at `k`, else at the largest k that the run and its base allow. Δ_SE = pass@delta_k of the
    base − pass@1 of the run; delta_k is `k`, else the base's largest. gap: pass_k − that of the
    base at the same k; `ahead` says who is, by its band. All over the problems that both have.
    `smallest` marks the smallest Δ_SE among the runs trained by RL, or, without one, among all.
    """
    rows = [table_row(counts, row, k, kind, level) for row in placed.rows(named=True)]
    table = pl.concat([pl.DataFrame(schema=TABLE), *rows])
    return table.with_columns(smallest=marked(table))


def table_row(
    counts: Mapping[str, pl.DataFrame],
    row: Mapping[str, object],
    k: int | None,
    kind: str | None,
    level: float,
) -> pl.DataFrame:
    """The row of one run."""
    run, base = str(row["run"]), row["base"]
    side = aligned(counts, [str(base), run] if base else [run])
    own, first = side.runs[run], side.runs[str(base)] if base else None
    budget = k or max(side.most, 1)
    start, top = (pass_curve(own, [each], kind, level) for each in (1, budget))
    delta_k = k or (max(first.most, 1) if first else 0)
    delta = efficiency_gap(first, own, delta_k, kind, level) if first else NOTHING
    gap = gap_curve(first, own, [budget], kind, level) if first else NOTHING
    return pl.DataFrame(
        {
            **{name: row[name] for name in FACTS},
            "problems": len(side.problems), "left_out": side.left_out,
            "k": budget, "delta_k": delta_k,
            **of("pass_1", start), **of("pass_k", top), **of("delta_se", delta), **of("gap", gap),
            "ahead": verdict(*gap.select("low", "high", "value").row(0)) if first else None,
            "smallest": False,
            "reliable": all(part["reliable"][0] for part in (start, top, delta)),
        },
        schema=TABLE,
    )  # fmt: skip


NOTHING = pl.DataFrame(
    {"k": [0], **{name: [float("nan")] for name in ("value", "low", "high")}, "reliable": [True]},
    schema=COLUMNS,
)


def of(measure: str, point: pl.DataFrame) -> dict[str, float]:
    """A point's value and limits under the names of the table."""
    value, low, high = point.select("value", "low", "high").row(0)
    return {measure: value, f"{measure}_low": low, f"{measure}_high": high}


def marked(table: pl.DataFrame) -> pl.Series:
    """Whether a row has the smallest Δ_SE of its benchmark; see `algorithm_table`."""
    trained = (pl.col("role") == "rl") | ~(pl.col("role") == "rl").any().over("benchmark")
    gap = pl.when(trained).then(pl.col("delta_se").fill_nan(None))
    least = gap.min().over("benchmark")
    return table.select(((gap - least) < EQUAL).fill_null(False)).to_series()


def at_steps(placed: pl.DataFrame, how: str, step: int | None) -> pl.DataFrame:
    """The runs to put side by side: of each training one checkpoint, or all.

    SAME: those at `step`. LAST: the last of each training. Models without a step always are in it.
    """
    if how == ALL:
        return placed
    stepless = pl.col("series").is_null()
    if how == SAME:
        return placed.filter(stepless | (pl.col("step") == step))
    return placed.filter(stepless | (pl.col("step") == pl.col("step").max().over("series")))


def common_step(placed: pl.DataFrame) -> int | None:
    """The latest step that all trainings have; None where they have none in common.

    Runs of one training on several benchmarks or at several temperatures are one training.
    """
    keys = ("algorithm", "role", "origin", "tags")
    checkpoints = placed.filter(pl.col("series").is_not_null())
    steps = [set(part["step"]) for part in checkpoints.partition_by(keys)]
    common = set.intersection(*steps) if steps else set()
    return max(common, default=None)


def row_names(placed: pl.DataFrame) -> dict[str, str]:
    """Run → name of its row: runs of one model and settings share it over the benchmarks."""
    settings = ["model", "prompt_template", "temperature", "top_p", "max_tokens"]
    alone = placed.group_by("benchmark", "model").len()["len"].to_numpy().max(initial=1) == 1
    if alone:
        return dict(placed.select("run", "model").rows())
    kinds = placed.select(settings).unique(maintain_order=True).with_row_index("run")
    keyed = kinds.with_columns(pl.col("run").cast(pl.String), benchmark=pl.lit(""))
    named = labels(keyed)
    numbered = placed.join(
        keyed.drop("benchmark").rename({"run": "kind"}), on=settings, nulls_equal=True
    )
    return {run: named[kind] for run, kind in numbered.select("run", "kind").rows()}


def ranges(table: pl.DataFrame, names: Mapping[str, str]) -> list[str]:
    """Per benchmark a sentence: between which Δ_SE the trained models lie, and whose they are."""
    said = []
    for (benchmark,), rows in (
        trained(table).partition_by("benchmark", as_dict=True, maintain_order=True).items()
    ):
        ordered = rows.filter(pl.col("delta_se").is_not_nan()).sort("delta_se")
        if ordered.height > 1:
            ends = [
                (names[row["run"]], points(row["delta_se"])) for row in ordered.rows(named=True)
            ]
            said.append(
                f"{benchmark}: {ends[0][1]} ({ends[0][0]}) to {ends[-1][1]} ({ends[-1][0]})."
            )
    return said


def not_behind(table: pl.DataFrame, names: Mapping[str, str]) -> list[str]:
    """Per benchmark a sentence: whose pass@k is not below the base's at the k of its row.

    By the estimates: the bands, which are wider, say whether the difference is more than chance.
    """
    said = []
    for (benchmark,), rows in (
        trained(table).partition_by("benchmark", as_dict=True, maintain_order=True).items()
    ):
        level = rows.filter((pl.col("gap") >= 0) & pl.col("gap").is_not_nan())
        who = [with_sign(row, names) for row in level.rows(named=True)]
        said.append(
            f"{benchmark}: {len(who)} of {rows.height}{': ' if who else ''}{', '.join(who)}."
        )
    return said


def with_sign(row: Mapping[str, object], names: Mapping[str, str]) -> str:
    """A run by name, and by how much it is ahead."""
    gap = float(str(row["gap"]))
    return f"{names[str(row['run'])]} ({'tie' if gap == 0 else f'+{points(gap)}'})"


def trained(table: pl.DataFrame) -> pl.DataFrame:
    """The rows of models that RL trained and that have a base."""
    return table.filter((pl.col("role") == "rl") & pl.col("base").is_not_null())


def points(fraction: float) -> str:
    """A fraction as percentage points with one decimal."""
    return f"{100 * fraction:.1f}".replace("-", "−")


def ks_said(budgets: Sequence[int]) -> str:
    """k, or the smallest and largest."""
    low, high = min(budgets, default=0), max(budgets, default=0)
    return str(low) if low == high else f"{low}–{high}"
