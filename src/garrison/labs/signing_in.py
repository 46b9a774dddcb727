"""Trying to sign in at Garrison's own sign-in pages, as a browser does, with a password alone."""

from __future__ import annotations

import http.client
import json
import re
import ssl
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from garrison.checks.api import NotRead

_SESSION = "garrison-session"
_HIDDEN = re.compile(r'<input type="hidden" name="(.*?)" value="(.*?)">')


def password_suffices(data: Path, email: str, password: str) -> bool:
    """Whether a root user is signed in by password, and not asked for anything more. Raises `NotRead`.

    `data` is the data directory of the running Garrison; `email` may be the account's id.
    """
    told = json.loads((data / "server.json").read_bytes())
    origin, ca = str(told["signin"]).removesuffix("/signin"), told.get("ca")
    text, cookies = _send(origin, ca, "GET", "/signin?who=root")
    hidden = {unescape(name): unescape(value) for name, value in _HIDDEN.findall(text)}
    given = urlencode(hidden | {"who": "root", "email": email, "password": password})
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": origin,
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
    }
    return any(_SESSION in name for name in _send(origin, ca, "POST", "/signin", given, headers)[1])


def _send(
    origin: str, ca: str | None, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
) -> tuple[str, dict[str, str]]:
    """The page, and the cookies that were set."""
    where = urlsplit(origin)
    connection: http.client.HTTPConnection
    if where.scheme == "https":
        context = ssl.create_default_context(cafile=ca)
        connection = http.client.HTTPSConnection(where.hostname or "", where.port, timeout=30, context=context)
    else:
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        jar: SimpleCookie = SimpleCookie()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                jar.load(value)
        return answer.read().decode(), {name: morsel.value for name, morsel in jar.items() if morsel.value}
    except OSError as e:
        raise NotRead("sign-in", f"the sign-in page does not answer: {e}") from e
    finally:
        connection.close()
