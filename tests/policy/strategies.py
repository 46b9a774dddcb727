"""Random policies, stacks and requests that have something to do with each other."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from garrison.policy.document import Document
from garrison.policy.principal import (
    Anonymous,
    AssumedRoot,
    Federated,
    FederatedUser,
    Principal,
    RoleSession,
    Root,
    Service,
    User,
)
from garrison.policy.request import AttachedPolicy, PolicyType, Request, Stack
from tests.policy.world import ANA, ANONYMOUS, ASSUMED_ROOT, FEDERATED, FEDERATED_USER, ROOT, SERVICE, SESSION, A, B

ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "iam:CreateUser", "sts:AssumeRole"]
ACTION_PATTERNS = [
    "*",
    "s3:*",
    "S3:getobject",
    "s3:Get*",
    "s3:?etObject",
    "s3:*Object",
    "iam:*",
    "*:*",
    "s3:GetObject ",
]
RESOURCES = ["*", "arn:aws:s3:::box/key", "arn:aws:s3:::box/ana/a:b/c", "arn:aws:iam::111111111111:user/ana", "odd"]
RESOURCE_PATTERNS = [
    "*",
    "arn:aws:s3:::box/*",
    "arn:aws:s3:::box/key",
    "arn:aws:s3:::*/k?y",
    "arn:aws:s3:::box/${aws:username}/*",
    "arn:aws:s3:::box/${aws:absent}/*",
    "arn:aws:s3:::box/${aws:absent, 'ana'}/a:b/c",
    "arn:aws:s3:::box/${*}",
    "arn:aws:s3:*",
    "arn:*:*:*:*:user/*",
    "arn:aws:iam::*:user/ana",
    "arn:aws:iam:*:*",
    "arn:aws:s3:::box/*a*b*c",
    "arn:aws:s3:x:q",
]
KEYS = [
    "aws:username",
    "aws:PrincipalTag/Team",
    "aws:TagKeys",
    "aws:CurrentTime",
    "aws:SourceIp",
    "s3:max-keys",
    "aws:x",
]
VALUES = [
    "ana",
    "Ana",
    "",
    "a*",
    "?na",
    "*",
    "true",
    "FALSE",
    "10",
    "10.0",
    "9",
    "-1",
    "2024-01-01T00:00:00Z",
    "2024",
    "2024-01",
    "2024-01-01T01:00:00.5+01:00",
    "1704067200",
    "10.0.0.0/8",
    "10.1.2.3",
    "2001:db8::/32",
    "2001:db8::1",
    "arn:aws:iam::111111111111:role/path/Ops",
    "arn:aws:iam::*:role/*",
    "arn:aws:iam::${aws:x}:role/path/*",
    "YW5h",
    "YW5",
    "${aws:username}",
    "${aws:username}*",
    "${aws:absent}",
    "${aws:absent, 'ana'}",
    "${aws:TagKeys}",
    "${*}",
    "${",
    "${}",
    "${$}{aws:username}",
]
BASES = [
    *("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    *("StringLike", "StringNotLike", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress"),
    *("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
    *("NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals"),
    *("NumericGreaterThan", "NumericGreaterThanEquals"),
    *("DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"),
]
ISSUED_BY_ROOT = FederatedUser(A, "fay", f"arn:aws:iam::{A}:root", A)
PRINCIPALS: list[Principal] = [
    *(ANA, ANA, SESSION, SESSION, FEDERATED_USER, ISSUED_BY_ROOT),
    *(ROOT, ASSUMED_ROOT, SERVICE, ANONYMOUS, FEDERATED),
]
PRINCIPAL_ENTRIES = [
    ("AWS", "*"),
    ("AWS", A),
    ("AWS", B),
    ("AWS", f"arn:aws:iam::{A}:root"),
    ("AWS", ANA.arn),
    ("AWS", ANA.id),
    ("AWS", SESSION.role_arn),
    ("AWS", f"arn:aws:iam::{A}:role/OPS"),
    ("AWS", SESSION.role_id),
    ("AWS", SESSION.arn),
    ("AWS", f"arn:aws:iam::{B}:role/Ops"),
    ("AWS", FEDERATED_USER.arn),
    ("Service", "ec2.amazonaws.com"),
    ("Service", "s3.amazonaws.com"),
    ("Federated", FEDERATED.provider),
    ("CanonicalUser", "0" * 64),
]


def one_or_list(pool: list[str]) -> st.SearchStrategy[str | list[str]]:
    return st.sampled_from(pool) | st.lists(st.sampled_from(pool), min_size=1, max_size=3)


@st.composite
def operators(draw: st.DrawFn) -> str:
    if draw(st.integers(0, 11)) == 0:
        return "Null"
    prefix = draw(st.sampled_from(["", "", "", "ForAllValues:", "ForAnyValue:", "forallvalues:"]))
    suffix = draw(st.sampled_from(["", "", "IfExists"]))
    return prefix + draw(st.sampled_from(BASES)) + suffix


scalars: st.SearchStrategy[Any] = st.sampled_from([*VALUES, True, False, 10, 9.5])
conditions = st.dictionaries(
    operators(),
    st.dictionaries(st.sampled_from(KEYS), scalars | st.lists(scalars, max_size=3), max_size=2),
    max_size=2,
)


@st.composite
def principal_elements(draw: st.DrawFn) -> Any:
    if draw(st.integers(0, 3)) == 0:
        return "*"
    element: dict[str, Any] = {}
    for kind, value in draw(st.lists(st.sampled_from(PRINCIPAL_ENTRIES), min_size=1, max_size=3, unique=True)):
        element.setdefault(kind, []).append(value)
    return {kind: values[0] if len(values) == 1 else values for kind, values in element.items()}


@st.composite
def statements(draw: st.DrawFn, kind: PolicyType) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"]))}
    made[draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))] = draw(one_or_list(ACTION_PATTERNS))
    if kind is not PolicyType.TRUST:
        element = draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]))
        made[element] = draw(st.just("*") | one_or_list(RESOURCE_PATTERNS))
    if kind in (PolicyType.RESOURCE, PolicyType.TRUST, PolicyType.VPCE):
        made[draw(st.sampled_from(["Principal", "Principal", "Principal", "NotPrincipal"]))] = draw(
            principal_elements()
        )
    elif kind is PolicyType.RCP:
        made["Principal"] = "*"
    if draw(st.booleans()):
        made["Condition"] = draw(conditions)
    return made


@st.composite
def texts(draw: st.DrawFn, kind: PolicyType) -> str:
    found = draw(st.lists(statements(kind), min_size=1, max_size=3))
    doc: dict[str, Any] = {}
    version = draw(st.sampled_from(["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17", None]))
    if version is not None:
        doc["Version"] = version
    doc["Statement"] = found[0] if len(found) == 1 and draw(st.booleans()) else found
    return json.dumps(doc)


def levels(kind: PolicyType) -> st.SearchStrategy[list[list[str]] | None]:
    full = json.dumps({"Version": "2012-10-17", "Statement": statement_of_everything(kind)})
    one = (
        st.just([full])
        | st.lists(texts(kind), max_size=2).map(lambda found: [full, *found])
        | st.lists(texts(kind), max_size=2)
    )
    return st.none() | st.lists(one, min_size=1, max_size=3)


def statement_of_everything(kind: PolicyType) -> dict[str, Any]:
    principal = {"Principal": "*"} if kind is PolicyType.RCP else {}
    return {"Effect": "Allow", "Action": "*", "Resource": "*"} | principal


contexts = st.dictionaries(
    st.sampled_from(KEYS).map(str.lower),
    st.sampled_from(VALUES) | st.lists(st.sampled_from(VALUES), max_size=3).map(tuple),
    max_size=6,
)
requests = st.builds(
    Request,
    principal=st.sampled_from(PRINCIPALS),
    action=st.sampled_from(ACTIONS),
    resource=st.sampled_from(RESOURCES),
    resource_account=st.sampled_from([A, A, A, B, None]),
    context=contexts,
)


@st.composite
def raw_stacks(draw: st.DrawFn) -> dict[str, Any]:
    """A stack as texts, which is what the reference evaluator reads."""
    trust = draw(st.integers(0, 5)) == 0
    by_resource = draw(st.none() | texts(PolicyType.TRUST if trust else PolicyType.RESOURCE))
    return {
        "identity": draw(st.lists(texts(PolicyType.IDENTITY), max_size=2)),
        "boundary": draw(st.none() | texts(PolicyType.BOUNDARY)),
        "session": draw(st.none() | st.lists(texts(PolicyType.SESSION), max_size=2)),
        "scps": draw(levels(PolicyType.SCP)),
        "rcps": draw(levels(PolicyType.RCP)),
        "resource": by_resource,
        "endpoint": draw(st.none() | st.none() | texts(PolicyType.VPCE)),
        "trust": trust and by_resource is not None,
        "required": draw(st.booleans()) if trust else draw(st.integers(0, 5)) == 0,
    }


def attached(kind: PolicyType, text: str) -> AttachedPolicy:
    return AttachedPolicy(Document.parse(text, kind), kind, str(kind))


def stack_of(raw: dict[str, Any]) -> Stack:
    """The same stack for the engine."""
    resource_kind = PolicyType.TRUST if raw["trust"] else PolicyType.RESOURCE

    def maybe(kind: PolicyType, text: str | None) -> AttachedPolicy | None:
        return None if text is None else attached(kind, text)

    def every(kind: PolicyType, found: list[str]) -> list[AttachedPolicy]:
        return [attached(kind, text) for text in found]

    return Stack(
        identity=every(PolicyType.IDENTITY, raw["identity"]),
        boundary=maybe(PolicyType.BOUNDARY, raw["boundary"]),
        session=None if raw["session"] is None else every(PolicyType.SESSION, raw["session"]),
        scps=None if raw["scps"] is None else [every(PolicyType.SCP, level) for level in raw["scps"]],
        rcps=None if raw["rcps"] is None else [every(PolicyType.RCP, level) for level in raw["rcps"]],
        resource=maybe(resource_kind, raw["resource"]),
        endpoint=maybe(PolicyType.VPCE, raw["endpoint"]),
        resource_required=raw["required"],
    )


def who_of(principal: Principal) -> dict[str, str]:
    """The same principal for the reference evaluator."""
    match principal:
        case User():
            return {"kind": "user", "account": principal.account, "arn": principal.arn, "id": principal.id}
        case RoleSession():
            return {
                "kind": "role",
                "account": principal.account,
                "arn": principal.role_arn,
                "id": principal.role_id,
                "session": principal.session_name,
            }
        case FederatedUser():
            return {
                "kind": "federated-user",
                "account": principal.account,
                "name": principal.name,
                "issuer": principal.issuer_arn,
                "issuer_id": principal.issuer_id,
            }
        case Root():
            return {"kind": "root", "account": principal.account}
        case AssumedRoot():
            return {"kind": "assumed-root", "account": principal.account}
        case Service():
            return {"kind": "service", "name": principal.name}
        case Federated():
            return {"kind": "federated", "provider": principal.provider}
        case Anonymous():
            return {"kind": "anonymous"}
