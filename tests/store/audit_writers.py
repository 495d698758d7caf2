"""Processes that record audits at once: python -m tests.store.audit_writers STUDY RUN MANY ROWS

Prints `reviewer id` after each row is recorded. Every process starts to write at the same time.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from store.audits import LABELS, record
from tests.store.audit_rows import audit


def label_of(reviewer: int, sample: int) -> str:
    """What this reviewer says of this sample."""
    return LABELS[(reviewer * 7 + sample * sample) % len(LABELS)]


def write(study: Path, run: str, reviewer: int, rows: int) -> None:
    """Record one verdict after the other, as somebody at a keyboard does."""
    for sample in range(rows):
        row = audit(
            label_of(reviewer, sample), f"reviewer-{reviewer}", sample,
            run=run, text=f"Answer 0 {sample}", at=datetime.now(UTC).isoformat(),
        )  # fmt: skip
        os.write(1, f"reviewer-{reviewer} {record(study, row)}\n".encode())


def main(study: Path, run: str, many: int, rows: int) -> None:
    """Fork, start all at once, and wait for all."""
    begin, beginning = os.pipe()
    children = []
    for reviewer in range(many):
        child = os.fork()
        if child == 0:
            os.close(beginning)
            os.read(begin, 1)  # returns when nobody holds the other end any more
            write(study, run, reviewer, rows)
            os._exit(0)
        children.append(child)
    os.close(beginning)
    ended = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    sys.exit(max(ended))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
