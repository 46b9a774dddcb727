"""One thing a call must be allowed to do."""

from __future__ import annotations

import msgspec


class Unmapped(Exception):
    """No rule says which action, or which resource, this call means."""


class Check(msgspec.Struct, frozen=True, eq=False):
    """One (action, resource, context) that must be allowed for the call to go on."""

    action: str
    """`iam:CreateUser`, in AWS's spelling."""
    resource: str
    """ARN built from the parameters alone, or `*` for actions without resource types."""
    context: dict[str, str | tuple[str, ...]] = {}
    """Condition keys that come from this call's parameters (lower-case): `aws:requesttag/team`, `iam:policyarn`."""
    side: bool = False
    """A dependent check (`iam:PassRole`): judged on the caller's own policies, without the resource's."""
    resource_type: str | None = None
    """The service reference's name for the resource type (`user`, `bucket`), where there is one."""
