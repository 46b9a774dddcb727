"""AssumeRoleWithWebIdentity: tokens that are good, forged ones, and what trust policies ask of their claims."""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from garrison.aws.errors import AwsError
from garrison.services.sts import fetch, issuer_keys
from garrison.trail.identity import user_identity
from tests.services.sts.house import AWAY, HOME, NOW, House, policy
from tests.services.sts.oidc_issuer import Issuer, b64, b64_number, rsa_key

ACTION = "sts:AssumeRoleWithWebIdentity"
WITH_TAGS = [ACTION, "sts:TagSession", "sts:SetSourceIdentity"]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer() as made:
        yield made


@pytest.fixture
def provider(house: House, issuer: Issuer) -> str:
    made = house.iam("CreateOpenIDConnectProvider", Url=issuer.url, ClientIDList=["garrison-tests"])
    arn: str = made["OpenIDConnectProviderArn"]
    return arn


@pytest.fixture
def role(house: House, provider: str) -> str:
    return house.role("web", provider, WITH_TAGS)


def assume(house: House, role: str, token: str, **params: Any) -> dict[str, Any]:
    return house.sts("AssumeRoleWithWebIdentity", RoleArn=role, RoleSessionName="s1", WebIdentityToken=token, **params)


def refused(house: House, role: str, token: str, **params: Any) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        assume(house, role, token, **params)
    return caught.value.code, caught.value.message


NOT_A_TOKEN = (
    "InvalidIdentityToken",
    "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
)
BAD_SIGNATURE = ("InvalidIdentityToken", "The signature of the ID Token is not valid.")
NOT_AUTHORIZED = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")


