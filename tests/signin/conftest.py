"""A server with people who may sign in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
import pytest

from tests.clients.server import Server
from tests.clients.totp_codes import Authenticator
from tests.signin.browser import Browser

PASSWORD = "Correct-horse-9"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass
class Town:
    """One account on a running server."""

    server: Server
    account: str
    key: tuple[str, str]
    source: str
    """Failures count by address too: each test comes from one of its own."""

    def client(self, service: str, **options: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.server.url,
            region_name="us-east-1",
            **({"aws_access_key_id": self.key[0], "aws_secret_access_key": self.key[1]} | options),
        )

    @cached_property
    def iam(self) -> Any:
        return self.client("iam")

    def browser(self) -> Browser:
        return Browser(self.server.signin, self.source)

    def user(self, name: str, *, policy: str | None = ADMINISTRATOR, reset: bool = False) -> str:
        """A user with a password."""
        self.iam.create_user(UserName=name)
        self.iam.create_login_profile(UserName=name, Password=PASSWORD, PasswordResetRequired=reset)
        if policy is not None:
            self.iam.attach_user_policy(UserName=name, PolicyArn=policy)
        return name

    def device(self, user: str) -> Authenticator:
        """A virtual MFA device, enabled for the user."""
        made = self.iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]
        shown = Authenticator(made["Base32StringSeed"])
        self.iam.enable_mfa_device(
            UserName=user,
            SerialNumber=made["SerialNumber"],
            AuthenticationCode1=shown.next(),
            AuthenticationCode2=shown.next(),
        )
        return shown

    def events(self, name: str) -> list[dict[str, Any]]:
        """Events of that name, newest first."""
        found = self.client("cloudtrail").lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}]
        )
        return [json.loads(event["CloudTrailEvent"]) for event in found["Events"]]

    def signed_in(self, user: str) -> Browser:
        """A browser of a user without MFA."""
        browser = self.browser()
        assert browser.sign_in(self.account, user, PASSWORD).status == 303
        return browser


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("signin") / "data", "--trusted-hop", "127.0.0.1/32") as running:
        yield running


@pytest.fixture
def town(server: Server, request: pytest.FixtureRequest) -> Town:
    """An account of this test's own."""
    number, root = server.new_account(request.node.name[:40].replace("_", "-"))
    return Town(
        server,
        number,
        (root.access_key_id, root.secret_access_key),
        f"10.{int(number) % 250}.{int(number) // 250 % 250}.9",
    )
