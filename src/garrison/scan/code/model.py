"""What a scan of code answers."""

from __future__ import annotations

import msgspec


class NoScanner(Exception):
    """The extra that scans code is not installed."""

    def __init__(self) -> None:
        super().__init__("Scanning code needs the code extra: pip install 'garrison[code]'.")


class Line(msgspec.Struct, frozen=True):
    """A line of code, as it is shown with a finding."""

    number: int
    content: str
    """At most 240 characters; secrets are starred out."""


class CodeFinding(msgspec.Struct, frozen=True, kw_only=True):
    """Something in the code, in the words of Inspector's CodeVulnerabilityDetails."""

    rule: str
    """`B602`, `AWSKeyDetector`."""
    detector: str
    """`python/subprocess-popen-with-shell-equals-true@v1.0`."""
    name: str
    severity: str
    """`LOW`, `MEDIUM`, `HIGH`."""
    title: str
    description: str
    cwes: tuple[str, ...]
    """`CWE-78`; at least one."""
    tags: tuple[str, ...]
    references: tuple[str, ...] = ()
    path: str
    """Relative to what was scanned."""
    start: int
    end: int
    lines: tuple[Line, ...] = ()
    """At most 20, around the finding."""


class CodeScan(msgspec.Struct, frozen=True, kw_only=True):
    """All findings, and what could not be read."""

    findings: tuple[CodeFinding, ...]
    """By path and line."""
    unread: tuple[str, ...] = ()
    """Files, with the reason."""
    files: int = 0
