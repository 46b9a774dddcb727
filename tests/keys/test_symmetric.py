"""Symmetric keys: what opens, and what does not."""

from __future__ import annotations

import msgspec
import pytest

from garrison.keys.blob import Header, read_header
from garrison.keys.engine import KeyEngine
from garrison.keys.errors import InvalidCiphertext, Sealed, TooLong
from garrison.keys.material import Key, Place
from garrison.keys.root import RootKey

ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
PLACE = Place("123456789012", "us-east-1", ID, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
CONTEXT = {"tenant": "2", "user": "1"}


@pytest.fixture
def engine() -> KeyEngine:
    return KeyEngine(RootKey.new())


@pytest.fixture
def key(engine: KeyEngine) -> Key:
    domain = engine.new_domain_key(PLACE.account, PLACE.region, 1.0)
    return Key(PLACE, engine.generate(PLACE, domain), domain)


def test_what_is_encrypted_decrypts_and_names_its_material(engine: KeyEngine, key: Key) -> None:
    blob = engine.encrypt(key, b"k" * 32, CONTEXT)
    assert len(blob) == 128
    assert read_header(blob) == Header(key.material.id, ID)
    assert engine.decrypt(key, blob, dict(reversed(CONTEXT.items()))) == b"k" * 32
    assert engine.encrypt(key, b"k" * 32, CONTEXT) != blob


@pytest.mark.parametrize("context", [None, {"tenan": "t2user1"}, {"tenant": "2"}, {"Tenant": "2", "user": "1"}])
def test_another_context_does_not_open(engine: KeyEngine, key: Key, context: dict[str, str] | None) -> None:
    with pytest.raises(InvalidCiphertext):
        engine.decrypt(key, engine.encrypt(key, b"secret", CONTEXT), context)


def test_no_byte_of_a_blob_can_be_changed_or_left_out(engine: KeyEngine, key: Key) -> None:
    blob = engine.encrypt(key, b"secret", CONTEXT)
    for i in range(len(blob)):
        for wrong in (blob[:i] + bytes((blob[i] ^ 1,)) + blob[i + 1 :], blob[:i], blob[:i] + blob[i + 1 :]):
            with pytest.raises(InvalidCiphertext):
                engine.decrypt(key, wrong, CONTEXT)


def test_more_than_4096_bytes_are_refused(engine: KeyEngine, key: Key) -> None:
    assert engine.decrypt(key, engine.encrypt(key, bytes(4096))) == bytes(4096)
    with pytest.raises(TooLong) as refusal:
        engine.encrypt(key, bytes(4097))
    assert refusal.value.limit == 4096


def test_a_replica_opens_what_the_primary_made(engine: KeyEngine) -> None:
    place = msgspec.structs.replace(PLACE, key_id="mrk-" + "0a" * 16)
    domain = engine.new_domain_key(place.account, place.region, 1.0)
    primary = Key(place, engine.generate(place, domain), domain)
    elsewhere = msgspec.structs.replace(place, region="eu-west-1")
    there = engine.new_domain_key(place.account, "eu-west-1", 1.0)
    replica = Key(elsewhere, engine.move(primary, elsewhere, there), there)
    blob = engine.encrypt(primary, b"secret")
    assert read_header(blob) == Header(replica.material.id, place.key_id)
    assert engine.decrypt(replica, blob) == b"secret"


def test_a_sealed_root_key_lets_nothing_through_and_opens_again(engine: KeyEngine, key: Key) -> None:
    blob = engine.encrypt(key, b"secret")
    root = engine.root.reveal()
    engine.root.seal()
    with pytest.raises(Sealed):
        engine.decrypt(key, blob)
    with pytest.raises(Sealed):
        engine.random(1)
    engine.root.open(root)
    assert engine.decrypt(key, blob) == b"secret"
