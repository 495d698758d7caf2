"""What an import must know besides the samples, and what it reports."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from store.runs import ROLES, Model, Run, read_run, write_run

if TYPE_CHECKING:
    from store.importers.found import Bad


@dataclass(frozen=True)
class Facts:
    """About one run; None is: not given. `problems` are those of the benchmark, with the columns
    of a problems shard but for the prompt. `roles` has the role of each model by name, for files
    with samples of several."""

    model: str | None = None
    role: str | None = None
    benchmark: str | None = None
    prompt_template: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    parent: str | None = None
    algorithm: str | None = None
    step: int | None = None
    problems: tuple[Mapping[str, object], ...] | None = None
    roles: tuple[tuple[str, str], ...] | None = None

    def over(self, told: Facts) -> Facts:
        """These facts, and what is `told` by the file for those that are not given.

        Where a file tells a training step and no model, the name that is given is the training's.
        """
        missing = (f.name for f in fields(self) if getattr(self, f.name) is None)
        known = replace(self, **{name: getattr(told, name) for name in missing})
        of_training = told.step is not None and told.model is None and self.step is None
        return known.checkpoint() if of_training else known

    def checkpoint(self) -> Facts:
        """The facts of a checkpoint of the training `model`: each step is a model of its own, and
        step 0 the parent, where one is named."""
        if self.model is None or self.step is None:
            return self
        roles = dict(self.roles or ())
        if self.step > 0:
            role = self.role or roles.get(self.model)
            return replace(self, model=f"{self.model}-step{self.step}", role=role)
        if self.parent is None:
            return self
        role = roles.get(self.parent, "base")
        return replace(self, model=self.parent, role=role, parent=None, algorithm=None, step=None)

    def at_step(self, step: int | None, given: Facts) -> Facts:
        """These facts, of the model that training started from, at a step; the name is left open
        where one is given, which then is the training's."""
        if step is None:
            return self
        if given.model is not None:
            return replace(self, model=None, step=step)
        return replace(self, parent=self.model, step=step).checkpoint()


@dataclass(frozen=True)
class Imported:
    """What an import wrote, and what it left out: {reason: how many}."""

    runs: tuple[str, ...] = ()
    written: tuple[Path, ...] = ()
    problems: int = 0
    samples: int = 0
    notes: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    audits: int = 0
    bad: int = 0  # records that cannot be right; the report has them all, `bad_named` the first
    bad_named: tuple[Bad, ...] = ()
    unjudged: tuple[str, ...] = ()  # runs with samples that the file has no verdict on
    recognised: Mapping[str, str] = field(default_factory=dict)  # file → format and why
    dry: bool = False
    pooled: Mapping[str, int] = field(default_factory=dict)  # run → samples that it had before
    verifiers: tuple[str, ...] = ()  # whose verdicts came in; the first is shown

    def __add__(self, other: Imported) -> Imported:
        return Imported(
            tuple(dict.fromkeys(self.runs + other.runs)),
            self.written + other.written,
            self.problems + other.problems,
            self.samples + other.samples,
            Counter(self.notes) + Counter(other.notes),
            Counter(self.left_out) + Counter(other.left_out),
            self.audits + other.audits,
            self.bad + other.bad,
            self.bad_named + other.bad_named,
            tuple(dict.fromkeys(self.unjudged + other.unjudged)),
            {**self.recognised, **other.recognised},
            self.dry or other.dry,
            {**self.pooled, **other.pooled},
            tuple(dict.fromkeys(self.verifiers + other.verifiers)),
        )

    def __str__(self) -> str:
        """What each file is, what is new, what the samples are, and each thing left out."""
        verb = "Would import" if self.dry else "Imported"
        what = f"{self.samples} samples of " if self.samples else ""
        lines = [f"{name}: {why}." for name, why in self.recognised.items()]
        if self.runs:
            lines.append(f"{verb} {what}{self.problems} problems into {', '.join(self.runs)}.")
        if self.audits or not self.runs:
            lines.append(f"{verb} {self.audits} audits.")
        if self.notes:
            lines.append(", ".join(f"{count} {said}" for said, count in self.notes.items()) + ".")
        if self.verifiers:
            more = f"; also of {', '.join(self.verifiers[1:])}" if self.verifiers[1:] else ""
            lines.append(f"Verdicts of {self.verifiers[0]}{more}.")
        lines += [
            f"{run} had {n} samples before: they are pooled." for run, n in self.pooled.items()
        ]
        lines += [f"Left out: {count} {reason}." for reason, count in self.left_out.items()]
        lines += [f"  {each.where}: {each.field} {each.reason}." for each in self.bad_named]
        if self.bad:
            lines.insert(
                len(lines) - len(self.bad_named), f"Left out: {self.bad} records that are bad:"
            )
        if self.bad > len(self.bad_named):
            lines.append(f"  and {self.bad - len(self.bad_named)} more.")
        return "\n".join(lines)


def check_given(facts: Facts) -> None:
    """Raise ValueError, naming the option, where a fact that was given cannot be."""
    empty = next((n for n in ("model", "benchmark") if (getattr(facts, n) or "-").isspace()), None)
    if empty or "" in (facts.model, facts.benchmark):
        raise ValueError(f"--{empty or 'model or --benchmark'} is empty: give a name.")
    temperature, top_p = facts.temperature, facts.top_p
    if temperature is not None and not 0 <= temperature < math.inf:
        raise ValueError(f"--temperature is {temperature}, and must be a number from 0.")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"--top-p is {top_p}, and must be above 0 and at most 1.")
    for name, least in (("max_tokens", 1), ("step", 0)):
        value = getattr(facts, name)
        if value is not None and value < least:
            option = name.replace("_", "-")
            raise ValueError(f"--{option} is {value}, and must be at least {least}.")


def run_from(facts: Facts, path: Path, source: str) -> Run:
    """The run that these facts identify. Raises ValueError naming the option that is missing."""
    role = facts.role or dict(facts.roles or ()).get(facts.model or "")
    facts = replace(facts, role=role)
    if facts.model is None or facts.role is None or facts.benchmark is None:
        needed = ("model", "role", "benchmark")
        options = " and ".join(f"--{name}" for name in needed if getattr(facts, name) is None)
        whose = f" (model {facts.model})" if facts.model else ""
        raise ValueError(
            f"{path} does not tell all that is needed of its run{whose}: give {options}."
        )
    if facts.role not in ROLES:
        raise ValueError(f"The role {facts.role} is none of {', '.join(ROLES)}.")
    model = Model(facts.model, facts.role, facts.parent, facts.algorithm, facts.step)
    return Run(
        model,
        facts.benchmark,
        facts.prompt_template,
        facts.temperature,
        facts.top_p,
        facts.max_tokens,
        source=source,
    )


def open_run(study: Path, run: Run) -> Path:
    """The run's folder, with run.json; where it is there already, it stays as it is.

    Raises ValueError where the study knows the run as another model's: they must not be pooled.
    """
    folder = study / "shards" / run.run_id
    if not (folder / "run.json").exists():
        return write_run(study / "shards", run)
    check_run(study, run)
    return folder


def check_run(study: Path, run: Run) -> None:
    """Raise ValueError where the study knows the run as another model's."""
    folder = study / "shards" / run.run_id
    if not (folder / "run.json").exists():
        return
    known = read_run(folder).model
    for name in ("role", "parent", "algorithm", "step"):
        here, there = getattr(run.model, name), getattr(known, name)
        if here is not None and there is not None and here != there:
            raise ValueError(
                f"{run.run_id} is in the study with {name} {there}, not {here}: "
                "give another --model, or the same facts."
            )
