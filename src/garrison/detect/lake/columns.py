"""Events as rows of tables: the columns window detectors see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from garrison.detect.events import (
    ApiCall,
    ApiRow,
    DatabaseLogin,
    DnsQuery,
    Event,
    Flow,
    KubernetesCall,
    WebRequest,
)
from garrison.detect.formats.cloudtrail_record import decode, transferred
from garrison.detect.formats.cloudtrail_record import event as api_call

_text, _list = pa.string(), pa.list_(pa.string())
_encode = msgspec.json.Encoder().encode


class Kind(msgspec.Struct, frozen=True):
    """A kind of event and its table."""

    table: str
    event: type[Any]
    time: str
    """The field that says when."""
    columns: tuple[tuple[str, Any, Callable[[Any], Any] | None], ...]
    """Name, Arrow type, and what makes the value of an event, where it is not the field of that name."""


def _bucket(event: ApiCall) -> str:
    name = event.params.get("bucketName") if event.source == "s3" else None
    return name if isinstance(name, str) else ""


def _object(event: ApiCall) -> str:
    key = event.params.get("key") if event.source == "s3" else None
    return key if isinstance(key, str) else ""


def _octets(event: ApiCall) -> int:
    return transferred(event.record.get("additionalEventData"))


def _record(event: ApiCall | KubernetesCall) -> bytes:
    return (event.json if type(event) is ApiCall else b"") or _encode(event.record)


_KINDS = (
    Kind(
        "api",
        ApiCall,
        "time",
        (
            *((name, _text, None) for name in ("id",)),
            ("time", pa.float64(), None),
            *((name, _text, None) for name in ("account", "region", "source", "name", "identity_type", "principal")),
            *((name, _text, None) for name in ("principal_id", "user_name", "access_key", "source_address")),
            *((name, _text, None) for name in ("user_agent", "error")),
            ("read_only", pa.bool_(), None),
            ("data_event", pa.bool_(), None),
            ("bucket", _text, _bucket),
            ("object_key", _text, _object),
            ("octets", pa.int64(), _octets),
            ("record", _text, _record),
        ),
    ),
    Kind(
        "flow",
        Flow,
        "start",
        (
            ("id", _text, None),
            ("start", pa.float64(), None),
            ("end", pa.float64(), None),
            *((name, _text, None) for name in ("account", "region", "instance", "interface", "source", "destination")),
            *((name, pa.int32(), None) for name in ("source_port", "destination_port", "protocol")),
            ("packets", pa.int64(), None),
            ("octets", pa.int64(), None),
            ("accepted", pa.bool_(), None),
            ("outbound", pa.bool_(), None),
            ("tcp_flags", pa.int32(), None),
        ),
    ),
    Kind(
        "dns",
        DnsQuery,
        "time",
        (
            ("id", _text, None),
            ("time", pa.float64(), None),
            *((name, _text, None) for name in ("account", "region", "instance", "source", "name", "type", "rcode")),
            ("answers", _list, None),
        ),
    ),
    Kind(
        "kubernetes",
        KubernetesCall,
        "time",
        (
            ("id", _text, None),
            ("time", pa.float64(), None),
            *((name, _text, None) for name in ("account", "region", "cluster", "verb", "resource", "namespace")),
            *((name, _text, None) for name in ("object_name", "user")),
            ("groups", _list, None),
            ("source_addresses", _list, None),
            ("user_agent", _text, None),
            ("status", pa.int32(), None),
            ("record", _text, _record),
        ),
    ),
    Kind(
        "login",
        DatabaseLogin,
        "time",
        (
            ("id", _text, None),
            ("time", pa.float64(), None),
            *((name, _text, None) for name in ("account", "region", "database", "user", "application", "source")),
            ("succeeded", pa.bool_(), None),
        ),
    ),
    Kind(
        "web",
        WebRequest,
        "time",
        (
            ("id", _text, None),
            ("time", pa.float64(), None),
            *((name, _text, None) for name in ("account", "region", "resource", "source", "method", "host", "path")),
            ("user_agent", _text, None),
            ("status", pa.int32(), None),
            ("action", _text, None),
            ("labels", _list, None),
            ("octets", pa.int64(), None),
        ),
    ),
)
KINDS: dict[str, Kind] = {kind.table: kind for kind in _KINDS}
_ROW = Kind("api", ApiRow, "time", tuple((name, type_, None) for name, type_, _ in _KINDS[0].columns))
OF: dict[type[Any], Kind] = {kind.event: kind for kind in (*_KINDS, _ROW)}
"""The same table has calls of two classes: as detectors read them, and as they are kept."""

KEY = "key"
"""A column of the files alone: 64 bits of a digest of the id, by which an event that comes again is known."""
_SCHEMAS = {
    kind.table: pa.schema([*((name, type_) for name, type_, _ in kind.columns), (KEY, pa.uint64())]) for kind in _KINDS
}


def schema(table: str) -> pa.Schema:
    """Of the table's files."""
    return _SCHEMAS[table]


def arrow(kind: Kind, events: Sequence[Event | ApiRow], keys: Any) -> pa.Table:
    """Events of one kind, and their keys, as rows."""
    arrays = []
    for name, type_, make in kind.columns:
        values = list(map(make or attrgetter(name), events))
        arrays.append(_texts(values) if name == "record" else pa.array(values, type_))
    return pa.Table.from_arrays([*arrays, pa.array(keys, pa.uint64())], schema=_SCHEMAS[kind.table])


def _texts(values: list[bytes]) -> Any:
    """Bytes, which are UTF-8, as texts: copied once."""
    data = b"".join(values)
    if len(data) >= 1 << 31:
        return pa.array(values, pa.binary()).cast(_text)
    ends = np.zeros(len(values) + 1, np.int32)
    np.cumsum(np.fromiter(map(len, values), np.int32, len(values)), out=ends[1:])
    return pa.Array.from_buffers(_text, len(values), [None, pa.py_buffer(ends), pa.py_buffer(data)])


def event(kind: Kind, row: dict[str, Any]) -> Event:
    """A row as the event it was."""
    if kind.event is ApiCall:
        return api_call(decode(row["record"]), row["record"].encode())
    made = {name: row[name] for name, _, _ in kind.columns}
    if "record" in made:
        made["record"] = msgspec.json.decode(made["record"])
    for name, type_, _ in kind.columns:
        if type_ is _list:
            made[name] = tuple(made[name])
    rebuilt: Event = kind.event(**made)
    return rebuilt
