"""How one web ACL follows another at the data plane. No server."""

from __future__ import annotations

from garrison.access.sites import Site
from garrison.edge.changeover import PATIENCE, Changeover
from garrison.edge.inspection.guards import Plan
from garrison.waf import Resource

SITE = Site("lb", "ALB", "123456789012", "lb.example.com", (), ())


def plan(web_acl: str) -> Plan:
    return Plan("lb", ("lb:80",), Resource(kind="APPLICATION_LOAD_BALANCER", id="lb"), web_acl, {}, {}, None, None)


def served(change: Changeover, *web_acls: str, ready: bool, now: float) -> tuple[list[str], bool]:
    """Apply; by what the site is judged then, and whether another waits."""
    found = change.protections([plan(arn) for arn in web_acls], ready=ready, now=now)
    change.applied([SITE], found)
    return [protection.web_acl for protection in found.values()], change.pending


def test_what_is_new_waits_for_its_inspectors_and_not_for_ever() -> None:
    change = Changeover()
    assert served(change, ready=True, now=0) == ([], False)
    assert served(change, "one", ready=False, now=1) == ([], True)
    assert not change.due(ready=False, now=2)
    assert change.due(ready=True, now=2)
    assert served(change, "one", ready=True, now=2) == (["one"], False)
    assert served(change, "two", ready=False, now=3) == (["one"], True)
    assert not change.due(ready=False, now=2 + PATIENCE)
    assert served(change, "two", ready=False, now=4) == (["one"], True)
    assert change.due(ready=False, now=3 + PATIENCE)
    assert served(change, "two", ready=False, now=3 + PATIENCE) == (["two"], False)


def test_a_site_that_is_new_is_never_served_without_its_web_acl() -> None:
    change = Changeover()
    assert served(change, "one", ready=False, now=0) == (["one"], False)


def test_what_protects_no_longer_goes_at_once() -> None:
    change = Changeover()
    served(change, "one", ready=True, now=0)
    assert served(change, ready=False, now=1) == ([], False)


def test_what_is_judged_by_another_web_acl_than_it_should_be_is_known() -> None:
    change = Changeover()
    served(change, "one", ready=True, now=0)
    one = change.protections([plan("one")], ready=True, now=1)
    two = change.protections([plan("two")], ready=True, now=1)
    assert change.unlike(one) == set()
    assert change.unlike(two) == {"lb"}
