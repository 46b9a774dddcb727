"""CloudTrail: `{"Records": [...]}` as it is delivered to a bucket, and one record on each line.

Data events and sign-ins have the same form. CloudTrail's digest files are not records and give none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from garrison.detect.events import ApiCall, ApiRow, Event
from garrison.detect.formats.cloudtrail_record import call_of, decode, event
from garrison.detect.formats.cloudtrail_row import row
from garrison.detect.formats.form import Bad, Form, Head, Origin, bad

_encode = msgspec.json.Encoder().encode


class _File(msgspec.Struct):
    records: list[msgspec.Raw] = msgspec.field(name="Records")


_split = msgspec.json.Decoder(_File).decode


def read(file: BinaryIO, origin: Origin) -> Iterator[Event | Bad]:
    """All records of a file, of either form."""
    data = file.read()
    try:
        records = _split(data).records
    except (msgspec.DecodeError, RecursionError):
        yield from _documents(data)
    else:
        yield from map(call_of, records)


def rows(file: BinaryIO, origin: Origin) -> Iterator[Event | ApiRow | Bad]:
    """The same records, as rows where they can be."""
    data = file.read()
    try:
        records = _split(data).records
    except (msgspec.DecodeError, RecursionError):
        yield from _documents(data)
    else:
        yield from map(row, records)


def _documents(data: bytes) -> Iterator[Event | Bad]:
    """Of a file that is one document of another form, or has one on each line."""
    try:
        whole = decode(data)
    except (msgspec.DecodeError, RecursionError) as e:
        if b"\n" not in data.strip():
            yield bad(data, e)
            return
    else:
        yield from of(whole)
        return
    for line in data.splitlines():
        if not line.strip():
            continue
        try:
            one = decode(line)
        except (msgspec.DecodeError, RecursionError) as e:
            yield bad(line, e)
        else:
            yield from of(one)


def _event(record: Any) -> ApiCall | Bad:
    try:
        return event(record)
    except (KeyError, TypeError, AttributeError, ValueError) as e:
        return bad(_encode(record), e)


def of(document: dict[str, Any]) -> Iterator[Event | Bad]:
    """Events of a decoded file or line."""
    if "Records" in document:
        records = document["Records"]
        if isinstance(records, list):
            yield from map(_event, records)
        else:
            yield bad(_encode(document), "Records is not a list")
    elif "digestS3Object" not in document:
        # CloudTrail Lake and EventBridge put the record into an envelope.
        inner = document.get("eventData") or document.get("detail")
        yield _event(inner if isinstance(inner, dict) else document)


def _recognizes(head: Head) -> bool:
    return (b'"Records"' in head.data[:200] and b'"configSnapshotId"' not in head.data) or (
        b'"eventSource"' in head.data and b'"eventName"' in head.data
    )


FORM = Form("cloudtrail", _recognizes, read, rows)
