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
from garrison.services.inspector2.cis import configurations, results, scans, sessions

__all__ = [
    "accounts",
    "aggregations",
    "configuration",
    "configurations",
    "coverage",
    "filters",
    "findings",
    "inventories",
    "located",
    "members",
    "results",
    "scans",
    "sessions",
    "tags",
    "upkeep",
    "usage",
    "vulnerabilities",
]
