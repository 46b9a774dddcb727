"""Every operation of the services at Garrison's heart means something that exists, on an ARN of its kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from garrison.aws import models
from garrison.aws.reference import Check, Unmapped, actions, resolve
from garrison.aws.reference.rules import rules

FREE = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")}
"""Operations that need no permission."""

NOT_IN_REFERENCE = {
    ("iam", "AcquireRole"): "the service reference has no such action",
    ("iam", "UpdateDelegationRequest"): "the service reference has no such action",
    ("cloudtrail", "ListInsightsMetricData"): "the service reference has no such action",
    ("cloudtrail", "StartQuery"): "what it acts on is inside the text of the query",
}
"""Operations that fail closed."""

ONE_OF_TWO = {
    ("cloudtrail", "GetEventConfiguration"),
    ("cloudtrail", "GetInsightSelectors"),
    ("cloudtrail", "PutEventConfiguration"),
    ("cloudtrail", "PutInsightSelectors"),
}
"""Operations whose resource is one of two parameters, neither of which the model requires: without one, refused."""

OTHER_RESOURCES = {
    "iam:ListUsers": "the path that is listed, by AWS's denial messages",
    "iam:ListGroups": "as ListUsers",
    "iam:ListRoles": "as ListUsers",
    "iam:ListPolicies": "as ListUsers",
    "iam:ListInstanceProfiles": "as ListUsers",
    "iam:ListServerCertificates": "as ListUsers",
    "iam:ListVirtualMFADevices": "as ListUsers",
    "iam:ListOpenIDConnectProviders": "as ListUsers",
    "iam:ListSAMLProviders": "as ListUsers",
    "sts:TagSession": "for federated users, the federated user (user guide, session tags with GetFederationToken)",
    "organizations:DescribeEffectivePolicy": "the reference names accounts only, TargetId may be a root or unit",
}
"""Actions asked for on more than the reference's resource types say."""

VALUES: dict[str, Any] = {
    "PolicyArn": "arn:aws:iam::123456789012:policy/p",
    "PolicySourceArn": "arn:aws:iam::123456789012:user/u",
    "Arn": "arn:aws:iam::123456789012:role/r",
    "RoleArn": "arn:aws:iam::123456789012:role/r",
    "PrincipalArn": "arn:aws:iam::123456789012:saml-provider/s",
    "OpenIDConnectProviderArn": "arn:aws:iam::123456789012:oidc-provider/id.example.com",
    "SAMLProviderArn": "arn:aws:iam::123456789012:saml-provider/s",
    "SerialNumber": "arn:aws:iam::123456789012:mfa/m",
    "TemplateArn": "arn:aws:iam::aws:role-template/x.amazonaws.com/t:1",
    "EntityArn": "arn:aws:iam::123456789012:delegation-request/d",
    "EntityPath": "o-exampleorgid/r-abcd",
    "DeletionTaskId": "task/aws-service-role/x.amazonaws.com/AWSServiceRoleForX/1234",
    "Url": "https://id.example.com",
    "Path": "/dev/",
    "NewPath": "/prod/",
    "PathPrefix": "/dev/",
    "TargetPrincipal": "111122223333",
    "ParentId": "r-abcd",
    "SourceParentId": "r-abcd",
    "DestinationParentId": "ou-abcd-12345678",
    "ChildId": "111122223333",
    "TargetId": "111122223333",
    "ResourceId": "111122223333",
    "AccountId": "111122223333",
    "PolicyId": "p-12345678",
    "HandshakeId": "h-12345678",
    "OrganizationalUnitId": "ou-abcd-12345678",
    "RootId": "r-abcd",
    "Id": "rt-12345678",
    "Target": {"Id": "111122223333", "Type": "ACCOUNT"},
    "AliasName": "alias/a",
    "ResourceArn": "arn:aws:cloudtrail:us-east-1:123456789012:channel/c",
    "InsightSource": "arn:aws:cloudtrail:us-east-1:123456789012:trail/t",
}
BY_SERVICE: dict[str, dict[str, Any]] = {
    "cloudtrail": {"ResourceId": "arn:aws:cloudtrail:us-east-1:123456789012:trail/t"}
}
MARKERS = {
    "${organizations:id}": "o-exampleorgid",
    "${organizations:handshaketype}": "invite",
    "${organizations:policytype}": "service_control_policy",
}


