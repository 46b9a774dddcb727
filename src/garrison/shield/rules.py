"""Signatures as rules of a web ACL, in the API's shape.

Addresses need an IP set, which a rule can only name: `address_sets` says which ones, and who stores the rules puts
ARNs where the names stand.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from garrison.shield.attributes import LONGEST, USUAL
from garrison.shield.signatures import Part, Signature
from garrison.waf.capacity import capacity

ROOM = 150
"""WCU of Shield's rule group."""
_NONE = [{"Priority": 0, "Type": "NONE"}]
_TO_HEADER = {"user_agent": "user-agent", "host": "host", "referrer": "referer"}

Statement = dict[str, Any]


class AddressSet(msgspec.Struct, frozen=True):
    """Addresses that a rule names."""

    name: str
    version: str
    """`IPV4` or `IPV6`."""
    addresses: tuple[str, ...]
    """CIDR blocks."""


def name_of(signature: Signature) -> str:
    """The same for the same signature, whichever addresses it has by now."""
    parts = [
        (part.dimension, part.values if len(part.values) == 1 and not part.novel else (), part.novel)
        for part in signature.parts
    ]
    mark = hashlib.sha256(repr(parts).encode()).hexdigest()[:8]
    return f"ShieldSignature_{'_'.join(part.dimension for part in signature.parts)}_{mark}"


def rule(signature: Signature, action: str, priority: int) -> dict[str, Any]:
    """The rule for a signature. `action`: `Block` or `Count`."""
    name = name_of(signature)
    statements = [_statement(part, name) for part in signature.parts]
    return {
        "Name": name,
        "Priority": priority,
        "Statement": _all(statements),
        "Action": {action: {}},
        "VisibilityConfig": {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name},
    }


def address_sets(signatures: Iterable[Signature]) -> list[AddressSet]:
    """The sets that the rules of these signatures name."""
    return [one for signature in signatures for part in signature.parts for one in _sets(part, name_of(signature))]


def within(rules: Sequence[dict[str, Any]], known: Iterable[AddressSet]) -> list[dict[str, Any]]:
    """As many of the rules, in their order, as the group has room for."""
    sets = {one.name: {"Addresses": one.addresses} for one in known}
    taken: list[dict[str, Any]] = []
    for one in rules:
        if capacity([*taken, one], sets.get) <= ROOM:
            taken.append(one)
    return taken


def _sets(part: Part, rule_name: str) -> list[AddressSet]:
    if part.dimension not in ("source", "network", "forwarded"):
        return []
    by_version: dict[int, list[str]] = {}
    for text in part.values:
        network = ipaddress.ip_network(text, strict=False)
        by_version.setdefault(network.version, []).append(str(network))
    # Named by its rule, not by its addresses: those change while the rule stays.
    stem = f"{rule_name.replace('Signature', 'Addresses', 1)}_{part.dimension}"
    return [
        AddressSet(f"{stem}_v{version}", f"IPV{version}", tuple(addresses))
        for version, addresses in sorted(by_version.items())
    ]


def _novel(part: Part) -> Statement:
    """What is there, and none of the values."""
    name, values = part.dimension, part.values
    if name == "asn":
        return _not({"AsnMatchStatement": {"AsnList": [0, *[int(value) for value in values]]}})
    if name == "country":
        return _not({"GeoMatchStatement": {"CountryCodes": ["XX", *values]}})
    if name == "ja4":
        # A request without a fingerprint counts as known.
        known = [_text({"JA4Fingerprint": {"FallbackBehavior": "MATCH"}}, value) for value in values]
        return _not(_any(known))
    if name == "argument":
        there = _size({"QueryString": {}}, "GT")
        return _all([there, _not(_any([_text({"QueryString": {}}, value, "STARTS_WITH") for value in values]))])
    field = {"SingleHeader": {"Name": _TO_HEADER[name]}}
    return _all([_size(field, "GE"), _not(_any([_text(field, value) for value in values]))])


def _statement(part: Part, rule_name: str) -> Statement:
    if part.novel:
        return _novel(part)
    name, value = part.dimension, part.values[0]
    sets = _sets(part, rule_name)
    if sets:
        return _any([_address(one.name, forwarded=name == "forwarded") for one in sets])
    if name == "asn":
        return {"AsnMatchStatement": {"AsnList": [int(value)]}}
    if name == "country":
        return {"GeoMatchStatement": {"CountryCodes": [value]}}
    if name == "ja4":
        return _text({"JA4Fingerprint": {"FallbackBehavior": "NO_MATCH"}}, value)
    if name == "method":
        return _text({"Method": {}}, value)
    if name == "uri":
        return _text({"UriPath": {}}, value)
    if name == "prefix":
        return _text({"UriPath": {}}, value, "STARTS_WITH")
    if name == "query":
        asked = _size({"QueryString": {}}, "GT")
        return asked if value == "yes" else _not(asked)
    if name == "argument":
        return _text({"QueryString": {}}, value, "STARTS_WITH")
    if name == "order":
        return _text({"HeaderOrder": {"OversizeHandling": "CONTINUE"}}, value)
    if name == "headers":
        present = value.split(",")
        return _all([
            has if header in present else _not(has)
            for header in USUAL
            for has in [_size({"SingleHeader": {"Name": header}}, "GE")]
        ])  # fmt: skip
    field = {"SingleHeader": {"Name": _TO_HEADER[name]}}
    return _text(field, value) if value else _not(_size(field, "GE"))


def _text(field: Statement, value: str, how: str = "EXACTLY") -> Statement:
    cut = len(value) >= LONGEST and how == "EXACTLY"
    return {
        "ByteMatchStatement": {
            "FieldToMatch": field,
            "SearchString": value.encode("latin-1"),
            "PositionalConstraint": "STARTS_WITH" if cut else how,
            "TextTransformations": _NONE,
        }
    }


def _size(field: Statement, how: str) -> Statement:
    return {
        "SizeConstraintStatement": {
            "FieldToMatch": field, "ComparisonOperator": how, "Size": 0, "TextTransformations": _NONE,
        }
    }  # fmt: skip


def _address(name: str, *, forwarded: bool) -> Statement:
    config = {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "NO_MATCH", "Position": "FIRST"}
    extra = {"IPSetForwardedIPConfig": config} if forwarded else {}
    return {"IPSetReferenceStatement": {"ARN": name, **extra}}


def _not(statement: Statement) -> Statement:
    return {"NotStatement": {"Statement": statement}}


def _all(statements: list[Statement]) -> Statement:
    return statements[0] if len(statements) == 1 else {"AndStatement": {"Statements": statements}}


def _any(statements: list[Statement]) -> Statement:
    return statements[0] if len(statements) == 1 else {"OrStatement": {"Statements": statements}}
