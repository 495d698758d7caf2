"""What a table tells of its runs: the model, the benchmark, the settings; and the training step,
which a folder may tell (`step-100/`). A later step is a model of its own."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from store.importers.facts import Facts
from store.importers.found import Unfit, said, shown, whole_of
from store.importers.table_columns import Plan
from store.importers.table_leaves import MISSING

STEP = re.compile(r"(?:global[_-]?)?(?:step|ckpt|checkpoint)s?[-_=]?(\d+)", re.IGNORECASE)
FOLDERS = 4  # of a path, that may tell a step
NAMES = ("model", "benchmark", "prompt_template", "temperature", "top_p", "max_tokens", "step")


def step_of_path(path: Path) -> int | None:
    """The training step that the name of a folder, or the file's own, tells."""
    parts = [*path.resolve().parts[-1 - FOLDERS : -1], path.name.partition(".")[0]]
    found = (STEP.fullmatch(part) for part in reversed(parts))
    return next((int(match[1]) for match in found if match), None)


class Runs:
    """The facts of each row's run; those that are alike are one object."""

    def __init__(self, plan: Plan, get: Mapping[str, Callable[..., object]], path: Path) -> None:
        self.names = [name for name in NAMES if name in plan.at]
        self.get = {name: get[name] for name in [*self.names, "revision"] if name in get}
        self.shown = {name: ".".join(plan.at[name]) for name in self.get}
        self.constants = plan.constants
        self.step = step_of_path(path)
        self.path = path
        self.known: dict[object, Facts] = {}

    def facts(
        self, row: Mapping[str, object], arm: str | None, given: Facts, only: str | None
    ) -> Facts | None:
        """What this row tells; None where it is of another model than was asked for."""
        key = (arm, *(repr(get(row)) for get in self.get.values()))
        if key not in self.known:
            told = self.told(row, arm, given)
            if "model" in self.get and arm is None:
                if only is not None and self.base(row) != only:
                    return None
                self.check_models(told, given, self.base(row), only)
            self.known[key] = told
        return self.known[key]

    def base(self, row: Mapping[str, object]) -> str | None:
        """The model as the row names it."""
        value = self.get["model"](row)
        return None if value is MISSING else said(value)

    def told(self, row: Mapping[str, object], arm: str | None, given: Facts) -> Facts:
        """The facts. Raises Unfit."""
        values = {name: self.value(row, name) for name in self.names}
        texts = {n: self.constants.get(n) or said(values.get(n)) for n in NAMES[:3]}
        step = self.step_of(row, values)
        model = texts["model"]
        if arm is not None and model is None and given.model is None:
            model = arm
        elif arm is not None:
            texts["prompt_template"] = arm
        if model is not None and step:
            model = f"{model}-step{step}"
        return Facts(
            model=model,
            benchmark=texts["benchmark"],
            prompt_template=texts["prompt_template"],
            temperature=self.real(values, "temperature"),
            top_p=self.real(values, "top_p"),
            max_tokens=self.whole(values, "max_tokens"),
            step=step,
        )

    def step_of(self, row: Mapping[str, object], values: Mapping[str, object]) -> int | None:
        """The training step: of a column, of the checkpoint's name, or of the path."""
        if values.get("step") is not None:
            return self.whole(values, "step")
        revision = self.value(row, "revision") if "revision" in self.get else None
        match = STEP.fullmatch(revision.strip()) if isinstance(revision, str) else None
        return int(match[1]) if match else self.step

    def value(self, row: Mapping[str, object], name: str) -> object:
        """What the row says; None where it says nothing."""
        value = self.get[name](row)
        return None if value is MISSING else value

    def real(self, values: Mapping[str, object], name: str) -> float | None:
        """A number. Raises Unfit."""
        value = values.get(name)
        try:
            return None if value is None else float(value)  # type: ignore[arg-type]
        except (ValueError, TypeError):
            raise Unfit(self.shown[name], f"is {shown(value)}, and must be a number") from None

    def whole(self, values: Mapping[str, object], name: str) -> int | None:
        """A whole number. Raises Unfit."""
        value = values.get(name)
        return None if value is None else whole_of(value, self.shown[name])

    def check_models(self, told: Facts, given: Facts, base: str | None, only: str | None) -> None:
        """Raise ValueError where several models would be one run."""
        if given.model is None or only is not None:
            return
        others = {facts.model for facts in self.known.values()} - {told.model}
        if others:
            several = ", ".join(sorted(str(name) for name in {*others, told.model}))
            raise ValueError(
                f"{self.path} has samples of several models ({several}) that would be one run: "
                f"import it without --model, or one of them with --field arm={base}."
            )
