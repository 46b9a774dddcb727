"""A record that is only kept is the row that it would be as an event, or is put aside as that would be."""

from __future__ import annotations

import io
import json
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from garrison.detect.events import ApiRow
from garrison.detect.formats import cloudtrail
from garrison.detect.formats.cloudtrail_record import decode
from garrison.detect.formats.form import Bad, Origin
from garrison.detect.lake.columns import OF, arrow, event

_HERE = Origin("x.json")
_RECORD: dict[str, Any] = {
    "eventVersion": "1.11",
    "userIdentity": {
        "type": "AssumedRole",
        "principalId": "AROA1:job",
        "arn": "arn:aws:sts::111122223333:assumed-role/app/job",
        "accountId": "111122223333",
        "accessKeyId": "ASIA1",
        "userName": None,
        "invokedBy": "config.amazonaws.com",
        "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/x/app", "userName": "app"}},
        "onBehalfOf": {"userId": "u-1"},
    },
    "eventTime": "2026-11-28T19:00:01Z",
    "eventSource": "s3.amazonaws.com",
    "eventName": "GetObject",
    "awsRegion": "eu-central-1",
    "sourceIPAddress": "203.0.113.9",
    "userAgent": "aws-cli/2 \u00e9",
    "errorCode": "AccessDenied",
    "errorMessage": "no",
    "requestParameters": {"bucketName": "invoices", "key": "a/b"},
    "responseElements": {"ConsoleLogin": "Failure"},
    "additionalEventData": {"bytesTransferredOut": 1200.0, "x": 1},
    "readOnly": True,
    "eventID": "e-1",
    "managementEvent": False,
    "recipientAccountId": "111122223333",
    "eventCategory": "Data",
}
_ODD: tuple[Any, ...] = (
    None,
    "",
    "odd",
    7,
    -1,
    1.5,
    True,
    False,
    [],
    {},
    ["odd"],
    {"odd": {}},
    "\u00e9\U0001f600",
    1e300,
)
_NAMED: tuple[tuple[str, Any], ...] = (
    ("eventSource", "lambda.amazonaws.com"),
    ("eventSource", "signin.amazonaws.com"),
    ("eventName", "ConsoleLogin"),
    ("eventName", "AddPermission20150331v2"),
    ("readOnly", "TRUE"),
    ("eventTime", "2026-11-28"),
    ("eventTime", "1970-01-01T00:00:00Z"),
)


def _paths(value: dict[str, Any], before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    paths = [(*before, name) for name in value]
    return paths + [p for name, one in value.items() if isinstance(one, dict) for p in _paths(one, (*before, name))]


def _changed(record: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    name, *deeper = path
    if deeper:
        inner = record.get(name)
        return {**record, name: _changed(inner if isinstance(inner, dict) else {}, tuple(deeper), value)}
    if value is ...:
        return {key: one for key, one in record.items() if key != name}
    return {**record, name: value}


def _kept(records: Any) -> list[Any]:
    """What a table has of each record, read as an event and as a row, with the record itself as what it says."""
    both = []
    for read in (cloudtrail.read, cloudtrail.rows):
        rows: list[Any] = []
        for one in read(io.BytesIO(records), _HERE):
            if isinstance(one, Bad):
                rows.append(one.reason)
                continue
            [row] = arrow(OF[type(one)], [one], [1]).to_pylist()
            rows.append({**row, "record": msgspec.json.encode(decode(row["record"]))})
        both.append(rows)
    assert both[0] == both[1]
    return both[1]


def _file(*records: Any) -> bytes:
    return json.dumps({"Records": list(records)}).encode()


_changes = st.one_of(
    st.tuples(st.sampled_from(_paths(_RECORD)), st.sampled_from((*_ODD, ...))),
    st.sampled_from(_NAMED).map(lambda one: ((one[0],), one[1])),
    st.sampled_from(("Root", "AWSService", "IdentityCenterUser", "IAMUser")).map(
        lambda kind: (("userIdentity", "type"), kind)
    ),
)


@settings(deadline=None, max_examples=200)
@given(st.lists(_changes, max_size=6))
def test_a_row_is_what_the_event_would_be(changes: list[tuple[tuple[str, ...], Any]]) -> None:
    record = _RECORD
    for path, value in changes:
        record = _changed(record, path, value)
    assert len(_kept(_file(_RECORD, record))) == 2


def test_an_ordinary_record_is_a_row() -> None:
    [row] = cloudtrail.rows(io.BytesIO(_file(_RECORD)), _HERE)
    assert isinstance(row, ApiRow)
    assert (row.principal, row.bucket, row.object_key, row.octets) == (
        "arn:aws:iam::111122223333:role/x/app", "invoices", "a/b", 1200,
    )  # fmt: skip


_GOOD = json.dumps(_RECORD).encode()


@pytest.mark.parametrize(
    "odd",
    [
        _GOOD.replace(b'"no"', b'"\xff"'),
        _GOOD.replace(b'"no"', b"1e999"),
        _GOOD.replace(b'"no"', b"9" * 5000),
        _GOOD.replace(b'"no"', b"[" * 400 + b"]" * 400),
        b"7",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
    ],
    ids=["not UTF-8", "too large", "too long", "deep", "number", "null", "list", "text", "empty"],
)
def test_one_odd_record_leaves_the_others_of_its_file(odd: bytes) -> None:
    data = b'{"Records":[' + _GOOD + b"," + odd + b"," + _GOOD.replace(b"e-1", b"e-2") + b"]}"
    first, *_, last = _kept(data)
    assert (first["id"], last["id"]) == ("e-1", "e-2")


def test_a_file_that_is_no_json_is_put_aside() -> None:
    for odd in (b'"\\ud800"', b"01", b'"\n"'):
        data = b'{"Records":[' + _GOOD + b"," + _GOOD.replace(b'"no"', odd) + b"]}"
        assert [type(reason) for reason in _kept(data)] in ([str], [str, str])


def test_no_depth_ends_a_run() -> None:
    for depth in (900, 990, 1000, 100_000):
        told = list(cloudtrail.rows(io.BytesIO(b'{"Records":' + b"[" * depth + b"]" * depth + b"}"), _HERE))
        assert all(isinstance(one, Bad) for one in told)


def test_a_row_is_read_again_as_the_event_it_was() -> None:
    [row] = cloudtrail.rows(io.BytesIO(_file(_RECORD)), _HERE)
    [call] = cloudtrail.read(io.BytesIO(_file(_RECORD)), _HERE)
    table: pa.Table = arrow(OF[type(row)], [row], [1])  # type: ignore[list-item]
    assert event(OF[type(call)], table.to_pylist()[0]) == call
