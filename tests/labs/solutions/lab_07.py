"""Lab 7 solved."""

from __future__ import annotations

from typing import Any

from garrison.labs.web import BLOCKED, Client
from tests.labs.solutions.script import Learner, Script, until

SCRIPT = Script(7)
Rule = dict[str, Any]


def visibility(name: str, *, sampled: bool) -> dict[str, Any]:
    return {"SampledRequestsEnabled": sampled, "CloudWatchMetricsEnabled": False, "MetricName": name}


def put(learner: Learner, *more: Rule, sampled: bool | None = None) -> None:
    """One rule more in the web ACL `shop`, which is made with the first and put in front of the load balancer."""
    waf = learner.client("wafv2")
    kept = learner.kept
    rules: list[Rule] = [*kept.get("rules", []), *more]
    kept["sampled"] = kept.get("sampled", False) if sampled is None else sampled
    for priority, rule in enumerate(rules):
        rule |= {"Priority": priority, "VisibilityConfig": visibility(rule["Name"], sampled=kept["sampled"])}
    kept["rules"] = rules
    shown = {
        "Name": "shop",
        "Scope": "REGIONAL",
        "DefaultAction": {"Allow": {}},
        "VisibilityConfig": visibility("shop", sampled=kept["sampled"]),
        "Rules": rules,
    }
    there = next((one for one in waf.list_web_acls(Scope="REGIONAL")["WebACLs"] if one["Name"] == "shop"), None)
    if there is None:
        made = waf.create_web_acl(**shown)["Summary"]
        waf.associate_web_acl(WebACLArn=made["ARN"], ResourceArn=learner.fact("load_balancer"))
    else:
        waf.update_web_acl(Id=there["Id"], LockToken=there["LockToken"], **shown)


def managed(name: str) -> Rule:
    statement = {"VendorName": "AWS", "Name": f"AWSManagedRules{name}"}
    return {"Name": name, "Statement": {"ManagedRuleGroupStatement": statement}, "OverrideAction": {"None": {}}}


def at(path: str) -> dict[str, Any]:
    return {
        "ByteMatchStatement": {
            "FieldToMatch": {"UriPath": {}},
            "PositionalConstraint": "STARTS_WITH",
            "SearchString": path,
            "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
        }
    }


@SCRIPT.step("injection")
def injection(learner: Learner) -> None:
    put(learner, managed("SQLiRuleSet"))


@SCRIPT.step("scripting")
def scripting(learner: Learner) -> None:
    # Another way than the hint's: not the core rule set, which has much else, but a statement against scripts alone.
    decoded = [{"Priority": 0, "Type": "URL_DECODE"}, {"Priority": 1, "Type": "HTML_ENTITY_DECODE"}]
    places: list[dict[str, Any]] = [{"QueryString": {}}, {"Body": {"OversizeHandling": "CONTINUE"}}]
    scripts = [{"XssMatchStatement": {"FieldToMatch": where, "TextTransformations": decoded}} for where in places]
    put(learner, {"Name": "scripts", "Statement": {"OrStatement": {"Statements": scripts}}, "Action": {"Block": {}}})
    attack = "/search?q=%3Cscript%3Ealert(1)%3C/script%3E"
    until(lambda: Client(learner.fact("url")).ask(attack) == BLOCKED, "the change is not in force")


@SCRIPT.step("office")
def office(learner: Learner) -> None:
    made = learner.client("wafv2").create_ip_set(
        Name="office", Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=["198.51.100.0/24"]
    )
    told = {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "NO_MATCH", "Position": "FIRST"}
    there = {"IPSetReferenceStatement": {"ARN": made["Summary"]["ARN"], "IPSetForwardedIPConfig": told}}
    outside = {"AndStatement": {"Statements": [at("/admin"), {"NotStatement": {"Statement": there}}]}}
    put(learner, {"Name": "office", "Statement": outside, "Action": {"Block": {}}})
    until(lambda: Client(learner.fact("url")).ask("/admin") == BLOCKED, "the change is not in force")


@SCRIPT.step("sampled")
def sampled(learner: Learner) -> None:
    put(learner, sampled=True)
