"""Where addresses are: from MaxMind databases that the operator supplies. There are none of ours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from garrison.aws.address_databases import databases
from garrison.aws.generations import Generations
from garrison.waf.request import Location
from garrison.waf.state import Locate, nowhere


def locate_with(paths: Sequence[Path]) -> Locate:
    """Asks each database (country or city, ASN) for what it has. Raises `ValueError` for one that is none."""
    if not paths:
        return nowhere
    ask = databases(paths)
    known: Generations[str, Location] = Generations(65536)

    def locate(address: str) -> Location:
        found = known.get(address)
        if found is None:
            found = _location(ask(address))
            known.put(address, found)
        return found

    return locate


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
