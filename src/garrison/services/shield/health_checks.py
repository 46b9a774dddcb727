"""Route 53 health checks of a protection: recorded, and told back."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.operation import operation
from garrison.services.shield import protections
from garrison.services.shield.errors import invalid, limit
from garrison.services.shield.subscription import load as subscribed
from garrison.store import Transaction


@operation("shield", "AssociateHealthCheck", access="write")
def associate_health_check(call: Call, tx: Transaction) -> dict[str, Any]:
    subscribed(call, tx)
    row = protections.load(call, tx, call.params["ProtectionId"])
    arn = call.params["HealthCheckArn"]
    if arn not in row.body.health_checks:
        if row.body.health_checks:
            raise limit("HEALTH_CHECKS", 1)
        tx.update(row, msgspec.structs.replace(row.body, health_checks=(arn,)), updated=call.now)
    return {}


@operation("shield", "DisassociateHealthCheck", access="write")
def disassociate_health_check(call: Call, tx: Transaction) -> dict[str, Any]:
    subscribed(call, tx)
    row = protections.load(call, tx, call.params["ProtectionId"])
    arn = call.params["HealthCheckArn"]
    if arn not in row.body.health_checks:
        raise invalid("The health check is not associated with the protection.", "HealthCheckArn")
    left = tuple(one for one in row.body.health_checks if one != arn)
    tx.update(row, msgspec.structs.replace(row.body, health_checks=left), updated=call.now)
    return {}
