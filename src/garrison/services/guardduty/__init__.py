"""GuardDuty: every module with operations, imported so that they are registered."""

from garrison.services.guardduty import (
    associated,
    custom_rules,
    detectors,
    filters,
    finding_operations,
    invitations,
    lists,
    located,
    member_detectors,
    members,
    organization,
    rule_organization,
    samples,
    statistics,
    tags,
    trusted,
)

__all__ = [
    "associated",
    "custom_rules",
    "detectors",
    "filters",
    "finding_operations",
    "invitations",
    "lists",
    "located",
    "member_detectors",
    "members",
    "organization",
    "rule_organization",
    "samples",
    "statistics",
    "tags",
    "trusted",
]
