"""What is known of normal traffic, kept in a file of the edge's directory from one start to the next."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import msgspec

from garrison.shield.model import Memory

log = logging.getLogger("garrison.edge")

NAME = "baselines.msgpack"


class Memories:
    """By the ARN of a resource or a protection group."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._unused = self._read()

    def pop(self, arn: str) -> Memory | None:
        """What is known of one, to whoever goes on with it."""
        return self._unused.pop(arn, None)

    def save(self, known: Mapping[str, Memory]) -> None:
        """Keep what is known now, and what nobody asked for yet."""
        try:
            new = self._directory / f".{NAME}.new"
            new.write_bytes(msgspec.msgpack.encode(self._unused | dict(known)))
            new.chmod(0o600)
            new.rename(self._directory / NAME)
        except OSError as e:
            log.error("what is known of normal traffic cannot be kept: %s", e)

    def _read(self) -> dict[str, Memory]:
        try:
            return msgspec.msgpack.decode((self._directory / NAME).read_bytes(), type=dict[str, Memory])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as e:
            log.error("what was known of normal traffic cannot be read, and is learned anew: %s", e)
            return {}
