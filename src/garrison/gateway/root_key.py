"""The root key of a Garrison: where its seals' secrets lie, how it is opened at start, and how its seals change.

A root key is made once, when the database has none. From then on the database says under which seals it is; if none of
them opens it, Garrison is sealed and says why, and never makes another.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from garrison.access.accounts import ACCOUNT, ACCOUNTS
from garrison.access.runtime import Runtime
from garrison.gateway.settings import Settings
from garrison.keys import seals
from garrison.keys.root import RootKey
from garrison.keys.seal import Seal
from garrison.keys.seals import CannotOpen, Passphrase, SealSource, SealUnavailable, WrappedRoot
from garrison.store import AlreadyExists, Kind, Store, Transaction
from garrison.store.files import write_private

ROOT_KEY = "root.key"
CREDENTIAL = "garrison-root"
"""The systemd credential: `LoadCredentialEncrypted=garrison-root`."""
PASSPHRASE_VARIABLE = "GARRISON_SEAL_PASSPHRASE"  # noqa: S105

WRAPPED = Kind("garrison.root-key", WrappedRoot)


class Refusal(Exception):
    """Garrison cannot start here. The text says why and what to do."""


class FileSeal:
    """A seal whose secret is a file that its owner alone can read."""

    kind = seals.FILE

    def __init__(self, path: Path) -> None:
        self.path = path

    def secret(self) -> bytes:
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise SealUnavailable(f"{self.path} is missing; put the file back (it was made at first start)") from None
        except OSError as e:
            raise SealUnavailable(f"{self.path} cannot be read: {e.strerror}") from e
        with os.fdopen(descriptor, "rb") as file:
            there = os.fstat(descriptor)
            if there.st_uid not in (os.geteuid(), 0):
                raise SealUnavailable(f"{self.path} belongs to another user ({there.st_uid})")
            if stat.S_IMODE(there.st_mode) & 0o077:
                raise SealUnavailable(
                    f"{self.path} can be read by others (mode {stat.S_IMODE(there.st_mode):04o}): chmod 600 {self.path}"
                )
            return file.read(4096)

    def make(self) -> None:
        """Make the file, unless it is there: what it opens may be in another database."""
        if not self.path.exists():
            write_private(self.path, os.urandom(seals.SHORTEST_SECRET))


class SystemdSeal:
    """A seal whose secret systemd hands to the service, decrypted with the machine's TPM or host key."""

    kind = seals.SYSTEMD

    def secret(self) -> bytes:
        directory = os.environ.get("CREDENTIALS_DIRECTORY")
        if not directory:
            raise SealUnavailable("the server was not started by systemd with LoadCredentialEncrypted=garrison-root")
        try:
            return (Path(directory) / CREDENTIAL).read_bytes()
        except OSError as e:
            raise SealUnavailable(f"there is no systemd credential {CREDENTIAL}: {e.strerror}") from e


class State(msgspec.Struct, frozen=True):
    """How opening the root key went."""

    root: RootKey
    opened_by: str | None
    """Name of the seal that opened it; None while it is sealed."""
    reasons: tuple[str, ...] = ()
    """Why it is sealed."""


def sources(settings: Settings, passphrase: str | None = None) -> list[SealSource]:
    """What can be asked for secrets without asking a person, and a passphrase if somebody gave one."""
    found: list[SealSource] = [FileSeal(settings.root_key_file or settings.data_dir / ROOT_KEY), SystemdSeal()]
    if passphrase is None:
        passphrase = os.environ.get(PASSPHRASE_VARIABLE)
    return [*found, Passphrase(passphrase)] if passphrase else found


def wrapped_roots(store: Store) -> list[WrappedRoot]:
    """The root key as the database has it, under each of its seals."""
    with store.reading() as reader:
        return [row.body for row in reader.page(WRAPPED, ACCOUNTS)]


def open_root(settings: Settings, store: Store) -> State:
    """Open the root key, or make it if this is the first start. Raises `Refusal`.

    A root key that is there and does not open leaves Garrison sealed.
    """
    rows = wrapped_roots(store)
    if not rows:
        _refuse_exposed_file(settings, settings.seal)
        rows = _first(settings, store)
    try:
        key, row = seals.open_any(rows, sources(settings))
    except CannotOpen as e:
        return State(RootKey(), None, e.reasons)
    _refuse_exposed_file(settings, row.kind)
    return State(RootKey(key), row.name)


def _first(settings: Settings, store: Store) -> list[WrappedRoot]:
    source = next((s for s in sources(settings) if s.kind == settings.seal), None)
    if source is None:
        raise Refusal(f"The passphrase of a new root key is taken from {PASSPHRASE_VARIABLE}, and there is none.")
    if isinstance(source, FileSeal):
        source.make()
    try:
        row = seals.wrap(RootKey.new(), source, time.time())
    except (SealUnavailable, ValueError) as e:
        raise Refusal(f"The root key cannot be made under the {settings.seal} seal: {e}.") from e

    def insert(tx: Transaction) -> list[WrappedRoot]:
        there = tx.page(WRAPPED, ACCOUNTS)
        if there:
            # Another process on the same database was faster.
            return [other.body for other in there]
        if tx.count(ACCOUNT, ACCOUNTS):
            raise Refusal("The database has accounts but no root key: it is not whole, or of an older Garrison.")
        return [_insert(tx, row)]

    return store.writing(insert)


