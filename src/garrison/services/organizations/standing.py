"""Who is calling: the management account, a delegated administrator, another member, or nobody of any organization.

IAM has let the call pass before an operation asks here; what follows holds whatever policies say. Source: each
operation of the API reference ("You can only call this operation from ..."); Organizations user guide, "Delegated
administrator for AWS Organizations".
"""

from __future__ import annotations

import msgspec

from garrison.access.call import Call
from garrison.services.organizations import delegation_policy
from garrison.services.organizations.errors import denied, not_in_use
from garrison.services.organizations.resources import MEMBER, NAME, ORGANIZATION, Member, Organization
from garrison.store import Reader, Resource


class Standing(msgspec.Struct, frozen=True):
    """The caller's account in its organization."""

    org: Resource[Organization]
    member: Resource[Member]

    @property
    def management(self) -> bool:
        """Whether it is the management account."""
        return self.member.id == self.org.account


def standing_of(reader: Reader, account: str) -> Standing | None:
    """An account's standing; None if it belongs to no organization."""
    member = reader.by_id(MEMBER, account)
    if member is None:
        return None
    org = reader.get(ORGANIZATION, member.account, NAME)
    assert org is not None
    return Standing(org, member)


def anybody(call: Call, reader: Reader) -> Standing:
    """Any account of an organization. Raises `AWSOrganizationsNotInUseException`."""
    standing = standing_of(reader, call.account)
    if standing is None:
        raise not_in_use()
    return standing


def management(call: Call, reader: Reader) -> Resource[Organization]:
    """The management account alone. Raises also `AccessDeniedException`."""
    standing = anybody(call, reader)
    if not standing.management:
        raise denied()
    return standing.org


def viewer(call: Call, reader: Reader) -> Resource[Organization]:
    """Who may look: the management account, administrators of any service, and whom the resource policy lets."""
    standing = anybody(call, reader)
    if not (standing.management or standing.member.body.delegated or delegation_policy.lets(call, standing.org)):
        raise denied()
    return standing.org


def policy_editor(call: Call, reader: Reader) -> Resource[Organization]:
    """Who may change policies: the management account, and whom the resource policy lets."""
    standing = anybody(call, reader)
    if not (standing.management or delegation_policy.lets(call, standing.org)):
        raise denied()
    return standing.org
