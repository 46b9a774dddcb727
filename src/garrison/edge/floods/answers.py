"""How applications do, out of the access records that the data plane writes: failures and the time they take.

Only requests that went to a target count: what a web ACL refused says nothing of the application. The file is followed
by its end; where more was written than is read at once, what is older is left out.
"""

from __future__ import annotations

import contextlib
import os
import statistics
from collections.abc import Iterable
from pathlib import Path

import msgspec

from garrison.shield.slices import Answers

_MOST = 2 << 20
"""Bytes that are read at once."""
_UNREACHED = frozenset({"UF", "UH", "UO", "NC"})
"""Envoy's response flags of requests that no target could take."""


class _Record(msgspec.Struct):
    elb: str
    elb_status_code: int | None = None
    target_port: str | None = None
    target_processing_ms: int | None = None
    duration_ms: int | None = None
    response_flags: str | None = None


_decode = msgspec.json.Decoder(_Record).decode


class AnswerReader:
    """`read()` again and again tells what was written since."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._at = 0
        with contextlib.suppress(OSError):
            stat = path.stat()
            self._file, self._at = stat.st_ino, stat.st_size

    def read(self, second: int) -> dict[str, Answers]:
        """By resource, as of `second`."""
        try:
            with open(self._path, "rb") as file:
                stat = os.fstat(file.fileno())
                if stat.st_ino != self._file or stat.st_size < self._at:
                    self._file, self._at = stat.st_ino, 0
                skipped = stat.st_size - self._at > _MOST
                file.seek(stat.st_size - _MOST if skipped else self._at)
                start = file.tell()
                data = file.read(_MOST)
        except FileNotFoundError:
            return {}
        end = data.rfind(b"\n") + 1
        self._at = start + end
        lines = data[:end].splitlines()
        return tally(lines[1:] if skipped else lines, second)


def tally(lines: Iterable[bytes], second: int) -> dict[str, Answers]:
    """What records say of their resources' applications."""
    failed: dict[str, int] = {}
    took: dict[str, list[int]] = {}
    for line in lines:
        try:
            one = _decode(line)
        except msgspec.DecodeError:
            continue  # a line that was cut off when its writer was killed
        reached = one.target_port is not None
        unreached = not _UNREACHED.isdisjoint((one.response_flags or "").split(","))
        if not one.elb_status_code or not (reached or unreached):
            continue  # refused, answered by a rule of the listener, or given up by the client
        failed[one.elb] = failed.get(one.elb, 0) + (one.elb_status_code >= 500)
        spent = one.duration_ms if one.target_processing_ms is None else one.target_processing_ms
        took.setdefault(one.elb, []).append(spent or 0)
    return {
        arn: Answers(second, len(times), failed[arn], statistics.median(times) / 1000) for arn, times in took.items()
    }
