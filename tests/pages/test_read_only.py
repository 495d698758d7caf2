"""A read-only server: whatever is asked of it, not a byte of the study changes.

The server is started by `passband app --read-only`; the study has audits of which the newest are
only in the file that SQLite keeps beside them, held there by a writer who is still at work.
"""

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, WebSocket
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from store.audits import FILE, record
from tests.pages.auditing import sit_down
from tests.pages.conftest import ROOT, Server, Study, check, free_port, make_study, quiet, wait_for
from tests.store.audit_rows import audit
from tests.untouched import contents

pytestmark = pytest.mark.browser

NOBODY = 65534
JUDGING, AGREEMENT = "audit?audit_queue=random&audit_size=20", "audit?audit_view=agreement"
ODD = (
    "runs?benchmark=hostile&runs=../../x&verifier=%00",
    "pass-at-k?audited=true&left_out=error&left_out=nothing",
    "compare?k=999999",
    "solvable?k=16&direct=none&guess_below=99",
    "accuracy?accuracy_view=nonsense",
    "perplexity",
    "training?name=figure-2",
    "problems?problems_search=regex:(((",
    "reader?problem=../audits.sqlite&sample=-1",
    "export",
    JUDGING,
    AGREEMENT,
    "nowhere/../../audits.sqlite?embed=true&study=/tmp",
)
# Presses and writes whatever the page has that could record, save or take in something.
WRITING = "button:has-text('Save'), button:has-text('Import'), button:has-text('Record')"
REQUESTS = [
    (method, path)
    for method in ("PUT", "POST", "DELETE", "PATCH")
    for path in (
        "_stcore/upload_file/session/file.jsonl", "_stcore/upload_file/%2e%2e/audits.sqlite",
        "audits.sqlite", "media/../audits.sqlite", "runs", "_stcore/agent/interact",
    )
]  # fmt: skip


@pytest.fixture(scope="module")
def closed_study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    """A study with audits in both files, a saved link, and a job that was stopped."""
    study = make_study(tmp_path_factory.mktemp("study"))
    (study.path / "progress").mkdir()
    (study.path / "progress" / "one.json").write_text("{}")
    record(study.path, audit("valid", run=study.runs["rl"], problem="p00"))
    with contextlib.closing(sqlite3.connect(study.path / FILE)) as writer:
        writer.execute("SELECT count(*) FROM audits").fetchall()
        record(study.path, audit("flawed", run=study.runs["rl"], problem="p01"))
        assert (study.path / f"{FILE}-wal").stat().st_size > 0
        yield study


def served(study: Path, log: Path, **more: object) -> Iterator[Server]:
    """What the command line starts."""
    port = free_port()
    command = [sys.executable, "-c", "from app.cli import main; main()", "app", "--read-only"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--study", str(study), "--port", str(port)],
            cwd=log.parent, stdout=out, stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(log.parent)}, **more,
        )  # type: ignore[call-overload]  # fmt: skip
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
            yield Server(f"http://127.0.0.1:{port}", study)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def answered(server: Server, method: str, path: str, body: bytes, headers: dict[str, str]) -> int:
    request = urllib.request.Request(
        f"{server.url}/{path}", data=body, method=method, headers=headers
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def use(page: Page) -> None:
    """Press what a reader could press to write, and drop a file on whatever takes one."""
    page.keyboard.press("Escape")  # what says that there is no such page
    share = page.get_by_role("button", name="Share", exact=True)
    if share.count():
        share.first.click()
        page.wait_for_timeout(300)
    for writing in page.locator(WRITING).all():
        writing.click(force=True, timeout=2_000)
    for box in page.locator("input[type=file]").all():
        drop(box)
    quiet(page)


def drop(box: Locator) -> None:
    content = b'{"problem_id": "p00", "completion": "x"}\n'
    box.set_input_files({"name": "rows.jsonl", "mimeType": "text/plain", "buffer": content})


def test_no_url_key_or_file_changes_a_byte(
    closed_study: Study, browser: Browser, tmp_path: Path
) -> None:
    before, sent = contents(closed_study.path), []
    for server in served(closed_study.path, tmp_path / "log.txt"):
        tab = sit_down(server, browser, "reviewer in vain")
        page = tab.page
        page.set_default_timeout(20_000)
        page.on("websocket", lambda socket: listen(socket, sent))
        for path in ODD:
            page.goto(f"{server.url}/{path}")
            page.get_by_role("heading", level=1).first.wait_for()
            quiet(page)
            use(page)
            if path == JUDGING:
                page.keyboard.press("Escape")
                page.get_by_text("This dashboard is read-only").wait_for()
                enable_everything(page)
                for key in ("v", "f", "u", "n"):
                    page.keyboard.press(key)
                page.get_by_role("button", name="Flawed").first.click(force=True)
                quiet(page)
            if path == AGREEMENT:
                page.get_by_text("flawed").first.wait_for()  # the audits of both files are read
        for method, path in REQUESTS:
            assert answered(server, method, path, b"x" * 100, {}) >= 400
        assert upload_by_hand(server, page, session_of(sent)) == 413
        tab.problems = [
            said for said in tab.problems if not re.search("404|not seem to exist", said)
        ]
        check(tab)
        page.context.close()
    assert contents(closed_study.path) == before


def enable_everything(page: Page) -> None:
    """What somebody does who has the browser's developer tools."""
    page.evaluate(
        "document.querySelectorAll('button[disabled]').forEach(b => b.removeAttribute('disabled'))"
    )


def listen(socket: WebSocket, sent: list[bytes]) -> None:
    """Keep what the server sends to the page of now."""
    sent.clear()
    socket.on("framereceived", lambda frame: sent.append(frame))


def session_of(messages: list[bytes]) -> str:
    """The name of the session that the server has told the browser."""
    for message in messages:
        told = ForwardMsg()
        told.ParseFromString(message)
        if told.WhichOneof("type") == "new_session":
            return str(told.new_session.initialize.session_id)
    raise AssertionError("no session began")


def upload_by_hand(server: Server, page: Page, session: str) -> int:
    """Send a file to a session that is open, as Streamlit's own uploader would."""
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    secret = cookies["_streamlit_xsrf"]
    body = (
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="../audits.sqlite"\r\n\r\n'
        b"x\r\n--b--\r\n"
    )
    headers = {
        "Content-Type": "multipart/form-data; boundary=b", "X-Xsrftoken": secret,
        "Cookie": f"_streamlit_xsrf={secret}",
    }  # fmt: skip
    return answered(server, "PUT", f"_stcore/upload_file/{session}/1", body, headers)
