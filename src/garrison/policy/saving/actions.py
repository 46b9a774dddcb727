"""What AWS asks of `Action` and `NotAction`. Source: recorded answers of IAM."""

from __future__ import annotations

import re
from collections.abc import Callable

from garrison.policy.saving.refusal import Refusal
from garrison.policy.saving.shape import StatementShape

_VENDOR = re.compile(r"[A-Za-z0-9-]+")
_TRUST_ACTIONS = frozenset(
    {
        "sts:assumerole",
        "sts:assumerolewithsaml",
        "sts:assumerolewithwebidentity",
        "sts:tagsession",
        "sts:setsourceidentity",
        "sts:setcontext",
    }
)
_TRUST_REFUSAL = (
    # The two blanks are AWS's.
    "Trust Policy statement actions can only be sts:AssumeRole, sts:AssumeRoleWithSAML,  and "
    "sts:AssumeRoleWithWebIdentity"
)


def check_action(action: str, known_service: Callable[[str], bool]) -> None:
    """Raise `Refusal` for an action without a service, or of one that does not exist."""
    if action in ("*", "*:*"):
        return
    vendor, colon, name = action.partition(":")
    if not colon:
        raise Refusal("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
    if ":" in name:
        raise Refusal("Actions/Condition can contain only one colon.")
    if not _VENDOR.fullmatch(vendor) or not known_service(vendor.lower()):
        raise Refusal(f"Vendor {vendor} is not valid")


def check_trust_actions(statement: StatementShape) -> None:
    """Raise `Refusal` for actions a trust policy cannot be about."""
    actions = {action.lower() for action in statement.actions}
    if statement.action_element == "NotAction" or not actions <= _TRUST_ACTIONS:
        raise Refusal(_TRUST_REFUSAL)


def check_rcp(statement: StatementShape) -> None:
    """Raise `Refusal` for what customer resource control policies cannot say (the caller words it)."""
    if statement.effect != "Deny" or statement.action_element == "NotAction" or "*" in statement.actions:
        raise Refusal("resource control policies deny named actions")
