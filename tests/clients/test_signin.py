"""A real browser signs in: Chromium from Debian, driven by its own driver, with nothing of it mocked."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions as expect
from selenium.webdriver.support.wait import WebDriverWait

from tests.clients.server import Server
from tests.clients.totp_codes import Authenticator

pytestmark = pytest.mark.client

PASSWORD = "Correct-horse-9"
WRONG = "Your authentication information is incorrect. Please try again."
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--window-size=1000,1100",
)  # fmt: skip


class Chromium:
    """One browser with a profile of its own."""

    def __init__(self, binary: str, driver: str, profile: Path) -> None:
        options = Options()
        options.binary_location = binary
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        self.driver = webdriver.Chrome(options=options, service=Service(driver))
        self.wait = WebDriverWait(self.driver, 20)

    def go(self, url: str) -> None:
        self.driver.get(url)

    def press(self, label: str, **typed: str) -> None:
        """Type into fields by name, and press a button; returns when the next page is there."""
        for name, value in typed.items():
            box = self.driver.find_element(By.NAME, name)
            box.clear()
            box.send_keys(value)
        button = next(b for b in self.driver.find_elements(By.TAG_NAME, "button") if b.text == label)
        button.click()
        self.wait.until(expect.staleness_of(button))
        self.wait.until(lambda driver: driver.find_elements(By.TAG_NAME, "h1"))

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    @property
    def title(self) -> str:
        return self.one("h1").text

    @property
    def alert(self) -> str:
        return self.one("[role=alert] strong").text


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[Chromium]:
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or driver is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed; Debian: apt-get install chromium chromium-driver")
        pytest.skip("Chromium is not installed; Debian: apt-get install chromium chromium-driver")
    started = Chromium(binary, driver, tmp_path / "profile")
    yield started
    started.driver.quit()


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
