"""Where addresses are: from MaxMind databases that the operator supplies (GeoLite2, DB-IP, IPinfo). None are ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from garrison.aws.address_databases import databases
from garrison.aws.generations import Generations
from garrison.detect.context import Place

Locator = Callable[[str], Place]


def nowhere(address: str) -> Place:
    """Without a database: nothing is known."""
    return Place()


def place_with(paths: Sequence[Path]) -> Locator:
    """Asks each database (country or city, ASN) for what it has. Raises `ValueError` for one that is none."""
    if not paths:
        return nowhere
    ask = databases(paths)
    asked: Generations[str, Place] = Generations(65536)

    def place(address: str) -> Place:
        found = asked.get(address)
        if found is None:
            found = _place(ask(address))
            asked.put(address, found)
        return found

    return place


def _place(records: list[dict[str, Any]]) -> Place:
    country = name = organization = ""
    asn = 0
    for record in records:
        place = record.get("country") or record.get("registered_country") or {}
        if isinstance(place, str):  # IPinfo's own layout: plain codes
            place = {"iso_code": place}
        if not country:
            country = str(place.get("iso_code", ""))
            name = str((place.get("names") or {}).get("en", ""))
        number = record.get("autonomous_system_number") or str(record.get("asn", "")).removeprefix("AS")
        if not asn and str(number).isdigit():
            asn = int(number)
            organization = str(record.get("autonomous_system_organization") or record.get("as_name", ""))
    return Place(country, name, asn, organization)


def remote_ip(address: str, place: Locator) -> dict[str, Any]:
    """`remoteIpDetails` of a finding's action. What no database says is left out, never made up."""
    details: dict[str, Any] = {("ipAddressV6" if ":" in address else "ipAddressV4"): address}
    found = place(address)
    if found.country:
        details["country"] = {"countryCode": found.country}
        if found.country_name:
            details["country"]["countryName"] = found.country_name
    if found.asn:
        organization = {"asn": str(found.asn), "asnOrg": found.organization}
        details["organization"] = organization | {"isp": found.organization, "org": found.organization}
    return details
