"""What limits a grant of the resource's own policy: the table of the IAM user guide, every cell.

caller x grant x {identity, boundary, session} in {allow, implicit deny, explicit deny}. The expectation is written
from the table's words, not from the engine.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from garrison.policy.principal import Principal
from garrison.policy.request import PolicyType, Stack
from tests.policy import world
from tests.policy.world import ANA, ANONYMOUS, ASSUMED_ROOT, FEDERATED_USER, ROOT, SERVICE, SESSION, A, B, ask

ALLOW, IMPLICIT, EXPLICIT = "allow", "implicit", "explicit"

SESSION_ARN = SESSION.arn
DELEGATION = {"AWS": f"arn:aws:iam::{A}:root"}

# caller, grant -> (needs an identity allow, limited by the boundary, limited by the session policy)
ROWS: dict[str, tuple[Principal, Any, bool, bool, bool]] = {
    "user by its ARN": (ANA, {"AWS": ANA.arn}, False, False, False),
    "user by its id": (ANA, {"AWS": ANA.id}, False, False, False),
    "user by everyone": (ANA, "*", False, False, False),
    "user by everyone, as AWS": (ANA, {"AWS": "*"}, False, False, False),
    "user by its account": (ANA, DELEGATION, True, True, True),
    "user by its account number": (ANA, {"AWS": A}, True, True, True),
    "session by its role": (SESSION, {"AWS": SESSION.role_arn}, False, True, True),
    "session by its role's id": (SESSION, {"AWS": SESSION.role_id}, False, True, True),
    "session by its own ARN": (SESSION, {"AWS": SESSION_ARN}, False, False, False),
    "session by everyone": (SESSION, "*", False, False, False),
    "session by its account": (SESSION, DELEGATION, True, True, True),
    "federated user by its issuer": (FEDERATED_USER, {"AWS": ANA.arn}, False, True, True),
    "federated user by its issuer's id": (FEDERATED_USER, {"AWS": ANA.id}, False, True, True),
    "federated user by its own ARN": (FEDERATED_USER, {"AWS": FEDERATED_USER.arn}, False, False, False),
    "federated user by everyone": (FEDERATED_USER, "*", False, False, False),
    "federated user by its account": (FEDERATED_USER, DELEGATION, True, True, True),
    "user by nobody": (ANA, {"AWS": B}, True, True, True),
    "session by nobody": (SESSION, {"AWS": B}, True, True, True),
    "federated user by nobody": (FEDERATED_USER, {"AWS": B}, True, True, True),
}
STATES = list(itertools.product((ALLOW, IMPLICIT, EXPLICIT), repeat=3))


def layer(kind: PolicyType, state: str) -> Any:
    say = {
        ALLOW: world.statement(),
        IMPLICIT: world.statement(action="sqs:*"),
        EXPLICIT: world.statement("Deny"),
    }
    return world.policy(kind, say[state])


@pytest.mark.parametrize("states", STATES, ids="-".join)
@pytest.mark.parametrize("row", ROWS)
def test_what_limits_a_grant_of_the_resource_policy(row: str, states: tuple[str, str, str]) -> None:
    caller, grant, needs_identity, by_boundary, by_session = ROWS[row]
    identity, boundary, session = states
    decision = ask(
        Stack(
            identity=[layer(PolicyType.IDENTITY, identity)],
            boundary=layer(PolicyType.BOUNDARY, boundary),
            session=[layer(PolicyType.SESSION, session)],
            resource=world.of_resource(grant),
        ),
        caller,
    )
    explicit = [
        code for code, state in zip(("IDENTITY", "BOUNDARY", "SESSION"), states, strict=True) if state == EXPLICIT
    ]
    if explicit:
        assert (decision.allowed, decision.code) == (False, f"DENY_EXPLICIT_{explicit[0]}")
        return
    silent = [
        code
        for code, state, binds in (
            ("IDENTITY", identity, needs_identity),
            ("BOUNDARY", boundary, by_boundary),
            ("SESSION", session, by_session),
        )
        if binds and state == IMPLICIT
    ]
    if silent:
        assert (decision.allowed, decision.code) == (False, f"DENY_IMPLICIT_{silent[0]}")
    else:
        assert decision.allowed
        how = "IDENTITY" if needs_identity else "RESOURCE_ENTITY" if by_boundary else "RESOURCE_DIRECT"
        assert decision.code == f"ALLOW_{how}"


@pytest.mark.parametrize("states", STATES, ids="-".join)
@pytest.mark.parametrize("row", [row for row in ROWS if "nobody" not in row])
def test_across_accounts_both_sides_must_allow_whatever_the_grant(row: str, states: tuple[str, str, str]) -> None:
    caller, grant, *_ = ROWS[row]
    identity, boundary, session = states
    stack = Stack(
        identity=[layer(PolicyType.IDENTITY, identity)],
        boundary=layer(PolicyType.BOUNDARY, boundary),
        session=[layer(PolicyType.SESSION, session)],
        resource=world.of_resource(grant),
    )
    decision = ask(stack, caller, account=B)
    assert decision.allowed == (states == (ALLOW, ALLOW, ALLOW))
    if decision.allowed:
        assert decision.code == "ALLOW_IDENTITY"


@pytest.mark.parametrize("grant", [{"AWS": B}, {"Service": "ec2.amazonaws.com"}, {"AWS": f"arn:aws:iam::{B}:user/x"}])
def test_across_accounts_a_silent_resource_policy_denies(grant: Any) -> None:
    stack = Stack(identity=[layer(PolicyType.IDENTITY, ALLOW)], resource=world.of_resource(grant))
    assert ask(stack, account=B).code == "DENY_IMPLICIT_RESOURCE"


def test_across_accounts_without_a_resource_policy_nothing_is_allowed() -> None:
    assert ask(Stack(identity=[layer(PolicyType.IDENTITY, ALLOW)]), account=B).code == "DENY_IMPLICIT_RESOURCE"


def test_a_resource_without_owner_counts_as_the_callers_own() -> None:
    assert ask(Stack(identity=[layer(PolicyType.IDENTITY, ALLOW)]), account=None).code == "ALLOW_IDENTITY"


@pytest.mark.parametrize(
    ("caller", "grant", "code"),
    [
        (ROOT, None, "ALLOW_ROOT"),
        (ROOT, {"AWS": B}, "ALLOW_ROOT"),
        (ROOT, DELEGATION, "ALLOW_RESOURCE_DIRECT"),
        (SERVICE, None, "DENY_IMPLICIT_RESOURCE"),
        (SERVICE, {"Service": "ec2.amazonaws.com"}, "ALLOW_SERVICE"),
        (SERVICE, {"AWS": "ec2.amazonaws.com"}, "DENY_IMPLICIT_RESOURCE"),
        (SERVICE, "*", "ALLOW_SERVICE"),
        (SERVICE, {"Service": "s3.amazonaws.com"}, "DENY_IMPLICIT_RESOURCE"),
        (ANONYMOUS, "*", "ALLOW_ANONYMOUS"),
        (ANONYMOUS, {"AWS": "*"}, "ALLOW_ANONYMOUS"),
        (ANONYMOUS, {"AWS": A}, "DENY_IMPLICIT_RESOURCE"),
        (ANONYMOUS, {"AWS": "anonymous"}, "DENY_IMPLICIT_RESOURCE"),
        (ANONYMOUS, None, "DENY_IMPLICIT_RESOURCE"),
        (world.FEDERATED, {"Federated": world.FEDERATED.provider}, "ALLOW_RESOURCE_DIRECT"),
        (world.FEDERATED, {"AWS": world.FEDERATED.provider}, "DENY_IMPLICIT_RESOURCE"),
        (world.FEDERATED, {"Federated": "accounts.google.com"}, "DENY_IMPLICIT_RESOURCE"),
        (world.FEDERATED, "*", "ALLOW_RESOURCE_DIRECT"),
        (ANA, {"CanonicalUser": "0" * 64}, "DENY_IMPLICIT_IDENTITY"),
    ],
)
def test_callers_without_policies_of_their_own(caller: Principal, grant: Any, code: str) -> None:
    decision = ask(Stack(resource=None if grant is None else world.of_resource(grant)), caller)
    assert decision.code == code
    assert decision.allowed == code.startswith("ALLOW")


def test_a_root_user_needs_only_the_resource_policy_across_accounts() -> None:
    assert ask(Stack(), ROOT, account=B).code == "DENY_IMPLICIT_RESOURCE"
    assert ask(Stack(resource=world.of_resource(DELEGATION)), ROOT, account=B).code == "ALLOW_ROOT"


def test_an_assumed_root_may_do_what_its_task_policy_says() -> None:
    task = layer(PolicyType.SESSION, ALLOW)
    assert ask(Stack(session=[task]), ASSUMED_ROOT).code == "ALLOW_ROOT"
    assert ask(Stack(session=[task], resource=world.of_resource("*")), ASSUMED_ROOT).code == "ALLOW_RESOURCE_DIRECT"
    assert ask(Stack(session=[layer(PolicyType.SESSION, IMPLICIT)]), ASSUMED_ROOT).code == "DENY_IMPLICIT_SESSION"
    assert ask(Stack(session=[layer(PolicyType.SESSION, EXPLICIT)]), ASSUMED_ROOT).code == "DENY_EXPLICIT_SESSION"
    assert ask(Stack(resource=world.of_resource("*")), ASSUMED_ROOT).code == "DENY_IMPLICIT_SESSION"
    assert ask(Stack(session=[task]), ASSUMED_ROOT, account=B).code == "DENY_IMPLICIT_RESOURCE"


def test_a_federated_user_without_session_policy_has_only_what_resource_policies_give() -> None:
    stack = Stack(identity=[layer(PolicyType.IDENTITY, ALLOW)])
    assert ask(stack, FEDERATED_USER).code == "DENY_IMPLICIT_SESSION"
    by_issuer = Stack(identity=stack.identity, resource=world.of_resource({"AWS": ANA.arn}))
    assert ask(by_issuer, FEDERATED_USER).code == "DENY_IMPLICIT_SESSION"
    by_name = Stack(identity=stack.identity, resource=world.of_resource({"AWS": FEDERATED_USER.arn}))
    assert ask(by_name, FEDERATED_USER).code == "ALLOW_RESOURCE_DIRECT"


def test_a_federated_user_issued_by_the_root_user_is_limited_by_its_session_policy_alone() -> None:
    from garrison.policy.principal import FederatedUser

    fay = FederatedUser(A, "fay", f"arn:aws:iam::{A}:root", A)
    assert ask(Stack(session=[layer(PolicyType.SESSION, ALLOW)]), fay).code == "ALLOW_IDENTITY"
    assert ask(Stack(session=[layer(PolicyType.SESSION, IMPLICIT)]), fay).code == "DENY_IMPLICIT_SESSION"
    assert ask(Stack(), fay).code == "DENY_IMPLICIT_SESSION"


@pytest.mark.parametrize("kind", [PolicyType.TRUST, PolicyType.RESOURCE])
def test_trust_and_key_policies_must_let_the_account_decide(kind: PolicyType) -> None:
    silence = "DENY_IMPLICIT_TRUST" if kind is PolicyType.TRUST else "DENY_IMPLICIT_RESOURCE"

    def required(principal: Any, effect: str = "Allow") -> Stack:
        body = {"Effect": effect, "Action": "*", "Principal": principal}
        return Stack(
            identity=[layer(PolicyType.IDENTITY, ALLOW)],
            resource=world.policy(kind, body),
            resource_required=True,
        )

    assert ask(required({"AWS": B})).code == silence
    assert ask(required({"AWS": B}), ROOT).code == silence
    assert ask(required({"AWS": B}), account=B).code == silence
    assert ask(required({"AWS": A})).code == "ALLOW_IDENTITY"
    assert ask(required({"AWS": A}), ROOT).code == "ALLOW_RESOURCE_DIRECT"
    assert ask(required({"AWS": ANA.arn})).code == "ALLOW_RESOURCE_DIRECT"
    explicit = "DENY_EXPLICIT_TRUST" if kind is PolicyType.TRUST else "DENY_EXPLICIT_RESOURCE"
    assert ask(required("*", "Deny")).code == explicit
    no_identity = Stack(resource=required({"AWS": A}).resource, resource_required=True)
    assert ask(no_identity).code == "DENY_IMPLICIT_IDENTITY"


def test_a_required_resource_policy_that_is_not_there_denies() -> None:
    stack = Stack(identity=[layer(PolicyType.IDENTITY, ALLOW)], resource_required=True)
    assert ask(stack).code == "DENY_IMPLICIT_RESOURCE"
    assert ask(stack, ROOT).code == "DENY_IMPLICIT_RESOURCE"


def test_the_most_direct_of_several_grants_counts() -> None:
    def both(*principals: Any) -> Stack:
        allow = [{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": p} for p in principals]
        return Stack(resource=world.policy(PolicyType.RESOURCE, world.document(*allow)))

    assert ask(both({"AWS": A}, {"AWS": ANA.arn}, {"AWS": A})).code == "ALLOW_RESOURCE_DIRECT"
    assert ask(both({"AWS": ANA.arn}, {"AWS": A})).statement == 0
    assert ask(both({"AWS": A}, {"AWS": SESSION.role_arn}), SESSION).code == "ALLOW_RESOURCE_ENTITY"
    assert ask(both({"AWS": SESSION.role_arn}, {"AWS": SESSION_ARN}), SESSION).code == "ALLOW_RESOURCE_DIRECT"
    assert ask(both({"AWS": [A, SESSION.role_arn, SESSION_ARN]}), SESSION).code == "ALLOW_RESOURCE_DIRECT"
