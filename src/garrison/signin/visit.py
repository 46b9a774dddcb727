"""Which browser this is, and whether a form comes from a page of ours.

Cookies have the `__Host-` prefix, which browsers only take with `Secure`: over TLS, or from this very machine (Chromium
and Firefox count http://127.0.0.1 and http://localhost as secure; Safari does not, and needs `garrison up --tls`).
Ports do not keep cookies apart, so they alone prove nothing: a form must carry a token sealed for its browser's cookie,
come by its own origin, and not be old.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
import secrets
from collections.abc import Mapping
from typing import Any

from garrison.access.call import HttpRequest
from garrison.keys.seal import Seal, SealBroken

VISIT = "__Host-garrison-visit"
SESSION = "__Host-garrison-session"
FORM_SECONDS = 12 * 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_PURPOSE = "sign-in-form/v1"


def cookies(request: HttpRequest) -> dict[str, str]:
    """The cookies a browser sent; of one that came twice neither is believed."""
    found: dict[str, str] = {}
    twice = set()
    for name, value in request.headers:
        if name == "cookie":
            for pair in value.split(";"):
                key, _, content = pair.strip().partition("=")
                if key in found:
                    twice.add(key)
                found[key] = content
    return {key: value for key, value in found.items() if key not in twice and _TOKEN.fullmatch(value)}


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def set_cookie(name: str, value: str, seconds: int | None = None) -> str:
    """The `Set-Cookie` header; no `seconds` lets the cookie go with the browser, 0 deletes it."""
    age = "" if seconds is None else f"; Max-Age={seconds}"
    return f"{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict{age}"


def origin(request: HttpRequest) -> str:
    """Our own origin, as the browser knows it."""
    return f"{'https' if request.secure else 'http'}://{(request.header('host') or '').lower()}"


def known_host(request: HttpRequest, hosts: frozenset[str]) -> bool:
    """Whether we are called by a name of ours, and not by one somebody else's DNS points at us."""
    authority = (request.header("host") or "").lower()
    host = authority[1:].partition("]")[0] if authority.startswith("[") else authority.partition(":")[0]
    if host in hosts or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def same_origin(request: HttpRequest) -> bool:
    """Whether the browser says that a page of ours sent this. Browsers send `Origin` with every POST."""
    return request.header("origin") == origin(request) and request.header("sec-fetch-site") in (None, "same-origin")


class Tickets:
    """Tokens of forms, and what a form carries from one step to the next: sealed, and bound to a browser."""

    def __init__(self, seal: Seal) -> None:
        self._seal = seal

    def issue(self, visit: str, purpose: str, content: bytes, until: float) -> str:
        """A ticket with content, good until then."""
        plain = int(until).to_bytes(8, "big") + content
        return base64.urlsafe_b64encode(self._seal.seal(f"{_PURPOSE}/{purpose}", plain, _place(visit))).decode()

    def open(self, visit: str, purpose: str, ticket: str, now: float) -> bytes | None:
        """Its content, or None if it is not good."""
        try:
            sealed = base64.b64decode(ticket, altchars=b"-_", validate=True)
            plain = self._seal.open(f"{_PURPOSE}/{purpose}", sealed, _place(visit))
        except (binascii.Error, ValueError, SealBroken):
            return None
        return plain[8:] if now < int.from_bytes(plain[:8], "big") else None

    def form(self, visit: str, now: float) -> str:
        """The token of a form."""
        return self.issue(visit, "token", b"", now + FORM_SECONDS)

    def sent_by(self, visit: str | None, fields: Mapping[str, Any], now: float) -> bool:
        """Whether a form was made for this browser."""
        return visit is not None and self.open(visit, "token", str(fields.get("token", "")), now) is not None


def _place(visit: str) -> str:
    return hashlib.sha256(visit.encode()).hexdigest()
