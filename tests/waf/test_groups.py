"""Rule groups, of one's own and managed: order, overrides, scope-down, labels."""

from __future__ import annotations

from typing import Any

import pytest

from garrison.waf import State
from garrison.waf.rule_group import Inspection, ManagedRule, ManagedRuleGroup, Version
from tests.waf.documents import ARN, EVERY, byte, compiled, label, request, rule, rule_group, verdict

MINE = ARN.format("rulegroup", "mine")
GROUP_PREFIX = "awswaf:123456789012:rulegroup:mine:"


def mine(**more: Any) -> dict[str, Any]:
    return {"RuleGroupReferenceStatement": {"ARN": MINE, **more}}


def contains(text: bytes) -> dict[str, Any]:
    return byte(text, "UriPath")


GROUP = rule_group(
    rule(contains(b"a"), "Count", "counts", labels=("seen:a",)),
    rule(contains(b"b"), "Block", "blocks", labels=("seen:b",)),
    rule(contains(b"c"), "Allow", "allows"),
    rule(contains(b"d"), "Block", "later", labels=("seen:d",)),
)
REFERENCES = {MINE: GROUP}


def test_a_group_is_evaluated_in_its_place() -> None:
    acl = compiled(
        rule(contains(b"first"), "Allow", "first"),
        rule(mine(), name="group"),
        rule(EVERY, name="last"),
        references=REFERENCES,
    )

    def decided(path: bytes) -> tuple[str, str, str]:
        found = acl.inspect(request(path), State(), 1.0)
        return found.rule, found.rule_type, found.action

    assert decided(b"/first/b") == ("first", "REGULAR", "ALLOW")
    assert decided(b"/b") == ("group", "GROUP", "BLOCK")
    assert decided(b"/c") == ("group", "GROUP", "ALLOW")
    assert decided(b"/x") == ("last", "REGULAR", "BLOCK")


def test_what_happened_in_a_group_is_told() -> None:
    found = verdict(request(b"/ab"), rule(mine(), name="group"), references=REFERENCES)
    (group,) = found.groups
    assert group.id == MINE
    assert [match.rule for match in group.matched] == ["counts"]
    assert group.terminating is not None
    assert group.terminating.rule == "blocks"
    assert found.labels == (GROUP_PREFIX + "seen:a", GROUP_PREFIX + "seen:b")
    assert found.decided_by is group.terminating


def test_a_group_that_counts_as_a_whole_still_stops_at_the_rule_that_would_have_ended_it() -> None:
    found = verdict(request(b"/abd"), rule(mine(), "Count", "group"), references=REFERENCES)
    assert found.action == "ALLOW"
    assert [match.rule for match in found.matched] == ["group"]
    assert found.labels == (GROUP_PREFIX + "seen:a", GROUP_PREFIX + "seen:b")  # "later" was not asked


def counted(*names: str) -> list[dict[str, Any]]:
    return [{"Name": name, "ActionToUse": {"Count": {}}} for name in names]


def test_overriding_every_rule_to_count_goes_on_through_the_group() -> None:
    statement = mine(RuleActionOverrides=counted("blocks", "later", "allows"))
    found = verdict(request(b"/abd"), rule(statement, name="group"), references=REFERENCES)
    assert found.action == "ALLOW"
    assert found.labels == (GROUP_PREFIX + "seen:a", GROUP_PREFIX + "seen:b", GROUP_PREFIX + "seen:d")
    (group,) = found.groups
    assert [(m.rule, m.action, m.overridden_action) for m in group.matched] == [
        ("counts", "COUNT", ""),
        ("blocks", "COUNT", "BLOCK"),
        ("later", "COUNT", "BLOCK"),
    ]


def test_an_override_may_do_more_than_the_rule() -> None:
    statement = mine(
        RuleActionOverrides=[{"Name": "counts", "ActionToUse": {"Block": {"CustomResponse": {"ResponseCode": 404}}}}]
    )
    found = verdict(request(b"/a"), rule(statement), references=REFERENCES)
    assert found.action == "BLOCK"
    assert found.response is not None
    assert found.response.status == 404


def test_excluded_rules_count_and_are_marked() -> None:
    found = verdict(request(b"/b"), rule(mine(ExcludedRules=[{"Name": "blocks"}])), references=REFERENCES)
    assert found.action == "ALLOW"
    assert [(m.rule, m.excluded) for m in found.groups[0].matched] == [("blocks", True)]


def test_labels_of_a_group_need_their_prefix_outside_of_it() -> None:
    group = rule(mine(), "Count")
    inside = verdict(request(b"/a"), group, rule(label(GROUP_PREFIX + "seen:a"), name="next"), references=REFERENCES)
    assert inside.rule == "next"
    assert verdict(request(b"/a"), group, rule(label("seen:a")), references=REFERENCES).action == "ALLOW"


def test_custom_bodies_in_a_group_are_the_groups_own() -> None:
    bodies = {"gone": {"ContentType": "APPLICATION_JSON", "Content": '{"gone":true}'}}
    blocks = rule(EVERY, {"Block": {"CustomResponse": {"ResponseCode": 403, "CustomResponseBodyKey": "gone"}}})
    group = rule_group(blocks, CustomResponseBodies=bodies)
    found = verdict(request(), rule(mine()), references={MINE: group})
    assert found.response is not None
    assert found.response.body == b'{"gone":true}'
    assert ("Content-Type", "application/json") in found.response.headers


def managed(*rules: ManagedRule, **more: Any) -> ManagedRuleGroup:
    return ManagedRuleGroup(
        name="Probes",
        vendor="Acme",
        capacity=50,
        label_namespace="awswaf:managed:acme:probes:",
        rules=rules,
        versions=(Version("Version_1.0", frozenset({"NEW_URIPATH"})), Version("Version_1.1")),
        **more,
    )


