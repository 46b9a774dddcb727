"""Organizations: every module with operations, imported so that they are registered.

Not implemented are the six operations about transferring responsibilities (billing) between organizations: Garrison
has no bills, so there is nothing a transfer would hand over.
"""

from garrison.services.organizations import (
    accounts,
    all_features,
    attachments,
    creations,
    delegation,
    effective_policies,
    handshakes,
    invitations,
    located,
    membership,
    organization,
    policies,
    resource_policies,
    root_access,
    tags,
    units,
)

__all__ = [
    "accounts",
    "all_features",
    "attachments",
    "creations",
    "delegation",
    "effective_policies",
    "handshakes",
    "invitations",
    "located",
    "membership",
    "organization",
    "policies",
    "resource_policies",
    "root_access",
    "tags",
    "units",
]
