"""The operations on MFA devices. Only virtual ones exist here: hardware and FIDO devices cannot be reached."""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.services.iam import mfa_devices, tags, users
from garrison.services.iam.mfa_devices import NewDevice
from garrison.services.iam.paging import page_of
from garrison.services.iam.resources import EPOCH, MFA_DEVICE, USER, MfaDevice
from garrison.services.iam.subject import subject
from garrison.services.operation import operation
from garrison.store import Reader, Resource, Transaction


def _draw(call: Call, reader: Reader) -> NewDevice:
    return mfa_devices.draw(reader, call.account, call.params["VirtualMFADeviceName"])


@operation("iam", "CreateVirtualMFADevice", access="write", prepare=_draw)
def create_virtual_mfa_device(call: Call, tx: Transaction) -> dict[str, Any]:
    new: NewDevice = call.prepared
    row = mfa_devices.create(
        call.runtime,
        tx,
        call.account,
        call.partition,
        call.params["VirtualMFADeviceName"],
        new,
        call.now,
        path=call.params.get("Path", "/"),
        tags=tags.given(call),
    )
    answer = {"SerialNumber": row.id, "Base32StringSeed": new.base32, "QRCodePNG": new.png}
    if row.body.tags:
        answer["Tags"] = tags.shown(row.body.tags)
    return {"VirtualMFADevice": answer}


@operation("iam", "EnableMFADevice", access="write")
def enable_mfa_device(call: Call, tx: Transaction) -> None:
    who = subject(call, tx)
    first, second = _codes(call)
    mfa_devices.enable(call.runtime, tx, _device(call, tx), who.id, first, second, call.now)


@operation("iam", "ResyncMFADevice", access="write")
def resync_mfa_device(call: Call, tx: Transaction) -> None:
    first, second = _codes(call)
    mfa_devices.resync(call.runtime, tx, _own_device(call, tx), first, second, call.now)


@operation("iam", "DeactivateMFADevice", access="write")
def deactivate_mfa_device(call: Call, tx: Transaction) -> None:
    mfa_devices.deactivate(tx, _own_device(call, tx), call.now)


@operation("iam", "DeleteVirtualMFADevice", access="write")
def delete_virtual_mfa_device(call: Call, tx: Transaction) -> None:
    mfa_devices.delete(tx, _device(call, tx))


@operation("iam", "ListMFADevices", access="read")
def list_mfa_devices(call: Call, reader: Reader) -> dict[str, Any]:
    who = subject(call, reader)
    rows, end = page_of(call, mfa_devices.devices_of(reader, who.id), mfa_devices.place)
    return {"MFADevices": [{**who.named, **_enabled(row)} for row in rows], **end}


@operation("iam", "ListVirtualMFADevices", access="read")
def list_virtual_mfa_devices(call: Call, reader: Reader) -> dict[str, Any]:
    status = call.params.get("AssignmentStatus", "Any")
    rows = reader.page(MFA_DEVICE, call.account, parent=None)
    if status != "Any":
        rows = [row for row in rows if (row.body.owner is not None) == (status == "Assigned")]
    shown, end = page_of(call, rows, mfa_devices.place)
    return {"VirtualMFADevices": [_with_owner(call, reader, row) for row in shown], **end}


@operation("iam", "GetMFADevice", access="read")
def get_mfa_device(call: Call, reader: Reader) -> dict[str, Any]:
    if "UserName" in call.params:
        return {**subject(call, reader).named, **_enabled(_own_device(call, reader))}
    row = _device(call, reader)
    user = None if row.body.owner is None else reader.by_id(USER, row.body.owner)
    return {**({} if user is None else {"UserName": user.name}), **_enabled(row)}


@operation("iam", "TagMFADevice", access="write")
def tag_mfa_device(call: Call, tx: Transaction) -> None:
    row = _device(call, tx)
    _set_tags(call, tx, row, tags.merged(row.body.tags, tags.given(call), quota="TagsPerMFADevice"))


@operation("iam", "UntagMFADevice", access="write")
def untag_mfa_device(call: Call, tx: Transaction) -> None:
    row = _device(call, tx)
    _set_tags(call, tx, row, tags.without(row.body.tags, call.params["TagKeys"]))


@operation("iam", "ListMFADeviceTags", access="read")
def list_mfa_device_tags(call: Call, reader: Reader) -> dict[str, Any]:
    return tags.listed(call, _device(call, reader).body.tags)


def _set_tags(call: Call, tx: Transaction, row: Resource[MfaDevice], new: dict[str, str]) -> None:
    tx.update(row, msgspec.structs.replace(row.body, tags=new), updated=call.now)
    tx.bump(EPOCH, call.account)


def _device(call: Call, reader: Reader) -> Resource[MfaDevice]:
    return mfa_devices.load(reader, call.account, call.params["SerialNumber"])


def _own_device(call: Call, reader: Reader) -> Resource[MfaDevice]:
    return mfa_devices.load_of(reader, call.account, call.params["SerialNumber"], subject(call, reader).id)


def _codes(call: Call) -> tuple[str, str]:
    return call.params["AuthenticationCode1"], call.params["AuthenticationCode2"]


def _enabled(row: Resource[MfaDevice]) -> dict[str, Any]:
    answer: dict[str, Any] = {"SerialNumber": row.id}
    if row.body.enabled is not None:
        answer["EnableDate"] = row.body.enabled
    return answer


def _with_owner(call: Call, reader: Reader, row: Resource[MfaDevice]) -> dict[str, Any]:
    answer = _enabled(row)
    owner = row.body.owner
    if owner == call.account:
        answer["User"] = users.shown_root(reader, call.partition, call.account)
    elif owner is not None and (user := reader.by_id(USER, owner)) is not None:
        answer["User"] = users.brief(call.partition, user)
    return answer
