"""Key states, and what may be done in each. Source: KMS developer guide, "Key states of AWS KMS keys".

`TABLE` is the guide's table. A cell is `Y`, or the number of the guide's note that says how the call fails. Notes 6, 7
and 9 are about the origin of a key rather than its state, and are `require_origin`'s.
"""

from __future__ import annotations

from collections.abc import Collection

from garrison.access.call import Call
from garrison.aws.errors import AwsError
from garrison.services.kms.errors import error, invalid_state, unsupported_origin
from garrison.services.kms.resources import EXTERNAL, Key
from garrison.services.kms.stores import connected
from garrison.store import Reader, Resource

CREATING = "Creating"
ENABLED = "Enabled"
DISABLED = "Disabled"
PENDING_DELETION = "PendingDeletion"
PENDING_REPLICA_DELETION = "PendingReplicaDeletion"
PENDING_IMPORT = "PendingImport"
UNAVAILABLE = "Unavailable"
UPDATING = "Updating"

_COLUMNS = (ENABLED, DISABLED, PENDING_DELETION, PENDING_IMPORT, UNAVAILABLE, CREATING, UPDATING)

CRYPTOGRAPHY = (
    "Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext", "Sign", "Verify", "GenerateMac", "VerifyMac", "GetPublicKey",
    "DeriveSharedSecret", "Encapsulate", "Decapsulate",
)  # fmt: skip
_ANYWHERE = (
    "DeleteAlias", "DescribeKey", "GetKeyPolicy", "ListKeyPolicies", "PutKeyPolicy", "ListGrants", "ListAliases",
    "ListResourceTags", "ListKeyRotations", "ListRetirableGrants", "RetireGrant", "RevokeGrant", "GetKeyLastUsage",
    "GetKeyRotationStatus",
)  # fmt: skip

_ROWS: tuple[tuple[tuple[str, ...], str], ...] = (
    #                                                                              E  D  PD PI U  C  Up
    (CRYPTOGRAPHY,                                                                "Y  1  3  5  11 14 Y"),
    (("CreateGrant",),                                                            "Y  1  3  5  Y  14 Y"),
    (("CreateAlias", "UpdateAlias", "TagResource", "UntagResource",
      "UpdateKeyDescription"),                                                    "Y  Y  3  Y  Y  Y  Y"),
    (_ANYWHERE,                                                                   "Y  Y  Y  Y  Y  Y  Y"),
    (("EnableKey", "DisableKey"),                                                 "Y  Y  3  5  Y  14 15"),
    (("EnableKeyRotation", "DisableKeyRotation", "RotateKeyOnDemand"),            "Y  1  3  5  11 14 Y"),
    (("GetParametersForImport",),                                                 "Y  Y  3  Y  11 14 15"),
    (("ImportKeyMaterial",),                                                      "Y  Y  3  Y  11 14 Y"),
    (("DeleteImportedKeyMaterial",),                                              "Y  Y  Y  Y  11 14 15"),
    (("ScheduleKeyDeletion",),                                                    "Y  Y  3  Y  Y  Y  15"),
    (("CancelKeyDeletion",),                                                      "4  4  Y  4  4  4  4"),
    (("ReplicateKey",),                                                           "Y  1  3  5  11 14 15"),
    (("UpdatePrimaryRegion",),                                                    "Y  1  3  5  11 14 Y"),
)  # fmt: skip

TABLE: dict[str, dict[str, str]] = {}
"""Operation -> state -> `Y` or the number of a note."""
for _operations, _row in _ROWS:
    for _operation in _operations:
        TABLE[_operation] = dict(zip(_COLUMNS, _row.split(), strict=True))
        TABLE[_operation][PENDING_REPLICA_DELETION] = TABLE[_operation][PENDING_DELETION]

_NOTES = {
    "1": ("Disabled", "{} is disabled."),
    "3": ("KMSInvalidState", "{} is pending deletion."),
    # Recorded texts end here; AWS's console calls the two states by one name.
    "3r": ("KMSInvalidState", "{} is pending replica deletion."),
    "4": ("KMSInvalidState", "{} is not pending deletion."),
    "5": ("KMSInvalidState", "{} is pending import."),
    "11": ("KMSInvalidState", "{} is unavailable."),
    "14": ("KMSInvalidState", "{} is creating."),
    "15": ("KMSInvalidState", "{} is updating."),
}


def gone(body: Key, now: float) -> bool:
    """Whether the waiting period is over: there is no such key any more, even before its row is cleared away."""
    return body.deletion is not None and body.deletion <= now


def imported(body: Key, now: float) -> bool:
    """Whether every material that belongs to a key with imported material is here and has not expired."""
    owned = [material for material in body.materials if material.since is not None]
    return bool(owned) and all(
        material.sealed is not None and (material.valid_to is None or material.valid_to > now) for material in owned
    )


def state(reader: Reader, row: Resource[Key], now: float) -> str:
    """The state of a key that is not `gone`."""
    body = row.body
    if body.window is not None:
        return PENDING_REPLICA_DELETION if body.deletion is None else PENDING_DELETION
    if body.transient is not None and now < body.settled:
        return body.transient
    if body.origin == EXTERNAL and not imported(body, now):
        return PENDING_IMPORT
    if body.store is not None and not connected(reader, row.account, row.region, body.store):
        return UNAVAILABLE
    return ENABLED if body.enabled else DISABLED


def require_state(call: Call, reader: Reader, row: Resource[Key], arn: str) -> None:
    """Raise the error the table has for this operation on a key in its present state."""
    body = row.body
    if body.enabled and body.window is None and body.transient is None and body.origin == "AWS_KMS":
        # What nearly every call finds: enabled.
        now = ENABLED
    else:
        now = state(reader, row, call.now)
    note = TABLE[call.operation][now]
    if note != "Y":
        raise refusal(note, arn, now)


def refusal(note: str, arn: str, state: str) -> AwsError:
    """The error of one of the table's notes."""
    if note == "3" and state == PENDING_REPLICA_DELETION:
        note = "3r"
    name, text = _NOTES[note]
    return error(name, text.format(arn)) if name != "KMSInvalidState" else invalid_state(text.format(arn))


def require_origin(row: Resource[Key], arn: str, origins: Collection[str]) -> None:
    """Raise `UnsupportedOperationException` unless the key's material comes from one of `origins`."""
    if row.body.origin not in origins:
        raise unsupported_origin(arn, row.body.origin)
