"""Explanations, their text, and the sentence a denied caller reads."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from garrison.policy.denial import denial_message
from garrison.policy.explain import ConditionTrace, Explanation, explain
from garrison.policy.principal import Principal
from garrison.policy.render import render
from garrison.policy.request import AttachedPolicy, Decision, PolicyType, Request, Stack
from tests.policy import world
from tests.policy.world import (
    ACTION,
    ANA,
    ANONYMOUS,
    FEDERATED_USER,
    OBJECT,
    ROOT,
    SESSION,
    A,
    B,
    of_resource,
    statement,
)

POLICY_TEXT = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Own",
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:Put*"],
      "Resource": "arn:aws:s3:::box/${aws:username}/*",
      "Condition": {
        "StringEquals": {"aws:PrincipalTag/team": ["blue", "${aws:username}"]},
        "Bool": {"aws:SecureTransport": "true"}
      }
    },
    {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}
  ]
}"""


def why(
    stack: Stack, principal: Principal = ANA, resource: str = OBJECT, account: str | None = A, **context: Any
) -> Explanation:
    found = {key.replace("__", ":").replace("_slash_", "/"): value for key, value in context.items()}
    return explain(Request(principal, ACTION, resource, account, found), stack)


def own() -> Stack:
    return Stack(identity=[world.policy(PolicyType.IDENTITY, POLICY_TEXT, arn="arn:aws:iam::aws:policy/Own")])


def test_a_failing_condition_is_shown_with_wanted_and_actual_values() -> None:
    explanation = why(
        own(),
        resource="arn:aws:s3:::box/ana/x",
        aws__username="ana",
        aws__principaltag_slash_team="red",
    )
    assert (explanation.allowed, explanation.code, explanation.decided_by) == (False, "DENY_IMPLICIT_IDENTITY", None)
    (layer,) = explanation.layers
    assert (layer.type, layer.verdict, layer.code) == (PolicyType.IDENTITY, "silent", "DENY_IMPLICIT_IDENTITY")
    first, second = layer.policies[0].statements
    assert (first.sid, first.line, first.end_line, first.effect, first.applies) == ("Own", 4, 13, "Allow", False)
    assert [(e.element, e.matched, e.fitting, e.line) for e in first.elements] == [
        ("Action", True, ("s3:GetObject",), 7),
        ("Resource", True, ("arn:aws:s3:::box/${aws:username}/*",), 8),
    ]
    assert first.conditions == (
        ConditionTrace(
            "StringEquals",
            "aws:PrincipalTag/team",
            False,
            ("blue", "${aws:username}"),
            ("blue", "ana"),
            ("red",),
            10,
        ),
        ConditionTrace("Bool", "aws:SecureTransport", False, ("true",), ("true",), None, 11),
    )
    assert [(e.element, e.matched) for e in second.elements] == [("Action", False), ("Resource", True)]


def test_the_deciding_statement_is_named_with_its_lines() -> None:
    explanation = why(
        own(),
        resource="arn:aws:s3:::box/ana/x",
        aws__username="ana",
        aws__principaltag_slash_team="ana",
        aws__securetransport="true",
    )
    decided = explanation.decided_by
    assert explanation.code == "ALLOW_IDENTITY"
    assert decided is not None
    assert (decided.statement, decided.sid, decided.line, decided.end_line) == (0, "Own", 4, 13)
    assert decided.arn == "arn:aws:iam::aws:policy/Own"
    assert explanation.also == ()


def test_an_unresolvable_variable_is_left_as_written() -> None:
    (layer,) = why(own()).layers
    assert layer.policies[0].statements[0].conditions[0].resolved == ("blue", "${aws:username}")


def test_every_layer_that_denies_is_listed() -> None:
    no = world.policy(PolicyType.SCP, statement("Deny"))
    stack = Stack(
        identity=[world.identity(statement("Deny"))],
        boundary=world.policy(PolicyType.BOUNDARY, statement(action="iam:*")),
        session=[],
        scps=[[no]],
        resource=of_resource({"AWS": B}),
    )
    explanation = why(stack, account=B)
    assert (explanation.code, explanation.level) == ("DENY_EXPLICIT_SCP", 0)
    assert explanation.also == (
        "DENY_IMPLICIT_RESOURCE",
        "DENY_EXPLICIT_IDENTITY",
        "DENY_IMPLICIT_BOUNDARY",
        "DENY_IMPLICIT_SESSION",
    )


