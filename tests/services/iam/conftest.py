"""`iam`: the operations of IAM on a store of their own, called as the gateway calls them but without a gateway."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import garrison.services.iam  # noqa: F401 - registers the operations
from garrison.access.accounts import create_account
from garrison.access.call import Call, HttpRequest
from garrison.access.caller import Caller
from garrison.access.runtime import Runtime
from garrison.aws.clock import ManualClock
from garrison.aws.errors import AwsError
from garrison.keys.seal import Seal
from garrison.policy.principal import Principal, Root, User
from garrison.services.operation import OPERATIONS
from garrison.store.open import open_store

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"
NOW = 1_750_000_000.25
_REQUEST = HttpRequest("POST", "/", "", (), b"", "127.0.0.1")


@dataclass
class Iam:
    """Runs operations: `iam.run("CreateUser", UserName="ana")`, as root of the first account or `by=` another."""

    runtime: Runtime
    clock: ManualClock
    caller: Principal = field(default_factory=lambda: Root(ACCOUNT))

    def call(self, operation: str, by: Principal | None = None, **params: Any) -> Call:
        """The call the gateway would make of it."""
        principal = by or self.caller
        return Call(
            service="iam",
            operation=operation,
            params=params,
            caller=Caller(principal),
            account=principal.account or ACCOUNT,
            region="us-east-1",
            partition="aws",
            request=_REQUEST,
            request_id="00000000-0000-4000-8000-000000000000",
            now=self.clock.now(),
            runtime=self.runtime,
        )

    def run(self, operation: str, by: Principal | None = None, **params: Any) -> dict[str, Any]:
        """The operation's output."""
        found = OPERATIONS["iam", operation]
        call = self.call(operation, by, **params)
        if found.prepare is not None:
            with self.runtime.store.reading() as reader:
                call.prepared = found.prepare(call, reader)
        if found.access == "write":
            return self.runtime.store.writing(lambda tx: found.function(call, tx)) or {}
        with self.runtime.store.reading() as reader:
            return found.function(call, reader) or {}

    def refused(self, operation: str, by: Principal | None = None, **params: Any) -> tuple[str, str]:
        """Code and message of the error the operation raises."""
        with pytest.raises(AwsError) as caught:
            self.run(operation, by, **params)
        return caught.value.code, caught.value.message

    def user(self, name: str, **params: Any) -> User:
        """A new user, as a principal."""
        made = self.run("CreateUser", UserName=name, **params)["User"]
        return User(ACCOUNT, made["Arn"], made["UserId"])

    def epoch(self) -> int:
        """How often what decides in the first account has changed."""
        with self.runtime.store.reading() as reader:
            return reader.epoch("iam", ACCOUNT)


@pytest.fixture
def iam(tmp_path: Path) -> Iterator[Iam]:
    store = open_store(tmp_path)
    clock = ManualClock(NOW)
    store.writing(lambda tx: [create_account(tx, id, name="", email="", now=NOW) for id in (ACCOUNT, OTHER_ACCOUNT)])
    yield Iam(Runtime(store=store, seal=Seal(bytes(32)), clock=clock), clock)
    store.close()
