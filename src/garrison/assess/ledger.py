"""Evidence in files: one for each run, the public keys, and the head.

    runs/000001-3f2a9c01d4.jsonl    append-only: a run is written once and whole, and never touched again
    keys/FINGERPRINT.pem            the public half of each key that signed
    head.json                       how many runs there are, signed

A run becomes visible by its renaming, and the head follows; whoever is stopped in between leaves a run the head does
not know yet, and the next run tells it.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from garrison.evidence.record import NOTHING, Record, records_of, sealed_run, signed_head
from garrison.evidence.signing import BadKey, Signer, der, fingerprint, pem
from garrison.evidence.verify import Verified, verify
from garrison.store.files import private_directory, write_private

_NAME = re.compile(r"(\d{6,})-([0-9a-f]{10})\.jsonl")


class LedgerError(Exception):
    """The evidence cannot be read or written as asked. The text says why."""


class Run(msgspec.Struct, frozen=True, order=True):
    """One run's file."""

    number: int
    id: str
    path: Path

    def lines(self) -> list[bytes]:
        """Its lines, unverified."""
        return self.path.read_bytes().splitlines()

    def records(self) -> Iterator[Record]:
        """Its records, unverified, without the seal. Raises `LedgerError`."""
        try:
            yield from records_of(self.lines())
        except (msgspec.DecodeError, AttributeError) as e:
            raise LedgerError(f"{self.path.name} cannot be read ({e}); garrison evidence verify says more.") from e


class Ledger:
    """The evidence of one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._runs = directory / "runs"
        self._keys = directory / "keys"
        self._head = directory / "head.json"

    def runs(self) -> list[Run]:
        """Every run there is, in order."""
        try:
            names = [(path, _NAME.fullmatch(path.name)) for path in self._runs.iterdir()]
        except FileNotFoundError:
            return []
        return sorted(Run(int(match[1]), match[2], path) for path, match in names if match is not None)

    def run(self, named: str) -> Run:
        """The run of an id, of the beginning of one, of a number, or the `latest`. Raises `LedgerError`."""
        there = self.runs()
        if not there:
            raise LedgerError(f"There is no evidence in {self.directory}.")
        if named == "latest":
            return there[-1]
        found = [run for run in there if run.id == named or (named.isdigit() and run.number == int(named))]
        found = found or [run for run in there if len(named) >= 4 and run.id.startswith(named)]
        if len(found) != 1:
            raise LedgerError(
                f"There is no run {named}." if not found else f"{named} is the beginning of several runs."
            )
        return found[0]

    def append(self, records: Iterable[Record], signer: Signer) -> Run:
        """Write one run, sealed by `signer`. Raises `LedgerError` if what is there cannot be continued."""
        private_directory(self.directory)
        private_directory(self._runs)
        private_directory(self._keys)
        with self.alone():
            there = self.runs()
            number = there[-1].number + 1 if there else 1
            previous = _last_hash(there[-1]) if there else NOTHING
            run = secrets.token_hex(5)
            lines = sealed_run(number, run, previous, records, signer)
            key = self._keys / f"{fingerprint(signer.public_key)}.pem"
            if not key.exists():
                write_private(key, pem(signer.public_key))
            path = self._runs / f"{number:06d}-{run}.jsonl"
            write_private(path, b"".join(line + b"\n" for line in lines))
            last = msgspec.json.decode(lines[-1])["hash"]
            write_private(self._head, signed_head(number, last, signer))
            return Run(number, run, path)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else writes meanwhile, in any process."""
        descriptor = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def history(self) -> Iterator[Record]:
        """Every record of every run, oldest first."""
        for run in self.runs():
            yield from run.records()

    def verify(self, *, pinned: bytes | None = None, head_hash: str | None = None) -> Verified:
        """Verify everything. `pinned` is the only public key that counts, in PEM form. Raises `LedgerError`."""
        keys: dict[str, bytes] = {}
        expected: str | None = None
        try:
            if pinned is not None:
                public = der(pinned)
                expected = fingerprint(public)
                keys[expected] = public
            for path in sorted(self._keys.glob("*.pem")):
                spelled = path.read_bytes()
                public = der(spelled)
                if pem(public) != spelled:
                    raise LedgerError(f"keys/{path.name} is not spelled as it was written.")
                keys[fingerprint(public)] = public
        except BadKey as e:
            raise LedgerError(f"keys: {e}") from e
        files: Sequence[tuple[str, bytes]] = [(f"runs/{run.path.name}", run.path.read_bytes()) for run in self.runs()]
        head = self._head.read_bytes() if self._head.exists() else None
        return verify(files, keys, head, pinned=expected, head_hash=head_hash)


def _last_hash(run: Run) -> str:
    lines = run.lines()
    try:
        seal = msgspec.json.decode(lines[-1])
        if seal["type"] != "seal":
            raise KeyError("seal")
        return str(seal["hash"])
    except (IndexError, KeyError, TypeError, msgspec.DecodeError) as e:
        raise LedgerError(
            f"{run.path.name} has no seal, so nothing can follow it: garrison evidence verify says what is wrong."
        ) from e
