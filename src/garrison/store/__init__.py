"""What is remembered: typed resources, the links between them, lookups, epochs and the event log, in transactions.

The floors above see only this page: `Kind` declares what is stored, a `Reader` reads a consistent snapshot, a
`Transaction` is a reader that also writes, and a `Store` opens them. SQLite and PostgreSQL stand behind it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)
R = TypeVar("R")


def exact(name: str) -> str:
    """Name folding for kinds whose names are case-sensitive."""
    return name


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of resource: `USER = Kind("iam.user", User, fold=str.lower)`."""

    name: str
    struct: type[T]
    fold: Callable[[str], str] = exact
    """Folds a name to its unique key: `str.lower` makes names unique regardless of case (and keeps the case given)."""


@dataclass(frozen=True, slots=True)
class Resource(Generic[T]):
    """One stored resource. Unique by (kind, account, region, parent, folded name) and by (kind, id)."""

    kind: Kind[T]
    account: str
    region: str
    parent: str
    name: str
    id: str
    version: int
    created: float
    updated: float
    body: T


@dataclass(frozen=True, slots=True)
class Link:
    """`source` relation `target`, by resource ids: user *member-of* group, policy *attached-to* role."""

    account: str
    relation: str
    source: str
    target: str
    position: int
    body: bytes | None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event of the log."""

    seq: int
    """Grows with every event committed to this log; says nothing about other logs."""
    id: str
    account: str
    region: str
    time: float
    body: bytes
    """The event (JSON)."""
    extra: bytes | None
    """What was kept beside the event."""


class StoreUnavailable(Exception):
    """The database cannot be reached, or was lost before it confirmed a commit. Trying again may help."""


class AlreadyExists(Exception):
    """`insert` met a resource of that kind with that name (or id)."""


class VersionConflict(Exception):
    """`update` or `delete` met a newer version than the one it was given."""


class Reader(Protocol):
    """A consistent snapshot. Inside a transaction, reads see the transaction's own writes."""

    def get(self, kind: Kind[T], account: str, name: str, *, region: str = "", parent: str = "") -> Resource[T] | None:
        """The resource with that name, compared by the kind's folding."""
        ...

    def by_id(self, kind: Kind[T], id: str) -> Resource[T] | None:
        """The resource with that unique id, in any account."""
        ...

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
        """Resources in order of their folded names, those after the name `after`, at most `limit`.

        `parent=None` looks under every parent (order: folded name, then parent).
        """
        ...

    def count(self, kind: Kind[T], account: str, *, region: str = "", parent: str | None = "") -> int: ...

    def kinds(self, account: str) -> list[str]:
        """Names of the kinds of which the account has resources, sorted."""
        ...

    def targets(self, relation: str, source: str) -> list[Link]:
        """Links out of `source`, by position then target."""
        ...

    def sources(self, relation: str, target: str) -> list[Link]:
        """Links into `target`, by position then source."""
        ...

    def lookup(self, space: str, key: str) -> str | None:
        """A global name -> value table: access key id -> user id, account alias -> account."""
        ...

    def epoch(self, domain: str, account: str) -> int:
        """How often what decides in (domain, account) has changed; 0 if never. Caches compare it for equality."""
        ...


class Transaction(Reader, Protocol):
    """All or nothing. What it wrote is durable once the store says the transaction committed."""

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
        """Add a resource. Raises `AlreadyExists`."""
        ...

    def update(
        self, resource: Resource[T], body: T, *, name: str | None = None, updated: float | None = None
    ) -> Resource[T]:
        """Replace the body (and optionally rename). Raises `VersionConflict`, or `AlreadyExists` for a taken name."""
        ...

    def delete(self, resource: Resource[T]) -> None:
        """Remove a resource (not its links). Raises `VersionConflict`."""
        ...

    def link(
        self, relation: str, account: str, source: str, target: str, *, position: int = 0, body: bytes | None = None
    ) -> bool:
        """Add a link; False if it was there already (its body and position are replaced)."""
        ...

    def unlink(self, relation: str, source: str, target: str) -> bool:
        """Remove a link; False if it was not there."""
        ...

    def set_lookup(self, space: str, key: str, value: str) -> None:
        """Set a lookup. Raises `AlreadyExists` if the key has another value."""
        ...

    def delete_lookup(self, space: str, key: str) -> None: ...

    def bump(self, domain: str, account: str) -> None:
        """Something that decides in (domain, account) changed: every cache compared by `epoch` is stale."""
        ...

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
        """Append one event (JSON) to the log; `keys` are (attribute, value) pairs it can be looked up by.

        `extra` is kept beside the event and comes back with it. Raises `AlreadyExists` for a taken id.
        """
        ...

    def lease(self, name: str, owner: str, seconds: float, now: float) -> bool:
        """Take or renew the lease of a periodic job; False while another owner's lease runs."""
        ...

    def release(self, name: str, owner: str) -> None:
        """Give a lease back early. Nothing happens if `owner` does not hold it."""
        ...


class Store(Protocol):
    """A database. Safe to use from several threads and, with others on the same database, from several processes."""

    @property
    def local(self) -> bool:
        """True when the database is a file of this machine (SQLite), so that reading it never blocks for long."""
        ...

    def reading(self) -> AbstractContextManager[Reader]:
        """A snapshot for synchronous code (command line, tests, pool threads)."""
        ...

    def writing(self, function: Callable[[Transaction], R]) -> R:
        """Run `function` in a transaction and return once it is durable. Synchronous; not for the event loop."""
        ...

    def read(self, function: Callable[[Reader], R]) -> Awaitable[R]:
        """Run `function` on a snapshot: at once on SQLite, on a pool thread with a remote database."""
        ...

    def write(self, function: Callable[[Transaction], R]) -> Awaitable[R]:
        """Run `function` in a transaction; resolves when it is durable. Many callers share one commit.

        `function` may run more than once (serialization conflicts), so it must have no effects outside the store.
        An exception from it rolls back its own writes only, and is raised to its caller.
        """
        ...

    def events(
        self,
        *,
        account: str | None = None,
        keys: Sequence[tuple[str, str]] = (),
        start: float | None = None,
        end: float | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> Iterator[bytes]:
        """Events newest first; `before` is the cursor (id of the last event seen).

        All of `keys` must hold; they need an `account`, but for `RequestId`.
        """
        ...

    def stored_events(
        self,
        *,
        account: str | None = None,
        region: str | None = None,
        keys: Sequence[tuple[str, str]] = (),
        start: float | None = None,
        end: float | None = None,
        before: tuple[float, str] | None = None,
        limit: int = 50,
    ) -> list[StoredEvent]:
        """Like `events`, with all that is stored; `before` is the (time, id) of the last event seen."""
        ...

    def events_since(self, seq: int, limit: int = 1000) -> list[StoredEvent]:
        """Events committed after the one numbered `seq`, in the order they were committed."""
        ...

    def last_event(self) -> int:
        """The number of the event committed last; 0 if there is none."""
        ...

    def reset(self) -> None:
        """Forget everything. Epochs go on from where they were, so that every cache notices."""
        ...

    def close(self) -> None: ...
