"""Each condition key Garrison supplies changes a decision by its value alone.

A scenario is a policy with one condition, and two calls that differ in what the key is read from: the first must be
allowed and the second denied, by the real engine over a real store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from garrison.access import organization, resources
from garrison.access.authorize import authorize
from garrison.access.call import Call
from garrison.access.caller import Caller
from garrison.access.organization import Membership
from garrison.access.resources import Facts, provide_resources
from garrison.access.runtime import Runtime
from garrison.aws.errors import AwsError
from garrison.aws.reference import Check
from garrison.aws.reference.keys import supplied_keys
from garrison.policy.document import Document
from garrison.policy.principal import Service
from garrison.policy.request import AttachedPolicy, PolicyType
from garrison.store import Reader
from tests.access.world import AWAY, HOME, NOW, World, allow, policy

Pair = tuple[bool, bool]
Play = Callable[[World, dict[str, Any]], Pair]
"""Given the condition, whether the first and the second call are allowed."""


@pytest.fixture(autouse=True)
def _own_resource_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Providers that a scenario registers go with it."""
    monkeypatch.setattr(resources, "_providers", dict(resources._providers))


def decided(world: World, caller: Caller, service: str, operation: str, params: dict[str, Any], **http: Any) -> bool:
    call = world.prepare(caller, service, operation, params, **http)
    with world.store.reading() as reader:
        try:
            authorize(call, reader)
        except AwsError as e:
            code = e.code
        else:
            return True
    assert code == "AccessDenied"
    return False


def gets_user(world: World, caller: Caller, **http: Any) -> bool:
    return decided(world, caller, "iam", "GetUser", {"UserName": "target"}, **http)


def by_caller(first: Callable[[World, str], Caller], second: Callable[[World, str], Caller]) -> Play:
    """The same policy on two callers."""

    def play(world: World, condition: dict[str, Any]) -> Pair:
        document = allow("*", Condition=condition)
        return gets_user(world, first(world, document)), gets_user(world, second(world, document))

    return play


def user(name: str, account: str = HOME, **rest: Any) -> Callable[[World, str], Caller]:
    return lambda world, document: world.user(name, document, account=account, **rest)


def session(mfa: bool = False, later: float = 0, **params: Any) -> Callable[[World, str], Caller]:
    """A session of a role that carries the policy, made by a user who may do anything."""

    def make(world: World, document: str) -> Caller:
        world.clock.advance(later)
        admin = world.user("admin", allow("*"), secret_code="123456" if mfa else None)
        trusts = {"Effect": "Allow", "Principal": {"AWS": admin.principal.arn}, "Action": "sts:*"}
        role = world.role("app", policy(trusts), document)
        serial = {"SerialNumber": f"arn:aws:iam::{HOME}:mfa/admin", "TokenCode": "123456"} if mfa else {}
        return world.assume(admin, role, **params, **serial)

    return make


def by_request(first: dict[str, Any], second: dict[str, Any]) -> Play:
    """The same caller over two connections."""

    def play(world: World, condition: dict[str, Any]) -> Pair:
        ana = world.user("ana", allow("*", Condition=condition))
        parameters = {"EncodedMessage": "x"}
        return (
            decided(world, ana, "sts", "DecodeAuthorizationMessage", parameters, **first),
            decided(world, ana, "sts", "DecodeAuthorizationMessage", parameters, **second),
        )

    return play


def by_time(world: World, condition: dict[str, Any]) -> Pair:
    ana = world.user("ana", allow("*", Condition=condition))
    first = gets_user(world, ana)
    world.clock.advance(1000)
    return first, gets_user(world, ana)


def by_mfa_age(world: World, condition: dict[str, Any]) -> Pair:
    caller = session(mfa=True)(world, allow("*", Condition=condition))
    first = gets_user(world, caller)
    world.clock.advance(1000)
    return first, gets_user(world, caller)


