"""Requests as JSON lines.

    {"id": "x1", "method": "POST", "target": "/login?x=1", "headers": [["Host", "shop"]], "body_b64": "YT0x",
     "source_ip": "192.0.2.7", "expect": "block by flood"}

`target` (or `path`) is the raw request target; `headers` pairs or an object; `body` is text, `body_b64` bytes.
`version`, `scheme`, `ja3`, `ja4`, `country`, `region` and `asn` may be there too. `label`: `attack` stands for
`"expect": "block"`, `benign` for `allow`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any

from garrison.waf.request import Location, Request, Resource
from garrison.waf.trial.case import Case, Expectation, NotUnderstood, expectation

_LABELS = {"attack": Expectation("BLOCK"), "benign": Expectation("ALLOW")}


def cases(text: str, where: str, resource: Resource) -> Iterator[Case]:
    """A case for each line. Raises `NotUnderstood` with the line's number."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise NotUnderstood("a line is an object")
            yield _case(row, f"{where}:{number}", resource)
        except (ValueError, KeyError, TypeError) as e:
            reason = f"{e} is missing" if isinstance(e, KeyError) else str(e)
            raise NotUnderstood(f"{where}:{number}: {reason}.") from e


def _case(row: Mapping[str, Any], where: str, resource: Resource) -> Case:
    location = None
    if row.keys() & {"country", "region", "asn"}:
        location = Location(str(row.get("country", "")).upper(), str(row.get("region", "")), int(row.get("asn", 0)))
    request = Request(
        method=str(row.get("method", "GET")),
        target=_bytes(row["target"] if "target" in row else row["path"]),
        version=str(row.get("version", "HTTP/1.1")),
        headers=_headers(row.get("headers", [])),
        body=_body(row),
        source_ip=str(row.get("source_ip", "127.0.0.1")),
        location=location,
        scheme=str(row.get("scheme", "http")),
        ja3=str(row.get("ja3", "")),
        ja4=str(row.get("ja4", "")),
        request_id=str(row.get("id", "")),
        resource=resource,
    )
    expected = expectation(row["expect"]) if "expect" in row else _LABELS.get(str(row.get("label", "")))
    return Case(str(row.get("id", where)), request, expected)


def _headers(given: Any) -> tuple[tuple[bytes, bytes], ...]:
    pairs = given.items() if isinstance(given, Mapping) else given
    return tuple((_bytes(name), _bytes(value)) for name, value in pairs)


def _bytes(text: Any) -> bytes:
    return str(text).encode("utf-8", "surrogateescape")


def _body(row: Mapping[str, Any]) -> bytes:
    if "body_b64" not in row:
        return _bytes(row.get("body", ""))
    try:
        return base64.b64decode(row["body_b64"], validate=True)
    except binascii.Error as e:
        raise NotUnderstood(f"body_b64 is no base64: {e}") from e
