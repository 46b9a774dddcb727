"""Where addresses are: from MaxMind databases that the operator supplies. There are none of ours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from garrison.aws.generations import Generations
from garrison.waf.request import Location
from garrison.waf.state import Locate, nowhere

MISSING = "Databases of addresses need the maxminddb package: pip install 'garrison[edge]' brings it"


def locate_with(paths: Sequence[Path]) -> Locate:
    """Asks each database (country or city, ASN) for what it has. Raises `ValueError` for one that is none."""
    if not paths:
        return nowhere
    try:
        import maxminddb
    except ModuleNotFoundError:
        raise ValueError(MISSING) from None
    try:
        readers = [maxminddb.open_database(path, maxminddb.MODE_MMAP) for path in paths]
    except (OSError, maxminddb.InvalidDatabaseError) as e:
        raise ValueError(f"{', '.join(map(str, paths))}: {e}") from None
    known: Generations[str, Location] = Generations(65536)

    def locate(address: str) -> Location:
        found = known.get(address)
        if found is None:
            records = [_record(reader, address) for reader in readers]
            found = _location(records)
            known.put(address, found)
        return found

    return locate


def _record(reader: Any, address: str) -> dict[str, Any]:
    try:
        record = reader.get(address)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _location(records: list[dict[str, Any]]) -> Location:
    country = region = ""
    asn = 0
    for record in records:
        place = record.get("country") or record.get("registered_country") or {}
        country = country or str(place.get("iso_code", ""))
        parts = record.get("subdivisions") or [{}]
        code = parts[0].get("iso_code", "")
        if code and not region:
            region = f"{country}-{code}"
        asn = asn or int(record.get("autonomous_system_number", 0))
    return Location(country, region, asn)
