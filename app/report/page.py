"""The HTML file around the sections: one file that needs nothing else, and may ask for nothing."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

from plotly.offline import get_plotlyjs

from app.report.markup import Markup, tag, together

HERE = Path(__file__).parent


def page(title: str, head: Sequence[str], sections: Sequence[tuple[str, str, Markup]]) -> str:
    """The whole file. `sections`: name, title and content of each.

    Scripts are allowed by their hashes, so that no other one runs, whatever a text contains.
    """
    scripts = [get_plotlyjs(), (HERE / "report.js").read_text("utf-8")]
    links = [tag("li", tag("a", words, href=f"#{name}")) for name, words, _ in sections]
    body = tag(
        "main",
        tag("header", tag("h1", title), *head),
        tag("nav", tag("ul", *links), aria_label="Contents") if len(links) > 1 else Markup(),
        tag("noscript", tag("p", "The figures need JavaScript; all numbers are in the tables.")),
        *(content for _, _, content in sections),
    )
    document = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=policy(scripts)),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="referrer", content="no-referrer"),
            tag("title", title),
            Markup(f"<style>{(HERE / 'report.css').read_text('utf-8')}</style>"),
        ),
        tag("body", body, *(Markup(f"<script>{script}</script>") for script in scripts)),
        lang="en",
    )
    return together(Markup("<!DOCTYPE html>\n"), document, Markup("\n"))


def policy(scripts: Sequence[str]) -> str:
    """What a browser may do with the file: draw it, and save a figure as a picture."""
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline';"
        " img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
