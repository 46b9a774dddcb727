"""Stories as one HTML file: before and after side by side; nothing is loaded, nothing runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from garrison.stories.told import Side, Told

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2em auto; padding: 0 1em; color: #1c2430 }
h1 { margin-bottom: 0 } h2 { font-size: 17px } .sub { color: #5a6675; margin-top: 0 }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 24px }
@media (max-width: 720px) { .sides { grid-template-columns: 1fr } }
ul { list-style: none; padding: 0 } li { padding: 6px 0; border-bottom: 1px solid #d8dee6 }
code { font-size: 12px; overflow-wrap: anywhere; color: #5a6675 } small { color: #5a6675 }
b.bad { color: #b3261e } b.good { color: #1b7a3d }
"""


def html(told: Sequence[Told]) -> str:
    """The file's text."""
    return "".join(_page(told))


def _page(told: Sequence[Told]) -> Iterator[str]:
    yield "<!doctype html><html lang=en><meta charset=utf-8><title>Before and after</title>"
    yield f'<meta name=viewport content="width=device-width, initial-scale=1"><style>{_STYLE}</style>'
    for one in told:
        yield from _story(one)
    yield "</html>\n"


def _story(one: Told) -> Iterator[str]:
    yield f"<article><h1>{escape(one.title)}</h1><p class=sub>{escape(one.who)}</p><p>{escape(one.challenge)}</p>"
    yield "<div class=sides>"
    ended = {seen.what: seen.outcome for seen in one.after.tries} if one.after is not None else {}
    for title, side in (("Before", one.before), ("After", one.after)):
        yield f"<section><h2>{title}</h2>"
        yield from _side(side, ended) if side is not None else ["<p>It did not come to this.</p>"]
        yield "</section>"
    yield "</div><h2>What was done</h2><ul>"
    for step in one.steps:
        yield f"<li>{escape(step.what)}<br><code>{escape(step.how)}</code>"
    yield "</ul><h2>What the evidence says has changed</h2><ul>"
    for change in one.changes:
        yield f"<li><b>{escape(change.change)}</b> <code>{escape(change.check)}</code> {escape(change.reason)}"
    verdict = f"It holds. {one.lesson}" if one.held else f"It does not hold. {one.problem}"
    yield f"</ul><p><b class={'good' if one.held else 'bad'}>{escape(verdict)}</b></p></article>"


def _side(side: Side, ended: Mapping[str, str]) -> Iterator[str]:
    """One side; what comes to another end after it was put right is marked."""
    yield "<ul>"
    for one in side.tries:
        answer = f"<br><small>{escape(one.answer)}</small>" if one.answer else ""
        kind = "good" if one.held and ended.get(one.what, one.outcome) == one.outcome else "bad"
        yield f"<li><b class='{kind}'>{escape(one.outcome)}</b> {escape(one.what)} <small>({escape(one.who)})</small>"
        yield f"{answer}<br><code>{escape(one.how)}</code>"
    for check in side.checks:
        kind = "good" if check.status == "PASS" else "bad" if check.status == "FAIL" else ""
        yield f"<li><b class='{kind}'>{escape(check.status)}</b> {escape(check.title)}<br>"
        yield f"<small>{escape(check.reason)}; evidence {escape(check.evidence)}</small>"
    yield f"</ul><small>run {escape(side.run)}</small>"
