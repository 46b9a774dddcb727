"""One account that administers Inspector for an organization."""

from __future__ import annotations

from tests.services.inspector2.inspector import HOST, THING, Inspector, equals, sbom
from tests.services.organizations.house import MANAGEMENT, OTHERS

ADMIN, MEMBER, THIRD = OTHERS


def organization(inspector: Inspector) -> None:
    """The first account's organization, administered by another account of it."""
    inspector.house.organization()
    inspector.house.join(ADMIN)
    inspector.house.join(MEMBER)
    inspector.run("EnableDelegatedAdminAccount", delegatedAdminAccountId=ADMIN)


def tell(inspector: Inspector, account: str, id: str = HOST) -> None:
    inspector.run(
        "PutResourceInventory", account, resourceId=id, resourceType="AWS_EC2_INSTANCE", sbom=sbom("thing@1.0")
    )


def test_only_the_management_account_names_the_one_administrator(inspector: Inspector) -> None:
    assert inspector.refused("EnableDelegatedAdminAccount", delegatedAdminAccountId=ADMIN) == "AccessDenied"
    organization(inspector)
    listed = inspector.run("ListDelegatedAdminAccounts")["delegatedAdminAccounts"]
    assert listed == [{"accountId": ADMIN, "status": "ENABLED"}]
    assert inspector.run("GetDelegatedAdminAccount", MEMBER)["delegatedAdmin"]["accountId"] == ADMIN
    told = inspector.house.run("ListDelegatedAdministrators", ServicePrincipal="inspector2.amazonaws.com")
    assert [one["Id"] for one in told["DelegatedAdministrators"]] == [ADMIN]
    assert inspector.refused("EnableDelegatedAdminAccount", delegatedAdminAccountId=MEMBER) == "Conflict"
    assert inspector.refused("EnableDelegatedAdminAccount", delegatedAdminAccountId=THIRD) == "ResourceNotFound"
    assert inspector.refused("EnableDelegatedAdminAccount", ADMIN, delegatedAdminAccountId=MEMBER) == "AccessDenied"
    inspector.run("DisableDelegatedAdminAccount", delegatedAdminAccountId=ADMIN)
    assert inspector.refused("GetDelegatedAdminAccount") == "ResourceNotFound"
    assert inspector.refused("ListMembers", ADMIN) == "AccessDenied"


def test_the_administrator_enables_sees_and_suppresses_for_its_members(inspector: Inspector) -> None:
    organization(inspector)
    answer = inspector.run("Enable", ADMIN, resourceTypes=["EC2"], accountIds=[MEMBER, THIRD])
    assert [one["accountId"] for one in answer["accounts"]] == [MEMBER]
    assert [(one["accountId"], one["errorCode"]) for one in answer["failedAccounts"]] == [(THIRD, "ACCESS_DENIED")]
    assert [m["accountId"] for m in inspector.run("ListMembers", ADMIN)["members"]] == [MEMBER]
    tell(inspector, MEMBER)
    assert [f["awsAccountId"] for f in inspector.findings(ADMIN)] == [MEMBER]
    assert inspector.findings() == []
    inspector.run("CreateFilter", ADMIN, name="n", action="SUPPRESS", filterCriteria={"severity": equals("CRITICAL")})
    assert [f["status"] for f in inspector.findings(MEMBER)] == ["SUPPRESSED"]
    params = {"name": "n", "action": "NONE", "filterCriteria": {"severity": equals("LOW")}}
    assert inspector.refused("CreateFilter", MEMBER, **params) == "AccessDenied"
    assert (
        inspector.refused("UpdateConfiguration", MEMBER, ec2Configuration={"scanMode": "EC2_HYBRID"}) == "AccessDenied"
    )
    failed = inspector.run("Disable", ADMIN)["failedAccounts"]
    assert [one["errorCode"] for one in failed] == ["DISASSOCIATE_ALL_MEMBERS"]
    inspector.run("DisassociateMember", ADMIN, accountId=MEMBER)
    assert inspector.findings(ADMIN) == []
    assert [f["status"] for f in inspector.findings(MEMBER)] == ["ACTIVE"]
    assert inspector.run("GetMember", ADMIN, accountId=MEMBER)["member"]["relationshipStatus"] == "REMOVED"
    assert inspector.refused("DisassociateMember", ADMIN, accountId=MEMBER) == "Validation"
    inspector.run("AssociateMember", ADMIN, accountId=MEMBER)
    assert len(inspector.findings(ADMIN)) == 1
    assert inspector.refused("AssociateMember", ADMIN, accountId=THIRD) == "Validation"


