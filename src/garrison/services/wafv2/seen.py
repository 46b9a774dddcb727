"""What went through: samples of requests, addresses a rate-based rule holds back, the paths people ask for most."""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.access.traffic import traffic_of
from garrison.services.operation import operation
from garrison.services.wafv2 import entities
from garrison.services.wafv2.errors import unsupported_aggregate_key
from garrison.services.wafv2.resources import WEB_ACL, Document, Entity
from garrison.services.wafv2.scope import arn_of, scope_of
from garrison.store import Reader, Resource
from garrison.waf.errors import invalid, nonexistent

_HISTORY = 3 * 3600
"""Seconds: "within the last three hours" (API reference, GetSampledRequests)."""

_POPULATION = 5_000
"""Samples are of the first so many requests of the time asked for."""


@operation("wafv2", "GetSampledRequests", access="read")
def get_sampled_requests(call: Call, reader: Reader) -> dict[str, Any]:
    scope_of(call)
    params = call.params
    row = entities.by_arn(call, reader, params["WebAclArn"], WEB_ACL)
    window = params["TimeWindow"]
    start = max(window["StartTime"], call.now - _HISTORY)
    end = max(min(window["EndTime"], call.now), start)
    traffic = traffic_of(call.runtime)
    found: list[dict[str, Any]] = []
    population = 0
    if traffic is not None:
        arn = arn_of(call.partition, row)
        found, population = traffic.sampled(arn, params["RuleMetricName"], start, end, limit=_POPULATION)
    shown = found[: params["MaxItems"]]
    weight = max(1, round(population / len(shown))) if shown else 1
    return {
        "SampledRequests": [{**item, "Weight": weight} for item in shown],
        "PopulationSize": population,
        "TimeWindow": {"StartTime": start, "EndTime": end},
    }


@operation("wafv2", "GetRateBasedStatementManagedKeys", access="read")
def get_rate_based_statement_managed_keys(call: Call, reader: Reader) -> dict[str, Any]:
    params = call.params
    row = reader.get(WEB_ACL, call.account, params["WebACLName"], region=call.region, parent=scope_of(call))
    if row is None or row.id != params["WebACLId"]:
        raise nonexistent()
    within = params.get("RuleGroupRuleName")
    statement = _rate_based(reader, row, within, params["RuleName"])
    if statement["AggregateKeyType"] not in ("IP", "FORWARDED_IP"):
        raise unsupported_aggregate_key()
    traffic = traffic_of(call.runtime)
    keys: list[str] = []
    if traffic is not None:
        arn = arn_of(call.partition, row)
        keys = traffic.limited(arn, params["RuleName"], within)
    answer: dict[str, Any] = {}
    for member, version, wanted in (("ManagedKeysIPV4", "IPV4", False), ("ManagedKeysIPV6", "IPV6", True)):
        addresses = [f"{key}/{128 if wanted else 32}" for key in keys if (":" in key) is wanted]
        answer[member] = {"IPAddressVersion": version, "Addresses": addresses}
    return answer


def _rate_based(reader: Reader, row: Resource[Entity], within: str | None, name: str) -> dict[str, Any]:
    """The rate-based statement of a rule of the web ACL, or of a rule in the group that a rule of it refers to."""
    document: Document | None = row.body.document
    if within is not None:
        rule = _rule(document, within)
        reference = (rule or {}).get("Statement", {}).get("RuleGroupReferenceStatement")
        group = None if reference is None else entities.find(reader, reference["ARN"])
        document = None if group is None else group.body.document
    rule = _rule(document, name)
    statement: dict[str, Any] | None = (rule or {}).get("Statement", {}).get("RateBasedStatement")
    if statement is None:
        raise nonexistent()
    return statement


def _rule(document: Document | None, name: str) -> dict[str, Any] | None:
    rules: list[dict[str, Any]] = (document or {}).get("Rules", [])
    return next((rule for rule in rules if rule["Name"] == name), None)


@operation("wafv2", "GetTopPathStatisticsByTraffic", access="read")
def get_top_path_statistics_by_traffic(call: Call, reader: Reader) -> dict[str, Any]:
    scope_of(call)
    params = call.params
    row = entities.by_arn(call, reader, params["WebAclArn"], WEB_ACL)
    for member in ("BotCategory", "BotOrganization", "BotName"):
        if member in params:
            raise invalid("STATEMENT", member, "Traffic is not told apart by bots here.")
    window = params["TimeWindow"]
    traffic = traffic_of(call.runtime)
    counted: dict[str, int] = {}
    if traffic is not None:
        counted = dict(traffic.paths(arn_of(call.partition, row), window["StartTime"], window["EndTime"]))
    total = sum(counted.values())
    prefix = params.get("UriPathPrefix", "")
    chosen = sorted(((n, path) for path, n in counted.items() if path.startswith(prefix)), reverse=True)
    shown = chosen[: params["Limit"]]
    return {
        "PathStatistics": [
            {"Path": path, "RequestCount": n, "Percentage": round(100 * n / total, 2)} for n, path in shown
        ],
        "TotalRequestCount": total,
    }
