"""The pages that stand between a client and what it asked for."""

from __future__ import annotations

import functools
import html
import secrets
from importlib import resources
from typing import TYPE_CHECKING

from garrison.waf.challenge.proof import DIFFICULTY, new_task
from garrison.waf.challenge.puzzle import new_puzzle, new_question
from garrison.waf.request import Request
from garrison.waf.state import State
from garrison.waf.verdict import Headers, Response

if TYPE_CHECKING:
    from garrison.waf.walk import Walk

PATH = "/.garrison/waf/"
LONGEST_BACK = 400
"""Characters of a path and query a CAPTCHA leads back to; a longer one leads to the path, or home."""


@functools.cache
def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def page(walk: Walk, action: str) -> Response:
    """What a client gets that has no good token: `CAPTCHA` or `CHALLENGE`.

    Source: developer guide, "How the CAPTCHA and Challenge actions work": 405 and 202 with `x-amzn-waf-action`, and a
    page for clients that accept HTML.
    """
    request, state, now = walk.request, walk.state, walk.now
    html_wanted = b"text/html" in (request.header(b"accept") or b"")
    if action == "CHALLENGE":
        return challenge_page(request, state, now) if html_wanted else Response(202, _headers("challenge"))
    if not html_wanted:
        return Response(405, _headers("captcha"))
    return captcha_page(request, state, now, _back(walk.parts.path, walk.parts.query))


def challenge_page(request: Request, state: State, now: float) -> Response:
    """A page that proves that it runs in a browser, and asks again for what was asked."""
    nonce = secrets.token_urlsafe(12)
    body = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>Checking your browser</title>
<style nonce="{nonce}">{_asset("page.css")}</style></head>
<body data-task="{new_task(request, state, now)}" data-bits="{DIFFICULTY}" data-post="{PATH}challenge">
<main><h1>Checking your browser</h1>
<p id="status" role="status">This takes a moment, and you need not do anything.</p>
<noscript><p role="alert">This check needs JavaScript. Please switch it on and reload the page.</p></noscript>
</main><script nonce="{nonce}">{_asset("proof.js")}</script></body></html>
"""
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'"
    return Response(202, _headers("challenge", policy), body.encode())


def captcha_page(request: Request, state: State, now: float, back: str, complaint: str = "") -> Response:
    """A page with a question. `back`: path and query to go to after the right answer."""
    question = new_question()
    nonce = secrets.token_urlsafe(12)
    alert = f'<p role="alert" id="complaint">{html.escape(complaint)}</p>' if complaint else ""
    described = ' aria-describedby="complaint" aria-invalid="true"' if complaint else ""
    body = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>Please answer a question</title>
<style nonce="{nonce}">{_asset("page.css")}</style></head>
<body><main><h1>Please answer a question</h1>
<p>This site wants to know that a person is asking.</p>{alert}
<form method="post" action="{PATH}captcha"><input type="hidden" name="puzzle" \
value="{new_puzzle(request, state, now, question, back)}">
<label for="answer">{html.escape(question.text)}</label>
<input id="answer" name="answer" type="text" required autofocus autocomplete="off" autocapitalize="none" \
spellcheck="false" maxlength="40"{described}>
<button type="submit">Continue</button></form></main></body></html>
"""
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'"
    return Response(405, _headers("captcha", policy), body.encode())


def _headers(action: str, policy: str = "") -> Headers:
    headers = (("x-amzn-waf-action", action), ("Cache-Control", "no-store"))
    if not policy:
        return headers
    return (
        ("Content-Type", "text/html; charset=utf-8"),
        *headers,
        ("Content-Security-Policy", policy + "; base-uri 'none'; frame-ancestors 'none'"),
        ("Referrer-Policy", "same-origin"),
        ("X-Content-Type-Options", "nosniff"),
    )


def _back(path: bytes, query: bytes | None) -> str:
    """Path and query as text that is safe in a Location header; never of another host."""
    for candidate in (path + b"?" + query if query else path, path):
        text = candidate.decode("ascii", "ignore")
        if len(text) <= LONGEST_BACK and text.isprintable() and text[:1] == "/" and text[1:2] not in ("/", "\\"):
            return text
    return "/"
