"""Administrators and members, by invitation and by organization."""

from __future__ import annotations

from typing import Any

from garrison.services.guardduty.detectors import SERVICE
from tests.services.guardduty.guarded import Guarded, detection
from tests.services.organizations.house import MANAGEMENT, OTHERS

A, B, C = OTHERS
EMAIL = f"{A}@example.com"


def statuses(guarded: Guarded, detector: str, by: str = MANAGEMENT, **params: Any) -> dict[str, str]:
    members = guarded.run("ListMembers", by, DetectorId=detector, **params)["Members"]
    return {one["AccountId"]: one["RelationshipStatus"] for one in members}


def invited(guarded: Guarded) -> str:
    """A's detector, after it has accepted."""
    made: str = guarded.run("CreateDetector", A, Enable=True)["DetectorId"]
    guarded.mine("CreateMembers", AccountDetails=[{"AccountId": A, "Email": EMAIL}])
    assert guarded.mine("InviteMembers", AccountIds=[A])["UnprocessedAccounts"] == []
    (invitation,) = guarded.run("ListInvitations", A)["Invitations"]
    assert guarded.run("GetInvitationsCount", A) == {"InvitationsCount": 1}
    guarded.run(
        "AcceptAdministratorInvitation", A,
        DetectorId=made, AdministratorId=MANAGEMENT, InvitationId=invitation["InvitationId"],
    )  # fmt: skip
    return made


def test_an_administrator_sees_and_archives_what_members_find(guarded: Guarded) -> None:
    theirs = invited(guarded)
    assert statuses(guarded, guarded.detector) == {A: "Enabled"}
    (id,) = guarded.record(detection(1, account=A))
    assert guarded.listed() == [id]
    assert guarded.finding(id)["AccountId"] == A
    error = guarded.house.error("ArchiveFindings", A, "guardduty", DetectorId=theirs, FindingIds=[id])
    assert "member account" in error.message
    guarded.mine("ArchiveFindings", FindingIds=[id])
    criterion = {"service.archived": {"Eq": ["true"]}}
    found = guarded.run("ListFindings", A, DetectorId=theirs, FindingCriteria={"Criterion": criterion})
    assert found["FindingIds"] == [id]


def test_a_members_findings_are_suppressed_by_its_administrator(guarded: Guarded) -> None:
    invited(guarded)
    criteria = {"Criterion": {"accountId": {"Eq": [A]}}}
    guarded.mine("CreateFilter", Name="quiet", Action="ARCHIVE", FindingCriteria=criteria)
    (id,) = guarded.record(detection(1, account=A))
    assert guarded.finding(id)["Service"]["Archived"]


def test_monitoring_stops_and_starts(guarded: Guarded) -> None:
    invited(guarded)
    (id,) = guarded.record(detection(1, account=A))
    guarded.mine("StopMonitoringMembers", AccountIds=[A])
    assert (statuses(guarded, guarded.detector), guarded.listed()) == ({A: "Disabled"}, [])
    guarded.mine("StartMonitoringMembers", AccountIds=[A])
    assert guarded.listed() == [id]


def test_a_member_leaves_and_is_removed(guarded: Guarded) -> None:
    theirs = invited(guarded)
    assert guarded.run("GetMasterAccount", A, DetectorId=theirs)["Master"]["AccountId"] == MANAGEMENT
    error = guarded.house.error("DeleteDetector", None, "guardduty", DetectorId=guarded.detector)
    assert "cannot delete detector while it has invited or associated members" in error.message
    guarded.run("DisassociateFromAdministratorAccount", A, DetectorId=theirs)
    assert statuses(guarded, guarded.detector) == {}
    assert statuses(guarded, guarded.detector, OnlyAssociated="false") == {A: "Resigned"}
    assert guarded.run("GetAdministratorAccount", A, DetectorId=theirs) == {}
    guarded.mine("DeleteMembers", AccountIds=[A])
    assert statuses(guarded, guarded.detector, OnlyAssociated="false") == {}