def by_parameters(service: str, operation: str, first: dict[str, Any], second: dict[str, Any]) -> Play:
    """The same caller with other parameters."""

    def play(world: World, condition: dict[str, Any]) -> Pair:
        ana = world.user("ana", allow("*", Condition=condition))
        return decided(world, ana, service, operation, first), decided(world, ana, service, operation, second)

    return play


def by_trust(first: dict[str, Any], second: dict[str, Any]) -> Play:
    """The same role, whose trust policy has the condition, assumed with other parameters."""

    def play(world: World, condition: dict[str, Any]) -> Pair:
        ana = world.user("ana", allow("*"))
        trusts = {"Effect": "Allow", "Principal": {"AWS": ana.principal.arn}, "Condition": condition}
        # What comes along with the assumption is allowed anyway: only the condition on the role itself may decide.
        along = {"Effect": "Allow", "Principal": "*", "Action": ["sts:TagSession", "sts:SetSourceIdentity"]}
        role = world.role("app", policy({**trusts, "Action": ["sts:AssumeRole", "sts:SetContext"]}, along))
        base = {"RoleArn": role, "RoleSessionName": "s1"}
        return (
            decided(world, ana, "sts", "AssumeRole", base | first),
            decided(world, ana, "sts", "AssumeRole", base | second),
        )

    return play


