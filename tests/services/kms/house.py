"""Keys in accounts on a store of their own, whose calls are authorized and invoked as the gateway does it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import garrison.services.kms  # noqa: F401 - the import registers the operations
from garrison.access.authorize import authorize
from garrison.access.call import Call
from garrison.access.caller import Caller, Session
from garrison.policy.principal import Principal, RoleSession, Root, User
from garrison.services.kms import due
from garrison.services.operation import OPERATIONS
from tests.services.organizations.house import RCP, House

ACCOUNT = "111111111111"
OTHER = "222222222222"
REGION = "us-east-1"


class KmsHouse(House):
    """`kms("CreateKey")` as root of the first account, `by=` somebody else, `region=` elsewhere."""

    def __init__(self, directory: Path, *, first: bool = True) -> None:
        super().__init__(directory, first=first)
        self.region = REGION
        self.via: str | None = None
        self.last: Call | None = None

    def call(self, operation: str, by: Principal | str | None = None, service: str = "", **params: Any) -> Call:
        region = params.pop("region", self.region)
        call = super().call(operation, by, service or "kms", **params)
        call.region, call.via = region, self.via
        if isinstance(call.caller.principal, RoleSession):
            session = Session("assume-role", call.now - 1, call.now + 3600)
            call.caller = Caller(call.caller.principal, "ASIA" + "A" * 16, session)
        return call

    def run(
        self, operation: str, by: Principal | str | None = None, service: str = "", **params: Any
    ) -> dict[str, Any]:
        call = self.last = self.call(operation, by, service, **params)
        found = OPERATIONS[call.service, operation]
        with self.store.reading() as reader:
            authorize(call, reader)
            if found.access == "read":
                output = found.function(call, reader)
            elif found.prepare is not None:
                call.prepared = found.prepare(call, reader)
        if found.access == "write":
            output = self.store.writing(lambda tx: found.function(call, tx))
        if call.later is not None:
            output = call.later()
        return output or {}

    kms = run

    def refused(self, operation: str, by: Principal | str | None = None, **params: Any) -> tuple[str, str]:
        """Code without `Exception`, and message."""
        error = self.error(operation, by, **params)
        return error.code.removesuffix("Exception"), error.message

    def key(self, by: Principal | str | None = None, **params: Any) -> str:
        """A new key's id."""
        return str(self.run("CreateKey", by, **params)["KeyMetadata"]["KeyId"])

    def arn(self, key_id: str, account: str = ACCOUNT, region: str = REGION) -> str:
        return f"arn:aws:kms:{region}:{account}:key/{key_id}"

    def describe(self, key_id: str, **params: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.run("DescribeKey", KeyId=key_id, **params)["KeyMetadata"]
        return found

    def days(self, days: float) -> None:
        """Let time pass, and what is due happen."""
        self.clock.advance(days * 86_400)
        due.run(self.runtime)

    def limit(self, account: str, rcp: str) -> None:
        """Put an account in an organization that limits its resources."""
        run = partial(self.run, service="organizations")
        root = run("CreateOrganization", FeatureSet="ALL") and run("ListRoots")["Roots"][0]["Id"]
        target = {"Type": "ACCOUNT", "Id": account}
        sent = run("InviteAccountToOrganization", Target=target)["Handshake"]
        run("AcceptHandshake", account, HandshakeId=sent["Id"])
        run("EnablePolicyType", RootId=root, PolicyType=RCP)
        made = run("CreatePolicy", Type=RCP, Name="limit", Description="", Content=rcp)
        run("AttachPolicy", PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=account)

    def role(self, account: str, name: str, *statements: dict[str, Any]) -> RoleSession:
        """A session of a role of an account, with an inline policy."""
        trust = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"},
        ]}  # fmt: skip
        made = self.run("CreateRole", account, "iam", RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
        if statements:
            text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            self.run("PutRolePolicy", account, "iam", RoleName=name, PolicyName="p", PolicyDocument=text)
        return RoleSession(account, made["Arn"], made["RoleId"], "session")


def root(account: str = ACCOUNT) -> Root:
    return Root(account)


__all__ = ["ACCOUNT", "OTHER", "REGION", "KmsHouse", "RoleSession", "User", "root"]
