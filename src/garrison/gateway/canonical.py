"""The canonical request of Signature Version 4, from the bytes that came off the wire.

Everything here works on latin-1 text, one character for each byte, so that what is hashed is what was sent.
Source: IAM user guide, "Create a signed AWS API request", and Amazon S3 API reference, "Signature calculations".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote_from_bytes, unquote_to_bytes

_PLAIN_QUERY = re.compile(r"(?:[A-Za-z0-9\-_.~&=]|%[0-9A-F]{2})*")
_SPACES = re.compile(r"[ \t]+")


def _encode(text: str) -> str:
    return quote_from_bytes(text.encode("latin-1"), safe="-_.~")


def needs_normalizing(path: str) -> bool:
    """Whether `path` has empty or dot segments."""
    return "//" in path or "/." in path


def normalize(path: str) -> str:
    """`path` without empty and dot segments, as every service but S3 has it signed (and therefore read)."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if kept:
                kept.pop()
        elif segment and segment != ".":
            kept.append(segment)
    tail = "/" if kept and path.endswith("/") else ""
    return "/" + "/".join(kept) + tail


def canonical_path(path: str) -> str:
    """The path of a service that signs it encoded twice: every service but S3. `path` is normalized already."""
    if path == "/" or not path:
        return "/"
    return quote_from_bytes(path.encode("latin-1"), safe="/-_.~")


def canonical_s3_path(path: str) -> str:
    """S3's path, encoded once whatever the client left bare; an encoded slash stays apart from a slash."""
    return "/".join(_encode(unquote_to_bytes(segment).decode("latin-1")) for segment in path.split("/")) or "/"


def canonical_query(query: str, *, without: str | None = None) -> str:
    """The query string sorted by name, then value; `without` leaves one parameter out (the signature)."""
    if not query:
        return ""
    plain = _PLAIN_QUERY.fullmatch(query) is not None
    pairs: list[tuple[str, str]] = []
    for part in query.split("&"):
        if not part:
            continue
        name, _, value = part.partition("=")
        if not plain:
            # A plus is a space to every reader of the query string, so it must be one to the signature.
            name, value = (
                _encode(unquote_to_bytes(x.replace("+", " ").encode("latin-1")).decode("latin-1"))
                for x in (name, value)
            )
        if name != without:
            pairs.append((name, value))
    pairs.sort()
    return "&".join([f"{name}={value}" for name, value in pairs])


def canonical_headers(headers: Iterable[tuple[str, str]], signed: Sequence[str]) -> str | None:
    """`name:value` lines of the signed headers, each with a line end; None if one of them was not sent."""
    found: dict[str, str] = {}
    for name, value in headers:
        if name in signed:
            value = value.strip(" \t")
            if "  " in value or "\t" in value:
                value = _SPACES.sub(" ", value)
            found[name] = f"{found[name]},{value}" if name in found else value
    try:
        return "".join([f"{name}:{found[name]}\n" for name in signed])
    except KeyError:
        return None