def by_service(second: Caller | None) -> Play:
    """A queue that takes messages from anybody under the condition, sent to by EC2 and by another."""

    def play(world: World, condition: dict[str, Any]) -> Pair:
        sending = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Condition": condition}
        services = {"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}
        text = policy({**sending, "Principal": "*"}, {**sending, "Principal": services})
        attached = AttachedPolicy(Document.parse(text, PolicyType.RESOURCE), PolicyType.RESOURCE, "queue policy")

        def queue(reader: Reader, call: Call, check: Check) -> Facts:
            return Facts(arn=check.resource, account=HOME, exists=True, policy=attached)

        provide_resources("sqs", queue)
        other = second or world.user("ana")
        params = {"QueueUrl": f"https://sqs.eu-west-1.amazonaws.com/{HOME}/q", "MessageBody": "m"}
        return (
            decided(world, Caller(Service("ec2.amazonaws.com")), "sqs", "SendMessage", params),
            decided(world, other, "sqs", "SendMessage", params),
        )

    return play


def by_resource(first: dict[str, Any], second: dict[str, Any]) -> Play:
    """The same caller on two roles."""

    def play(world: World, condition: dict[str, Any]) -> Pair:
        ana = world.user("ana", allow("*", Condition=condition))
        # Trusting the account leaves the decision to the identity policy, in the account and across.
        trusted = policy({"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "sts:AssumeRole"})
        answers = []
        for name, rest in (("one", first), ("two", second)):
            role = world.role(name, trusted, **rest)
            answers.append(decided(world, ana, "sts", "AssumeRole", {"RoleArn": role, "RoleSessionName": "s1"}))
        return answers[0], answers[1]

    return play


@contextmanager
def organized() -> Iterator[None]:
    def member(runtime: Runtime, reader: Reader, account: str) -> Membership | None:
        return Membership("o-exampleorgid", "o-exampleorgid/r-abcd/ou-abcd-1/") if account == HOME else None

    organization.provide_organization(member)
    try:
        yield
    finally:
        organization.provide_organization(None)


def in_organization(play: Play) -> Play:
    """HOME belongs to an organization, AWAY to none."""

    def organized_play(world: World, condition: dict[str, Any]) -> Pair:
        with organized():
            return play(world, condition)

    return organized_play


def by_passing(world: World, condition: dict[str, Any]) -> Pair:
    passing = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": condition}
    document = policy({"Effect": "Allow", "Action": ["lambda:*", "glue:*"], "Resource": "*"}, passing)
    ana = world.user("ana", document)
    role = world.role("app", None)
    return (
        decided(world, ana, "lambda", "CreateFunction", {"FunctionName": "f", "Role": role, "Code": {}}),
        decided(world, ana, "glue", "CreateJob", {"Name": "j", "Role": role}),
    )


def by_linked_service(world: World, condition: dict[str, Any]) -> Pair:
    def located(reader: Reader, call: Call, check: Check) -> Facts:
        return Facts(arn=check.resource.replace("${iam:servicelinkedrolename}", "AWSServiceRoleForX"), account=HOME)

    provide_resources("iam", located)
    return by_parameters(
        "iam",
        "CreateServiceLinkedRole",
        {"AWSServiceName": "spot.amazonaws.com"},
        {"AWSServiceName": "support.amazonaws.com"},
    )(world, condition)


def delegation(**given: Any) -> dict[str, Any]:
    return {
        "Description": "d",
        "Permissions": {"PolicyTemplateArn": "arn:aws:iam::aws:policy/x"},
        "RequestorWorkflowId": "w",
        "NotificationChannel": "arn:aws:sns:us-east-1:111122223333:t",
        "SessionDuration": 3600,
        **given,
    }


def tagged(team: str) -> dict[str, Any]:
    return {"UserName": "target", "Tags": [{"Key": team.title(), "Value": team}]}


BOUNDARY = f"arn:aws:iam::{HOME}:policy/limit"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
WEB_TOKEN: dict[str, Any] = {"Audience": ["a"], "SigningAlgorithm": "ES384", "DurationSeconds": 300}
CREDENTIAL: dict[str, Any] = {"UserName": "ana", "ServiceName": "bedrock.amazonaws.com", "CredentialAgeDays": 30}
TASK = "arn:aws:iam::aws:policy/root-task/"
REPORT: dict[str, Any] = {"EntityPath": "o-exampleorgid/r-abcd"}

SCENARIOS: dict[str, tuple[str, str, Play]] = {
    "aws:CurrentTime": ("DateLessThan", "2027-01-15T08:10:00Z", by_time),
    "aws:EpochTime": ("NumericLessThan", str(int(NOW) + 500), by_time),
    "aws:MultiFactorAuthAge": ("NumericLessThan", "300", by_mfa_age),
    "aws:MultiFactorAuthPresent": ("Bool", "true", by_caller(session(mfa=True), session())),
    "aws:PrincipalAccount": ("StringEquals", HOME, by_caller(user("ana"), user("ana", AWAY))),
    "aws:PrincipalArn": ("ArnLike", f"arn:aws:iam::{HOME}:user/a*", by_caller(user("ana"), user("bob"))),
    "aws:PrincipalIsAWSService": ("Bool", "true", by_service(None)),
    "aws:PrincipalOrgID": (
        "StringEquals",
        "o-exampleorgid",
        in_organization(by_caller(user("ana"), user("ana", AWAY))),
    ),
    "aws:PrincipalOrgPaths": (
        "ForAnyValue:StringLike",
        "o-exampleorgid/r-abcd/*",
        in_organization(by_caller(user("ana"), user("ana", AWAY))),
    ),
    "aws:PrincipalServiceName": (
        "StringEquals",
        "ec2.amazonaws.com",
        by_service(Caller(Service("lambda.amazonaws.com"))),
    ),
    "aws:PrincipalServiceNamesList": (
        "ForAnyValue:StringEquals",
        "ec2.amazonaws.com",
        by_service(Caller(Service("lambda.amazonaws.com"))),
    ),
    "aws:PrincipalTag/${TagKey}": (
        "StringEquals",
        "red",
        by_caller(user("ana", tags={"Team": "red"}), user("bob", tags={"Team": "blue"})),
    ),
    "aws:PrincipalType": ("StringEquals", "User", by_caller(user("ana"), session())),
    "aws:RequestTag/${TagKey}": (
        "StringEquals",
        "red",
        by_parameters(
            "iam",
            "TagUser",
            {"UserName": "target", "Tags": [{"Key": "team", "Value": "red"}]},
            {"UserName": "target", "Tags": [{"Key": "team", "Value": "blue"}]},
        ),
    ),
    "aws:RequestedRegion": ("StringEquals", "eu-west-1", by_request({"region": "eu-west-1"}, {"region": "us-west-2"})),
    "aws:ResourceAccount": ("StringEquals", HOME, by_resource({}, {"account": AWAY})),
    "aws:ResourceOrgID": ("StringEquals", "o-exampleorgid", in_organization(by_resource({}, {"account": AWAY}))),
    "aws:ResourceOrgPaths": (
        "ForAnyValue:StringEquals",
        "o-exampleorgid/r-abcd/ou-abcd-1/",
        in_organization(by_resource({}, {"account": AWAY})),
    ),
    "aws:ResourceTag/${TagKey}": (
        "StringEquals",
        "red",
        by_resource({"tags": {"Team": "red"}}, {"tags": {"Team": "blue"}}),
    ),
    "aws:SecureTransport": ("Bool", "true", by_request({"secure": True}, {"secure": False})),
    "aws:SourceIdentity": (
        "StringEquals",
        "ana",
        by_caller(session(SourceIdentity="ana"), session(SourceIdentity="bob")),
    ),
    "aws:SourceIp": (
        "IpAddress",
        "192.0.2.0/24",
        by_request({"source_ip": "192.0.2.7"}, {"source_ip": "198.51.100.7"}),
    ),
    "aws:TagKeys": (
        "ForAllValues:StringEquals",
        "Red",
        by_parameters("iam", "TagUser", tagged("red"), tagged("blue")),
    ),
    "aws:TokenIssueTime": ("DateLessThan", "2027-01-15T08:10:00Z", by_caller(session(), session(later=1000))),
    "aws:UserAgent": (
        "StringLike",
        "aws-cli/*",
        by_request({"headers": (("user-agent", "aws-cli/2"),)}, {"headers": (("user-agent", "curl/8"),)}),
    ),
    "aws:referer": (
        "StringEquals",
        "https://a.example",
        by_request({"headers": (("referer", "https://a.example"),)}, {"headers": (("referer", "https://b.example"),)}),
    ),
    "aws:userid": ("StringLike", "AIDA*", by_caller(user("ana"), session())),
    "aws:username": ("StringEquals", "ana", by_caller(user("ana"), user("bob"))),
    "iam:AWSServiceName": ("StringEquals", "spot.amazonaws.com", by_linked_service),
    "iam:DelegationDuration": (
        "NumericLessThanEquals",
        "3600",
        by_parameters("iam", "CreateDelegationRequest", delegation(), delegation(SessionDuration=7200)),
    ),
    "iam:DelegationRequestOwner": (
        "StringEquals",
        "ana",
        by_parameters("iam", "ListDelegationRequests", {"OwnerId": "ana"}, {"OwnerId": "bob"}),
    ),
    "iam:NotificationChannel": (
        "ArnLike",
        "arn:aws:sns:us-east-1:111122223333:*",
        by_parameters(
            "iam",
            "CreateDelegationRequest",
            delegation(),
            delegation(NotificationChannel="arn:aws:sns:us-east-1:444455556666:t"),
        ),
    ),
    "iam:OrganizationsPolicyId": (
        "StringEquals",
        "p-1234567890",
        by_parameters(
            "iam",
            "GenerateOrganizationsAccessReport",
            REPORT | {"OrganizationsPolicyId": "p-1234567890"},
            REPORT | {"OrganizationsPolicyId": "p-0987654321"},
        ),
    ),
    "iam:PassedToService": ("StringEquals", "lambda.amazonaws.com", by_passing),
    "iam:PermissionsBoundary": (
        "StringEquals",
        BOUNDARY,
        by_parameters(
            "iam",
            "CreateUser",
            {"UserName": "eve", "PermissionsBoundary": BOUNDARY},
            {"UserName": "eve", "PermissionsBoundary": ADMIN},
        ),
    ),
    "iam:PolicyARN": (
        "ArnEquals",
        READ,
        by_parameters(
            "iam",
            "AttachUserPolicy",
            {"UserName": "target", "PolicyArn": READ},
            {"UserName": "target", "PolicyArn": ADMIN},
        ),
    ),
    "iam:ResourceTag/${TagKey}": (
        "StringEquals",
        "red",
        by_resource({"tags": {"Team": "red"}}, {"tags": {"Team": "blue"}}),
    ),
    "iam:ServiceSpecificCredentialAgeDays": (
        "NumericLessThanEquals",
        "30",
        by_parameters("iam", "CreateServiceSpecificCredential", CREDENTIAL, CREDENTIAL | {"CredentialAgeDays": 90}),
    ),
    "iam:ServiceSpecificCredentialServiceName": (
        "StringEquals",
        "bedrock.amazonaws.com",
        by_parameters(
            "iam",
            "CreateServiceSpecificCredential",
            CREDENTIAL,
            CREDENTIAL | {"ServiceName": "codecommit.amazonaws.com"},
        ),
    ),
    "iam:TemplateArn": (
        "ArnEquals",
        "arn:aws:iam::aws:policy/x",
        by_parameters(
            "iam",
            "CreateDelegationRequest",
            delegation(),
            delegation(Permissions={"PolicyTemplateArn": "arn:aws:iam::aws:policy/y"}),
        ),
    ),
    "sts:DurationSeconds": (
        "NumericLessThanEquals",
        "300",
        by_parameters("sts", "GetWebIdentityToken", WEB_TOKEN, WEB_TOKEN | {"DurationSeconds": 3600}),
    ),
    "sts:ExternalId": ("StringEquals", "e1", by_trust({"ExternalId": "e1"}, {"ExternalId": "e2"})),
    "sts:IdentityTokenAudience": (
        "ForAllValues:StringEquals",
        "a",
        by_parameters("sts", "GetWebIdentityToken", WEB_TOKEN, WEB_TOKEN | {"Audience": ["a", "b"]}),
    ),
    "sts:RequestContextProviders": (
        "ForAllValues:ArnEquals",
        "arn:aws:iam::aws:contextProvider/IdentityCenter",
        by_trust(
            {"ProvidedContexts": [{"ProviderArn": "arn:aws:iam::aws:contextProvider/IdentityCenter"}]},
            {"ProvidedContexts": [{"ProviderArn": "arn:aws:iam::aws:contextProvider/Other"}]},
        ),
    ),
    "sts:RoleSessionName": ("StringEquals", "s1", by_trust({}, {"RoleSessionName": "s2"})),
    "sts:SigningAlgorithm": (
        "StringEquals",
        "ES384",
        by_parameters("sts", "GetWebIdentityToken", WEB_TOKEN, WEB_TOKEN | {"SigningAlgorithm": "RS256"}),
    ),
    "sts:SourceIdentity": ("StringEquals", "ana", by_trust({"SourceIdentity": "ana"}, {"SourceIdentity": "bob"})),
    "sts:TaskPolicyArn": (
        "ArnLike",
        TASK + "IAMAudit*",
        by_parameters(
            "sts",
            "AssumeRoot",
            {"TargetPrincipal": HOME, "TaskPolicyArn": {"arn": TASK + "IAMAuditRootUserCredentials"}},
            {"TargetPrincipal": HOME, "TaskPolicyArn": {"arn": TASK + "S3UnlockBucketPolicy"}},
        ),
    ),
    "sts:TransitiveTagKeys": (
        "ForAllValues:StringEquals",
        "Team",
        by_trust(
            {"Tags": [{"Key": "Team", "Value": "a"}], "TransitiveTagKeys": ["Team"]},
            {"Tags": [{"Key": "Cost", "Value": "a"}], "TransitiveTagKeys": ["Cost"]},
        ),
    ),
}
"""Condition key -> operator, value, and the two calls."""


@pytest.mark.parametrize("key", SCENARIOS)
def test_the_value_of_a_key_decides(world: World, key: str) -> None:
    operator, value, play = SCENARIOS[key]
    assert play(world, {operator: {key.replace("${TagKey}", "team"): value}}) == (True, False)


def test_every_key_that_is_said_to_decide_does() -> None:
    assert {k.key for k in supplied_keys() if k.flips} == SCENARIOS.keys()
    for key in supplied_keys():
        assert key.flips != bool(key.why), f"{key.key} needs either a scenario or a reason"
