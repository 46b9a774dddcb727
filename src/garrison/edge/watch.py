"""When the edge runs: whenever there is a load balancer or a distribution."""

from __future__ import annotations

from garrison.access.sites import announced
from garrison.gateway.beside import Child
from garrison.gateway.settings import Settings
from garrison.store import Reader


def _wanted(settings: Settings, reader: Reader) -> bool:
    return settings.edge != "off" and bool(announced(reader))


CHILD = Child("the edge", "garrison.edge.main", _wanted)
