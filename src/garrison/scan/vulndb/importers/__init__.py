"""Importers: one file per form in which sources publish.

Each has a `NAME`, `recognises(name, head)` - whether a file with this name and these first bytes is of its form - and
`read(name, data)`, which yields records and raises `NotUnderstood`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from garrison.scan.vulndb.importers import (
    alpine_secdb,
    csaf,
    debian_tracker,
    epss,
    kev,
    nvd,
    osv,
    oval,
    rustsec,
)
from garrison.scan.vulndb.record import Record


class Importer(Protocol):
    """Reads one form of document."""

    NAME: str

    def recognises(self, name: str, head: bytes) -> bool:
        """Whether the file is of this form, by its name and its first kilobytes."""
        ...

    def read(self, name: str, data: bytes) -> Iterator[Record]:
        """The records of a document. Raises `NotUnderstood`."""
        ...


IMPORTERS: tuple[Importer, ...] = (kev, epss, nvd, csaf, oval, rustsec, debian_tracker, alpine_secdb, osv)
"""In the order in which they are asked."""


def importer_of(name: str, head: bytes) -> Importer | None:
    """Who reads this file; None if nobody does."""
    return next((importer for importer in IMPORTERS if importer.recognises(name, head)), None)