def test_a_good_token_gets_a_session_of_the_role(house: House, issuer: Issuer, provider: str, role: str) -> None:
    output = assume(house, role, issuer.token(NOW), DurationSeconds=900)
    assert output["SubjectFromWebIdentityToken"] == "fay"
    assert output["Audience"] == "garrison-tests"
    assert output["Provider"] == provider == f"arn:aws:iam::{HOME}:oidc-provider/{issuer.place}"
    assert output["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{HOME}:assumed-role/web/s1"
    assert output["Credentials"]["Expiration"] == NOW + 900
    session = house.opened(output).session
    assert session is not None
    assert session.kind == "web-identity"
    assert session.context == {
        "aws:federatedprovider": provider,
        f"{issuer.place}:aud": "garrison-tests",
        f"{issuer.place}:sub": "fay",
    }


def test_the_trail_names_provider_audience_and_subject(house: House, issuer: Issuer, provider: str, role: str) -> None:
    assume(house, role, issuer.token(NOW))
    assert house.last is not None
    assert user_identity(house.last.caller) == {
        "type": "WebIdentityUser",
        "principalId": f"{provider}:garrison-tests:fay",
        "userName": "fay",
        "identityProvider": provider,
    }


@pytest.mark.parametrize("header", [{"alg": "RS384"}, {"alg": "RS512"}, {"alg": "ES256", "kid": "ec-1"}])
def test_other_strong_algorithms_are_taken(house: House, issuer: Issuer, role: str, header: dict[str, str]) -> None:
    assert assume(house, role, issuer.token(NOW, header=header))["Credentials"]


def test_a_token_without_signature_is_refused(house: House, issuer: Issuer, role: str) -> None:
    for kid in ("rsa-1", None):
        assert refused(house, role, issuer.token(NOW, header={"alg": "none", "kid": kid})) == NOT_A_TOKEN


def test_the_public_key_used_as_a_shared_secret_is_refused(house: House, issuer: Issuer, role: str) -> None:
    assert refused(house, role, issuer.token(NOW, header={"alg": "HS256"})) == NOT_A_TOKEN


@pytest.mark.parametrize("header", [{"alg": "PS256"}, {"crit": ["exp"]}, {"b64": False}])
def test_a_header_that_asks_for_anything_unusual_is_refused(
    house: House, issuer: Issuer, role: str, header: dict[str, Any]
) -> None:
    assert refused(house, role, issuer.token(NOW, header=header)) == NOT_A_TOKEN


def test_a_key_of_another_kind_than_the_algorithm_is_refused(house: House, issuer: Issuer, role: str) -> None:
    assert refused(house, role, issuer.token(NOW, header={"kid": "ec-1"})) == BAD_SIGNATURE
    assert refused(house, role, issuer.token(NOW, header={"alg": "ES256"})) == BAD_SIGNATURE


def test_a_changed_payload_is_refused(house: House, issuer: Issuer, role: str) -> None:
    head, _, signature = issuer.token(NOW).split(".")
    forged = b64(json.dumps(issuer.claims(NOW, sub="admin")).encode())
    assert refused(house, role, f"{head}.{forged}.{signature}") == BAD_SIGNATURE


def test_a_signature_cut_off_is_refused(house: House, issuer: Issuer, role: str) -> None:
    head, payload, _ = issuer.token(NOW).split(".")
    assert refused(house, role, f"{head}.{payload}.") == BAD_SIGNATURE


def test_a_token_for_another_audience_is_refused(house: House, issuer: Issuer, role: str) -> None:
    assert refused(house, role, issuer.token(NOW, aud="other")) == ("InvalidIdentityToken", "Incorrect token audience")
    # With an authorized party, that is the audience that counts.
    assert refused(house, role, issuer.token(NOW, azp="other"))[1] == "Incorrect token audience"


def test_an_expired_token_is_refused_after_five_minutes_of_grace(house: House, issuer: Issuer, role: str) -> None:
    token = issuer.token(NOW, exp=int(NOW) - 299)
    assert assume(house, role, token)["Credentials"]
    house.clock.advance(2)
    code, message = refused(house, role, token)
    assert code == "ExpiredTokenException"
    assert message.startswith(
        f"Token expired: current date/time {int(NOW) + 2} must be before the expiration date/time"
    )


def test_a_token_issued_long_ago_is_refused(house: House, issuer: Issuer, role: str) -> None:
    code, message = refused(house, role, issuer.token(NOW, iat=int(NOW) - 441_398))
    assert (code, message) == ("ExpiredTokenException", "Token too old: 441398")


@pytest.mark.parametrize("changes", [{"nbf": int(NOW) + 301}, {"iat": int(NOW) + 301}])
def test_a_token_that_is_not_valid_yet_is_refused(
    house: House, issuer: Issuer, role: str, changes: dict[str, Any]
) -> None:
    code, message = refused(house, role, issuer.token(NOW, **changes))
    assert code == "InvalidIdentityToken"
    assert "not valid yet" in message


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp", "iat"])
def test_a_token_without_a_required_claim_is_refused(house: House, issuer: Issuer, role: str, claim: str) -> None:
    answer = refused(house, role, issuer.token(NOW, **{claim: None}))
    assert answer == ("InvalidIdentityToken", f"Missing a required claim: {claim}")


@pytest.mark.parametrize("expiry", ["1900000000", True, [1_900_000_000]])
def test_a_time_that_is_no_number_is_no_time(house: House, issuer: Issuer, role: str, expiry: Any) -> None:
    assert refused(house, role, issuer.token(NOW, exp=expiry))[1] == "Missing a required claim: exp"


def test_a_key_id_nobody_knows_is_refused_and_asked_for_only_now_and_then(
    house: House, issuer: Issuer, role: str
) -> None:
    assume(house, role, issuer.token(NOW))
    before = len(issuer.asked)
    for _ in range(3):
        code, message = refused(house, role, issuer.token(NOW, header={"kid": "made-up"}))
        assert (code, message[:35]) == ("InvalidIdentityToken", "Couldn't retrieve verification key ")
    assert len(issuer.asked) == before
    house.clock.advance(issuer_keys.RETRY_SECONDS + 1)
    refused(house, role, issuer.token(NOW, header={"kid": "made-up"}))
    assert len(issuer.asked) == before + 2


def test_a_token_that_names_no_key_is_refused(house: House, issuer: Issuer, role: str) -> None:
    assert refused(house, role, issuer.token(NOW, header={"kid": None}))[0] == "InvalidIdentityToken"


def test_a_new_key_is_found_when_it_is_used(house: House, issuer: Issuer, role: str) -> None:
    assume(house, role, issuer.token(NOW))
    issuer.kids["rsa-2"] = issuer.rsa_jwk("rsa-2")
    house.clock.advance(issuer_keys.RETRY_SECONDS + 1)
    assert assume(house, role, issuer.token(NOW, header={"kid": "rsa-2"}))["Credentials"]


def test_a_key_taken_back_is_no_longer_believed_after_an_hour(house: House, issuer: Issuer, role: str) -> None:
    token = issuer.token(NOW, exp=int(NOW) + 9000)
    assume(house, role, token)
    issuer.kids.clear()
    house.clock.advance(issuer_keys.KEEP_SECONDS)
    assert refused(house, role, token)[0] == "InvalidIdentityToken"


def test_keys_at_hand_outlive_a_provider_that_is_down(house: House, issuer: Issuer, role: str) -> None:
    token = issuer.token(NOW)
    assume(house, role, token)
    issuer.__exit__()
    house.clock.advance(issuer_keys.RETRY_SECONDS + 1)
    assert refused(house, role, issuer.token(NOW, header={"kid": "made-up"}))[0] == "IDPCommunicationError"
    assert assume(house, role, token)["Credentials"]


def test_an_issuer_that_is_no_provider_of_the_account_is_never_asked(house: House, role: str) -> None:
    with Issuer(key="second") as stranger:
        code, message = refused(house, role, stranger.token(NOW))
        assert (code, message) == (
            "InvalidIdentityToken",
            f"No OpenIDConnect provider found in your account for {stranger.url}",
        )
        assert stranger.asked == []


def test_a_provider_of_another_account_does_not_count(house: House, issuer: Issuer, provider: str) -> None:
    away = house.role("web", provider, ACTION, account=AWAY)
    assert refused(house, away, issuer.token(NOW))[1] == (
        f"No OpenIDConnect provider found in your account for {issuer.url}"
    )
    assert issuer.asked == []


def test_an_issuer_spelled_in_another_way_is_another_issuer(house: House, issuer: Issuer, role: str) -> None:
    for spelled in (issuer.url + "/", issuer.url.replace("http", "https"), issuer.url.upper()):
        _, message = refused(house, role, issuer.token(NOW, iss=spelled))
        assert message == f"No OpenIDConnect provider found in your account for {spelled}"
    assert issuer.asked == []


def test_a_token_signed_with_another_providers_key_is_refused(house: House, issuer: Issuer, role: str) -> None:
    with Issuer(key="second") as other:
        house.iam("CreateOpenIDConnectProvider", Url=other.url, ClientIDList=["garrison-tests"])
        assert refused(house, role, other.token(NOW, iss=issuer.url)) == BAD_SIGNATURE


@pytest.mark.filterwarnings("ignore:Key size")
def test_a_weak_key_is_not_believed(house: House, issuer: Issuer, role: str) -> None:
    weak = rsa.generate_private_key(65537, 1024)
    numbers = weak.public_key().public_numbers()
    issuer.kids["rsa-1"] |= {"n": b64_number(numbers.n)}
    issuer.key = weak
    assert refused(house, role, issuer.token(NOW)) == BAD_SIGNATURE


def test_of_two_keys_with_one_id_none_is_believed(house: House, issuer: Issuer, role: str) -> None:
    issuer.kids["again"] = issuer.rsa_jwk("rsa-1")
    assert refused(house, role, issuer.token(NOW))[0] == "InvalidIdentityToken"


@pytest.mark.parametrize("text", ["abcd", "a.b", "a.b.c", "....", "e30.e30.e30", "bnVsbA.W10.", "é.é.é", "e30=.e30=.x"])
def test_what_is_no_token_is_refused_without_a_trace(house: House, role: str, text: str) -> None:
    assert refused(house, role, text) == NOT_A_TOKEN


def test_access_tokens_of_consumer_services_are_refused(house: House, issuer: Issuer, role: str) -> None:
    code, message = refused(house, role, issuer.token(NOW), ProviderId="www.amazon.com")
    assert code == "InvalidIdentityToken"
    assert "www.amazon.com" in message


# What trust policies ask


def test_the_trust_policy_decides_on_claims(house: House, issuer: Issuer, provider: str) -> None:
    place = issuer.place
    condition = {
        "StringEquals": {f"{place}:aud": "garrison-tests"},
        "StringLike": {f"{place}:sub": "repo:acme/*"},
    }
    role = house.role("ci", provider, ACTION, condition)
    assert assume(house, role, issuer.token(NOW, sub="repo:acme/site"))["Credentials"]
    assert refused(house, role, issuer.token(NOW, sub="repo:evil/site")) == NOT_AUTHORIZED


def test_a_role_that_does_not_trust_the_provider_and_one_that_is_not_there_look_alike(
    house: House, issuer: Issuer, provider: str
) -> None:
    other = house.role("other", f"arn:aws:iam::{HOME}:oidc-provider/elsewhere.example.com", ACTION)
    assert refused(house, other, issuer.token(NOW)) == NOT_AUTHORIZED
    assert refused(house, other.replace("other", "none"), issuer.token(NOW)) == NOT_AUTHORIZED
    assert refused(house, other.replace(HOME, "999999999999"), issuer.token(NOW)) == NOT_AUTHORIZED


def test_a_role_for_users_is_not_for_tokens(house: House, issuer: Issuer, provider: str) -> None:
    role = house.role("wrong", provider, "sts:AssumeRoleWithSAML")
    assert refused(house, role, issuer.token(NOW)) == NOT_AUTHORIZED


def test_with_an_authorized_party_the_audience_is_the_other_audience(
    house: House, issuer: Issuer, provider: str
) -> None:
    place = issuer.place
    role = house.role(
        "azp", provider, ACTION, {"StringEquals": {f"{place}:oaud": "api", f"{place}:aud": "garrison-tests"}}
    )
    output = assume(house, role, issuer.token(NOW, aud="api", azp="garrison-tests"))
    assert output["Audience"] == "garrison-tests"
    assert refused(house, role, issuer.token(NOW)) == NOT_AUTHORIZED


def test_methods_of_authentication_are_a_list(house: House, issuer: Issuer, provider: str) -> None:
    role = house.role("mfa", provider, ACTION, {"ForAnyValue:StringEquals": {f"{issuer.place}:amr": "mfa"}})
    assert assume(house, role, issuer.token(NOW, amr=["pwd", "mfa"]))["Credentials"]
    assert refused(house, role, issuer.token(NOW, amr=["pwd"])) == NOT_AUTHORIZED
    assert refused(house, role, issuer.token(NOW)) == NOT_AUTHORIZED


def test_claims_that_are_no_condition_keys_of_aws_decide_nothing(house: House, issuer: Issuer, provider: str) -> None:
    role = house.role("odd", provider, ACTION, {"StringEquals": {f"{issuer.place}:department": "ops"}})
    assert refused(house, role, issuer.token(NOW, department="ops")) == NOT_AUTHORIZED


def test_the_session_name_can_be_asked_for(house: House, issuer: Issuer, provider: str) -> None:
    role = house.role("named", provider, ACTION, {"StringEquals": {"sts:RoleSessionName": "s2"}})
    assert refused(house, role, issuer.token(NOW)) == NOT_AUTHORIZED


TAGS = {"https://aws.amazon.com/tags": {"principal_tags": {"Team": ["red"]}, "transitive_tag_keys": ["Team"]}}
FLAT = {
    "https://aws.amazon.com/tags/principal_tags/Team": ["red"],
    "https://aws.amazon.com/tags/transitive_tag_keys": ["Team"],
}


@pytest.mark.parametrize("claims", [TAGS, FLAT])
def test_session_tags_come_from_the_token(house: House, issuer: Issuer, role: str, claims: dict[str, Any]) -> None:
    output = assume(house, role, issuer.token(NOW, **claims))
    session = house.opened(output).session
    assert session is not None
    assert (session.tags, session.transitive) == ({"Team": "red"}, ("Team",))
    assert 0 < output["PackedPolicySize"] <= 100


def test_tags_need_a_trust_policy_that_lets_them_be_passed(house: House, issuer: Issuer, provider: str) -> None:
    role = house.role("untagged", provider, ACTION)
    assert assume(house, role, issuer.token(NOW))["Credentials"]
    assert refused(house, role, issuer.token(NOW, **TAGS)) == (
        "AccessDenied",
        "Not authorized to perform sts:TagSession",
    )


def test_a_trust_policy_can_ask_for_certain_tags(house: House, issuer: Issuer, provider: str) -> None:
    role = house.role("red", provider, WITH_TAGS, {"StringEquals": {"aws:RequestTag/team": "red"}})
    assert assume(house, role, issuer.token(NOW, **TAGS))["Credentials"]
    assert refused(house, role, issuer.token(NOW)) == NOT_AUTHORIZED


@pytest.mark.parametrize(
    "tags",
    [
        "x",
        {"principal_tags": {"Team": ["red", "blue"]}},
        {"principal_tags": {"Team": 3}},
        {"principal_tags": {"Team": ["red"], "team": ["blue"]}},
        {"principal_tags": {"aws:x": ["red"]}},
        {"principal_tags": {"": ["red"]}},
        {"principal_tags": {"Team": ["x" * 257]}},
        {"transitive_tag_keys": ["Team"]},
        {"principal_tags": {f"k{n}": ["v"] for n in range(51)}},
    ],
)
def test_tags_that_cannot_be_passed_are_refused(house: House, issuer: Issuer, role: str, tags: Any) -> None:
    assert refused(house, role, issuer.token(NOW, **{"https://aws.amazon.com/tags": tags}))[0] == "InvalidIdentityToken"


def test_tags_decide_what_the_session_may_do(house: House, issuer: Issuer, provider: str) -> None:
    allow = {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}
    rights = policy(allow | {"Condition": {"StringEquals": {"aws:PrincipalTag/Team": "red"}}})
    role = house.role("abac", provider, WITH_TAGS, policies=rights)
    red = house.opened(assume(house, role, issuer.token(NOW, **TAGS)))
    house.call(red, "iam", "ListUsers")
    blue = house.opened(assume(house, role, issuer.token(NOW)))
    with pytest.raises(AwsError, match="iam:ListUsers"):
        house.call(blue, "iam", "ListUsers")


def test_a_source_identity_comes_from_the_token(house: House, issuer: Issuer, provider: str, role: str) -> None:
    claim: dict[str, Any] = {"https://aws.amazon.com/source_identity": "fay@example.com"}
    output = assume(house, role, issuer.token(NOW, **claim))
    assert output["SourceIdentity"] == "fay@example.com"
    plain = house.role("plain", provider, ACTION)
    assert refused(house, plain, issuer.token(NOW, **claim))[1] == "Not authorized to perform sts:SetSourceIdentity"
    for bad in ("aws:root", "x", "with space", ["a1", "a2"]):
        claim = {"https://aws.amazon.com/source_identity": bad}
        code, _ = refused(house, role, issuer.token(NOW, **claim))
        assert code == "InvalidIdentityToken"


def test_the_claims_stay_with_the_session(house: House, issuer: Issuer, provider: str) -> None:
    allow = {"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}
    rights = policy(
        allow | {"Condition": {"StringEquals": {f"{issuer.place}:sub": "fay", "aws:FederatedProvider": provider}}}
    )
    role = house.role("kept", provider, ACTION, policies=rights)
    house.call(house.opened(assume(house, role, issuer.token(NOW))), "iam", "ListUsers")
    with pytest.raises(AwsError, match="iam:ListUsers"):
        house.call(house.opened(assume(house, role, issuer.token(NOW, sub="gus"))), "iam", "ListUsers")


def test_policies_and_durations_are_checked_as_for_any_role(house: House, issuer: Issuer, role: str) -> None:
    assert refused(house, role, issuer.token(NOW), DurationSeconds=3601) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )
    assert refused(house, role, issuer.token(NOW), Policy="{")[0] == "MalformedPolicyDocument"
    session = house.opened(
        assume(house, role, issuer.token(NOW), Policy=policy({"Effect": "Deny", "Action": "*", "Resource": "*"}))
    )
    with pytest.raises(AwsError, match="AccessDenied"):
        house.call(session, "iam", "ListUsers")


def test_a_provider_deleted_is_believed_no_more(house: House, issuer: Issuer, provider: str, role: str) -> None:
    assume(house, role, issuer.token(NOW))
    house.iam("DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=provider)
    assert refused(house, role, issuer.token(NOW))[1].startswith("No OpenIDConnect provider found")


# How keys are fetched


def redirect(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "/elsewhere")
    handler.end_headers()


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b" " * 16_384)


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\n")
    for n in range(50):
        handler.wfile.write(f"X-{n}: y\r\n".encode())
        handler.wfile.flush()
        time.sleep(0.05)


def nonsense(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(b"[]")


@pytest.mark.parametrize("answer", [redirect, endless, drip, nonsense])
def test_a_provider_that_answers_oddly_is_a_provider_not_reached(
    house: House, issuer: Issuer, role: str, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "TOTAL_SECONDS", 0.4)
    issuer.answers["/realms/staff/.well-known/openid-configuration"] = answer
    started = time.monotonic()
    assert refused(house, role, issuer.token(NOW))[0] == "IDPCommunicationError"
    assert time.monotonic() - started < 2
    assert "/elsewhere" not in issuer.asked
    asked = len(issuer.asked)
    refused(house, role, issuer.token(NOW))
    assert len(issuer.asked) == asked


def test_a_provider_that_speaks_for_another_issuer_is_not_believed(house: House, issuer: Issuer, role: str) -> None:
    issuer.about["issuer"] = "https://elsewhere.example.com"
    assert refused(house, role, issuer.token(NOW))[1].startswith("Couldn't retrieve verification key")


@pytest.mark.parametrize(
    "uri",
    ["http://169.254.169.254/latest", "https://169.254.169.254/latest", "file:///etc/passwd", "http://10.0.0.1/", 7],
)
def test_keys_are_not_fetched_from_where_they_cannot_be(house: House, issuer: Issuer, role: str, uri: Any) -> None:
    issuer.about["jwks_uri"] = uri
    assert refused(house, role, issuer.token(NOW))[0] in ("IDPCommunicationError", "InvalidIdentityToken")


def test_a_provider_of_the_outside_cannot_point_inside() -> None:
    outside = [ipaddress.ip_address("93.184.216.34")]
    inside = [ipaddress.ip_address("10.1.2.3")]
    here = [ipaddress.ip_address("127.0.0.1")]
    admitted = [
        (address, near)
        for address in (
            "93.184.216.34",
            "10.9.9.9",
            "127.0.0.1",
            "169.254.169.254",
            "::1",
            "::ffff:127.0.0.1",
            "0.0.0.0",
        )
        for near, issuer in (("outside", outside), ("inside", inside), ("here", here))
        if fetch._admitted(ipaddress.ip_address(address), issuer)
    ]
    assert admitted == [
        ("93.184.216.34", "outside"),
        ("93.184.216.34", "inside"),
        ("93.184.216.34", "here"),
        ("10.9.9.9", "inside"),
        ("10.9.9.9", "here"),
        ("127.0.0.1", "here"),
        ("::1", "here"),
        ("::ffff:127.0.0.1", "here"),
    ]


def test_keys_of_two_names_are_two_keys() -> None:
    assert rsa_key("first") is not rsa_key("second")
