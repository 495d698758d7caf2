"""`passband export`: what a study holds, in files that others can read."""

from pathlib import Path

import click

from app.cli_options import STUDY


@click.group()
def export() -> None:
    """Write what the study holds to files that others can read."""


@export.command("audits")
@click.argument("file", type=click.Path(path_type=Path))
@STUDY
def export_audits(file: Path, study: Path) -> None:
    """Write every audit ever made to FILE: CSV, Parquet or JSONL, as its name ends."""
    from store.audit_files import write_audits

    click.echo(f"Wrote {write_audits(study, file)} audits to {file}.")
