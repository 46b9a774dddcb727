"""OpenID Connect providers: what may be one, what it knows, and how it is changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.iam.conftest import ACCOUNT, NOW, OTHER_ACCOUNT, Iam

URL = "https://id.example.com/realms/Staff"
ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/id.example.com/realms/Staff"


@pytest.fixture
def made(iam: Iam) -> str:
    params: dict[str, Any] = {"ClientIDList": ["one", "two", "one"], "ThumbprintList": ["AB" * 20]}
    arn: str = iam.run("CreateOpenIDConnectProvider", Url=URL, **params)["OpenIDConnectProviderArn"]
    return arn


def test_a_provider_is_its_url_without_the_scheme(iam: Iam, made: str) -> None:
    assert made == ARN
    assert iam.run("GetOpenIDConnectProvider", OpenIDConnectProviderArn=ARN) == {
        "Url": "id.example.com/realms/Staff",
        "ClientIDList": ["one", "two"],
        "ThumbprintList": ["ab" * 20],
        "CreateDate": NOW,
        "Tags": [],
    }
    assert iam.run("ListOpenIDConnectProviders") == {"OpenIDConnectProviderList": [{"Arn": ARN}]}
    assert iam.run("GetAccountSummary")["SummaryMap"]["Providers"] == 1


def test_the_same_url_is_the_same_provider_but_case_and_slashes_make_another(iam: Iam, made: str) -> None:
    assert iam.refused("CreateOpenIDConnectProvider", Url=URL) == (
        "EntityAlreadyExists",
        f"Provider with url {URL} already exists.",
    )
    for other in (URL.lower(), URL + "/"):
        iam.run("CreateOpenIDConnectProvider", Url=other)
    assert len(iam.run("ListOpenIDConnectProviders")["OpenIDConnectProviderList"]) == 3


@pytest.mark.parametrize(
    "url",
    [
        "http://id.example.com",
        "id.example.com",
        "https://",
        "https://id.example.com?x=1",
        "https://id.example.com/#x",
        "https://user@id.example.com",
        "https://id.example.com:port",
        "https://id example.com",
        "ftp://127.0.0.1",
        "http://127.0.0.1.example.com",
        "http://localhost@example.com",
        "https://[::1",
    ],
)
def test_a_url_that_cannot_be_an_issuer_is_refused(iam: Iam, url: str) -> None:
    answer = iam.refused("CreateOpenIDConnectProvider", Url=url)
    assert answer == ("ValidationError", "Invalid Open ID Connect Provider URL")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/realms/x", "http://localhost:8080", "http://[::1]:8080/x", "https://id.local:8443/x"]
)
def test_providers_of_ones_own_network_may_name_a_port_and_of_this_machine_be_plain(iam: Iam, url: str) -> None:
    arn = iam.run("CreateOpenIDConnectProvider", Url=url)["OpenIDConnectProviderArn"]
    assert arn.endswith(f":oidc-provider/{url.partition('://')[2]}")


@pytest.mark.parametrize("thumbprints", [["x" * 40], [f"{n}" * 40 for n in range(6)]])
def test_thumbprints_are_five_sha1_sums_at_most(iam: Iam, made: str, thumbprints: list[str]) -> None:
    call: dict[str, Any] = {"OpenIDConnectProviderArn": ARN, "ThumbprintList": thumbprints}
    assert iam.refused("UpdateOpenIDConnectProviderThumbprint", **call)[0] == "InvalidInput"
    iam.run("UpdateOpenIDConnectProviderThumbprint", OpenIDConnectProviderArn=ARN, ThumbprintList=["1" * 40])
    assert iam.run("GetOpenIDConnectProvider", OpenIDConnectProviderArn=ARN)["ThumbprintList"] == ["1" * 40]


def test_client_ids_are_added_and_removed_any_number_of_times(iam: Iam, made: str) -> None:
    for _ in range(2):
        iam.run("AddClientIDToOpenIDConnectProvider", OpenIDConnectProviderArn=ARN, ClientID="three")
        iam.run("RemoveClientIDFromOpenIDConnectProvider", OpenIDConnectProviderArn=ARN, ClientID="one")
    assert iam.run("GetOpenIDConnectProvider", OpenIDConnectProviderArn=ARN)["ClientIDList"] == ["two", "three"]
    for n in range(98):
        iam.run("AddClientIDToOpenIDConnectProvider", OpenIDConnectProviderArn=ARN, ClientID=f"id{n}")
    assert iam.refused("AddClientIDToOpenIDConnectProvider", OpenIDConnectProviderArn=ARN, ClientID="more") == (
        "LimitExceeded",
        "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100",
    )


def test_tags_come_and_go(iam: Iam, made: str) -> None:
    iam.run("TagOpenIDConnectProvider", OpenIDConnectProviderArn=ARN, Tags=[{"Key": "Team", "Value": "red"}])
    iam.run("TagOpenIDConnectProvider", OpenIDConnectProviderArn=ARN, Tags=[{"Key": "team", "Value": "blue"}])
    listed = iam.run("ListOpenIDConnectProviderTags", OpenIDConnectProviderArn=ARN)
    assert listed == {"Tags": [{"Key": "team", "Value": "blue"}], "IsTruncated": False}
    iam.run("UntagOpenIDConnectProvider", OpenIDConnectProviderArn=ARN, TagKeys=["TEAM"])
    assert iam.run("ListOpenIDConnectProviderTags", OpenIDConnectProviderArn=ARN)["Tags"] == []


def test_deleting_is_done_however_often_it_is_asked(iam: Iam, made: str) -> None:
    for _ in range(2):
        iam.run("DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=ARN)
    assert iam.refused("GetOpenIDConnectProvider", OpenIDConnectProviderArn=ARN) == (
        "NoSuchEntity",
        f"OpenIDConnect Provider not found for arn {ARN}",
    )


def test_an_arn_of_something_else_is_refused(iam: Iam, made: str) -> None:
    bad = f"arn:aws:iam::{ACCOUNT}:role/x"
    for operation in ("GetOpenIDConnectProvider", "DeleteOpenIDConnectProvider"):
        assert iam.refused(operation, OpenIDConnectProviderArn=bad)[0] == "InvalidInput"
    other = ARN.replace(ACCOUNT, OTHER_ACCOUNT)
    assert iam.refused("GetOpenIDConnectProvider", OpenIDConnectProviderArn=other)[0] == "NoSuchEntity"


def test_every_change_is_one_that_decides(iam: Iam, made: str) -> None:
    before = iam.epoch()
    iam.run("RemoveClientIDFromOpenIDConnectProvider", OpenIDConnectProviderArn=ARN, ClientID="one")
    assert iam.epoch() > before
