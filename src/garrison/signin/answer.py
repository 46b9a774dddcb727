"""What goes back to a browser, with the headers every page here has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

PRIVATE = [
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    # Not no-referrer: with that, browsers say `Origin: null` even to ourselves.
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
]


@dataclass(slots=True)
class Answer:
    """A complete response."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


def page(html: str, *, status: int = 200, cookies: Sequence[str] = (), form_to: str = "") -> Answer:
    """A page. `form_to` is a further origin its form may lead to."""
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self'{' ' + form_to if form_to else ''}"
    )
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", policy), *PRIVATE]
    return Answer(status, headers + [("Set-Cookie", cookie) for cookie in cookies], html.encode())


def redirect(to: str, *, cookies: Sequence[str] = ()) -> Answer:
    """On to another page (303: by GET)."""
    headers = [("Location", to), ("Content-Security-Policy", "default-src 'none'"), *PRIVATE]
    return Answer(303, headers + [("Set-Cookie", cookie) for cookie in cookies])


def file(content: bytes, kind: str) -> Answer:
    """A file that belongs to every page and is no secret."""
    headers = [("Content-Type", kind), ("Cache-Control", "public, max-age=3600"), *PRIVATE[1:]]
    return Answer(200, headers, content)


def json(content: bytes, status: int = 200) -> Answer:
    """An answer for programs."""
    return Answer(status, [("Content-Type", "application/json"), *PRIVATE], content)


def text(content: str, status: int) -> Answer:
    """A plain refusal."""
    return Answer(status, [("Content-Type", "text/plain; charset=utf-8"), *PRIVATE], content.encode())
