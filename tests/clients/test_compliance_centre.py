"""The compliance centre of a running Garrison: who gets in, what each of them sees, and how it looks to a browser."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from garrison.assess.ledger import Ledger
from garrison.assess.signers import LocalSigner
from garrison.centre.calls import SignedOut
from garrison.centre.entry import Entry, NotLetIn
from garrison.centre.people import People
from garrison.checks import load
from tests.clients.agreements import session
from tests.clients.chromium import started
from tests.clients.scenario import allow, policy
from tests.clients.server import Server
from tests.clients.totp_codes import Authenticator
from tests.signin.browser import Browser, Page

pytestmark = [pytest.mark.client, pytest.mark.xdist_group("compliance_centre")]

PASSWORD = "Correct-horse-9"
HOSTILE = "<img src=x onerror=alert(1)>\"'&"


class Centre:
    """A Garrison with an assessed account, and its compliance centre."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.account, root = server.new_account("centre")
        self.session = session(root)
        self.clients: dict[str, Any] = {}
        self.iam = self.client("iam")
        self.people()
        garrison = self.client("garrison")
        garrison.start_assessment()
        self.settled()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "garrison.cli.main", "compliance-centre", "serve", "--port", "0"],
            env=server.env, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.origin = ""
        assert self.process.stderr is not None
        said = []
        for line in self.process.stderr:
            said.append(line)
            if "is ready at " in line:
                self.origin = line.split("is ready at ")[1].strip()
                break
        assert self.origin, "".join(said)
        self.log: list[str] = []
        self.reading = threading.Thread(target=self.log.extend, args=(self.process.stderr,), daemon=True)
        self.reading.start()

    def client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = self.session.client(service, endpoint_url=self.server.url)
        return self.clients[service]

    def settled(self) -> None:
        """Wait until no assessment is being made."""
        deadline = time.monotonic() + 120
        while self.client("garrison").list_assessments()["running"]:
            assert time.monotonic() < deadline, (self.server.data / "assess.log").read_text()
            time.sleep(0.1)

    def people(self) -> None:
        signing = allow("signin:*")
        looking = allow("garrison:Get*", "garrison:List*")
        for name, statements in (
            ("officer", [allow("*")]), ("auditor", [signing, looking]), ("nobody", [signing]), ("unwelcome", [looking]),
        ):  # fmt: skip
            self.iam.create_user(UserName=name)
            self.iam.create_login_profile(UserName=name, Password=PASSWORD)
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))

    def asked(self, name: str, next: str = "/", code: str = "") -> tuple[Browser, Page]:
        """Signed in to Garrison, and asked whether the centre may act for them."""
        browser = Browser(self.origin)
        return browser, self.allowed(browser, browser.get(f"/signin?next={next}").location, name, code)

    def allowed(self, browser: Browser, link: str, name: str, code: str = "") -> Page:
        """Sign in where the centre sends people, and allow it to act."""
        assert link.startswith(self.server.signin + "/v1/authorize?")
        browser.origin = self.server.signin
        path = link.removeprefix(self.server.signin)
        assert browser.get(path).location.startswith("/signin?next=")
        went = browser.sign_in(self.account, name, PASSWORD, path)
        if code:
            went = browser.submit("/signin/mfa", code=code)
        browser.get(went.location)
        return browser.submit("/v1/authorize")

    def signed_in(self, name: str, next: str = "/", code: str = "") -> Browser:
        browser, back = self.asked(name, next, code)
        assert back.location.startswith(self.origin + "/oauth/callback?"), back.text
        browser.origin = self.origin
        arrived = browser.get(back.location.removeprefix(self.origin))
        assert (arrived.status, arrived.location) == (303, next), arrived.text
        browser.get(next)
        return browser


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    with Server(tmp_path_factory.mktemp("centre") / "data") as server:
        running = Centre(server)
        yield running
        running.process.terminate()
        running.process.wait(30)
        running.reading.join(30)
        assert "Traceback" not in "".join(running.log)


def test_who_is_not_signed_in_sees_nothing(centre: Centre) -> None:
    stranger = Browser(centre.origin)
    for path in ("/", "/frameworks/soc2", "/checks", "/evidence/abcdef", "/artifact", "/resource?arn=x", "/nothing"):
        page = stranger.get(path)
        assert (page.status, page.title) == (401, "Sign in")
        assert centre.account not in page.text
    assert stranger.post("/assess", {"token": "x"}).status == 401
    went_on = stranger.get("/oauth/callback?state=x&code=%22y")
    assert 'content="0; url=/oauth/arrival?state=x&amp;code=%22y"' in went_on.text
    assert stranger.get("/oauth/arrival?state=x&code=y").status == 403
    # By another name, as a page elsewhere whose name was pointed here would call it.
    assert stranger.get("/", Host="evil.example").status == 403
    port = urlsplit(centre.origin).port
    assert stranger.get("/checks?a=b", Host=f"localhost:{port}").location == f"{centre.origin}/checks?a=b"


