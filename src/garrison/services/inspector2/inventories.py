"""Resources as agents and pipelines tell of them (`garrison:PutResourceInventory`), and their findings.

AWS has no public operation by which an inventory reaches Inspector; these are Garrison's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.scan.inventory.package import Package
from garrison.services.inspector2 import code, coverage_status, due, packing, settling
from garrison.services.inspector2.arns import owned_arn
from garrison.services.inspector2.candidates import candidates
from garrison.services.inspector2.cis.scans import waiting
from garrison.services.inspector2.configuration import deep_inspection
from garrison.services.inspector2.details import checked_id, completed
from garrison.services.inspector2.matching import Matched, edition, matched
from garrison.services.inspector2.resources import (
    CODE,
    CODE_SCANNED_BY,
    EC2,
    FINDING,
    INVENTORY,
    NETWORK,
    PACKAGE,
    RESOURCE,
    SCANNED_BY,
    SNIPPET,
    Covered,
    Inventory,
    Path,
    resource_row_id,
)
from garrison.services.inspector2.state import account
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction


class _Prepared(NamedTuple):
    """What was worked out before the transaction."""

    sent: packing.Sent | None
    packed: bytes | None
    version: int | None
    """Of the stored inventory that was matched; None: the sent one was, or there is none."""
    found: Matched


def find(reader: Reader, account: str, region: str, id: str) -> Resource[Covered] | None:
    """A resource by its id."""
    return reader.get(RESOURCE, account, id, region=region)


def inventory(reader: Reader, resource: Resource[Covered]) -> Resource[Inventory] | None:
    """The packages of a resource."""
    return reader.get(INVENTORY, resource.account, resource.id, region=resource.region)


def _prepare(call: Call, reader: Reader) -> _Prepared:
    document = call.params.get("sbom")
    if document is not None:
        sent = packing.read(document)
        return _Prepared(sent, packing.pack(sent.packages), None, matched(call.runtime, sent.packages))
    row = find(reader, call.account, call.region, call.params["resourceId"])
    stored = None if row is None else inventory(reader, row)
    if stored is None:
        return _Prepared(None, None, None, Matched(None, None))
    return _Prepared(None, None, stored.version, matched(call.runtime, packing.unpack(stored.body.packages)))


@operation("garrison", "PutResourceInventory", access="write", prepare=_prepare)
def put_resource_inventory(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    type = params["resourceType"]
    given = checked_id(type, params["resourceId"], call.account)
    _check_enabled(call, tx, SCANNED_BY[type])
    coded = params.get("codeFindings")
    if coded is not None:
        _check_enabled(call, tx, _coded_by(type))
    prepared: _Prepared = call.prepared
    row = find(tx, call.account, call.region, params["resourceId"])
    if row is not None and row.body.type != type:
        raise AwsError("ConflictException", "The resource is known by another type.",
                       fields={"resourceId": row.name, "resourceType": row.body.type})  # fmt: skip
    before = Covered(type=type) if row is None else row.body
    body = _told(call, before, given)
    if row is None:
        row = tx.insert(
            RESOURCE, call.account, params["resourceId"], body,
            id=resource_row_id(call.account, call.region, params["resourceId"]), region=call.region, created=call.now,
        )  # fmt: skip
    found = prepared.found
    if prepared.sent is not None:
        assert prepared.packed is not None
        _keep(tx, row, prepared.packed, call.now)
        body = msgspec.structs.replace(
            body,
            platform=prepared.sent.platform or body.platform,
            complete=prepared.sent.complete,
            inventoried=call.now,
            # Without a usable database these packages were matched with none, whatever those before them were.
            database="" if found.database is None else body.database,
        )
    else:
        stored = inventory(tx, row)
        if stored is not None and stored.version != prepared.version:
            # Another one came meanwhile: this is rare, and right is better than fast.
            found = matched(call.runtime, packing.unpack(stored.body.packages))
    if coded is not None:
        body = msgspec.structs.replace(body, coded=True)
        code.keep_snippets(call, tx, row, coded)
    return _answer(call, settled(tx, row, body, found, coded, now=call.now), found)


def _check_enabled(call: Call, reader: Reader, type: str) -> None:
    """Raises `ConflictException`."""
    if type not in account(reader, call.account, call.region).enabled:
        raise AwsError(
            "ConflictException",
            f"Inspector is not enabled for {type} in account {call.account} and region {call.region}. "
            f"Enable it: aws inspector2 enable --resource-types {type}",
            fields={"resourceId": call.account, "resourceType": "ACCOUNT"},
        )


def _coded_by(type: str) -> str:
    """What has to be enabled for the code of a resource."""
    if type not in CODE_SCANNED_BY:
        raise AwsError("ValidationException", "codeFindings are told of functions and projects alone.")
    return CODE_SCANNED_BY[type]


def _told(call: Call, before: Covered, given: Any) -> Covered:
    """The resource with what the call says of it."""
    params = call.params
    more: dict[str, Any] = {"terminated": None}
    if "details" in params or not before.details:
        more["details"] = completed(before.type, given, params.get("details", {}))
    if "tags" in params:
        more["tags"] = params["tags"]
    if before.type == EC2:
        more["scan_mode"] = params.get("scanMode") or before.scan_mode or "EC2_INSPECTOR_AGENT_BASED"
    elif "scanMode" in params or "reachability" in params:
        raise AwsError("ValidationException", "scanMode and reachability are said of hosts alone.")
    if "reachability" in params:
        more["reachability"] = tuple(_path(one) for one in params["reachability"]["paths"])
    return msgspec.structs.replace(before, **more)


def _path(given: dict[str, Any]) -> Path:
    if given["begin"] > given["end"]:
        raise AwsError("ValidationException", "A path's begin must not be greater than its end.")
    return Path(
        protocol=given["protocol"],
        begin=given["begin"],
        end=given["end"],
        origin=given["origin"],
        steps=tuple(given["steps"]),
        severity=given.get("severity", ""),
        title=given.get("title", ""),
        description=given.get("description", ""),
    )


def _keep(tx: Transaction, row: Resource[Covered], packed: bytes, now: float) -> None:
    stored = inventory(tx, row)
    if stored is None:
        tx.insert(INVENTORY, row.account, row.id, Inventory(packed), id=row.id, region=row.region, created=now)
    else:
        tx.update(stored, Inventory(packed), updated=now)


def settled(
    tx: Transaction,
    row: Resource[Covered],
    body: Covered,
    found: Matched,
    coded: Sequence[Mapping[str, Any]] | None = None,
    *,
    now: float,
) -> tuple[Resource[Covered], settling.Settled]:
    """The resource as `body` has it, and its findings made what `found` and its reachability say.

    Without a database nothing is said of packages, and without `coded` nothing of code: what was found before stays.
    """
    types = [NETWORK, *([] if found.database is None else [PACKAGE]), *([] if coded is None else [CODE])]
    wanted = candidates(row.name, body, found.matches)
    if coded is not None:
        wanted.findings.update(code.findings(coded))
    counted = settling.settle(tx, row, wanted, types=types, now=now)
    current = body.database if found.database is None else edition(found.database)
    body = msgspec.structs.replace(body, scanned=now, database=current, scans=body.scans + 1)
    return tx.update(row, body, updated=now), counted


def _answer(call: Call, done: tuple[Resource[Covered], settling.Settled], found: Matched) -> dict[str, Any]:
    row, counted = done
    code, reason = coverage_status.status(row.body, call.now, enabled=True)
    answer: dict[str, Any] = {
        "resourceId": row.name,
        "scanStatus": {"statusCode": code, "reason": reason},
        "findings": msgspec.structs.asdict(counted),
    }
    if found.database is not None:
        age = found.database
        built = datetime.fromisoformat(age.built).astimezone(UTC).timestamp()
        seconds = max(0, int(call.now - built))
        answer["database"] = {"built": age.built, "ageSeconds": seconds, "stale": age.stale}
    return answer


def packages(reader: Reader, row: Resource[Covered]) -> tuple[Package, ...]:
    """The packages of a resource; empty if none were told."""
    stored = inventory(reader, row)
    return () if stored is None else packing.unpack(stored.body.packages)


@operation("garrison", "DeleteResourceInventory", access="write")
def delete_resource_inventory(call: Call, tx: Transaction) -> dict[str, Any]:
    row = _load(call, tx)
    if row.body.terminated is None:
        settling.close_all(tx, row, settling.GONE, now=call.now)
        tx.update(row, msgspec.structs.replace(row.body, terminated=call.now), updated=call.now)
        due.at(tx, call.now + settling.GONE, due.DROP, row.id)
    return {}


def _load(call: Call, reader: Reader) -> Resource[Covered]:
    row = find(reader, call.account, call.region, call.params["resourceId"])
    if row is None:
        raise AwsError(
            "ResourceNotFoundException",
            "Inspector knows no such resource in this account and region.",
            fields={"resourceId": call.params["resourceId"], "resourceType": "RESOURCE"},
        )
    return row


def drop(tx: Transaction, row: Resource[Covered]) -> None:
    """Nothing of the resource is kept."""
    for finding in tx.page(FINDING, row.account, region=row.region, parent=row.id):
        tx.delete(finding)
    for snippet in tx.page(SNIPPET, row.account, region=row.region, parent=row.id):
        tx.delete(snippet)
    stored = inventory(tx, row)
    if stored is not None:
        tx.delete(stored)
    tx.delete(row)


POLL_SECONDS = 60
"""How often agents ask."""


@operation("garrison", "ListResourceTasks", access="read")
def list_resource_tasks(call: Call, reader: Reader) -> dict[str, Any]:
    row = _load(call, reader)
    tasks: list[dict[str, Any]] = []
    for job, scan in waiting(reader, row):
        arn = owned_arn(call.partition, scan.region, scan.account, "cis-scan", scan.id)
        tasks.append({"type": "CIS", "scanJobId": job.id, "scanArn": arn, "securityLevel": scan.body.level})
    reason = coverage_status.status(row.body, call.now, enabled=True)[1]
    if reason in ("NO_INVENTORY", "STALE_INVENTORY"):
        tasks.append({"type": "INVENTORY", "reason": reason})
    active, own, shared = deep_inspection(reader, row.account, row.region)
    return {
        "tasks": tasks,
        "deepInspection": active,
        "deepInspectionPaths": [*own, *shared] if active else [],
        "pollSeconds": POLL_SECONDS,
    }
