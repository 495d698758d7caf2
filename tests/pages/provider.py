"""An OpenID Connect provider for tests: whoever is clicked is logged in. A real HTTP server.

It does what the specification asks of one: discovery, codes that work once, proof of who began the
log-in (PKCE), the client's secret, and identity tokens signed with a key of its own.
"""

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "passband", "a secret of the client, which the provider gave"
KEY = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"}, private=True)


class Provider(ThreadingHTTPServer):
    """Knows these people, by the claims that it makes of each."""

    def __init__(self, people: dict[str, dict[str, Any]]) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.people = people
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.codes: dict[str, dict[str, str]] = {}

    def description(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/end",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def choice(self, asked: dict[str, str]) -> str:
        """A page with a link for each person."""
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert "openid" in asked["scope"].split()
        links = []
        for person in self.people:
            code = secrets.token_urlsafe()
            self.codes[code] = {**asked, "person": person}
            query = urlencode({"code": code, "state": asked["state"]})
            address = html.escape(f"{asked['redirect_uri']}?{query}")
            links.append(f'<a href="{address}">{html.escape(person)}</a>')
        return f"<link rel='icon' href='data:,'><h1>Who are you?</h1>{' '.join(links)}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any]:
        """What a code is good for, once."""
        asked = self.codes.pop(form["code"])
        given = base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '+')}".encode()).decode()
        plain = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        assert authorization in (f"Basic {given}", f"Basic {plain}")
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]
        assert form["redirect_uri"] == asked["redirect_uri"]
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], "sub": f"subject of {asked['person']}",
            **self.people[asked["person"]],
        }  # fmt: skip
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, claims, KEY)
        return {
            "access_token": secrets.token_urlsafe(), "token_type": "Bearer", "expires_in": 300,
            "id_token": signed,
        }  # fmt: skip


class Answer(BaseHTTPRequestHandler):
    """One request to the provider."""

    server: Provider

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = {key: values[0] for key, values in parse_qs(address.query).items()}
        if address.path == "/.well-known/openid-configuration":
            self.send(self.server.description())
        elif address.path == "/keys":
            self.send({"keys": [KEY.as_dict(private=False)]})
        elif address.path == "/authorize":
            self.send(self.server.choice(asked))
        elif address.path == "/end":
            self.send_response(302)
            self.send_header("Location", asked["post_logout_redirect_uri"])
            self.end_headers()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {key: values[0] for key, values in parse_qs(body).items()}
        self.send(self.server.token(form, self.headers.get("Authorization", "")))

    def send(self, content: dict[str, Any] | str) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        body = text.encode()
        self.send_response(200)
        kind = "text/html; charset=utf-8" if isinstance(content, str) else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def provider(people: dict[str, dict[str, Any]]) -> Iterator[Provider]:
    """A provider that answers as long as it is needed."""
    server = Provider(people)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def secrets_file(server: Provider, lists: str) -> str:
    """Streamlit's secrets.toml for a dashboard whose people log in here."""
    return f"""
{lists}
[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "long and random, known to the dashboard only"
client_id = "{CLIENT}"
client_secret = "{SECRET}"
server_metadata_url = "{server.url}/.well-known/openid-configuration"
"""
