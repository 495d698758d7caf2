"""pass@k as judged, and without the errors of the verifier."""

import plotly.graph_objects as go
import polars as pl

from app.charts.pass_at_k import Look, measure_chart

JUDGED, CORRECTED = "as judged", "corrected"
TOGETHER = "least, if errors strike whole problems"
ROLES = {JUDGED: "reference", CORRECTED: "rl"}


def corrected_chart(curves: pl.DataFrame) -> go.Figure:
    """A panel per run: pass@k as judged, corrected with its band, and the least it can be.

    `curves`: run, label (of the panel), k, raw, value, low, high, reliable, least, problems, n_min,
    n_max; NaN is drawn as a gap. customdata as of app.charts.pass_at_k.measure_chart.
    """
    common = (
        "run", "problems", "n_min", "n_max", pl.lit("").alias("row"),
        pl.col("label").alias("column"), pl.col("k").cast(pl.Float64).alias("x"),
        pl.lit(None, pl.Float64).alias("solved"),
    )  # fmt: skip
    nothing = pl.lit(float("nan"))
    judged = curves.select(
        *common, value="raw", low=nothing, high=nothing, reliable=pl.lit(True),
        series=pl.lit(JUDGED),
    )  # fmt: skip
    corrected = curves.select(*common, "value", "low", "high", "reliable", series=pl.lit(CORRECTED))
    least = curves.select(
        "label", x=pl.col("k").cast(pl.Float64), value=pl.col("least").fill_nan(None)
    ).select(
        "x", "value", row=pl.lit(""), column="label", name=pl.lit(TOGETHER),
        kind=pl.lit("guessing"),
    )  # fmt: skip
    points = pl.concat([judged, corrected.select(judged.columns)])
    look = Look(band="95 %, of problems and error rates")
    known = least.filter(pl.col("value").is_not_null().any())
    return measure_chart(points, ROLES, look, beneath=known)
