"""Signing in through HTTP, as a browser does it."""

from __future__ import annotations

import http.client
import json
import statistics
import time

import pytest

from tests.signin.conftest import PASSWORD, Town

WRONG = "Your authentication information is incorrect. Please try again."


def test_a_password_opens_a_session_that_names_its_user(town: Town) -> None:
    browser = town.browser()
    answer = browser.sign_in(town.account, town.user("ana"), PASSWORD)
    assert (answer.status, answer.location) == (303, "/")
    page = browser.get("/")
    assert f"arn:aws:iam::{town.account}:user/ana" in page.text
    assert page.title == "Hello, ana"
    assert town.iam.get_user(UserName="ana")["User"]["PasswordLastUsed"] is not None


def test_the_trail_shows_who_signed_in_as_cloudtrail_does(town: Town) -> None:
    town.signed_in(town.user("ana"))
    event = town.events("ConsoleLogin")[0]
    assert event["eventSource"] == "signin.amazonaws.com"
    assert event["eventType"] == "AwsConsoleSignIn"
    assert event["responseElements"] == {"ConsoleLogin": "Success"}
    assert event["requestParameters"] is None
    assert event["userIdentity"] == {
        "type": "IAMUser",
        "principalId": town.iam.get_user(UserName="ana")["User"]["UserId"],
        "arn": f"arn:aws:iam::{town.account}:user/ana",
        "accountId": town.account,
        "userName": "ana",
    }
    assert event["additionalEventData"] == {
        "LoginTo": town.server.signin + "/",
        "MobileVersion": "No",
        "MFAUsed": "No",
    }
    assert "requestID" not in event


@pytest.mark.parametrize("case", ["password", "user", "account", "no login profile"])
def test_every_failure_reads_the_same(town: Town, case: str) -> None:
    town.user("ana")
    town.iam.create_user(UserName="bare")
    account = "999988887777" if case == "account" else town.account
    name = {"user": "nobody", "no login profile": "bare"}.get(case, "ana")
    page = town.browser().sign_in(account, name, "not-the-password")
    assert (page.status, page.alert) == (403, WRONG)


def test_a_name_nobody_has_is_hidden_in_the_trail(town: Town) -> None:
    town.browser().sign_in(town.account, "my-secret-typed-here", PASSWORD)
    time.sleep(0.3)
    event = town.events("ConsoleLogin")[0]
    assert event["userIdentity"] == {
        "type": "IAMUser",
        "accountId": town.account,
        "accessKeyId": "",
        "userName": "HIDDEN_DUE_TO_SECURITY_REASONS",
    }
    assert event["errorMessage"] == "No username found in supplied account"
    assert event["responseElements"] == {"ConsoleLogin": "Failure"}
    assert "my-secret-typed-here" not in str(event)


def test_a_wrong_password_takes_no_longer_than_an_unknown_user(town: Town) -> None:
    town.user("ana")

    def seconds(name: str) -> float:
        browser = town.browser()
        browser.get("/signin")
        started = time.perf_counter()
        browser.submit("/signin", account=town.account, username=name, password="not-the-password")
        return time.perf_counter() - started

    seconds("ana")
    known = statistics.median(seconds("ana") for _ in range(3))
    unknown = statistics.median(seconds(f"nobody{n}") for n in range(3))
    assert 0.3 < known / unknown < 3


def test_an_alias_stands_for_its_account(town: Town) -> None:
    town.iam.create_account_alias(AccountAlias=f"alias-{town.account}")
    town.user("ana")
    assert town.browser().sign_in(f"alias-{town.account}", "ana", PASSWORD).status == 303


def test_after_five_failures_even_the_right_password_is_refused_and_then_not_for_good(town: Town) -> None:
    town.user("ana")
    town.user("bob")
    for _ in range(5):
        town.browser().sign_in(town.account, "ana", "not-the-password")
    page = town.browser().sign_in(town.account, "ANA", PASSWORD)
    assert (page.status, page.alert) == (403, WRONG)
    assert town.browser().sign_in(town.account, "bob", PASSWORD).status == 303


def test_an_address_that_guesses_many_names_is_refused_too(town: Town) -> None:
    town.user("ana")
    for n in range(20):
        town.browser().sign_in(town.account, f"nobody{n}", "not-the-password")
    assert town.browser().sign_in(town.account, "ana", PASSWORD).alert == WRONG
    elsewhere = town.browser()
    elsewhere.source = "10.251.1.1"
    assert elsewhere.sign_in(town.account, "ana", PASSWORD).status == 303


