"""What a detector says: a threat, where, who, and by which events."""

from __future__ import annotations

from typing import Any

import msgspec


class Detection(msgspec.Struct, frozen=True, kw_only=True):
    """One occurrence of a threat. Occurrences with the same `(account, region, type, key)` are one finding.

    Everything that ends in the finding's JSON is in the wire's casing (`accessKeyDetails`).
    """

    type: str
    """A finding type of the catalogue: `Stealth:IAMUser/CloudTrailLoggingDisabled`."""
    account: str
    region: str
    key: tuple[str, ...]
    """What makes it the same security issue (specification 1.5): a resource, a principal, a list's entry ..."""
    occurrence: str
    """Which occurrence of it: an event's id, or a window's. Told twice, it counts once; what it says then replaces
    what was said before, as late events complete a window."""
    first: float
    """Seconds since 1970 of its first event."""
    last: float
    severity: float
    """1.0 to 10.0."""
    title: str
    description: str
    resource: dict[str, Any]
    """`resource` of the finding: `resourceType` and its details."""
    action: dict[str, Any]
    """`service.action`: `actionType` and its details."""
    role: str = "TARGET"
    """Of the resource: `TARGET` or `ACTOR`."""
    evidence: tuple[dict[str, Any], ...] = ()
    """`threatIntelligenceDetails`."""
    additional: dict[str, Any] = {}
    """`service.additionalInfo.value`, before it is made a string."""
    anomaly: dict[str, Any] | None = None
    """`service.detection.anomaly`: profiles and what was unusual."""
    service: dict[str, Any] = {}
    """Further members of `service`: `malwareScanDetails`, ..."""
    rule: str = ""
    """Name of the custom detection rule that fired, if one did."""
    events: tuple[str, ...] = ()
    """Ids of the events behind it, at most 100."""
