"""`passband export`: what a study holds, in files that others can read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli_export_data import add_data_commands
from app.cli_options import STUDY
from app.cli_question import asked_about

if TYPE_CHECKING:
    from app.report.asked import Study

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group()
def export() -> None:
    """Write what the study holds to files that others can read."""


add_data_commands(export)


@export.command("audits")
@click.argument("file", type=click.Path(path_type=Path))
@STUDY
def export_audits(file: Path, study: Path) -> None:
    """Write every audit ever made to FILE: CSV, Parquet or JSONL, as its name ends."""
    from store.audit_files import write_audits

    click.echo(f"Wrote {write_audits(study, file)} audits to {file}.")


@export.command("report")
@FILE
@STUDY
@asked_about
@click.option("--views", help="Some of pass-at-k,compare,… [default: all].")
@click.option(
    "--sample",
    "samples",
    multiple=True,
    help="Chain of thought to include, RUN/PROBLEM/NUMBER; may be repeated [default: by a rule].",
)
@click.option("--max-size", default="20MB", show_default=True, help="What FILE may have at most.")
@click.option("--title", default="", help="Heading of the report.")
def export_report(
    file: Path,
    study: Path,
    views: str | None,
    samples: tuple[str, ...],
    max_size: str,
    title: str,
    audited: bool,
    **options: object,
) -> None:
    """Write one HTML file that opens without a network: figures, numbers, and texts to read."""
    from app.report.asked import Asked, byte_count, checked_views
    from app.report.files import write_whole
    from app.report.making import megabytes, report
    from app.show_counted import Options

    if file.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"A report is HTML, and {file.name!r} does not end in .html: name it so.")
    asked = Asked(
        Options(**options),  # type: ignore[arg-type]
        audited,
        checked_views(views),
        samples,
        title,
        byte_count(max_size),
    )
    with opened(study) as open_study:
        made = report(open_study, asked)
    write_whole(file, made.html.encode())
    if made.shortened:
        click.echo(made.shortened, err=True)
    click.echo(f"Wrote {file}: {megabytes(made.size)}.")


@export.command("figure")
@click.argument("view")
@FILE
@STUDY
@asked_about
@click.option("--width", type=click.IntRange(200, 8000), help="Pixels [default: 800].")
@click.option("--height", type=click.IntRange(150, 8000), help="Pixels [default: the figure's].")
@click.option(
    "--scale",
    type=click.FloatRange(0.1, 20),
    default=3.0,
    show_default=True,
    help="PNG: dots per pixel.",
)
def export_figure(
    view: str,
    file: Path,
    study: Path,
    width: int | None,
    height: int | None,
    scale: float,
    audited: bool,
    **options: object,
) -> None:
    """Write the figure of a VIEW to FILE: PNG, SVG, PDF or HTML, as its name ends."""
    from app.report.asked import Asked, of_view
    from app.report.files import write_whole
    from app.report.pictures import checked_form, drawn, one_figure
    from app.show_counted import Options

    form = checked_form(file)
    asked = Asked(Options(**options), audited)  # type: ignore[arg-type]
    with opened(study) as open_study:
        found = one_figure(view, open_study.cursor, of_view(open_study, asked, view))
    write_whole(file, drawn(found, form, width, height, scale))
    click.echo(f"Wrote {file}.")


@export.command("table")
@click.argument("view")
@FILE
@STUDY
@asked_about
def export_table(view: str, file: Path, study: Path, audited: bool, **options: object) -> None:
    """Write the numbers of a VIEW to FILE: CSV, LaTeX (.tex), Markdown (.md) or JSON."""
    from app.report.asked import Asked, command, of_view
    from app.report.files import write_whole
    from app.report.tables import checked_form, written
    from app.show import answer
    from app.show_counted import Options

    checked_form(file)
    asked = Asked(Options(**options), audited)  # type: ignore[arg-type]
    with opened(study) as open_study:
        chosen = of_view(open_study, asked, view)
        frame = answer(view, open_study.cursor, **vars(chosen))
        caption = f"{command(open_study.name, view, chosen, audited)}."
    write_whole(file, f"{written(frame, file, caption)}\n".encode())
    click.echo(f"Wrote {frame.height} rows to {file}.")


@contextmanager
def opened(study: Path) -> Iterator["Study"]:
    """The published study, open for questions."""
    from app.report.asked import Study
    from store.audits import since, verdicts
    from store.location import connect, current
    from store.shared import as_study
    from store.state import State, digest

    folder = as_study(study)
    build, rows = current(folder), since(folder, 0)
    state = State(build.stem, rows.height, digest(rows))
    with connect(build) as connection:
        yield Study(study.resolve().name, connection.cursor(), verdicts(rows), state)
