"""Organizations: every module with operations, imported so that they are registered."""

from garrison.services.operation import unsupported
from garrison.services.organizations import (
    accounts,
    administered,
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

unsupported(
    "organizations",
    (
        "DescribeResponsibilityTransfer",
        "InviteOrganizationToTransferResponsibility",
        "ListInboundResponsibilityTransfers",
        "ListOutboundResponsibilityTransfers",
        "TerminateResponsibilityTransfer",
        "UpdateResponsibilityTransfer",
    ),
    "what is transferred is billing, and there are no bills here",
)

__all__ = [
    "accounts",
    "administered",
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
