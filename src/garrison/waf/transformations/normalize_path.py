"""`NORMALIZE_PATH`: a path without doubled slashes, self-references and back-references."""

from __future__ import annotations

NAME = "NORMALIZE_PATH"


def transform(data: bytes) -> bytes:
    """`/a//b/./../c` becomes `/a/c`; back-references at the start of a relative path stay. Source: developer guide."""
    if b"//" not in data and b"." not in data:
        return data
    absolute = data[:1] == b"/"
    parts = data.split(b"/")
    kept: list[bytes] = []
    for part in parts:
        if part == b".." and kept and kept[-1] != b"..":
            kept.pop()
        elif part == b"..":
            if not absolute:
                kept.append(part)
        elif part not in (b"", b"."):
            kept.append(part)
    path = (b"/" if absolute else b"") + b"/".join(kept)
    return path + b"/" if parts[-1] in (b"", b".", b"..") and kept and kept[-1] != b".." else path
