"""`CMD_LINE_WIN`: `CMD_LINE` with what the command prompt of Windows overlooks."""

from __future__ import annotations

from garrison.waf.transformations.cmd_line import flatten

NAME = "CMD_LINE_WIN"


def transform(data: bytes) -> bytes:
    """As `CMD_LINE`, but `\\` and `'` stay. AWS documents the name alone: this reading of it is a guess."""
    return flatten(data, b'^"')
