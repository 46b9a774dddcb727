"""An audit as one HTML file: nothing is loaded, nothing runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape

from garrison.assess.audit.standing import ItemStanding, Standing, counts

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2em auto; padding: 0 1em; color: #1c2430 }
h1 { margin-bottom: 0 } h2 { margin-top: 2em; font-size: 18px } .sub, small { color: #5a6675 }
table { border-collapse: collapse; width: 100%; font-size: 14px }
th, td { text-align: left; vertical-align: top; padding: 6px 10px 6px 0; border-bottom: 1px solid #d8dee6 }
code { font-size: 12.5px; overflow-wrap: anywhere } details { margin: 4px 0 }
.NOT_MET { color: #b3261e; font-weight: 700 } .MET, .ATTESTED { color: #1b7a3d; font-weight: 700 }
.NEEDS_ATTESTATION, .EXPIRED, .NOT_AVAILABLE { color: #8a5a00; font-weight: 700 } .NOT_APPLICABLE { color: #5a6675 }
@media print { details { break-inside: avoid } }
"""


def html(items: Sequence[ItemStanding], run: str) -> str:
    """The file's text."""
    return "".join(_page(items, run))


def _page(items: Sequence[ItemStanding], run: str) -> Iterator[str]:
    yield "<!doctype html><html lang=en><meta charset=utf-8><title>Audit</title>"
    yield '<meta name=viewport content="width=device-width, initial-scale=1">'
    yield f"<style>{_STYLE}</style><h1>Audit {escape(run)}</h1>"
    yield "<p class=sub>"
    yield ", ".join(f"{n} {_words(standing)}" for standing, n in counts(items).items() if n) + "</p>"
    domain = ""
    for one in items:
        if one.evidence.domain != domain:
            yield "</table>" if domain else ""
            domain = one.evidence.domain
            yield f"<h2>{escape(domain)}</h2><table><thead><tr><th>Item<th>Account<th>Standing</thead>"
        yield from _item(one)
    yield "</table></html>\n"


def _item(one: ItemStanding) -> Iterator[str]:
    found = one.evidence
    yield f"<tr><td><b>{escape(found.question)}</b><br><small><code>{escape(found.item)}</code> "
    yield f"{escape(found.examined)}</small><br>{escape(one.reason)}"
    rows = [f"{c['status']} <code>{escape(c['check'])}</code> {escape(c['reason'])}" for c in found.checks]
    rows += [f"{p['status']} {escape(p['name'])}: {escape(p['reason'])}" for p in found.procedures]
    if found.sample is not None:
        drawn = found.sample
        rows.append(f"Sample of {len(drawn['members'])} of {drawn['size']} {escape(drawn['population'])}:")
        rows += [
            f"<code>{escape(subject)}</code> <small>{escape(json.dumps(told, sort_keys=True))}</small>"
            for subject, told in drawn["members"]
        ]
    if rows:
        yield f"<details><summary>What was found</summary>{'<br>'.join(rows)}</details>"
    said = one.attestation
    if said is not None:
        yield f"<p>{_words(said.opinion)}, by {escape(said.by)} on {_day(said.when)}, until {_day(said.valid_until)}"
        yield " (withdrawn)" if said.withdrawn else ""
        yield f": {escape(said.statement)}<br><small>over <code>{escape(said.digest)}</code></small></p>"
    yield f"<br><small>evidence <code>{found.hash[:12]}</code>, digest <code>{escape(found.digest)}</code></small>"
    yield f"<td>{escape(found.account)}<td class={one.standing.value}>{_words(one.standing)}"


def _words(standing: Standing | str) -> str:
    return str(standing).lower().replace("_", " ")


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
