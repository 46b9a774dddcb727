"""Aliases. Source: KMS developer guide, "Aliases in AWS KMS"; API reference of the four operations."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from garrison.access.call import Call
from garrison.keys.specs import SPECS
from garrison.services.kms import managed_keys, quotas, rows
from garrison.services.kms.answers import kms_operation
from garrison.services.kms.errors import alias_not_found, error, limit_exceeded, validation
from garrison.services.kms.located import EPOCH, alias_arn, arn_of, key_named
from garrison.services.kms.paging import after, limit, page
from garrison.services.kms.resources import ALIAS, KEY, Alias, Key
from garrison.services.kms.states import require_state
from garrison.store import AlreadyExists, Reader, Resource, Transaction

PREFIX = "alias/"
RESERVED = "alias/aws/"
_PREFIX_NEEDED = (
    'Alias must start with the prefix "alias/". Please see '
    "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
)
_NAME = re.compile(r"alias/[a-zA-Z0-9/_-]+")


def insert(call: Call, tx: Transaction, name: str, key: Resource[Key], now: float) -> Resource[Key]:
    """Add an alias; the key's row with the alias in it. Raises `AlreadyExistsException`."""
    arn = alias_arn(call, name)
    try:
        rows.insert(
            call.runtime, tx, ALIAS, key.account, name, Alias(key=key.name),
            id=f"{key.region}/{key.account}/{name}", region=key.region, created=now,
        )  # fmt: skip
    except AlreadyExists:
        raise error("AlreadyExists", f"An alias with the name {arn} already exists") from None
    names = tuple(sorted({*key.body.aliases, name}))
    changed = rows.update(call.runtime, tx, key, msgspec.structs.replace(key.body, aliases=names))
    tx.bump(EPOCH, key.account)
    return changed


@kms_operation("CreateAlias", access="write")
def create_alias(call: Call, tx: Transaction) -> None:
    name = call.params["AliasName"]
    if not name.startswith(PREFIX):
        raise validation(_PREFIX_NEEDED)
    if name.startswith(RESERVED):
        raise error("NotAuthorized")
    if _NAME.fullmatch(name) is None:
        # The model's own pattern lets `:` through, which no alias may have.
        raise error("InvalidAliasName", "Alias name contains invalid characters")
    key = _own_key(call, tx)
    if len(key.body.aliases) >= quotas.ALIASES_PER_KEY:
        raise limit_exceeded(f"The maximum number of aliases has been reached for {arn_of(key, call.partition)}")
    insert(call, tx, name, key, call.now)


@kms_operation("UpdateAlias", access="write")
def update_alias(call: Call, tx: Transaction) -> None:
    name = call.params["AliasName"]
    alias = _alias(call, tx, name)
    new = _own_key(call, tx)
    old = tx.get(KEY, call.account, alias.body.key, region=call.region)
    if old is not None and old.id == new.id:
        rows.update(call.runtime, tx, alias, alias.body, updated=call.now)
        return
    if old is not None:
        if _type(old.body) != _type(new.body):
            # The text is a guess; the rule is the API reference's.
            raise validation(
                f"Alias {alias_arn(call, name)} cannot be moved between keys of different types or key usages"
            )
        left = tuple(other for other in old.body.aliases if other != name)
        rows.update(call.runtime, tx, old, msgspec.structs.replace(old.body, aliases=left))
    if len(new.body.aliases) >= quotas.ALIASES_PER_KEY:
        raise limit_exceeded(f"The maximum number of aliases has been reached for {arn_of(new, call.partition)}")
    names = tuple(sorted({*new.body.aliases, name}))
    rows.update(call.runtime, tx, new, msgspec.structs.replace(new.body, aliases=names))
    rows.update(call.runtime, tx, alias, Alias(key=new.name), updated=call.now)
    tx.bump(EPOCH, call.account)


@kms_operation("DeleteAlias", access="write")
def delete_alias(call: Call, tx: Transaction) -> None:
    name = call.params["AliasName"]
    alias = _alias(call, tx, name)
    if name.startswith(RESERVED):
        raise error("NotAuthorized")
    remove(call, tx, alias)


def remove(call: Call, tx: Transaction, alias: Resource[Alias]) -> None:
    """Take an alias away, and its name from its key."""
    key = tx.get(KEY, alias.account, alias.body.key, region=alias.region)
    if key is not None:
        left = tuple(other for other in key.body.aliases if other != alias.name)
        rows.update(call.runtime, tx, key, msgspec.structs.replace(key.body, aliases=left))
    rows.delete(call.runtime, tx, alias)
    tx.bump(EPOCH, alias.account)


@kms_operation("ListAliases", access="read")
def list_aliases(call: Call, reader: Reader) -> dict[str, Any]:
    size = limit(call, 50, 100)
    start = after(call)
    found: list[tuple[str, Resource[Alias] | None]]
    if "KeyId" in call.params:
        key = key_named(call, reader, call.params["KeyId"], aliases=False)
        names = [name for name in key.body.aliases if name > start][: size + 1]
        found = [(name, reader.get(ALIAS, key.account, name, region=key.region)) for name in names]
    else:
        made = {
            row.name: row for row in reader.page(ALIAS, call.account, region=call.region, after=start, limit=size + 1)
        }
        # AWS's own aliases are listed before any key stands behind them.
        promised = {name: made.get(name) for name in managed_keys.PREDEFINED if name > start}
        found = sorted({**promised, **made}.items())[: size + 1]
    return page(call, "Aliases", found, size, lambda item: item[0], lambda item: _shown(call, *item))


def _shown(call: Call, name: str, row: Resource[Alias] | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"AliasName": name, "AliasArn": alias_arn(call, name)}
    if row is not None:
        entry |= {"TargetKeyId": row.body.key, "CreationDate": row.created, "LastUpdatedDate": row.updated}
    return entry


def _alias(call: Call, tx: Transaction, name: str) -> Resource[Alias]:
    row = tx.get(ALIAS, call.account, name, region=call.region)
    if row is None:
        raise alias_not_found(alias_arn(call, name))
    return rows.checked(call.runtime, row)


def _own_key(call: Call, tx: Transaction) -> Resource[Key]:
    key = key_named(call, tx, call.params["TargetKeyId"], aliases=False)
    require_state(call, tx, key, arn_of(key, call.partition))
    return key


def _type(body: Key) -> tuple[str, str]:
    spec = SPECS[body.spec]
    return ("asymmetric" if spec.asymmetric else spec.family), body.usage
