"""Checks of a host as JSON, SARIF and a page: one function each."""

from __future__ import annotations

from html import escape
from typing import Any

import msgspec

from garrison import __version__
from garrison.scan.host_checks import Status
from garrison.scan.host_checks.run import HostReport, Result
from garrison.scan.report.page import STYLE

SCHEMA = 1
_LEVELS = {Status.FAILED: "error", Status.ERROR: "warning"}
_SHADES = {Status.FAILED: "HIGH", Status.ERROR: "MEDIUM"}


def document(report: HostReport) -> dict[str, Any]:
    """The JSON object."""
    return {
        "schema": SCHEMA,
        "root": report.root,
        "os": msgspec.to_builtins(report.os) if report.os else None,
        "created": report.created.isoformat(timespec="seconds"),
        "complete": report.complete,
        "counts": report.counts,
        "checks": [_result(r) for r in report.results],
    }


def _result(result: Result) -> dict[str, Any]:
    check, verdict = result.check, result.verdict
    return {
        "id": check.id,
        "title": check.title,
        "level": check.level,
        "status": verdict.status,
        "reason": verdict.reason,
        "observed": list(verdict.observed),
        "description": check.description,
        "remediation": check.remediation,
    }


def sarif(report: HostReport) -> dict[str, Any]:
    """A SARIF 2.1.0 log: what failed is an error, what nobody knows a warning; what passed or had nothing to look at is
    not a result."""
    rules = [
        {
            "id": r.check.id,
            "shortDescription": {"text": r.check.title},
            "fullDescription": {"text": r.check.description},
            "help": {"text": r.check.remediation},
            "properties": {"tags": ["configuration", r.check.security_level]},
        }
        for r in report.results
    ]
    results = [
        {
            "ruleId": r.check.id,
            "level": _LEVELS[r.status],
            "message": {"text": " ".join((r.verdict.reason, *r.verdict.observed, f"Fix: {r.check.remediation}"))},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": _place(r, report.root)}}}],
            "partialFingerprints": {"check/v1": r.check.id},
        }
        for r in report.results
        if r.status in _LEVELS
    ]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "garrison", "version": __version__, "rules": rules}},
                "invocations": [{"executionSuccessful": report.complete}],
                "results": results,
            }
        ],
    }


def _place(result: Result, root: str) -> str:
    """The file that was seen first, else the root."""
    first = result.verdict.observed[0].split()[0].split(":")[0] if result.verdict.observed else ""
    return first if first.startswith(("etc/", "boot/", "var/", "usr/", "proc/", "home/", "root")) else root


def page(report: HostReport) -> str:
    """One page of HTML that needs nothing else; what failed comes first."""
    order = list(Status)
    ranked = sorted(
        report.results,
        key=lambda r: (r.status is not Status.FAILED, r.status is not Status.ERROR, order.index(r.status)),
    )
    counts = ", ".join(f"{n} {status}" for status, n in report.counts.items())
    system = f" ({escape(report.os.name)})" if report.os else ""
    lines = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>Checks of {escape(report.root)}</title><style>{STYLE}</style></head><body>",
        f"<h1>Checks of {escape(report.root)}{system}</h1>",
        f"<p>{escape(counts)}; {escape(report.created.isoformat(timespec='seconds'))}.</p>",
        '<table><thead><tr><th scope="col">Check</th><th scope="col">Result</th><th scope="col">Seen</th>'
        '<th scope="col">Remediation</th></tr></thead><tbody>',
        *(_row(r) for r in ranked),
        "</tbody></table></body></html>",
    ]
    return "\n".join(lines)


def _row(result: Result) -> str:
    check, verdict = result.check, result.verdict
    seen = "<br>".join(f"<code>{escape(o)}</code>" for o in verdict.observed)
    fix = f"<code>{escape(check.remediation)}</code>" if result.status is Status.FAILED else ""
    shade = _SHADES.get(result.status, "")
    return (
        f"<tr><td>{escape(check.title)}<br><code>{escape(check.id)}</code>, level {check.level}</td>"
        f'<td class="{shade}">{verdict.status.lower()}</td>'
        f"<td>{escape(verdict.reason)}<br>{seen}</td><td>{fix}</td></tr>"
    )
