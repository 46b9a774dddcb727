"""A real browser does the challenge, and a person answers the CAPTCHA, in front of a small site."""

from __future__ import annotations

import http.server
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from garrison.waf import CompiledWebAcl, Request, State
from garrison.waf.challenge import answer
from garrison.waf.challenge.puzzle import Puzzle
from tests.waf.documents import byte, compiled, rule

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("waf_challenge")]


class Site(http.server.ThreadingHTTPServer):
    """A site that asks the engine before it answers."""

    daemon_threads = True

    def __init__(self, acl: CompiledWebAcl) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.acl = acl
        self.state = State()
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Visit(http.server.BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        asked = Request(
            method=self.command,
            target=self.path.encode(),
            headers=tuple((name.encode(), value.encode()) for name, value in self.headers.items()),
            body=self.rfile.read(length),
            source_ip=self.client_address[0],
        )
        with self.server.lock:
            now = time.time()
            response = answer(self.server.acl, asked, self.server.state, now)
            response = response or self.server.acl.inspect(asked, self.server.state, now).response
        body = response.body if response else b"<h1>Inside</h1>"
        self.send_response(response.status if response else 200)
        for name, value in response.headers if response else (("Content-Type", "text/html"),):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    started = Site(
        compiled(
            rule(byte(b"/shop", "UriPath", "STARTS_WITH"), "Challenge"),
            rule(byte(b"/ask", "UriPath", "STARTS_WITH"), "Captcha"),
        )
    )
    thread = threading.Thread(target=started.serve_forever)
    thread.start()
    yield started
    started.shutdown()
    started.server_close()
    thread.join()


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    binary, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or chromedriver is None:
        reason = "Chromium is not installed; Debian: apt-get install chromium chromium-driver"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    options = Options()
    options.binary_location = binary
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(argument)
    started = webdriver.Chrome(options, Service(chromedriver))
    yield started
    started.quit()


def inside(driver: webdriver.Chrome) -> bool:
    return driver.find_elements(By.TAG_NAME, "h1")[0].text == "Inside"


def test_a_browser_gets_past_the_challenge_by_itself(site: Site, driver: webdriver.Chrome) -> None:
    driver.get(site.url + "/shop?x=1")
    WebDriverWait(driver, 60, ignored_exceptions=[Exception]).until(inside)
    assert driver.current_url == site.url + "/shop?x=1"
    cookie = driver.get_cookie("aws-waf-token")
    assert cookie is not None
    assert cookie["httpOnly"]


def test_a_person_gets_past_the_captcha_with_the_keyboard_alone(site: Site, driver: webdriver.Chrome) -> None:
    driver.get(site.url + "/ask?x=1")
    field = driver.switch_to.active_element
    assert field.get_attribute("id") == "answer"
    label = driver.find_element(By.CSS_SELECTOR, "label[for=answer]")
    assert label.text
    field.send_keys("no such thing", Keys.ENTER)
    WebDriverWait(driver, 20).until(lambda d: d.find_elements(By.CSS_SELECTOR, "[role=alert]"))
    field = driver.switch_to.active_element
    assert field.get_attribute("aria-invalid") == "true"
    sealed = driver.find_element(By.NAME, "puzzle").get_attribute("value")
    opened = site.state.tokens.open(b"puzzle", str(sealed).encode())
    assert opened is not None
    field.send_keys(msgspec.msgpack.decode(opened, type=Puzzle).answers[0], Keys.ENTER)
    WebDriverWait(driver, 20, ignored_exceptions=[Exception]).until(inside)
    assert driver.current_url == site.url + "/ask?x=1"
    assert not re.search("puzzle", driver.page_source)
