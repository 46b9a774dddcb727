"""The organization, its root, units and the tree."""

from __future__ import annotations

from tests.services.organizations.house import MANAGEMENT, NOW, OTHERS, SCP, House

ANA, BEN, _ = OTHERS


def test_a_new_organization_has_a_root_with_service_control_policies_and_its_management_account(house: House) -> None:
    made = house.organization()
    assert made["Id"].startswith("o-")
    assert made["Arn"] == f"arn:aws:organizations::{MANAGEMENT}:organization/{made['Id']}"
    assert made["MasterAccountArn"] == f"arn:aws:organizations::{MANAGEMENT}:account/{made['Id']}/{MANAGEMENT}"
    assert made["MasterAccountEmail"] == f"{MANAGEMENT}@example.com"
    assert made["FeatureSet"] == "ALL"
    (root,) = house.run("ListRoots")["Roots"]
    assert root["Arn"] == f"arn:aws:organizations::{MANAGEMENT}:root/{made['Id']}/{root['Id']}"
    assert root["PolicyTypes"] == [{"Type": SCP, "Status": "ENABLED"}]
    (account,) = house.run("ListAccounts")["Accounts"]
    assert account["Id"] == MANAGEMENT
    assert account["State"] == account["Status"] == "ACTIVE"
    assert account["Paths"] == [f"{made['Id']}/{root['Id']}/{MANAGEMENT}/"]
    assert account["JoinedTimestamp"] == NOW
    for target in (root["Id"], MANAGEMENT):
        (attached,) = house.run("ListPoliciesForTarget", TargetId=target, Filter=SCP)["Policies"]
        assert attached["Arn"] == "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
        assert attached["AwsManaged"]


def test_an_account_has_one_organization_at_most(house: House) -> None:
    house.organization()
    assert house.refused("CreateOrganization")[0] == "AlreadyInOrganization"


def test_consolidated_billing_has_no_policies(house: House) -> None:
    made = house.organization(FeatureSet="CONSOLIDATED_BILLING")
    assert made["AvailablePolicyTypes"] == []
    assert house.run("ListRoots")["Roots"][0]["PolicyTypes"] == []
    refused = house.refused("CreatePolicy", Type=SCP, Name="p", Description="", Content="{}")
    assert refused[0] == "PolicyTypeNotAvailableForOrganization"


def test_who_belongs_to_no_organization_is_told_so(house: House) -> None:
    said = ("AWSOrganizationsNotInUse", "Your account is not a member of an organization.")
    assert house.refused("DescribeOrganization") == said
    assert house.refused("ListParents", ChildId=ANA) == said
    assert house.refused("DescribePolicy", PolicyId="p-12345678") == said


def test_members_look_at_the_organization_and_at_nothing_else(house: House) -> None:
    house.organization()
    house.join(ANA)
    assert house.run("DescribeOrganization", ANA)["Organization"]["MasterAccountId"] == MANAGEMENT
    said = ("AccessDenied", "You don't have permissions to access this resource.")
    assert house.refused("ListAccounts", ANA) == said
    assert house.refused("DescribeAccount", ANA, AccountId=ANA) == said
    assert house.refused("CreateOrganizationalUnit", ANA, ParentId=house.root, Name="x") == said


def test_an_organization_with_members_is_not_deleted(house: House) -> None:
    house.organization()
    unit = house.unit("sales")
    house.join(ANA)
    assert house.refused("DeleteOrganization")[0] == "OrganizationNotEmpty"
    assert house.refused("DeleteOrganization", ANA)[0] == "AccessDenied"
    house.run("LeaveOrganization", ANA)
    house.run("DeleteOrganization")
    assert house.refused("DescribeOrganization")[0] == "AWSOrganizationsNotInUse"
    house.organization()
    assert house.refused("DescribeOrganizationalUnit", OrganizationalUnitId=unit)[0] == "OrganizationalUnitNotFound"


def test_units_are_five_deep_at_most(house: House) -> None:
    made = house.organization()
    at = house.root
    path = f"{made['Id']}/{at}/"
    for depth in range(5):
        at = house.unit(f"level {depth}", at)
        path += f"{at}/"
    shown = house.run("DescribeOrganizationalUnit", OrganizationalUnitId=at)["OrganizationalUnit"]
    assert shown["Path"] == path
    assert house.refused("CreateOrganizationalUnit", ParentId=at, Name="six") == (
        "ConstraintViolation",
        "OU_DEPTH_LIMIT_EXCEEDED",
    )


