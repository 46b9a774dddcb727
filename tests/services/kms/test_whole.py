"""A database that somebody else has written to: what is noticed, and that nothing of it is believed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from garrison.aws.errors import AwsError
from garrison.keys.errors import Sealed, Tampered
from garrison.services.kms import whole
from garrison.services.kms.domains import DOMAIN_KEY
from garrison.services.kms.resources import KEY
from tests.keys.leaks import key_bytes_in
from tests.services.kms.house import ACCOUNT, REGION, KmsHouse

CONTEXT = {"tenant": "1"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[KmsHouse]:
    house = KmsHouse(tmp_path / "data")
    yield house
    house.close()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "data" / "garrison.db"


def blob_of(house: KmsHouse, key: str) -> bytes:
    return bytes(house.kms("Encrypt", KeyId=key, Plaintext=b"secret", EncryptionContext=CONTEXT)["CiphertextBlob"])


def opened(house: KmsHouse, blob: bytes) -> bytes:
    return bytes(house.kms("Decrypt", CiphertextBlob=blob, EncryptionContext=CONTEXT)["Plaintext"])


def test_all_material_moves_to_new_domain_keys_and_the_old_ones_are_destroyed(house: KmsHouse) -> None:
    keys = [house.key() for _ in range(3)]
    rotated = keys[0]
    blobs = [blob_of(house, key) for key in keys]
    house.kms("RotateKeyOnDemand", KeyId=rotated)
    blobs.append(blob_of(house, rotated))
    primary = house.key(MultiRegion=True)
    house.kms("ReplicateKey", KeyId=primary, ReplicaRegion="eu-west-1")
    with house.store.reading() as reader:
        before = {row.id for row in reader.page(DOMAIN_KEY, ACCOUNT, region=REGION)}
    house.clock.advance(1)
    assert whole.rotate_domain_keys(house.runtime) == 5
    with house.store.reading() as reader:
        after = {row.id for row in reader.page(DOMAIN_KEY, ACCOUNT, region=REGION)}
        used = {
            m.sealed.domain for row in reader.page(KEY, ACCOUNT, region=REGION) for m in row.body.materials if m.sealed
        }
    assert used == after
    assert not before & after
    house.runtime.keys.forget()
    assert [opened(house, blob) for blob in blobs] == [b"secret"] * 4
    assert whole.verify(house.runtime) == 5


def test_a_row_put_back_as_it_was_is_found_by_looking_at_the_whole(house: KmsHouse, database: Path) -> None:
    key = house.key()
    with sqlite3.connect(database) as db:
        old = db.execute("SELECT body, version, updated FROM resources WHERE kind = 'kms.key'").fetchone()
    house.kms("DisableKey", KeyId=key)
    assert whole.verify(house.runtime) == 1
    with sqlite3.connect(database) as db:
        db.execute("UPDATE resources SET body = ?, version = ?, updated = ? WHERE kind = 'kms.key'", old)
    with pytest.raises(Tampered):
        whole.verify(house.runtime)


@pytest.mark.parametrize("kind", ["kms.key", "kms.alias", "kms.grant"])
def test_a_missing_row_is_found_by_looking_at_the_whole(house: KmsHouse, database: Path, kind: str) -> None:
    key = house.key()
    house.kms("CreateAlias", AliasName="alias/app", TargetKeyId=key)
    house.kms("CreateGrant", KeyId=key, GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:root", Operations=["Decrypt"])
    assert whole.verify(house.runtime) == 3
    with sqlite3.connect(database) as db:
        assert db.execute("DELETE FROM resources WHERE kind = ?", (kind,)).rowcount == 1
    with pytest.raises(Tampered, match="2 rows, where the ledger has 3"):
        whole.verify(house.runtime)


@pytest.mark.parametrize("kind", ["kms.key", "kms.alias"])
def test_a_name_pointed_at_anothers_row_is_not_followed(house: KmsHouse, database: Path, kind: str) -> None:
    """Names are looked up by a column of their own; two rows' swapped ones must not swap the rows."""
    keys = [house.key() for _ in range(2)]
    for n, key in enumerate(keys):
        house.kms("CreateAlias", AliasName=f"alias/app{n}", TargetKeyId=key)
    with sqlite3.connect(database) as db:
        one, other = (r[0] for r in db.execute("SELECT name_key FROM resources WHERE kind = ?", (kind,)).fetchall())
        for old, new in ((one, "x"), (other, one), ("x", other)):
            db.execute("UPDATE resources SET name_key = ? WHERE kind = ? AND name_key = ?", (new, kind, old))
    named = keys[0] if kind == "kms.key" else "alias/app0"
    with pytest.raises(Tampered):
        house.kms("Encrypt", KeyId=named, Plaintext=b"secret")


