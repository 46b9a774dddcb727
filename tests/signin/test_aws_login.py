"""`aws login` and federation, with the clients' own code where there is any."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import botocore.session
import pytest
from awscrt.crypto import EC, ECExportFormat, ECType
from botocore import UNSIGNED, credentials
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.signin.browser import Browser
from tests.signin.conftest import Town

SAME = "arn:aws:signin:::devtools/same-device"
CROSS = "arn:aws:signin:::devtools/cross-device"
CALLBACK = "http://127.0.0.1:53037/oauth/callback"
VERIFIER = "v" * 64


def challenge(verifier: str = VERIFIER) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def authorize_url(client: str = SAME, uri: str = CALLBACK, **changes: str) -> str:
    """As the AWS CLI builds it."""
    asked = {
        "response_type": "code",
        "client_id": client,
        "state": "the-state",
        "code_challenge_method": "SHA-256",
        "scope": "openid",
        "redirect_uri": uri,
        "code_challenge": challenge(),
    }
    return "/v1/authorize?" + urlencode(asked | changes)


def allowed_code(browser: Browser) -> str:
    browser.get(authorize_url())
    went = browser.submit("/v1/authorize").location
    assert went.startswith(CALLBACK + "?")
    answer = parse_qs(urlsplit(went).query)
    assert answer["state"] == ["the-state"]
    return answer["code"][0]


class Client:
    """What the AWS CLI does after the browser came back."""

    def __init__(self, town: Town) -> None:
        self.key = EC.new_generate(ECType.P_256)
        self.signin = town.client("signin", config=Config(signature_version=UNSIGNED))
        self.signin.meta.events.register(
            "before-call.signin.CreateOAuth2Token",
            credentials._build_add_dpop_header_handler(self.key),  # type: ignore[attr-defined]
        )

    def token(self, **asked: str) -> dict[str, Any]:
        body = {"clientId": SAME, "grantType": "authorization_code", "codeVerifier": VERIFIER, "redirectUri": CALLBACK}
        out: dict[str, Any] = self.signin.create_o_auth2_token(tokenInput=body | asked)["tokenOutput"]
        return out

    def refresh(self, token: str, **asked: str) -> dict[str, Any]:
        body = {"clientId": SAME, "grantType": "refresh_token", "refreshToken": token}
        out: dict[str, Any] = self.signin.create_o_auth2_token(tokenInput=body | asked)["tokenOutput"]
        return out

    def refused(self, **asked: str) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            self.refresh(asked.pop("refresh"), **asked) if "refresh" in asked else self.token(**asked)
        return caught.value.response["Error"]["Code"], caught.value.response.get("error", "")  # type: ignore[return-value]

    def pem(self) -> str:
        return (
            "-----BEGIN EC PRIVATE KEY-----\n"
            + base64.b64encode(self.key.export_key(ECExportFormat.SEC1)).decode()
            + "\n-----END EC PRIVATE KEY-----\n"
        )


def whoami(town: Town, made: dict[str, str]) -> str:
    sts = town.client(
        "sts",
        aws_access_key_id=made["accessKeyId"],
        aws_secret_access_key=made["secretAccessKey"],
        aws_session_token=made["sessionToken"],
    )
    arn: str = sts.get_caller_identity()["Arn"]
    return arn


def test_the_command_line_gets_credentials_of_who_allowed_it(town: Town) -> None:
    browser = town.signed_in(town.user("ana"))
    out = Client(town).token(code=allowed_code(browser))
    assert whoami(town, out["accessToken"]) == f"arn:aws:iam::{town.account}:user/ana"
    assert out["tokenType"] == "aws_sigv4"
    assert 890 < out["expiresIn"] <= 900
    part = out["idToken"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert claims["sub"] == f"arn:aws:iam::{town.account}:user/ana"
    time.sleep(0.3)
    assert town.events("AuthorizeOAuth2Access")[0]["requestParameters"]["client_id"] == SAME
    created = town.events("CreateOAuth2Token")[0]
    assert created["userIdentity"]["userName"] == "ana"
    assert (created["requestParameters"], created["responseElements"]) == ({"client_id": SAME}, None)
    assert out["accessToken"]["secretAccessKey"] not in json.dumps(created)
    assert out["refreshToken"] not in json.dumps(created)


def test_botocore_refreshes_its_login_session(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(town)
    out = client.token(code=allowed_code(town.signed_in(town.user("ana"))))
    arn = f"arn:aws:iam::{town.account}:user/ana"
    (tmp_path / "config").write_text(f"[default]\nregion = us-east-1\nlogin_session = {arn}\n")
    held = {
        "accessToken": {**out["accessToken"], "accountId": town.account, "expiresAt": "2020-01-01T00:00:00Z"},
        "tokenType": out["tokenType"],
        "clientId": SAME,
        "refreshToken": out["refreshToken"],
        "idToken": out["idToken"],
        "dpopKey": client.pem(),
    }
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / (hashlib.sha256(arn.encode()).hexdigest() + ".json")).write_text(json.dumps(held))
    for name, value in {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_LOGIN_CACHE_DIRECTORY": str(cache),
        "AWS_ENDPOINT_URL": town.server.url,
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    sts: Any = botocore.session.Session().create_client("sts")
    assert sts.get_caller_identity()["Arn"] == arn


def test_a_code_is_good_once_and_for_its_client_alone(town: Town) -> None:
    browser, client = town.signed_in(town.user("ana")), Client(town)
    code = allowed_code(browser)
    for wrong in (
        {"codeVerifier": "w" * 64},
        {"redirectUri": CALLBACK.replace("53037", "53038")},
        {"clientId": CROSS},
        {"code": "made-up"},
    ):
        assert client.refused(**({"code": code} | wrong)) == ("ValidationException", "invalid_grant")
    client.token(code=code)
    assert client.refused(code=code) == ("ValidationException", "invalid_grant")


def test_tokens_are_bound_to_the_key_that_was_proved(town: Town) -> None:
    client, thief = Client(town), Client(town)
    first = client.token(code=allowed_code(town.signed_in(town.user("ana"))))["refreshToken"]
    assert thief.refused(refresh=first) == ("ValidationException", "invalid_grant")
    second = client.refresh(first)["refreshToken"]
    # Two processes that refresh at the same time both go on, for a moment.
    client.refresh(first)
    assert client.refused(refresh="made.up") == ("ValidationException", "invalid_grant")
    assert second != first


def test_without_a_proof_there_are_no_credentials(town: Town) -> None:
    code = allowed_code(town.signed_in(town.user("ana")))
    bare = town.client("signin", config=Config(signature_version=UNSIGNED))
    body = {"clientId": SAME, "grantType": "authorization_code", "codeVerifier": VERIFIER, "redirectUri": CALLBACK}
    with pytest.raises(ClientError) as caught:
        bare.create_o_auth2_token(tokenInput=body | {"code": code})
    assert caught.value.response["error"] == "invalid_request"  # type: ignore[typeddict-item]


def test_a_changed_password_ends_what_the_command_line_has(town: Town) -> None:
    client = Client(town)
    refresh = client.token(code=allowed_code(town.signed_in(town.user("ana"))))["refreshToken"]
    town.iam.update_login_profile(UserName="ana", Password="Another-horse-8")
    assert client.refused(refresh=refresh) == ("AccessDeniedException", "USER_CREDENTIALS_CHANGED")


def test_who_may_not_use_it_is_told_so(town: Town) -> None:
    browser = town.signed_in(town.user("ana", policy=None))
    browser.get(authorize_url())
    page = browser.submit("/v1/authorize")
    assert (page.status, page.title) == (403, "Not allowed")
    only = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "signin:AuthorizeOAuth2Access", "Resource": "*"}],
    }
    town.iam.put_user_policy(UserName="ana", PolicyName="p", PolicyDocument=json.dumps(only))
    refused = Client(town).refused(code=allowed_code(browser))
    assert refused == ("AccessDeniedException", "INSUFFICIENT_PERMISSIONS")
    only["Statement"][0]["Action"] = "signin:*"  # type: ignore[index]
    only["Statement"][0]["Resource"] = (  # type: ignore[index]
        f"arn:aws:signin:us-east-1:{town.account}:oauth2/public-client/localhost"
    )
    town.iam.put_user_policy(UserName="ana", PolicyName="p", PolicyDocument=json.dumps(only))
    Client(town).token(code=allowed_code(browser))


def test_another_machine_gets_its_code_by_hand(town: Town) -> None:
    browser, uri = town.signed_in(town.user("ana")), f"{town.server.url}/v1/sessions/confirmation"
    browser.get(authorize_url(CROSS, uri))
    page = browser.submit("/v1/authorize")
    shown = page.text.split('<pre id="code">')[1].split("<")[0]
    answer = parse_qs(base64.b64decode(shown).decode())
    assert answer["state"] == ["the-state"]
    out = Client(town).token(code=answer["code"][0], clientId=CROSS, redirectUri=uri)
    assert whoami(town, out["accessToken"]).endswith(":user/ana")


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "http://evil.example:1/oauth/callback"},
        {"redirect_uri": "https://127.0.0.1:1/oauth/callback"},
        {"redirect_uri": "http://127.0.0.1:1@evil.example/oauth/callback"},
        {"redirect_uri": "http://127.0.0.1:1/oauth/callback?x=1"},
        {"redirect_uri": "http://127.0.0.1:1/elsewhere"},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
        {"client_id": "arn:aws:signin:::devtools/other"},
        {"response_type": "token"},
    ],
)
def test_codes_go_to_this_machine_and_only_with_pkce(town: Town, changes: dict[str, str]) -> None:
    page = town.browser().get(authorize_url(**changes))
    assert (page.status, page.title) == (400, "Nothing to allow")


def test_who_is_not_signed_in_comes_back_to_the_question(town: Town) -> None:
    browser = town.browser()
    there = browser.get(authorize_url()).location
    assert there.startswith("/signin?next=")
    browser.get(there)
    town.user("ana")
    went = browser.submit("/signin", account=town.account, username="ana", password="Correct-horse-9").location
    assert went == authorize_url()
    assert browser.get(went).title == "Command line access"


def test_the_one_endpoint_clients_are_given_leads_to_the_page(town: Town) -> None:
    answer = Browser(town.server.url).get(authorize_url())
    assert answer.location == town.server.signin + authorize_url()


def federated(town: Town, **options: Any) -> dict[str, str]:
    key = town.iam.create_access_key(UserName=town.user("broker"))["AccessKey"]
    sts = town.client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    made = sts.get_federation_token(Name="jo", **options)["Credentials"]
    return {
        "sessionId": made["AccessKeyId"],
        "sessionKey": made["SecretAccessKey"],
        "sessionToken": made["SessionToken"],
    }


def test_a_broker_signs_its_people_in(town: Town) -> None:
    given = federated(town)
    asked = urlencode({"Action": "getSigninToken", "Session": json.dumps(given)})
    answer = Browser(town.server.signin).get(f"/federation?{asked}")
    token = json.loads(answer.text)["SigninToken"]
    browser = town.browser()
    link = {"Action": "login", "Issuer": "https://broker.example", "SigninToken": token}
    page = browser.get("/federation?" + urlencode(link | {"Destination": "https://console.aws.amazon.com/"}))
    assert (page.status, page.title) == (200, "Signed in")
    assert 'content="0; url=/"' in page.text
    assert f"arn:aws:sts::{town.account}:federated-user/jo" in browser.get("/").text
    event = town.events("ConsoleLogin")[0]
    assert event["userIdentity"]["type"] == "FederatedUser"


@pytest.mark.parametrize("case", ["key", "token", "kind", "duration", "json"])
def test_brokers_get_no_token_for_what_is_no_session(town: Town, case: str) -> None:
    given = federated(town)
    extra = {}
    if case == "key":
        given["sessionKey"] = "x" * 40
    elif case == "token":
        given["sessionToken"] = given["sessionToken"][:-8] + "AAAAAAA="
    elif case == "kind":
        key = town.iam.create_access_key(UserName="broker")["AccessKey"]
        sts = town.client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
        made = sts.get_session_token()["Credentials"]
        given = {
            "sessionId": made["AccessKeyId"],
            "sessionKey": made["SecretAccessKey"],
            "sessionToken": made["SessionToken"],
        }
    elif case == "duration":
        extra = {"SessionDuration": "3600"}
    text = "[]" if case == "json" else json.dumps(given)
    asked = urlencode({"Action": "getSigninToken", "Session": text, **extra})
    assert town.browser().get(f"/federation?{asked}").status == 400
