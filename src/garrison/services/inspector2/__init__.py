"""Inspector: every module with operations, imported so that they are registered."""

from garrison.services.inspector2 import (
    accounts,
    aggregations,
    configuration,
    coverage,
    filters,
    findings,
    inventories,
    located,
    members,
    tags,
    upkeep,
    usage,
    vulnerabilities,
)

__all__ = [
    "accounts",
    "aggregations",
    "configuration",
    "coverage",
    "filters",
    "findings",
    "inventories",
    "located",
    "members",
    "tags",
    "upkeep",
    "usage",
    "vulnerabilities",
]
