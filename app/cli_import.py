"""`passband import`: the logs of other harnesses, as shards of a study."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from app.cli_options import STUDY

FIELD = click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="NAME=VALUE",
    help="What of the file is what: completion=output.text, correct=acc, …; may be repeated.",
)


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@STUDY
@click.option("--format", "kind", default="auto", show_default=True)
@click.option("--dry-run", is_flag=True, help="Say what would come in, and write nothing.")
@click.option("--model", help="Name of the model that made the samples.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    help="base, rl, distilled, instruct or reference; MODEL=ROLE for a file with several models.",
)
@click.option("--benchmark")
@click.option("--parent", help="The model that it was trained from.")
@click.option("--algorithm", help="GRPO, PPO, …")
@click.option("--step", type=int, help="Training step of the checkpoint.")
@click.option("--prompt-template")
@click.option("--temperature", type=float)
@click.option("--top-p", type=float)
@click.option("--max-tokens", type=int)
@FIELD
@click.option(
    "--again",
    type=click.Choice(["ask", "replace", "pool"]),
    default="ask",
    show_default=True,
    help="A file that was imported before and has changed: replace what it brought, or add to it.",
)
@click.option("--verifier", help="Judges what the files have no verdicts on [default: usual one].")
@click.option("--no-verify", is_flag=True, help="Leave samples without verdicts unjudged.")
@click.option(
    "--benchmark-file",
    type=click.Path(path_type=Path),
    help="texts: the benchmark's own file, where the study has no run of it.",
)
@click.option("--benchmark-like", help="The benchmark whose files that file is written as.")
def import_(
    paths: tuple[Path, ...],
    study: Path,
    kind: str,
    dry_run: bool,
    roles: tuple[str, ...],
    fields: tuple[str, ...],
    again: str,
    verifier: str | None,
    no_verify: bool,
    benchmark_file: Path | None,
    benchmark_like: str | None,
    **facts: Any,
) -> None:
    """Bring in the logs of other harnesses, or audits. The options say what files leave open.

    PATHS are files, or folders whose files are all looked at. The same file again changes nothing.
    """
    from store.importers import import_files

    if benchmark_file is not None:
        name = str(facts["benchmark"] or "")
        facts["problems"] = problems_of(name, benchmark_file, benchmark_like, study)
    facts |= roles_of(roles)
    with shown_progress() as progress:
        named = named_values(fields, "--field")
        imported = import_files(list(paths), study, kind, named, dry_run, again, progress, **facts)
    click.echo(imported)
    if imported.unjudged and not dry_run and not no_verify:
        judge(study, imported.unjudged, verifier)


def named_values(given: tuple[str, ...], option: str) -> dict[str, str]:
    """What was given as NAME=VALUE. Raises ValueError where it is not."""
    pairs = [one.partition("=") for one in given]
    if wrong := next((one for one in pairs if not (one[0] and one[2])), None):
        raise ValueError(f"{option} must be NAME=VALUE, but is {''.join(wrong)!r}.")
    return {name: value for name, _, value in pairs}


def roles_of(given: tuple[str, ...]) -> dict[str, Any]:
    """The role of all models, and of some by name."""
    every = [role for role in given if "=" not in role]
    if len(every) > 1:
        raise ValueError(f"--role was given as {' and '.join(every)}: give MODEL=ROLE.")
    by_model = named_values(tuple(role for role in given if "=" in role), "--role")
    return {"role": every[0] if every else None, "roles": tuple(by_model.items()) or None}


@contextlib.contextmanager
def shown_progress() -> Iterator[Callable[[int, int], None]]:
    """How many bytes of the file at hand are read, on standard error where that is a terminal."""
    from tqdm import tqdm

    with tqdm(unit="B", unit_scale=True, desc="reading", disable=None, leave=False) as bar:

        def told(done: int, total: int) -> None:
            bar.total, bar.n = total, done
            bar.refresh()

        yield told


def judge(study: Path, runs: tuple[str, ...], verifier: str | None) -> None:
    """Have a verifier judge the samples of these runs that the files have no verdict on."""
    from generation.usual_verifier import usual_verifier
    from generation.verification import verify_study

    for run in runs:
        chosen = usual_verifier(study / "shards" / run) if verifier is None else None
        name = verifier or (chosen.verifier if chosen else None)
        if name is None:
            click.echo(
                f"{run}: samples without verdicts, and the problems have no references to judge "
                "them by. Import a file that has, or give --benchmark-file.",
                err=True,
            )
            continue
        why = f" ({chosen.why}; another: --verifier)" if chosen else ""
        click.echo(f"{run}: judging what has no verdict with {name}{why}.", err=True)
        verify_study(study, name, [run])


def problems_of(
    benchmark: str, path: Path, like: str | None, study: Path
) -> list[dict[str, object]]:
    """The problems of a benchmark's file; unit tests of code go to the study's assets."""
    from generation.assets import Assets
    from generation.benchmarks import Source, load_benchmark

    found = load_benchmark(Source(benchmark, path, like=like), Assets(study / "assets"))
    return [problem._asdict() for problem in found]
