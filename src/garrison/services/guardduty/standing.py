"""Who administers whom: the rows that administrator and member each keep of the other.

Relationship of a member as its administrator sees it (API reference, `Member`): `Created`, `Invited`, `Disabled`,
`Enabled`, `Removed`, `Resigned`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.services.guardduty.resources import DETECTOR, FILTER, FINDING, ISSUE, NAME, Detector
from garrison.store import Kind, Reader, Resource

CREATED, INVITED, DISABLED, ENABLED = "Created", "Invited", "Disabled", "Enabled"
REMOVED, RESIGNED = "Removed", "Resigned"
ASSOCIATED = frozenset({ENABLED, DISABLED})
"""Accepted: findings are seen while Enabled; monitoring was stopped while Disabled."""


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    """An account as its administrator knows it."""

    email: str
    status: str = CREATED
    invited: float = 0.0
    by_organization: bool = False


class Invitation(msgspec.Struct, frozen=True, omit_defaults=True):
    """An administrator as an account knows it: one that invited it, or the one it has."""

    id: str
    """Of the invitation; "" where the organization made the tie."""
    status: str
    invited: float = 0.0


MEMBER = Kind("guardduty.member", Member)
"""Account: the administrator's; name: the member's account."""
INVITATION = Kind("guardduty.invitation", Invitation)
"""Account: the member's; name: the administrator's account."""

_OWNED: list[Kind[Any]] = [FINDING, ISSUE, FILTER]


def owned(kind: Kind[Any]) -> Kind[Any]:
    """Say of a kind that its rows go with the detector they are under."""
    _OWNED.append(kind)
    return kind


def owned_rows(row: Resource[Detector]) -> list[tuple[Kind[Any], str]]:
    """(kind, parent) of whatever goes with a detector; members and invitations it leaves as well."""
    return [*((kind, row.id) for kind in _OWNED), (MEMBER, ""), (INVITATION, "")]


def administered_by(reader: Reader, account: str, region: str) -> Resource[Invitation] | None:
    """The administrator an account has, if it has one."""
    rows = reader.page(INVITATION, account, region=region)
    return next((row for row in rows if row.body.status in ASSOCIATED), None)


def standing_members(reader: Reader, row: Resource[Detector]) -> list[Resource[Member]]:
    """Members of an administrator that were invited or have accepted."""
    rows = reader.page(MEMBER, row.account, region=row.region)
    return [one for one in rows if one.body.status in ASSOCIATED | {INVITED}]


def visible(reader: Reader, row: Resource[Detector]) -> list[Resource[Detector]]:
    """The detectors whose findings a detector's account sees: its own, and those of the members it monitors."""
    found = [row]
    for member in reader.page(MEMBER, row.account, region=row.region):
        if member.body.status == ENABLED:
            theirs = reader.get(DETECTOR, member.name, NAME, region=row.region)
            if theirs is not None:
                found.append(theirs)
    return found