def test_names_of_units_are_unique_below_one_parent(house: House) -> None:
    house.organization()
    sales = house.unit("sales")
    house.unit("sales", sales)
    other = house.unit("other")
    assert house.refused("CreateOrganizationalUnit", ParentId=house.root, Name="sales") == (
        "DuplicateOrganizationalUnit",
        "An OU with the same name already exists.",
    )
    refused = house.refused("UpdateOrganizationalUnit", OrganizationalUnitId=other, Name="sales")
    assert refused[0] == "DuplicateOrganizationalUnit"
    renamed = house.run("UpdateOrganizationalUnit", OrganizationalUnitId=other, Name="legal")["OrganizationalUnit"]
    assert renamed["Id"] == other
    assert renamed["Name"] == "legal"


def test_a_unit_is_deleted_only_when_it_is_empty(house: House) -> None:
    house.organization()
    upper = house.unit("upper")
    lower = house.unit("lower", upper)
    assert house.refused("DeleteOrganizationalUnit", OrganizationalUnitId=upper)[0] == "OrganizationalUnitNotEmpty"
    house.join(ANA)
    house.move(ANA, lower)
    assert house.refused("DeleteOrganizationalUnit", OrganizationalUnitId=lower)[0] == "OrganizationalUnitNotEmpty"
    house.move(ANA, house.root)
    house.run("DeleteOrganizationalUnit", OrganizationalUnitId=lower)
    house.run("DeleteOrganizationalUnit", OrganizationalUnitId=upper)
    assert house.run("ListOrganizationalUnitsForParent", ParentId=house.root)["OrganizationalUnits"] == []


def test_the_tree_is_read_from_above_and_from_below(house: House) -> None:
    house.organization()
    unit = house.unit("sales")
    house.join(ANA)
    house.move(ANA, unit)
    children = house.run("ListChildren", ParentId=house.root, ChildType="ORGANIZATIONAL_UNIT")["Children"]
    assert children == [{"Id": unit, "Type": "ORGANIZATIONAL_UNIT"}]
    assert [a["Id"] for a in house.run("ListAccountsForParent", ParentId=unit)["Accounts"]] == [ANA]
    assert [a["Id"] for a in house.run("ListAccountsForParent", ParentId=house.root)["Accounts"]] == [MANAGEMENT]
    assert house.run("ListParents", ChildId=ANA)["Parents"] == [{"Id": unit, "Type": "ORGANIZATIONAL_UNIT"}]
    assert house.run("ListParents", ChildId=unit)["Parents"] == [{"Id": house.root, "Type": "ROOT"}]
    assert house.refused("ListParents", ChildId=BEN)[0] == "ChildNotFound"
    assert house.refused("ListChildren", ParentId="r-zzzz", ChildType="ACCOUNT")[0] == "ParentNotFound"


def test_moving_needs_to_know_from_where_and_to_where(house: House) -> None:
    house.organization()
    house.join(ANA)
    unit, root = house.unit("sales"), house.root

    def moving(source: str, destination: str, account: str = ANA) -> str:
        params = {"AccountId": account, "SourceParentId": source, "DestinationParentId": destination}
        return house.refused("MoveAccount", **params)[0]

    assert moving(unit, root) == "DuplicateAccount"
    assert moving(root, "ou-zzzz-12345678") == "DestinationParentNotFound"
    assert moving("ou-zzzz-12345678", unit) == "SourceParentNotFound"
    assert moving(root, unit, BEN) == "AccountNotFound"
    house.move(ANA, unit)
    assert moving(root, house.unit("legal")) == "SourceParentNotFound"


def test_pages_follow_one_another_and_tokens_belong_to_their_operation(house: House) -> None:
    house.organization()
    made = sorted(house.unit(f"unit {n}") for n in range(5))
    listed: list[str] = []
    params: dict[str, str] = {}
    while True:
        page = house.run("ListOrganizationalUnitsForParent", ParentId=house.root, MaxResults=2, **params)
        listed += [unit["Id"] for unit in page["OrganizationalUnits"]]
        if "NextToken" not in page:
            break
        params = {"NextToken": page["NextToken"]}
    assert listed == made
    assert house.refused("ListAccounts", **params) == ("InvalidInput", "INVALID_NEXT_TOKEN")
