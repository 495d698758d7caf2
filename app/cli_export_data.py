"""`passband export data`, `store`, `every-eval-ever` and `hub`: samples and numbers for others."""

import json
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli_options import BENCHMARK_NAMES, STUDY

if TYPE_CHECKING:
    import polars as pl

    from store.exporters.part import Part

RUNS = click.option(
    "--run", "runs", multiple=True, help="Id or unambiguous part; may be repeated [default: all]."
)
TEXTS = click.option(
    "--with-texts/--without-texts",
    "texts",
    default=True,
    show_default=True,
    help="Without: no question, prompt, completion or answer, nor tokens, which tell them too.",
)


def add_data_commands(group: click.Group) -> None:
    """Make these commands of `passband export`."""
    for command in (export_data, export_store, export_every_eval_ever, export_hub):
        group.add_command(command)


@click.command("data")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@STUDY
@RUNS
@BENCHMARK_NAMES
@TEXTS
def export_data(
    folder: Path, study: Path, runs: tuple[str, ...], benchmarks: tuple[str, ...], texts: bool
) -> None:
    """Write every table of the store as Parquet to DIR, which must not be there yet.

    Of tables that grow with the samples there is one file per run.
    """
    from store.exporters.parquet import write_data

    store, part = chosen(study, runs, benchmarks, texts)
    click.echo(write_data(store, folder, part, told))


@click.command("store")
@click.argument("file", metavar="FILE.duckdb", type=click.Path(path_type=Path, dir_okay=False))
@STUDY
@RUNS
@BENCHMARK_NAMES
@TEXTS
@click.option("--with-audits", is_flag=True, help="Every audit of these runs goes along.")
def export_store(
    file: Path,
    study: Path,
    runs: tuple[str, ...],
    benchmarks: tuple[str, ...],
    texts: bool,
    with_audits: bool,
) -> None:
    """Write a store in one file, which `passband app --study FILE.duckdb` and `show` open.

    Who opens it can look, but record nothing. Its build is named as this one is, so that links to
    it still hold; with fewer runs it has a name of its own.
    """
    from store.exporters.single_file import write_store

    if file.suffix != ".duckdb":
        raise ValueError(f"A store is a DuckDB file: name it {file.with_suffix('.duckdb').name}.")
    store, part = chosen(study, runs, benchmarks, texts)
    audits = audits_of(study, part) if with_audits else None
    click.echo(write_store(store, file, part, audits, told))
    click.echo(f"Open it with: passband app --study {file}")


@click.command("every-eval-ever")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@STUDY
@RUNS
@BENCHMARK_NAMES
@click.option("--verifier", help="Verifier that judges [default: each run's own].")
@click.option(
    "--organization", default="unknown", show_default=True, help="Who hands the samples over."
)
@click.option(
    "--relationship",
    type=click.Choice(["first_party", "third_party", "collaborative", "other"]),
    default="other",
    show_default=True,
    help="Of that organization to who made the models.",
)
@click.option(
    "--developer",
    default="unknown",
    show_default=True,
    help="Who made the models that are no repositories of the hub.",
)
def export_every_eval_ever(
    folder: Path,
    study: Path,
    runs: tuple[str, ...],
    benchmarks: tuple[str, ...],
    verifier: str | None,
    **reporter: str,
) -> None:
    """Write samples to DIR in the format of Every Eval Ever: a line per sample, and pass@1.

    Each is written as one verifier judges it; samples that it has not judged are left out.
    """
    from store.exporters.aggregates import Reporter
    from store.exporters.every_eval_ever import write_logs

    store, part = chosen(study, runs, benchmarks)
    click.echo(write_logs(store, folder, Reporter(**reporter), part.runs, verifier, told))


@click.command("hub")
@click.argument("repo")
@STUDY
@RUNS
@BENCHMARK_NAMES
@TEXTS
@click.option("--private/--public", default=True, show_default=True, help="Who may look at it.")
@click.option("--with-store", is_flag=True, help="Also the store in one file, for the dashboard.")
@click.option("--yes", is_flag=True, help="Send it; without, only say what would be sent.")
def export_hub(
    repo: str,
    study: Path,
    runs: tuple[str, ...],
    benchmarks: tuple[str, ...],
    texts: bool,
    private: bool,
    with_store: bool,
    yes: bool,
) -> None:
    """Push Parquet files and a card to REPO (NAME/DATASET) on the Hugging Face hub.

    Nothing is sent without --yes. Who pushes is who is logged in there: `hf auth login`.
    """
    from store.exporters.hub import push

    store, part = chosen(study, runs, benchmarks, texts)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "study"
        lay_out(folder, repo, store, part, with_store)
        click.echo(listing(folder, repo, private))
        if not yes:
            click.echo("Nothing was sent. Send it with --yes.")
            return
        build = json.loads((folder / "manifest.json").read_text())["store"]["content_hash"]
        click.echo(f"Sent: {push(folder, repo, private, f'Passband build {build}')}")


def lay_out(folder: Path, repo: str, store: Path, part: "Part", with_store: bool) -> None:
    """Write what is to be pushed."""
    from app.dataset_card import STORE, dataset_card
    from app.show import answer
    from store.exporters.parquet import write_data
    from store.exporters.single_file import write_store
    from store.location import connect

    written = write_data(store, folder, part, told)
    if with_store:
        write_store(store, folder / STORE, part, None, told)
    with closing(connect(store)) as connection:
        runs = answer("runs", connection.cursor(), runs=part.runs or ())
    readme = folder / "README.md"
    readme.write_text(dataset_card(repo, readme.read_text(), written.rows, folder, runs))


def listing(folder: Path, repo: str, private: bool) -> str:
    """Every file with its bytes, and where it would go."""
    files = {
        file.relative_to(folder).as_posix(): file.stat().st_size
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
    lines = [f"{size:>15,}  {name}" for name, size in files.items()]
    to = f"the {'private' if private else 'public'} data set {repo}"
    return "\n".join([*lines, f"{sum(files.values()):>15,}  bytes in {len(files)} files, to {to}"])


def chosen(
    study: Path, runs: tuple[str, ...], benchmarks: tuple[str, ...], texts: bool = True
) -> "tuple[Path, Part]":
    """The published build, and which part of it was asked for."""
    from app.show_counted import Options, chosen_runs, ids
    from store.exporters.part import Part
    from store.location import connect, current
    from store.shared import as_study

    store = current(as_study(study))
    if not runs and not benchmarks:
        return store, Part(None, texts)
    with closing(connect(store)) as connection:
        named: list[str] = []
        for benchmark in benchmarks or (None,):
            named += ids(chosen_runs(connection.cursor(), Options(benchmark, runs)))
    return store, Part(tuple(sorted(named)), texts)


def audits_of(study: Path, part: "Part") -> "pl.DataFrame":
    """Every audit of these runs."""
    import polars as pl

    from store.audits import since
    from store.shared import as_study

    rows = since(as_study(study), 0)
    return rows if part.runs is None else rows.filter(pl.col("run").is_in(part.runs))


def told(step: str) -> None:
    """Say on standard error what is being done."""
    click.echo(step, err=True)
