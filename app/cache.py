"""The only open store connection and the only Streamlit cache.

Which build is current is looked up once per rerun, and its path is part of what the caches go by:
a newly published store shows at the next rerun, and no page mixes the numbers of two builds. A
rerun may also show an older build, and the audits as they were then: `show_older`.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import duckdb
import polars as pl
import streamlit as st

from app.access import read_only
from store import queries
from store.audit_log import AuditLog
from store.audit_mirror import AuditMirror
from store.audits import verdicts
from store.location import connect, current
from store.shared import as_study
from store.state import State, digest

# What another schema or a damaged file makes of a question. Where there is no table of a name,
# DuckDB looks for a Python variable instead, and finds that to be no table.
UNREADABLE = (
    duckdb.BinderException, duckdb.CatalogException, duckdb.InvalidInputException,
    duckdb.IOException, duckdb.SerializationException,
)  # fmt: skip

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def study() -> Path:
    """The study that the server was started for. Raises ValueError if none was named."""
    folder = os.environ.get("PASSBAND_STUDY")
    if not folder:
        raise ValueError("No study is open. Start the dashboard with: passband app --study DIR")
    return as_study(Path(folder))


def study_name() -> str:
    """What the study's folder, or the file that it came in, is called."""
    return Path(os.environ.get("PASSBAND_STUDY", "")).resolve().name


def look_up_build() -> None:
    """Choose the build that this rerun shows. Raises ValueError if there is none."""
    st.session_state["build"] = current(study())
    st.session_state["audits_then"], st.session_state["older"] = None, False


def show_older(build: Path | None, audits_then: int | None) -> None:
    """Have this rerun show another build, and only the first so many audits; None: as they are."""
    if build is not None:
        st.session_state["build"] = build
    st.session_state["audits_then"], st.session_state["older"] = audits_then, True


def shows_older() -> bool:
    """Whether it is an older state of the study that is shown: then nothing is recorded."""
    return bool(st.session_state.get("older"))


def state() -> State:
    """What this rerun shows: its build, and the audits that it sees."""
    rows = audit_rows()
    return State(st.session_state["build"].stem, rows.height, audits_digest(rows.height))


def ask(
    question: Callable[Concatenate[duckdb.DuckDBPyConnection, Arguments], Answer],
    *arguments: Arguments.args,
    **options: Arguments.kwargs,
) -> Answer:
    """The answer of this rerun's build to a question of store.queries."""
    return cast(Answer, answered(st.session_state["build"], question, arguments, options))


def work_out(
    function: Callable[Arguments, Answer], *arguments: Arguments.args, **options: Arguments.kwargs
) -> Answer:
    """The value of a function of app.analysis, which depends on its arguments only."""
    return cast(Answer, worked_out(function, arguments, options))


def keep(
    function: Callable[Arguments, Answer], *arguments: Arguments.args, **options: Arguments.kwargs
) -> Answer:
    """The value of a function that asks this rerun's build, kept for all readers of that build.

    Unlike `ask` and `work_out` it gives nobody a copy: what is kept must not be changed.
    """
    return cast(Answer, kept(st.session_state["build"], function, arguments, options))


def audits() -> pl.DataFrame:
    """Each reviewer's newest audit of each text; those of judge models too."""
    if st.session_state.get("audits_then") is None:
        return audit_log(audits_folder()).newest()
    return verdicts(audit_rows())


def audit_rows() -> pl.DataFrame:
    """Every audit in the order in which they were added: store.audits.COLUMNS."""
    return audit_log(audits_folder()).rows().slice(0, st.session_state.get("audits_then"))


def audits_folder() -> Path:
    """Where to read the audits: in the study, or in a copy where the study must stay as it is."""
    return audit_mirror(study()).folder() if read_only() else study()


def audits_digest(count: int) -> str:
    """The digest of the first so many audits; empty for none."""
    log = audit_log(audits_folder())
    rows = log.rows()
    return digest_of_first(study(), log.known.file, count, rows) if count else ""


def qualified_name(function: FunctionType) -> str:
    """What the cache knows a function by."""
    return f"{function.__module__}.{function.__qualname__}"


@st.cache_resource(max_entries=3, show_spinner=False)
def connection(path: Path) -> duckdb.DuckDBPyConnection:
    """The connection to one build; every query makes a cursor of its own."""
    return connect(path)


@st.cache_data(max_entries=256, show_spinner=False, hash_funcs={FunctionType: qualified_name})
def answered(path: Path, question: Any, arguments: Any, options: Any) -> Any:
    """The answer of the store at `path`."""
    with readable(path), connection(path).cursor() as cursor:
        return question(cursor, *arguments, **options)


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turns into a ValueError what a file gives that is no build, or one of another Passband."""
    try:
        yield
    except UNREADABLE as error:
        raise ValueError(
            f"Build {path.stem} cannot be read: it was made by another version of Passband, or its"
            " file is damaged. Show the data of today, or publish the study again."
        ) from error


def built_at(path: Path) -> str:
    """When a build was made. Raises ValueError where the file is not the build it is named for."""
    info = answered(path, queries.store_info, (), {})
    if info.get("content_hash") != path.stem:
        raise ValueError(f"{path} is not the build that it is named for. Move it away.")
    return str(info["built_at"])


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs={FunctionType: qualified_name})
def worked_out(function: Any, arguments: Any, options: Any) -> Any:
    """The function's value."""
    return function(*arguments, **options)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs={FunctionType: qualified_name})
def kept(path: Path, function: Any, arguments: Any, options: Any) -> Any:
    """The function's value for the build at `path`; the same object for everybody."""
    del path  # but it is what the value is kept by
    return function(*arguments, **options)


@st.cache_data(max_entries=64, show_spinner=False)
def digest_of_first(folder: Path, file: int, count: int, _rows: pl.DataFrame) -> str:
    """The digest of the first rows, which are never changed as long as it is the same file."""
    del folder, file  # but they are what the digest is kept by
    return digest(_rows.head(count))


@st.cache_resource(max_entries=3, show_spinner=False)
def audit_log(folder: Path) -> AuditLog:
    """What is known of the study's audits."""
    return AuditLog(folder)


@st.cache_resource(max_entries=3, show_spinner=False)
def audit_mirror(folder: Path) -> AuditMirror:
    """The audits of a study to which nothing is written, not even SQLite's marks of a reader."""
    return AuditMirror(folder)
