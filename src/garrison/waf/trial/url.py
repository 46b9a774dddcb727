"""URLs of requests to try, taken apart without being decoded."""

from __future__ import annotations


def split_url(url: str) -> tuple[str, bytes, bytes]:
    """(scheme, host and port, request target) of a URL; the fragment is never sent. Without a scheme it is `http`."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        scheme, rest = "http", url
    rest = rest.partition("#")[0]
    cut = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    authority, target = rest[:cut].rpartition("@")[2], rest[cut:]
    if not target.startswith("/"):
        target = "/" + target
    return scheme.lower(), authority.encode("utf-8", "replace"), target.encode("utf-8", "surrogateescape")


def without_dots(target: bytes) -> bytes:
    """A target whose path has no `.` and `..`, as curl and browsers send it (RFC 3986, 5.2.4)."""
    path, mark, query = target.partition(b"?")
    kept: list[bytes] = []
    parts = path.split(b"/")[1:]
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == b"..":
            if kept:
                kept.pop()
            if last:
                kept.append(b"")
        elif part == b".":
            if last:
                kept.append(b"")
        else:
            kept.append(part)
    return b"/" + b"/".join(kept) + mark + query
