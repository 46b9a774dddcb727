"""Sign-ins to PostgreSQL, from its log with `log_connections`: RDS's prefix, PostgreSQL's own, and its JSON log.

Who signed in is on one line, from where (without RDS's prefix) on the one of the same process before. Lines that tell
of no sign-in are passed over. The database is named after the folder the log is in, or its file.

Source: PostgreSQL documentation, "Error Reporting and Logging"; RDS user guide, log_line_prefix `%t:%r:%u@%d:[%p]:`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, BinaryIO

import msgspec

from garrison.detect.events import DatabaseLogin, Event
from garrison.detect.formats.form import Bad, Form, Head, Origin, bad, digest, plausible

_WHEN = r"(?P<when>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) (?P<zone>[A-Z]{3,4}|[+-]\d\d)"
_RDS = re.compile(
    _WHEN + r":(?P<source>[^(:\s]*(?::[0-9a-f:]+)?)(?:\(\d+\))?:(?P<user>[^@]*)@(?P<database>[^:]*):\[(?P<pid>\d+)\]:"
    r"\s*(?P<level>LOG|FATAL):\s+(?P<text>.*)"
)
_OWN = re.compile(_WHEN + r" \[(?P<pid>\d+)\](?: \S*@\S*)?:? +(?P<level>LOG|FATAL):\s+(?P<text>.*)")
_RECEIVED = re.compile(r"connection received: host=(\S+)")
_AUTHORIZED = re.compile(
    r"connection authorized: user=(\S+)(?: database=\S+)?(?: application_name=(.*?))?(?: SSL .*)?$"
)
_REFUSED = re.compile(
    r'(?:\S+ authentication failed for user|role) "([^"]*)"(?: does not exist| is not permitted to log in|$)'
    r'|no pg_hba\.conf entry for host "([^"]*)", user "([^"]*)"'
)
_SOURCES = 100_000


def read(file: BinaryIO, origin: Origin) -> Iterator[Event | Bad]:
    """All sign-ins of a file."""
    database = database_of(origin.name)
    sources: dict[str, str] = {}
    for raw in file:
        line = raw.decode(errors="replace").rstrip("\r\n")
        if line.startswith("{"):
            told = _json(line)
        else:
            found = _RDS.match(line) or _OWN.match(line)
            told = found.groupdict() if found else None
        if told is None:
            continue
        try:
            one = _login(told, raw, sources, database, origin)
        except ValueError as e:
            yield bad(raw, e)
            continue
        if one is not None:
            yield one


def _login(
    told: dict[str, Any], raw: bytes, sources: dict[str, str], database: str, origin: Origin
) -> DatabaseLogin | None:
    text, pid = told["text"], told["pid"]
    received = _RECEIVED.match(text)
    if received:
        if len(sources) > _SOURCES:
            sources.clear()
        sources[pid] = received[1]
        return None
    authorized = _AUTHORIZED.match(text)
    refused = None if authorized else _REFUSED.search(text) if told["level"] == "FATAL" else None
    if authorized is None and refused is None:
        return None
    source = told.get("source") or sources.get(pid, "")
    if authorized:
        user, application = authorized[1], authorized[2] or told.get("application") or ""
    else:
        assert refused is not None
        user, application = refused[1] or refused[3] or "", told.get("application") or ""
        source = source or refused[2] or ""
    return DatabaseLogin(
        id=digest(origin.name.encode() + raw.strip()),
        time=_time(told["when"], told["zone"]),
        account=origin.account,
        region=origin.region,
        database=database,
        user=user,
        application=application,
        source="" if source == "[local]" else source,
        succeeded=authorized is not None,
    )


def _time(when: str, zone: str) -> float:
    if zone in {"UTC", "GMT"}:
        return plausible(datetime.fromisoformat(when).replace(tzinfo=UTC).timestamp())
    if zone[0] in "+-":
        return plausible(datetime.fromisoformat(f"{when}{zone}:00").timestamp())
    raise ValueError(f"a time of the zone {zone}: logs have to be in UTC")


def _json(line: str) -> dict[str, Any] | None:
    """A line of the JSON log (`log_destination = jsonlog`) in the words of the others."""
    try:
        told = msgspec.json.decode(line, type=dict[str, Any])
        when, zone = str(told["timestamp"]).rsplit(" ", 1)
        return {
            "when": when,
            "zone": zone,
            "pid": str(told.get("pid")),
            "level": told.get("error_severity"),
            "text": str(told.get("message") or ""),
            "source": str(told.get("remote_host") or ""),
            "application": str(told.get("application_name") or ""),
        }
    except (msgspec.MsgspecError, KeyError, ValueError):
        return None


def database_of(path: str) -> str:
    """What the log's folder or file is named after: `.../orders-db/error/postgresql.log.2026-11-28` is of orders-db."""
    parts = [part for part in PurePath(path).parts if part not in {"error", "log", "logs", "postgresql", "/"}]
    named = parts[-2] if len(parts) > 1 else parts[-1]
    return named if parts[-1].startswith("postgresql") else PurePath(parts[-1]).name.split(".")[0]


def _recognizes(head: Head) -> bool:
    for raw in head.data.split(b"\n", 50)[:50]:
        line = raw.decode(errors="replace")
        if _RDS.match(line) or _OWN.match(line) or (b'"error_severity"' in raw and b'"backend_type"' in raw):
            return True
    return False


FORM = Form("postgresql", _recognizes, read)
