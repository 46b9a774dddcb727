"""One request to try, and what is expected of it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from garrison.waf.request import Request

Read = Callable[[str], bytes]
"""Content of a file that a request names (`curl -d @FILE`)."""

ACTIONS = frozenset({"ALLOW", "BLOCK", "CAPTCHA", "CHALLENGE", "COUNT"})


class NotUnderstood(ValueError):
    """A request or an expectation cannot be read. The text says where and why."""


class Expectation(msgspec.Struct, frozen=True):
    """What is to become of a request."""

    action: str
    """COUNT: the rule matches, and the request is let through."""
    rule: str = ""
    """Name of the rule that does it, of the web ACL or of a group; empty: any."""

    def __str__(self) -> str:
        return f"{self.action.lower()} by {self.rule}" if self.rule else self.action.lower()


class Case(msgspec.Struct, frozen=True):
    """A request with a name to tell it by."""

    name: str
    request: Request
    expected: Expectation | None = None


def expectation(text: str) -> Expectation:
    """`block`, `allow by admins`, `count by SizeRestrictions_BODY`. Raises `NotUnderstood`."""
    words = text.split()
    if len(words) == 3 and words[1] == "by":
        action, rule = words[0].upper(), words[2]
    elif len(words) == 1:
        action, rule = words[0].upper(), ""
    else:
        raise NotUnderstood(f"An expectation reads ACTION or ACTION by RULE, not {text!r}.")
    if action not in ACTIONS:
        raise NotUnderstood(f"{words[0]!r} is no action: {', '.join(sorted(ACTIONS)).lower()}.")
    if action == "COUNT" and not rule:
        raise NotUnderstood("What counts has to be named: count by RULE.")
    return Expectation(action, rule)
