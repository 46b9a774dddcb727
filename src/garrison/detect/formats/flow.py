"""VPC flow logs, versions 2 to 5: text with any fields in any order as its first line says, or Parquet.

Text without such a line (as CloudWatch Logs keeps it) has version 2's fields. Records that say NODATA or SKIPDATA tell
of no traffic and are passed over. Which way a flow went is what `flow-direction` says; without it, what the addresses
tell: an interface is known by the private address it has beside a public one.

Source: VPC user guide, "Flow log records" and, for Parquet, "Flow log files".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from garrison.detect.addresses import public
from garrison.detect.events import Event, Flow
from garrison.detect.formats.form import Bad, Form, Head, Origin, bad, digest, plausible

DEFAULT = (
    "version",
    "account-id",
    "interface-id",
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "log-status",
)
"""Fields of version 2, in their order."""
_LINE = re.compile(rb"^(\d{4}-\d\d-\d\dT[\d:.]+Z )?\d+ (\d{12}|unknown) eni-\S+ \S+ \S+ \S+ \S+ \S+ \S+ \S+ \d+ \d+ ")
_DELIVERED = re.compile(rb"^\d{4}-\d\d-\d\dT[\d:.]+Z ")
"""What an export of CloudWatch Logs puts before each line."""
_PARQUET = b"PAR1"


class Interfaces:
    """Addresses of network interfaces, learned from their own records."""

    def __init__(self) -> None:
        self._own: dict[str, str] = {}

    def outbound(self, interface: str, source: str, destination: str) -> bool | None:
        """Whether the interface sent it; None where that cannot be told."""
        from_private, to_private = not public(source), not public(destination)
        if from_private != to_private:
            if interface:
                self._own.setdefault(interface, source if from_private else destination)
            return from_private
        own = self._own.get(interface)
        if own == source:
            return True
        return False if own == destination else None


def flow(get: Callable[[str], Any], raw: bytes, origin: Origin, interfaces: Interfaces) -> Flow:
    """A record as an event. `get` gives a field, None where there is none. Raises ValueError, TypeError."""
    interface, source, destination = _text(get("interface-id")), _text(get("srcaddr")), _text(get("dstaddr"))
    direction = get("flow-direction")
    flags = get("tcp-flags")
    start = plausible(float(get("start")))
    return Flow(
        id=digest(raw),
        start=start,
        end=max(start, float(get("end") or start)),
        account=_text(get("account-id")) or origin.account,
        region=_text(get("region")) or origin.region,
        instance=_text(get("instance-id")) or interface,
        interface=interface,
        source=source,
        destination=destination,
        source_port=int(get("srcport") or 0),
        destination_port=int(get("dstport") or 0),
        protocol=int(get("protocol") or 0),
        packets=int(get("packets") or 0),
        octets=int(get("bytes") or 0),
        accepted=get("action") != "REJECT",
        outbound=direction == "egress" if direction else interfaces.outbound(interface, source, destination),
        tcp_flags=int(flags) if flags is not None else None,
    )


def _text(value: Any) -> str:
    return "" if value is None or value == "unknown" else str(value)


class Lines:
    """Lines of one log, whose first says which fields there are, or which has version 2's."""

    def __init__(self, origin: Origin, interfaces: Interfaces | None = None) -> None:
        self._origin = origin
        self._interfaces = interfaces or Interfaces()
        self._at = {name: n for n, name in enumerate(DEFAULT)}

    def read(self, line: bytes) -> Flow | Bad | None:
        """A line's event; None for one that tells of no traffic."""
        delivered = _DELIVERED.match(line)
        parts = (line[delivered.end() :] if delivered else line).split()
        if not parts:
            return None
        if b"srcaddr" in parts or b"pkt-srcaddr" in parts:
            self._at = {part.decode(errors="replace"): n for n, part in enumerate(parts)}
            return None
        if parts[-1] in {b"NODATA", b"SKIPDATA"} or b"NODATA" in parts or b"SKIPDATA" in parts:
            return None
        at = self._at
        if len(parts) != len(at):
            return bad(line, f"{len(parts)} fields where {len(at)} belong")

        def get(name: str) -> str | None:
            n = at.get(name)
            if n is None:
                return None
            value = parts[n]
            return None if value == b"-" else value.decode()

        try:
            return flow(get, b" ".join(parts), self._origin, self._interfaces)
        except (ValueError, TypeError, OverflowError) as e:
            return bad(line, e)


def read(file: BinaryIO, origin: Origin) -> Iterator[Event | Bad]:
    """All records of a file, of either form."""
    first = file.read(4)
    if first == _PARQUET:
        yield from _parquet(first + file.read(), origin)
        return
    lines = Lines(origin)
    rest = first
    for line in file:
        one = lines.read(rest + line)
        rest = b""
        if one is not None:
            yield one


def _parquet(data: bytes, origin: Origin) -> Iterator[Event | Bad]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        opened = pq.ParquetFile(pa.BufferReader(data))
        names = [name.replace("_", "-") for name in opened.schema_arrow.names]
    except (pa.ArrowException, OSError) as e:
        yield bad(b"", f"not whole: {e}")
        return
    interfaces = Interfaces()
    for batch in opened.iter_batches(10_000):
        columns = [column.to_pylist() for column in batch.columns]
        for values in zip(*columns, strict=True):
            row = {name: value for name, value in zip(names, values, strict=True) if value not in (None, "-")}
            if row.get("log-status") in {"NODATA", "SKIPDATA"}:
                continue
            raw = repr(sorted(row.items())).encode()
            try:
                yield flow(row.get, raw, origin, interfaces)
            except (ValueError, TypeError, OverflowError) as e:
                yield bad(raw, e)


def line_recognized(line: bytes) -> bool:
    """Whether a line is of a flow log with version 2's fields."""
    return _LINE.match(line) is not None


def _recognizes(head: Head) -> bool:
    if head.data.startswith(_PARQUET):
        return "flowlogs" in head.name or head.name.endswith(".parquet")
    first = head.data.split(b"\n", 1)[0]
    words = set(first.split())
    return {b"srcaddr", b"dstaddr"} <= words or line_recognized(first)


FORM = Form("flow", _recognizes, read)
