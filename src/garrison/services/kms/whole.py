"""The key tables as a whole: are they all there and as they were written, and all under a new domain key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from garrison.access.accounts import ACCOUNT, ACCOUNTS
from garrison.access.runtime import Runtime
from garrison.aws.partitions import regions
from garrison.keys.material import Key as EngineKey
from garrison.keys.material import Place
from garrison.services.kms import rows
from garrison.services.kms.domains import DOMAIN_KEY, domain_of, new_domain
from garrison.services.kms.resources import ALIAS, GRANT, KEY, Material
from garrison.services.kms.stores import CUSTOM_KEY_STORE
from garrison.store import Kind, Reader, Transaction

PROTECTED: tuple[Kind[Any], ...] = (KEY, ALIAS, GRANT, CUSTOM_KEY_STORE)
"""Every kind whose rows go through `rows`."""

_AT_ONCE = 200
"""Keys that are sealed anew in one transaction."""


def verify(runtime: Runtime) -> int:
    """See that every row of the key tables is as it was written, and that none is missing or older than it should be.

    Returns how many there are. Raises `Tampered`, `Sealed`.
    """
    with runtime.store.reading() as reader:
        return rows.verify(runtime, reader, PROTECTED, _places(runtime, reader))


def rotate_domain_keys(runtime: Runtime) -> int:
    """Seal all key material under new domain keys, and destroy the old ones: what older copies of single rows hold
    opens no more with this database. Returns how many keys were sealed anew. Raises `Tampered`, `Sealed`.
    """
    with runtime.store.reading() as reader:
        places = [place for place in _places(runtime, reader) if reader.count(DOMAIN_KEY, place[0], region=place[1])]
    n = 0
    for account, region in places:
        old = runtime.store.writing(lambda tx, at=(account, region): _begin(runtime, tx, *at))  # type: ignore[misc]
        after = ""
        while True:
            more, last = runtime.store.writing(
                lambda tx, at=(account, region, after): _seal_anew(runtime, tx, *at)  # type: ignore[misc]
            )
            n += more
            if last is None:
                break
            after = last
        runtime.store.writing(lambda tx, old=old: _destroy(tx, old))  # type: ignore[misc]
    return n


def _places(runtime: Runtime, reader: Reader) -> Iterator[tuple[str, str]]:
    for account in reader.page(ACCOUNT, ACCOUNTS):
        for region in regions(runtime.partition):
            yield account.id, region


def _begin(runtime: Runtime, tx: Transaction, account: str, region: str) -> list[str]:
    """Make the new domain key; the ids of those there were. Whatever is made from here on is under the new one."""
    there = tx.page(DOMAIN_KEY, account, region=region)
    now = max([runtime.clock.now(), *(row.body.created + 1 for row in there)])
    new_domain(runtime, tx, account, region, now)
    return [row.id for row in there]


def _seal_anew(runtime: Runtime, tx: Transaction, account: str, region: str, after: str) -> tuple[int, str | None]:
    found = tx.page(KEY, account, region=region, after=after, limit=_AT_ONCE)
    domain = max((row.body for row in tx.page(DOMAIN_KEY, account, region=region)), key=lambda d: d.created)
    n = 0
    for row in found:
        key = rows.checked(runtime, row)
        if any(m.sealed is not None and m.sealed.domain != domain.id for m in key.body.materials):
            place = Place(key.account, key.region, key.name, key.body.spec, key.body.usage, key.body.origin)
            materials = tuple(_moved(runtime, tx, place, m, domain.id) for m in key.body.materials)
            rows.update(runtime, tx, key, msgspec.structs.replace(key.body, materials=materials))
            n += 1
    return n, found[-1].name if len(found) == _AT_ONCE else None


def _moved(runtime: Runtime, tx: Transaction, place: Place, material: Material, domain_id: str) -> Material:
    if material.sealed is None or material.sealed.domain == domain_id:
        return material
    key = EngineKey(place, material.sealed, domain_of(runtime, tx, material.sealed.domain))
    sealed = runtime.keys.move(key, place, domain_of(runtime, tx, domain_id))
    return msgspec.structs.replace(material, sealed=sealed)


def _destroy(tx: Transaction, ids: list[str]) -> None:
    for id in ids:
        row = tx.by_id(DOMAIN_KEY, id)
        if row is not None:
            tx.delete(row)
