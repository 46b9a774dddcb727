"""What came of each story when it was told last, in files of the data directory: no keys, no secrets."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from garrison.store.files import private_directory, write_private
from garrison.stories.told import Told

log = logging.getLogger("garrison.stories")


class Recorded(msgspec.Struct, frozen=True):
    """One telling."""

    when: float
    """Seconds since the epoch."""
    told: Told


def record(data: Path, when: float, told: Told) -> None:
    """Remember it, in the place of the one before."""
    for directory in (data / "stories", data / "stories" / "told"):
        private_directory(directory)
    write_private(_directory(data) / f"{told.story}.json", msgspec.json.encode(Recorded(when, told)))


def recorded(data: Path) -> dict[str, Recorded]:
    """The last telling of each story. One that cannot be read any more is logged, and is none."""
    found: dict[str, Recorded] = {}
    for path in sorted(_directory(data).glob("*.json")):
        try:
            found[path.stem] = msgspec.json.decode(path.read_bytes(), type=Recorded)
        except (OSError, msgspec.MsgspecError) as e:
            log.warning("%s cannot be read: %s", path, e)
    return found


def _directory(data: Path) -> Path:
    return data / "stories" / "told"
