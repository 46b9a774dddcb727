"""The four kinds of lists: IP sets (trusted addresses), threat intel sets, and trusted and threat entity sets.

A list is what its location held when it was activated or updated; a change of the file shows with the next update.
Source: API reference of each operation; user guide, "GuardDuty quotas": one active trusted list, six threat lists.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import msgspec

from garrison.access.call import Call
from garrison.detect.intel import IndicatorList
from garrison.services.guardduty import list_content, tags
from garrison.services.guardduty.detectors import changed, load
from garrison.services.guardduty.errors import limit, not_owned, rejected
from garrison.services.guardduty.filters import manager
from garrison.services.guardduty.list_content import Read
from garrison.services.guardduty.paging import page
from garrison.services.guardduty.resources import DETECTOR, NAME, Detector
from garrison.services.guardduty.standing import administered_by, owned
from garrison.services.operation import operation
from garrison.store import Kind, Reader, Resource, Transaction


class Listing(msgspec.Struct, frozen=True, omit_defaults=True):
    """One list. What is on it is a row of its own (`CONTENT`), there while the list is active."""

    label: str
    format: str
    location: str
    active: bool = False
    error: str = ""
    """Why it could not be activated."""
    owner: str | None = None
    """`ExpectedBucketOwner`"""
    digest: str = ""
    """SHA-256 of the file, in hex."""
    entries: int = 0
    tags: dict[str, str] = {}
    client_token: str | None = None


class Content(msgspec.Struct, frozen=True):
    """What is on an active list: `IndicatorList` as MessagePack."""

    packed: bytes


class Sort(NamedTuple):
    """One of the four kinds."""

    kind: Kind[Listing]
    word: str
    """In ARNs: `ipset`."""
    name: str
    """In operations: `IPSet`."""
    id: str
    """Member of its id: `IpSetId`."""
    trusted: bool
    entity: bool
    most: int
    active: int
    """How many may be active."""


CONTENT = owned(Kind("guardduty.list-content", Content))
_IP = Sort(Kind("guardduty.ip-set", Listing), "ipset", "IPSet", "IpSetId", True, False, 6, 1)
_INTEL = Sort(Kind("guardduty.threat-intel-set", Listing), "threatintelset", "ThreatIntelSet", "ThreatIntelSetId",
              False, False, 6, 6)  # fmt: skip
_THREAT = Sort(Kind("guardduty.threat-entity-set", Listing), "threatentityset", "ThreatEntitySet", "ThreatEntitySetId",
               False, True, 6, 6)  # fmt: skip
_TRUSTED = Sort(Kind("guardduty.trusted-entity-set", Listing), "trustedentityset", "TrustedEntitySet",
                "TrustedEntitySetId", True, True, 6, 1)  # fmt: skip
SORTS = (_IP, _INTEL, _THREAT, _TRUSTED)
"""How many lists of a kind there may be beside the active one is a guess for the trusted kinds."""


def active(reader: Reader, account: str, region: str) -> list[IndicatorList]:
    """The lists that count for an account: its own, or its administrator's, whose lists are its members' too."""
    administrator = administered_by(reader, account, region)
    owner = account if administrator is None else administrator.name
    detector = reader.get(DETECTOR, owner, NAME, region=region)
    if detector is None:
        return []
    rows = reader.page(CONTENT, owner, region=region, parent=detector.id)
    return [msgspec.msgpack.decode(row.body.packed, type=IndicatorList) for row in rows]


def _status(body: Listing) -> str:
    return "ERROR" if body.error else "ACTIVE" if body.active else "INACTIVE"


def _find(call: Call, reader: Reader, detector: Resource[Detector], sort: Sort) -> Resource[Listing]:
    row = reader.by_id(sort.kind, call.params[sort.id])
    if row is None or row.parent != detector.id:
        raise not_owned(sort.id[:1].lower() + sort.id[1:])
    return row


def _reading(call: Call, sort: Sort, label: str, format: str, location: str) -> Read:
    kind: Literal["ip", "entity"] = "entity" if sort.entity else "ip"
    return list_content.read(
        call.runtime, location, name=label, format=format, trusted=sort.trusted, kind=kind, now=call.now
    )  # fmt: skip


def _prepare_new(sort: Sort) -> Callable[[Call, Reader], Read | None]:
    def prepare(call: Call, reader: Reader) -> Read | None:
        manager(call, reader)
        params = call.params
        list_content.place(params["Location"])
        if not params["Activate"]:
            return None
        return _reading(call, sort, params["Name"], params["Format"], params["Location"])

    return prepare


def _prepare_update(sort: Sort) -> Callable[[Call, Reader], Read | None]:
    def prepare(call: Call, reader: Reader) -> Read | None:
        row = _find(call, reader, manager(call, reader), sort)
        params = call.params
        location = params.get("Location", row.body.location)
        list_content.place(location)
        if not params.get("Activate", row.body.active):
            return None
        return _reading(call, sort, params.get("Name", row.body.label), row.body.format, location)

    return prepare


def _keep(tx: Transaction, detector: Resource[Detector], row_id: str, read: Read | None, now: float) -> None:
    """Put what was read in place of what was on a list."""
    known = tx.by_id(CONTENT, row_id)
    if known is not None:
        tx.delete(known)
    if read is not None and read.entries is not None:
        packed = Content(msgspec.msgpack.encode(read.entries))
        tx.insert(
            CONTENT, detector.account, row_id, packed,
            id=row_id, region=detector.region, parent=detector.id, created=now,
        )  # fmt: skip


def _with(body: Listing, read: Read | None) -> Listing:
    """A list as it is after its location was read, or not."""
    if read is None or read.entries is None:
        error = "" if read is None else read.error
        return msgspec.structs.replace(body, active=False, error=error, digest="", entries=0)
    found = read.entries
    count = len(found.addresses) + len(found.names)
    return msgspec.structs.replace(body, active=True, error="", digest=found.digest, entries=count)


def _check_active(tx: Transaction, detector: Resource[Detector], sort: Sort, own: str | None) -> None:
    rows = tx.page(sort.kind, detector.account, region=detector.region, parent=detector.id)
    if sum(row.body.active for row in rows if row.id != own) >= sort.active:
        raise limit(f"active {sort.name}s", sort.active)


def _create(sort: Sort) -> Callable[[Call, Transaction], dict[str, Any]]:
    def create(call: Call, tx: Transaction) -> dict[str, Any]:
        detector = manager(call, tx)
        params = call.params
        rows = tx.page(sort.kind, detector.account, region=detector.region, parent=detector.id)
        token = params.get("ClientToken")
        same = next((row for row in rows if token and row.body.client_token == token), None)
        if same is not None:
            return {sort.id: same.id}
        if any(row.body.label == params["Name"] for row in rows):
            raise rejected(f"a {sort.name} with the given name already exists.")
        if len(rows) >= sort.most:
            raise limit(f"{sort.name}s", sort.most)
        if params["Activate"]:
            _check_active(tx, detector, sort, None)
        body = Listing(
            params["Name"], params["Format"], params["Location"],
            owner=params.get("ExpectedBucketOwner"), tags=tags.given(call), client_token=token,
        )  # fmt: skip
        id = uuid.uuid4().hex
        tx.insert(
            sort.kind, detector.account, id, _with(body, call.prepared),
            id=id, region=detector.region, parent=detector.id, created=call.now,
        )  # fmt: skip
        _keep(tx, detector, id, call.prepared, call.now)
        changed(tx, detector.account)
        return {sort.id: id}

    return create


def _get(sort: Sort) -> Callable[[Call, Reader], dict[str, Any]]:
    def get(call: Call, reader: Reader) -> dict[str, Any]:
        row = _find(call, reader, load(call, reader), sort)
        body = row.body
        shown: dict[str, Any] = {
            "Name": body.label,
            "Format": body.format,
            "Location": body.location,
            "Status": _status(body),
            "Tags": body.tags,
        }
        if body.owner is not None:
            shown["ExpectedBucketOwner"] = body.owner
        if sort.entity:
            shown |= {"CreatedAt": row.created, "UpdatedAt": row.updated}
            if body.error:
                shown["ErrorDetails"] = body.error
        return shown

    return get


def _list(sort: Sort) -> Callable[[Call, Reader], dict[str, Any]]:
    def list_(call: Call, reader: Reader) -> dict[str, Any]:
        detector = load(call, reader)
        rows = reader.page(sort.kind, detector.account, region=detector.region, parent=detector.id)
        shown, rest = page(call, rows, key=lambda row: row.id)
        return {f"{sort.id}s": [row.id for row in shown], **rest}

    return list_


def _update(sort: Sort) -> Callable[[Call, Transaction], dict[str, Any]]:
    def update(call: Call, tx: Transaction) -> dict[str, Any]:
        detector = manager(call, tx)
        row = _find(call, tx, detector, sort)
        params = call.params
        if params.get("Activate", row.body.active):
            _check_active(tx, detector, sort, row.id)
        body = msgspec.structs.replace(
            row.body,
            label=params.get("Name", row.body.label),
            location=params.get("Location", row.body.location),
            owner=params.get("ExpectedBucketOwner", row.body.owner),
        )
        tx.update(row, _with(body, call.prepared), updated=call.now)
        _keep(tx, detector, row.id, call.prepared, call.now)
        changed(tx, detector.account)
        return {}

    return update


def _delete(sort: Sort) -> Callable[[Call, Transaction], dict[str, Any]]:
    def delete(call: Call, tx: Transaction) -> dict[str, Any]:
        detector = manager(call, tx)
        row = _find(call, tx, detector, sort)
        _keep(tx, detector, row.id, None, call.now)
        tx.delete(row)
        changed(tx, detector.account)
        return {}

    return delete


for _sort in SORTS:
    owned(_sort.kind)
    tags.tagged(_sort.word, _sort.kind)
    operation("guardduty", f"Create{_sort.name}", access="write", prepare=_prepare_new(_sort))(_create(_sort))
    operation("guardduty", f"Get{_sort.name}", access="read")(_get(_sort))
    operation("guardduty", f"List{_sort.name}s", access="read")(_list(_sort))
    operation("guardduty", f"Update{_sort.name}", access="write", prepare=_prepare_update(_sort))(_update(_sort))
    operation("guardduty", f"Delete{_sort.name}", access="write")(_delete(_sort))
