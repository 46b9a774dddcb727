"""Findings as one page of HTML that needs nothing else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

from garrison.detect.report.subject import subject
from garrison.detect.severity import LEVELS, level

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1b1f24;background:#fff}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;
border-bottom:1px solid #d8dee4}code,pre{font-size:.9em;overflow-wrap:anywhere}pre{white-space:pre-wrap;margin:.4rem 0}
.critical,.high{color:#a40e26;font-weight:600}.medium{color:#7d4e00}.w{background:#fff4ce;padding:.6rem 1rem}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}th,td{border-color:#30363d}
.w{background:#3a2d00}.critical,.high{color:#ff7b72}.medium{color:#e3b341}}
"""


def page(findings: Sequence[dict[str, Any]], warnings: Sequence[str] = ()) -> str:
    """The page."""
    counts = Counter(level(finding["severity"]) for finding in findings)
    said = ", ".join(f"{counts[name]} {name}" for name in LEVELS if counts[name]) or "none"
    lines = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>Threats</title><style>{_STYLE}</style></head><body>",
        f"<h1>Threats</h1><p>Findings: {escape(said)}.</p>",
    ]
    if warnings:
        lines.append('<ul class="w">' + "".join(f"<li>{escape(text)}</li>" for text in warnings) + "</ul>")
    if findings:
        heads = ("Severity", "Finding", "Where", "Count", "Seen")
        cells = "".join(f'<th scope="col">{head}</th>' for head in heads)
        lines.append(f"<table><thead><tr>{cells}</tr></thead><tbody>")
        lines += [_row(finding) for finding in findings]
        lines.append("</tbody></table>")
    return "\n".join([*lines, "</body></html>"])


def _row(finding: dict[str, Any]) -> str:
    service = finding["service"]
    name = level(finding["severity"])
    details = escape(json.dumps({"resource": finding["resource"], "action": service["action"]}, indent=1))
    return (
        f'<tr><td class="{name}">{name} {finding["severity"]:g}</td>'
        f"<td><strong>{escape(finding['title'])}</strong><br><code>{escape(finding['type'])}</code><br>"
        f"{escape(finding['description'])}<details><summary>Details</summary><pre>{details}</pre></details></td>"
        f"<td>{escape(finding['accountId'])}<br>{escape(finding['region'])}<br>{escape(subject(finding))}</td>"
        f"<td>{service['count']}</td>"
        f"<td>{escape(service['eventFirstSeen'])}<br>{escape(service['eventLastSeen'])}</td></tr>"
    )
