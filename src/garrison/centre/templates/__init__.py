"""Pages as Jinja templates. What is put into one is escaped, whoever named it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from garrison.centre import drawing


def rendered(template: str, **context: Any) -> str:
    """The text of a page."""
    return _pages.get_template(template).render(**context)


def ago(moment: str, now: float) -> str:
    """How long ago an ISO 8601 moment was, in words."""
    seconds = max(0, int(now - datetime.fromisoformat(moment).timestamp()))
    for length, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= length:
            n = seconds // length
            return f"{n} {word}{'s' if n > 1 else ''} ago"
    return "just now" if seconds < 10 else f"{seconds} seconds ago"


def moment(text: str) -> str:
    """An ISO 8601 moment, for people, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def day(text: str) -> str:
    """Its day."""
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d")


def words(status: str) -> str:
    """A status as people read it."""
    return status.lower().replace("_", " ")


def percent(part: int, whole: int) -> int:
    """Rounded down: nothing is made to look better."""
    return 100 * part // whole if whole else 0


def short(arn: str) -> str:
    """The end of an ARN that tells it from others."""
    fields = arn.split(":", 5)
    return fields[5] if len(fields) == 6 and fields[0] == "arn" else arn


def part(text: Any) -> str:
    """One part of a path or a query."""
    return quote(str(text), safe="")


_pages = Environment(
    loader=PackageLoader("garrison.centre", "templates"),
    autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
_pages.filters.update(
    ago=ago, moment=moment, day=day, words=words, short=short, part=part, bar=drawing.bar,
    trend=drawing.trend,
)  # fmt: skip
_pages.globals.update(
    percent=percent,
    pages=("/", "/frameworks", "/checks", "/responsibility", "/audit", "/artifact", "/stories", "/labs"),
)
