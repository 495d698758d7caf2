"""What app.show tells beside its numbers: for a file, instead of for the terminal."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Listener(logging.Handler):
    """Keeps what app.show tells beside its numbers, if this thread asked."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one sentence."""
        if record.thread == self.thread:
            self.said.append(record.getMessage())


@contextmanager
def told() -> Iterator[list[str]]:
    """The sentences that app.show tells meanwhile; they go into the file, not to the terminal."""
    log, listener = logging.getLogger("passband.show"), Listener()
    log.addHandler(listener)
    try:
        yield listener.said
    finally:
        log.removeHandler(listener)


def unique(said: list[str]) -> tuple[str, ...]:
    """Each sentence once: figure and numbers are told the same."""
    return tuple(dict.fromkeys(said))
