"""The lines around a finding, as Inspector shows them: at most 20 of at most 240 characters."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from garrison.scan.code.model import Line

MOST_LINES = 20
LONGEST = 240
_BEFORE = 5


def around(file: Path, start: int, end: int, secrets: Iterable[str] = ()) -> tuple[Line, ...]:
    """Some lines before, the finding's, and some after; secrets are starred out."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    for secret in secrets:
        text = text.replace(secret, "*" * 8)
    first = max(1, start - _BEFORE)
    last = min(end + _BEFORE, first + MOST_LINES - 1)
    lines = text.splitlines()[first - 1 : last]
    return tuple(Line(number, line[:LONGEST]) for number, line in enumerate(lines, first))
