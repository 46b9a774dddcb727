"""Seals: any one opens the root key, no other secret does, and nothing of the wrapped row can be changed."""

from __future__ import annotations

import msgspec
import pytest

from garrison.keys import seals
from garrison.keys.root import RootKey
from garrison.keys.seals import CannotOpen, Passphrase, SealUnavailable, WrappedRoot, open_any, unwrap, wrap

SMALL = 64
"""KiB: Argon2id as cheap as it gets."""


class Secret:
    """A seal with this secret."""

    def __init__(self, secret: bytes | None, kind: str = seals.FILE) -> None:
        self._secret, self.kind = secret, kind

    def secret(self) -> bytes:
        if self._secret is None:
            raise SealUnavailable("it is away")
        return self._secret


ROOT = RootKey.new()
SOURCES: list[seals.SealSource]
FILE, OTHER, WORDS = Secret(b"f" * 32), Secret(b"o" * 32, seals.SYSTEMD), Passphrase("correct horse battery")
SOURCES = [FILE, OTHER, WORDS]


def test_any_seal_opens_the_root_key() -> None:
    rows = [wrap(ROOT, source, 1.5, memory_kib=SMALL) for source in SOURCES]
    for source, row in zip(SOURCES, rows, strict=True):
        assert open_any(rows, [source]) == (ROOT.reveal(), row)
        assert ROOT.reveal() not in row.sealed
    assert {row.memory_kib for row in rows} == {0, SMALL}


def test_no_other_secret_does_and_each_seal_says_why() -> None:
    rows = [wrap(ROOT, source, 1.5, memory_kib=SMALL) for source in SOURCES]
    wrong: list[seals.SealSource] = [
        Secret(b"x" * 32),
        Secret(None, seals.SYSTEMD),
        Passphrase("correct horse batterz"),
    ]
    with pytest.raises(CannotOpen) as refusal:
        open_any(rows, wrong)
    assert refusal.value.reasons == (
        "seal file: it is not the secret this database's root key was sealed under",
        "seal systemd: it is away",
        "seal passphrase: it is not the passphrase this database's root key was sealed under",
    )
    with pytest.raises(CannotOpen, match="nobody has given its passphrase"):
        open_any(rows[2:], [FILE])


@pytest.mark.parametrize("source", [FILE, WORDS])
def test_no_column_of_a_wrapped_root_key_can_be_changed(source: seals.SealSource) -> None:
    row = wrap(ROOT, source, 1.5, memory_kib=SMALL)
    changes: dict[str, list[object]] = {
        "name": ["other"],
        "root_id": ["0" * 32],
        "created": [2.5],
        "salt": [bytes(16), b""],
        "sealed": [row.sealed[:i] + bytes((row.sealed[i] ^ 1,)) + row.sealed[i + 1 :] for i in range(len(row.sealed))],
        "memory_kib": [SMALL * 2, 2**31],
        "iterations": [1],
        "lanes": [1],
    }
    assert set(changes) == set(WrappedRoot.__struct_fields__) - {"kind"}
    for column, values in changes.items():
        for value in values[:: 1 if source is FILE else 12]:
            with pytest.raises(SealUnavailable):
                unwrap(msgspec.structs.replace(row, **{column: value}), source)


def test_short_secrets_are_refused() -> None:
    with pytest.raises(ValueError, match="12 characters"):
        wrap(ROOT, Passphrase("short"), 1.5)
    with pytest.raises(ValueError, match="32 random bytes"):
        wrap(ROOT, Secret(b"x" * 31), 1.5)
