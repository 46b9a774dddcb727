"""What went through, as the edge told it: samples, addresses held back, paths."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from garrison.access import traffic
from garrison.access.ports import Edge
from tests.services.organizations.house import NOW
from tests.services.wafv2.waf import Waf, key, rule


@pytest.fixture
def seen(waf: Waf, tmp_path: Path) -> traffic.Traffic:
    waf.house.runtime = dataclasses.replace(waf.house.runtime, edge=Edge(directory=tmp_path))
    made = traffic.Traffic(tmp_path / traffic.NAME)
    made.create()
    return made


def _rate(**more: Any) -> dict[str, Any]:
    return {"RateBasedStatement": {"Limit": 100, "AggregateKeyType": "IP", **more}}


def _window(start: float, end: float) -> dict[str, float]:
    return {"StartTime": start, "EndTime": end}


def test_samples_are_of_the_last_three_hours_and_weigh_what_they_stand_for(waf: Waf, seen: traffic.Traffic) -> None:
    acl = waf.web_acl("front")["ARN"]
    batch = traffic.Batch()
    for n in range(4):
        item = {"Request": {"ClientIP": "192.0.2.1", "URI": f"/{n}", "Method": "GET"}, "Timestamp": NOW - n}
        batch.samples.append((acl, "metric", NOW - n, json.dumps(item).encode()))
    batch.counts[acl, "metric", "ALLOW", int(NOW // 60)] = 100
    seen.write(batch)
    params = {"WebAclArn": acl, "RuleMetricName": "metric", "Scope": "REGIONAL", "MaxItems": 2}
    got = waf.run("GetSampledRequests", **params, TimeWindow=_window(NOW - 9 * 3600, NOW + 60))
    assert got["TimeWindow"] == _window(NOW - 3 * 3600, NOW)
    assert got["PopulationSize"] == 100
    assert [one["Request"]["URI"] for one in got["SampledRequests"]] == ["/3", "/2"]
    assert {one["Weight"] for one in got["SampledRequests"]} == {50}


def test_addresses_that_a_rate_based_rule_holds_back_are_told(waf: Waf, seen: traffic.Traffic) -> None:
    custom = [{"Header": {"Name": "x-tenant", "TextTransformations": [{"Priority": 0, "Type": "NONE"}]}}]
    acl = waf.web_acl(
        "front",
        rule("flood", 0, _rate()),
        rule("tenants", 1, _rate(AggregateKeyType="CUSTOM_KEYS", CustomKeys=custom)),
    )
    arn = acl["ARN"]
    forever = 4e9
    seen.write(
        traffic.Batch(limited={(f"{arn}/flood", "192.0.2.1"): forever, (f"{arn}/flood", "2001:db8::1"): forever})
    )
    params = {"Scope": "REGIONAL", "WebACLName": "front", "WebACLId": acl["Id"]}
    got = waf.run("GetRateBasedStatementManagedKeys", **params, RuleName="flood")
    assert got["ManagedKeysIPV4"] == {"IPAddressVersion": "IPV4", "Addresses": ["192.0.2.1/32"]}
    assert got["ManagedKeysIPV6"] == {"IPAddressVersion": "IPV6", "Addresses": ["2001:db8::1/128"]}
    ask = "GetRateBasedStatementManagedKeys"
    assert waf.refused(ask, **params, RuleName="tenants") == "UnsupportedAggregateKeyType"
    assert waf.refused(ask, **params, RuleName="nobody") == "NonexistentItem"


def test_the_paths_people_ask_for_most(waf: Waf, seen: traffic.Traffic) -> None:
    acl = waf.web_acl("front")
    minute = int(NOW // 60)
    counted = {"/api/a": 6, "/api/b": 3, "/": 1}
    seen.write(traffic.Batch(paths={(acl["ARN"], minute, path): n for path, n in counted.items()}))
    params = {
        "WebAclArn": acl["ARN"], "Scope": "REGIONAL", "TimeWindow": _window(NOW - 60, NOW + 60),
        "Limit": 10, "NumberOfTopTrafficBotsPerPath": 1,
    }  # fmt: skip
    got = waf.run("GetTopPathStatisticsByTraffic", **params, UriPathPrefix="/api/")
    assert got["TotalRequestCount"] == 10
    assert [(one["Path"], one["RequestCount"], one["Percentage"]) for one in got["PathStatistics"]] == [
        ("/api/a", 6, 60.0),
        ("/api/b", 3, 30.0),
    ]


def test_a_garrison_without_an_edge_saw_nothing(waf: Waf) -> None:
    acl = waf.web_acl("front", rule("flood", 0, _rate()))
    params = {"WebAclArn": acl["ARN"], "RuleMetricName": "metric", "Scope": "REGIONAL", "MaxItems": 2}
    got = waf.run("GetSampledRequests", **params, TimeWindow=_window(NOW - 60, NOW))
    assert (got["SampledRequests"], got["PopulationSize"]) == ([], 0)
    assert key(acl)["Name"] == "front"
