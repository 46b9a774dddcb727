"""IAM and STS on a store of their own, with accounts, roles and identity providers; calls as the gateway makes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from garrison import services
from garrison.access import federation, organization, principals, resources
from garrison.access.accounts import create_account
from garrison.access.authorize import authorize
from garrison.access.call import Call, HttpRequest
from garrison.access.caller import Caller
from garrison.access.federation import Vouched
from garrison.access.runtime import Runtime
from garrison.access.tokens import open_token
from garrison.aws.clock import ManualClock
from garrison.keys.seal import Seal
from garrison.policy.principal import Anonymous, Root
from garrison.services.iam.identity_providers import IamIdentityProviders
from garrison.services.iam.located import iam_facts
from garrison.services.iam.provider import IamPrincipals
from garrison.services.operation import OPERATIONS
from garrison.store.open import open_store

HOME = "111122223333"
AWAY = "444455556666"
NOW = 1_800_000_000.0


def policy(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class House:
    """Two accounts, a clock that stands still, and calls."""

    def __init__(self, directory: Path) -> None:
        services.load()
        # Other tests put small worlds of their own in these places.
        principals.provide_principals(IamPrincipals())
        resources.provide_resources("iam", iam_facts)
        federation.provide_identity_providers(IamIdentityProviders())
        organization.provide_organization(None)
        self.clock = ManualClock(NOW)
        self.store = open_store(directory)
        self.runtime = Runtime(store=self.store, seal=Seal(b"h" * 32), clock=self.clock)
        self.store.writing(lambda tx: [create_account(tx, id, name="", email="", now=NOW) for id in (HOME, AWAY)])
        self.last: Call | None = None

    def close(self) -> None:
        self.store.close()

    def call(self, caller: Caller, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """Make a call: identify if need be, authorize, invoke."""
        found = OPERATIONS[service, operation]
        self.last = call = Call(
            service=service,
            operation=operation,
            params=params,
            caller=caller,
            account=caller.account or HOME,
            region="us-east-1",
            partition="aws",
            request=HttpRequest("POST", "/", "", (), b"", "127.0.0.1"),
            request_id="r",
            now=self.clock.now(),
            runtime=self.runtime,
        )
        if found.identify is not None:
            identified = found.identify(call)
            assert isinstance(identified, Vouched)
            call.vouched, call.caller = identified, Caller(identified.principal)
        with self.store.reading() as reader:
            authorize(call, reader)
            if found.access == "read":
                return found.function(call, reader) or {}
        return self.store.writing(lambda tx: found.function(call, tx) or {})

    def iam(self, operation: str, account: str = HOME, **params: Any) -> dict[str, Any]:
        """Call IAM as an account's root user."""
        return self.call(Caller(Root(account), f"AKIA{account}"), "iam", operation, **params)

    def sts(self, operation: str, **params: Any) -> dict[str, Any]:
        """Call STS without a signature."""
        return self.call(Caller(Anonymous()), "sts", operation, **params)

    def role(
        self,
        name: str,
        provider: str,
        action: str | list[str],
        condition: dict[str, Any] | None = None,
        *,
        account: str = HOME,
        policies: str | None = None,
        **rest: Any,
    ) -> str:
        """A role that trusts an identity provider; its ARN."""
        statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": action}
        if condition is not None:
            statement["Condition"] = condition
        made = self.iam("CreateRole", account, RoleName=name, AssumeRolePolicyDocument=policy(statement), **rest)
        if policies is not None:
            self.iam("PutRolePolicy", account, RoleName=name, PolicyName="p", PolicyDocument=policies)
        arn: str = made["Role"]["Arn"]
        return arn

    def opened(self, output: dict[str, Any]) -> Caller:
        """The caller that the answer's credentials stand for."""
        credentials = output["Credentials"]
        return open_token(self.runtime, credentials["SessionToken"], credentials["AccessKeyId"])[0]
