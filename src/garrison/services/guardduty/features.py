"""Protection plans: what a detector has without being asked, what it was told, and the older `DataSources` beside them.

Source: API reference, `CreateDetector` and `DetectorFeatureConfiguration`; user guide, "Feature activation".
Which plans a new detector has enabled was read off accounts that were made without naming any; it is not documented.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from garrison.services.guardduty.errors import rejected
from garrison.services.guardduty.resources import Detector, Feature, Sub

FOUNDATIONAL = ("CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS")
"""Always on while the detector is."""
_AGENTS = ("EKS_ADDON_MANAGEMENT", "ECS_FARGATE_AGENT_MANAGEMENT", "EC2_AGENT_MANAGEMENT")
_ADDITIONAL: dict[str, tuple[str, ...]] = {
    "EKS_RUNTIME_MONITORING": ("EKS_ADDON_MANAGEMENT",),
    "RUNTIME_MONITORING": _AGENTS,
    "RDS_LOGIN_EVENTS": ("RDS_DATA_RISK",),
}
"""Additional configuration each plan takes."""
_SHOWN: dict[str, tuple[str, ...]] = {
    "EKS_RUNTIME_MONITORING": ("EKS_ADDON_MANAGEMENT",),
    "RUNTIME_MONITORING": _AGENTS,
}
"""What is shown of it though nobody asked."""
_DEFAULT = {
    "S3_DATA_EVENTS": True,
    "EKS_AUDIT_LOGS": True,
    "EBS_MALWARE_PROTECTION": True,
    "RDS_LOGIN_EVENTS": True,
    "EKS_RUNTIME_MONITORING": False,
    "LAMBDA_NETWORK_LOGS": True,
    "RUNTIME_MONITORING": False,
}
_CONFLICT = (
    "the input features contain both EKS_RUNTIME_MONITORING and RUNTIME_MONITORING, of which only one can be enabled."
)


def initial(now: float) -> tuple[Feature, ...]:
    """The plans of a detector nobody said anything of."""
    return tuple(
        Feature(name, on, now, tuple(Sub(sub, False, now) for sub in _SHOWN.get(name, ())))
        for name, on in _DEFAULT.items()
    )


def applied(known: Sequence[Feature], given: Iterable[dict[str, Any]], now: float) -> tuple[Feature, ...]:
    """The plans after an update. Those named come first where none was known, in the order named; order then stays.

    Raises `BadRequestException` for a plan named twice, foreign additional configuration, or both runtime plans.
    """
    plans = {one.name: one for one in known}
    named: set[str] = set()
    for wanted in given:
        name = wanted.get("Name")
        if name is None:
            raise rejected("the input features contain a feature without a name.")
        if name in named:
            raise rejected(f"the input features contain the feature {name} more than once.")
        named.add(name)
        plans[name] = _changed(plans.get(name) or Feature(name), wanted, now)
    if {"EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING"} <= named or (
        named & {"EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING"}
        and all(name in plans and plans[name].enabled for name in ("EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING"))
    ):
        raise rejected(_CONFLICT)
    return tuple(plans.values())


def ordered(features: Sequence[Feature], given: Iterable[dict[str, Any]]) -> tuple[Feature, ...]:
    """Those a client named first, in its order: a plan that comes back in another order looks changed to clients."""
    order = {str(one.get("Name")): n for n, one in enumerate(given)}
    return tuple(sorted(features, key=lambda one: order.get(one.name, len(order))))


def _changed(known: Feature, wanted: dict[str, Any], now: float) -> Feature:
    enabled = known.enabled if "Status" not in wanted else wanted["Status"] == "ENABLED"
    subs = {one.name: one for one in known.additional}
    for sub in wanted.get("AdditionalConfiguration") or ():
        name = sub.get("Name")
        if name not in _ADDITIONAL.get(known.name, ()):
            raise rejected(f"the additional configuration {name} is not one of the feature {known.name}.")
        before = subs.get(name) or Sub(name)
        on = before.enabled if "Status" not in sub else sub["Status"] == "ENABLED"
        subs[name] = Sub(name, on, now if on != before.enabled or not before.updated else before.updated)
    same = enabled == known.enabled and known.updated
    return Feature(known.name, enabled, known.updated if same else now, tuple(subs.values()))


def of_data_sources(given: dict[str, Any]) -> list[dict[str, Any]]:
    """The older `DataSources` as features."""
    found: list[dict[str, Any]] = []
    for name, value in (
        ("S3_DATA_EVENTS", given.get("S3Logs", {}).get("Enable")),
        ("EKS_AUDIT_LOGS", given.get("Kubernetes", {}).get("AuditLogs", {}).get("Enable")),
        (
            "EBS_MALWARE_PROTECTION",
            given.get("MalwareProtection", {}).get("ScanEc2InstanceWithFindings", {}).get("EbsVolumes"),
        ),
    ):
        if value is not None:
            found.append({"Name": name, "Status": status(value)})
    return found


def given(params: dict[str, Any]) -> list[dict[str, Any]]:
    """What a call says of plans, in either way. Raises `BadRequestException` where it uses both."""
    if params.get("Features") and params.get("DataSources"):
        raise rejected("both dataSources and features were provided. You can provide only one of them.")
    return list(params.get("Features") or ()) or of_data_sources(params.get("DataSources") or {})


def enabled(detector: Detector) -> frozenset[str]:
    """Names of the plans that count: those on while the detector is, and the foundational ones."""
    if not detector.enabled:
        return frozenset()
    return frozenset(one.name for one in detector.features if one.enabled) | set(FOUNDATIONAL)


def shown(detector: Detector, created: float) -> list[dict[str, Any]]:
    """As GetDetector shows plans: the foundational ones first."""
    base = status(detector.enabled)
    always = [{"Name": name, "Status": base, "UpdatedAt": created} for name in FOUNDATIONAL]
    return always + [
        {
            "Name": one.name,
            "Status": status(one.enabled),
            "UpdatedAt": one.updated,
            "AdditionalConfiguration": [
                {"Name": sub.name, "Status": status(sub.enabled), "UpdatedAt": sub.updated} for sub in one.additional
            ],
        }
        for one in detector.features
    ]


def data_sources(detector: Detector, role: str) -> dict[str, Any]:
    """As GetDetector shows the older form."""
    on = {one.name: one.enabled for one in detector.features}
    base = {"Status": status(detector.enabled)}
    return {
        "CloudTrail": base,
        "DNSLogs": base,
        "FlowLogs": base,
        "S3Logs": {"Status": status(on.get("S3_DATA_EVENTS", False))},
        "Kubernetes": {"AuditLogs": {"Status": status(on.get("EKS_AUDIT_LOGS", False))}},
        "MalwareProtection": {
            "ScanEc2InstanceWithFindings": {"EbsVolumes": {"Status": status(on.get("EBS_MALWARE_PROTECTION", False))}},
            "ServiceRole": role,
        },
    }


def status(on: bool) -> str:
    """`ENABLED` or `DISABLED`."""
    return "ENABLED" if on else "DISABLED"
