"""A scanned bill of materials, before it is written in either form."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import Any

import msgspec

from garrison.scan.inventory.package import Package
from garrison.scan.inventory.sbom.component import Component
from garrison.scan.match import Finding, Severity
from garrison.scan.versions import Scheme, scheme_of
from garrison.scan.vulndb import Status


class State(Enum):
    """What became of a component; the value is Inspector's message, the last part of the property's name before it."""

    NO_PURL = ("warning", "Component skipped: no purl provided.")
    INVALID_PURL = ("warning", "Component skipped: invalid purl.")
    NO_RULES = ("info", "Component skipped: no rules found.")
    CLEAN = ("info", "Component scanned: no vulnerabilities found.")
    VULNERABLE = ("", "")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A component, and what became of it."""

    component: Component
    raw: dict[str, Any]
    """As it was sent."""
    depth: int
    """0: not nested."""
    state: State


class Scanned(msgspec.Struct, frozen=True, kw_only=True):
    """All of a scan."""

    document: dict[str, Any]
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]
    database: Status
    now: datetime


def counts(findings: tuple[Finding, ...]) -> dict[str, int]:
    """Vulnerabilities by severity; what is less than low or has none is `other`."""
    made = dict.fromkeys(("critical", "high", "medium", "low", "other"), 0)
    for finding in findings:
        severity = finding.vulnerability.severity
        made["other" if severity in (Severity.INFORMATIONAL, Severity.UNTRIAGED) else severity.lower()] += 1
    return made


def fixed_version(package: Package, fixed: str) -> str:
    """As Inspector prints it: with the epoch for deb and rpm."""
    if scheme_of(package.ecosystem) in (Scheme.DPKG, Scheme.RPM) and ":" not in fixed:
        return f"0:{fixed}"
    return fixed


def reported_source(identifier: str) -> str:
    """Who an id belongs to, as Inspector names it."""
    start = identifier.partition("-")[0]
    return {"CVE": "NVD", "GHSA": "GITHUB", "PYSEC": "PYPA"}.get(start, start)


def milliseconds(moment: datetime) -> str:
    """`2026-01-02T03:04:05.678Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stamp(text: str) -> str:
    """A source's time as Inspector writes it, `2021-12-10T10:15:09Z`; as it is if it is no time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