def test_accounts_that_cannot_be_done_are_told_one_by_one(guarded: Guarded) -> None:
    details = [{"AccountId": A, "Email": "wrong@example.com"}, {"AccountId": MANAGEMENT, "Email": EMAIL}]
    told = guarded.mine("CreateMembers", AccountDetails=details)["UnprocessedAccounts"]
    assert [one["AccountId"] for one in told] == [MANAGEMENT]
    guarded.mine("InviteMembers", AccountIds=[A])
    assert statuses(guarded, guarded.detector, OnlyAssociated="false") == {A: "EmailVerificationFailed"}
    assert guarded.run("ListInvitations", A)["Invitations"] == []
    assert guarded.mine("GetMembers", AccountIds=[B])["UnprocessedAccounts"][0]["AccountId"] == B


def administrator(guarded: Guarded) -> str:
    """The detector of A, which administers GuardDuty for an organization with B."""
    guarded.house.organization()
    guarded.house.join(A)
    guarded.house.join(B)
    guarded.run("EnableOrganizationAdminAccount", AdminAccountId=A)
    (made,) = guarded.run("ListDetectors", A)["DetectorIds"]
    return str(made)


def test_an_organization_has_one_administrator(guarded: Guarded) -> None:
    administrator(guarded)
    assert guarded.run("ListOrganizationAdminAccounts")["AdminAccounts"] == [
        {"AdminAccountId": A, "AdminStatus": "ENABLED"}
    ]
    found = guarded.house.run("ListDelegatedAdministrators", ServicePrincipal=SERVICE)["DelegatedAdministrators"]
    assert [one["Id"] for one in found] == [A]
    error = guarded.house.error("EnableOrganizationAdminAccount", None, "guardduty", AdminAccountId=B)
    assert "already has a delegated administrator" in error.message
    assert "not the management" in guarded.house.error("ListOrganizationAdminAccounts", B, "guardduty").message
    guarded.run("DisableOrganizationAdminAccount", AdminAccountId=A)
    assert guarded.run("ListOrganizationAdminAccounts")["AdminAccounts"] == []


def test_all_accounts_are_enabled_and_new_ones_as_they_join(guarded: Guarded) -> None:
    mine = administrator(guarded)
    features = [{"Name": "RUNTIME_MONITORING", "AutoEnable": "ALL"}]
    guarded.run(
        "UpdateOrganizationConfiguration", A,
        DetectorId=mine, AutoEnableOrganizationMembers="ALL", Features=features,
    )  # fmt: skip
    assert statuses(guarded, mine, A) == {MANAGEMENT: "Enabled", B: "Enabled"}
    guarded.house.join(C)
    assert statuses(guarded, mine, A) == {MANAGEMENT: "Enabled", B: "Enabled", C: "Enabled"}
    (id,) = guarded.record(detection(1, account=C))
    assert guarded.run("ListFindings", A, DetectorId=mine)["FindingIds"] == [id]
    told = guarded.run("GetMemberDetectors", A, DetectorId=mine, AccountIds=[C])["MemberDataSourceConfigurations"]
    assert {one["Name"]: one["Status"] for one in told[0]["Features"]}["RUNTIME_MONITORING"] == "ENABLED"
    kept = guarded.run("DisassociateMembers", A, DetectorId=mine, AccountIds=[C])["UnprocessedAccounts"]
    assert "set to ALL" in kept[0]["Result"]
    counts = guarded.run("GetOrganizationStatistics", A)["OrganizationDetails"]["OrganizationStatistics"]
    assert (counts["TotalAccountsCount"], counts["EnabledAccountsCount"], counts["MemberAccountsCount"]) == (4, 4, 3)
    guarded.house.run("RemoveAccountFromOrganization", AccountId=C)
    assert statuses(guarded, mine, A) == {MANAGEMENT: "Enabled", B: "Enabled"}


def test_an_administrator_sets_plans_of_members(guarded: Guarded) -> None:
    mine = administrator(guarded)
    guarded.run("CreateMembers", A, DetectorId=mine, AccountDetails=[{"AccountId": B, "Email": "b@example.com"}])
    assert statuses(guarded, mine, A) == {B: "Enabled"}
    off = [{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}]
    guarded.run("UpdateMemberDetectors", A, DetectorId=mine, AccountIds=[B], Features=off)
    assert guarded.record(detection(1, account=B, type="Discovery:S3/TorIPCaller")) == []
    days = guarded.run("GetRemainingFreeTrialDays", A, DetectorId=mine, AccountIds=[B])["Accounts"][0]["Features"]
    assert {one["FreeTrialDaysRemaining"] for one in days} == {30}
