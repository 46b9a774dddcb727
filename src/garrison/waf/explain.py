"""Where the rules of a verdict matched: the bytes, and what they were in."""

from __future__ import annotations

import time

import msgspec

from garrison.waf.request import Request
from garrison.waf.rules import Rule
from garrison.waf.state import State
from garrison.waf.verdict import RuleMatch, Verdict
from garrison.waf.walk import Walk
from garrison.waf.web_acl import CompiledWebAcl


class Place(msgspec.Struct, frozen=True):
    """One place a rule matched at."""

    condition: str
    """`BYTE_MATCH`, `REGEX`, `SIZE`, `IP`, `GEO`, `ASN`, `LABEL`, `SQL_INJECTION`, `XSS`, `DETECTOR`."""
    location: str
    """`URI`, `HEADER`, `BODY`, ... as the log has it."""
    name: str
    """Of the header, cookie or argument."""
    data: tuple[str, ...]
    """After the text transformations; bytes that are no UTF-8 as `\\xHH`."""


class Matched(msgspec.Struct, frozen=True):
    """A rule that matched."""

    rule: str
    """Of the web ACL."""
    inner: str
    """Of the group that rule refers to; empty if it refers to none."""
    action: str
    terminating: bool
    places: tuple[Place, ...]
    labels: tuple[str, ...]


def explain(
    acl: CompiledWebAcl, request: Request, state: State, now: float | None = None
) -> tuple[Verdict, list[Matched]]:
    """Decide one request and say where rules matched, in the order of evaluation. Slower than `inspect`."""
    walk = acl.walk(request, state, time.time() if now is None else now)
    verdict = acl.decide(walk)
    own = {rule.name: rule for rule in acl.own_rules()}
    inside = {group.name: {rule.name: rule for rule in group.rules.rules} for group in acl.group_rules()}
    found: list[Matched] = []
    for group in verdict.groups:
        rules = inside[group.rule]
        found += [_matched(walk, group.rule, rules[match.rule], match, ends=False) for match in group.matched]
        if (match := group.terminating) is not None:
            found.append(_matched(walk, group.rule, rules[match.rule], match, ends=group.rule == verdict.rule))
    found += [_matched(walk, "", own[match.rule], match, ends=False) for match in verdict.matched if match.rule in own]
    if verdict.rule in own:
        match = RuleMatch(verdict.rule, verdict.action)
        found.append(_matched(walk, "", own[verdict.rule], match, ends=True))
    order = {rule.name: number for number, rule in enumerate(acl.in_order())}
    return verdict, sorted(found, key=lambda matched: order[matched.rule])


def _matched(walk: Walk, outer: str, rule: Rule, match: RuleMatch, *, ends: bool) -> Matched:
    places = tuple(
        Place(each.condition_type, each.location, each.name, tuple(map(shown, each.data)))
        for each in rule.node.locate(walk)
    )
    return Matched(outer or match.rule, match.rule if outer else "", match.action, ends, places, rule.labels)


def shown(data: bytes) -> str:
    """Bytes as text that prints."""
    text = data.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" if ord(c) < 256 else f"\\u{ord(c):04x}" for c in text)
