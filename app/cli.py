"""The `passband` command. Each command imports what it needs, so that none waits for the others."""

import os
import socket
import sys
from pathlib import Path

import click

from app.cli_audit import audit
from app.cli_export import export
from app.cli_import import import_
from app.cli_job import generate, score, verify
from app.cli_options import STUDY, publish_store
from app.cli_question import asked_about

PORT = click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True)
HOST = click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on; loopback only."
)


class Commands(click.Group):
    """A group whose commands tell a user's mistake in one sentence instead of a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the chosen command; ValueError is how every part reports a user's mistake."""
        try:
            return super().invoke(ctx)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            reason = error.strerror or str(error)
            where = f" ({error.filename})" if error.filename else ""
            raise click.ClickException(
                f"{reason}{where}. What is stored already is kept."
            ) from error
        except ModuleNotFoundError as error:
            remedy = "install it with: pip install 'passband[generation]'"
            raise click.ClickException(f"{error.name} is not installed; {remedy}") from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="passband")
def main() -> None:
    """Sample, verify and score models, and look at pass@k and everything behind it."""


main.add_command(generate)
main.add_command(verify)
main.add_command(score)
main.add_command(audit)
main.add_command(import_)
main.add_command(export)


@main.command()
@click.option(
    "--study",
    type=click.Path(path_type=Path),
    default=Path("passband-demo"),
    show_default=True,
    help="Folder for the samples and the store.",
)
@click.option("--serve/--no-serve", default=True, help="Open the dashboard when done.")
@HOST
@PORT
def demo(study: Path, serve: bool, host: str, port: int) -> None:
    """Run the whole job on the study that ships, on this machine, then serve the dashboard."""
    from importlib.resources import files

    from generation.job import generate as run_job

    if serve:
        require_free(host, port)
    run_job(Path(str(files("demo"))) / "study.toml", study)
    publish_store(study)
    if serve:
        serve_dashboard(study, host, port)


@main.command()
@STUDY
def publish(study: Path) -> None:
    """Build the store from the shards and point `current` at it."""
    publish_store(study)


@main.command()
@STUDY
@HOST
@PORT
@click.option(
    "--read-only", is_flag=True, help="Write nothing, whoever asks: no verdict, import or link."
)
def app(study: Path, host: str, port: int, read_only: bool) -> None:
    """Serve the dashboard of a published study. Who may look and write: docs/deploy.md."""
    from store.location import current

    # A job that has just begun can be watched before it publishes anything.
    if not (study / "progress").is_dir() and not study.is_file():
        current(study)
    require_free(host, port)
    serve_dashboard(study, host, port, read_only)


@main.command()
@click.argument("question")
@STUDY
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table")
@asked_about
def show(question: str, study: Path, form: str, audited: bool, **options: object) -> None:
    """Print a page's numbers: runs, pass-at-k, compare, solvable, accuracy, perplexity, audits."""
    from app.show import answer, render
    from store.audits import newest
    from store.location import connect, current
    from store.shared import as_study

    study = as_study(study)
    with connect(current(study)) as connection:
        options["audits"] = newest(study) if audited or question == "audits" else None
        frame = answer(question, connection.cursor(), **options)
    click.echo(render(frame, form))


@main.command()
def doctor() -> None:
    """Say what this machine can do, and what to install for what is missing."""
    from app.doctor import findings, written

    for line in written(findings()):
        click.echo(line)


def require_free(host: str, port: int) -> None:
    """Raise ValueError if nobody could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = f"Cannot listen on {host}:{port} ({error.strerror}); choose another --port."
            raise ValueError(message) from error


def serve_dashboard(study: Path, host: str, port: int, read_only: bool = False) -> None:
    """Become the Streamlit server of this study; returns only if it cannot start."""
    main_file = Path(__file__).with_name("main.py")
    flags = [f"--server.address={host}", f"--server.port={port}", "--server.headless=true"]
    # Nothing is told to anybody else, and no reader sees where things lie on this machine.
    flags += ["--browser.gatherUsageStats=false", "--client.showErrorDetails=none"]
    if read_only or os.environ.get("PASSBAND_READ_ONLY", "") not in ("", "0"):
        read_only, flags = True, [*flags, "--server.maxUploadSize=0"]  # nor into memory
    click.echo(f"Dashboard of {study}: http://localhost:{port}", err=True)
    command = [sys.executable, "-m", "streamlit", "run", str(main_file), *flags]
    given = {"PASSBAND_STUDY": str(study.resolve()), "PASSBAND_READ_ONLY": "1" if read_only else ""}
    uploads = {"STREAMLIT_SERVER_MAX_UPLOAD_SIZE": "500"}  # MB, where nothing else was said
    os.execve(sys.executable, command, {**uploads, **os.environ, **given})
