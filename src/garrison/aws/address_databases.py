"""MaxMind databases that the operator supplies (GeoLite2, DB-IP, IPinfo): what they say of an address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

MISSING = "Databases of addresses need the maxminddb package: pip install 'garrison[edge]' brings it"

Ask = Callable[[str], list[dict[str, Any]]]


def databases(paths: Sequence[Path]) -> Ask:
    """A function from an address to the record each database has of it, {} where it has none.

    Raises `ValueError` for a file that is no such database, or where the package is missing.
    """
    try:
        import maxminddb
    except ModuleNotFoundError:
        raise ValueError(MISSING) from None
    try:
        readers = [maxminddb.open_database(path, maxminddb.MODE_MMAP) for path in paths]
    except (OSError, maxminddb.InvalidDatabaseError) as e:
        raise ValueError(f"{', '.join(map(str, paths))}: {e}") from None

    def ask(address: str) -> list[dict[str, Any]]:
        return [_record(reader, address) for reader in readers]

    return ask


def _record(reader: Any, address: str) -> dict[str, Any]:
    try:
        record = reader.get(address)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
