"""One question authorization asked, with its answer: enough to explain the call later."""

from __future__ import annotations

import msgspec

from garrison.policy.request import ContextValue


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """One (action, resource) of a call and what was decided."""

    action: str
    resource: str
    """The full ARN, or `*`."""
    resource_account: str | None
    allowed: bool
    code: str
    """The decision's reason code."""
    side: bool = False
    context: dict[str, ContextValue] = {}
    """Condition keys of this question only; those of the whole call are kept once, in `Call.context`."""
    resource_policy: str | None = None
    """Text of the resource's policy, of a resource elsewhere, where it decided or where the call was denied."""
    policy: str | None = None
    """Name of the policy that decided."""
    policy_arn: str | None = None
    statement: int | None = None
    level: int | None = None
