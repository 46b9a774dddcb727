"""The session by which an agent reports a CIS scan of its host.

Source: API reference, StartCisSession, SendCisSessionTelemetry, SendCisSessionHealth, StopCisSession. What
`cisRuleDetails` holds is not documented: here it is JSON with `title`, `description`, `remediation`, `level`, `reason`,
each of them optional.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.inspector2 import due
from garrison.services.inspector2.cis import catalogue
from garrison.services.inspector2.cis.resources import ENDED, JOB, RESULTS, Check, Job, Results, pack
from garrison.services.inspector2.cis.scans import SILENT, begun
from garrison.services.inspector2.cis.scans import checks as reported
from garrison.services.inspector2.errors import conflict, denied, invalid
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

_STATUS = {"PASSED": "PASSED", "FAILED": "FAILED"}
_MOST_CHECKS = 1000


def _load(call: Call, reader: Reader) -> Resource[Job]:
    row = reader.by_id(JOB, call.params["scanJobId"])
    if row is None or row.body.account != call.account or row.region != call.region:
        raise invalid("The scan job does not exist.", "scanJobId")
    return row


def _running(call: Call, reader: Reader) -> Resource[Job]:
    row = _load(call, reader)
    if row.body.state != "RUNNING":
        raise conflict("The session is not running.", row.id, "CIS_SESSION")
    if row.body.token != call.params["sessionToken"]:
        raise denied("The session token is not that of the running session.")
    return row


@operation("inspector2", "StartCisSession", access="write")
def start_cis_session(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _load(call, tx)
    token = call.params["message"]["sessionToken"]
    if row.body.state in ENDED:
        raise conflict("The scan job has ended.", row.id, "CIS_SESSION")
    if row.body.state == "RUNNING":
        if row.body.token != token:
            raise conflict("Another session of the scan job is running.", row.id, "CIS_SESSION")
        return {}
    body = msgspec.structs.replace(row.body, state="RUNNING", token=token, heard=call.now)
    tx.update(row, body, updated=call.now)
    begun(tx, row)
    due.at(tx, call.now + SILENT, due.SESSION, row.id)
    return {}


@operation("inspector2", "SendCisSessionHealth", access="write")
def send_cis_session_health(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _running(call, tx)
    tx.update(row, msgspec.structs.replace(row.body, heard=call.now), updated=call.now)
    return {}


@operation("inspector2", "SendCisSessionTelemetry", access="write")
def send_cis_session_telemetry(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _running(call, tx)
    checks = reported(tx, row)
    for message in call.params["messages"]:
        checks[message["ruleId"]] = _check(message)
    if len(checks) > _MOST_CHECKS:
        raise invalid(f"A session can report at most {_MOST_CHECKS} checks.", "messages")
    _keep(tx, row, checks, call.now)
    counted = Counter(check.status for check in checks.values())
    body = msgspec.structs.replace(
        row.body,
        failed=counted["FAILED"],
        passed=counted["PASSED"],
        skipped=counted["SKIPPED"],
        heard=call.now,
    )
    tx.update(row, body, updated=call.now)
    return {}


def _keep(tx: Transaction, job: Resource[Job], checks: dict[str, Check], now: float) -> None:
    row = tx.by_id(RESULTS, job.id)
    body = Results(pack(checks))
    if row is None:
        tx.insert(
            RESULTS, job.account, job.id, body, id=job.id, region=job.region, parent=job.parent, created=now
        )  # fmt: skip
    else:
        tx.update(row, body, updated=now)


def _check(message: Mapping[str, Any]) -> Check:
    told = _details(message["cisRuleDetails"])
    known = catalogue.find(message["ruleId"])
    reason = told.get("reason") or ("" if message["status"] in _STATUS else message["status"])
    return Check(
        status=_STATUS.get(message["status"], "SKIPPED"),
        reason=reason,
        title=told.get("title") or known.get("title") or message["ruleId"],
        description=told.get("description") or known.get("description", ""),
        remediation=told.get("remediation") or known.get("remediation", ""),
        level=told.get("level") if told.get("level") in ("LEVEL_1", "LEVEL_2") else known.get("level", ""),  # type: ignore[arg-type]
    )


def _details(raw: bytes) -> dict[str, str]:
    """What the blob says; nothing if it is another agent's."""
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}


@operation("inspector2", "StopCisSession", access="write")
def stop_cis_session(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _running(call, tx)
    message = call.params["message"]
    state, reason = _ENDS[message["status"]]
    compute = message.get("computePlatform") or {}
    platform = " ".join(part for name in ("vendor", "product", "version") if (part := compute.get(name)))
    body = msgspec.structs.replace(
        row.body,
        state=state,
        reason=reason,
        heard=call.now,
        platform=platform,
        profile=" ".join(filter(None, (message.get("benchmarkProfile"), message.get("benchmarkVersion")))),
    )
    tx.update(row, body, updated=call.now)
    return {}


_ENDS = {
    "SUCCESS": ("COMPLETED", ""),
    "FAILED": ("CANCELLED", ""),
    "INTERRUPTED": ("CANCELLED", ""),
    "UNSUPPORTED_OS": ("CANCELLED", "UNSUPPORTED_OS"),
}
"""How a session ended -> status of the target resource, and why. All but SUCCESS are guesses."""
