"""ListUsageTotals: what was looked at in the last 30 days, and what AWS would ask for it.

Prices are those of AWS in us-east-1, recalled; Garrison itself costs nothing.
"""

from __future__ import annotations

from typing import Any

from garrison.access.call import Call
from garrison.services.inspector2 import state
from garrison.services.inspector2.errors import denied, no_access
from garrison.services.inspector2.paging import page
from garrison.services.inspector2.resources import EC2, ECR, LAMBDA, RESOURCE
from garrison.services.inspector2.threads import on_a_thread
from garrison.services.operation import operation
from garrison.store import Reader

_DAYS = 30
_MONTH = _DAYS * 24.0
_PRICES = {
    "EC2_INSTANCE_HOURS": 1.2528 / 720,
    "EC2_AGENTLESS_INSTANCE_HOURS": 1.7184 / 720,
    "LAMBDA_FUNCTION_HOURS": 0.30 / 720,
    "ECR_INITIAL_SCAN": 0.09,
    "ECR_RESCAN": 0.01,
}
"""US dollars per unit."""


@operation("inspector2", "ListUsageTotals", access="read")
@on_a_thread
def list_usage_totals(call: Call, reader: Reader) -> dict[str, Any]:
    mine = state.seen(call, reader)
    wanted = call.params.get("accountIds") or mine
    if any(id not in mine for id in wanted):
        raise denied(no_access())
    some, rest = page(call, dict.fromkeys(wanted), key=lambda id: (id,), default=100)
    return {"totals": [{"accountId": id, "usage": _usage(call, reader, id)} for id in some], **rest}


def _usage(call: Call, reader: Reader, id: str) -> list[dict[str, Any]]:
    totals: dict[str, float] = {}
    running: dict[str, int] = {}
    begin = call.now - _DAYS * 86_400
    for row in reader.page(RESOURCE, id, region=call.region):
        body = row.body
        end = body.terminated if body.terminated is not None else call.now
        hours = max(0.0, end - max(row.created, begin)) / 3600
        if body.type == ECR:
            initial = float(row.created >= begin and body.scans > 0)
            totals["ECR_INITIAL_SCAN"] = totals.get("ECR_INITIAL_SCAN", 0.0) + initial
            totals["ECR_RESCAN"] = totals.get("ECR_RESCAN", 0.0) + max(0, body.scans - 1)
        elif body.type in (EC2, LAMBDA):
            agentless = body.scan_mode == "EC2_AGENTLESS"
            type = "LAMBDA_FUNCTION_HOURS" if body.type == LAMBDA else (
                "EC2_AGENTLESS_INSTANCE_HOURS" if agentless else "EC2_INSTANCE_HOURS"
            )  # fmt: skip
            totals[type] = totals.get(type, 0.0) + hours
            running[type] = running.get(type, 0) + (body.terminated is None)
    return [
        {
            "type": type,
            "total": round(total, 4),
            "estimatedMonthlyCost": round(_PRICES[type] * (_MONTH * running[type] if type in running else total), 4),
            "currency": "USD",
            "cloudProvider": "AWS",
        }
        for type, total in sorted(totals.items())
    ]
