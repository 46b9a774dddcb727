"""The table of the developer guide, "Key states of AWS KMS keys", cell by cell.

Columns: enabled, disabled, pending deletion, pending replica deletion, pending import, unavailable, creating, updating.
Cells: `Y`, or what the operation fails with; `-` where a key of the kind the operation needs cannot be in that state.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from garrison.aws.errors import AwsError
from garrison.services.kms import rows
from garrison.services.kms.resources import KEY, Key
from garrison.services.kms.stores import CUSTOM_KEY_STORE, CustomKeyStore
from tests.services.kms.house import ACCOUNT, REGION, KmsHouse

STATES = (
    "Enabled", "Disabled", "PendingDeletion", "PendingReplicaDeletion", "PendingImport", "Unavailable", "Creating",
    "Updating",
)  # fmt: skip

ERRORS = {
    "disabled": ("Disabled", "{} is disabled."),
    "deletion": ("KMSInvalidState", "{} is pending deletion."),
    "replica": ("KMSInvalidState", "{} is pending replica deletion."),
    "not": ("KMSInvalidState", "{} is not pending deletion."),
    "import": ("KMSInvalidState", "{} is pending import."),
    "unavailable": ("KMSInvalidState", "{} is unavailable."),
    "creating": ("KMSInvalidState", "{} is creating."),
    "updating": ("KMSInvalidState", "{} is updating."),
    "external": ("UnsupportedOperation", "{} origin is EXTERNAL which is not valid for this operation."),
    "xks": ("UnsupportedOperation", "{} origin is EXTERNAL_KEY_STORE which is not valid for this operation."),
}

TABLE = """
Encrypt                   Y disabled deletion replica import   unavailable creating Y
Decrypt                   Y disabled deletion replica import   unavailable creating Y
ReEncrypt                 Y disabled deletion replica import   unavailable creating Y
GenerateDataKey           Y disabled deletion replica import   unavailable creating Y
GenerateDataKeyWithoutPlaintext Y disabled deletion replica import unavailable creating Y
GenerateDataKeyPair       Y disabled deletion replica import   unavailable creating Y
GenerateDataKeyPairWithoutPlaintext Y disabled deletion replica import unavailable creating Y
CreateGrant               Y disabled deletion replica import   Y           creating Y
Sign                      Y disabled deletion replica import   -           creating Y
Verify                    Y disabled deletion replica import   -           creating Y
GetPublicKey              Y disabled deletion replica import   -           creating Y
GenerateMac               Y disabled deletion replica import   -           creating Y
VerifyMac                 Y disabled deletion replica import   -           creating Y
DeriveSharedSecret        Y disabled deletion replica import   -           creating Y
Encapsulate               Y disabled deletion replica import   -           creating Y
Decapsulate               Y disabled deletion replica import   -           creating Y
CreateAlias               Y Y        deletion replica Y        Y           Y        Y
UpdateAlias               Y Y        deletion replica Y        Y           Y        Y
TagResource               Y Y        deletion replica Y        Y           Y        Y
UntagResource             Y Y        deletion replica Y        Y           Y        Y
UpdateKeyDescription      Y Y        deletion replica Y        Y           Y        Y
DeleteAlias               Y Y        Y        Y       Y        Y           Y        Y
DescribeKey               Y Y        Y        Y       Y        Y           Y        Y
GetKeyPolicy              Y Y        Y        Y       Y        Y           Y        Y
ListKeyPolicies           Y Y        Y        Y       Y        Y           Y        Y
PutKeyPolicy              Y Y        Y        Y       Y        Y           Y        Y
ListGrants                Y Y        Y        Y       Y        Y           Y        Y
ListResourceTags          Y Y        Y        Y       Y        Y           Y        Y
RetireGrant               Y Y        Y        Y       Y        Y           Y        Y
RevokeGrant               Y Y        Y        Y       Y        Y           Y        Y
EnableKey                 Y Y        deletion replica import   Y           creating updating
DisableKey                Y Y        deletion replica import   Y           creating updating
EnableKeyRotation         Y disabled deletion replica external xks         creating Y
DisableKeyRotation        Y disabled deletion replica external xks         creating Y
GetKeyRotationStatus      Y Y        Y        Y       Y        xks         Y        Y
GetParametersForImport    Y Y        deletion replica Y        xks         creating updating
ImportKeyMaterial         Y Y        deletion replica Y        xks         creating Y
DeleteImportedKeyMaterial Y Y        Y        Y       Y        xks         creating updating
ScheduleKeyDeletion       Y Y        deletion replica Y        Y           Y        updating
CancelKeyDeletion         not not    Y        Y       not      not         not      not
ReplicateKey              Y disabled deletion replica import   -           creating updating
UpdatePrimaryRegion       Y disabled deletion replica import   -           creating Y
"""

CELLS = [
    (operation, state, cell)
    for operation, *cells in (line.split() for line in TABLE.strip().splitlines())
    for state, cell in zip(STATES, cells, strict=True)
    if cell != "-"
]

SPEC_OF = {
    "Sign": ("ECC_NIST_P256", "SIGN_VERIFY"),
    "Verify": ("ECC_NIST_P256", "SIGN_VERIFY"),
    "GetPublicKey": ("ECC_NIST_P256", "SIGN_VERIFY"),
    "GenerateMac": ("HMAC_256", "GENERATE_VERIFY_MAC"),
    "VerifyMac": ("HMAC_256", "GENERATE_VERIFY_MAC"),
    "DeriveSharedSecret": ("ECC_NIST_P256", "KEY_AGREEMENT"),
    "Encapsulate": ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE"),
    "Decapsulate": ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE"),
}
IMPORTING = ("GetParametersForImport", "ImportKeyMaterial", "DeleteImportedKeyMaterial")
MULTI_REGION = ("ReplicateKey", "UpdatePrimaryRegion")

_names = (f"alias/state-{n}" for n in itertools.count())


class Case:
    """A key in a state, and an operation on it."""

    def __init__(self, house: KmsHouse, operation: str) -> None:
        self.house = house
        spec, usage = SPEC_OF.get(operation, ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"))
        self.key = house.key(KeySpec=spec, KeyUsage=usage, MultiRegion=operation in MULTI_REGION)
        if operation == "UpdatePrimaryRegion":
            house.kms("ReplicateKey", KeyId=self.key, ReplicaRegion="eu-west-1")
        self.params = self.parameters(operation)
        if operation in IMPORTING:
            self.change(origin="EXTERNAL")

    def change(self, **members: Any) -> None:
        def write(tx: Any) -> None:
            row = tx.get(KEY, ACCOUNT, self.key, region=REGION)
            body: Key = msgspec.structs.replace(row.body, **members)
            rows.update(self.house.runtime, tx, row, body)

        self.house.store.writing(write)

    def put_in(self, state: str) -> None:
        now = self.house.clock.now()
        match state:
            case "Disabled":
                self.change(enabled=False)
            case "PendingDeletion":
                self.change(window=7, deletion=now + 7 * 86400)
            case "PendingReplicaDeletion":
                self.change(window=7)
            case "PendingImport":
                self.change(origin="EXTERNAL", materials=())
            case "Unavailable":
                self.change(origin="EXTERNAL_KEY_STORE", store=_store(self.house))
            case "Creating" | "Updating":
                self.change(transient=state, settled=now + 10)

    def parameters(self, operation: str) -> dict[str, Any]:
        house, key = self.house, self.key
        of: dict[str, Callable[[], dict[str, Any]]] = {
            "Encrypt": lambda: {"Plaintext": b"x"},
            "Decrypt": lambda: {"CiphertextBlob": house.kms("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"]},
            "ReEncrypt": lambda: {
                "CiphertextBlob": house.kms("Encrypt", KeyId=key, Plaintext=b"x")["CiphertextBlob"],
                "DestinationKeyId": house.key(),
            },
            "GenerateDataKey": lambda: {"KeySpec": "AES_256"},
            "GenerateDataKeyWithoutPlaintext": lambda: {"KeySpec": "AES_256"},
            "GenerateDataKeyPair": lambda: {"KeyPairSpec": "ECC_NIST_P256"},
            "GenerateDataKeyPairWithoutPlaintext": lambda: {"KeyPairSpec": "ECC_NIST_P256"},
            "CreateGrant": lambda: {"GranteePrincipal": ACCOUNT, "Operations": ["DescribeKey"]},
            "Sign": lambda: {"Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256"},
            "Verify": lambda: {
                "Message": b"x", "SigningAlgorithm": "ECDSA_SHA_256",
                "Signature": house.kms("Sign", KeyId=key, Message=b"x", SigningAlgorithm="ECDSA_SHA_256")["Signature"],
            },
            "GenerateMac": lambda: {"Message": b"x", "MacAlgorithm": "HMAC_SHA_256"},
            "VerifyMac": lambda: {
                "Message": b"x", "MacAlgorithm": "HMAC_SHA_256",
                "Mac": house.kms("GenerateMac", KeyId=key, Message=b"x", MacAlgorithm="HMAC_SHA_256")["Mac"],
            },
            "DeriveSharedSecret": lambda: {
                "KeyAgreementAlgorithm": "ECDH", "PublicKey": house.kms("GetPublicKey", KeyId=key)["PublicKey"],
            },
            "Encapsulate": lambda: {"EncapsulationAlgorithm": "ML_KEM"},
            "Decapsulate": lambda: {
                "EncapsulationAlgorithm": "ML_KEM",
                "SharedSecretCiphertextBlob": house.kms("Encapsulate", KeyId=key, EncapsulationAlgorithm="ML_KEM")[
                    "SharedSecretCiphertextBlob"
                ],
            },
            "TagResource": lambda: {"Tags": [{"TagKey": "a", "TagValue": "b"}]},
            "UntagResource": lambda: {"TagKeys": ["a"]},
            "UpdateKeyDescription": lambda: {"Description": "new"},
            "PutKeyPolicy": lambda: {"Policy": house.kms("GetKeyPolicy", KeyId=key)["Policy"]},
            "RetireGrant": self._grant,
            "RevokeGrant": self._grant,
            "GetParametersForImport": lambda: {
                "WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048",
            },
            "ImportKeyMaterial": lambda: {
                "ImportToken": b"no token", "EncryptedKeyMaterial": b"x",
                "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE",
            },
            "ReplicateKey": lambda: {"ReplicaRegion": "eu-west-1"},
            "UpdatePrimaryRegion": lambda: {"PrimaryRegion": "eu-west-1"},
            "CreateAlias": lambda: {"AliasName": next(_names)},
            "UpdateAlias": lambda: {"AliasName": self._alias(house.key())},
            "DeleteAlias": lambda: {"AliasName": self._alias(key)},
        }  # fmt: skip
        made = of.get(operation, dict)()
        if operation in ("CreateAlias", "UpdateAlias"):
            return {"TargetKeyId": key, **made}
        return made if operation == "DeleteAlias" else {"KeyId": key, **made}

    def _grant(self) -> dict[str, Any]:
        made = self.house.kms("CreateGrant", KeyId=self.key, GranteePrincipal=ACCOUNT, Operations=["DescribeKey"])
        return {"GrantId": made["GrantId"]}

    def _alias(self, target: str) -> str:
        name = next(_names)
        self.house.kms("CreateAlias", AliasName=name, TargetKeyId=target)
        return name


def _store(house: KmsHouse) -> str:
    id = "cks-0123456789abcdef0"

    def make(tx: Any) -> None:
        if tx.by_id(CUSTOM_KEY_STORE, id) is None:
            body = CustomKeyStore(type="EXTERNAL_KEY_STORE")
            rows.insert(house.runtime, tx, CUSTOM_KEY_STORE, ACCOUNT, "away", body, id=id, region=REGION, created=0.0)

    house.store.writing(make)
    return id


@pytest.mark.parametrize(("operation", "state", "cell"), CELLS, ids=[f"{o}-{s}" for o, s, _ in CELLS])
def test_an_operation_does_on_a_key_in_a_state_what_the_table_says(
    house: KmsHouse, operation: str, state: str, cell: str
) -> None:
    case = Case(house, operation)
    case.put_in(state)
    if operation != "UpdatePrimaryRegion" or state != "PendingReplicaDeletion":
        assert house.describe(case.key)["KeyState"] == state
    try:
        house.kms(operation, **case.params)
        found: tuple[str, str] | None = None
    except AwsError as e:
        found = e.code.removesuffix("Exception"), e.message
    if cell == "Y":
        # The token above is none, which is noticed after the state.
        assert found is None or (operation == "ImportKeyMaterial" and found[0] == "InvalidImportToken")
    else:
        name, text = ERRORS[cell]
        assert found == (name, text.format(house.arn(case.key)))
