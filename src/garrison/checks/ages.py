"""How long ago something was."""

from __future__ import annotations

from datetime import datetime

DAY = 86400


def seconds(moment: str) -> float:
    """Seconds since the epoch, of an ISO 8601 text."""
    return datetime.fromisoformat(moment).timestamp()


def days_since(moment: str, now: float) -> int:
    """Whole days from then to now."""
    return int((now - seconds(moment)) // DAY)
