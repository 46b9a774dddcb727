"""Which services an account uses: those it has resources of, and those its trail of 90 days shows calls for.

Calls that went on to another endpoint are in the trail too, so services that Garrison itself lacks are found.
"""

from __future__ import annotations

from garrison.responsibility import Service, services
from garrison.store import Reader
from garrison.trail.log import RETAIN_SECONDS, Trail

_HELD = {
    "cloudtrail": "cloudtrail",
    "iam": "iam",
    "inspector2": "inspector",
    "kms": "kms",
    "organizations": "organizations",
    "guardduty": "guardduty",
    "wafv2": "waf",
}
"""First part of a stored kind's name -> the service whose resource it is."""


def in_use(reader: Reader, trail: Trail | None, account: str, now: float) -> list[str]:
    """Ids of the services the account uses, in the order the matrix shows them.

    IAM is among them always: every account has a root user.
    """
    held = {kind.partition(".")[0] for kind in reader.kinds(account)}
    found = {"iam"} | {service for prefix, service in _HELD.items() if prefix in held}
    return [
        service.id
        for service in services().values()
        if service.id in found or (trail is not None and _called(trail, account, service, now - RETAIN_SECONDS))
    ]


def _called(trail: Trail, account: str, service: Service, start: float) -> bool:
    for source, names in service.seen_as.items():
        by = ("EventSource", f"{source}.amazonaws.com")
        asked = [[by, ("EventName", name)] for name in names] or [[by]]
        if any(trail.lookup(account, keys=keys, start=start, limit=1) for keys in asked):
            return True
    return False
