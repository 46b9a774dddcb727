"""CIS scans: started for every host that fits, and told with what has become of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.services.inspector2 import administration, criteria, due
from garrison.services.inspector2.arns import owned_arn
from garrison.services.inspector2.cis import schedule
from garrison.services.inspector2.cis.resources import (
    CONFIGURATION,
    ENDED,
    JOB,
    RESULTS,
    SCAN,
    WAITING,
    Check,
    Configuration,
    Job,
    Scan,
    unpack,
)
from garrison.services.inspector2.errors import invalid
from garrison.services.inspector2.paging import page
from garrison.services.inspector2.resources import EC2, RESOURCE, Covered, resource_row_id
from garrison.services.inspector2.state import account, needed
from garrison.services.inspector2.threads import on_a_thread
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction

WAITS = 3600.0
"""Seconds an agent has to start its session; afterwards the host counts as one without an agent."""
KEPT = 90 * 86_400.0
"""Seconds a scan and its results are kept. Ours: AWS's is not documented."""
SILENT = 1800.0
"""Seconds a session may say nothing."""


def start(tx: Transaction, row: Resource[Configuration], now: float) -> None:
    """A scan of the configuration, on every host that fits."""
    body = row.body
    id = str(uuid.uuid4())
    made = Scan(row.id, body.scan_name, body.level, body.targets, now, scheduled_by=row.account)
    tx.insert(SCAN, row.account, id, made, id=id, region=row.region, created=now)
    due.at(tx, now + KEPT, due.CIS_SCAN, id)
    for host in _hosts(tx, row):
        job = Job(host.account, host.name, host.body.tags, heard=now)
        job_id = str(uuid.uuid4())
        tx.insert(JOB, row.account, job_id, job, id=job_id, region=row.region, parent=id, created=now)
        tx.link(WAITING, host.account, host.id, job_id)
        due.at(tx, now + WAITS, due.SESSION, job_id)


def _hosts(reader: Reader, row: Resource[Configuration]) -> Iterator[Resource[Covered]]:
    targets = row.body.targets
    members = administration.members(reader, row.account, row.region)
    accounts: dict[str, None] = {}
    for id in targets["accountIds"]:
        accounts |= dict.fromkeys(
            [row.account] if id == "SELF" else [row.account, *members] if id == "ALL_ACCOUNTS" else [id]
        )
    for id in accounts:
        if (id != row.account and id not in members) or "EC2" not in account(reader, id, row.region).enabled:
            continue
        for host in reader.page(RESOURCE, id, region=row.region):
            if host.body.type == EC2 and host.body.terminated is None and _fits(host.body.tags, targets):
                yield host


def _fits(tags: Mapping[str, str], targets: Mapping[str, Any]) -> bool:
    """Whether a host has one of the tags; `*` is any (both are guesses)."""
    return any(
        key == "*" or (key in tags and ("*" in values or tags[key] in values))
        for key, values in targets["targetResourceTags"].items()
    )


def _begin(runtime: Runtime, tx: Transaction, id: str, now: float) -> None:
    """A configuration's time has come, unless it was changed meanwhile."""
    row = tx.by_id(CONFIGURATION, id)
    if row is None or row.body.next is None or row.body.next > now:
        return
    following = schedule.following(row.body.schedule, now)
    row = tx.update(row, msgspec.structs.replace(row.body, next=following))
    if following is not None:
        due.at(tx, following, due.CIS, row.id)
    if account(tx, row.account, row.region).enabled:
        start(tx, row, now)


def _silence(runtime: Runtime, tx: Transaction, id: str, now: float) -> None:
    """A job may have been silent for too long."""
    row = tx.by_id(JOB, id)
    if row is None or row.body.state in ENDED:
        return
    waits = row.body.state == "WAITING"
    over = row.body.heard + (WAITS if waits else SILENT)
    if over > now:
        due.at(tx, over, due.SESSION, id)
        return
    reason = "SSM_UNMANAGED" if waits else ""
    begun(tx, row)
    tx.update(row, msgspec.structs.replace(row.body, state="TIMED_OUT", reason=reason), updated=now)


def _resource_id(row: Resource[Job]) -> str:
    """The row id of the job's resource."""
    return resource_row_id(row.body.account, row.region, row.body.resource)


def begun(tx: Transaction, row: Resource[Job]) -> None:
    """Its agent is at work on the job: nobody waits for it."""
    tx.unlink(WAITING, _resource_id(row), row.id)


def waiting(reader: Reader, resource: Resource[Covered]) -> Iterator[tuple[Resource[Job], Resource[Scan]]]:
    """The jobs that wait for a resource's agent, and their scans."""
    for link in reader.targets(WAITING, resource.id):
        job = reader.by_id(JOB, link.target)
        scan = None if job is None else reader.by_id(SCAN, job.parent)
        if job is not None and scan is not None:
            yield job, scan


def checks(reader: Reader, job: Resource[Job]) -> dict[str, Check]:
    """What was reported of a job."""
    row = reader.by_id(RESULTS, job.id)
    return {} if row is None else unpack(row.body.packed)


