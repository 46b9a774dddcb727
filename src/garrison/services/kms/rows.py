"""Rows of the key tables, each with a MAC, and a ledger over all of them, so that a changed database is noticed.

A row's MAC is over everything the store keeps of it: what it is, where it is, its version and its body. It does not
verify in another place, under another root key, or with one column changed. What a MAC cannot show is an old row put
back as it once was, or a row taken away; the `Ledger` does: it counts the changes and holds a keyed sum over all rows
there are, so that `verify` finds what is missing or older than it should be. The count is also written beside the seal
(`gateway.rollback`), where a copy of the database put back does not reach it.

While the root key is sealed nothing can be written; what is read passes unverified, and no key can be used.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import msgspec

from garrison.access.accounts import ACCOUNTS
from garrison.access.runtime import Runtime
from garrison.keys.errors import Tampered
from garrison.keys.seal import SealBroken
from garrison.store import Kind, Reader, Resource, Transaction


class Protected(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of a row with a MAC. New members need a default, and are left out where they have it."""

    mac: bytes = b""


class _SealedLedger(msgspec.Struct, frozen=True):
    sealed: bytes


class Ledger(msgspec.Struct, frozen=True):
    """What is known of all protected rows together."""

    changes: int = 0
    """How many rows were written or deleted so far."""
    rows: int = 0
    """How many there are."""
    total: bytes = bytes(32)
    """Sum of what each row's MAC stands for, modulo 2**256. Never stored in clear: who sees sums can forge them."""


LEDGER = Kind("kms.ledger", _SealedLedger)

P = TypeVar("P", bound=Protected)

_PAGE = 1000
_NAME = "ledger"
_PURPOSE = "kms-ledger"
_encode = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Ledger).decode


def insert(
    runtime: Runtime,
    tx: Transaction,
    kind: Kind[P],
    account: str,
    name: str,
    body: P,
    *,
    id: str,
    region: str = "",
    parent: str = "",
    created: float,
) -> Resource[P]:
    """Add a row. Raises `AlreadyExists`, `Sealed`."""
    row = Resource(kind, account, region, parent, name, id, 1, created, created, body)
    body = _with_mac(runtime, row)
    added = tx.insert(kind, account, name, body, id=id, region=region, parent=parent, created=created)
    _change(runtime, tx, add=body.mac)
    return added


def update(
    runtime: Runtime,
    tx: Transaction,
    resource: Resource[P],
    body: P,
    *,
    name: str | None = None,
    updated: float | None = None,
) -> Resource[P]:
    """Replace a row's body. Raises `VersionConflict`, `AlreadyExists`, `Sealed`; `Tampered` for a row that is not as
    Garrison wrote it: a new MAC must not make it good."""
    checked(runtime, resource)
    row = Resource(
        resource.kind,
        resource.account,
        resource.region,
        resource.parent,
        resource.name if name is None else name,
        resource.id,
        resource.version + 1,
        resource.created,
        resource.updated if updated is None else updated,
        body,
    )
    body = _with_mac(runtime, row)
    changed = tx.update(resource, body, name=name, updated=updated)
    _change(runtime, tx, add=body.mac, remove=resource.body.mac)
    return changed


def delete(runtime: Runtime, tx: Transaction, resource: Resource[P]) -> None:
    """Remove a row. Raises `VersionConflict`, `Sealed`."""
    tx.delete(resource)
    _change(runtime, tx, remove=resource.body.mac)


def checked(runtime: Runtime, resource: Resource[P]) -> Resource[P]:
    """The row, if it is as Garrison wrote it. Raises `Tampered`."""
    keys, mac = runtime.keys, resource.body.mac
    if keys.sealed or keys.has_verified(mac, resource):
        return resource
    if not keys.row_is_ours(_content(resource), mac):
        raise Tampered(f"{resource.kind.name} {resource.id}")
    keys.remember_verified(mac, resource)
    return resource


