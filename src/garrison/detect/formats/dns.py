"""Route 53 Resolver query logs: one JSON object on each line.

Source: Route 53 developer guide, "Values that appear in Resolver query logs".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from garrison.detect.events import DnsQuery, Event
from garrison.detect.formats.form import Bad, Form, Head, Origin, bad, digest, seconds


class _Answer(msgspec.Struct, rename={"rdata": "Rdata"}):
    rdata: str = ""


class _Sources(msgspec.Struct):
    instance: str | None = None
    resolver_endpoint: str | None = None


class _Query(msgspec.Struct):
    query_timestamp: str
    query_name: str
    query_type: str = ""
    rcode: str = ""
    account_id: str = ""
    region: str = ""
    vpc_id: str = ""
    srcaddr: str = ""
    answers: list[_Answer] = []
    srcids: _Sources | None = None


_query = msgspec.json.Decoder(_Query).decode


def query(line: bytes, origin: Origin) -> DnsQuery | Bad:
    """A line as an event."""
    try:
        one = _query(line)
        when = seconds(one.query_timestamp)
    except (msgspec.MsgspecError, ValueError) as e:
        return bad(line, e)
    ids = one.srcids or _Sources()
    return DnsQuery(
        id=digest(line.strip()),
        time=when,
        account=one.account_id or origin.account,
        region=one.region or origin.region,
        instance=ids.instance or ids.resolver_endpoint or one.srcaddr,
        source=one.srcaddr,
        name=one.query_name.rstrip(".").lower(),
        type=one.query_type,
        rcode=one.rcode,
        answers=tuple(answer.rdata for answer in one.answers),
    )


def read(file: BinaryIO, origin: Origin) -> Iterator[Event | Bad]:
    """All records of a file."""
    for line in file:
        if line.strip():
            yield query(line, origin)


def _recognizes(head: Head) -> bool:
    return b'"query_timestamp"' in head.data and b'"query_name"' in head.data


FORM = Form("dns", _recognizes, read)
