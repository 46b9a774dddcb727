"""What is kept of a learner's work on a lab: one private file each, under `labs/LEARNER/` of the data directory."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from garrison.checks.probe import Keys
from garrison.store.files import private_directory, write_private

FOLDER = "labs"
_LEARNER = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")


class BadLearner(ValueError):
    """A name no learner can have."""


class Said(msgspec.Struct, frozen=True):
    """What the last check said of a step."""

    step: str
    done: bool
    message: str = ""
    """What is missing, and why."""


class Attempt(msgspec.Struct):
    """One learner's work on one lab."""

    lab: str
    """The lab's name, `03-break-the-escalation-path`."""
    version: int
    """The lab's."""
    learner: str
    started: float
    """Seconds since the epoch, as all times here."""
    prepared: bool = False
    """Whether all that the lab begins with is there: not if somebody was stopped in the middle of making it."""
    accounts: dict[str, str] = {}
    """What the lab calls an account -> its 12 digits. Empty once they are closed."""
    keys: dict[str, Keys] = {}
    """What the lab calls a principal -> what signs its calls."""
    handed: dict[str, str] = {}
    """Profile the learner gets -> which of `keys`; the first is what the environment is set to."""
    facts: dict[str, str] = {}
    """What was prepared: names, ids, ARNs."""
    said: list[Said] = []
    """By the last check, in the order of the steps."""
    passed: dict[str, float] = {}
    """Step -> when a check first saw it done."""
    checks: int = 0
    checked: float | None = None
    hints: dict[str, int] = {}
    """Step -> how many hints were asked for."""
    finished: float | None = None
    """When a check first saw all steps done at once."""
    stopped: float | None = None
    """When its accounts were closed."""
    best: float | None = None
    """Seconds from start to finish of the quickest run that was finished, over resets too."""

    @property
    def running(self) -> bool:
        """Whether it has its accounts."""
        return self.prepared and self.stopped is None


def learner_name(given: str) -> str:
    """A learner's name as it is kept. Raises `BadLearner`."""
    name = given.strip().lower()
    if not _LEARNER.fullmatch(name):
        raise BadLearner(
            f"{given!r} is no name for a learner: up to 32 letters a-z, digits, dots, dashes and underscores, "
            "the first a letter or digit."
        )
    return name


class Attempts:
    """The files of a data directory."""

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER

    def folder(self, learner: str) -> Path:
        """A learner's own."""
        return self._folder / learner

    def evidence(self, learner: str, lab: str) -> Path:
        """Where what `garrison assess` says inside a lab is kept: not among the evidence of everything else."""
        return self._folder / learner / f"{lab}.evidence"

    def _file(self, learner: str, lab: str) -> Path:
        return self._folder / learner / f"{lab}.json"

    def get(self, learner: str, lab: str) -> Attempt | None:
        """What is kept, or None."""
        try:
            return msgspec.json.decode(self._file(learner, lab).read_bytes(), type=Attempt)
        except FileNotFoundError:
            return None

    def put(self, attempt: Attempt) -> None:
        """Keep it."""
        write_private(self._file(attempt.learner, attempt.lab), msgspec.json.format(msgspec.json.encode(attempt)))

    def forget(self, attempt: Attempt) -> None:
        """Keep it no longer."""
        self._file(attempt.learner, attempt.lab).unlink(missing_ok=True)

    def all(self) -> Iterator[Attempt]:
        """Everybody's, by learner and lab."""
        for path in sorted(self._folder.glob("*/*.json")):
            try:
                yield msgspec.json.decode(path.read_bytes(), type=Attempt)
            except FileNotFoundError:
                continue

    @contextmanager
    def held(self, learner: str, lab: str) -> Iterator[None]:
        """Nobody else starts, checks or stops this learner's lab meanwhile."""
        private_directory(self._folder)
        private_directory(self.folder(learner))
        descriptor = os.open(self.folder(learner) / f".{lab}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
