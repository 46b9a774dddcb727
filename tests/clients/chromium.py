"""Chromium from Debian, driven by its own driver, with nothing of it mocked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions as expect
from selenium.webdriver.support.wait import WebDriverWait

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
        # In the middle of going to another page, Chromium's driver knows neither the old page nor the new one.
        self.wait = WebDriverWait(self.driver, 30, ignored_exceptions=[WebDriverException])

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


@contextmanager
def started(profile: Path) -> Iterator[Chromium]:
    """A browser with that profile; skips the test where there is none."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or driver is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed; Debian: apt-get install chromium chromium-driver")
        pytest.skip("Chromium is not installed; Debian: apt-get install chromium chromium-driver")
    browser = Chromium(binary, driver, profile)
    try:
        yield browser
    finally:
        browser.driver.quit()
