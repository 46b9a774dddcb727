"""`CMD_LINE_UNIX`: `CMD_LINE` with what shells of Unix overlook."""

from __future__ import annotations

from garrison.waf.transformations.cmd_line import flatten

NAME = "CMD_LINE_UNIX"


def transform(data: bytes) -> bytes:
    """As `CMD_LINE`, but `^` stays. AWS documents the name alone: this reading of it is a guess."""
    return flatten(data, b"\\\"'")
