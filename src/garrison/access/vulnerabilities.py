"""The vulnerability database of a running Garrison, opened once and again when an update has swapped it."""

from __future__ import annotations

import threading
from pathlib import Path

from garrison.access.runtime import Runtime
from garrison.scan.vulndb import Database, DatabaseError

_lock = threading.Lock()
_open: dict[Path, tuple[tuple[int, int, int], Database]] = {}


def database(runtime: Runtime) -> Database:
    """The database as it is now. Keep it for one piece of work, not longer. Raises `DatabaseError`: there is none.

    Who still uses the one before goes on with it: a swapped file stays readable to who has it open.
    """
    path = runtime.vulnerabilities
    if path is None:
        raise DatabaseError("This Garrison was started without a place for a vulnerability database")
    stamp = _stamp(path)
    if stamp is None:
        return Database(path)  # says what is wrong, and how to make one
    with _lock:
        known = _open.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        found = Database(path)
        _open[path] = (stamp, found)
        return found


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_ino, told.st_size, told.st_mtime_ns
