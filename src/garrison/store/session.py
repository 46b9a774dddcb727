"""One transaction on either database: the `Reader` and `Transaction` of the store, over a driver's connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from garrison.store import AlreadyExists, Kind, Link, Resource, StoredEvent, VersionConflict
from garrison.store.attributes import event_marks, lookup_marks
from garrison.store.statements import Statements

T = TypeVar("T", bound=msgspec.Struct)
Row = Any

_NO_LIMIT = 2**62
_encoder = msgspec.json.Encoder()
_decoders: dict[type[msgspec.Struct], msgspec.json.Decoder[Any]] = {}


class Cursor(Protocol):
    """What sqlite3's and psycopg's cursors have in common."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Row: ...
    def fetchall(self) -> list[Row]: ...


class Execute(Protocol):
    """Runs one statement with named parameters."""

    def __call__(self, sql: str, params: dict[str, Any], /) -> Cursor: ...


class Session:
    """Reads and writes inside a transaction that somebody else begins and ends."""

    __slots__ = ("_execute", "_sql")

    def __init__(self, execute: Execute, statements: Statements) -> None:
        self._execute = execute
        self._sql = statements

    # Reading

    def get(self, kind: Kind[T], account: str, name: str, *, region: str = "", parent: str = "") -> Resource[T] | None:
        key = {
            "kind": kind.name,
            "account": account,
            "region": region,
            "parent": parent,
            "name_key": kind.fold(name),
        }
        row = self._execute(self._sql.get, key).fetchone()
        return None if row is None else _resource(kind, row)

    def by_id(self, kind: Kind[T], id: str) -> Resource[T] | None:
        row = self._execute(self._sql.by_id, {"kind": kind.name, "id": id}).fetchone()
        return None if row is None else _resource(kind, row)

    def page(
        self,
        kind: Kind[T],
        account: str,
        *,
        region: str = "",
        parent: str | None = "",
        after: str = "",
        limit: int | None = None,
    ) -> list[Resource[T]]:
        key = {
            "kind": kind.name,
            "account": account,
            "region": region,
            "after": kind.fold(after),
            "limit": _NO_LIMIT if limit is None else limit,
        }
        if parent is None:
            rows = self._execute(self._sql.page_all, key).fetchall()
        else:
            rows = self._execute(self._sql.page, {**key, "parent": parent}).fetchall()
        return [_resource(kind, row) for row in rows]

    def count(self, kind: Kind[T], account: str, *, region: str = "", parent: str | None = "") -> int:
        key = {"kind": kind.name, "account": account, "region": region}
        if parent is None:
            return self._number(self._sql.count_all, key)
        return self._number(self._sql.count, {**key, "parent": parent})

    def kinds(self, account: str) -> list[str]:
        return [row[0] for row in self._execute(self._sql.kinds, {"account": account}).fetchall()]

    def targets(self, relation: str, source: str) -> list[Link]:
        rows = self._execute(self._sql.targets, {"relation": relation, "source": source}).fetchall()
        return [Link(*row) for row in rows]

    def sources(self, relation: str, target: str) -> list[Link]:
        rows = self._execute(self._sql.sources, {"relation": relation, "target": target}).fetchall()
        return [Link(*row) for row in rows]

    def lookup(self, space: str, key: str) -> str | None:
        row = self._execute(self._sql.lookup, {"space": space, "key": key}).fetchone()
        return None if row is None else row[0]

    def epoch(self, domain: str, account: str) -> int:
        return self._number(self._sql.epoch, {"domain": domain, "account": account})

    # Writing

    def insert(
        self,
        kind: Kind[T],
        account: str,
        name: str,
        body: T,
        *,
        id: str,
        region: str = "",
        parent: str = "",
        created: float,
    ) -> Resource[T]:
        added = self._execute(
            self._sql.insert,
            {
                "kind": kind.name,
                "account": account,
                "region": region,
                "parent": parent,
                "name_key": kind.fold(name),
                "name": name,
                "id": id,
                "version": 1,
                "created": created,
                "updated": created,
                "body": _encoder.encode(body),
            },
        ).rowcount
        if added != 1:
            raise AlreadyExists(f"{kind.name} {name} ({id})")
        self._execute(self._sql.tally, {"kind": kind.name, "account": account, "region": region, "parent": parent})
        return Resource(kind, account, region, parent, name, id, 1, created, created, body)

    def update(
        self, resource: Resource[T], body: T, *, name: str | None = None, updated: float | None = None
    ) -> Resource[T]:
        kind = resource.kind
        new = Resource(
            kind,
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
        if kind.fold(new.name) != kind.fold(resource.name):
            # Writers run one at a time, so what is looked up here still holds when the row is written.
            taken = self.get(kind, new.account, new.name, region=new.region, parent=new.parent)
            if taken is not None:
                raise AlreadyExists(f"{kind.name} {new.name}")
        changed = self._execute(
            self._sql.update,
            {
                "b_kind": kind.name,
                "b_id": resource.id,
                "b_version": resource.version,
                "name_key": kind.fold(new.name),
                "name": new.name,
                "version": new.version,
                "updated": new.updated,
                "body": _encoder.encode(body),
            },
        ).rowcount
        if changed != 1:
            raise VersionConflict(f"{kind.name} {resource.name} ({resource.id})")
        return new

    def delete(self, resource: Resource[T]) -> None:
        key = {"b_kind": resource.kind.name, "b_id": resource.id, "b_version": resource.version}
        if self._execute(self._sql.delete, key).rowcount != 1:
            raise VersionConflict(f"{resource.kind.name} {resource.name} ({resource.id})")
        place = {
            "kind": resource.kind.name,
            "account": resource.account,
            "region": resource.region,
            "parent": resource.parent,
        }
        if self._execute(self._sql.forget_tally, place).rowcount == 0:
            self._execute(self._sql.untally, place)

    def link(
        self, relation: str, account: str, source: str, target: str, *, position: int = 0, body: bytes | None = None
    ) -> bool:
        row = {"account": account, "position": position, "body": body}
        added = self._execute(self._sql.link, {**row, "relation": relation, "source": source, "target": target})
        if added.rowcount == 1:
            return True
        self._execute(self._sql.relink, {**row, **_link_key(relation, source, target)})
        return False

    def unlink(self, relation: str, source: str, target: str) -> bool:
        return self._execute(self._sql.unlink, _link_key(relation, source, target)).rowcount == 1

    def set_lookup(self, space: str, key: str, value: str) -> None:
        if self._execute(self._sql.set_lookup, {"space": space, "key": key, "value": value}).rowcount == 1:
            return
        if self.lookup(space, key) != value:
            raise AlreadyExists(f"{space} {key}")

    def delete_lookup(self, space: str, key: str) -> None:
        self._execute(self._sql.delete_lookup, {"space": space, "key": key})

    def bump(self, domain: str, account: str) -> None:
        if not domain:
            raise ValueError("an epoch needs a domain: the empty one is the store's own")
        n = self.epoch(domain, account) + 1
        self._execute(self._sql.set_epoch, {"domain": domain, "account": account, "n": n})

    def append_event(
        self,
        event: bytes,
        *,
        id: str,
        account: str,
        region: str,
        time: float,
        keys: Sequence[tuple[str, str]],
        extra: bytes | None = None,
    ) -> None:
        row = {"id": id, "account": account, "region": region, "time": time, "body": event, "extra": extra}
        added = self._execute(self._sql.append_event, row).fetchone()
        if added is None:
            raise AlreadyExists(f"event {id}")
        self._execute(self._sql.append_marks, {"time": time, "seq": added[0], "marks": event_marks(account, keys)})

    def lease(self, name: str, owner: str, seconds: float, now: float) -> bool:
        row = {"name": name, "owner": owner, "expires": now + seconds, "now": now}
        return self._execute(self._sql.lease, row).rowcount == 1

    def release(self, name: str, owner: str) -> None:
        self._execute(self._sql.release, {"name": name, "owner": owner})

    # What only the store itself uses

    def stored_events(
        self,
        account: str | None,
        region: str | None,
        keys: Sequence[tuple[str, str]],
        start: float | None,
        end: float | None,
        before: tuple[float, str] | None,
        limit: int,
    ) -> list[StoredEvent]:
        """Events newest first."""
        params: dict[str, Any] = {"limit": limit}
        if before is not None:
            # Said as a plain bound too, by which an index is entered where the page begins.
            end = before[0] if end is None else min(end, before[0])
        marks = lookup_marks(account, keys)
        params |= {f"mark{n}": mark for n, mark in enumerate(marks)}
        filters = {"account": account, "region": region, "start": start, "end": end}
        params |= {name: given for name, given in filters.items() if given is not None}
        if before is not None:
            params["before_time"], params["before_id"] = before
        sql = self._sql.events(
            len(marks),
            account=account is not None,
            region=region is not None,
            start=start is not None,
            end=end is not None,
            before=before is not None,
        )
        return [StoredEvent(*row) for row in self._execute(sql, params).fetchall()]

    def event_time(self, id: str) -> float | None:
        """When an event happened, or None if it is not here."""
        row = self._execute(self._sql.event_time, {"id": id}).fetchone()
        return None if row is None else row[0]

    def events_since(self, seq: int, limit: int) -> list[StoredEvent]:
        """Events in the order they were committed."""
        rows = self._execute(self._sql.events_since, {"seq": seq, "limit": limit}).fetchall()
        return [StoredEvent(*row) for row in rows]

    def last_event(self) -> int:
        """The number of the last event."""
        return self._number(self._sql.last_event, {})

    def clear(self) -> None:
        """Delete every row, and start a generation of epochs above all there were."""
        generation = self._number(self._sql.highest_epoch, {}) + 1
        for statement in self._sql.clear:
            self._execute(statement, {})
        self._execute(self._sql.set_epoch, {"domain": "", "account": "", "n": generation})

    def _number(self, sql: str, params: dict[str, Any]) -> int:
        row = self._execute(sql, params).fetchone()
        return 0 if row is None or row[0] is None else int(row[0])


class Snapshot(Session):
    """Reads on one state of the database, where everything stays what it was.

    An epoch is read once; so is a resource that several steps ask for one after the other, as the steps of a call do.
    """

    __slots__ = ("_asked", "_epochs", "_found")

    def __init__(self, execute: Execute, statements: Statements) -> None:
        super().__init__(execute, statements)
        self._epochs: dict[tuple[str, str], int] = {}
        self._asked: tuple[object, ...] | None = None
        self._found: Resource[Any] | None = None

    def get(self, kind: Kind[T], account: str, name: str, *, region: str = "", parent: str = "") -> Resource[T] | None:
        asked = (kind, account, name, region, parent)
        if asked != self._asked:
            self._found = super().get(kind, account, name, region=region, parent=parent)
            self._asked = asked
        return self._found

    def epoch(self, domain: str, account: str) -> int:
        key = (domain, account)
        known = self._epochs.get(key)
        if known is None:
            known = self._epochs[key] = super().epoch(domain, account)
        return known


def _resource(kind: Kind[T], row: Row) -> Resource[T]:
    account, region, parent, name, id, version, created, updated, body = row
    decoder = _decoders.get(kind.struct)
    if decoder is None:
        decoder = _decoders[kind.struct] = msgspec.json.Decoder(kind.struct)
    return Resource(kind, account, region, parent, name, id, version, created, updated, decoder.decode(body))


def _link_key(relation: str, source: str, target: str) -> dict[str, Any]:
    return {"b_relation": relation, "b_source": source, "b_target": target}
