"""Who administers Inspector for whom: one delegated administrator of an organization, and the members it took in."""

from __future__ import annotations

from garrison.access import organization
from garrison.services.inspector2.resources import MEMBER, Member
from garrison.store import Reader, Transaction

SERVICE = "inspector2.amazonaws.com"


def administrator(reader: Reader, account: str) -> str | None:
    """The delegated administrator of the account's organization; None: there is none, or no organization."""
    found = organization.administrators(reader, account, SERVICE)
    return found[0] if found else None


def members(reader: Reader, account: str, region: str) -> list[str]:
    """The member accounts of a delegated administrator, in the region."""
    if administrator(reader, account) != account:
        return []
    return [row.name for row in reader.page(MEMBER, account, region=region) if row.body.status == "ENABLED"]


def administrator_of(reader: Reader, account: str, region: str) -> str | None:
    """The administrator that an account is a member of; None: it stands alone, or is the administrator itself."""
    found = administrator(reader, account)
    if found is None or found == account:
        return None
    row = reader.get(MEMBER, found, account, region=region)
    return found if row is not None and row.body.status == "ENABLED" else None


def take_in(tx: Transaction, administrator: str, region: str, account: str, *, now: float) -> None:
    """The account is a member from now on."""
    row = tx.get(MEMBER, administrator, account, region=region)
    body = Member(status="ENABLED", updated=now)
    if row is None:
        tx.insert(
            MEMBER, administrator, account, body, id=f"{administrator}/{region}/{account}", region=region, created=now
        )
    elif row.body.status != "ENABLED":
        tx.update(row, body, updated=now)


def let_go(tx: Transaction, administrator: str, region: str, account: str, *, now: float) -> bool:
    """The account stands alone from now on; False: it was no member."""
    row = tx.get(MEMBER, administrator, account, region=region)
    if row is None or row.body.status != "ENABLED":
        return False
    tx.update(row, Member(status="REMOVED", updated=now), updated=now)
    return True
