"""What a call looks like in the trail."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from garrison.access.caller import Session
from garrison.aws import models
from garrison.aws.errors import AwsError
from garrison.policy.principal import (
    Anonymous,
    AssumedRoot,
    Federated,
    FederatedUser,
    Principal,
    RoleSession,
    Root,
    Service,
)
from garrison.trail.elements import printer
from garrison.trail.event import event, events
from garrison.trail.operations import is_read_only
from garrison.trail.record import TrailEntry
from tests.trail.calls import ACCOUNT, NOON, OTHER, call

ROLE = RoleSession(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/ops/deploy", "AROAEXAMPLEEXAMPLEROL", "ci")


def record(entry: TrailEntry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(entry.event)
    return found


def test_a_change_is_recorded_with_every_field_cloudtrail_gives_it() -> None:
    output = {"User": {"Path": "/", "UserName": "Bob", "UserId": "AIDAB", "Arn": "arn:b", "CreateDate": NOON}}
    entry = event(
        call("iam", "CreateUser", {"UserName": "Bob", "Tags": [{"Key": "Team", "Value": "a"}]}), output=output
    )
    found = record(entry)
    assert found == {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLEEXAMPLEANA",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/dev/ana",
            "accountId": ACCOUNT,
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
            "userName": "ana",
        },
        "eventTime": "2023-11-14T22:13:20Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateUser",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.7",
        "userAgent": "aws-cli/1.46 md/Botocore",
        "requestParameters": {"userName": "Bob", "tags": [{"key": "Team", "value": "a"}]},
        "responseElements": {
            "user": {
                "path": "/",
                "userName": "Bob",
                "userId": "AIDAB",
                "arn": "arn:b",
                "createDate": "Nov 14, 2023, 10:13:20 PM",
            }
        },
        "requestID": "11111111-2222-4333-8444-555555555555",
        "eventID": entry.id,
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }
    assert {("Username", "ana"), ("EventName", "CreateUser"), ("ResourceName", "Bob")} <= set(entry.keys)


def test_a_read_shows_no_response() -> None:
    found = record(event(call("iam", "GetUser", {"UserName": "bob"}), output={"User": {"UserName": "bob"}}))
    assert found["responseElements"] is None
    assert found["readOnly"] is True
    assert found["requestParameters"] == {"userName": "bob"}


def test_a_call_without_parameters_shows_null() -> None:
    found = record(event(call("sts", "GetCallerIdentity"), output={"Account": ACCOUNT}))
    assert found["requestParameters"] is None


@pytest.mark.parametrize(
    ("service", "code", "printed"),
    [
        ("iam", "NoSuchEntity", "NoSuchEntityException"),
        ("iam", "AccessDenied", "AccessDenied"),
        ("kms", "AccessDeniedException", "AccessDenied"),
        ("iam", "EntityAlreadyExists", "EntityAlreadyExistsException"),
        ("kms", "NotFoundException", "NotFoundException"),
        ("ec2", "UnauthorizedOperation", "Client.UnauthorizedOperation"),
        ("iam", "SomethingElse", "SomethingElse"),
    ],
)
def test_an_error_is_printed_by_cloudtrails_name_for_it(service: str, code: str, printed: str) -> None:
    operation = {"iam": "DeleteUser", "kms": "EnableKey", "ec2": "RunInstances"}[service]
    found = record(event(call(service, operation), error=AwsError(code, "because"), output={"x": 1}))
    assert (found["errorCode"], found["errorMessage"]) == (printed, "because")
    assert found["responseElements"] is None


@pytest.mark.parametrize(
    ("service", "operation", "params", "output", "secrets"),
    [
        ("iam", "ChangePassword", {"OldPassword": "s3cret-a", "NewPassword": "s3cret-b"}, None, []),
        ("iam", "CreateLoginProfile", {"UserName": "b", "Password": "s3cret"}, {"LoginProfile": {"UserName": "b"}}, []),
        (
            "iam",
            "CreateAccessKey",
            {"UserName": "b"},
            {"AccessKey": {"UserName": "b", "AccessKeyId": "AKIAB", "SecretAccessKey": "s3cret"}},
            [],
        ),
        (
            "iam",
            "CreateVirtualMFADevice",
            {"VirtualMFADeviceName": "d"},
            {"VirtualMFADevice": {"SerialNumber": "arn:m", "Base32StringSeed": b"s3cret", "QRCodePNG": b"s3cret"}},
            [],
        ),
        (
            "iam",
            "EnableMFADevice",
            {
                "UserName": "b",
                "SerialNumber": "arn:m",
                "AuthenticationCode1": "s3cret",
                "AuthenticationCode2": "s3cret",
            },
            None,
            [],
        ),
        ("sts", "GetSessionToken", {"SerialNumber": "arn:m", "TokenCode": "s3cret"}, None, []),
        ("sts", "AssumeRoleWithWebIdentity", {"RoleArn": "arn:r", "WebIdentityToken": "s3cret"}, None, []),
        ("secretsmanager", "PutSecretValue", {"SecretId": "x", "SecretString": "s3cret"}, None, ["secretString"]),
        ("rds", "CreateDBInstance", {"MasterUserPassword": "s3cret"}, None, ["masterUserPassword"]),
    ],
)
def test_secrets_are_removed(
    service: str, operation: str, params: dict[str, Any], output: dict[str, Any] | None, secrets: list[str]
) -> None:
    entry = event(call(service, operation, params), output=output)
    assert b"s3cret" not in entry.event
    assert b"czNjcmV0" not in entry.event
    found = record(entry)
    for name in secrets:
        assert found["requestParameters"][name] == "HIDDEN_DUE_TO_SECURITY_REASONS"
    for key, _ in entry.keys:
        assert "s3cret" not in key


def test_assuming_a_role_shows_the_credentials_without_their_secret() -> None:
    output = {
        "Credentials": {
            "AccessKeyId": "ASIAEXAMPLE",
            "SecretAccessKey": "s3cret",
            "SessionToken": "token",
            "Expiration": NOON + 3600,
        },
        "AssumedRoleUser": {"AssumedRoleId": "AROA:ci", "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci"},
    }
    entry = event(call("sts", "AssumeRole", {"RoleArn": ROLE.role_arn, "RoleSessionName": "ci"}), output=output)
    found = record(entry)
    assert found["responseElements"]["credentials"] == {
        "accessKeyId": "ASIAEXAMPLE",
        "sessionToken": "token",
        "expiration": "Nov 14, 2023, 11:13:20 PM",
    }
    assert found["resources"] == [{"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": ROLE.role_arn}]
    assert found["readOnly"] is True
    assert ("ResourceName", ROLE.role_arn) in entry.keys


def test_a_role_assumed_across_accounts_is_told_to_both() -> None:
    role = f"arn:aws:iam::{OTHER}:role/deploy"
    mine, theirs = events(
        call("sts", "AssumeRole", {"RoleArn": role, "RoleSessionName": "ci"}, shared_with=(OTHER,)), output={"x": 1}
    )
    assert (mine.account, theirs.account) == (ACCOUNT, OTHER)
    ours, other = record(mine), record(theirs)
    assert ours["sharedEventID"] == other["sharedEventID"]
    assert ours["eventID"] != other["eventID"]
    assert ours["userIdentity"]["userName"] == "ana"
    assert other["userIdentity"] == {
        "type": "AWSAccount",
        "principalId": "AIDAEXAMPLEEXAMPLEANA",
        "accountId": ACCOUNT,
    }
    assert other["recipientAccountId"] == OTHER
    assert "Username" not in dict(theirs.keys)
    assert "AccessKeyId" not in dict(theirs.keys)


def identity(principal: Principal, session: Session | None = None) -> dict[str, Any]:
    found: dict[str, Any] = record(event(call(principal=principal, session=session, key="ASIAKEY")))["userIdentity"]
    return found


def test_a_role_session_names_its_role_and_how_it_was_proved() -> None:
    session = Session("assume-role", issued=NOON, expires=NOON + 900, mfa_at=NOON, source_identity="ana")
    assert identity(ROLE, session) == {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLEEXAMPLEROL:ci",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIAKEY",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAEXAMPLEEXAMPLEROL",
                "arn": f"arn:aws:iam::{ACCOUNT}:role/ops/deploy",
                "accountId": ACCOUNT,
                "userName": "deploy",
            },
            "attributes": {"creationDate": "2023-11-14T22:13:20Z", "mfaAuthenticated": "true"},
            "sourceIdentity": "ana",
        },
    }


def test_a_web_identity_session_names_its_provider() -> None:
    context: dict[str, str | tuple[str, ...]] = {
        "aws:federatedprovider": "accounts.example.com",
        "accounts.example.com:sub": "42",
        "ec2:roledelivery": "2.0",
    }
    found = identity(ROLE, Session("web-identity", issued=NOON, expires=NOON + 900, context=context))["sessionContext"]
    assert found["webIdFederationData"] == {
        "federatedProvider": "accounts.example.com",
        "attributes": {"accounts.example.com:sub": "42"},
    }
    assert found["ec2RoleDelivery"] == "2.0"
    assert found["attributes"]["mfaAuthenticated"] == "false"


def test_the_other_principals_have_cloudtrails_types() -> None:
    root = Root(ACCOUNT)
    assert identity(root) == {
        "type": "Root",
        "principalId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIAKEY",
    }
    federated = FederatedUser(ACCOUNT, "zoe", f"arn:aws:iam::{ACCOUNT}:user/dev/ana", "AIDAANA")
    found = identity(federated, Session("federation-token", issued=NOON, expires=NOON + 900))
    assert (found["type"], found["principalId"]) == ("FederatedUser", f"{ACCOUNT}:zoe")
    assert found["sessionContext"]["sessionIssuer"] == {
        "type": "IAMUser",
        "principalId": "AIDAANA",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/dev/ana",
        "accountId": ACCOUNT,
        "userName": "ana",
    }
    assumed = identity(AssumedRoot(ACCOUNT, "arn:p"), Session("assume-root", issued=NOON, expires=NOON + 900))
    assert (assumed["type"], assumed["sessionContext"]["assumedRoot"]) == ("Root", "true")
    assert identity(Service("ec2.amazonaws.com")) == {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
    assert identity(Anonymous())["type"] == "Unknown"
    web = identity(Federated("accounts.google.com", "42"))
    assert (web["type"], web["identityProvider"], web["userName"]) == ("WebIdentityUser", "accounts.google.com", "42")
    assert identity(Federated(f"arn:aws:iam::{ACCOUNT}:saml-provider/idp", "s"))["type"] == "SAMLUser"


@pytest.mark.parametrize(
    ("service", "partition", "region", "recorded"),
    [
        ("iam", "aws", "eu-west-1", "us-east-1"),
        ("iam", "aws-cn", "cn-northwest-1", "cn-north-1"),
        ("iam", "aws-us-gov", "us-gov-east-1", "us-gov-west-1"),
        ("sts", "aws", "eu-west-1", "eu-west-1"),
    ],
)
def test_global_services_are_recorded_in_one_region(service: str, partition: str, region: str, recorded: str) -> None:
    operation = {"iam": "ListUsers", "sts": "GetCallerIdentity"}[service]
    entry = event(call(service, operation, partition=partition, region=region))
    assert (entry.region, record(entry)["awsRegion"]) == (recorded, recorded)


def test_too_large_elements_are_left_out_and_long_texts_cut() -> None:
    entry = event(
        call("iam", "CreatePolicy", {"PolicyName": "p", "PolicyDocument": "x" * 200_000}, user_agent="ä" * 2000),
        error=AwsError("MalformedPolicyDocument", "y" * 5000),
    )
    found = record(entry)
    assert found["requestParameters"]["omitted"] is True
    assert found["requestParameters"]["originalSize"] > 200_000
    assert len(entry.event) < 8_000
    assert len(found["userAgent"].encode()) <= 1024
    assert len(found["errorMessage"]) == 1024


@pytest.mark.parametrize("name", ["a\0b", "half \ud800 pair", "x" * 5000, "\uffff"])
def test_calls_with_impossible_names_are_recorded_all_the_same(name: str) -> None:
    entry = event(call("iam", "GetUser", {"UserName": name}), error=AwsError("ValidationError", f"bad {name}"))
    assert record(entry)["eventName"] == "GetUser"
    for _, value in entry.keys:
        assert "\0" not in value
        assert len(value.encode()) <= 2048


def test_tls_is_recorded_only_where_there_was_tls() -> None:
    assert "tlsDetails" not in record(event(call()))
    assert record(event(call(secure=True)))["tlsDetails"] == {"clientProvidedHostHeader": "iam.amazonaws.com"}


@pytest.mark.parametrize(
    ("service", "operation", "read_only"),
    [
        ("iam", "ListUsers", True),
        ("iam", "SimulatePrincipalPolicy", True),
        ("iam", "CreateUser", False),
        ("sts", "AssumeRole", True),
        ("kms", "Decrypt", True),
        ("kms", "ScheduleKeyDeletion", False),
        ("cloudtrail", "LookupEvents", True),
    ],
)
def test_operations_are_read_only_or_not(service: str, operation: str, read_only: bool) -> None:
    assert is_read_only(service, operation) is read_only


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("sqs", "SendMessageBatch", {"QueueUrl": "u", "Entries": [{"Id": "1", "MessageBody": "s3cr3t"}]}),
        ("sns", "Publish", {"TopicArn": "t", "Message": "s3cr3t", "Subject": "s3cr3t"}),
        (
            "dynamodb",
            "BatchWriteItem",
            {"RequestItems": {"t": [{"PutRequest": {"Item": {"k": {"S": "s3cr3t"}}}}]}},
        ),
        (
            "dynamodb",
            "UpdateItem",
            {"TableName": "t", "Key": {"k": {"S": "1"}}, "ExpressionAttributeValues": {":v": {"S": "s3cr3t"}}},
        ),
        ("lambda", "Invoke", {"FunctionName": "f", "Payload": b"s3cr3t"}),
        ("lambda", "CreateFunction", {"FunctionName": "f", "Code": {"ZipFile": b"s3cr3t"}}),
        ("s3", "PutObject", {"Bucket": "b", "Key": "k", "Body": b"s3cr3t"}),
    ],
)
def test_what_was_sent_to_other_services_is_not_in_the_trail(
    service: str, operation: str, params: dict[str, Any]
) -> None:
    shown = printer(service, models.operation(service, operation).input_shape)
    assert shown is not None
    told = json.dumps(shown(params))
    assert "HIDDEN_DUE_TO_SECURITY_REASONS" in told
    assert "s3cr3t" not in told
    assert base64.b64encode(b"s3cr3t").decode() not in told


def test_ec2_prints_lists_of_structures_as_items() -> None:
    permissions = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    params = {"GroupId": "sg-1", "IpPermissions": [*permissions, {"IpProtocol": "-1", "IpRanges": []}]}
    found = record(event(call("ec2", "AuthorizeSecurityGroupIngress", params)))["requestParameters"]
    first = {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}
    second = {"ipProtocol": "-1", "ipRanges": {}}
    assert found == {"groupId": "sg-1", "ipPermissions": {"items": [first, second]}}
    shared = {"SnapshotId": "snap-1", "CreateVolumePermission": {"Add": [{"Group": "all"}]}}
    found = record(event(call("ec2", "ModifySnapshotAttribute", shared)))["requestParameters"]
    assert found["createVolumePermission"] == {"add": {"items": [{"group": "all"}]}}
    told = record(event(call("ec2", "TerminateInstances", {"InstanceIds": ["i-1"]})))["requestParameters"]
    assert told == {"instanceIds": ["i-1"]}