def test_a_code_counts_only_in_the_browser_that_asked_for_it(centre: Centre) -> None:
    _, back = centre.asked("officer")
    thief = Browser(centre.origin)
    thief.get("/signin")
    page = thief.get(back.location.removeprefix(centre.origin))
    assert (page.status, page.alert) == (403, "You were not let in.")
    assert thief.get("/").status == 401


def test_who_comes_back_from_a_sign_in_over_tls_has_a_page_in_between(centre: Centre) -> None:
    browser, back = centre.asked("officer", "/checks")
    browser.origin = centre.origin
    kept = dict(browser.jar)
    browser.jar.clear()  # browsers keep strict cookies back from what another site begins
    between = browser.get(back.location.removeprefix(centre.origin))
    assert (between.status, between.title) == (200, "Signing in")
    assert not any(name.lower() == "set-cookie" for name, _ in between.headers)
    browser.jar.update(kept)
    onward = unescape(re.findall(r'<a href="(/oauth/arrival.*?)">Continue', between.text)[0])
    assert browser.get(onward).location == "/checks"
    assert browser.get("/checks").title == "Checks"


def test_credentials_are_renewed_until_the_password_changes(centre: Centre) -> None:
    url, signin = centre.server.url, centre.server.signin
    people = People(Entry(url, signin, "http://127.0.0.1:9"), url, "us-east-1")
    centre.iam.create_user(UserName="late")
    centre.iam.create_login_profile(UserName="late", Password=PASSWORD)
    centre.iam.put_user_policy(UserName="late", PolicyName="own", PolicyDocument=policy(allow("signin:*")))
    back = centre.allowed(Browser(signin), people.seek("visit", "/"), "late").location
    given = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    cookie, _ = people.arrive("visit", given["state"], given["code"])
    with pytest.raises(NotLetIn):
        people.arrive("visit", given["state"], given["code"])
    person = people.who(cookie)
    assert person is not None
    first = person.let.access_key_id
    person.let = msgspec.structs.replace(person.let, expires=time.time())
    arn = people.calls(person).ask("sts", "GetCallerIdentity")["Arn"]
    assert arn == person.arn == f"arn:aws:iam::{centre.account}:user/late"
    assert person.let.access_key_id != first
    assert person.let.expires > time.time() + 600
    centre.iam.update_login_profile(UserName="late", Password=PASSWORD + "0")
    person.let = msgspec.structs.replace(person.let, expires=time.time())
    with pytest.raises(SignedOut):
        people.calls(person)


def test_an_officer_goes_from_the_overview_to_a_control_its_evidence_and_a_document(centre: Centre) -> None:
    officer = centre.signed_in("officer", "/frameworks")
    assert officer.page is not None
    assert officer.page.title == "Frameworks"
    for path in (
        "/", "/frameworks", "/checks", "/checks?status=FAIL", "/responsibility", "/assessments", "/artifact",
        "/audit", "/labs", "/stories",
    ):  # fmt: skip
        page = officer.get(path)
        assert page.status == 200, page.text
        policy = page.header("content-security-policy") or ""
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self';")
        assert "unsafe" not in policy
        assert page.header("cache-control") == "no-store"
        assert not re.search(r"<script|\son\w+=|\sstyle=|javascript:", page.text)
        assert "evidence verified" in page.text
    overview = officer.get("/").text
    assert re.search(r"16 of 63<br><span class=\"soft small\">25 %</span>", overview)
    assert "AccessDenied" not in overview

    framework = officer.get("/frameworks/cis-aws-foundations-5.0?status=GAP")
    assert framework.title.startswith("CIS AWS Foundations Benchmark")
    found = re.findall(r"/evidence/([0-9a-f]{64})", framework.text)
    evidence = officer.get(f"/evidence/{found[0]}")
    assert "✓ This record is what was written." in evidence.text
    assert found[0] in evidence.text
    link = re.findall(r'href="(/frameworks/\S+/report\?form=json\S+)"', framework.text)[0].replace("&amp;", "&")
    document = officer.get(link)
    assert document.status == 200
    assert hashlib.sha256(document.text.encode()).hexdigest() == document.header("x-content-sha256")
    assert json.loads(document.text)["accounts"] == [centre.account]
    assert officer.get("/frameworks/nothing-such").status == 404
    assert officer.get("/frameworks/soc2?assessment=%3Cb%3E").status == 400