def test_a_changed_row_is_not_made_good_by_writing_to_it_on_the_side(house: KmsHouse, database: Path) -> None:
    """Some operations write to other keys than the one they name: a replica's, the one an alias stood for."""
    primary = house.key(MultiRegion=True)
    house.kms("ReplicateKey", KeyId=primary, ReplicaRegion="us-west-2")
    left, taken = house.key(), house.key()
    house.kms("CreateAlias", AliasName="alias/app", TargetKeyId=left)
    with sqlite3.connect(database) as db:
        done = db.execute(
            "UPDATE resources SET body = CAST(replace(CAST(body AS TEXT), 'key-default-1', 'key-default-2') AS BLOB) "
            "WHERE kind = 'kms.key' AND id IN (?, ?)",
            (f"us-west-2/{primary}", f"{REGION}/{left}"),
        )
        assert done.rowcount == 2
    for operation, params in (
        ("EnableKeyRotation", {"KeyId": primary}),
        ("ReplicateKey", {"KeyId": primary, "ReplicaRegion": "eu-west-1"}),
        ("UpdateAlias", {"AliasName": "alias/app", "TargetKeyId": taken}),
        ("DeleteAlias", {"AliasName": "alias/app"}),
    ):
        with pytest.raises((Tampered, AwsError), match=r"kms\.key|internal error"):
            house.kms(operation, **params)
    with pytest.raises((Tampered, AwsError), match=r"kms\.key|internal error"):
        house.kms("Encrypt", KeyId=primary, Plaintext=b"x", region="us-west-2")


def test_a_rotation_that_meets_a_changed_replica_is_not_half_done(house: KmsHouse, database: Path) -> None:
    primary = house.key(MultiRegion=True)
    house.kms("EnableKeyRotation", KeyId=primary, RotationPeriodInDays=90)
    house.kms("ReplicateKey", KeyId=primary, ReplicaRegion="us-west-2")
    with sqlite3.connect(database) as db:
        changed = db.execute("UPDATE resources SET created = created + 1 WHERE id = ?", (f"us-west-2/{primary}",))
        assert changed.rowcount == 1
    house.days(91)
    listed = house.kms("ListKeyRotations", KeyId=primary, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    assert len(listed) == 1
    house.days(1)


def test_a_copy_of_the_database_without_the_seal_yields_no_key_byte(house: KmsHouse, database: Path) -> None:
    keys = [house.key(), house.key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")]
    keys.append(house.key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY"))
    plain = house.kms("GenerateDataKey", KeyId=keys[0], KeySpec="AES_256")["Plaintext"]
    engine = house.runtime.keys
    blob_of(house, keys[0])
    house.kms("GenerateMac", KeyId=keys[1], MacAlgorithm="HMAC_SHA_256", Message=b"m")
    house.kms("Sign", KeyId=keys[2], SigningAlgorithm="ECDSA_SHA_256", Message=b"m")
    materials = [opened_.secret for opened_ in engine._opened._young.values()]
    assert len(materials) == 3
    # Of a PKCS #8 key only the 32 bytes of the private scalar are secret; what is around them is in public keys too.
    secrets = [m if len(m) == 32 else m[36:68] for m in materials]
    assert key_bytes_in(database.parent.glob("garrison.db*"), [plain, *secrets]) == []


def test_nothing_is_done_with_the_whole_while_sealed(house: KmsHouse) -> None:
    house.key()
    house.runtime.seal.root.seal()
    with pytest.raises(Sealed):
        whole.verify(house.runtime)
    with pytest.raises(Sealed):
        whole.rotate_domain_keys(house.runtime)
