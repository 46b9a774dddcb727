"""Inspector: every module with operations, imported so that they are registered."""

from garrison.services.inspector2 import (
    accounts,
    aggregations,
    configuration,
    coverage,
    encryption_keys,
    filters,
    findings,
    inventories,
    located,
    members,
    reports,
    tags,
    upkeep,
    usage,
    vulnerabilities,
)
from garrison.services.inspector2.cis import configurations, report, results, scans, sessions

__all__ = [
    "accounts",
    "aggregations",
    "configuration",
    "configurations",
    "coverage",
    "encryption_keys",
    "filters",
    "findings",
    "inventories",
    "located",
    "members",
    "report",
    "reports",
    "results",
    "scans",
    "sessions",
    "tags",
    "upkeep",
    "usage",
    "vulnerabilities",
]