def test_a_device_asks_for_a_code_and_takes_each_once(town: Town) -> None:
    shown = town.device(town.user("ana"))
    browser = town.browser()
    assert browser.sign_in(town.account, "ana", PASSWORD).title == "One more step"
    assert browser.get("/").location == "/signin"
    browser.sign_in(town.account, "ana", PASSWORD)
    code = shown.next()
    assert browser.submit("/signin/mfa", code=code).status == 303
    assert '<span class="good">yes</span>' in browser.get("/").text

    replay = town.browser()
    replay.sign_in(town.account, "ana", PASSWORD)
    again = replay.submit("/signin/mfa", code=code)
    assert (again.status, again.alert) == (403, WRONG)

    time.sleep(0.3)
    failure, success = town.events("ConsoleLogin")[:2]
    assert failure["responseElements"] == {"ConsoleLogin": "Failure"}
    assert failure["additionalEventData"]["MFAUsed"] == "Yes"
    assert success["additionalEventData"]["MFAIdentifier"] == f"arn:aws:iam::{town.account}:mfa/ana"
    assert town.events("CheckMfa")[0]["additionalEventData"] == {"MfaType": "Virtual MFA"}


def test_a_step_of_one_browser_is_worth_nothing_in_another(town: Town) -> None:
    shown = town.device(town.user("ana"))
    mine, theirs = town.browser(), town.browser()
    step = mine.sign_in(town.account, "ana", PASSWORD).hidden("/signin/mfa")["step"]
    token = theirs.get("/signin").hidden("/signin")["token"]
    page = theirs.post("/signin/mfa", {"token": token, "step": step, "code": shown.next()})
    assert page.status == 403
    assert "__Host-garrison-session" not in theirs.jar


def test_root_signs_in_by_email_and_changes_its_password(town: Town) -> None:
    status, _ = town.server.admin("POST", "/_garrison/root-password", {"account": town.account, "password": PASSWORD})
    assert status == 200
    accounts = town.server.admin("GET", "/_garrison/accounts")[1]["accounts"]
    email = next(a["email"] for a in accounts if a["id"] == town.account)
    browser = town.browser()
    browser.get("/signin?who=root")
    assert browser.submit("/signin", email=email.upper(), password=PASSWORD).status == 303
    assert f"arn:aws:iam::{town.account}:root" in browser.get("/").text
    browser.get("/password")
    page = browser.submit("/password", old=PASSWORD, new="Another-horse-8", again="Another-horse-8")
    assert page.title == "Password changed"
    assert browser.get("/").status == 200
    time.sleep(0.3)
    event = town.events("PasswordUpdated")[0]
    assert event["userIdentity"]["type"] == "Root"
    assert event["responseElements"] == {"PasswordUpdated": "Success"}


def test_who_must_change_the_password_gets_in_only_with_a_new_one(town: Town) -> None:
    browser = town.browser()
    page = browser.sign_in(town.account, town.user("ana", reset=True), PASSWORD)
    assert page.title == "Choose a new password"
    assert browser.get("/").location == "/signin"
    browser.sign_in(town.account, "ana", PASSWORD)
    weak = browser.submit("/signin/reset", old=PASSWORD, new="weak", again="weak")
    assert "does not comply with account password policy" in (weak.alert or "")
    assert browser.submit("/signin/reset", old="wrong", new="Another-horse-8", again="Another-horse-8").alert == WRONG
    assert browser.submit("/signin/reset", old=PASSWORD, new="Another-horse-8", again="Another-horse-8").status == 303
    assert browser.get("/").title == "Hello, ana"
    assert town.events("ChangePassword")[0]["userIdentity"]["userName"] == "ana"


def test_who_may_not_change_the_password_meets_exactly_that(town: Town) -> None:
    browser = town.browser()
    browser.sign_in(town.account, town.user("ana", policy=None, reset=True), PASSWORD)
    page = browser.submit("/signin/reset", old=PASSWORD, new="Another-horse-8", again="Another-horse-8")
    assert (page.alert or "").startswith("Either user is not authorized to perform iam:ChangePassword")
    town.iam.update_account_password_policy(AllowUsersToChangePassword=True, MinimumPasswordLength=8)
    assert browser.submit("/signin/reset", old=PASSWORD, new="Another-horse-8", again="Another-horse-8").status == 303