def _value(shape: Any, name: str, service: str, depth: int = 0) -> Any:
    special = BY_SERVICE.get(service, {}).get(name) or VALUES.get(name)
    kind = shape.type_name
    if isinstance(special, dict):
        return special
    if kind == "structure":
        return {} if depth > 3 else {n: _value(m, n, service, depth + 1) for n, m in shape.members.items()}
    if kind == "list":
        inner = "ResourceId" if name == "ResourceIdList" else name
        return [_value(shape.member, inner, service, depth + 1)]
    if kind == "map":
        return {"k": _value(shape.value, name, service, depth + 1)}
    if kind == "string":
        return special or (shape.enum[0] if shape.enum else "x-" + name.lower())
    return {"boolean": True, "blob": b"x", "timestamp": 0}.get(kind, 1)


def _given(service: str, operation: str) -> Iterator[dict[str, Any]]:
    """Only what must be given, then everything that may be."""
    shape: Any = models.service(service).operation_model(operation).input_shape
    members = shape.members if shape else {}
    required = shape.required_members if shape else []
    yield {name: _value(members[name], name, service) for name in required}
    yield {name: _value(member, name, service) for name, member in members.items()}


def _operations(*services: str) -> list[tuple[str, str]]:
    return [(service, name) for service in services for name in models.service(service).operation_names]


def _of_its_kind(check: Check) -> bool:
    resource = check.resource
    for marker, sample in MARKERS.items():
        resource = resource.replace(marker, sample)
    return any(
        re.fullmatch(re.sub(r"\\\$\\\{[^}]*\\\}", ".+", re.escape(template)), resource)
        for template in actions.resource_templates(check.action)
    )


@pytest.mark.parametrize(("service", "operation"), _operations("iam", "sts", "organizations", "kms", "cloudtrail"))
def test_an_operation_means_known_actions_on_resources_of_their_kind(service: str, operation: str) -> None:
    for params in _given(service, operation):
        try:
            checks = resolve(service, operation, params, account="123456789012", region="us-east-1", partition="aws")
        except Unmapped:
            named = {"TrailName", "EventDataStore"} & params.keys()
            assert (service, operation) in (NOT_IN_REFERENCE if named else NOT_IN_REFERENCE.keys() | ONE_OF_TWO)
            continue
        assert bool(checks) == ((service, operation) not in FREE)
        for check in checks:
            assert actions.action_exists(check.action)
            assert check.resource == "*" or check.action in OTHER_RESOURCES or _of_its_kind(check), check.resource
            if check.resource == "*":
                described = actions.describe(check.action)
                assert described is not None
                assert not described.required_types, "a resource the action requires was not found"


def test_what_fails_closed_says_why() -> None:
    assert {(s, o) for s in ("iam", "cloudtrail") for o in rules(s).unmapped} == NOT_IN_REFERENCE.keys()


@pytest.mark.parametrize("service", sorted({"iam", "sts", "organizations", "kms", "cloudtrail", "s3", "ec2", "lambda",
    "dynamodb", "sqs", "sns", "secretsmanager", "apigateway", "apigatewayv2", "glue", "accessanalyzer",
    "wafv2", "guardduty", "inspector2", "elbv2", "cloudfront"}))  # fmt: skip
def test_a_rule_speaks_of_an_operation_that_exists(service: str) -> None:
    ours = rules(service)
    names = set(models.service(service).operation_names)
    assert set(ours.operations) | set(ours.unmapped) | set(ours.tag_on_create) <= names
