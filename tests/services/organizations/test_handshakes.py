"""Invitations and the way to all features."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.organizations.house import MANAGEMENT, OTHERS, SCP, House

ANA, BEN, CAT = OTHERS
DAY = 86400


def invite(house: House, account: str, by: str = MANAGEMENT, **params: Any) -> dict[str, Any]:
    target = {"Type": "ACCOUNT", "Id": account}
    made: dict[str, Any] = house.run("InviteAccountToOrganization", by, Target=target, **params)["Handshake"]
    return made


def test_an_invited_account_accepts_and_is_a_member(house: House) -> None:
    org = house.organization()["Id"]
    sent = invite(house, ANA, Notes="hello", Tags=[{"Key": "a", "Value": "b"}])
    assert sent["Arn"] == f"arn:aws:organizations::{MANAGEMENT}:handshake/{org}/invite/{sent['Id']}"
    assert sent["Parties"] == [{"Id": org, "Type": "ORGANIZATION"}, {"Id": ANA, "Type": "ACCOUNT"}]
    assert sent["ExpirationTimestamp"] - sent["RequestedTimestamp"] == 15 * DAY
    assert [r["Type"] for r in sent["Resources"]] == ["ORGANIZATION", "ACCOUNT", "NOTES"]
    assert [h["Id"] for h in house.run("ListHandshakesForAccount", ANA)["Handshakes"]] == [sent["Id"]]
    assert house.run("DescribeHandshake", ANA, HandshakeId=sent["Id"])["Handshake"]["State"] == "REQUESTED"
    assert house.refused("DescribeHandshake", BEN, HandshakeId=sent["Id"])[0] == "HandshakeNotFound"
    assert house.refused("AcceptHandshake", BEN, HandshakeId=sent["Id"])[0] == "HandshakeNotFound"
    assert house.refused("AcceptHandshake", HandshakeId=sent["Id"])[0] == "AccessDenied"
    assert house.run("AcceptHandshake", ANA, HandshakeId=sent["Id"])["Handshake"]["State"] == "ACCEPTED"
    assert house.run("DescribeAccount", AccountId=ANA)["Account"]["JoinedMethod"] == "INVITED"
    assert house.run("ListTagsForResource", ResourceId=ANA)["Tags"] == [{"Key": "a", "Value": "b"}]
    assert house.refused("AcceptHandshake", ANA, HandshakeId=sent["Id"])[0] == "HandshakeAlreadyInState"
    assert house.refused("DeclineHandshake", ANA, HandshakeId=sent["Id"])[0] == "InvalidHandshakeTransition"


def test_an_invitation_by_mail_finds_its_account(house: House) -> None:
    house.organization()
    target = {"Type": "EMAIL", "Id": f"{ANA}@EXAMPLE.com"}
    sent = house.run("InviteAccountToOrganization", Target=target)["Handshake"]
    assert sent["Parties"][1] == {"Id": f"{ANA}@EXAMPLE.com", "Type": "EMAIL"}
    house.run("AcceptHandshake", ANA, HandshakeId=sent["Id"])
    assert house.run("DescribeOrganization", ANA)


def test_invitations_are_declined_canceled_and_run_out(house: House) -> None:
    house.organization()
    one = invite(house, ANA)
    assert house.refused("InviteAccountToOrganization", Target={"Type": "ACCOUNT", "Id": ANA})[0] == (
        "DuplicateHandshake"
    )
    assert house.refused("CancelHandshake", ANA, HandshakeId=one["Id"])[0] == "AccessDenied"
    assert house.run("DeclineHandshake", ANA, HandshakeId=one["Id"])["Handshake"]["State"] == "DECLINED"
    two = invite(house, ANA)
    assert house.run("CancelHandshake", HandshakeId=two["Id"])["Handshake"]["State"] == "CANCELED"
    three = invite(house, ANA)
    house.clock.advance(15 * DAY)
    assert house.run("DescribeHandshake", HandshakeId=three["Id"])["Handshake"]["State"] == "EXPIRED"
    assert house.refused("AcceptHandshake", ANA, HandshakeId=three["Id"])[0] == "InvalidHandshakeTransition"
    assert len(house.run("ListHandshakesForOrganization")["Handshakes"]) == 3
    house.clock.advance(29 * DAY)
    listed = house.run("ListHandshakesForOrganization", Filter={"ActionType": "INVITE"})["Handshakes"]
    assert [h["Id"] for h in listed] == [three["Id"]]
    house.clock.advance(2 * DAY)
    assert house.refused("DescribeHandshake", HandshakeId=three["Id"])[0] == "HandshakeNotFound"
    both = {"ActionType": "INVITE", "ParentHandshakeId": three["Id"]}
    assert house.refused("ListHandshakesForOrganization", Filter=both)[1] == "MAX_LIMIT_EXCEEDED_FILTER"


@pytest.mark.parametrize(
    ("target", "refusal"),
    [
        ({"Type": "ORGANIZATION", "Id": "o-1234567890"}, ("InvalidInput", "INVALID_PARTY_TYPE_TARGET")),
        ({"Type": "ACCOUNT", "Id": "999999999999"}, ("InvalidInput", "TARGET_NOT_SUPPORTED")),
        ({"Type": "EMAIL", "Id": "nobody"}, ("InvalidInput", "INVALID_EMAIL_ADDRESS_TARGET")),
        ({"Type": "ACCOUNT", "Id": MANAGEMENT}, ("HandshakeConstraintViolation", "ALREADY_IN_AN_ORGANIZATION")),
    ],
)
def test_not_everybody_can_be_invited(house: House, target: dict[str, str], refusal: tuple[str, str]) -> None:
    house.organization()
    assert house.refused("InviteAccountToOrganization", Target=target) == refusal


def test_accounts_and_invitations_together_stay_within_the_quota(house: House) -> None:
    house.organization()
    for n in range(9):
        invite(house, house.account(f"50000000000{n}"))
    assert house.refused("InviteAccountToOrganization", Target={"Type": "ACCOUNT", "Id": ANA}) == (
        "HandshakeConstraintViolation",
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
    )


def test_an_account_goes_from_one_organization_to_another_but_a_management_account_does_not(house: House) -> None:
    house.organization()
    second = house.run("CreateOrganization", BEN)["Organization"]["Id"]
    house.join(ANA)
    house.run("AcceptHandshake", ANA, HandshakeId=invite(house, ANA, by=BEN)["Id"])
    assert house.run("DescribeOrganization", ANA)["Organization"]["Id"] == second
    assert house.refused("DescribeAccount", AccountId=ANA)[0] == "AccountNotFound"
    sent = invite(house, BEN)
    assert house.refused("AcceptHandshake", BEN, HandshakeId=sent["Id"])[0] == "MasterCannotLeaveOrganization"
    assert house.refused("LeaveOrganization", BEN)[0] == "MasterCannotLeaveOrganization"
    assert house.refused("LeaveOrganization", CAT)[0] == "AWSOrganizationsNotInUse"


def test_all_features_come_when_every_invited_account_and_then_the_management_account_agree(house: House) -> None:
    house.organization(FeatureSet="CONSOLIDATED_BILLING")
    house.join(ANA)
    house.join(BEN)
    whole = house.run("EnableAllFeatures")["Handshake"]
    assert (whole["Action"], whole["State"]) == ("ENABLE_ALL_FEATURES", "REQUESTED")
    assert whole["ExpirationTimestamp"] - whole["RequestedTimestamp"] == 90 * DAY
    assert house.refused("EnableAllFeatures")[1] == "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION"
    assert house.refused("InviteAccountToOrganization", Target={"Type": "ACCOUNT", "Id": CAT})[1] == (
        "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES"
    )
    wanted = {"ActionType": "APPROVE_ALL_FEATURES"}
    for account in (ANA, BEN):
        assert house.run("ListHandshakesForOrganization", Filter=wanted)["Handshakes"] == []
        asked = house.run("ListHandshakesForAccount", account, Filter={"ParentHandshakeId": whole["Id"]})
        house.run("AcceptHandshake", account, HandshakeId=asked["Handshakes"][0]["Id"])
    assert house.run("DescribeHandshake", HandshakeId=whole["Id"])["Handshake"]["State"] == "OPEN"
    (last,) = house.run("ListHandshakesForOrganization", Filter=wanted)["Handshakes"]
    house.run("AcceptHandshake", HandshakeId=last["Id"])
    assert house.run("DescribeOrganization")["Organization"]["FeatureSet"] == "ALL"
    assert house.run("DescribeHandshake", HandshakeId=whole["Id"])["Handshake"]["State"] == "ACCEPTED"
    assert house.refused("EnableAllFeatures") == (
        "HandshakeConstraintViolation",
        "ORGANIZATION_ALREADY_HAS_ALL_FEATURES",
    )
    house.run("EnablePolicyType", RootId=house.root, PolicyType=SCP)


def test_gov_cloud_accounts_need_a_management_account_paired_with_one(house: House) -> None:
    house.organization()
    assert house.refused("CreateGovCloudAccount", Email="g@example.com", AccountName="g") == (
        "ConstraintViolation",
        "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED",
    )
