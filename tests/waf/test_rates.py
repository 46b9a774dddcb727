"""Rate-based rules: what they count, by what, and when they act."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.waf import CompiledWebAcl, Request, State
from garrison.waf.counters import MemoryCounters
from tests.waf.documents import EVERY, byte, compiled, request, rule, transformations


def rate(limit: int = 10, kind: str = "IP", **more: Any) -> dict[str, Any]:
    return {"RateBasedStatement": {"Limit": limit, "AggregateKeyType": kind, **more}}


def blocked(acl: CompiledWebAcl, state: State, *requests: Request, now: float = 1000.0) -> list[bool]:
    return [acl.inspect(each, state, now).action == "BLOCK" for each in requests]


def test_the_request_that_crosses_the_limit_is_acted_on() -> None:
    acl, state = compiled(rule(rate(10), name="flood")), State()
    ana, bob = request(source_ip="192.0.2.1"), request(source_ip="192.0.2.2")
    assert blocked(acl, state, *[ana] * 11) == [False] * 10 + [True]
    assert blocked(acl, state, bob) == [False]
    found = acl.inspect(ana, state, 1000.0)
    assert (found.rule_type, found.rates[0].limit_value, found.rates[0].max_rate) == ("RATE_BASED", "192.0.2.1", 10)


@pytest.mark.parametrize("window", [60, 120, 300, 600])
def test_requests_are_forgotten_after_the_window(window: int) -> None:
    acl, state = compiled(rule(rate(10, EvaluationWindowSec=window))), State()
    blocked(acl, state, *[request()] * 10, now=1000.0)
    assert blocked(acl, state, request(), now=1000.0 + window - 10) == [True]
    assert blocked(acl, state, request(), now=1000.0 + window) == [False]


def test_as_aws_does_it_rates_are_looked_at_every_ten_seconds() -> None:
    acl, state = compiled(rule(rate(10))), State(timing="aws")
    assert not any(blocked(acl, state, *[request()] * 30, now=1000.0))
    assert blocked(acl, state, request(), now=1009.9) == [False]
    assert blocked(acl, state, request(), now=1010.0) == [True]
    assert blocked(acl, state, request(), now=1400.0) == [False]


def test_only_what_the_scope_down_statement_matches_is_counted_and_acted_on() -> None:
    acl, state = compiled(rule(rate(10, ScopeDownStatement=byte(b"/login", "UriPath", "STARTS_WITH")))), State()
    assert not any(blocked(acl, state, *[request(b"/")] * 20))
    assert blocked(acl, state, *[request(b"/login")] * 11)[-1]
    assert blocked(acl, state, request(b"/")) == [False]


def test_a_constant_key_counts_everybody_together() -> None:
    acl, state = compiled(rule(rate(10, "CONSTANT", ScopeDownStatement=EVERY))), State()
    assert blocked(acl, state, *(request(source_ip=f"192.0.2.{n}") for n in range(11)))[-1]


FORWARDED = {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "MATCH"}


def test_a_forwarded_address_is_counted_by_its_first_one() -> None:
    acl, state = compiled(rule(rate(10, "FORWARDED_IP", ForwardedIPConfig=FORWARDED))), State()
    assert blocked(acl, state, *(request(b"/", {"X-Forwarded-For": f"192.0.2.1, 10.0.0.{n}"}) for n in range(11)))[-1]
    assert blocked(acl, state, request(b"/", {"X-Forwarded-For": "192.0.2.9"})) == [False]
    assert blocked(acl, state, request(b"/", {"X-Forwarded-For": "garbage"})) == [True]
    assert not any(blocked(acl, state, *[request(b"/")] * 20))


TEXT = {"TextTransformations": transformations("LOWERCASE")}

KEYS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any] | None]] = [
    # (the key, a request, one with another key, one without any)
    ({"Header": {"Name": "X-Tenant", **TEXT}}, {"headers": {"x-tenant": "A"}}, {"headers": {"x-tenant": "B"}}, {}),
    ({"Cookie": {"Name": "sid", **TEXT}}, {"headers": {"cookie": "sid=1"}}, {"headers": {"cookie": "sid=2"}}, {}),
    ({"QueryArgument": {"Name": "q", **TEXT}}, {"target": b"/?Q=1"}, {"target": b"/?q=2"}, {"target": b"/?r=1"}),
    ({"QueryString": TEXT}, {"target": b"/?A"}, {"target": b"/?b"}, {"target": b"/"}),
    ({"UriPath": TEXT}, {"target": b"/A?1"}, {"target": b"/b"}, None),
    ({"HTTPMethod": {}}, {"method": "GET"}, {"method": "POST"}, None),
    ({"JA3Fingerprint": {"FallbackBehavior": "NO_MATCH"}}, {"ja3": "a"}, {"ja3": "b"}, {}),
    ({"JA4Fingerprint": {"FallbackBehavior": "NO_MATCH"}}, {"ja4": "a"}, {"ja4": "b"}, {}),
    ({"LabelNamespace": {"Namespace": "t:"}}, {"target": b"/gold"}, {"target": b"/silver"}, {"target": b"/"}),
    ({"ASN": {}}, {"source_ip": "192.0.2.1"}, {"source_ip": "192.0.2.2"}, {"source_ip": "192.0.2.3"}),
]


@pytest.mark.parametrize(("key", "one", "other", "none"), KEYS, ids=[next(iter(k[0])) for k in KEYS])
def test_custom_key(
    key: dict[str, Any], one: dict[str, Any], other: dict[str, Any], none: dict[str, Any] | None
) -> None:
    from garrison.waf import Location

    numbers = {"192.0.2.1": 64500, "192.0.2.2": 64501}
    acl = compiled(
        rule(byte(b"gold", "UriPath"), "Count", labels=("t:gold",)),
        rule(byte(b"silver", "UriPath"), "Count", labels=("t:silver",)),
        rule(rate(10, "CUSTOM_KEYS", CustomKeys=[key])),
    )
    state = State(locate=lambda address: Location(asn=numbers.get(address, 0)))
    assert blocked(acl, state, *[request(**one)] * 11) == [False] * 10 + [True]
    assert blocked(acl, state, request(**other)) == [False]
    if none is not None:
        assert not any(blocked(acl, state, *[request(**none)] * 20))
    (result,) = acl.inspect(request(**one), state, 1000.0).rates
    assert result.limit_key == "CUSTOMKEYS"
    assert len(result.custom_values) == 1


def test_several_keys_count_together() -> None:
    keys: list[dict[str, Any]] = [{"IP": {}}, {"HTTPMethod": {}}, {"ForwardedIP": {}}]
    acl = compiled(rule(rate(10, "CUSTOM_KEYS", CustomKeys=keys, ForwardedIPConfig=FORWARDED)))
    state = State()
    one = request(b"/", {"X-Forwarded-For": "10.0.0.1"})
    assert blocked(acl, state, *[one] * 11)[-1]
    assert blocked(acl, state, request(b"/", {"X-Forwarded-For": "10.0.0.2"})) == [False]
    assert blocked(acl, state, request(b"/", {"X-Forwarded-For": "10.0.0.1"}, method="PUT")) == [False]


def test_a_changed_rule_counts_anew_and_an_unchanged_one_goes_on() -> None:
    state = State()
    first = rule(rate(10), name="flood")
    blocked(compiled(first), state, *[request()] * 10)
    assert blocked(compiled(first), state, request()) == [True]
    changed = {**first, "Statement": rate(11)}
    assert blocked(compiled(changed), state, *[request()] * 11) == [False] * 11


def test_two_rules_count_apart() -> None:
    acl, state = compiled(rule(rate(15), "Count", name="a"), rule(rate(10), name="b")), State()
    found = [acl.inspect(request(), state, 1000.0) for _ in range(16)]
    assert [v.action for v in found] == ["ALLOW"] * 10 + ["BLOCK"] * 6
    assert [m.rule for m in found[15].matched] == ["a"]


def test_keys_over_the_limit_can_be_listed_highest_first() -> None:
    counters = MemoryCounters()
    for key, times in ((b"a", 5), (b"b", 20), (b"c", 12)):
        for _ in range(times):
            counters.add(b"rule", key, 1000.0, 300)
    assert counters.limited(b"rule", 1000.0, 10, 300) == [(b"b", 20), (b"c", 12)]
    assert counters.total(b"rule", b"a", 1000.0, 300) == 5
    assert counters.limited(b"rule", 2000.0, 10, 300) == []


def test_counters_of_rules_nobody_uses_any_more_are_dropped() -> None:
    counters = MemoryCounters()
    for number in range(100):
        counters.add(b"old %d" % number, b"key", 1000.0, 300)
    counters.add(b"new", b"key", 3000.0, 300)
    assert counters.total(b"old 1", b"key", 1000.0, 300) == 0
    assert len(counters._instances) == 1
