"""An assessment started beside whoever asks for it: `garrison assess run` in a process of its own, one at a time."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from garrison.store.files import private_directory

LOG = "assess.log"
"""What the newest one wrote, in the data directory."""


class Running(Exception):
    """One is being made already."""


def start(data: Path, evidence: Path, accounts: Sequence[str], *, act: bool, checklist: str | None = None) -> None:
    """Assess accounts of the Garrison that runs from `data`. Returns at once. Raises `Running`.

    The lock is the process's own for as long as it lives, however it ends. `act`: behavioural checks may act.
    `checklist`: an audit by it, which is an assessment too.
    """
    private_directory(evidence)
    lock = _lock(evidence)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Running from None
        only = [word for account in accounts for word in ("--account", account)]
        asked = ["assess", "run"] if checklist is None else ["audit", "run", "--checklist", checklist]
        command = [*asked, *only, "--act" if act else "--no-act", "--evidence", str(evidence), "-o", "json"]
        env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GARRISON_"))}
        told = os.open(data / LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "garrison.cli.main", *command],
                env=env | {"GARRISON_DATA": str(data)},
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=told,
                pass_fds=(lock,), start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(told)
    finally:
        os.close(lock)
    threading.Thread(target=process.wait, name="garrison-assess", daemon=True).start()


def running(evidence: Path) -> bool:
    """Whether one is being made."""
    if not (evidence / "assessing").exists():
        return False
    lock = _lock(evidence)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _lock(evidence: Path) -> int:
    return os.open(evidence / "assessing", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