def _insert(tx: Transaction, row: WrappedRoot) -> WrappedRoot:
    return tx.insert(WRAPPED, ACCOUNTS, row.name, row, id=row.name, created=row.created).body


def _refuse_exposed_file(settings: Settings, kind: str) -> None:
    """With the key beside the database, a copy of the directory is a copy of everything."""
    if kind != seals.FILE or settings.accept_file_seal or _is_loopback(settings.host):
        return
    path = settings.root_key_file or settings.data_dir / ROOT_KEY
    if settings.root_key_file is not None and _device(path.parent) != _device(settings.data_dir):
        return
    raise Refusal(
        f"Not on {settings.host} with the root key in {path}, beside the database: who copies that disk has every key. "
        "Seal it otherwise (garrison kms migrate-seal --to passphrase, or --to systemd), keep it on another volume "
        "(--root-key-file), or say that it may be so: --accept-file-seal."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _device(path: Path) -> int | None:
    try:
        return path.stat().st_dev
    except OSError:
        return None


def unseal(
    runtime: Runtime, settings: Settings, passphrase: str | None, check: Callable[[Runtime], None] | None = None
) -> str:
    """Open the root key of a running Garrison; the name of the seal that did. Raises `CannotOpen`.

    `check` may look at the database with the key, in a runtime of its own, before anybody else can use it; what it
    raises leaves Garrison sealed.
    """
    key, row = seals.open_any(wrapped_roots(runtime.store), sources(settings, passphrase))
    if check is not None:
        check(dataclasses.replace(runtime, seal=Seal(key)))
    runtime.seal.root.open(key)
    runtime.seal.hold()
    return row.name


def add_seal(
    runtime: Runtime, settings: Settings, kind: str, *, name: str | None = None, passphrase: str | None = None
) -> WrappedRoot:
    """Wrap the root key under one more seal, and see that it opens. Raises `SealUnavailable`, `ValueError`,
    `AlreadyExists`, `Sealed`."""
    source: SealSource = Passphrase(passphrase or "")
    if kind != seals.PASSPHRASE:
        source = next(s for s in sources(settings) if s.kind == kind)
        if isinstance(source, FileSeal):
            source.make()
    row = seals.wrap(runtime.seal.root, source, runtime.clock.now(), name=name)
    seals.unwrap(row, source)
    return runtime.store.writing(lambda tx: _insert(tx, row))


def remove_seal(runtime: Runtime, name: str) -> None:
    """Take a seal away. Raises ValueError for the last one, and for one that is not there."""

    def delete(tx: Transaction) -> None:
        rows = tx.page(WRAPPED, ACCOUNTS)
        found = next((row for row in rows if row.name == name), None)
        if found is None:
            raise ValueError(f"there is no seal {name}")
        if len(rows) == 1:
            raise ValueError(f"{name} is the only seal: without it nothing could ever be opened again")
        tx.delete(found)

    runtime.store.writing(delete)


def migrate(
    runtime: Runtime, settings: Settings, kind: str, *, name: str | None = None, passphrase: str | None = None
) -> tuple[str, list[str]]:
    """One new seal instead of all others; its name and theirs. Raises what `add_seal` raises.

    A seal of the same kind is replaced in place, so that a passphrase can be changed.
    """
    old = [row.name for row in wrapped_roots(runtime.store)]
    name = name or kind
    if name in old:
        # Under a name of its own until it has been seen to open; then it takes the old one's place.
        n = 2
        while f"{name}-{n}" in old:
            n += 1
        name = f"{name}-{n}"
    made = add_seal(runtime, settings, kind, name=name, passphrase=passphrase)
    for other in old:
        remove_seal(runtime, other)
    return made.name, old


def restore_seal_rows(runtime: Runtime, rows: list[WrappedRoot]) -> None:
    """Put the seals back after a reset emptied the database: the root key stays the same."""
    for row in rows:
        try:
            runtime.store.writing(lambda tx, row=row: _insert(tx, row))  # type: ignore[misc]
        except AlreadyExists:
            continue


def said(settings: Settings, runtime: Runtime) -> str:
    """One line for who starts the server: where the root key is, or that it does not open."""
    rows = wrapped_roots(runtime.store)
    names = ", ".join(row.name for row in rows)
    if runtime.seal.root.sealed:
        return f"SEALED (under {names}): garrison kms unseal"
    if any(row.kind == seals.FILE for row in rows):
        return f"{settings.root_key_file or settings.data_dir / ROOT_KEY}: keep a copy, apart from the database's"
    return f"sealed under {names}"


def described(rows: list[WrappedRoot]) -> list[dict[str, Any]]:
    """Seals as people see them."""
    return [{"name": row.name, "kind": row.kind, "created": row.created} for row in rows]
