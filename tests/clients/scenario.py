"""The story every client tells: a user is refused, allowed, bounded, denied, and becomes a role in another account."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

from tests.clients.drivers import Driver, Refused
from tests.clients.server import Credentials, Server
from tests.clients.totp_codes import Authenticator


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=1)


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def deny(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*", **more}


class Story:
    """One telling, in two accounts of its own."""

    def __init__(self, driver: Driver, server: Server, name: str) -> None:
        self.driver = driver
        self.server = server
        self.home, self.root = server.new_account(f"{name}-home")
        self.away, self.away_root = server.new_account(f"{name}-away")

    def denied(self, credentials: Credentials, service: str, operation: str, **params: Any) -> str:
        """Make a call that must be refused; returns the sentence, once the explanation has been looked at."""
        with pytest.raises(Refused) as caught:
            self.driver.call(credentials, service, operation, **params)
        assert caught.value.code == "AccessDenied", caught.value
        return caught.value.message

    def explained(self, account: str, code: str) -> dict[str, Any]:
        """The newest explanation of a denial in an account, which has that reason code.

        What another worker recorded of a refused call can be read 200 ms later.
        """
        seen: list[Any] = []
        for _ in range(20):
            status, answer = self.server.admin("GET", f"/_garrison/explain?denied=1&last=1&account={account}")
            assert status == 200, answer
            seen = [call["explanation"] for call in answer["calls"]]
            if seen and seen[0]["code"] == code:
                break
            time.sleep(0.05)
        assert [one["code"] for one in seen] == [code]
        explanation: dict[str, Any] = seen[0]
        return explanation

    def session(self, output: dict[str, Any]) -> Credentials:
        made = output["Credentials"]
        return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def tell(driver: Driver, server: Server, name: str) -> None:
    """The whole story; every refusal in AWS's exact words."""
    story = Story(driver, server, name)
    home, root, call = story.home, story.root, driver.call
    ana_arn = f"arn:aws:iam::{home}:user/engineering/ana"

    identity = call(root, "sts", "GetCallerIdentity")
    assert identity == {"UserId": home, "Account": home, "Arn": f"arn:aws:iam::{home}:root"}

    # A user in a group, with keys, who may do nothing.
    group = call(root, "iam", "CreateGroup", GroupName="engineers")
    assert group["Group"]["Arn"] == f"arn:aws:iam::{home}:group/engineers"
    user = call(
        root, "iam", "CreateUser", UserName="ana", Path="/engineering/", Tags=[{"Key": "team", "Value": "blue"}]
    )
    assert user["User"]["Arn"] == ana_arn
    assert user["User"]["UserId"].startswith("AIDA")
    call(root, "iam", "AddUserToGroup", GroupName="engineers", UserName="ana")
    key = call(root, "iam", "CreateAccessKey", UserName="ana")["AccessKey"]
    ana = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    assert call(ana, "sts", "GetCallerIdentity")["Arn"] == ana_arn
    refused = f"User: {ana_arn} is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::{home}:user/ "
    said = story.denied(ana, "iam", "ListUsers")
    assert said == refused + "because no identity-based policy allows the iam:ListUsers action"
    story.explained(home, "DENY_IMPLICIT_IDENTITY")

    # The group's policy has a condition that does not hold; the explanation names it with what it saw.
    elsewhere = allow("iam:ListUsers", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})
    call(root, "iam", "PutGroupPolicy", GroupName="engineers", PolicyName="see", PolicyDocument=policy(elsewhere))
    said = story.denied(ana, "iam", "ListUsers")
    assert said == refused + "because no identity-based policy allows the iam:ListUsers action"
    told = json.dumps(story.explained(home, "DENY_IMPLICIT_IDENTITY"))
    assert "eu-west-1" in told
    assert "us-east-1" in told

    # Corrected, it holds on the very next call.
    call(
        root,
        "iam",
        "PutGroupPolicy",
        GroupName="engineers",
        PolicyName="see",
        PolicyDocument=policy(allow("iam:List*")),
    )
    assert [u["UserName"] for u in call(ana, "iam", "ListUsers")["Users"]] == ["ana"]
    read = call(root, "iam", "GetGroupPolicy", GroupName="engineers", PolicyName="see")
    document = read["PolicyDocument"]
    if isinstance(document, str):  # the SDK for JavaScript leaves it URL-encoded, as it is on the wire
        from urllib.parse import unquote

        document = json.loads(unquote(document))
    assert document == json.loads(policy(allow("iam:List*")))

    # A boundary takes it away; a wider one gives it back.
    boundary = call(root, "iam", "CreatePolicy", PolicyName="bound", PolicyDocument=policy(allow("sts:*")))["Policy"][
        "Arn"
    ]
    call(root, "iam", "PutUserPermissionsBoundary", UserName="ana", PermissionsBoundary=boundary)
    said = story.denied(ana, "iam", "ListUsers")
    assert said == refused + "because no permissions boundary allows the iam:ListUsers action"
    story.explained(home, "DENY_IMPLICIT_BOUNDARY")
    wider = policy(allow("sts:*", "iam:*"))
    call(root, "iam", "CreatePolicyVersion", PolicyArn=boundary, PolicyDocument=wider, SetAsDefault=True)
    call(ana, "iam", "ListUsers")

    # An explicit deny in a managed policy wins, and is named.
    no = call(root, "iam", "CreatePolicy", PolicyName="no", PolicyDocument=policy(deny("iam:ListUsers")))["Policy"][
        "Arn"
    ]
    call(root, "iam", "AttachUserPolicy", UserName="ana", PolicyArn=no)
    said = story.denied(ana, "iam", "ListUsers")
    assert said == refused + f"with an explicit deny in an identity-based policy: {no}"
    story.explained(home, "DENY_EXPLICIT_IDENTITY")
    call(root, "iam", "DetachUserPolicy", UserName="ana", PolicyArn=no)

    # A role in another account trusts ana, with an external id and a second factor.
    role_arn = f"arn:aws:iam::{story.away}:role/partners/visitor"
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": ana_arn},
        "Action": "sts:AssumeRole",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "StringEquals": {"sts:ExternalId": "e-42"}},
    }
    call(
        story.away_root, "iam", "CreateRole",
        RoleName="visitor", Path="/partners/", AssumeRolePolicyDocument=policy(trust),
    )  # fmt: skip
    call(
        story.away_root, "iam", "AttachRolePolicy",
        RoleName="visitor", PolicyArn="arn:aws:iam::aws:policy/IAMFullAccess",
    )  # fmt: skip
    device = call(root, "iam", "CreateVirtualMFADevice", VirtualMFADeviceName="ana")["VirtualMFADevice"]
    authenticator = Authenticator(base64.b64decode(device["Base32StringSeed"]))
    serial = device["SerialNumber"]
    call(
        root, "iam", "EnableMFADevice", UserName="ana", SerialNumber=serial,
        AuthenticationCode1=authenticator.next(), AuthenticationCode2=authenticator.next(),
    )  # fmt: skip
    visit: dict[str, Any] = {"RoleArn": role_arn, "RoleSessionName": "visit", "ExternalId": "e-42"}
    not_allowed = f"User: {ana_arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
    assert story.denied(ana, "sts", "AssumeRole", **visit).startswith(not_allowed)
    call(
        root, "iam", "PutUserPolicy", UserName="ana", PolicyName="visit", PolicyDocument=policy(allow("sts:AssumeRole"))
    )
    assert story.denied(ana, "sts", "AssumeRole", **visit).startswith(not_allowed), "no MFA"
    code = authenticator.next()
    wrong_id = {**visit, "ExternalId": "e-43", "SerialNumber": serial}
    assert story.denied(ana, "sts", "AssumeRole", **wrong_id, TokenCode="000000" if code != "000000" else "000001")
    narrowed = policy(allow("iam:List*"))
    visit |= {"SerialNumber": serial, "Policy": narrowed, "DurationSeconds": 900}
    assumed = call(ana, "sts", "AssumeRole", **visit, TokenCode=code)
    visitor = story.session(assumed)
    session_arn = f"arn:aws:sts::{story.away}:assumed-role/visitor/visit"
    assert assumed["AssumedRoleUser"]["Arn"] == session_arn
    assert story.denied(ana, "sts", "AssumeRole", **visit, TokenCode=code), "a code is good once"

    # The session has the role's rights, narrowed by its policy, in the role's account, and none of ana's.
    assert call(visitor, "sts", "GetCallerIdentity")["Arn"] == session_arn
    assert [r["RoleName"] for r in call(visitor, "iam", "ListRoles")["Roles"]] == ["visitor"]
    assert call(visitor, "iam", "ListUsers")["Users"] == []
    said = story.denied(visitor, "iam", "CreateUser", UserName="eve")
    assert said == (
        f"User: {session_arn} is not authorized to perform: iam:CreateUser on resource: "
        f"arn:aws:iam::{story.away}:user/eve because no session policy allows the iam:CreateUser action"
    )
    story.explained(story.away, "DENY_IMPLICIT_SESSION")

    # Dropped, ana is ana again.
    assert [u["UserName"] for u in call(ana, "iam", "ListUsers")["Users"]] == ["ana"]

    # What she is refused and what she gets once her keys are off.
    with pytest.raises(Refused) as caught:
        driver.call(root, "iam", "GetUser", UserName="nobody")
    assert (caught.value.code, caught.value.message) == ("NoSuchEntity", "The user with name nobody cannot be found.")
    call(root, "iam", "UpdateAccessKey", UserName="ana", AccessKeyId=ana.access_key_id, Status="Inactive")
    with pytest.raises(Refused) as caught:
        driver.call(ana, "iam", "ListUsers")
    assert caught.value.code == "InvalidClientTokenId"
    assert caught.value.message == "The security token included in the request is invalid."
