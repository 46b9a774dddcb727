"""Which protection plan a finding type needs."""

from __future__ import annotations

from collections.abc import Set

from garrison.detect.catalogue import TYPES

_ALWAYS = "CLOUD_TRAIL"
_MANAGEMENT_EVENTS = ("Policy:S3/", "Stealth:S3/")
"""Of S3, and read from management events. Source: user guide, "GuardDuty S3 finding types", "Data source"."""
_WITHOUT_PLAN = frozenset({"EBS_MALWARE_PROTECTION", "EXTENDED", "CUSTOM_DETECTION_RULES"})
"""Scans on demand, attack sequences and custom rules are no plans of a detector: something else asks for them."""


def plan(type: str) -> str:
    """The protection plan, or data source, a finding type needs."""
    known = TYPES.get(type)
    if known is None or type.startswith(_MANAGEMENT_EVENTS) or type == "Object:S3/MaliciousFile":
        return _ALWAYS
    return known.feature


def covered(type: str, plans: Set[str]) -> bool:
    """Whether findings of a type are made where these plans are on."""
    needed = plan(type)
    if needed == "RUNTIME_MONITORING" and "EKS_RUNTIME_MONITORING" in plans:
        return True
    return needed in plans or (needed in _WITHOUT_PLAN and bool(plans))


def shown(type: str) -> str:
    """`service.featureName` of its findings."""
    needed = plan(type)
    return "" if needed in _WITHOUT_PLAN - {"EBS_MALWARE_PROTECTION"} else needed
