"""`RateBasedStatement`: requests of one kind and one key that come too often."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from garrison.waf.context import Context
from garrison.waf.errors import BAD_FORMAT, EXACTLY_ONE, TOO_LITTLE, TOO_MANY, invalid
from garrison.waf.plan import FieldPlan
from garrison.waf.statements import registry
from garrison.waf.statements.forwarded import Forwarded
from garrison.waf.statements.node import Node
from garrison.waf.statements.on_field import Params, check_transformations
from garrison.waf.statements.rate_keys import LOG_NAMES, client, key_of
from garrison.waf.verdict import RateResult

if TYPE_CHECKING:
    from garrison.waf.walk import Walk

NAME = "RateBasedStatement"
DEFAULT_WINDOW = 300
WINDOWS = frozenset({60, 120, 300, 600})
BASE_COST = 2
KEY_COST = 30
"""Of each custom key; read nowhere in AWS's documentation that could be read."""
MOST_KEYS = 5


class Rate:
    """A rate-based rule's identity and settings."""

    __slots__ = ("id", "instance", "kind", "limit", "name", "window")

    def __init__(self, params: Params, context: Context) -> None:
        self.limit: int = params["Limit"]
        self.window: int = params.get("EvaluationWindowSec") or DEFAULT_WINDOW
        self.kind: str = params["AggregateKeyType"]
        # Any change of the settings starts the counts anew. Source: developer guide, "Rate-based rule caveats".
        settings = hashlib.blake2b(repr(params).encode(), digest_size=12).hexdigest()
        self.id = context.instance
        self.name = context.instance.rpartition("/")[2]
        self.instance = f"{context.instance}#{settings}".encode()


def compile_statement(params: Params, context: Context) -> Node:
    """Counts each request that gets as far as this rule and that the scope-down statement matches."""
    rate = Rate(params, context)
    scope = (
        registry.compile_statement(params["ScopeDownStatement"], context) if params.get("ScopeDownStatement") else None
    )
    config = params.get("ForwardedIPConfig")
    forwarded = Forwarded(config) if config else None
    customs: Sequence[Params] = (params.get("CustomKeys") or ()) if rate.kind == "CUSTOM_KEYS" else ()
    keys = [key_of(custom, config, context) for custom in customs]
    uses_header = rate.kind == "FORWARDED_IP" or any("ForwardedIP" in custom for custom in customs)

    def over(walk: Walk, key: bytes) -> bool:
        counters = walk.state.counters
        total = counters.add(rate.instance, key, walk.now, rate.window)
        if walk.state.timing == "aws":
            return counters.was_limited(rate.instance, key, walk.now, rate.limit, rate.window)
        return total > rate.limit

    def test(walk: Walk) -> bool:
        if scope is not None and not scope.test(walk):
            return False
        values: list[bytes] = []
        if uses_header and forwarded is not None and forwarded.addresses(walk) is None:
            return forwarded.fallback
        if rate.kind == "CUSTOM_KEYS":
            for custom in keys:
                value = custom.take(walk)
                if value is None:
                    return False
                values.append(value)
            key = walk.digest(b"".join(len(value).to_bytes(4, "big") + value for value in values))
        elif rate.kind == "CONSTANT":
            key = b"constant"
        elif rate.kind == "FORWARDED_IP" and forwarded is not None:
            addresses = forwarded.addresses(walk)
            if not addresses:
                return False
            key = str(addresses[0]).encode()
        else:
            address = client(walk)
            if address is None:
                return False
            key = address
        if not over(walk, key):
            return False
        shown = tuple((c.kind, c.name, v.decode("utf-8", "replace")) for c, v in zip(keys, values, strict=True))
        limit_value = "" if rate.kind in ("CUSTOM_KEYS", "CONSTANT") else key.decode()
        kind = "CUSTOMKEYS" if rate.kind == "CUSTOM_KEYS" else rate.kind
        walk.rates.append(RateResult(rate.id, rate.name, kind, limit_value, rate.limit, rate.window, shown))
        return True

    return Node(
        test=test,
        locate=scope.locate if scope else lambda walk: [],
        fields=scope.fields if scope else frozenset[FieldPlan](),
        forwarded=(scope.forwarded if scope else frozenset())
        | (frozenset((forwarded.header,)) if uses_header and forwarded else frozenset()),
        effects=scope.effects if scope else (),
    )


def weigh(params: Params, context: Context) -> int:
    """2, what is within, and 30 for each custom key."""
    total = BASE_COST + KEY_COST * len(params.get("CustomKeys") or ())
    return total + (registry.weigh(params["ScopeDownStatement"], context) if params.get("ScopeDownStatement") else 0)


def check(params: Params) -> None:
    """What goes with which AggregateKeyType."""
    kind: str = params["AggregateKeyType"]
    customs: Sequence[Params] = params.get("CustomKeys") or ()
    if params.get("EvaluationWindowSec") not in (None, *WINDOWS):
        raise invalid("RATE_BASED_STATEMENT", "EvaluationWindowSec", BAD_FORMAT)
    if kind == "CONSTANT" and not params.get("ScopeDownStatement"):
        raise invalid("SCOPE_DOWN", "ScopeDownStatement", EXACTLY_ONE)
    if kind == "FORWARDED_IP" and not params.get("ForwardedIPConfig"):
        raise invalid("FORWARDED_IP_CONFIG", "ForwardedIPConfig", EXACTLY_ONE)
    if (kind == "CUSTOM_KEYS") != bool(customs):
        raise invalid("CUSTOM_KEYS", "CustomKeys", TOO_LITTLE if kind == "CUSTOM_KEYS" else BAD_FORMAT)
    if len(customs) > MOST_KEYS:
        raise invalid("CUSTOM_KEYS", str(len(customs)), TOO_MANY)
    for custom in customs:
        members = [name for name, value in custom.items() if value is not None]
        if len(members) != 1 or members[0] not in LOG_NAMES:
            raise invalid("CUSTOM_KEYS", "CustomKeys", EXACTLY_ONE)
        if "TextTransformations" in custom[members[0]]:
            check_transformations(custom[members[0]]["TextTransformations"])
        if members[0] == "ForwardedIP" and not params.get("ForwardedIPConfig"):
            raise invalid("FORWARDED_IP_CONFIG", "ForwardedIPConfig", EXACTLY_ONE)
    # An address alone is what the types IP and FORWARDED_IP are for. Source: API reference, RateBasedStatement.
    if len(customs) == 1 and customs[0].keys() & {"IP", "ForwardedIP"}:
        raise invalid("CUSTOM_KEYS", "CustomKeys", BAD_FORMAT)
    if params.get("ScopeDownStatement"):
        registry.check_nested(params["ScopeDownStatement"])