def _forget(runtime: Runtime, tx: Transaction, id: str, now: float) -> None:
    """A scan's time is over."""
    row = tx.by_id(SCAN, id)
    if row is None:
        return
    for job in tx.page(JOB, row.account, region=row.region, parent=id):
        begun(tx, job)
        tx.delete(job)
    for results in tx.page(RESULTS, row.account, region=row.region, parent=id):
        tx.delete(results)
    tx.delete(row)


due.HANDLERS[due.CIS_SCAN] = _forget
due.HANDLERS[due.CIS] = _begin
due.HANDLERS[due.SESSION] = _silence


def scan_arn(call: Call, row: Resource[Scan]) -> str:
    """The scan's ARN."""
    return owned_arn(call.partition, row.region, row.account, "cis-scan", row.id)


def jobs(call: Call, reader: Reader, scan: Resource[Scan]) -> list[Resource[Job]]:
    """The scan's resources that the caller may see: all of them for who owns it, else its own."""
    rows = reader.page(JOB, scan.account, region=scan.region, parent=scan.id)
    return [row for row in rows if call.account in (scan.account, row.body.account)]


def load(call: Call, reader: Reader) -> Resource[Scan]:
    """The scan of `scanArn`. Raises `ValidationException`: the operations on results know no other error for it."""
    arn = call.params["scanArn"]
    row = reader.by_id(SCAN, arn.rpartition("/")[2])
    if row is None or scan_arn(call, row) != arn or row.region != call.region or not _visible(call, reader, row):
        raise invalid("The CIS scan does not exist.", "scanArn")
    return row


def _visible(call: Call, reader: Reader, row: Resource[Scan]) -> bool:
    return row.account == call.account or bool(jobs(call, reader, row))


def status(found: list[Resource[Job]]) -> str:
    """Of a scan, out of its resources'."""
    states = {row.body.state for row in found}
    if states - set(ENDED):
        return "IN_PROGRESS"
    if states and states <= {"CANCELLED"}:
        return "CANCELLED"
    return "FAILED" if states and "COMPLETED" not in states else "COMPLETED"


_SORTED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "STATUS": lambda shown: shown["status"],
    "SCHEDULED_BY": lambda shown: shown["scheduledBy"],
    "SCAN_START_DATE": lambda shown: shown["scanDate"],
    "FAILED_CHECKS": lambda shown: shown["failedChecks"],
}


@operation("inspector2", "ListCisScans", access="read")
@on_a_thread
def list_cis_scans(call: Call, reader: Reader) -> dict[str, Any]:
    needed(call, reader)
    wanted = call.params.get("filterCriteria") or {}
    rows = reader.page(SCAN, call.account, region=call.region)
    admin = administration.administrator_of(reader, call.account, call.region)
    if admin is not None:
        rows += [row for row in reader.page(SCAN, admin, region=call.region) if jobs(call, reader, row)]
    told = [(row, found := jobs(call, reader, row), _shown(call, row, found)) for row in rows]
    chosen = [shown for row, found, shown in told if _wanted(wanted, row, found, shown)]
    by = _SORTED[call.params.get("sortBy", "SCAN_START_DATE")]
    some, rest = page(
        call,
        chosen,
        key=lambda shown: (by(shown), shown["scanArn"]),
        default=50,
        descending=call.params.get("sortOrder", "DESC") == "DESC",
    )
    return {"scans": some, **rest}


def _shown(call: Call, row: Resource[Scan], found: list[Resource[Job]]) -> dict[str, Any]:
    bodies = [job.body for job in found]
    return {
        "scanArn": scan_arn(call, row),
        "scanConfigurationArn": owned_arn(
            call.partition, row.region, row.account, "cis-configuration", row.body.configuration
        ),
        "status": status(found),
        "scanName": row.body.scan_name,
        "scanDate": row.body.started,
        "failedChecks": sum(body.failed for body in bodies),
        "totalChecks": sum(body.failed + body.passed + body.skipped for body in bodies),
        "targets": row.body.targets,
        "scheduledBy": row.body.scheduled_by,
        "securityLevel": row.body.level,
    }


def _wanted(
    wanted: Mapping[str, Any], row: Resource[Scan], found: list[Resource[Job]], shown: Mapping[str, Any]
) -> bool:
    texts = {
        "scanNameFilters": (shown["scanName"],),
        "targetResourceIdFilters": [job.body.resource for job in found],
        "scanStatusFilters": (shown["status"],),
        "scanConfigurationArnFilters": (shown["scanConfigurationArn"],),
        "scanArnFilters": (shown["scanArn"],),
        "scheduledByFilters": (shown["scheduledBy"],),
        "targetAccountIdFilters": [job.body.account for job in found],
    }
    if not all(criteria.text(values, wanted.get(key) or ()) for key, values in texts.items()):
        return False
    if not criteria.tagged(row.body.targets["targetResourceTags"], wanted.get("targetResourceTagFilters")):
        return False
    at, failed = wanted.get("scanAtFilters"), wanted.get("failedChecksFilters")
    if at and not criteria.within((shown["scanDate"],), at, "earliestScanStartTime", "latestScanStartTime"):
        return False
    return not failed or criteria.numbers(shown["failedChecks"], failed)
