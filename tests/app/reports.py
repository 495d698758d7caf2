"""Reading what was exported: commands as a shell runs them, and the parts of an HTML file."""

import json
import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

from click.testing import CliRunner, Result

from app.cli import main

ROOT = Path(__file__).parents[2]


def in_shell(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def passband(*words: object) -> Result:
    """The command in this process, which is quicker."""
    return CliRunner().invoke(main, [str(word) for word in words])


class Page(HTMLParser):
    """The elements of a file, the JSON blocks by id, and the texts of <pre>, <h2> and cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.urls: list[str] = []
        self.policy = ""
        self.blocks: dict[str, str] = {}
        self.scripts: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        self.attributes |= set(found)
        self.urls += [str(found[name]) for name in ("href", "src", "action") if name in found]
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(found["content"])
        if tag not in ("meta", "br"):
            self.open.append((tag, found))
            self.texts.setdefault(tag, []).append("")
            self.script: list[str] = []

    def handle_endtag(self, tag: str) -> None:
        opened, attributes = self.open.pop()
        assert opened == tag
        if tag == "script" and "id" in attributes:
            self.blocks[str(attributes["id"])] = "".join(self.script)
        elif tag == "script":
            self.scripts.append("".join(self.script))

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] in ("script", "style"):
            self.script.append(data)
            return
        for tag in {tag for tag, _ in self.open}:
            self.texts[tag][-1] += data

    def data(self, name: str) -> object:
        """A block of JSON."""
        return json.loads(self.blocks[name])
