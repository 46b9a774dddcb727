"""Domain keys as rows: the keys that the key material of one account and Region is sealed under."""

from __future__ import annotations

from garrison.access.runtime import Runtime
from garrison.aws.generations import Generations
from garrison.keys.errors import Tampered
from garrison.keys.material import DomainKey
from garrison.store import Kind, Reader, Transaction

DOMAIN_KEY = Kind("kms.domain-key", DomainKey)

LIFETIME = 90 * 86_400.0
"""Seconds after which new key material gets a new domain key. What an older one sealed stays under it."""

# Domain keys never change, and what is changed in the database does not open: they can be remembered by their id.
_known: Generations[str, DomainKey] = Generations(10_000)


def current_domain(runtime: Runtime, tx: Transaction, account: str, region: str, now: float) -> DomainKey:
    """The domain key for new material of an account and Region, made if there is none yet. Raises `Sealed`."""
    newest = max((row.body for row in tx.page(DOMAIN_KEY, account, region=region)), key=_age, default=None)
    if newest is not None and now - newest.created < LIFETIME:
        return newest
    return new_domain(runtime, tx, account, region, now)


def new_domain(runtime: Runtime, tx: Transaction, account: str, region: str, now: float) -> DomainKey:
    """A new domain key, which new material is sealed under from now on. Raises `Sealed`."""
    made = runtime.keys.new_domain_key(account, region, now)
    tx.insert(DOMAIN_KEY, account, made.id, made, id=made.id, region=region, created=now)
    return made


def domain_of(runtime: Runtime, reader: Reader, id: str) -> DomainKey:
    """The domain key with that id. Raises `Tampered` if it is gone."""
    known = _known.get(id)
    if known is None:
        row = reader.by_id(DOMAIN_KEY, id)
        if row is None:
            raise Tampered(f"domain key {id} is missing")
        known = row.body
        _known.put(id, known)
    return known


def _age(domain: DomainKey) -> float:
    return domain.created
