"""When the next scan of a schedule starts.

`daily` and `weekly` are what they say; `monthly` names a day of the week, and its first of the month is taken, since
the API names no other (a guess).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from garrison.services.inspector2.errors import invalid

_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")


def check(schedule: Mapping[str, Any]) -> None:
    """Raise `ValidationException` for a schedule that means nothing."""
    if len(schedule) != 1:
        raise invalid("Exactly one kind of schedule must be given.", "schedule")
    ((kind, given),) = schedule.items()
    if kind == "oneTime":
        return
    start = given["startTime"]
    if not _TIME.fullmatch(start["timeOfDay"]):
        raise invalid("timeOfDay must be HH:MM.", "schedule")
    _zone(start["timezone"])


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid(f"The timezone {name} is not known.", "schedule") from None


def following(schedule: Mapping[str, Any], now: float) -> float | None:
    """The first start after `now`; None for a schedule that has none (`oneTime`)."""
    ((kind, given),) = schedule.items()
    if kind == "oneTime":
        return None
    zone = _zone(given["startTime"]["timezone"])
    hour, minute = (int(part) for part in given["startTime"]["timeOfDay"].split(":"))
    today = datetime.fromtimestamp(now, zone)
    for ahead in range(63):
        day = (today + timedelta(days=ahead)).date()
        if not _due(kind, given, day.weekday(), day.day):
            continue
        moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC).timestamp()
        if moment > now:
            return moment
    return None


def _due(kind: str, given: Mapping[str, Any], weekday: int, day: int) -> bool:
    if kind == "weekly":
        return _DAYS[weekday] in given["days"]
    if kind == "monthly":
        return _DAYS[weekday] == given["day"] and day <= 7
    return True
