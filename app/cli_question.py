"""The options that say what a question is about, of `passband show` and of what is exported."""

from collections.abc import Callable
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., None])

OPTIONS = (
    click.option("--benchmark", help="Only this benchmark."),
    click.option("--run", "runs", multiple=True, help="Id or unambiguous part; may be repeated."),
    click.option("--k", help="Budgets: 1,2,4 or all."),
    click.option("--base", help="Run to compare with."),
    click.option("--other", help="Run that is compared."),
    click.option("--scorer", help="Model under which samples were scored."),
    click.option("--verifier", help="Verifier that judges [default: each run's own]."),
    click.option(
        "--leave-out",
        multiple=True,
        type=click.Choice(["no_answer", "error", "truncated"]),
        help="Leave these samples out of n instead of counting them as incorrect.",
    ),
    click.option("--threshold", type=click.IntRange(min=1), default=1, show_default=True),
    click.option(
        "--band",
        type=click.Choice(["problems like these", "these problems"]),
        default="problems like these",
        show_default=True,
        help="What the limits allow for: other problems, or other samples of these only.",
    ),
    click.option("--direct", help="Run that answers without reasoning: drops what it guesses."),
    click.option(
        "--guess-below",
        type=click.FloatRange(0, 1),
        default=0.05,
        show_default=True,
        help="Dropped are problems that it answers more rarely, but not never.",
    ),
    click.option(
        "--audited", is_flag=True, help="Correct only where reviewers found no flaw."
    ),
    click.option(
        "--below",
        type=click.FloatRange(0, 1),
        default=0.05,
        show_default=True,
        help="audits: tallied are problems with an accuracy below this, but above 0.",
    ),
)  # fmt: skip


def asked_about(command: Command) -> Command:
    """The command with these options, in their order."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
