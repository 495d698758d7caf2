"""`passband import`: the logs of other harnesses, as shards of a study."""

from pathlib import Path

import click

from app.cli_options import STUDY


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@STUDY
@click.option("--format", "kind", default="auto", show_default=True)
@click.option("--model", help="Name of the model that made the samples.")
@click.option("--role", help="base, rl, distilled, instruct or reference.")
@click.option("--benchmark")
@click.option("--parent", help="The model that it was trained from.")
@click.option("--algorithm", help="GRPO, PPO, …")
@click.option("--step", type=int, help="Training step of the checkpoint.")
@click.option("--prompt-template")
@click.option("--temperature", type=float)
@click.option("--top-p", type=float)
@click.option("--max-tokens", type=int)
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
    benchmark_file: Path | None,
    benchmark_like: str | None,
    **facts: object,
) -> None:
    """Bring in the logs of other harnesses, or audits. The options say what files leave open."""
    from store.importers import import_files

    if benchmark_file is not None:
        name = str(facts["benchmark"] or "")
        facts["problems"] = problems_of(name, benchmark_file, benchmark_like, study)
    click.echo(import_files(list(paths), study, kind, **facts))  # type: ignore[arg-type]


def problems_of(
    benchmark: str, path: Path, like: str | None, study: Path
) -> list[dict[str, object]]:
    """The problems of a benchmark's file; unit tests of code go to the study's assets."""
    from generation.assets import Assets
    from generation.benchmarks import Source, load_benchmark

    found = load_benchmark(Source(benchmark, path, like=like), Assets(study / "assets"))
    return [problem._asdict() for problem in found]
