"""One thing a call must be allowed to do."""

from __future__ import annotations

import msgspec

CALLER = "${aws:username}"
"""Stands in `Check.resource` where a call without a name acts on its caller (`GetUser` without `UserName` asks for
`arn:aws:iam::A:user/${aws:username}`). The resource's provider puts the calling user's path and name in its place."""

MARKER = "${"
"""What every such stand-in starts with. Further ones name what only state knows, such as the organization's id in
`arn:aws:organizations::${organizations:managementaccount}:root/${organizations:id}/r-1234`. A `Check.resource` never
holds this text from a parameter, and one that still holds it after its provider has looked must not be allowed."""


class Unmapped(Exception):
    """No rule says which action, or which resource, this call means."""


class Malformed(Unmapped):
    """A parameter that names the resource is not an ARN of a kind this call can act on.

    A service may answer this with its own error for a bad ARN; otherwise it is refused like any `Unmapped` call.
    """

    def __init__(self, member: str, value: str) -> None:
        super().__init__(f"{member} is not an ARN this call can act on: {value}")
        self.member = member
        self.value = value


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
