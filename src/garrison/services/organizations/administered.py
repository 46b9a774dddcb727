"""Services that one account administers for the others, as those services ask and say it themselves."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from garrison.access.organization import provide_delegation
from garrison.services.organizations import attached
from garrison.services.organizations.resources import MEMBER, ORGANIZATION
from garrison.services.organizations.standing import standing_of
from garrison.store import Reader, Transaction


class Administered:
    """`access.organization.Delegation`."""

    def accounts(self, reader: Reader, account: str) -> Sequence[str]:
        standing = standing_of(reader, account)
        if standing is None:
            return ()
        rows = reader.page(MEMBER, standing.org.account, parent=None)
        return tuple(row.id for row in rows if row.body.closing is None)

    def management(self, reader: Reader, account: str) -> str | None:
        standing = standing_of(reader, account)
        return None if standing is None else standing.org.account

    def administrators(self, reader: Reader, account: str, service: str) -> Sequence[str]:
        standing = standing_of(reader, account)
        if standing is None:
            return ()
        rows = reader.page(MEMBER, standing.org.account, parent=None)
        return tuple(row.id for row in rows if service in row.body.delegated)

    def delegate(self, tx: Transaction, account: str, service: str, *, now: float) -> None:
        row = tx.by_id(MEMBER, account)
        if row is None:
            raise ValueError(f"{account} belongs to no organization")
        org = tx.by_id(ORGANIZATION, row.body.organization)
        assert org is not None
        if service not in org.body.services:
            tx.update(org, msgspec.structs.replace(org.body, services={**org.body.services, service: now}))
        tx.update(row, msgspec.structs.replace(row.body, delegated={**row.body.delegated, service: now}))
        attached.bump(tx)

    def withdraw(self, tx: Transaction, account: str, service: str) -> None:
        row = tx.by_id(MEMBER, account)
        if row is None or service not in row.body.delegated:
            return
        left = {name: since for name, since in row.body.delegated.items() if name != service}
        tx.update(row, msgspec.structs.replace(row.body, delegated=left))
        attached.bump(tx)


provide_delegation(Administered())
