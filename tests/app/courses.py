"""Runs of a training, built from what a test cares about."""

import json

import polars as pl

from app.analysis.checkpoints import placed
from tests.app.frames import runs_frame


def run_row(model, role="rl", parent="base", algorithm="GRPO", step=None, tags=None, **other):
    """The row of one run; its id is the model's name unless `run` says otherwise."""
    if role == "base":
        parent = algorithm = None
    facts = {"role": role, "parent": parent, "algorithm": algorithm, "step": step}
    tags = json.dumps(tags or {})
    return {"run": model, "model": model, **facts, "hyper_parameters": tags, **other}


def stored(*rows) -> pl.DataFrame:
    """The rows as store.queries.runs gives them."""
    frame = runs_frame(*rows)
    types = {"parent": pl.String, "algorithm": pl.String, "step": pl.Int64, "max_tokens": pl.Int64}
    types |= {"temperature": pl.Float64, "top_p": pl.Float64, "prompt_template": pl.String}
    return frame.cast(types)


def course(*rows) -> pl.DataFrame:
    """The rows, each in its place."""
    return placed(stored(*rows), stored(*rows))
