"""A report as one HTML file: no script, nothing from elsewhere, readable in the dark and on paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

_STYLE = """
:root { --ink:#1c2530; --soft:#55616d; --line:#d5dbe1; --paper:#fff; --card:#f7f9fb; --bad:#a40e26; --good:#1a6b3c;
  --half:#8a5a00; --dim:#8a949e }
@media (prefers-color-scheme: dark) { :root { --ink:#e6ebf0; --soft:#a3afba; --line:#38424d; --paper:#14191f;
  --card:#1b2229; --bad:#ff7b8e; --good:#6fd19a; --half:#f0c060; --dim:#7d8791 } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 24px; max-width: 1080px; color: var(--ink); background: var(--paper);
  font: 15px/1.45 'Segoe UI', 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif }
h1 { margin: 0 } p.sub { margin: 4px 0 16px; color: var(--soft) } a { color: inherit }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px } dt { color: var(--soft) } dd { margin: 0 }
.bar { display: flex; height: 16px; border-radius: 4px; overflow: hidden; border: 1px solid var(--line) }
.bar span { display: block }
table { border-collapse: collapse; width: 100%; font-size: 14px }
th, td { text-align: left; vertical-align: top; padding: 6px 10px 6px 0; border-bottom: 1px solid var(--line) }
td:first-child { white-space: nowrap } code { font-size: 12.5px; overflow-wrap: anywhere }
.GAP { color: var(--bad); font-weight: 700 } .SATISFIED { color: var(--good); font-weight: 700 }
.PARTLY, .NOT_AVAILABLE { color: var(--half); font-weight: 700 }
.MANUAL, .NOT_ASSESSED, .NOT_APPLICABLE { color: var(--dim) }
.bar .GAP { background: var(--bad) } .bar .SATISFIED { background: var(--good) }
.bar .PARTLY { background: var(--half) } .bar .NOT_AVAILABLE { background: var(--soft) }
.bar .MANUAL, .bar .NOT_ASSESSED, .bar .NOT_APPLICABLE { background: var(--line) }
details { margin: 4px 0 } pre { margin: 2px 0; padding: 6px 8px; background: var(--card); overflow-x: auto }
@media print { body { max-width: none } details { break-inside: avoid } }
"""
_ORDER = ("GAP", "NOT_AVAILABLE", "PARTLY", "SATISFIED", "NOT_APPLICABLE", "MANUAL", "NOT_ASSESSED")


def html(report: Mapping[str, Any]) -> str:
    """The file's text; `report` is what `told` gives."""
    return "".join(_page(report))


def words(status: str) -> str:
    """A status as people read it."""
    return status.lower().replace("_", " ")


def _page(report: Mapping[str, Any]) -> Iterator[str]:
    framework, coverage = report["framework"], report["coverage"]
    title = f"{framework['title']} {framework['version']}"
    yield f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
    yield '<meta name=viewport content="width=device-width, initial-scale=1">'
    yield f"<style>{_STYLE}</style><h1>{escape(title)}</h1>"
    yield f"<p class=sub>{escape(framework['note'])}</p><dl>"
    accounts = ", ".join(report["accounts"])
    for name, text in (
        ("Assessed", report["source"]), ("Accounts", accounts),
        ("When", f"{report['started']} to {report['finished']}"),
        ("Run", report["run"]), ("Made by", report["collector"]),
        ("Coverage", f"{coverage['assessed']} of {coverage['of']} requirements assessed ({coverage['percent']} %)"),
    ):  # fmt: skip
        yield f"<dt>{name}<dd>{escape(text)}"
    yield "</dl><h2>Where it stands</h2>"
    counts = [(status, report["counts"][status]) for status in _ORDER if report["counts"][status]]
    label = ", ".join(f"{n} {words(status)}" for status, n in counts)
    yield f'<div class=bar role=img aria-label="{escape(label)}">'
    yield "".join(f'<span class={s} style="flex:{n}" title="{n} {words(s)}"></span>' for s, n in counts)
    yield "</div><table><tbody>"
    for status, n in counts:
        yield f"<tr><td class={status}>{words(status)}<td>{n}<td>{escape(report['meanings'][status])}"
    yield "</table><h2>Requirements</h2><table><thead><tr><th>Number<th>Requirement<th>Status</thead><tbody>"
    for control in report["controls"]:
        yield from _control(control)
    yield "</table></html>\n"


def _control(control: Mapping[str, Any]) -> Iterator[str]:
    yield f"<tr><td>{escape(control['id'])}<td>{escape(control['title'])}"
    if control["checks"]:
        yield f"<br><small><code>{escape(' '.join(control['checks']))}</code></small>"
    for name, several in (
        ("failed", control["failures"]), ("could not be read", control["unread"]), ("excepted", control["exceptions"])
    ):  # fmt: skip
        yield from _several(name, several, control["more"] if name == "failed" else 0)
    yield f"<td class={control['status']}>{words(control['status'])}"


def _several(name: str, several: Sequence[Mapping[str, Any]], more: int) -> Iterator[str]:
    if not several:
        return
    yield f"<details><summary>{len(several) + more} {name}</summary>"
    for one in several:
        yield f"<p>{escape(one['account'])} <code>{escape(one['subject'])}</code><br>{escape(one['reason'])}"
        if one["fix"] and name == "failed":
            yield f"<pre>{escape(chr(10).join(one['fix']))}</pre>"
    yield f"<p>and {more} more</details>" if more else "</details>"
