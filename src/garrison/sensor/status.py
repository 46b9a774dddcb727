"""What the sensor says of itself, in a file of its directory: for `garrison status` and `garrison detect learning`."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from garrison.store.files import private_directory

FOLDER = "sensor"
"""In the data directory."""
NAME = "status.json"


class SensorStatus(msgspec.Struct, frozen=True):
    """The sensor as it runs."""

    pid: int
    watched: tuple[str, ...] = ()
    """`ACCOUNT/REGION` of each enabled detector."""
    events: int = 0
    """Taken since it started."""
    delay: float = 0.0
    """Seconds between the last event taken and when it was."""
    waiting: int = 0
    """Detections that are not findings yet."""
    failures: dict[str, int] = {}
    """Detectors that failed, and how often."""
    learned: dict[str, float] = {}
    """Days seen of each kind of baseline; it speaks from the seventh on."""
    flows: str = ""
    """How the host's connections are seen; "" if not at all."""
    flows_problem: str = ""
    """What of them is not seen, and why."""
    problem: str | None = None
    """What is not detected, and why."""


def write_status(directory: Path, status: SensorStatus) -> None:
    """Leave word."""
    private_directory(directory)
    new = directory / f".{NAME}.new"
    new.write_bytes(msgspec.json.encode(status))
    new.rename(directory / NAME)


def read_status(directory: Path) -> SensorStatus | None:
    """What the sensor said last, or None if none runs there."""
    try:
        status = msgspec.json.decode((directory / NAME).read_bytes(), type=SensorStatus)
        os.kill(status.pid, 0)
    except (OSError, msgspec.DecodeError):
        return None
    return status
