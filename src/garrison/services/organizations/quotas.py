"""Quotas of Organizations. Source: Organizations user guide, "Quotas for AWS Organizations".

Where the guide names no number for a newer policy type, the one of tag policies stands here (a guess).
"""

from __future__ import annotations

from garrison.access.runtime import Runtime
from garrison.services.organizations.resources import RCP, SCP

ACCOUNTS = 10
"""Accounts of an organization, invitations included."""
ACCOUNTS_NAME = "AccountsPerOrganization"
"""The operator raises it by this name, as AWS does on request."""
UNIT_DEPTH = 5
UNITS = 2000
TAGS = 50
CREATIONS_AT_ONCE = 5
CLOSURES_AT_ONCE = 3
CLOSURES_AT_LEAST = 10
CLOSURES_AT_MOST = 1000
CLOSURE_SHARE = 0.10
CLOSURE_WINDOW = 30 * 86400
INVITATIONS_A_DAY = 20
INVITATION_LIFE = 15 * 86400
ALL_FEATURES_LIFE = 90 * 86400
HANDSHAKE_SHOWN = 30 * 86400
LEAVE_AFTER = 4 * 86400
"""How old a created account must be to leave (API reference, reason WAIT_PERIOD_ACTIVE)."""
DELEGATED_ADMINISTRATORS = 10
"""For one service; several services allow fewer (a guess, one number for all)."""

_SIZE = {SCP: 10_240, RCP: 5_120, "AISERVICES_OPT_OUT_POLICY": 2_500}
_PER_TARGET = {SCP: 10, RCP: 5, "AISERVICES_OPT_OUT_POLICY": 5, "CHATBOT_POLICY": 5}


def accounts(runtime: Runtime) -> int:
    """How many accounts an organization may have, invitations included."""
    return runtime.quotas.get(ACCOUNTS_NAME, ACCOUNTS)


def policy_size(policy_type: str) -> int:
    """Characters of a policy's content, white space included."""
    return _SIZE.get(policy_type, 10_000)


def per_target(policy_type: str) -> int:
    """Policies of a type on one root, unit or account."""
    return _PER_TARGET.get(policy_type, 10)


def policies(policy_type: str) -> int:
    """Policies of a type in an organization."""
    return 10_000 if policy_type == SCP else 1_000
