"""Exports and records made up for tests, in the forms AWS gives them."""

from __future__ import annotations

import json
from typing import Any

from garrison.replay.exports import world_of
from garrison.replay.world import World

PROD = "111122223333"
DEV = "444455556666"
MANAGEMENT = "999900001111"
ROOT, WORKLOADS, SANDBOX = "r-ab12", "ou-ab12-workloads", "ou-ab12-sandboxes"
ANA = f"arn:aws:iam::{PROD}:user/team/ana"
ROLE = f"arn:aws:iam::{PROD}:role/app/deploy"
READERS = f"arn:aws:iam::{PROD}:policy/readers"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """A policy of statements; what they leave out is Allow, on everything."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", **({} if "NotResource" in s else {"Resource": "*"}), **s} for s in statements
        ],
    }


def details(
    *,
    account: str = PROD,
    ana: dict[str, Any] | None = None,
    role: dict[str, Any] | None = None,
    trust: dict[str, Any] | None = None,
    tags: dict[str, str] | None = None,
    readers: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """`aws iam get-account-authorization-details` of an account with a user, a group and a role."""
    iam = f"arn:aws:iam::{account}"
    return {
        "UserDetailList": [
            {
                "Path": "/team/",
                "UserName": "ana",
                "UserId": f"AIDAANA{account}",
                "Arn": f"{iam}:user/team/ana",
                "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": ana}] if ana else [],
                "GroupList": ["readers"],
                "AttachedManagedPolicies": [],
                "Tags": [{"Key": k, "Value": v} for k, v in (tags or {}).items()],
            }
        ],
        "GroupDetailList": [
            {
                "Path": "/",
                "GroupName": "readers",
                "GroupId": f"AGPAREADERS{account}",
                "Arn": f"{iam}:group/readers",
                "GroupPolicyList": [],
                "AttachedManagedPolicies": [{"PolicyName": "readers", "PolicyArn": f"{iam}:policy/readers"}],
            }
        ],
        "RoleDetailList": [
            {
                "Path": "/app/",
                "RoleName": "deploy",
                "RoleId": f"AROADEPLOY{account}",
                "Arn": f"{iam}:role/app/deploy",
                "AssumeRolePolicyDocument": trust
                or {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Allow", "Principal": {"AWS": f"{iam}:user/team/ana"}, "Action": "sts:AssumeRole"}
                    ],
                },
                "RolePolicyList": [{"PolicyName": "all", "PolicyDocument": role or policy({"Action": "*"})}],
                "AttachedManagedPolicies": [],
            }
        ],
        "Policies": [
            {
                "PolicyName": "readers",
                "Arn": f"{iam}:policy/readers",
                "PolicyVersionList": [
                    {"VersionId": "v1", "IsDefaultVersion": False, "Document": policy({"Action": "nothing:Old"})},
                    {
                        "VersionId": "v2",
                        "IsDefaultVersion": True,
                        "Document": readers or policy({"Action": ["s3:Get*", "s3:List*"]}),
                    },
                ],
            }
        ],
    }


def organization(*, scps: bool = True) -> dict[str, Any]:
    """`garrison export organization` of a management account and two units with an account each."""
    types = [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}] if scps else []
    everywhere = [ROOT, WORKLOADS, SANDBOX, PROD, DEV, MANAGEMENT]
    return {
        "Organization": {"Id": "o-example123", "MasterAccountId": MANAGEMENT},
        "Roots": [
            {
                "Id": ROOT,
                "Arn": f"arn:aws:organizations::{MANAGEMENT}:root/o-example123/{ROOT}",
                "PolicyTypes": types,
            }
        ],
        "OrganizationalUnits": [
            {"Id": WORKLOADS, "Name": "workloads", "ParentId": ROOT},
            {"Id": SANDBOX, "Name": "sandboxes", "ParentId": ROOT},
        ],
        "Accounts": [
            {"Id": PROD, "ParentId": WORKLOADS},
            {"Id": DEV, "ParentId": SANDBOX},
            {"Id": MANAGEMENT, "ParentId": ROOT},
        ],
        "Policies": [
            {
                "PolicySummary": {
                    "Id": "p-FullAWSAccess",
                    "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
                    "Name": "FullAWSAccess",
                    "Type": "SERVICE_CONTROL_POLICY",
                },
                "Content": json.dumps(policy({"Action": "*"})),
                "Targets": [{"TargetId": target} for target in everywhere],
            }
        ]
        if scps
        else [],
    }  # fmt: skip


def world(*accounts: dict[str, Any], tree: dict[str, Any] | None = None) -> World:
    """The world of such exports."""
    parts = [("details", one) for one in accounts or (details(),)]
    return world_of([*parts, ("organization", organization() if tree is None else tree)])


def record(
    action: str,
    parameters: dict[str, Any] | None = None,
    *,
    number: int = 0,
    identity: dict[str, Any] | None = None,
    error: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A CloudTrail record of `service:EventName`, by ana unless told otherwise."""
    service, _, name = action.partition(":")
    found: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": identity or user(),
        "eventTime": "2026-11-23T09:00:00Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.31",
        "requestParameters": parameters,
        "responseElements": None,
        "requestID": f"request-{number}",
        "eventID": f"event-{number}",
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": PROD,
        "eventCategory": "Management",
        "tlsDetails": {"tlsVersion": "TLSv1.3", "clientProvidedHostHeader": f"{service}.amazonaws.com"},
    }
    if error is not None:
        found |= {"errorCode": error, "errorMessage": "no"}
    return found | more


def user(account: str = PROD, *, name: str = "ana", path: str = "/team/") -> dict[str, Any]:
    """`userIdentity` of a user with long-term keys."""
    return {
        "type": "IAMUser",
        "principalId": f"AIDA{name.upper()}{account}",
        "arn": f"arn:aws:iam::{account}:user{path}{name}",
        "accountId": account,
        "accessKeyId": "AKIAEXAMPLE",
        "userName": name,
    }


def session(*, mfa: bool = False, name: str = "ci") -> dict[str, Any]:
    """`userIdentity` of a session of the role."""
    return {
        "type": "AssumedRole",
        "principalId": f"AROADEPLOY{PROD}:{name}",
        "arn": f"arn:aws:sts::{PROD}:assumed-role/deploy/{name}",
        "accountId": PROD,
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": f"AROADEPLOY{PROD}",
                "arn": ROLE,
                "accountId": PROD,
                "userName": "deploy",
            },
            "attributes": {"creationDate": "2026-11-23T08:00:00Z", "mfaAuthenticated": str(mfa).lower()},
        },
    }
