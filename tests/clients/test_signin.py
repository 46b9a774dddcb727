"""A real browser signs in."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.clients.chromium import Chromium, started
from tests.clients.server import Server
from tests.clients.totp_codes import Authenticator

pytestmark = pytest.mark.client

PASSWORD = "Correct-horse-9"
WRONG = "Your authentication information is incorrect. Please try again."


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[Chromium]:
    with started(tmp_path / "profile") as browser:
        yield browser


def events(client: Any) -> list[dict[str, Any]]:
    """What the trail says of sign-in, oldest first."""
    time.sleep(0.4)
    found = client.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventSource", "AttributeValue": "signin.amazonaws.com"}]
    )
    return [json.loads(event["CloudTrailEvent"]) for event in reversed(found["Events"])]


def test_a_person_signs_in_with_password_and_code_and_the_trail_shows_each_step(
    server: Server, chromium: Chromium
) -> None:
    account, key = server.new_account("browser")
    session = boto3.Session(key.access_key_id, key.secret_access_key, region_name="us-east-1")
    iam, trail = (session.client(name, endpoint_url=server.url) for name in ("iam", "cloudtrail"))
    iam.create_user(UserName="ana")
    iam.create_login_profile(UserName="ana", Password=PASSWORD)
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="ana")["VirtualMFADevice"]
    shown = Authenticator(made["Base32StringSeed"])
    iam.enable_mfa_device(
        UserName="ana",
        SerialNumber=made["SerialNumber"],
        AuthenticationCode1=shown.next(),
        AuthenticationCode2=shown.next(),
    )
    who = {"account": account, "username": "ana", "password": PASSWORD}

    chromium.go(server.signin)
    assert chromium.title == "Sign in"
    chromium.press("Sign in", **(who | {"password": "not-the-password"}))
    assert chromium.alert == WRONG

    chromium.press("Sign in", **who)
    assert chromium.title == "One more step"
    code = shown.next()
    chromium.press("Continue", code=code)
    assert chromium.one("#principal").text == f"arn:aws:iam::{account}:user/ana"
    assert chromium.one("#account").text == account
    # No script runs on the pages, and none can read the session.
    assert chromium.driver.execute_script("return document.cookie") == ""
    kept = chromium.driver.get_cookie("__Host-garrison-session")
    assert kept is not None
    assert (kept["secure"], kept["httpOnly"], kept["sameSite"]) == (True, True, "Strict")

    chromium.press("Sign out")
    chromium.press("Sign in", **who)
    chromium.press("Continue", code=code)
    assert chromium.alert == WRONG

    chromium.go(server.signin)
    for _ in range(5):
        chromium.press("Sign in", **(who | {"password": "not-the-password"}))
    chromium.press("Sign in", **who)
    assert (chromium.title, chromium.alert) == ("Sign in", WRONG)

    told = [(event["eventName"], event["responseElements"][event["eventName"]]) for event in events(trail)]
    failure, check = ("ConsoleLogin", "Failure"), ("CheckMfa", "Success")
    assert told[:5] == [failure, check, ("ConsoleLogin", "Success"), check, failure]
    assert set(told[5:]) == {failure}
    assert len(told) == 11
    assert iam.get_user(UserName="ana")["User"]["PasswordLastUsed"] is not None
