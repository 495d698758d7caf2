"""The only open store connection and the only Streamlit cache.

Which build is current is looked up once per rerun, and its path is part of what the caches go by:
a newly published store shows at the next rerun, and no page mixes the numbers of two builds.
"""

import os
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import duckdb
import polars as pl
import streamlit as st

from store.audit_log import AuditLog
from store.location import connect, current

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


def study() -> Path:
    """The study folder that the server was started for. Raises ValueError if none was named."""
    folder = os.environ.get("PASSBAND_STUDY")
    if not folder:
        raise ValueError("No study is open. Start the dashboard with: passband app --study DIR")
    return Path(folder)


def look_up_build() -> None:
    """Choose the build that this rerun shows. Raises ValueError if there is none."""
    st.session_state["build"] = current(study())


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
    """Each reviewer's newest audit of each text as they are now; those of judge models too."""
    return audit_log(study()).newest()


def audit_rows() -> pl.DataFrame:
    """Every audit ever made, in the order in which they were added: store.audits.COLUMNS."""
    return audit_log(study()).rows()


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
    with connection(path).cursor() as cursor:
        return question(cursor, *arguments, **options)


@st.cache_data(max_entries=64, show_spinner=False, hash_funcs={FunctionType: qualified_name})
def worked_out(function: Any, arguments: Any, options: Any) -> Any:
    """The function's value."""
    return function(*arguments, **options)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs={FunctionType: qualified_name})
def kept(path: Path, function: Any, arguments: Any, options: Any) -> Any:
    """The function's value for the build at `path`; the same object for everybody."""
    del path  # but it is what the value is kept by
    return function(*arguments, **options)


@st.cache_resource(max_entries=3, show_spinner=False)
def audit_log(folder: Path) -> AuditLog:
    """What is known of the study's audits."""
    return AuditLog(folder)
