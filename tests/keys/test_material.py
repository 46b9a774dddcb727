"""Stored key material: nothing of it can be changed or moved, and nothing of it is readable."""

from __future__ import annotations

import pickle
from typing import Any

import msgspec
import pytest

from garrison.keys.errors import Sealed, Tampered
from garrison.keys.material import DomainKey, Key, KeyMaterial, Place
from tests.keys.house import House

HOUSE = House()
KEYS = {spec: HOUSE.key(spec) for spec in ("SYMMETRIC_DEFAULT", "ECC_NIST_P256", "HMAC_256")}


def opens(place: Place, material: KeyMaterial, domain: DomainKey) -> bool:
    try:
        HOUSE.engine.check(Key(place, material, domain))
    except Tampered:
        return False
    return True


def changed(row: Any) -> list[Any]:
    """The row with each of its columns changed, byte columns at each byte."""
    rows = []
    for name in row.__struct_fields__:
        value = getattr(row, name)
        if isinstance(value, bytes):
            values: list[Any] = [value[:i] + bytes((value[i] ^ 1,)) + value[i + 1 :] for i in range(len(value))]
            values += [value[:-1], value + b"\0", b""] if value else [b"x"]
        elif isinstance(value, float):
            values = [value + 1]
        else:
            values = [value + "x", "", "0" * len(value)]
        rows += [msgspec.structs.replace(row, **{name: new}) for new in values]
    return rows


@pytest.mark.parametrize("spec", KEYS)
def test_no_column_of_a_key_can_be_changed(spec: str) -> None:
    key = KEYS[spec]
    assert opens(key.place, key.material, key.domain)
    for place in changed(key.place):
        assert not opens(place, key.material, key.domain)
    for material in changed(key.material):
        assert not opens(key.place, material, key.domain)
    for domain in changed(key.domain):
        assert not opens(key.place, key.material, domain)


def test_material_does_not_open_in_another_keys_row() -> None:
    other = HOUSE.key("SYMMETRIC_DEFAULT", id="00000000-0000-0000-0000-000000000000")
    key = KEYS["SYMMETRIC_DEFAULT"]
    assert not opens(other.place, key.material, key.domain)
    assert not opens(key.place, msgspec.structs.replace(other.material, id=key.material.id), key.domain)


def test_another_root_key_opens_nothing() -> None:
    key, other = KEYS["SYMMETRIC_DEFAULT"], House()
    with pytest.raises(Tampered):
        other.engine.check(key)


def test_stored_rows_hold_no_byte_of_the_key() -> None:
    secret = bytes(range(100, 132))
    key = HOUSE.key("SYMMETRIC_DEFAULT", secret=secret)
    stored = msgspec.msgpack.encode([key.place, key.material, key.domain])
    root = HOUSE.engine.root.reveal()
    for hidden in (secret, root):
        assert not any(hidden[i : i + 6] in stored for i in range(len(hidden) - 5))
    assert secret.hex() not in repr(key)


def test_secrets_are_not_shown_and_not_pickled() -> None:
    key = KEYS["SYMMETRIC_DEFAULT"]
    HOUSE.engine.check(key)
    with pytest.raises(TypeError):
        pickle.dumps(HOUSE.engine.root)
    with pytest.raises(TypeError):
        pickle.dumps(HOUSE.engine._open(key))
    assert repr(HOUSE.engine.root) == "RootKey(open)"


def test_a_domain_key_can_be_replaced_by_a_newer_one() -> None:
    key = KEYS["SYMMETRIC_DEFAULT"]
    blob = HOUSE.engine.encrypt(key, b"secret")
    newer = HOUSE.engine.new_domain_key(key.place.account, key.place.region, 2.0)
    moved = Key(key.place, HOUSE.engine.move(key, key.place, newer), newer)
    assert moved.material.id == key.material.id
    assert HOUSE.engine.decrypt(moved, blob) == b"secret"
    assert not opens(key.place, moved.material, key.domain)


def test_opened_material_is_forgotten_when_sealed() -> None:
    house = House()
    key = house.key("ECC_NIST_P256", "SIGN_VERIFY")
    house.engine.sign(key, "ECDSA_SHA_256", b"m")
    house.engine.root.seal()
    with pytest.raises(Sealed):
        house.engine.sign(key, "ECDSA_SHA_256", b"m")
    with pytest.raises(Sealed):
        house.engine.public_key(key)
    assert not len(house.engine._opened) + len(house.engine._privates)
