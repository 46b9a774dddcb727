"""GetParametersForImport, ImportKeyMaterial, DeleteImportedKeyMaterial, and the expiry of what was imported.

Source: KMS developer guide, "Importing key material for AWS KMS keys"; API reference of the three operations.
"""

from __future__ import annotations

from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.access.runtime import Runtime
from garrison.keys.material import Place
from garrison.keys.specs import SYMMETRIC_DEFAULT
from garrison.services.kms import due, multi_region, rows, service_events
from garrison.services.kms.answers import Later, kms_operation
from garrison.services.kms.domains import current_domain
from garrison.services.kms.errors import error, invalid_state, validation
from garrison.services.kms.located import arn_of, key_named
from garrison.services.kms.resources import EXTERNAL, MATERIALS, Key, Material
from garrison.services.kms.states import require_origin, require_state
from garrison.store import Reader, Resource, Transaction

_LONGEST = 365 * 86_400
_EXPIRES = "KEY_MATERIAL_EXPIRES"
_NEW = "NEW_KEY_MATERIAL"
_EXISTING = "EXISTING_KEY_MATERIAL"


@kms_operation("GetParametersForImport", access="read")
def get_parameters_for_import(call: Call, reader: Reader) -> dict[str, Any] | Later:
    params = call.params
    row = key_named(call, reader, params["KeyId"], aliases=False)
    arn = arn_of(row, call.partition)
    require_origin(row, arn, (EXTERNAL,))
    require_state(call, reader, row, arn)
    engine = call.runtime.keys

    def answer() -> dict[str, Any]:
        made = engine.import_parameters(
            arn, row.body.spec, params["WrappingKeySpec"], params["WrappingAlgorithm"], call.now
        )
        return {
            "KeyId": arn,
            "ImportToken": made.token,
            "PublicKey": made.public_key,
            "ParametersValidTo": made.expires,
        }

    return Later(answer)


def _valid_to(call: Call) -> float | None:
    """When the material expires. The texts of two of the three refusals are guesses."""
    given = call.params.get("ValidTo")
    if call.params.get("ExpirationModel", _EXPIRES) != _EXPIRES:
        if given is not None:
            raise validation("A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE")
        return None
    if given is None:
        raise validation("A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES")
    when = given if isinstance(given, int | float) else given.timestamp()
    if not call.now < when <= call.now + _LONGEST:
        raise validation("The validTo date must be in the future and at most 365 days away")
    return float(when)


@kms_operation("ImportKeyMaterial", access="write")
def import_key_material(call: Call, tx: Transaction) -> dict[str, Any]:
    params = call.params
    row = key_named(call, tx, params["KeyId"], aliases=False)
    arn = arn_of(row, call.partition)
    body = row.body
    require_origin(row, arn, (EXTERNAL,))
    require_state(call, tx, row, arn)
    valid_to = _valid_to(call)
    engine = call.runtime.keys
    secret = engine.unwrap(params["ImportToken"], params["EncryptedKeyMaterial"], arn, body.spec, call.now)
    id = engine.material_id(row.name, body.spec, secret)
    known = _known(call, row, arn, id)
    place = Place(row.account, row.region, row.name, body.spec, body.usage, body.origin)
    sealed = engine.adopt(place, current_domain(call.runtime, tx, row.account, row.region, call.now), secret)
    description = params.get("KeyMaterialDescription")
    if known is None:
        first = not body.materials
        material = Material(
            id=id, since=call.now if first else None, sealed=sealed, valid_to=valid_to, description=description
        )
        materials = (*body.materials, material)
        for other in multi_region.others(tx, row):
            # It belongs to all keys of the set; each of them has still to be given it.
            awaited = msgspec.structs.replace(material, sealed=None, valid_to=None)
            changed = msgspec.structs.replace(other.body, materials=(*other.body.materials, awaited))
            rows.update(call.runtime, tx, other, changed)
    else:
        again = msgspec.structs.replace(
            known, sealed=sealed, valid_to=valid_to, description=description or known.description
        )
        materials = tuple(again if one.id == id else one for one in body.materials)
    rows.update(call.runtime, tx, row, msgspec.structs.replace(body, materials=materials))
    tx.set_lookup(MATERIALS, f"{row.region}/{id}", row.id)
    if valid_to is not None:
        due.at(tx, valid_to, due.EXPIRE, row.id)
    call.noted["keyMaterialId"] = id
    return {"KeyId": arn, "KeyMaterialId": id} if body.spec == SYMMETRIC_DEFAULT else {"KeyId": arn}


