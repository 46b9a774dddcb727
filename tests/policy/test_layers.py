"""Service and resource control policies, endpoints, and which of several denials is the one reported."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from garrison.policy.evaluate import Plan
from garrison.policy.request import AttachedPolicy, PolicyType, Request, Stack
from tests.policy import world
from tests.policy.world import ANA, ANONYMOUS, ROOT, SERVICE, SESSION, A, B, ask, identity, of_resource, statement

YES = identity(statement())


def scp(*statements: dict[str, Any]) -> AttachedPolicy:
    return world.policy(PolicyType.SCP, world.document(*statements))


def rcp(*statements: dict[str, Any]) -> AttachedPolicy:
    return world.policy(PolicyType.RCP, world.document(*({**one, "Principal": "*"} for one in statements)))


FULL = scp(statement())


def test_every_level_of_service_control_policies_must_allow() -> None:
    only_iam = scp(statement(action="iam:*"))
    for level in range(3):
        levels = [[FULL], [FULL], [FULL]]
        levels[level] = [only_iam]
        decision = ask(Stack(identity=[YES], scps=levels))
        assert (decision.allowed, decision.code, decision.level) == (False, "DENY_IMPLICIT_SCP", level)
        levels[level] = [only_iam, scp(statement(action="s3:Get*"))]
        assert ask(Stack(identity=[YES], scps=levels)).allowed


def test_a_level_without_service_control_policies_denies() -> None:
    decision = ask(Stack(identity=[YES], scps=[[FULL], []]))
    assert (decision.code, decision.level) == ("DENY_IMPLICIT_SCP", 1)


def test_service_control_policies_speak_the_full_language() -> None:
    conditional = scp(statement(resource="arn:aws:s3:::box/*", Condition={"StringEquals": {"aws:username": "ana"}}))
    stack = Stack(identity=[YES], scps=[[conditional]])
    assert ask(stack, context={"aws:username": "ana"}).allowed
    assert ask(stack, context={"aws:username": "bo"}).code == "DENY_IMPLICIT_SCP"


def test_service_control_policies_bind_the_root_user_and_resource_grants_too() -> None:
    stack = Stack(scps=[[FULL, scp(statement("Deny"))]], resource=of_resource("*"))
    for caller in (ROOT, ANA, SESSION):
        assert ask(stack, caller).code == "DENY_EXPLICIT_SCP"
    silent = Stack(scps=[[scp(statement(action="iam:*"))]], resource=of_resource("*"))
    assert ask(silent, ROOT).code == "DENY_IMPLICIT_SCP"
    assert ask(silent, ANA).code == "DENY_IMPLICIT_SCP"


def test_resource_control_policies_deny_and_never_grant() -> None:
    stack = Stack(identity=[YES], rcps=[[], [rcp(statement("Deny", action="s3:Get*"))]])
    decision = ask(stack)
    assert (decision.code, decision.level) == ("DENY_EXPLICIT_RCP", 1)
    assert ask(stack, action="s3:PutObject").allowed
    assert not ask(Stack(rcps=[[rcp(statement())]])).allowed
    open_to_all = Stack(resource=of_resource("*"), rcps=stack.rcps)
    assert ask(open_to_all, ANONYMOUS).code == "DENY_EXPLICIT_RCP"
    assert ask(open_to_all, SERVICE).code == "DENY_EXPLICIT_RCP"
    assert ask(Stack(identity=[YES], rcps=[[]])).allowed


def test_an_endpoint_policy_must_allow_the_caller() -> None:
    def endpoint(principal: Any, effect: str = "Allow", **more: Any) -> Stack:
        return Stack(
            identity=[YES],
            endpoint=world.policy(PolicyType.VPCE, statement(effect, Principal=principal, **more)),
        )

    assert ask(endpoint("*")).allowed
    assert ask(endpoint({"AWS": A})).allowed
    assert ask(endpoint({"AWS": ANA.arn})).allowed
    assert ask(endpoint({"AWS": B})).code == "DENY_IMPLICIT_VPCE"
    assert ask(endpoint("*", action="iam:*")).code == "DENY_IMPLICIT_VPCE"
    assert ask(endpoint("*", "Deny")).code == "DENY_EXPLICIT_VPCE"
    assert ask(endpoint({"AWS": B}, "Deny")).code == "DENY_IMPLICIT_VPCE"


def whole(kind: PolicyType, effect: str) -> AttachedPolicy:
    principal = {"Principal": "*"} if kind in (PolicyType.RESOURCE, PolicyType.RCP, PolicyType.VPCE) else {}
    return world.policy(kind, statement(effect, **principal))


ORDER = [
    PolicyType.RCP,
    PolicyType.SCP,
    PolicyType.VPCE,
    PolicyType.RESOURCE,
    PolicyType.IDENTITY,
    PolicyType.BOUNDARY,
    PolicyType.SESSION,
]
CODES = ["RCP", "SCP", "VPCE", "RESOURCE", "IDENTITY", "BOUNDARY", "SESSION"]


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(range(7), 2)))
def test_of_several_explicit_denies_the_outermost_is_reported(first: int, second: int) -> None:
    say = {kind: whole(kind, "Deny" if ORDER.index(kind) in (first, second) else "Allow") for kind in ORDER}
    decision = ask(
        Stack(
            identity=[say[PolicyType.IDENTITY]],
            boundary=say[PolicyType.BOUNDARY],
            session=[say[PolicyType.SESSION]],
            scps=[[FULL, say[PolicyType.SCP]]],
            rcps=[[say[PolicyType.RCP]]],
            resource=say[PolicyType.RESOURCE],
            endpoint=say[PolicyType.VPCE],
        )
    )
    assert decision.code == f"DENY_EXPLICIT_{CODES[first]}"
    assert decision.policy is say[ORDER[first]]
    assert decision.statement == 0
    assert decision.level == (0 if first < 2 else None)


def test_a_decision_names_the_policy_and_statement_that_made_it() -> None:
    quiet = identity(statement(action="iam:*"))
    loud = identity(statement(action="iam:*"), statement(resource="arn:aws:s3:::box/*"))
    decision = ask(Stack(identity=[quiet, loud]))
    assert (decision.code, decision.policy, decision.statement) == ("ALLOW_IDENTITY", loud, 1)
    by_resource = of_resource({"AWS": ANA.arn})
    decision = ask(Stack(resource=by_resource))
    assert (decision.code, decision.policy, decision.statement) == ("ALLOW_RESOURCE_DIRECT", by_resource, 0)
    by_role = of_resource({"AWS": SESSION.role_arn})
    decision = ask(Stack(resource=by_role), SESSION)
    assert (decision.code, decision.policy, decision.statement) == ("ALLOW_RESOURCE_ENTITY", by_role, 0)
    silence = ask(Stack(identity=[quiet]))
    assert (silence.code, silence.policy, silence.statement) == ("DENY_IMPLICIT_IDENTITY", None, None)


def test_several_session_policies_are_taken_together() -> None:
    parts = [world.policy(PolicyType.SESSION, statement(action=action)) for action in ("iam:*", "s3:*")]
    assert ask(Stack(identity=[YES], session=parts), SESSION).allowed
    assert ask(Stack(identity=[YES], session=parts[:1]), SESSION).code == "DENY_IMPLICIT_SESSION"
    assert ask(Stack(identity=[YES], session=[]), SESSION).code == "DENY_IMPLICIT_SESSION"
    assert ask(Stack(identity=[YES], session=None), SESSION).allowed


@pytest.mark.parametrize("bounded", [False, True])
@pytest.mark.parametrize(
    ("listed", "excluded"),
    [
        ({"AWS": ANA.arn}, True),
        ({"AWS": A}, True),
        ({"AWS": [B, ANA.id]}, True),
        ({"AWS": B}, False),
        ({"Service": "ec2.amazonaws.com"}, False),
        ("*", True),
    ],
)
def test_deny_with_not_principal_spares_the_listed_unless_they_have_a_boundary(
    listed: Any, excluded: bool, bounded: bool
) -> None:
    only = world.policy(PolicyType.RESOURCE, {"Effect": "Deny", "Action": "*", "Resource": "*", "NotPrincipal": listed})
    boundary = whole(PolicyType.BOUNDARY, "Allow") if bounded else None
    decision = ask(Stack(identity=[YES], resource=only, boundary=boundary))
    assert decision.allowed == (excluded and not bounded)


@pytest.mark.parametrize(
    ("listed", "principal", "spared"),
    [
        # The account is there for the user's sake: only the user is spared.
        ([f"arn:aws:iam::{A}:user/bob", f"arn:aws:iam::{A}:root"], ANA, False),
        ([f"arn:aws:iam::{A}:user/bob", A], SESSION, False),
        (["AIDAAAAAAAAAAAAAAAAAA", A], ANA, False),
        ([ANA.arn, A], ANA, True),
        ([f"arn:aws:iam::{B}:user/bob", A], ANA, True),
        # And so is a role beside one of its sessions.
        ([f"arn:aws:sts::{A}:assumed-role/Ops/other", SESSION.role_arn, A], SESSION, False),
        ([SESSION.arn, SESSION.role_arn, A], SESSION, True),
        ([f"arn:aws:sts::{A}:assumed-role/Other/x", SESSION.role_arn, A], SESSION, True),
        ([SESSION.role_arn, A], SESSION, True),
        ([SESSION.role_arn, A], ANA, False),
    ],
)
def test_deny_with_not_principal_spares_nobody_for_the_account_listed_beside_somebody_else(
    listed: list[str], principal: Any, spared: bool
) -> None:
    only = world.policy(
        PolicyType.RESOURCE, {"Effect": "Deny", "Action": "*", "Resource": "*", "NotPrincipal": {"AWS": listed}}
    )
    assert ask(Stack(identity=[YES], resource=only), principal).allowed == spared


def test_allow_with_not_principal_lets_in_everyone_else_even_the_anonymous() -> None:
    stack = Stack(
        resource=world.policy(
            PolicyType.RESOURCE, {"Effect": "Allow", "Action": "*", "Resource": "*", "NotPrincipal": {"AWS": ANA.arn}}
        )
    )
    assert ask(stack, ANONYMOUS).code == "ALLOW_ANONYMOUS"
    assert ask(stack, SESSION).code == "ALLOW_RESOURCE_DIRECT"
    assert ask(stack, ANA).code == "DENY_IMPLICIT_IDENTITY"
    bounded = Stack(resource=stack.resource, boundary=whole(PolicyType.BOUNDARY, "Allow"))
    assert ask(bounded, ANA).code == "DENY_IMPLICIT_IDENTITY"


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        (f"arn:aws:iam::{A}:role/path/Ops", True),
        (f"arn:aws:iam::{A}:role/Ops", True),
        (f"arn:aws:iam::{A}:role/other/ops", True),
        (f"arn:aws:iam::{A}:role/Ops2", False),
        (f"arn:aws:iam::{B}:role/Ops", False),
        (f"arn:aws-cn:iam::{A}:role/path/Ops", False),
        (f"arn:aws:sts::{A}:role/path/Ops", False),
        (f"arn:aws:iam::{A}:user/Ops", False),
        (f"arn:aws:sts::{A}:assumed-role/Ops/night", True),
        (f"arn:aws:sts::{A}:assumed-role/Ops/Night", False),
        (f"arn:aws:sts::{A}:assumed-role/Ops/*", False),
        (f"arn:aws:iam::{A}:role/*", False),
        (f"arn:aws:iam::{A}:*", False),
        ("AROAAAAAAAAAAAAAAAOPS", True),
        ("AROAAAAAAAAAAAAAAOLD", False),
        ("Ops", False),
    ],
)
def test_which_principal_entries_name_a_role_session(entry: str, names: bool) -> None:
    assert ask(Stack(resource=of_resource({"AWS": entry})), SESSION).allowed is names


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        (ANA.arn, True),
        (ANA.id, True),
        (ANA.arn.upper(), False),
        (f"arn:aws:iam::{A}:user/ana", False),
        (f"arn:aws:iam::{A}:user/*", False),
        (f"arn:aws:iam::{A}:role/ana", False),
    ],
)
def test_which_principal_entries_name_a_user(entry: str, names: bool) -> None:
    assert ask(Stack(resource=of_resource({"AWS": entry}))).allowed is names


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        (A, True),
        (f"arn:aws:iam::{A}:root", True),
        (f"arn:aws:sts::{A}:root", False),
        (f"{A}0", False),
        ("x" * 12, False),
    ],
)
def test_which_principal_entries_name_an_account(entry: str, names: bool) -> None:
    stack = Stack(resource=of_resource({"AWS": entry}), resource_required=True)
    assert ask(stack, ROOT).allowed is names


def test_a_plan_keeps_its_answers_apart_and_does_not_grow_without_end() -> None:
    plan = Plan(Stack(identity=[identity(statement(action="s3:*"), statement(action="iam:Get*"))]))

    def asks(action: str) -> bool:
        return plan.evaluate(Request(ANA, action, world.OBJECT, A, {})).allowed

    assert [asks(a) for a in ("s3:GetObject", "iam:GetUser", "iam:PutUser", "s3:GetObject")] == [
        True,
        True,
        False,
        True,
    ]
    for index in range(3000):
        assert asks(f"s3:Get{index}")
        assert not asks(f"sqs:Get{index}")
    assert len(plan._rules) <= 1024
    document = plan.stack.identity[0].document
    assert len(document._by_action) <= 1024
