"""Sources known from earlier attacks: a rule limits what they may ask, at all times.

Source: WAF developer guide, "How Shield Advanced manages automatic mitigation": a rate-based rule limits the requests
of addresses known to be sources of DDoS attacks. AWS tells neither the limit nor who they are; here they are those
that attacked resources of the same account, and may ask as much as a person would.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from garrison.shield.attributes import network
from garrison.shield.rules import AddressSet

NAME = "ShieldKnownSources"
LIMIT, WINDOW = 100, 60
"""Requests of an address, and the seconds they are counted over."""
KEPT = 7 * 86_400.0
"""Seconds after an attack that its sources are known."""
MOST = 10_000
"""Source: WAF quotas, addresses of an IP set."""


def remembered(known: Mapping[str, float], more: Iterable[str], now: float) -> dict[str, float]:
    """Who is known with those of an attack that ended now: address -> until when."""
    found = {address: until for address, until in known.items() if until > now}
    found |= dict.fromkeys([address for address in more if network(address)], now + KEPT)
    return dict(sorted(found.items(), key=lambda item: -item[1])[:MOST])


def address_sets(known: Mapping[str, float], now: float) -> list[AddressSet]:
    """The sets that the rule names. The first is there even if it is empty."""
    by_version: dict[int, list[str]] = {4: []}
    for address in sorted(address for address, until in known.items() if until > now):
        block = ipaddress.ip_network(address)
        by_version.setdefault(block.version, []).append(str(block))
    return [AddressSet(f"{NAME}_v{n}", f"IPV{n}", tuple(addresses)) for n, addresses in sorted(by_version.items())]


def rule(action: str, priority: int, sets: Iterable[AddressSet]) -> dict[str, Any]:
    """The rule. `action`: `Block` or `Count`."""
    named = [{"IPSetReferenceStatement": {"ARN": one.name}} for one in sets]
    return {
        "Name": NAME,
        "Priority": priority,
        "Statement": {
            "RateBasedStatement": {
                "Limit": LIMIT,
                "EvaluationWindowSec": WINDOW,
                "AggregateKeyType": "IP",
                "ScopeDownStatement": named[0] if len(named) == 1 else {"OrStatement": {"Statements": named}},
            }
        },
        "Action": {action: {}},
        "VisibilityConfig": {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": NAME},
    }