def _known(call: Call, row: Resource[Key], arn: str, id: str) -> Material | None:
    """The material with that id if the key has it already, and may be given it again; None for new material.

    Raises `IncorrectKeyMaterialException`, and what is wrong with the way it was asked for.
    """
    params, body = call.params, row.body
    asked = params.get("ImportType")
    known = next((one for one in body.materials if one.id == id), None)
    if body.spec != SYMMETRIC_DEFAULT:
        if any(name in params for name in ("ImportType", "KeyMaterialId", "KeyMaterialDescription")):
            raise error("UnsupportedOperation", f"{arn} key spec is {body.spec} which is not valid for this operation.")
        if body.materials and known is None:
            raise error("IncorrectKeyMaterial")
    kind = asked or (_EXISTING if body.materials else _NEW)
    if body.spec == SYMMETRIC_DEFAULT:
        named = params.get("KeyMaterialId")
        if named is not None and kind == _NEW:
            raise validation("KeyMaterialId is not valid with ImportType NEW_KEY_MATERIAL.")  # the text is a guess
        if (named is not None and named != id) or (kind == _EXISTING and known is None):
            raise error("IncorrectKeyMaterial")
        if kind == _NEW and known is not None:
            raise error("IncorrectKeyMaterial")
    if known is None:
        if body.multi_region and not multi_region.is_primary(row):
            if body.spec == SYMMETRIC_DEFAULT and kind == _NEW:
                raise error("UnsupportedOperation", f"{arn} is not a multi-region primary key.")
            raise error("IncorrectKeyMaterial")
        pending = next((one for one in body.materials if one.since is None), None)
        if pending is not None:
            raise invalid_state(
                f"New key material (id: {id}) cannot be imported into KMS key {arn}, because another key material "
                f"(id: {pending.id}) is pending rotation."
            )
    return known


@kms_operation("DeleteImportedKeyMaterial", access="write")
def delete_imported_key_material(call: Call, tx: Transaction) -> dict[str, Any]:
    row = key_named(call, tx, call.params["KeyId"], aliases=False)
    arn = arn_of(row, call.partition)
    body = row.body
    require_origin(row, arn, (EXTERNAL,))
    require_state(call, tx, row, arn)
    current = body.current
    named = call.params.get("KeyMaterialId") or (None if current is None else current.id)
    if named is None:
        return {"KeyId": arn}
    material = next((one for one in body.materials if one.id == named), None)
    if material is None:
        raise error("NotFound", f"Key material {named} does not exist")  # the text is a guess
    if material.since is None and (not body.multi_region or multi_region.is_primary(row)):
        # It never became part of the key, so nothing is left of it; nor in the other keys of the set.
        for one in (row, *multi_region.others(tx, row)):
            kept = tuple(other for other in one.body.materials if other.id != named)
            rows.update(call.runtime, tx, one, msgspec.structs.replace(one.body, materials=kept))
    else:
        _take_away(call.runtime, tx, row, {named})
    call.noted["keyMaterialId"] = named
    return {"KeyId": arn, "KeyMaterialId": named} if body.spec == SYMMETRIC_DEFAULT else {"KeyId": arn}


def _take_away(runtime: Runtime, tx: Transaction, row: Resource[Key], ids: set[str]) -> None:
    materials = tuple(
        msgspec.structs.replace(one, sealed=None, valid_to=None) if one.id in ids else one for one in row.body.materials
    )
    rows.update(runtime, tx, row, msgspec.structs.replace(row.body, materials=materials))


def expire(runtime: Runtime, tx: Transaction, row: Resource[Key], now: float) -> None:
    """Delete the material of a key whose time is over."""
    over = {
        one.id
        for one in row.body.materials
        if one.sealed is not None and one.valid_to is not None and one.valid_to <= now
    }
    if not over:
        return
    _take_away(runtime, tx, row, over)
    for id in sorted(over):
        service_events.record(runtime, tx, "DeleteExpiredKeyMaterial", row, now, additional={"keyMaterialId": id})
