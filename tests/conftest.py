"""Tests that need an engine or a browser are skipped where there is none, unless CI requires it."""

import os
import signal
from collections.abc import Generator

import pytest

NOT_SHIPPED = "it is not shipped"
REQUIRED = set(os.environ.get("PASSBAND_REQUIRE", "").split(",")) - {""}


def pytest_configure() -> None:
    """Hear Ctrl-C, which some tests press: what a shell starts in the background ignores it."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a test whose marker is in PASSBAND_REQUIRE into a failure; not one for want
    of data that the project does not ship."""
    report = yield
    missing = REQUIRED & {mark.name for mark in item.iter_markers()}
    if report.skipped and missing and NOT_SHIPPED not in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"PASSBAND_REQUIRE={','.join(sorted(missing))}, yet: {report.longrepr}"
    return report
