"""Records of calls, as CloudTrail writes them, in files as CloudTrail delivers them.

Known are log files (`{"Records": [...]}`), gzip or not, in folders however deep; JSON lines; and what `aws cloudtrail
lookup-events` prints. Only what decisions need is decoded, and nested elements only when they are asked for.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

NULL = msgspec.Raw(b"null")
_ENDINGS = (".json", ".json.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")


class EventsError(Exception):
    """A file is no log of calls. The text names it."""


class Event(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One record. Source: CloudTrail user guide, "CloudTrail record contents"."""

    source: str = msgspec.field(name="eventSource")
    name: str = msgspec.field(name="eventName")
    identity: msgspec.Raw = msgspec.field(name="userIdentity", default=NULL)
    id: str = msgspec.field(name="eventID", default="")
    time: str = msgspec.field(name="eventTime", default="")
    region: str = msgspec.field(name="awsRegion", default="")
    address: str | None = msgspec.field(name="sourceIPAddress", default=None)
    agent: str | None = msgspec.field(name="userAgent", default=None)
    parameters: msgspec.Raw = msgspec.field(name="requestParameters", default=NULL)
    error: str | None = msgspec.field(name="errorCode", default=None)
    recipient: str | None = msgspec.field(name="recipientAccountId", default=None)
    endpoint: str | None = msgspec.field(name="vpcEndpointId", default=None)
    additional: msgspec.Raw = msgspec.field(name="additionalEventData", default=NULL)
    tls: msgspec.Raw = msgspec.field(name="tlsDetails", default=NULL)
    kind: str | None = msgspec.field(name="eventType", default=None)
    version: str | None = msgspec.field(name="apiVersion", default=None)


class _Delivered(msgspec.Struct, gc=False):
    records: list[Event] = msgspec.field(name="Records")


class _LookedUp(msgspec.Struct):
    event: str = msgspec.field(name="CloudTrailEvent")


class _Page(msgspec.Struct):
    events: list[_LookedUp] = msgspec.field(name="Events")


_one = msgspec.json.Decoder(Event)
_delivered = msgspec.json.Decoder(_Delivered)
_page = msgspec.json.Decoder(_Page)


def decode_event(text: bytes) -> Event:
    """One record. Raises `msgspec.DecodeError`."""
    return _one.decode(text)


def decode_events(content: bytes, name: str) -> list[Event]:
    """The records of a file's content, in its order. Raises `EventsError`."""
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as e:
            raise EventsError(f"{name} cannot be unpacked: {e}") from e
    failures: list[str] = []
    try:
        return _delivered.decode(content).records
    except msgspec.DecodeError as e:
        failures.append(str(e))
    try:
        return [_one.decode(found.event) for found in _page.decode(content).events]
    except msgspec.DecodeError as e:
        failures.append(str(e))
    try:
        return _one.decode_lines(content)
    except msgspec.DecodeError as e:
        failures.append(str(e))
    raise EventsError(f"{name} is no log of calls: {failures[0] if b'Records' in content[:200] else failures[-1]}")


def event_files(paths: Iterable[Path]) -> list[Path]:
    """The log files among and under `paths`; digest files, which CloudTrail puts beside them, are left out."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (p for p in sorted(path.rglob("*")) if p.is_file() and p.name.endswith(_ENDINGS))
            found += [p for p in inside if "CloudTrail-Digest" not in p.parts]
        else:
            found.append(path)
    return found


def read_events(files: Iterable[Path]) -> Iterator[list[Event]]:
    """The records of each file. Raises `EventsError`."""
    for path in files:
        try:
            content = path.read_bytes()
        except OSError as e:
            raise EventsError(f"{path} cannot be read: {e.strerror}") from e
        yield decode_events(content, str(path))
