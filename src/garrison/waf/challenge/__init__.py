"""Challenge and CAPTCHA: the pages, what they bring back, and the token that comes of it.

The door asks `answer(acl, request, state, now)` first for every request; it answers those to `/.garrison/waf/`, which
pages post to. Verdicts CAPTCHA and CHALLENGE carry their page as the response.

The challenge is a proof of work that any browser does in a second or so; a client that runs no JavaScript never gets
past it. The CAPTCHA is a question in plain words, answerable without sight, hearing, mouse or JavaScript. It is there
to let the action be built and tested: a language model answers such questions.
"""

from __future__ import annotations

from garrison.waf.challenge.endpoint import answer

__all__ = ["answer"]