@pytest.mark.parametrize(
    ("caller", "grant", "account", "silent"),
    [
        (ANA, {"AWS": ANA.arn}, A, set()),
        (SESSION, {"AWS": SESSION.role_arn}, A, {"BOUNDARY", "SESSION"}),
        (ANA, {"AWS": A}, A, {"IDENTITY", "BOUNDARY", "SESSION"}),
        (ANA, {"AWS": B}, A, {"IDENTITY", "BOUNDARY", "SESSION"}),
        (ANA, {"AWS": B}, B, {"RESOURCE", "IDENTITY", "BOUNDARY", "SESSION"}),
        (ROOT, {"AWS": B}, A, set()),
        (ROOT, {"AWS": B}, B, {"RESOURCE"}),
        (ANONYMOUS, {"AWS": B}, A, {"RESOURCE"}),
        (world.ASSUMED_ROOT, {"AWS": B}, B, {"RESOURCE", "SESSION"}),
    ],
)
def test_a_silent_layer_counts_as_denying_only_where_it_must_allow(
    caller: Principal, grant: Any, account: str, silent: set[str]
) -> None:
    nothing = statement(action="iam:*")
    stack = Stack(
        identity=[world.identity(nothing)],
        boundary=world.policy(PolicyType.BOUNDARY, nothing),
        session=[world.policy(PolicyType.SESSION, nothing)],
        resource=of_resource(grant),
    )
    explanation = why(stack, caller, account=account)
    assert {layer.code for layer in explanation.layers} - {None} == {f"DENY_IMPLICIT_{name}" for name in silent}
    assert explanation.allowed is (not silent)


def test_a_layer_that_is_missing_and_must_allow_is_shown_empty() -> None:
    explanation = why(Stack(identity=[world.identity(statement())]), FEDERATED_USER)
    assert explanation.code == "DENY_IMPLICIT_SESSION"
    assert [(layer.type, layer.policies) for layer in explanation.layers if layer.code] == [(PolicyType.SESSION, ())]
    assert "session policy: none attached" in render(explanation)


def test_principals_are_explained_with_the_level_they_are_named_at() -> None:
    explanation = why(Stack(resource=of_resource({"AWS": [B, SESSION.role_arn]})), SESSION)
    trace = explanation.layers[0].policies[0].statements[0]
    assert trace.grant == "entity"
    element = next(e for e in trace.elements if e.element == "Principal")
    assert (element.matched, element.fitting) == (True, (f"AWS:{SESSION.role_arn}",))
    assert element.values == (f"AWS:{B}", f"AWS:{SESSION.role_arn}")


def test_a_boundary_makes_deny_with_not_principal_apply_in_the_explanation_too() -> None:
    only = world.policy(
        PolicyType.RESOURCE, {"Effect": "Deny", "Action": "*", "Resource": "*", "NotPrincipal": {"AWS": ANA.arn}}
    )
    bounded = Stack(
        identity=[world.identity(statement())],
        boundary=world.policy(PolicyType.BOUNDARY, statement()),
        resource=only,
    )
    assert why(bounded).layers[0].verdict == "denies"
    free = Stack(identity=bounded.identity, resource=only)
    assert why(free).layers[0].verdict == "silent"


def test_an_explanation_is_plain_json() -> None:
    explanation = why(own(), aws__tagkeys=("a", "b"))
    assert msgspec.json.decode(msgspec.json.encode(explanation), type=Explanation) == explanation


def test_the_text_says_what_happened_and_where() -> None:
    text = render(
        why(own(), resource="arn:aws:s3:::box/ana/x", aws__username="ana", aws__principaltag_slash_team="red")
    )
    for line in (
        "DENIED   s3:GetObject on arn:aws:s3:::box/ana/x",
        "caller   arn:aws:iam::111111111111:user/team/ana",
        "reason   no identity-based policy allows it (DENY_IMPLICIT_IDENTITY)",
        "· identity-based policy: silent",
        '      · statement 0 "Own", lines 4-13, Allow: does not apply',
        "          + Action s3:GetObject fits (line 7)",
        '          - StringEquals aws:PrincipalTag/team: wants ["blue", "ana"] (written [blue, ${aws:username}]), '
        'is "red": does not hold (line 10)',
        '          - Bool aws:SecureTransport: wants "true", is absent: does not hold (line 11)',
        "      1 statement about other actions",
    ):
        assert line in text.splitlines(), text
    assert "iam:*" not in text
    assert "iam:*" in render(why(own()), everything=True)


