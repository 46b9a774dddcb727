"""Whether the evidence of a directory is what was written, asked again only when a file of it has changed."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from garrison.assess.ledger import Ledger, LedgerError
from garrison.evidence.verify import Verified

Stamp = tuple[tuple[str, int, int], ...]


def verified(evidence: Path) -> Verified:
    """What verifying the whole chain finds. Raises `LedgerError` for keys that cannot be read."""
    return _verified(evidence, stamp(evidence))


def intact(evidence: Path) -> None:
    """Raises `LedgerError` unless the evidence is what was written: nothing is told from altered records."""
    found = verified(evidence)
    if not found.intact:
        first = found.problems[0]
        raise LedgerError(
            f"The evidence in {evidence} is not what was written ({first.where}: {first.what}), so nothing is told"
            " from it. garrison evidence verify says more."
        )


def stamp(evidence: Path) -> Stamp:
    """What changes whenever a file of the evidence does."""
    try:
        found = [(path, path.stat()) for path in evidence.rglob("*") if path.is_file()]
    except FileNotFoundError:  # a file that was there a moment ago
        found = []
    return tuple(sorted((str(path), told.st_mtime_ns, told.st_size) for path, told in found))


@lru_cache(maxsize=16)
def _verified(evidence: Path, stamp: Stamp) -> Verified:
    ledger = Ledger(evidence)
    found = ledger.verify()
    if not found.intact and found.runs:
        # Somebody may be writing just now: what is there between a run and its head is no alteration.
        with suppress(OSError), ledger.alone():
            found = ledger.verify()
    return found
