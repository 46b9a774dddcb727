"""A database put back to an older state is noticed: how far the key tables had come is written beside the seal as well.

The ledger of the key tables (`services.kms.rows`) counts their changes. The file `ledger` in the data directory holds
the highest count seen, with a MAC. A database that has come less far than that is an older copy: Garrison starts
sealed, until somebody says that it may be so (`garrison kms unseal --accept-rollback`, `garrison kms restore`).

What this does not show: changes of the last second before the server was killed, and an older copy of database *and*
file together, put back by somebody who can write both.
"""

from __future__ import annotations

import hmac
from pathlib import Path

import msgspec

from garrison.access.runtime import Runtime
from garrison.keys.root import RootKey
from garrison.keys.seals import root_id
from garrison.services.kms.rows import read_ledger
from garrison.store.files import write_private

LEDGER_FILE = "ledger"

_PURPOSE = "kms/ledger-file/v1"


class _Mark(msgspec.Struct, frozen=True):
    changes: int
    root_id: str
    mac: str


def _mac(root: RootKey, changes: int) -> str:
    return hmac.digest(root.derived(_PURPOSE), str(changes).encode(), "sha256").hex()


def changes_in_database(runtime: Runtime) -> int:
    """How often the key tables have changed. Raises `Tampered`, `Sealed`."""
    with runtime.store.reading() as reader:
        return read_ledger(runtime, reader).changes


def older_than_seen(runtime: Runtime, data_dir: Path) -> str | None:
    """Why the database is not the newest there was; None if it is as new as anything seen. Raises `Tampered`."""
    changes, root = changes_in_database(runtime), runtime.seal.root
    try:
        mark = msgspec.json.decode((data_dir / LEDGER_FILE).read_bytes(), type=_Mark)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as e:
        return f"{data_dir / LEDGER_FILE} cannot be read: {e}"
    if mark.root_id != root_id(root):
        # Of another database, whose place this one has taken.
        return f"{data_dir / LEDGER_FILE} is of another root key"
    if not hmac.compare_digest(mark.mac, _mac(root, mark.changes)):
        return f"{data_dir / LEDGER_FILE} was altered"
    if changes < mark.changes:
        return f"the database is an older copy: its key tables had {changes} changes, and {mark.changes} were seen"
    return None


def write_mark(runtime: Runtime, data_dir: Path, changes: int) -> None:
    """Write down how far the key tables have come. Raises `Sealed`."""
    root = runtime.seal.root
    mark = _Mark(changes, root_id(root), _mac(root, changes))
    write_private(data_dir / LEDGER_FILE, msgspec.json.encode(mark))


class Marker:
    """Keeps the file up with the database; ask it about once a second."""

    def __init__(self, runtime: Runtime, data_dir: Path) -> None:
        self._runtime = runtime
        self._data_dir = data_dir
        self._written = 0

    def keep_up(self) -> None:
        """Write the file if the key tables have changed. Reads one row of the database."""
        if self._runtime.seal.root.sealed:
            return
        changes = changes_in_database(self._runtime)
        if changes != self._written:
            write_mark(self._runtime, self._data_dir, changes)
        self._written = changes
