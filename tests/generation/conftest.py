"""A tiny checkpoint and a small study of two of them, made once."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

# Two threads on a core that another process uses make every step ten times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from tests.generation.small_study import write_small_study
from tests.generation.tiny_model import save_tiny_model


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("checkpoints") / "tiny")


@pytest.fixture(scope="session")
def other_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("checkpoints") / "other", seed=1)


@pytest.fixture
def small_study(tmp_path: Path, checkpoint: Path, other_checkpoint: Path) -> Callable[..., Path]:
    """Writes the study file, with changes, and returns its path."""

    def write(**changes: str) -> Path:
        models = {"base": str(checkpoint), "rl": str(other_checkpoint)} | changes
        return write_small_study(tmp_path, **models)

    return write
