"""Requests of a HAR file, as browsers export them. An entry's `comment` may say what is expected: `expect: block`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from garrison.waf.request import Request, Resource
from garrison.waf.trial.case import Case, NotUnderstood, expectation
from garrison.waf.trial.url import split_url


def cases(text: str, where: str, resource: Resource) -> Iterator[Case]:
    """A case for each entry. Raises `NotUnderstood`."""
    try:
        entries = json.loads(text)["log"]["entries"]
    except (ValueError, KeyError, TypeError) as e:
        raise NotUnderstood(f"{where} is no HAR: log.entries is not in it.") from e
    for number, entry in enumerate(entries):
        try:
            request = _request(entry["request"], resource)
        except (KeyError, TypeError, ValueError) as e:
            reason = f"{e} is missing" if isinstance(e, KeyError) else str(e)
            raise NotUnderstood(f"{where}, entry {number}: {reason}.") from e
        comment = str(entry.get("comment") or "")
        expected = expectation(comment.removeprefix("expect:")) if comment.startswith("expect:") else None
        yield Case(f"{where}#{number}", request, expected)


def _request(given: Mapping[str, Any], resource: Resource) -> Request:
    scheme, authority, target = split_url(str(given["url"]))
    headers = [
        (_bytes(h["name"]), _bytes(h["value"])) for h in given.get("headers", ()) if not str(h["name"]).startswith(":")
    ]
    if not any(name.lower() == b"host" for name, _ in headers):
        headers.insert(0, (b"host", authority))
    posted = given.get("postData") or {}
    body = _bytes(posted.get("text") or "")
    if not body and posted.get("params"):
        body = b"&".join(_bytes(p["name"]) + b"=" + _bytes(p.get("value", "")) for p in posted["params"])
    version = str(given.get("httpVersion") or "HTTP/1.1").upper().replace("H2", "HTTP/2").replace("H3", "HTTP/3")
    return Request(
        method=str(given.get("method", "GET")),
        target=target,
        version=version,
        headers=tuple(headers),
        body=body,
        scheme=scheme,
        resource=resource,
    )


def _bytes(text: Any) -> bytes:
    return str(text).encode("utf-8", "surrogateescape")
