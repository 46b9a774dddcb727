"""Custom detection rules over IAM, and sign-ins to the console."""

from __future__ import annotations

import json
from typing import Any

from garrison.detect.events import ApiCall
from tests.detect.case import Case, fires, near
from tests.detect.making import OTHER, api

IAM = "Persistence:IAM/AccountManipulation"
ESCALATED = "PrivilegeEscalation:IAM/AccountManipulation"
SIGN_IN = "InitialAccess:IAM/ValidAccounts"
ROOT = "Policy:IAMUser/RootCredentialUsage"
_AWS = "arn:aws:iam::aws:policy/"


def _trust(principal: Any, **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _grant(action: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})


def _sign_in(mfa: str, result: str = "Success", **more: Any) -> ApiCall:
    extra = more.pop("extra", {})
    return api(
        "signin", "ConsoleLogin", None, response={"ConsoleLogin": result}, more={"MFAUsed": mfa, **extra}, **more
    )


CASES: tuple[Case, ...] = (
    fires("a key is made for somebody else", IAM, api("iam", "CreateAccessKey", {"userName": "guest"})),
    Case(
        name="the root user makes itself a key",
        events=(api("iam", "CreateAccessKey", None, who="root"),),
        fires=(IAM, ROOT),
    ),
    fires("a user gets a password", IAM, api("iam", "CreateLoginProfile", {"userName": "guest"})),
    fires("a user gets another password", IAM, api("iam", "UpdateLoginProfile", {"userName": "guest"})),
    fires(
        "a role comes to trust another account",
        IAM,
        api(
            "iam",
            "UpdateAssumeRolePolicy",
            {"roleName": "billing", "policyDocument": _trust({"AWS": f"arn:aws:iam::{OTHER}:root"})},
        ),
    ),
    fires(
        "a new role trusts everybody",
        IAM,
        api("iam", "CreateRole", {"roleName": "helper", "assumeRolePolicyDocument": _trust({"AWS": "*"})}),
    ),
    fires(
        "a role trusts everybody who sends an id",
        IAM,
        api(
            "iam",
            "UpdateAssumeRolePolicy",
            {
                "roleName": "web",
                "policyDocument": _trust("*", Condition={"StringEquals": {"sts:ExternalId": "9f3a"}}),
            },
        ),
    ),
    near(
        "keys are rotated, roles trust services, the account itself, and a partner who knows a secret",
        (IAM,),
        api("iam", "CreateAccessKey", {"userName": "morgan"}),
        api("iam", "CreateAccessKey", None),
        api("iam", "CreateAccessKey", {"userName": "guest"}, error="LimitExceeded"),
        api("iam", "ChangePassword"),
        api(
            "iam",
            "UpdateAssumeRolePolicy",
            {"roleName": "web", "policyDocument": _trust({"Service": "ec2.amazonaws.com"})},
        ),
        api(
            "iam",
            "CreateRole",
            {"roleName": "own", "assumeRolePolicyDocument": _trust({"AWS": "arn:aws:iam::111122223333:root"})},
        ),
        api(
            "iam",
            "CreateRole",
            {
                "roleName": "monitor",
                "assumeRolePolicyDocument": _trust(
                    {"AWS": f"arn:aws:iam::{OTHER}:root"}, Condition={"StringEquals": {"sts:ExternalId": "9f3a"}}
                ),
            },
        ),
    ),
    fires(
        "a role becomes an administrator",
        ESCALATED,
        api("iam", "AttachRolePolicy", {"roleName": "web", "policyArn": _AWS + "AdministratorAccess"}),
    ),
    fires(
        "a user may manage all of IAM",
        ESCALATED,
        api("iam", "AttachUserPolicy", {"userName": "guest", "policyArn": _AWS + "IAMFullAccess"}),
    ),
    fires(
        "a user may do everything by an inline policy",
        ESCALATED,
        api("iam", "PutUserPolicy", {"userName": "guest", "policyName": "p", "policyDocument": _grant("*")}),
    ),
    fires(
        "a role gets a policy of the account's own that allows everything",
        ESCALATED,
        api("iam", "CreatePolicy", {"policyName": "all", "policyDocument": _grant("*")}),
        api("iam", "AttachRolePolicy", {"roleName": "web", "policyArn": "arn:aws:iam::111122223333:policy/all"}),
    ),
    fires(
        "a role may send any mail",
        ESCALATED,
        api("iam", "AttachRolePolicy", {"roleName": "web", "policyArn": _AWS + "AmazonSESFullAccess"}),
    ),
    fires(
        "a user gets a long-lived credential of Bedrock",
        ESCALATED,
        api(
            "iam", "CreateServiceSpecificCredential", {"userName": "guest", "serviceName": "bedrock.amazonaws.com"}
        ),
    ),
    near(
        "permissions for reading and for one service are given",
        (ESCALATED,),
        api("iam", "AttachRolePolicy", {"roleName": "web", "policyArn": _AWS + "ReadOnlyAccess"}),
        api("iam", "AttachRolePolicy", {"roleName": "web", "policyArn": "arn:aws:iam::111122223333:policy/own"}),
        api("iam", "AttachUserPolicy", {"userName": "g", "policyArn": _AWS + "AdministratorAccess"}, error="AccessDenied"),
        api("iam", "PutRolePolicy", {"roleName": "web", "policyName": "p", "policyDocument": _grant("s3:*")}),
        api(
            "iam", "CreateServiceSpecificCredential", {"userName": "guest", "serviceName": "codecommit.amazonaws.com"}
        ),
    ),
    fires("a user signs in with a password alone", SIGN_IN, _sign_in("No")),
    near(
        "people sign in with MFA, through a provider, or not at all",
        (SIGN_IN,),
        _sign_in("Yes"),
        _sign_in("No", who="role"),
        _sign_in("No", extra={"SamlProviderArn": "arn:aws:iam::111122223333:saml-provider/office"}),
        _sign_in("No", "Failure", error="Failed authentication"),
    ),
)  # fmt: skip
