"""A scan's result as JSON: stable, with a schema version, the age of the database and whether anything is missing."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.scan.match import AffectedPackage, Finding
from garrison.scan.report.report import Report

SCHEMA = 1


def document(report: Report) -> dict[str, Any]:
    """The object."""
    inventory = report.inventory
    return {
        "schema": SCHEMA,
        "target": inventory.target,
        "kind": inventory.kind,
        "digest": inventory.digest,
        "os": msgspec.to_builtins(inventory.os) if inventory.os else None,
        "created": report.created.isoformat(timespec="seconds"),
        "complete": inventory.complete,
        "problems": [msgspec.to_builtins(p) for p in inventory.problems],
        "warnings": list(report.warnings),
        "packages": len(inventory.packages),
        "packages_without_advisories": report.unknown,
        "database": {
            "built": report.database.built,
            "age_seconds": report.database.age_seconds,
            "stale": report.database.stale,
            "advisories": report.database.advisories,
            "sources": [{"name": s.name, "newest": s.newest, "imported": s.imported} for s in report.database.sources],
        },
        "counts": report.counts,
        "suppressed": len(report.findings) - len(report.counting),
        "findings": [finding_object(f) | _adjusted(report, f) for f in report.findings],
        **_reachable(report),
    }


def _adjusted(report: Report, finding: Finding) -> dict[str, Any]:
    made = report.adjusted(finding)
    return {} if made is None else {"inspector_score": msgspec.to_builtins(made)}


def _reachable(report: Report) -> dict[str, Any]:
    """What can be reached of this machine, if it was scanned."""
    here = report.reachability
    if here is None:
        return {}
    return {
        "reachability": {
            "addresses": list(here.addresses),
            "problems": list(here.problems),
            "exposures": [msgspec.to_builtins(e) for e in here.exposures],
        }
    }


def finding_object(finding: Finding) -> dict[str, Any]:
    """One finding."""
    made: dict[str, Any] = msgspec.to_builtins(finding.vulnerability)
    return made | {
        "fix_available": finding.fix_available,
        "priority": finding.priority,
        "suppressed": msgspec.to_builtins(finding.suppressed) if finding.suppressed else None,
        "packages": [_package(a) for a in finding.packages],
    }


def _package(affected: AffectedPackage) -> dict[str, Any]:
    package = affected.package
    return {
        "ecosystem": package.ecosystem,
        "name": package.name,
        "version": package.native_version,
        "purl": package.purl,
        "path": package.path,
        "layer": package.layer,
        "dev": package.dev,
        "fixed_version": affected.fixed_version,
        "fixed_by": affected.fixed_by,
        "not_fixed": affected.not_fixed,
        "remediation": affected.remediation,
    }
