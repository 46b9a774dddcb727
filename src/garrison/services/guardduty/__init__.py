"""GuardDuty: every module with operations, imported so that they are registered."""

from garrison.services.guardduty import (
    detectors,
    filters,
    finding_operations,
    invitations,
    lists,
    located,
    member_detectors,
    members,
    organization,
    statistics,
    tags,
    trusted,
)

__all__ = [
    "detectors",
    "filters",
    "finding_operations",
    "invitations",
    "lists",
    "located",
    "member_detectors",
    "members",
    "organization",
    "statistics",
    "tags",
    "trusted",
]
