"""Where the pages post to."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from garrison.waf.challenge.page import PATH, captcha_page
from garrison.waf.challenge.proof import is_done
from garrison.waf.challenge.puzzle import is_right, opened
from garrison.waf.parts import split_pairs, split_target
from garrison.waf.request import Request
from garrison.waf.state import State
from garrison.waf.token import COOKIE, Token, client_of, domain_for, host_of, within
from garrison.waf.transformations import url_decode
from garrison.waf.verdict import Response

if TYPE_CHECKING:
    from garrison.waf.web_acl import CompiledWebAcl

COOKIE_LIFETIME = 4 * 24 * 3600
"""Seconds a browser keeps the cookie; the immunity times say for how long it is good."""
LARGEST = 4096
"""Bytes of what a page posts."""


def answer(acl: CompiledWebAcl, request: Request, state: State, now: float) -> Response | None:
    """The answer to a request for one of the engine's own paths; None for every other request."""
    if not request.target.startswith(PATH.encode()):
        return None
    path, _, _ = split_target(request.target)
    action = path.decode("latin-1").removeprefix(PATH)
    if action not in ("challenge", "captcha"):
        return Response(404, (("Content-Type", "text/plain"),), b"Not found\n")
    if request.method != "POST":
        return Response(405, (("Allow", "POST"), ("Content-Type", "text/plain")), b"Method not allowed\n")
    if len(request.body) > LARGEST or request.body_truncated:
        return Response(413, (("Content-Type", "text/plain"),), b"Too large\n")
    form = {name: url_decode.transform(value) for name, value in split_pairs(request.body)}
    if action == "challenge":
        if not is_done(form.get(b"task", b""), form.get(b"counter", b""), request, state, now):
            return Response(403, (("Content-Type", "text/plain"), ("Cache-Control", "no-store")), b"Not accepted\n")
        cookie = _cookie(acl, request, state, now, captcha=False)
        return Response(200, (("Content-Type", "text/plain"), ("Cache-Control", "no-store"), cookie), b"OK\n")
    puzzle = opened(form.get(b"puzzle", b""), request, state, now)
    if puzzle is None:
        return captcha_page(request, state, now, "/", "That question was no longer open. Here is another one.")
    if not is_right(puzzle, form.get(b"answer", b"").decode("utf-8", "replace")):
        return captcha_page(request, state, now, puzzle.back, "That was not the answer. Here is another question.")
    cookie = _cookie(acl, request, state, now, captcha=True)
    return Response(303, (("Location", puzzle.back), ("Cache-Control", "no-store"), cookie))


def mint(
    acl: CompiledWebAcl, request: Request, state: State, now: float, *, challenge: bool = True, captcha: bool = False
) -> str:
    """A token for the client and host of a request, as if just solved; what the request's own token has is kept."""
    walk = acl.walk(request, state, now)
    before = walk.reading().token
    token = Token(
        before.id if before else secrets.token_hex(8),
        client_of(request),
        domain_for(host_of(request), acl.tokens.domains),
        int(now) if challenge else before.challenge_at if before else 0,
        int(now) if captcha else before.captcha_at if before else 0,
    )
    return state.tokens.mint(token)


def _cookie(acl: CompiledWebAcl, request: Request, state: State, now: float, *, captcha: bool) -> tuple[str, str]:
    # Whoever solves a CAPTCHA has a browser: that answers the challenge too.
    text = mint(acl, request, state, now, captcha=captcha)
    host = host_of(request)
    domain = domain_for(host, acl.tokens.domains)
    parts = [f"{COOKIE.decode()}={text}", "Path=/", f"Max-Age={COOKIE_LIFETIME}", "HttpOnly", "SameSite=Lax"]
    if domain in acl.tokens.domains and within(host, domain):
        parts.append(f"Domain={domain}")
    if request.scheme == "https":
        parts.append("Secure")
    return "Set-Cookie", "; ".join(parts)
