"""The reachability of this machine, put together."""

from __future__ import annotations

import msgspec

from garrison.scan.inventory.gather import Gathering
from garrison.scan.inventory.package import Package
from garrison.scan.inventory.targets.directory import scan_system
from garrison.scan.reachability import firewall
from garrison.scan.reachability.exposure import Exposure, Origin, exposures
from garrison.scan.reachability.listeners import addresses, listeners
from garrison.scan.reachability.owners import Owners, versions


class Reachability(msgspec.Struct, frozen=True):
    """What can be reached, and what could not be seen of it."""

    exposures: tuple[Exposure, ...]
    addresses: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def from_internet(self) -> bool:
        """Whether anything can be reached from anywhere."""
        return any(e.origin is Origin.INTERNET for e in self.exposures)

    @property
    def from_network(self) -> bool:
        """Whether anything can be reached from another host at all."""
        return any(e.reachable for e in self.exposures)


def reachability(
    packages: tuple[Package, ...] | None = None, *, behind: bool = False, owners: Owners | None = None
) -> Reachability:
    """What of this machine can be reached, by its configuration: no packet is sent.

    `packages`: its inventory, if it is at hand. `behind`: nothing comes in from the internet, since something in front
    of the host keeps it out. `owners`: what was looked up before,
    as long as no package changed. Raises `listeners.Unreadable`."""
    found = listeners()
    if packages is None:
        gathering = Gathering(None, None)
        scan_system(gathering, "/")
        packages = tuple(gathering.packages)
    rules = firewall.read()
    problems = [f"firewall: {reason}" for reason in rules.unread] if not rules.rulesets else []
    hidden = sum(listener.process is None for listener in found)
    if hidden:
        problems.append(
            f"{hidden} listening sockets belong to processes that cannot be seen (run as root, in their namespace)"
        )
    made = exposures(found, rules, owners or Owners(), versions(packages), behind=behind, ephemeral=_ephemeral())
    return Reachability(made, addresses(), tuple(problems))


def _ephemeral() -> tuple[int, int]:
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            first, last = file.read(64).split()
            return int(first), int(last)
    except (OSError, ValueError):
        return 32768, 60999
