"""SortCriteria of findings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from garrison.services.inspector2.seen import Seen

_SEVERITIES = ("UNTRIAGED", "INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL")


def _detail(name: str) -> Callable[[Seen], Any]:
    return lambda seen: str(seen.covered.details.get(name, ""))


FIELDS: dict[str, Callable[[Seen], Any]] = {
    "AWS_ACCOUNT_ID": lambda seen: seen.account,
    "FINDING_TYPE": lambda seen: seen.finding.type,
    "SEVERITY": lambda seen: _SEVERITIES.index(seen.finding.severity),
    "FIRST_OBSERVED_AT": lambda seen: seen.finding.first,
    "LAST_OBSERVED_AT": lambda seen: seen.last,
    "FINDING_STATUS": lambda seen: seen.status,
    "RESOURCE_TYPE": lambda seen: seen.covered.type,
    "ECR_IMAGE_PUSHED_AT": lambda seen: float(seen.covered.details.get("pushedAt", 0)),
    "ECR_IMAGE_REPOSITORY_NAME": _detail("repositoryName"),
    "ECR_IMAGE_REGISTRY": _detail("registry"),
    "NETWORK_PROTOCOL": lambda seen: seen.finding.path.protocol if seen.finding.path else "",
    "COMPONENT_TYPE": lambda seen: seen.finding.path.steps[0].get("componentType", "") if seen.finding.path else "",
    "VULNERABILITY_ID": lambda seen: seen.finding.vulnerability,
    "VULNERABILITY_SOURCE": lambda seen: seen.finding.source,
    "INSPECTOR_SCORE": lambda seen: -1.0 if seen.finding.score is None else seen.finding.score,
    "VENDOR_SEVERITY": lambda seen: seen.finding.vendor_severity,
    "EPSS_SCORE": lambda seen: -1.0 if seen.finding.epss is None else seen.finding.epss,
}
"""SortField -> what it sorts by. What a finding lacks comes first."""


def key(field: str | None) -> Callable[[Seen], tuple[Any, ...]]:
    """Unique keys: equal ones go by id. Without a field findings go by id alone (AWS documents no order)."""
    if field is None:
        return lambda seen: (seen.account, seen.id)
    value = FIELDS[field]
    return lambda seen: (value(seen), seen.account, seen.id)
