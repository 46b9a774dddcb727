"""`KeyMetadata`: a key as DescribeKey and CreateKey show it. Source: KMS API reference, `KeyMetadata`."""

from __future__ import annotations

from typing import Any

from garrison.keys.specs import SPECS, SYMMETRIC_DEFAULT
from garrison.services.kms.resources import EXTERNAL, EXTERNAL_KEY_STORE, Key
from garrison.services.kms.states import ENABLED, PENDING_IMPORT, PENDING_REPLICA_DELETION, state
from garrison.store import Reader, Resource

MEMBER_OF_USAGE = {
    "ENCRYPT_DECRYPT": "EncryptionAlgorithms",
    "SIGN_VERIFY": "SigningAlgorithms",
    "GENERATE_VERIFY_MAC": "MacAlgorithms",
    "KEY_AGREEMENT": "KeyAgreementAlgorithms",
    "ENCAPSULATE_DECAPSULATE": "EncapsulationAlgorithms",
}
"""Which member lists the algorithms of a usage."""


def metadata(reader: Reader, row: Resource[Key], partition: str, now: float, **instead: Any) -> dict[str, Any]:
    """The metadata of a key; `instead` are members that take the place of what would be shown."""
    body = row.body
    found = state(reader, row, now)
    spec = SPECS[body.spec]
    shown: dict[str, Any] = {
        "AWSAccountId": row.account,
        "KeyId": row.name,
        "Arn": f"arn:{partition}:kms:{row.region}:{row.account}:key/{row.name}",
        "CreationDate": row.created,
        "Enabled": found == ENABLED,
        "Description": body.description,
        "KeyUsage": body.usage,
        "KeyState": found,
        "Origin": body.origin,
        "KeyManager": body.manager,
        "CustomerMasterKeySpec": body.spec,
        "KeySpec": body.spec,
        MEMBER_OF_USAGE[body.usage]: list(spec.usages[body.usage]),
        "MultiRegion": body.multi_region,
    }
    if body.multi_region:
        shown["MultiRegionConfiguration"] = configuration(row, partition)
    if body.deletion is not None:
        shown["DeletionDate"] = body.deletion
    if found == PENDING_REPLICA_DELETION:
        shown["PendingDeletionWindowInDays"] = body.window
    if body.origin == EXTERNAL:
        here = [material for material in body.materials if material.sealed is not None]
        if here and found != PENDING_IMPORT:
            ends = [material.valid_to for material in here if material.valid_to is not None]
            shown["ExpirationModel"] = "KEY_MATERIAL_EXPIRES" if ends else "KEY_MATERIAL_DOES_NOT_EXPIRE"
            if ends:
                shown["ValidTo"] = min(ends)
    if body.store is not None:
        shown["CustomKeyStoreId"] = body.store
        if body.origin == EXTERNAL_KEY_STORE:
            shown["XksKeyConfiguration"] = {"Id": body.external_id}
    elif body.spec == SYMMETRIC_DEFAULT and found != PENDING_IMPORT and body.current is not None:
        shown["CurrentKeyMaterialId"] = body.current.id
    return shown | instead


def configuration(row: Resource[Key], partition: str) -> dict[str, Any]:
    """`MultiRegionConfiguration`: a multi-Region key's primary and its replicas."""
    body = row.body

    def member(region: str) -> dict[str, str]:
        return {"Arn": f"arn:{partition}:kms:{region}:{row.account}:key/{row.name}", "Region": region}

    primary = body.primary or row.region
    return {
        "MultiRegionKeyType": "PRIMARY" if primary == row.region else "REPLICA",
        "PrimaryKey": member(primary),
        "ReplicaKeys": [member(region) for region in body.regions if region != primary],
    }