def get(
    runtime: Runtime, reader: Reader, kind: Kind[P], account: str, name: str, *, region: str = "", parent: str = ""
) -> Resource[P] | None:
    """The row with that name, checked. Raises `Tampered`.

    Names are looked up by a column of their own, which says nothing about the row: it has to say the same as the row.
    """
    row = reader.get(kind, account, name, region=region, parent=parent)
    if row is not None and kind.fold(row.name) != kind.fold(name):
        raise Tampered(f"{kind.name} {row.id}")
    return None if row is None else checked(runtime, row)


def read_ledger(runtime: Runtime, reader: Reader) -> Ledger:
    """The ledger as it stands. Raises `Tampered`, `Sealed`."""
    row = reader.get(LEDGER, ACCOUNTS, _NAME)
    return Ledger() if row is None else _open(runtime, row)


def verify(runtime: Runtime, reader: Reader, kinds: Iterable[Kind[Any]], places: Iterable[tuple[str, str]]) -> int:
    """Check every row of `kinds` in the given (account, region) places, and that they are all there are.

    Returns how many there are. Raises `Tampered`, `Sealed`. Takes about 20 microseconds for each row.
    """
    kinds, n, total = tuple(kinds), 0, 0
    for account, region in places:
        for kind in kinds:
            for row in _each(reader, kind, account, region):
                total += _share(runtime, checked(runtime, row).body.mac)
                n += 1
    ledger = read_ledger(runtime, reader)
    if n != ledger.rows or total % 2**256 != int.from_bytes(ledger.total, "big"):
        raise Tampered(f"the key tables: {n} rows, where the ledger has {ledger.rows}")
    return n


def _each(reader: Reader, kind: Kind[P], account: str, region: str) -> Iterator[Resource[P]]:
    """All rows of a kind, in pages, as there may be very many."""
    after = ""
    while True:
        found = reader.page(kind, account, region=region, parent=None, after=after, limit=_PAGE)
        if len(found) == _PAGE:
            # Rows of one name under several parents stay together: the last name's come with the next page.
            last = kind.fold(found[-1].name)
            whole = [row for row in found if kind.fold(row.name) != last]
            if not whole:
                yield from reader.page(kind, account, region=region, parent=None, after=after)
                return
            found, after = whole, whole[-1].name
            yield from found
            continue
        yield from found
        return


def _content(row: Resource[P]) -> bytes:
    where = (row.kind.name, row.account, row.region, row.parent, row.name, row.id, row.version)
    return _encode((*where, row.created, row.updated, msgspec.structs.replace(row.body, mac=b"")))


def _with_mac(runtime: Runtime, row: Resource[P]) -> P:
    return msgspec.structs.replace(row.body, mac=runtime.keys.row_mac(_content(row)))


def _share(runtime: Runtime, mac: bytes) -> int:
    """What a row adds to the total: another keyed hash than the one that stands in the row for all to see."""
    return int.from_bytes(hmac.digest(runtime.seal.root.derived("kms/ledger/v1"), mac, "sha256"), "big")


def _change(runtime: Runtime, tx: Transaction, *, add: bytes | None = None, remove: bytes | None = None) -> None:
    row = tx.get(LEDGER, ACCOUNTS, _NAME)
    ledger = Ledger() if row is None else _open(runtime, row)
    total, rows = int.from_bytes(ledger.total, "big"), ledger.rows
    if add is not None:
        total, rows = total + _share(runtime, add), rows + 1
    if remove is not None:
        total, rows = total - _share(runtime, remove), rows - 1
    new = Ledger(ledger.changes + 1, rows, (total % 2**256).to_bytes(32, "big"))
    body = _SealedLedger(runtime.seal.seal(_PURPOSE, _pack(new), _NAME))
    if row is None:
        tx.insert(LEDGER, ACCOUNTS, _NAME, body, id=_NAME, created=0.0)
    else:
        tx.update(row, body)


def _open(runtime: Runtime, row: Resource[_SealedLedger]) -> Ledger:
    try:
        return _unpack(runtime.seal.open(_PURPOSE, row.body.sealed, _NAME))
    except SealBroken as e:
        raise Tampered("the ledger of the key tables") from e
