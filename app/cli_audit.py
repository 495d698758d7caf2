"""The command that has a judge model review chains of thought: passband audit --judge MODEL."""

import shlex
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli_options import BENCHMARK_NAMES, STUDY

if TYPE_CHECKING:
    import polars as pl

    from generation.judge_plan import Judge


@click.command()
@STUDY
@click.option("--judge", "model", required=True, help="The model, as its server names it.")
@click.option(
    "--endpoint", required=True, help="An OpenAI-compatible server, such as http://host:8000/v1."
)
@click.option(
    "--queue",
    type=click.Choice(["hard", "claims", "disagreements", "random"]),
    default="hard",
    show_default=True,
    help="hard: right answers to problems that a run hardly ever solves; claims: those that only "
    "one run or few samples give; disagreements: between verifiers; random: to estimate how often "
    "a verifier errs.",
)
@click.option("--run", "runs", multiple=True, help="Id or unambiguous part; may be repeated.")
@BENCHMARK_NAMES
@click.option("--verifier", help="Verifier that says what is correct [default: each run's own].")
@click.option(
    "--outcome",
    type=click.Choice(["correct", "incorrect"]),
    default="correct",
    show_default=True,
    help="random: which samples.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="random: another one gives another order.",
)
@click.option(
    "--verdicts",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Verdicts on each sample, independent of one another.",
)
@click.option(
    "--limit", type=click.IntRange(min=1), help="Only the first so many samples of the queue."
)
@click.option(
    "--api-key-env",
    "key_variable",
    default="OPENAI_API_KEY",
    show_default=True,
    help="The environment variable that holds the key.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    default=16,
    show_default=True,
    help="Requests at the same time.",
)
@click.option(
    "--temperature",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="Of the judge's answers; part of the prompt, as far as asking anew is concerned.",
)
@click.option(
    "--max-tokens",
    type=click.IntRange(min=1),
    default=8192,
    show_default=True,
    help="Longest answer of the judge, its own reasoning included.",
)
@click.option(
    "--prompt",
    "prompt_file",
    type=click.Path(path_type=Path),
    help="A file that says what valid, flawed, guess and ambiguous mean. How the samples are put "
    "and in what form the judge answers is added to it.",
)
@click.option(
    "--reference/--no-reference",
    default=True,
    show_default=True,
    help="Show the judge the reference answer.",
)
@click.option("--price-in", type=float, help="Price of a million tokens that the judge reads.")
@click.option("--price-out", type=float, help="Price of a million tokens that it writes.")
@click.option("--dry-run", is_flag=True, help="Only say how much would be asked.")
def audit(
    study: Path,
    queue: str,
    runs: tuple[str, ...],
    benchmarks: tuple[str, ...],
    verifier: str | None,
    outcome: str,
    seed: int,
    limit: int | None,
    prompt_file: Path | None,
    dry_run: bool,
    **settings: object,
) -> None:
    """Let a judge model review chains of thought, several times each.

    Its verdicts are recorded beside those of people, as reviewer "judge:MODEL", and are never mixed
    with them unasked. An answer that is no verdict in the form asked for is asked for again, up to
    three times in all, and never guessed. Can be stopped and started again: what is there is not
    asked for twice.
    """
    from app.judge_queue import QUEUES, Chosen, chosen_runs, materials
    from generation.judge_plan import check, plan
    from generation.judging import judge_study
    from store.location import connect, current
    from store.queries.judged import sizes

    judge = check(judge_of(prompt_file, settings))
    with connect(current(study)) as connection:

        def ask(query: "Callable[..., pl.DataFrame]", *chosen: object) -> "pl.DataFrame":
            return query(connection.cursor(), *chosen)

        chosen = Chosen(chosen_runs(ask, runs, benchmarks), verifier, outcome, seed, limit)
        samples = ask(sizes, QUEUES[queue](ask, chosen))
        click.echo("\n".join(plan(study, judge, samples).sentences()), err=not dry_run)
        if dry_run:
            return
        load = partial(materials, ask)
        report = judge_study(study, judge, samples, load, shlex.join(sys.argv[1:]))
    click.echo("\n".join([*report.sentences(), *against(study)]))


def against(study: Path) -> list[str]:
    """How far each judge here agrees with what people agree on, and its rounds with one another."""
    from app.analysis.reviewers import against_people
    from app.rendering import render
    from store.audits import newest

    table = against_people(newest(study))
    told = "Judges against people (value: Cohen's kappa; steady: alpha between a judge's rounds):"
    return [] if table.is_empty() else [told, render(table, "table")]


def judge_of(prompt_file: Path | None, settings: dict[str, object]) -> "Judge":
    """The judge as the options describe it. Raises ValueError where the file is no text."""
    from generation.judge_plan import Judge

    judge = Judge(**settings)  # type: ignore[arg-type]
    if prompt_file is None:
        return judge
    try:
        return judge._replace(criteria=prompt_file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{prompt_file} is no text in UTF-8.") from error
