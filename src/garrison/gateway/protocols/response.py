"""What goes back over the wire."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class HttpResponse:
    """A complete response; the server adds `Content-Length`, `Date` and the connection headers."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
