"""Every audit of a study in memory, for a process that asks often: only what is new is read."""

from pathlib import Path
from threading import Lock

import polars as pl

from store.audits import COLUMNS, Version, since, verdicts, version


class AuditLog:
    """The rows of one study's audits; several threads may ask at once."""

    def __init__(self, study: Path) -> None:
        self.study = study
        self.known = Version()
        self.kept = self.latest = pl.DataFrame(schema=COLUMNS)
        self.lock = Lock()

    def rows(self) -> pl.DataFrame:
        """Every row as it is now, with the columns of store.audits.COLUMNS, by id."""
        with self.lock:
            self.catch_up()
            return self.kept

    def newest(self) -> pl.DataFrame:
        """What store.audits.newest gives."""
        with self.lock:
            self.catch_up()
            return self.latest

    def catch_up(self) -> None:
        """Read what was added since the last time; everything if another file is there now."""
        now = version(self.study)
        if now == self.known:
            return
        last = int(self.kept["id"][-1]) if self.kept.height else 0
        if now.file != self.known.file or now.last < last:
            self.kept, last = self.kept.clear(), 0
        self.kept = self.kept.vstack(since(self.study, last)).rechunk()
        self.latest = verdicts(self.kept)
        self.known = now
