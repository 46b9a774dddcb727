"""Rotation: automatic, on demand, and the list of what was rotated.

Old material stays for ever, so that what was encrypted with it can be decrypted.
Source: KMS developer guide, "Rotate AWS KMS keys"; API reference of the five operations.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.keys.material import Place
from garrison.keys.specs import SYMMETRIC_DEFAULT
from garrison.services.kms import due, multi_region, quotas, rows, service_events
from garrison.services.kms.answers import kms_operation
from garrison.services.kms.domains import current_domain
from garrison.services.kms.errors import error, invalid_state, limit_exceeded
from garrison.services.kms.located import arn_of, key_named
from garrison.services.kms.paging import after, limit, page
from garrison.services.kms.resources import AWS_KMS, EXTERNAL, MATERIALS, Key, Material
from garrison.services.kms.states import require_origin, require_state
from garrison.store import Reader, Resource, Transaction

DAY = 86_400
DEFAULT_PERIOD = 365
_SOON = 20 * 60
"""Seconds before an automatic rotation in which none is done on demand."""

AUTOMATIC = "AUTOMATIC"
ON_DEMAND = "ON_DEMAND"


def _rotating_key(call: Call, tx: Transaction) -> tuple[Resource[Key], str]:
    """The key whose automatic rotation a call turns on or off."""
    row = key_named(call, tx, call.params["KeyId"], aliases=False)
    arn = arn_of(row, call.partition)
    _require_symmetric(row)
    require_origin(row, arn, (AWS_KMS,))
    if row.body.multi_region:
        multi_region.require_primary(row, arn)
    require_state(call, tx, row, arn)
    return row, arn


def _require_symmetric(row: Resource[Key]) -> None:
    if row.body.spec != SYMMETRIC_DEFAULT:
        raise error("UnsupportedOperation")


@kms_operation("EnableKeyRotation", access="write")
def enable_key_rotation(call: Call, tx: Transaction) -> None:
    row, _ = _rotating_key(call, tx)
    period = int(call.params.get("RotationPeriodInDays", row.body.rotation_period or DEFAULT_PERIOD))
    _set(call.runtime, tx, row, period, call.now + period * DAY)


@kms_operation("DisableKeyRotation", access="write")
def disable_key_rotation(call: Call, tx: Transaction) -> None:
    row, _ = _rotating_key(call, tx)
    _set(call.runtime, tx, row, None, None)


def _set(runtime: Runtime, tx: Transaction, row: Resource[Key], period: int | None, when: float | None) -> None:
    for one in (row, *multi_region.others(tx, row)):
        rows.update(runtime, tx, one, msgspec.structs.replace(one.body, rotation_period=period, rotates=when))
    if when is not None:
        due.at(tx, when, due.ROTATE, row.id)


@kms_operation("GetKeyRotationStatus", access="read")
def get_key_rotation_status(call: Call, reader: Reader) -> dict[str, Any]:
    row = key_named(call, reader, call.params["KeyId"], aliases=False)
    arn = arn_of(row, call.partition)
    body = row.body
    if body.store is not None:
        require_origin(row, arn, (AWS_KMS, EXTERNAL))
    require_state(call, reader, row, arn)
    answer: dict[str, Any] = {"KeyRotationEnabled": body.rotation_period is not None, "KeyId": arn}
    if body.rotation_period is not None:
        answer |= {"RotationPeriodInDays": body.rotation_period, "NextRotationDate": body.rotates}
    return answer


@kms_operation("RotateKeyOnDemand", access="write")
def rotate_key_on_demand(call: Call, tx: Transaction) -> dict[str, Any]:
    row = key_named(call, tx, call.params["KeyId"], aliases=False)
    arn = arn_of(row, call.partition)
    body = row.body
    _require_symmetric(row)
    require_origin(row, arn, (AWS_KMS, EXTERNAL))
    if body.multi_region:
        multi_region.require_primary(row, arn)
    require_state(call, tx, row, arn)
    if body.on_demand >= quotas.ON_DEMAND_ROTATIONS:
        raise limit_exceeded(
            "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be "
            f"performed for this key: {arn}"
        )
    if body.rotates is not None and body.rotates - call.now < _SOON:
        raise error("Conflict", f"An automatic rotation of {arn} is in progress or about to begin.")  # a guess
    if body.origin == EXTERNAL:
        _promote(call, tx, row, arn)
    else:
        _rotate(call.runtime, tx, row, ON_DEMAND, call.now)
    return {"KeyId": arn}


def _rotate(runtime: Runtime, tx: Transaction, row: Resource[Key], kind: str, now: float) -> Resource[Key]:
    """Fresh material for a key, and for all keys of its set."""
    body = row.body
    place = Place(row.account, row.region, row.name, body.spec, body.usage, body.origin)
    sealed = runtime.keys.generate(place, current_domain(runtime, tx, row.account, row.region, now))
    material = Material(id=sealed.id, since=now, rotation=kind, sealed=sealed)
    tx.set_lookup(MATERIALS, f"{row.region}/{sealed.id}", row.id)
    rotated = _with(runtime, tx, row, material, kind)
    service_events.record(runtime, tx, "RotateKey", row, now, additional={"keyMaterialId": material.id})
    for other in multi_region.others(tx, row):
        there = multi_region.moved(runtime, tx, row, material, other.region, now)
        _with(runtime, tx, other, there, kind)
        service_events.record(runtime, tx, "SynchronizeMultiRegionKey", other, now)
    return rotated


def _with(runtime: Runtime, tx: Transaction, row: Resource[Key], material: Material, kind: str) -> Resource[Key]:
    body = row.body
    count = body.on_demand + (1 if kind == ON_DEMAND else 0)
    materials = (*body.materials, material)
    return rows.update(runtime, tx, row, msgspec.structs.replace(body, materials=materials, on_demand=count))


def _promote(call: Call, tx: Transaction, row: Resource[Key], arn: str) -> None:
    """The imported material that waits for its rotation becomes the current one."""
    pending = next((one for one in row.body.materials if one.since is None and one.sealed is not None), None)
    set_ = (row, *multi_region.others(tx, row))
    if pending is None or not all(_imported(one.body, pending.id) for one in set_):
        raise invalid_state(f"No available key material pending rotation for the key: {arn}.")
    for one in set_:
        materials = tuple(
            msgspec.structs.replace(material, since=call.now, rotation=ON_DEMAND)
            if material.id == pending.id
            else material
            for material in one.body.materials
        )
        body = msgspec.structs.replace(one.body, materials=materials, on_demand=one.body.on_demand + 1)
        rows.update(call.runtime, tx, one, body)
        service_events.record(call.runtime, tx, "RotateKey", one, call.now, additional={"keyMaterialId": pending.id})


def _imported(body: Key, material: str) -> bool:
    return any(one.id == material and one.sealed is not None for one in body.materials)


def rotate_if_due(runtime: Runtime, tx: Transaction, row: Resource[Key], now: float) -> Resource[Key]:
    """Rotate a key whose automatic rotation is due, unless it pauses: disabled, or waiting for its deletion.

    A key that comes back rotates then (API reference, `EnableKeyRotation`).
    """
    body = row.body
    if body.rotation_period is None or body.rotates is None or body.rotates > now:
        return row
    if body.multi_region and not multi_region.is_primary(row):
        # It follows its primary, which may have changed since.
        return row
    if not body.enabled or body.window is not None:
        return row
    _rotate(runtime, tx, row, AUTOMATIC, now)
    when = now + body.rotation_period * DAY
    again = rows.checked(runtime, _again(tx, row))
    _set(runtime, tx, again, body.rotation_period, when)
    return _again(tx, row)


def _again(tx: Transaction, row: Resource[Key]) -> Resource[Key]:
    found = tx.by_id(row.kind, row.id)
    assert found is not None
    return found


@kms_operation("ListKeyRotations", access="read")
def list_key_rotations(call: Call, reader: Reader) -> dict[str, Any]:
    row = key_named(call, reader, call.params["KeyId"], aliases=False)
    arn = arn_of(row, call.partition)
    _require_symmetric(row)
    require_origin(row, arn, (AWS_KMS, EXTERNAL))
    size = limit(call, 100, 1000)
    every = call.params.get("IncludeKeyMaterial") == "ALL_KEY_MATERIAL"
    current = row.body.current
    listed = [
        (f"{n:06d}", material)
        for n, material in enumerate(row.body.materials)
        if every or (material.since is not None and material.rotation is not None)
    ]
    start = after(call)
    found = [entry for entry in listed if entry[0] > start][: size + 1] if start else listed[: size + 1]

    def shown(entry: tuple[str, Material]) -> dict[str, Any]:
        return _entry(row, arn, entry[1], current, set_ready=_set_ready(reader, row, entry[1]))

    return page(call, "Rotations", found, size, lambda entry: entry[0], shown)


def _set_ready(reader: Reader, row: Resource[Key], material: Material) -> bool:
    return material.since is not None or all(
        _imported(other.body, material.id) for other in multi_region.others(reader, row)
    )


def _entry(
    row: Resource[Key], arn: str, material: Material, current: Material | None, *, set_ready: bool
) -> dict[str, Any]:
    if material.since is None:
        state = "PENDING_ROTATION" if set_ready else "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
    else:
        state = "CURRENT" if current is not None and material.id == current.id else "NON_CURRENT"
    entry: dict[str, Any] = {"KeyId": arn, "KeyMaterialId": material.id, "KeyMaterialState": state}
    if material.rotation is not None:
        entry |= {"RotationDate": material.since, "RotationType": material.rotation}
    if row.body.origin == EXTERNAL:
        entry["ImportState"] = "PENDING_IMPORT" if material.sealed is None else "IMPORTED"
        if material.description is not None:
            entry["KeyMaterialDescription"] = material.description
        if material.sealed is not None:
            expires = material.valid_to is not None
            entry["ExpirationModel"] = "KEY_MATERIAL_EXPIRES" if expires else "KEY_MATERIAL_DOES_NOT_EXPIRE"
            if expires:
                entry["ValidTo"] = material.valid_to
    return entry