OLD = ManagedRule(name="OLD_URIPATH", statement=contains(b"old"), labels=("Old_URIPath",))
NEW = ManagedRule(name="NEW_URIPATH", statement=contains(b"new"), labels=("New_URIPath",), action="Count")


def acme(**more: Any) -> dict[str, Any]:
    return {"ManagedRuleGroupStatement": {"VendorName": "Acme", "Name": "Probes", **more}}


def test_a_managed_group_by_its_name() -> None:
    groups = (managed(OLD, NEW),)
    found = verdict(request(b"/old/new"), rule(acme(), name="acme"), groups=groups)
    assert (found.rule, found.rule_type, found.action) == ("acme", "MANAGED_RULE_GROUP", "BLOCK")
    assert found.groups[0].id == "Acme#Probes"
    counted_only = verdict(request(b"/new"), rule(acme()), groups=groups)
    assert counted_only.labels == ("awswaf:managed:acme:probes:New_URIPath",)


def test_a_static_version_has_the_rules_it_had() -> None:
    groups = (managed(OLD, NEW),)
    old = verdict(request(b"/new"), rule(acme(Version="Version_1.0")), groups=groups)
    assert old.labels == ()
    assert old.groups[0].id == "Acme#Probes#Version_1.0"
    assert verdict(request(b"/new"), rule(acme(Version="Version_1.1")), groups=groups).labels


def test_a_scope_down_statement_keeps_the_group_to_some_requests() -> None:
    statement = acme(ScopeDownStatement=byte(b"/api", "UriPath", "STARTS_WITH"))
    groups = (managed(OLD),)
    assert verdict(request(b"/api/old"), rule(statement), groups=groups).action == "BLOCK"
    outside = verdict(request(b"/old"), rule(statement), groups=groups)
    assert (outside.action, outside.groups) == ("ALLOW", ())


def test_overrides_of_managed_rules_with_unknown_names_are_let_pass() -> None:
    statement = acme(RuleActionOverrides=counted("OLD_URIPATH", "NO_SUCH_RULE"))
    assert verdict(request(b"/old"), rule(statement), groups=(managed(OLD),)).action == "ALLOW"


def test_rules_that_are_only_there_for_labels_show_in_nothing_else() -> None:
    hidden = ManagedRule(name="_hidden", statement=EVERY, action="Count", labels=("bot:name:curl",), listed=False)
    found = verdict(request(), rule(acme(RuleActionOverrides=[])), groups=(managed(hidden),))
    assert found.labels == ("awswaf:managed:acme:probes:bot:name:curl",)
    assert found.groups[0].matched == ()


def test_a_rule_can_look_at_the_whole_request_and_make_up_labels() -> None:
    def find(inspection: Inspection) -> tuple[str, ...] | None:
        many = inspection.count("visits", inspection.request.source_ip.encode(), 60)
        return (f"visits:{many}",) if inspection.path == b"/counted" else None

    counts = ManagedRule(name="R", statement={"RequestStatement": {"Find": find}}, action="Count")
    acl, state = compiled(rule(acme()), groups=(managed(counts),)), State()
    assert acl.inspect(request(b"/counted"), state, 1.0).labels == ("awswaf:managed:acme:probes:visits:1",)
    assert acl.inspect(request(b"/counted"), state, 1.0).labels == ("awswaf:managed:acme:probes:visits:2",)
    assert acl.inspect(request(b"/"), state, 1.0).labels == ()


def test_an_operators_list_may_be_missing() -> None:
    listed = ManagedRule(name="R", statement={"IPSetReferenceStatement": {"ARN": "garrison:ip-list:bad"}})
    groups = (managed(listed),)
    assert verdict(request(source_ip="192.0.2.1"), rule(acme()), groups=groups).action == "ALLOW"
    lists = {"garrison:ip-list:bad": {"Addresses": ["192.0.2.0/24", "2001:db8::/32"]}}
    for address, action in (("192.0.2.1", "BLOCK"), ("2001:db8::1", "BLOCK"), ("192.0.3.1", "ALLOW")):
        assert verdict(request(source_ip=address), rule(acme()), groups=groups, references=lists).action == action


def test_rules_that_do_not_run_yet_are_passed_over() -> None:
    still = ManagedRule(name="R", statement=EVERY, runs=False)
    assert verdict(request(), rule(acme()), groups=(managed(still),)).action == "ALLOW"


def test_groups_of_a_firewall_manager_come_first_and_last() -> None:
    def of_manager(name: str) -> dict[str, Any]:
        made = rule(acme(), name=name)
        made["FirewallManagerStatement"] = made.pop("Statement")
        return made

    everything = ManagedRule(name="R", statement=contains(b"old"), action="Count", labels=("x",))
    found = verdict(
        request(b"/old"),
        rule(label("awswaf:managed:acme:probes:x"), "Count", "own"),
        groups=(managed(everything),),
        PreProcessFirewallManagerRuleGroups=[of_manager("pre")],
        PostProcessFirewallManagerRuleGroups=[of_manager("post")],
    )
    assert [group.rule for group in found.groups] == ["pre", "post"]
    assert [match.rule for match in found.matched] == ["own"]


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_priority_orders_rules_whatever_their_place_in_the_document(order: tuple[str, str]) -> None:
    rules = {
        "a": rule(EVERY, "Allow", "a", Priority=5),
        "b": rule(EVERY, "Block", "b", Priority=2),
    }
    assert verdict(request(), *(rules[name] for name in order)).rule == "b"