def test_an_account_that_joins_has_what_the_administrator_wants_new_ones_to_have(inspector: Inspector) -> None:
    organization(inspector)
    wanted = {"ec2": True, "ecr": False, "lambda": True}
    inspector.run("UpdateOrganizationConfiguration", ADMIN, autoEnable=wanted)
    told = inspector.run("DescribeOrganizationConfiguration", ADMIN)
    assert told["autoEnable"] == {
        "ec2": True, "ecr": False, "lambda": True, "lambdaCode": False, "codeRepository": False, "ami": False,
    }  # fmt: skip
    inspector.house.join(THIRD)
    state = inspector.run("BatchGetAccountStatus", ADMIN, accountIds=[THIRD])["accounts"][0]["resourceState"]
    assert [state[name]["status"] for name in ("ec2", "ecr", "lambda")] == ["ENABLED", "DISABLED", "ENABLED"]
    assert [m["accountId"] for m in inspector.run("ListMembers", ADMIN)["members"]] == [THIRD]
    inspector.run("UpdateEc2DeepInspectionConfiguration", THIRD, packagePaths=["/opt/own"])
    inspector.run("UpdateOrgEc2DeepInspectionConfiguration", ADMIN, orgPackagePaths=["/opt/all"])
    assert inspector.run("GetEc2DeepInspectionConfiguration", THIRD)["orgPackagePaths"] == ["/opt/all"]
    tell(inspector, THIRD)
    assert inspector.run("ListResourceTasks", THIRD, resourceId=HOST)["deepInspectionPaths"] == ["/opt/own", "/opt/all"]
    off = [{"accountId": THIRD, "activateDeepInspection": False}, {"accountId": MEMBER, "activateDeepInspection": True}]
    changed = inspector.run("BatchUpdateMemberEc2DeepInspectionStatus", ADMIN, accountIds=off)
    assert [one["status"] for one in changed["accountIds"]] == ["DEACTIVATED"]
    assert [one["accountId"] for one in changed["failedAccountIds"]] == [MEMBER]
    assert inspector.run("ListResourceTasks", THIRD, resourceId=HOST)["deepInspectionPaths"] == []
    inspector.house.run("RemoveAccountFromOrganization", AccountId=THIRD)
    assert inspector.run("ListMembers", ADMIN)["members"] == []


def test_configuration_trials_and_permissions_are_told(inspector: Inspector) -> None:
    assert inspector.run("GetConfiguration")["ecrConfiguration"]["rescanDurationState"]["rescanDuration"] == "LIFETIME"
    inspector.run("UpdateConfiguration", ecrConfiguration={"rescanDuration": "DAYS_30"},
                  ec2Configuration={"scanMode": "EC2_SSM_AGENT_BASED"})  # fmt: skip
    told = inspector.run("GetConfiguration")
    assert told["ecrConfiguration"]["rescanDurationState"]["rescanDuration"] == "DAYS_30"
    assert told["ec2Configuration"]["scanModeState"]["scanMode"] == "EC2_SSM_AGENT_BASED"
    (trial,) = inspector.run("BatchGetFreeTrialInfo", accountIds=[MANAGEMENT, MEMBER])["accounts"]
    assert {one["status"] for one in trial["freeTrialInfo"]} == {"ACTIVE"}
    assert len(inspector.run("ListAccountPermissions", service="ECR")["permissions"]) == 4
    (known,) = inspector.run("SearchVulnerabilities", filterCriteria={"vulnerabilityIds": ["CVE-2024-1001"]})[
        "vulnerabilities"
    ]
    assert (known["id"], known["cvss3"]["baseScore"], known["relatedVulnerabilities"]) == (
        "CVE-2024-1001",
        9.8,
        ["GHSA-1"],
    )
    nothing = inspector.run("SearchVulnerabilities", filterCriteria={"vulnerabilityIds": ["CVE-1999-0001"]})
    assert nothing["vulnerabilities"] == []
    assert THING["id"] == "GHSA-1"
