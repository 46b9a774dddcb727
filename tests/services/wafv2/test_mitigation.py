"""Shield's rule group in a web ACL."""

from __future__ import annotations

from garrison.access.mitigation import PRIORITY, mitigation
from garrison.services.wafv2.resolve import resolver
from garrison.shield.rules import AddressSet
from tests.services.organizations.house import NOW
from tests.services.wafv2.waf import VISIBLE, Waf, key, path_is, rule


def test_shields_group_stands_in_the_web_acl_and_leaves_it_as_it_was(waf: Waf) -> None:
    acl = waf.web_acl("front", rule("admin", 0, path_is(b"/admin")))
    arn = acl["ARN"]
    before = waf.run("GetWebACL", **key(acl))
    shield = mitigation()
    store = waf.house.runtime.store
    assert store.writing(lambda tx: shield.rules(tx, arn)) is None
    for _ in range(2):
        store.writing(lambda tx: shield.enable(tx, "aws", arn, now=NOW))
    during = waf.run("GetWebACL", **key(acl))
    assert [one["Priority"] for one in during["WebACL"]["Rules"]] == [0, PRIORITY]
    assert during["WebACL"]["Capacity"] == before["WebACL"]["Capacity"] + 150
    assert during["LockToken"] != before["LockToken"]
    assert waf.run("ListRuleGroups", Scope="REGIONAL")["RuleGroups"] == []
    store.writing(lambda tx: shield.replace(tx, arn, [rule("flood", 0, path_is(b"/\xff"))], now=NOW))
    rules = store.writing(lambda tx: shield.rules(tx, arn))
    assert rules is not None
    assert rules[0]["Statement"]["ByteMatchStatement"]["SearchString"] == b"/\xff"
    # Its owner changes the web ACL as it was read, Shield's rule and all.
    update = {**key(acl), "LockToken": during["LockToken"], "DefaultAction": {"Block": {}}, "VisibilityConfig": VISIBLE}
    waf.run("UpdateWebACL", **update, Rules=during["WebACL"]["Rules"])
    store.writing(lambda tx: shield.disable(tx, arn, now=NOW))
    after = waf.run("GetWebACL", **key(acl))["WebACL"]
    assert (after["Rules"], after["Capacity"]) == (before["WebACL"]["Rules"], before["WebACL"]["Capacity"])


def test_addresses_that_shields_rules_name_come_and_go_with_them(waf: Waf) -> None:
    acl = waf.web_acl("front")
    arn = acl["ARN"]
    shield, store = mitigation(), waf.house.runtime.store
    store.writing(lambda tx: shield.enable(tx, "aws", arn, now=NOW))
    many = AddressSet("flooders", "IPV4", ("198.51.100.1/32",))
    named = [rule("flood", 0, {"IPSetReferenceStatement": {"ARN": "flooders"}})]
    with store.reading() as reader:
        assert shield.differs(reader, arn, named, [many])
    store.writing(lambda tx: shield.replace(tx, arn, named, addresses=[many], now=NOW))
    with store.reading() as reader:
        assert not shield.differs(reader, arn, named, [many])
        assert shield.differs(reader, arn, named, [AddressSet("flooders", "IPV4", ("198.51.100.2/32",))])
        assert shield.differs(reader, arn, [], [])
        (there,) = shield.rules(reader, arn) or ()
        document = resolver(reader)(there["Statement"]["IPSetReferenceStatement"]["ARN"])
    assert document is not None
    assert document["Addresses"] == ["198.51.100.1/32"]
    assert waf.run("ListIPSets", Scope="REGIONAL")["IPSets"] == []
    store.writing(lambda tx: shield.replace(tx, arn, [], addresses=[], now=NOW))
    with store.reading() as reader:
        assert resolver(reader)(there["Statement"]["IPSetReferenceStatement"]["ARN"]) is None