def test_policies_decide_what_is_seen_and_denials_are_told_as_they_are(centre: Centre) -> None:
    nobody = centre.signed_in("nobody")
    arn = f"arn:aws:iam::{centre.account}:user/nobody"
    for path, action in (
        ("/", "GetAssessment"), ("/frameworks", "ListFrameworks"), ("/frameworks/soc2", "GetFrameworkStanding"),
        ("/checks", "ListAssessmentResults"), ("/evidence/abcdef", "GetEvidence"),
        ("/responsibility", "GetResponsibilityMatrix"), ("/audit", "GetAudit"), ("/labs", "ListLabs"),
        ("/stories", "ListStories"), ("/assessments", "ListAssessments"),
    ):  # fmt: skip
        page = nobody.get(path)
        assert (page.status, page.alert) == (403, "AccessDeniedException")
        assert f"User: {arn} is not authorized to perform: garrison:{action}" in page.text
        assert "evidence verified" not in page.text
    request = re.findall(r"garrison explain ([0-9a-f-]{36})", nobody.get("/").text)[0]
    assert "DENIED" in centre.server.command("explain", request).stdout

    auditor = centre.signed_in("auditor")
    assert auditor.page is not None
    overview = auditor.page.text
    assert "evidence verified" in overview
    for action in ("guardduty:ListDetectors", "inspector2:ListFindings", "artifact:ListCustomerAgreements"):
        assert f"is not authorized to perform: {action}" in overview
    refused = auditor.submit("/assess")
    assert (refused.status, refused.alert) == (403, "AccessDeniedException")

    # Without signin:AuthorizeOAuth2Access nobody comes in at all.
    _, page = centre.asked("unwelcome")
    assert (page.status, page.location) == (403, "")
    assert "not authorized to perform: signin:AuthorizeOAuth2Access" in page.text


def test_forms_count_only_from_pages_made_for_who_sends_them(centre: Centre) -> None:
    officer, auditor = centre.signed_in("officer"), centre.signed_in("auditor")
    assert officer.page is not None
    assert auditor.page is not None
    mine, theirs = officer.page.hidden("/assess"), auditor.page.hidden("/assess")
    for form, headers in (
        ({}, {}), (theirs, {}), (mine, {"Origin": "https://evil.example"}), (mine, {"Origin": ""}),
        (mine, {"Origin": centre.server.signin}), (mine, {"Sec_Fetch_Site": "same-site"}),
        (mine, {"Content_Type": "text/plain"}),
    ):  # fmt: skip
        assert officer.post("/assess", form, **headers).status == 403
    garrison = centre.client("garrison")
    before = garrison.list_assessments()["assessments"]
    assert officer.post("/assess", mine).location == "/"
    centre.settled()
    listed = garrison.list_assessments()["assessments"]
    assert len(listed) == len(before) + 1
    changes = garrison.get_assessment_changes()
    assert (changes["assessmentId"], changes["beforeId"]) == tuple(one["assessmentId"] for one in listed[:2])
    page = officer.get(f"/assessments/{listed[0]['assessmentId']}")
    assert (page.status, page.title) == (200, "What changed")
    assert changes["beforeId"] in page.text
    assert f"/assessments/{listed[0]['assessmentId']}" in officer.get("/").text

    assert officer.submit("/signout").location == "/"
    assert officer.get("/").status == 401


def test_the_checklist_is_run_and_attested_by_who_may(centre: Centre) -> None:
    seed = centre.iam.create_virtual_mfa_device(VirtualMFADeviceName="assessor")["VirtualMFADevice"]
    shown = Authenticator(seed["Base32StringSeed"])
    centre.iam.create_user(UserName="assessor")
    centre.iam.create_login_profile(UserName="assessor", Password=PASSWORD)
    may = policy(allow("garrison:*"), allow("signin:*"))
    centre.iam.put_user_policy(UserName="assessor", PolicyName="own", PolicyDocument=may)
    codes = {f"AuthenticationCode{n}": shown.next() for n in (1, 2)}
    centre.iam.enable_mfa_device(UserName="assessor", SerialNumber=seed["SerialNumber"], **codes)
    assessor = centre.signed_in("assessor", "/audit", code=shown.next())
    assert "has not been run on this account yet" in assessor.get("/audit").text
    assert assessor.submit("/audit/run").location == "/audit"
    centre.settled()
    page = assessor.get("/audit")
    item = "/audit/governance.policy"
    assert f'href="{item}?audit=' in page.text, page.text

    officer = centre.signed_in("officer", item)
    said = {"opinion": "SATISFIED", "statement": f"Read on paper. {HOSTILE}", "days": "30", "document": ""}
    refused = officer.submit("/audit/attest", **said)
    assert (refused.status, refused.alert) == (403, "AccessDeniedException")
    assert "is not authorized to perform: garrison:AttestAuditItem because" in refused.text

    assessor.get(item)
    assert assessor.submit("/audit/attest", **said | {"days": "no"}).status == 400
    assessor.get(item)
    assert assessor.submit("/audit/attest", **said).location == item
    page = assessor.get(item)
    assert "attested" in page.text
    assert escape("<img src=x") in page.text
    told = centre.client("garrison").list_audit_attestations()["attestations"][-1]
    assert (told["principal"], told["mfaAuthenticated"]) == (f"arn:aws:iam::{centre.account}:user/assessor", True)


