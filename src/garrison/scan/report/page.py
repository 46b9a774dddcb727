"""A scan's result as one page of HTML that needs nothing else."""

from __future__ import annotations

from html import escape

from garrison.scan.match import Finding
from garrison.scan.report.report import Report

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1b1f24;background:#fff}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;
border-bottom:1px solid #d8dee4}code{font-size:.9em;overflow-wrap:anywhere}.w{background:#fff4ce;padding:.6rem 1rem}
.CRITICAL,.HIGH{color:#a40e26;font-weight:600}.MEDIUM,.UNTRIAGED{color:#7d4e00}.s{opacity:.6}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}th,td{border-color:#30363d}
.w{background:#3a2d00}.CRITICAL,.HIGH{color:#ff7b72}.MEDIUM,.UNTRIAGED{color:#e3b341}a{color:#79c0ff}}
"""


def page(report: Report) -> str:
    """The page."""
    inventory, database = report.inventory, report.database
    counts = ", ".join(f"{count} {severity}" for severity, count in report.counts.items() if count) or "none"
    lines = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>Vulnerabilities of {escape(inventory.target)}</title><style>{STYLE}</style></head><body>",
        f"<h1>Vulnerabilities of {escape(inventory.target)}</h1>",
        f"<p>{len(inventory.packages)} packages; vulnerabilities: {escape(counts)}. "
        f"Database built {escape(database.built)}, {escape(database.age)} ago; "
        f"scanned {escape(report.created.isoformat(timespec='seconds'))}.</p>",
    ]
    if not inventory.complete:
        lines.append('<p class="w"><strong>The inventory is not complete: there may be more.</strong></p>')
    notes = [*report.warnings, *(f"{p.path}: {p.reason}" for p in inventory.problems if p.lost)]
    if notes:
        lines.append('<ul class="w">' + "".join(f"<li>{escape(n)}</li>" for n in notes) + "</ul>")
    if report.findings:
        heads = ("Vulnerability", "Severity", "Packages", "Upgrade", "EPSS")
        cells = "".join(f'<th scope="col">{h}</th>' for h in heads)
        lines.append(f"<table><thead><tr>{cells}</tr></thead><tbody>")
        lines += [_row(f) for f in report.findings]
        lines.append("</tbody></table>")
    return "\n".join([*lines, "</body></html>"])


def _row(finding: Finding) -> str:
    told = finding.vulnerability
    link = f'<a href="{escape(told.url)}">{escape(told.id)}</a>' if told.url.startswith("https://") else escape(told.id)
    about = f"<br>{escape(told.title[:160])}" if told.title != told.id else ""
    if told.kev_added:
        about += f"<br><strong>Exploited (CISA {escape(told.kev_added)})</strong>"
    if finding.suppressed is not None:
        about += f"<br>Does not count: {escape(finding.suppressed.reason)} ({escape(finding.suppressed.by)})"
    packages = "<br>".join(
        f"{escape(a.package.name)} {escape(a.package.native_version)}<br><code>{escape(a.package.path)}</code>"
        for a in finding.packages
    )
    upgrades = "<br>".join(
        f"{escape(a.fixed_version)}<br><code>{escape(a.remediation)}</code>" if a.fixed_version else "no fix"
        for a in finding.packages
    )
    score = f" {told.score:.1f}" if told.score is not None else ""
    epss = f"{told.epss:.3f}" if told.epss is not None else ""
    shade = ' class="s"' if finding.suppressed is not None else ""
    return (
        f'<tr{shade}><td>{link}{about}</td><td class="{told.severity}">{told.severity.lower()}{score}</td>'
        f"<td>{packages}</td><td>{upgrades}</td><td>{epss}</td></tr>"
    )
