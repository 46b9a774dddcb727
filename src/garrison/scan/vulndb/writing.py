"""Who may write a database: one at a time, and what somebody who was killed left behind is taken away."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO


class Busy(ValueError):
    """Another process is writing the database."""


def writing(target: Path) -> IO[bytes]:
    """The lock of a database, held until the file is closed or the process ends. Raises `Busy`."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = open(target.with_name(f".{target.name}.lock"), "ab")  # noqa: SIM115 - closed by who asked for it
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as e:
        lock.close()
        raise Busy(f"Another update or import of {target} is under way; try again when it is done") from e
    for left in target.parent.glob(f".{target.name}.*.new"):
        left.unlink(missing_ok=True)
    return lock


def beside(target: Path) -> Path:
    """Where the new file is made."""
    return target.with_name(f".{target.name}.{os.getpid()}.new")
