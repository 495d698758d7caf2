"""Published values to lay beneath one's own: those that are shipped, and the study's own curves.

published/README.md says where the shipped ones come from and how exact they are.
"""

import hashlib
from pathlib import Path

import duckdb
import polars as pl

SHIPPED = Path(__file__).with_name("published")

# table → the file that fills it, and its columns
FILES = {
    "reference_curves": "pass_at_k.csv",
    "reference_histograms": "accuracy_histograms.csv",
    "reference_dynamics": "training_dynamics.csv",
    "reference_perplexities": "perplexity.csv",
}
CURVES = {
    "source": pl.String, "figure": pl.String, "model": pl.String, "benchmark": pl.String,
    "series": pl.String, "k": pl.Int32, "pass_at_k": pl.Float64,
}  # fmt: skip
NEEDED = ("model", "benchmark", "series", "k", "pass_at_k")

STATEMENTS = (
    "DELETE FROM reference_curves",
    """
    INSERT INTO reference_curves (source, figure, model, benchmark, series, k, pass_at_k)
    SELECT source, figure, model, benchmark, series, k, pass_at_k FROM shipped_reference_curves
    UNION ALL
    SELECT source, figure, model, benchmark, series, k, pass_at_k FROM own_curves
    """,
    "DELETE FROM reference_histograms",
    """
    INSERT INTO reference_histograms (source, figure, model, benchmark, series, bin, count)
    SELECT source, figure, model, benchmark, series, bin, count FROM shipped_reference_histograms
    """,
    "DELETE FROM reference_dynamics",
    """
    INSERT INTO reference_dynamics (source, quantity, run, step, value)
    SELECT source, quantity, run, step, value FROM shipped_reference_dynamics
    """,
    "DELETE FROM reference_perplexities",
    """
    INSERT INTO reference_perplexities (source, panel, scorer, sampler, perplexity)
    SELECT source, panel, scorer, sampler, perplexity FROM shipped_reference_perplexities
    """,
)


def shipped_hash() -> str:
    """Tells one edition of the shipped values from another."""
    content = b"".join((SHIPPED / name).read_bytes() for name in FILES.values())
    return hashlib.sha256(content).hexdigest()


def replace_references(connection: duckdb.DuckDBPyConnection, own: pl.DataFrame) -> None:
    """Fill the four tables with what is shipped and with the study's own curves."""
    connection.register("own_curves", own)
    for table, name in FILES.items():
        # As text: the table casts it, and one that cannot be cast is our own mistake.
        connection.register(f"shipped_{table}", pl.read_csv(SHIPPED / name, infer_schema=False))
    for statement in STATEMENTS:
        connection.execute(statement)


def own_curves(folder: Path) -> tuple[pl.DataFrame, list[tuple[Path, int | None, str]]]:
    """The curves in all CSVs of this folder, with the columns of CURVES; and what was left out.

    Left out: the file, how many of its rows (None: all of it), and why.
    """
    frames, left_out = [pl.DataFrame(schema=CURVES)], list[tuple[Path, int | None, str]]()
    for path in sorted(folder.glob("*.csv")):
        try:
            rows = read_curves(path)
        except (OSError, ValueError, pl.exceptions.PolarsError) as error:
            reason = f"not reference curves: {str(error).partition(chr(10))[0]}"
            left_out.append((path, None, reason))
            continue
        sound = rows.filter(fault="").select(*CURVES)
        frames.append(sound)
        left_out += [(path, count, reason) for reason, count in faults(rows)]
    return pl.concat(frames), left_out


def read_curves(path: Path) -> pl.DataFrame:
    """The rows of one file, its name as their source; `fault` says what is wrong with a row."""
    texts = pl.read_csv(path, infer_schema=False, glob=False)
    if missing := [name for name in NEEDED if name not in texts.columns]:
        raise ValueError(f"there is no column {', '.join(missing)}")
    absent = [] if "figure" in texts.columns else [pl.lit(None).alias("figure")]
    name = path.name.encode(errors="replace").decode()  # it may have bytes that are no UTF-8
    rows = texts.with_columns(*absent, source=pl.lit(name)).select(
        pl.col(name).cast(dtype, strict=False) for name, dtype in CURVES.items()
    )
    return rows.with_columns(fault=fault())


def fault() -> pl.Expr:
    """What is wrong with a row, or an empty text."""
    names = ("model", "benchmark", "series")
    unnamed = pl.any_horizontal(pl.col(name).fill_null("") == "" for name in names)
    good_k = (pl.col("k") >= 1).fill_null(False)
    fraction = pl.col("pass_at_k").is_between(0, 1).fill_null(False)
    return (
        pl.when(unnamed).then(pl.lit("model, benchmark or series is empty"))
        .when(~good_k).then(pl.lit("k is no whole number from 1"))
        .when(~fraction).then(pl.lit("pass_at_k is no fraction between 0 and 1"))
        .when(~pl.struct(*names, "k").is_first_distinct())
        .then(pl.lit("the curve has this k already"))
        .otherwise(pl.lit(""))
    )  # fmt: skip


def faults(rows: pl.DataFrame) -> list[tuple[str, int]]:
    """Each fault, with the number of rows that have it."""
    wrong = rows.filter(pl.col("fault") != "")
    return [
        (str(reason), int(count))
        for reason, count in wrong.group_by("fault").len().sort("fault").rows()
    ]