def test_a_report_is_had_by_its_terms(centre: Centre) -> None:
    document = b"An auditor's opinion"
    now = time.time()
    made = centre.client("garrison").publish_report(
        document=document, name="SOC 2 Type II", series="SOC", category="Attestation", companyName="Auditors",
        productName="Platform", periodStart=now - 86400, periodEnd=now, acceptanceType="EXPLICIT",
    )  # fmt: skip
    officer = centre.signed_in("officer", "/artifact")
    assert officer.page is not None
    assert "SOC 2 Type II" in officer.page.text
    page = officer.get(f"/artifact/{made['reportId']}")
    assert f"form-action 'self' {centre.server.url}" in (page.header("content-security-policy") or "")
    not_read = officer.submit("/artifact/get")
    assert not_read.status == 400
    officer.get(f"/artifact/{made['reportId']}")
    link = officer.submit("/artifact/get", accepted="yes").location
    assert link.startswith(centre.server.url + "/")
    connection = http.client.HTTPConnection(urlsplit(link).netloc, timeout=30)
    connection.request("GET", link.removeprefix(centre.server.url))
    assert document in connection.getresponse().read()
    connection.close()
    assert centre.signed_in("nobody").get("/artifact").status == 403


def test_hostile_names_stay_text(centre: Centre) -> None:
    subject = f"arn:aws:iam::{centre.account}:user/{HOSTILE}"
    now = int(time.time()) + 1
    told = {
        "type": "assessment", "source": {"kind": "garrison", "name": HOSTILE}, "accounts": [centre.account],
        "started": now, "finished": now, "collector": HOSTILE, "checks": dict.fromkeys(load(), 1), "not_tried": [],
    }  # fmt: skip
    result = {
        "type": "result", "check": "iam.root-mfa", "version": 1, "title": HOSTILE, "severity": "critical", "cells": [],
        "behavioural": False, "account": centre.account, "subject": subject, "status": "FAIL", "reason": HOSTILE,
        "observed": {HOSTILE: HOSTILE}, "examined": 1, "exception": "", "when": now, "valid_until": now + 9,
        "fix": {"commands": [HOSTILE], "account": centre.account, "note": HOSTILE},
    }  # fmt: skip
    run = Ledger(centre.server.data / "evidence").append([told, result], LocalSigner(centre.server.data))
    hash = [record["hash"] for record in run.records()][1]
    officer = centre.signed_in("officer")
    for path in (
        "/", "/checks", "/checks/iam.root-mfa", f"/resource?arn={subject.replace('&', '%26')}", f"/evidence/{hash}",
        f"/frameworks/soc2?assessment={run.id}", "/resource?arn=<img src=x onerror=alert(1)>",
    ):  # fmt: skip
        page = officer.get(path.replace(" ", "%20").replace('"', "%22").replace("<", "%3C"))
        assert page.status in (200, 404), page.text
        assert "<img src=x" not in page.text
        assert escape("<img src=x") in page.text, path


def said(driver: Any) -> list[Any]:
    """What the browser had to complain of since it was asked last."""
    found: list[Any] = driver.get_log("browser")
    return found


def test_a_browser_shows_it_without_a_script_by_day_and_by_night(centre: Centre, tmp_path: Path) -> None:
    with started(tmp_path / "profile") as chromium:
        driver = chromium.driver
        chromium.go(centre.origin)
        chromium.one("a.button").click()
        chromium.press("Sign in", account=centre.account, username="officer", password=PASSWORD)
        chromium.press("Allow")
        assert chromium.title == "Risk and compliance overview"
        said(driver)  # the 401 of who was not signed in yet
        grounds = []
        for scheme in ("light", "dark"):
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            for path in ("/", "/frameworks/soc2", "/checks", "/responsibility"):
                chromium.go(centre.origin + path)
                script = "return [document.scripts.length, document.documentElement.scrollWidth <= innerWidth, "
                script += "document.querySelectorAll('table:not(:has(caption))').length, document.cookie]"
                assert driver.execute_script(script) == [0, True, 0, ""]
            grounds.append(driver.execute_script("return getComputedStyle(document.body).backgroundColor"))
        assert grounds[0] != grounds[1]
        assert said(driver) == []
        chromium.go(centre.origin)
        chromium.one("table a[href^='/evidence/']").click()
        chromium.wait.until(lambda found: "/evidence/" in found.current_url)
        assert chromium.title.startswith("Evidence ")
        chromium.press("Sign out")
        assert chromium.title == "Sign in"
