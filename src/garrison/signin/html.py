"""Pages as text: a frame, and the parts pages are made of. Everything that comes from outside goes through `esc`."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

WRONG = "Your authentication information is incorrect. Please try again."
"""AWS's one sentence for every way of failing."""


def esc(text: str) -> str:
    """Text, made safe for elements and quoted attributes."""
    return escape(text, quote=True)


def frame(title: str, body: str, *, wide: bool = False, refresh_to: str | None = None) -> str:
    """A whole page."""
    refresh = "" if refresh_to is None else f'<meta http-equiv="refresh" content="0; url={esc(refresh_to)}">'
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"{refresh}<title>{esc(title)} - Garrison</title>"
        '<link rel="stylesheet" href="/signin/style.css"><link rel="icon" href="/signin/mark.svg" type="image/svg+xml">'
        '</head><body><header><img src="/signin/mark.svg" alt=""><span>Garrison</span></header>'
        f"<main{' class=wide' if wide else ''}><h1>{esc(title)}</h1>{body}</main>"
        "<footer>This is Garrison on your own machines, not Amazon Web Services. Passwords typed here stay here."
        "</footer></body></html>"
    )


def form(
    action: str, token: str, body: str, button: str, *, quiet: bool = False, hidden: Iterable[tuple[str, str]] = ()
) -> str:
    """A form that carries its token."""
    held = "".join(
        f'<input type="hidden" name="{esc(name)}" value="{esc(value)}">' for name, value in [("token", token), *hidden]
    )
    style = ' class="quiet"' if quiet else ""
    return f'<form method="post" action="{esc(action)}">{held}{body}<button{style}>{esc(button)}</button></form>'


def field(
    name: str,
    label: str,
    *,
    type: str = "text",
    value: str = "",
    hint: str = "",
    autocomplete: str = "off",
    focus: bool = False,
    extra: str = "",
) -> str:
    """One labelled input."""
    told = f' aria-describedby="{name}-hint"' if hint else ""
    below = f'<p class="hint" id="{name}-hint">{esc(hint)}</p>' if hint else ""
    plain = ' spellcheck="false" autocapitalize="none"' if type in ("text", "email") else ""
    return (
        f'<div class="field"><label for="{name}">{esc(label)}</label>'
        f'<input id="{name}" name="{name}" type="{type}" value="{esc(value)}" autocomplete="{autocomplete}" required'
        f"{plain}{told}{' autofocus' if focus else ''}{' ' + extra if extra else ''}>{below}</div>"
    )


def alert(message: str | None, more: str = "") -> str:
    """What went wrong, if anything did."""
    if message is None:
        return ""
    below = f"<span>{esc(more)}</span>" if more else ""
    return f'<div class="alert" role="alert"><strong>{esc(message)}</strong>{below}</div>'


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Names and values; values are HTML already."""
    return "<dl>" + "".join(f"<dt>{esc(name)}</dt><dd>{value}</dd>" for name, value in rows) + "</dl>"
