"""Accounts on a store, calls that are authorized and then invoked, and a small organization to begin with."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

import garrison.services.iam
import garrison.services.organizations
import garrison.services.sts  # noqa: F401 - the imports register the operations
from garrison.access.accounts import create_account
from garrison.access.authorize import authorize
from garrison.access.call import Call, HttpRequest
from garrison.access.caller import Caller
from garrison.access.organization import provide_organization
from garrison.access.principals import provide_principals
from garrison.access.runtime import Runtime
from garrison.aws.clock import ManualClock
from garrison.aws.errors import AwsError
from garrison.keys.seal import Seal
from garrison.policy.principal import Principal, Root, User
from garrison.services.iam.provider import IamPrincipals
from garrison.services.operation import OPERATIONS
from garrison.services.organizations import creations
from garrison.services.organizations.membership import membership
from garrison.store.open import open_store

NOW = 1_790_000_000.0
MANAGEMENT = "111111111111"
OTHERS = ("222222222222", "333333333333", "444444444444")
_REQUEST = HttpRequest("POST", "/", "", (), b"", "127.0.0.1")
SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def deny(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*", **more}


class House:
    """One Garrison. `house.run("CreateOrganization")` as root of the management account, or `by=` somebody else."""

    def __init__(self, directory: Path | str, *, first: bool = True) -> None:
        """`first=False`: another process's view of a house that is there already."""
        provide_principals(IamPrincipals())
        provide_organization(membership)
        self.store = open_store(directory)
        self.clock = ManualClock(NOW)
        self.runtime = Runtime(store=self.store, seal=Seal(bytes(32)), clock=self.clock)
        self._numbers = itertools.count(1)
        for account in (MANAGEMENT, *OTHERS) if first else ():
            self.account(account)

    def close(self) -> None:
        self.store.close()

    def account(self, number: str) -> str:
        """A further account that stands alone."""
        email = f"{number}@example.com"
        self.store.writing(lambda tx: create_account(tx, number, name=f"account {number[0]}", email=email, now=NOW))
        return number

    def call(self, operation: str, by: Principal | str | None = None, service: str = "", **params: Any) -> Call:
        principal = Root(by) if isinstance(by, str) else by or Root(MANAGEMENT)
        return Call(
            service=service or "organizations",
            operation=operation,
            params=params,
            caller=Caller(principal),
            account=principal.account or "",
            region="us-east-1",
            partition="aws",
            request=_REQUEST,
            request_id="00000000-0000-4000-8000-000000000000",
            now=self.clock.now(),
            runtime=self.runtime,
        )

    def run(
        self, operation: str, by: Principal | str | None = None, service: str = "", **params: Any
    ) -> dict[str, Any]:
        """The operation's output, if the call is allowed."""
        call = self.call(operation, by, service, **params)
        found = OPERATIONS[call.service, operation]
        with self.store.reading() as reader:
            authorize(call, reader)
            if found.access == "read":
                return found.function(call, reader) or {}
            if found.prepare is not None:
                call.prepared = found.prepare(call, reader)
        return self.store.writing(lambda tx: found.function(call, tx)) or {}

    def error(self, operation: str, by: Principal | str | None = None, service: str = "", **params: Any) -> AwsError:
        """The error the call ends with."""
        with pytest.raises(AwsError) as caught:
            self.run(operation, by, service, **params)
        return caught.value

    def refused(self, operation: str, by: Principal | str | None = None, **params: Any) -> tuple[str, str]:
        """Code without `Exception`, and reason if there is one, else message."""
        error = self.error(operation, by, **params)
        return error.code.removesuffix("Exception"), str(error.fields.get("Reason", error.message))

    def organization(self, **params: Any) -> dict[str, Any]:
        """An organization of the management account."""
        made: dict[str, Any] = self.run("CreateOrganization", **params)["Organization"]
        return made

    @property
    def root(self) -> str:
        return str(self.run("ListRoots")["Roots"][0]["Id"])

    def unit(self, name: str, parent: str | None = None) -> str:
        made = self.run("CreateOrganizationalUnit", ParentId=parent or self.root, Name=name)
        return str(made["OrganizationalUnit"]["Id"])

    def join(self, account: str) -> str:
        """Invite an account, and accept."""
        sent = self.run("InviteAccountToOrganization", Target={"Type": "ACCOUNT", "Id": account})["Handshake"]
        self.run("AcceptHandshake", account, HandshakeId=sent["Id"])
        return account

    def create(self, email: str, **params: Any) -> dict[str, Any]:
        """Ask for an account, wait, and the status of the request then."""
        made = self.run("CreateAccount", Email=email, AccountName="made", **params)["CreateAccountStatus"]
        assert made["State"] == "IN_PROGRESS"
        self.clock.advance(creations.SECONDS)
        creations.finish(self.runtime)
        found: dict[str, Any] = self.run("DescribeCreateAccountStatus", CreateAccountRequestId=made["Id"])
        status: dict[str, Any] = found["CreateAccountStatus"]
        return status

    def policy(self, content: str, type: str = SCP, name: str | None = None) -> str:
        """A new policy's id."""
        name = name or f"policy {next(self._numbers)}"
        made = self.run("CreatePolicy", Type=type, Name=name, Description="", Content=content)
        return str(made["Policy"]["PolicySummary"]["Id"])

    def attach(self, policy: str, target: str) -> None:
        self.run("AttachPolicy", PolicyId=policy, TargetId=target)

    def move(self, account: str, to: str) -> None:
        source = self.run("ListParents", ChildId=account)["Parents"][0]["Id"]
        self.run("MoveAccount", AccountId=account, SourceParentId=source, DestinationParentId=to)

    def user(self, account: str, name: str, *statements: dict[str, Any]) -> User:
        """A user of an account, with an inline policy."""
        made = self.run("CreateUser", account, "iam", UserName=name)["User"]
        if statements:
            self.run(
                "PutUserPolicy", account, "iam",
                UserName=name, PolicyName="p", PolicyDocument=policy(*statements),
            )  # fmt: skip
        return User(account, made["Arn"], made["UserId"])
