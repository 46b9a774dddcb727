"""Who is written to about an account: put, had and removed by itself, or by the management account that names it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import garrison.services.account  # noqa: F401 - the import registers the operations
from garrison.policy.principal import User
from tests.services.organizations.house import MANAGEMENT, OTHERS, House, allow, policy

PRIMARY = {
    "FullName": "Ana Example", "AddressLine1": "1 Main Street", "City": "Springfield", "PostalCode": "12345",
    "CountryCode": "US", "PhoneNumber": "+1 555 0100",
}  # fmt: skip
SECURITY = {
    "AlternateContactType": "SECURITY", "Name": "Night desk", "Title": "CISO", "EmailAddress": "sec@example.com",
    "PhoneNumber": "+1 555 0101",
}  # fmt: skip
KIND = {"AlternateContactType": "SECURITY"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def account(house: House, operation: str, by: Any = None, **params: Any) -> dict[str, Any]:
    return house.run(operation, by, "account", **params)


def refused(house: House, operation: str, by: Any = None, **params: Any) -> tuple[str, str]:
    error = house.error(operation, by, "account", **params)
    return error.code, error.message


def test_contacts_are_kept_and_not_in_the_clear(house: House, tmp_path: Path) -> None:
    assert refused(house, "GetContactInformation")[0] == "ResourceNotFoundException"
    account(house, "PutContactInformation", ContactInformation=PRIMARY)
    assert account(house, "GetContactInformation") == {"ContactInformation": PRIMARY}
    nobody = ("ResourceNotFoundException", "No contact of the inputted alternate contact type found.")
    assert refused(house, "GetAlternateContact", **KIND) == nobody
    account(house, "PutAlternateContact", **SECURITY)
    account(house, "PutAlternateContact", **SECURITY | {"Title": "Head"})
    assert account(house, "GetAlternateContact", **KIND) == {"AlternateContact": SECURITY | {"Title": "Head"}}
    house.store.writing(lambda tx: None)
    assert not any(b"Springfield" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    account(house, "DeleteAlternateContact", **KIND)
    assert refused(house, "DeleteAlternateContact", **KIND) == nobody
    told = account(house, "GetAccountInformation")
    assert (told["AccountId"], told["AccountName"]) == (MANAGEMENT, "account 1")


def test_the_management_account_names_members_and_nobody_else_does(house: House) -> None:
    member = OTHERS[0]
    account(house, "PutContactInformation", member, ContactInformation=PRIMARY)
    named = {"AccountId": member}
    assert refused(house, "GetContactInformation", **named)[0] == "AccessDeniedException"
    house.organization(FeatureSet="ALL")
    house.join(member)
    assert "trusted access" in refused(house, "GetContactInformation", **named)[1]
    house.run("EnableAWSServiceAccess", ServicePrincipal="account.amazonaws.com")
    assert account(house, "GetContactInformation", **named) == {"ContactInformation": PRIMARY}
    assert account(house, "GetPrimaryEmail", **named) == {"PrimaryEmail": f"{member}@example.com"}
    assert refused(house, "GetContactInformation", AccountId=MANAGEMENT)[0] == "AccessDeniedException"
    assert refused(house, "GetContactInformation", member, AccountId=MANAGEMENT)[0] == "AccessDeniedException"
    assert refused(house, "GetContactInformation", AccountId=OTHERS[1])[0] == "AccessDeniedException"


def test_policies_speak_of_the_account_in_the_organization_and_of_the_kind_of_contact(house: House) -> None:
    member = house.join(OTHERS[0]) if house.organization(FeatureSet="ALL") else ""
    house.run("EnableAWSServiceAccess", ServicePrincipal="account.amazonaws.com")
    account(house, "PutContactInformation", member, ContactInformation=PRIMARY)
    id = house.run("DescribeOrganization")["Organization"]["Id"]
    inside = f"arn:aws:account::{MANAGEMENT}:account/{id}/{member}"
    only: dict[str, Any] = {"StringEquals": {"account:AlternateContactTypes": "SECURITY"}}
    document = policy(
        allow("account:GetContactInformation") | {"Resource": inside},
        allow("account:PutAlternateContact", Condition=only),
    )
    made = house.run("CreateUser", None, "iam", UserName="clerk")["User"]
    house.run("PutUserPolicy", None, "iam", UserName="clerk", PolicyName="p", PolicyDocument=document)
    clerk = User(MANAGEMENT, made["Arn"], made["UserId"])
    assert account(house, "GetContactInformation", clerk, AccountId=member) == {"ContactInformation": PRIMARY}
    denied = refused(house, "GetContactInformation", clerk)[1]
    assert denied == (
        f"User: arn:aws:iam::{MANAGEMENT}:user/clerk is not authorized to perform: account:GetContactInformation on "
        f"resource: arn:aws:account::{MANAGEMENT}:account because no identity-based policy allows the "
        "account:GetContactInformation action"
    )
    account(house, "PutAlternateContact", clerk, **SECURITY)
    assert "not authorized" in refused(house, "PutAlternateContact", clerk, **SECURITY | {
        "AlternateContactType": "BILLING"})[1]  # fmt: skip
