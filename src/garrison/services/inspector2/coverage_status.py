"""How a resource stands with Inspector: `scanStatus`.

Source: Inspector user guide, "Assessing coverage": an inventory older than 7 days is stale (recalled). An inventory
that says of itself that it is not complete is no success; INTERNAL_ERROR is a guess at what AWS would tell there.
"""

from __future__ import annotations

from garrison.services.inspector2.resources import EC2, Covered

STALE = 7 * 86_400.0


def status(body: Covered, now: float, *, enabled: bool) -> tuple[str, str]:
    """`statusCode` and `reason` for packages."""
    if body.terminated is not None:
        return "INACTIVE", "RESOURCE_TERMINATED"
    if not enabled:
        return "INACTIVE", "PENDING_DISABLE"
    if body.inventoried is None:
        return "INACTIVE", "NO_INVENTORY"
    if body.type == EC2 and now - body.inventoried > STALE:
        return "INACTIVE", "STALE_INVENTORY"
    if not body.database:
        return "ACTIVE", "PENDING_INITIAL_SCAN"
    if not body.complete:
        return "ACTIVE", "INTERNAL_ERROR"
    return "ACTIVE", "SUCCESSFUL"
