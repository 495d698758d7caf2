"""The card of a study on the Hugging Face hub: what is in it, its numbers, and how to open it."""

from pathlib import Path

import polars as pl

from app.rendering import defined, printed


def dataset_card(
    repo: str, readme: str, rows: dict[str, int], folder: Path, runs: pl.DataFrame
) -> str:
    """Markdown with the head that the hub reads. `readme` is that of the folder of Parquet files,
    `rows` what its tables have, `runs` the answer of `passband show runs`.
    """
    return f"""---
pretty_name: {repo.partition("/")[2]}
tags:
- pass-at-k
- reasoning
configs:
{configs(rows, folder)}
---
{readme}
From the hub, without a download:

```sql
SELECT run, sum(c) / sum(n) FROM 'hf://datasets/{repo}/counts.parquet' GROUP BY run;
```
{opening(repo) if (folder / STORE).exists() else ""}
## Runs

{markdown(runs)}
"""


STORE = "store.duckdb"


def opening(repo: str) -> str:
    """How to look at it in a browser."""
    return f"""
The same as a store for Passband's dashboard:

```
hf download {repo} {STORE} --repo-type dataset --local-dir .
passband app --study {STORE}
```
"""


def configs(rows: dict[str, int], folder: Path) -> str:
    """Which files belong together, and which are shown first."""
    tables = sorted((name for name, count in rows.items() if count), key=lambda name: name != FIRST)
    files = {name: f"{name}/*.parquet" if (folder / name).is_dir() else f"{name}.parquet"
             for name in tables}  # fmt: skip
    return "\n".join(
        f"- config_name: {name}\n  data_files: {pattern}" for name, pattern in files.items()
    )


FIRST = "samples"


def markdown(table: pl.DataFrame) -> str:
    """A table in Markdown."""
    lines = [table.columns, ["---"] * table.width]
    lines += [[cell(value) for value in row] for row in table.rows()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(value: object) -> str:
    """A value in a table of Markdown."""
    return printed(defined(value)).replace("|", "\\|").replace("\n", " ")