def test_a_new_password_ends_the_sessions_of_the_old_one(town: Town) -> None:
    browser = town.signed_in(town.user("ana"))
    town.iam.update_login_profile(UserName="ana", Password="Another-horse-8")
    assert browser.get("/").location == "/signin"


def test_a_deleted_user_is_signed_out(town: Town) -> None:
    browser = town.signed_in(town.user("ana", policy=None))
    town.iam.delete_login_profile(UserName="ana")
    town.iam.delete_user(UserName="ana")
    assert browser.get("/").location == "/signin"


def test_signing_out_makes_the_cookie_worthless(town: Town) -> None:
    browser = town.signed_in(town.user("ana"))
    kept = dict(browser.jar)
    browser.get("/")
    assert browser.submit("/signout").location == "/signin"
    browser.jar = kept
    assert browser.get("/").location == "/signin"


def test_switching_roles_is_a_real_session_of_the_role(town: Town) -> None:
    browser = town.signed_in(town.user("ana"))
    statement = {"Effect": "Allow", "Principal": {"AWS": town.account}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    town.iam.create_role(RoleName="auditor", AssumeRolePolicyDocument=trust, MaxSessionDuration=7200)
    browser.get("/")
    refused = browser.submit("/switchrole", account=town.account, roleName="nobody")
    assert (refused.alert or "").startswith("Invalid information in one or more fields.")
    browser.get("/switchrole?account=1&roleName=x")
    assert browser.submit("/switchrole", account=town.account, roleName="auditor").location == "/"
    page = browser.get("/")
    assert f"arn:aws:sts::{town.account}:assumed-role/auditor/ana" in page.text
    assert browser.submit("/switchrole/exit").location == "/"
    assert browser.get("/").title == "Hello, ana"
    time.sleep(0.3)
    switched = town.events("SwitchRole")[0]
    assert switched["additionalEventData"]["SwitchFrom"] == f"arn:aws:iam::{town.account}:user/ana"
    assert switched["userIdentity"]["arn"] == f"arn:aws:sts::{town.account}:assumed-role/auditor/ana"
    assert town.events("ExitRole")[0]["responseElements"] == {"ExitRole": "Success"}
    assert town.events("AssumeRole")[0]["requestParameters"]["durationSeconds"] == 7200


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "/v1/authorize\nx", "javascript:alert(1)"]
)
def test_signing_in_leads_nowhere_but_to_our_own_pages(town: Town, target: str) -> None:
    assert town.browser().sign_in(town.account, town.user("ana"), PASSWORD, next=target).location == "/"


def test_forms_from_elsewhere_are_refused(town: Town) -> None:
    town.user("ana")
    browser = town.browser()
    form = browser.get("/signin").hidden("/signin") | {
        "account": town.account,
        "username": "ana",
        "password": PASSWORD,
    }
    assert browser.post("/signin", form, Origin="http://evil.example").status == 403
    assert browser.post("/signin", form, Origin="").status == 403
    assert browser.post("/signin", form, Sec_Fetch_Site="cross-site").status == 403
    assert browser.post("/signin", form | {"token": form["token"][:-4] + "AAAA"}).status == 403
    stranger = town.browser()
    stranger.get("/signin")
    assert stranger.post("/signin", form).status == 403
    assert browser.post("/signin", form).status == 303


def test_a_foreign_host_name_gets_no_page(town: Town) -> None:
    assert town.browser().get("/signin", Host="evil.example").status == 403
    assert town.browser().get("/signin", Host="localhost:1").status == 200


def test_pages_run_no_script_and_cookies_are_for_this_host_alone(town: Town) -> None:
    page = town.browser().get("/signin")
    policy = page.header("content-security-policy") or ""
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in page.text
    assert "style=" not in page.text
    cookie = page.header("set-cookie") or ""
    assert cookie.startswith("__Host-")
    assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}


def test_what_is_typed_is_shown_as_text(town: Town) -> None:
    page = town.browser().sign_in('"><b>x', "<script>alert(1)</script>", "x")
    assert "<script>" not in page.text
    assert "<b>" not in page.text


def test_sign_in_pages_are_not_on_the_port_of_the_apis_nor_the_apis_on_theirs(town: Town) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", town.server.port, timeout=10)
    connection.request("GET", "/signin")
    assert connection.getresponse().status == 404
    assert town.browser().get("/_garrison/health").status == 404
