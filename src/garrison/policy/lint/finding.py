"""What the linter says, and what it asks of a service reference."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Literal, Protocol

import msgspec

from garrison.policy.reader import Span

Severity = Literal["error", "warning", "advice"]


class LintFinding(msgspec.Struct, frozen=True, order=True):
    """One remark. `error`: it cannot mean what it says; `warning`: it probably does not; `advice`: think twice."""

    line: int
    column: int
    code: str
    severity: Severity
    message: str


class Reference(Protocol):
    """What AWS's services know, as `garrison.aws.reference.actions` tells it. Prefixes and names in any case."""

    def services(self) -> frozenset[str]:
        """Every service prefix, lower case."""
        ...

    def actions(self, prefix: str) -> tuple[str, ...]:
        """Action names of a service, without prefix."""
        ...

    def action_exists(self, action: str) -> bool:
        """Whether `prefix:Name` exists."""
        ...

    def resource_templates(self, action: str) -> tuple[str, ...]:
        """ARN templates (`arn:${Partition}:s3:::${BucketName}`) an action acts on; empty: it acts on `*` alone."""
        ...

    def key_type(self, key: str) -> str | None:
        """Type of a condition key (`String`, `ArrayOfString`, `ARN`, ...); None if no such key is known."""
        ...


def finding(span: Span, code: str, severity: Severity, message: str) -> LintFinding:
    """A finding at the beginning of something."""
    return LintFinding(span.line, span.column, code, severity, message)


def did_you_mean(name: str, candidates: Collection[str]) -> str:
    """`; did you mean ListBucket?`, or nothing if no candidate is near."""
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    near = difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.7)
    return f"; did you mean {' or '.join(by_lower[one] for one in near)}?" if near else ""
