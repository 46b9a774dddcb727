"""How people and programs outside hear of something: a webhook gets it as EventBridge would, people get an e-mail."""

from __future__ import annotations

import smtplib
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

_TIMEOUT = 10.0
FAILURES = (OSError, smtplib.SMTPException, ValueError)
"""What telling raises where nobody took it."""


class Outlets(msgspec.Struct, frozen=True):
    """Where a service tells what it has to tell."""

    webhook: str | None = None
    """Where events are posted, as EventBridge would get them."""
    smtp: str | None = None
    """The mail server: `smtp://[user:password@]host[:port][/sender]`, `smtps` for TLS from the start."""


def event(
    *, id: str, source: str, detail_type: str, account: str, region: str, resources: Sequence[str], now: float,
    detail: Any,
) -> dict[str, Any]:  # fmt: skip
    """An event as EventBridge has it (EventBridge reference, "Event structure")."""
    return {
        "version": "0",
        "id": id,
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": list(resources),
        "detail": detail,
    }


def post(url: str, body: Any) -> None:
    """Post JSON. Blocks, for ten seconds at most. Raises `OSError`, and `ValueError` for what is no web address."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("a webhook is an http or https URL")
    data = msgspec.json.encode(body)
    request = urllib.request.Request(url, data, {"content-type": "application/json"}, method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
        answer.read(1024)


def mail(url: str, to: Sequence[str], subject: str, text: str) -> None:
    """Send an e-mail by the server of `Outlets.smtp`. Blocks. Raises `OSError` and `smtplib.SMTPException`."""
    place = urlsplit(url)
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = unquote(place.path.strip("/")) or "garrison@localhost"
    message["To"] = ", ".join(to)
    message.set_content(text)
    kind, port = (smtplib.SMTP_SSL, 465) if place.scheme == "smtps" else (smtplib.SMTP, 25)
    with kind(place.hostname or "localhost", place.port or port, timeout=_TIMEOUT) as smtp:
        if place.username:
            smtp.login(unquote(place.username), unquote(place.password or ""))
        smtp.send_message(message)
