"""How a cell is named: `rds/guest-os`, or with the part of one party `rds/guest-os/customer`."""

from __future__ import annotations

from typing import Literal

import msgspec

from garrison.responsibility.catalogue import UnknownService, service
from garrison.responsibility.layers import BY_ID

EVERY = "*"
PartyName = Literal["customer", "provider", "operator"]
_PARTIES: dict[str, PartyName] = {"customer": "customer", "provider": "provider", "operator": "operator"}


class UnknownCell(Exception):
    """A name that is not of a cell."""


class CellPart(msgspec.Struct, frozen=True):
    """One party's part of a cell."""

    service: str
    """A service's id, or `*` for every service that has the layer."""
    layer: str
    party: PartyName

    def __str__(self) -> str:
        return f"{self.service}/{self.layer}/{self.party}"

    def covers(self, service: str, layer: str, party: str) -> bool:
        """Whether this names that part of that cell."""
        return self.layer == layer and self.party == party and self.service in (EVERY, service)


def cell_part(text: str) -> CellPart:
    """Read `SERVICE/LAYER[/PARTY]`; without a party it is the customer's. Raises `UnknownCell`."""
    service_id, _, rest = text.partition("/")
    layer, _, party = rest.partition("/")
    if layer not in BY_ID:
        raise UnknownCell(f"{text!r}: there is no layer {layer!r}; they are {', '.join(BY_ID)}.")
    named = _PARTIES.get(party or "customer")
    if named is None:
        raise UnknownCell(f"{text!r}: there is no party {party!r}; they are {', '.join(_PARTIES)}.")
    if service_id != EVERY:
        try:
            service_id = service(service_id).id
        except UnknownService as e:
            raise UnknownCell(f"{text!r}: {e}") from None
    return CellPart(service_id, layer, named)
