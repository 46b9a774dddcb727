"""Looking at the host, and saying it as PutResourceInventory takes it."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import msgspec

from garrison.scan.inventory import Inventory, scan_machine
from garrison.scan.inventory.sbom import cyclonedx
from garrison.scan.reachability.exposure import paths
from garrison.scan.reachability.host import Reachability, reachability
from garrison.scan.reachability.owners import Owners


class Machine:
    """The host below `root`; `/` is this one, others are file systems that nothing runs in."""

    def __init__(
        self,
        root: str,
        resource: str,
        tags: dict[str, str],
        *,
        behind: bool,
        excepted: Mapping[str, str] | None = None,
    ) -> None:
        """`behind`: nothing reaches it from the internet; `excepted`: checks not asked of it, with the reasons."""
        self.root = root
        self.resource = resource
        self._tags = tags
        self._behind = behind
        self.excepted = excepted or {}
        self._owners = Owners()

    @property
    def live(self) -> bool:
        return self.root == "/"

    def inventory(self, deep_paths: tuple[str, ...]) -> tuple[Inventory, str]:
        """What is installed, and a digest of it."""
        self._owners = Owners()
        found = scan_machine(self.root, deep_paths=deep_paths)
        return found, _digest(msgspec.msgpack.encode((found.os, found.packages, found.complete)))

    def reachability(self, inventory: Inventory | None = None) -> tuple[Reachability | None, str]:
        """What can be reached, and a digest of it; None of a file system that nothing runs in."""
        if not self.live:
            return None, ""
        found = reachability(inventory.packages if inventory else None, behind=self._behind, owners=self._owners)
        return found, _digest(msgspec.json.encode((paths(found.exposures), found.addresses)))

    def resource_of(self, inventory: Inventory | None, reachable: Reachability | None) -> dict[str, Any]:
        """The parameters of PutResourceInventory; what is None is left as the server has it."""
        made: dict[str, Any] = {
            "resourceId": self.resource,
            "resourceType": "AWS_EC2_INSTANCE",
            "scanMode": "EC2_INSPECTOR_AGENT_BASED" if self.live else "EC2_AGENTLESS",
            "tags": self._tags,
        }
        if inventory is not None:
            made["sbom"] = json.loads(cyclonedx.write(inventory, created=datetime.now(UTC)))
        if reachable is not None:
            made["reachability"] = {"paths": paths(reachable.exposures)}
            made["details"] = {
                "ipV4Addresses": [a for a in reachable.addresses if ip_address(a).version == 4],
                "ipV6Addresses": [a for a in reachable.addresses if ip_address(a).version == 6],
            }
        return made


def name_tag() -> dict[str, str]:
    """The tag Name of this machine."""
    return {"Name": socket.gethostname()[:256]}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
