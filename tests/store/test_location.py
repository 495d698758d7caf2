"""Opening a store for reading leaves nothing beside it, not even for a moment."""

import contextlib

import duckdb

from store.location import connect
from store.scratch import scratch
from tests.untouched import contents


def test_what_does_not_fit_into_memory_goes_elsewhere(tmp_path):
    # DuckDB's own choice is a folder beside the store, also where it is opened for reading only.
    path = tmp_path / "store.duckdb"
    with contextlib.closing(duckdb.connect(str(path))) as connection:
        connection.execute("CREATE TABLE t AS SELECT md5(range::VARCHAR) AS s FROM range(1500000)")
    before = contents(tmp_path)
    statement = "SELECT count(*) FROM (SELECT s FROM t ORDER BY s LIMIT 1490000)"
    with contextlib.closing(connect(path)) as connection:
        connection.execute("SET memory_limit = '40MB'; SET threads = 1")
        assert connection.execute(statement).fetchall() == [(1490000,)]
        assert list((scratch() / "spilled").iterdir())
    assert contents(tmp_path) == before
