"""The Anti-DDoS rule group: what it labels, challenges and blocks while a resource is attacked."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.aws.errors import AwsError
from garrison.shield.attributes import attributes
from garrison.shield.slices import Sample
from garrison.shield.suspicion import Suspicion
from garrison.waf import CompiledWebAcl, Request, Resource, State, compile_web_acl

PREFIX = "awswaf:managed:aws:anti-ddos:"
RESOURCE = Resource(id="app/shop/1")


class Attacked:
    """Every request to /flood is of the attack."""

    def __init__(self, level: str | None, attacked: bool = True) -> None:
        self._level = level
        self._attacked = attacked

    def attacked(self, resource: str) -> bool:
        return self._attacked and resource == RESOURCE.id

    def suspicion(self, request: Request) -> str | None:
        return self._level if request.target.startswith(b"/flood") else None


def compiled(usage: str = "DISABLED", **config: Any) -> CompiledWebAcl:
    exempt = [{"RegexString": r"\.(css|js)$"}] if usage == "ENABLED" else []
    challenge: dict[str, Any] = {"UsageOfAction": usage, "ExemptUriRegularExpressions": exempt}
    if "challenge" in config:
        challenge["Sensitivity"] = config.pop("challenge")
    rule_set = {"ClientSideActionConfig": {"Challenge": challenge}, **config}
    visible = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
    group = {
        "VendorName": "AWS", "Name": "AWSManagedRulesAntiDDoSRuleSet",
        "ManagedRuleGroupConfigs": [{"AWSManagedRulesAntiDDoSRuleSet": rule_set}],
    }  # fmt: skip
    rule = {
        "Name": "ddos", "Priority": 0, "Statement": {"ManagedRuleGroupStatement": group},
        "OverrideAction": {"None": {}}, "VisibilityConfig": visible,
    }  # fmt: skip
    return compile_web_acl({"Name": "a", "Rules": [rule], "DefaultAction": {"Allow": {}}, "VisibilityConfig": visible})


def ask(acl: CompiledWebAcl, path: str, level: str | None, attacked: bool = True) -> tuple[str, set[str]]:
    """(action by rule, labels of the group without its namespace)"""
    request = Request(method="GET", target=path.encode(), headers=((b"accept", b"text/html"),), resource=RESOURCE)
    known = Attacked(level, attacked)
    verdict = acl.inspect(request, State(floods=lambda: known), 1_800_000_000.0)
    rule = verdict.decided_by
    labels = {label.removeprefix(PREFIX) for label in verdict.labels if label.startswith(PREFIX)}
    return (verdict.action if rule is None else f"{verdict.action} by {rule.rule}"), labels


def test_without_an_attack_nothing_is_labelled_but_what_could_be_challenged() -> None:
    assert ask(compiled(), "/flood", "high", attacked=False) == ("ALLOW", set())
    assert ask(compiled("ENABLED"), "/flood", "high", attacked=False) == ("ALLOW", {"challengeable-request"})
    assert ask(compiled("ENABLED"), "/a.css", None, attacked=False) == ("ALLOW", set())


@pytest.mark.parametrize(
    ("sensitivity", "blocked"),
    [(None, {"high"}), ("LOW", {"high"}), ("MEDIUM", {"high", "medium"}), ("HIGH", {"high", "medium", "low"})],
)
def test_the_sensitivity_says_which_suspicion_is_blocked(sensitivity: str | None, blocked: set[str]) -> None:
    acl = compiled() if sensitivity is None else compiled(SensitivityToBlock=sensitivity)
    for level in ("high", "medium", "low"):
        action, labels = ask(acl, "/flood", level)
        assert labels == {"event-detected", "ddos-request", f"{level}-suspicion-ddos-request"}
        assert action == ("BLOCK by DDoSRequests" if level in blocked else "ALLOW")
    assert ask(acl, "/fine", "high") == ("ALLOW", {"event-detected"})


def test_during_an_attack_everybody_who_can_be_is_challenged_and_exempt_paths_only_blocked() -> None:
    acl = compiled("ENABLED")
    assert ask(acl, "/fine", "high")[0] == "CHALLENGE by ChallengeAllDuringEvent"
    assert ask(acl, "/fine.css", "high") == ("ALLOW", {"event-detected"})
    assert ask(acl, "/flood.css", "high")[0] == "BLOCK by DDoSRequests"


def test_a_configuration_is_needed_and_exempt_paths_with_it() -> None:
    visible = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "m"}
    for configs in (
        [],
        [{"AWSManagedRulesAntiDDoSRuleSet": {"ClientSideActionConfig": {"Challenge": {"UsageOfAction": "ENABLED"}}}}],
    ):
        group = {
            "VendorName": "AWS", "Name": "AWSManagedRulesAntiDDoSRuleSet", "ManagedRuleGroupConfigs": configs,
        }  # fmt: skip
        rule = {
            "Name": "ddos", "Priority": 0, "Statement": {"ManagedRuleGroupStatement": group},
            "OverrideAction": {"None": {}}, "VisibilityConfig": visible,
        }  # fmt: skip
        document = {"Name": "a", "Rules": [rule], "DefaultAction": {"Allow": {}}, "VisibilityConfig": visible}
        with pytest.raises(AwsError) as caught:
            compile_web_acl(document)
        assert caught.value.code == "WAFInvalidParameterException"


def test_suspicion_is_cut_where_hardly_any_normal_request_is() -> None:
    def sample(number: int, agent: str, path: str) -> Sample:
        headers = ((b"user-agent", agent.encode()),)
        request = Request(method="GET", target=path.encode(), headers=headers, source_ip=f"10.0.{number % 200}.1")
        return Sample(attributes(request))

    normal = [sample(n, f"browser {n % 5}", f"/{n % 20}") for n in range(1000)]
    attack = [sample(n + 7, "tool", "/login") for n in range(900)] + normal[:100]
    suspicion = Suspicion.fit(attack, normal)
    assert suspicion is not None
    assert suspicion.level(attack[0].values) == "high"
    assert sum(suspicion.level(one.values) == "high" for one in normal) <= 1
    assert sum(suspicion.level(one.values) is not None for one in normal) <= 50