def test_the_text_of_other_outcomes() -> None:
    no = world.policy(PolicyType.SCP, statement("Deny"), arn="arn:aws:organizations::1:policy/o-1/p-1")
    text = render(why(Stack(identity=[world.identity(statement())], scps=[[], [no]])))
    assert "an explicit deny in a service control policy, level 1 below the organization's root" in text
    assert "by       a service control policy, statement 0, lines 4-8" in text
    assert "         arn:aws:organizations::1:policy/o-1/p-1" in text
    assert "also     DENY_IMPLICIT_SCP" in text
    assert "at the organization's root" in render(why(Stack(identity=[world.identity(statement())], scps=[[no]])))
    assert "an explicit deny in an identity-based policy" in render(
        why(Stack(identity=[world.identity(statement("Deny"))]))
    )
    allowed = render(why(Stack(resource=of_resource({"AWS": A}), identity=[world.identity(statement())])))
    assert allowed.startswith("ALLOWED  s3:GetObject on arn:aws:s3:::box/key\n")
    assert "names the caller's account" in allowed
    assert "the root user may do everything" in render(why(Stack(), ROOT))


def decision(code: str, arn: str | None = None) -> Decision:
    document = world.identity(statement()).document
    policy = AttachedPolicy(document, PolicyType.IDENTITY, "p", arn=arn)
    return Decision(code.startswith("ALLOW"), code, policy if "EXPLICIT" in code else None)


SENTENCES = {
    "DENY_EXPLICIT_RCP": "with an explicit deny in a resource control policy: arn:p",
    "DENY_EXPLICIT_SCP": "with an explicit deny in a service control policy: arn:p",
    "DENY_EXPLICIT_VPCE": "with an explicit deny in a VPC endpoint policy",
    "DENY_EXPLICIT_RESOURCE": "with an explicit deny in a resource-based policy",
    "DENY_EXPLICIT_TRUST": "with an explicit deny in the role trust policy",
    "DENY_EXPLICIT_IDENTITY": "with an explicit deny in an identity-based policy: arn:p",
    "DENY_EXPLICIT_BOUNDARY": "with an explicit deny in a permissions boundary: arn:p",
    "DENY_EXPLICIT_SESSION": "with an explicit deny in a session policy",
    "DENY_IMPLICIT_SCP": "because no service control policy allows the iam:ListUsers action",
    "DENY_IMPLICIT_VPCE": "because no VPC endpoint policy allows the iam:ListUsers action",
    "DENY_IMPLICIT_TRUST": "because no role trust policy allows the iam:ListUsers action",
    "DENY_IMPLICIT_RESOURCE": "because no resource-based policy allows the iam:ListUsers action",
    "DENY_IMPLICIT_IDENTITY": "because no identity-based policy allows the iam:ListUsers action",
    "DENY_IMPLICIT_BOUNDARY": "because no permissions boundary allows the iam:ListUsers action",
    "DENY_IMPLICIT_SESSION": "because no session policy allows the iam:ListUsers action",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_the_sentence_of_each_denial(code: str) -> None:
    start = f"User: {ANA.arn} is not authorized to perform: iam:ListUsers"
    assert denial_message(decision(code, "arn:p"), ANA.arn, "iam:ListUsers", "*", True) == f"{start} {SENTENCES[code]}"
    on = f"{start} on resource: arn:r"
    assert denial_message(decision(code, "arn:p"), ANA.arn, "iam:ListUsers", "arn:r", True) == f"{on} {SENTENCES[code]}"
    assert denial_message(decision(code, "arn:p"), ANA.arn, "iam:ListUsers", "arn:r", False) == on
    unnamed = SENTENCES[code].removesuffix(": arn:p")
    assert denial_message(decision(code), ANA.arn, "iam:ListUsers", "*", True) == f"{start} {unnamed}"


def test_codes_that_are_no_layers_have_no_reason_in_the_sentence() -> None:
    for code in ("ALLOW_IDENTITY", "DENY_CREDENTIAL_TYPE"):
        message = denial_message(decision(code), ANA.arn, "iam:ListUsers", "*", True)
        assert message == f"User: {ANA.arn} is not authorized to perform: iam:ListUsers"
