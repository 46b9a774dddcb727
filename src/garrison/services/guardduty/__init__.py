"""GuardDuty: every module with operations, imported so that they are registered."""

from garrison.services.guardduty import (
    detectors,
    filters,
    finding_operations,
    invitations,
    located,
    member_detectors,
    members,
    organization,
    statistics,
    tags,
)

__all__ = [
    "detectors",
    "filters",
    "finding_operations",
    "invitations",
    "located",
    "member_detectors",
    "members",
    "organization",
    "statistics",
    "tags",
]
