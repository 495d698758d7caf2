"""A small server that speaks what the Hugging Face client asks when a folder is pushed."""

import base64
import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Heard(NamedTuple):
    """One request."""

    path: str
    token: str
    said: dict[str, Any]
    files: dict[str, bytes]  # of a commit


@contextlib.contextmanager
def hub_server(private: bool = True, refuses: bool = False) -> Iterator[tuple[str, list[Heard]]]:
    """Its address, and every request so far. The repository is as private as is said here."""
    heard: list[Heard] = []

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.hear({})
            if "/tree/" in self.path:
                self.answer([])
            else:
                self.answer({"id": "me/numbers", "private": private, "sha": "0" * 40,
                             "siblings": []})  # fmt: skip

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.hear(content if self.path.endswith("/commit/main") else json.loads(content))
            if refuses:
                self.answer({"error": "Invalid username or password."}, 401)
            elif self.path.endswith("/preupload/main"):
                asked = [file["path"] for file in json.loads(content)["files"]]
                files = [
                    {"path": path, "uploadMode": "regular", "shouldIgnore": False, "oid": None}
                    for path in asked
                ]
                self.answer({"files": files})
            elif self.path.endswith("/commit/main"):
                url = "http://127.0.0.1/datasets/me/numbers/commit/" + "1" * 40
                self.answer({"success": True, "commitOid": "1" * 40, "commitUrl": url})
            else:
                self.answer({"url": "http://127.0.0.1/datasets/me/numbers", "warnings": []})

        def hear(self, said: bytes | dict[str, Any]) -> None:
            files = {}
            if isinstance(said, bytes):
                entries = [json.loads(line) for line in said.splitlines()]
                files = {
                    entry["value"]["path"]: base64.b64decode(entry["value"]["content"])
                    for entry in entries
                    if entry["key"] == "file"
                }
                said = {}
            token = self.headers.get("Authorization", "")
            heard.append(Heard(self.path, token, said, files))

        def answer(self, content: object, status: int = 200) -> None:
            written = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        server.server_close()
