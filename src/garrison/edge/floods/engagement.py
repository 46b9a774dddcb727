"""Proactive engagement: somebody is told when a protected resource is attacked, and when it is over.

A webhook gets the event as JSON; emergency contacts get an e-mail through the configured SMTP server. AWS's response
team would call; here whoever runs the place is its own response team.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from garrison.access import telling
from garrison.gateway.settings import Settings
from garrison.services.shield.events import Told

log = logging.getLogger("garrison.edge")

_TRIES = 3


class Engagement:
    """`tell(...)` returns at once; what came of it goes to `said`."""

    def __init__(self, settings: Settings) -> None:
        self._webhook = settings.shield_webhook
        self._smtp = settings.shield_smtp

    def tell(self, whom: Told, event: dict[str, Any], said: Callable[[dict[str, str]], None]) -> None:
        """Send an event, on a thread of its own."""
        if self._webhook is None and self._smtp is None:
            log.warning("proactive engagement is enabled, but neither --shield-webhook nor --shield-smtp is given")
            said({"to": "nobody", "outcome": "neither --shield-webhook nor --shield-smtp is given"})
            return
        threading.Thread(target=self._tell, args=(whom, event, said), daemon=True).start()

    def _tell(self, whom: Told, event: dict[str, Any], said: Callable[[dict[str, str]], None]) -> None:
        if self._webhook is not None:
            webhook = self._webhook
            place = urlsplit(webhook)
            _try(f"{place.scheme}://{place.hostname}", event["state"], said, lambda: _post(webhook, whom, event))
        if self._smtp is not None and whom.emails:
            smtp = self._smtp
            _try(", ".join(whom.emails), event["state"], said, lambda: _mail(smtp, whom, event))


def _try(to: str, state: str, said: Callable[[dict[str, str]], None], send: Callable[[], None]) -> None:
    for number in range(_TRIES):
        try:
            send()
        except telling.FAILURES as e:
            outcome = f"failed: {e}"
            log.error("%s could not be told of an attack: %s", to, e)
            if number + 1 < _TRIES:
                time.sleep(2.0**number)
        else:
            outcome = "sent"
            break
    said({"to": to, "state": state, "outcome": outcome})


def _post(url: str, whom: Told, event: dict[str, Any]) -> None:
    telling.post(url, {"account": whom.account, "detail-type": "Shield attack", "detail": event})


def _mail(url: str, whom: Told, event: dict[str, Any]) -> None:
    lines = [f"{name}: {value}" for name, value in event.items() if value is not None]
    text = "\n".join([*lines, "", f"garrison shield report {event['attackId']}"])
    telling.mail(url, whom.emails, f"Attack on {event['resourceArn']} {event['state']}", text)
