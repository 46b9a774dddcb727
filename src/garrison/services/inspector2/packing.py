"""Inventories as they are kept, and as bills of materials bring them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

import msgspec

from garrison.scan.inventory.package import Package
from garrison.scan.inventory.sbom import cyclonedx
from garrison.scan.inventory.sbom.component import MALFORMED
from garrison.services.inspector2.errors import invalid

MOST_PACKAGES = 50_000
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[Package, ...]).decode
_FAMILIES = {"amzn": "AMAZON_LINUX", "rhel": "RHEL", "sles": "SUSE_LINUX_ENTERPRISE", "ol": "ORACLE_LINUX"}


def pack(packages: Iterable[Package]) -> bytes:
    """Packages in few bytes."""
    return zlib.compress(_encode(tuple(packages)), 1)


def unpack(packed: bytes) -> tuple[Package, ...]:
    """What `pack` was given."""
    return _decode(zlib.decompress(packed))


class Sent(msgspec.Struct, frozen=True):
    """An inventory as it came."""

    packages: tuple[Package, ...]
    platform: str
    """As the API names it: `DEBIAN_12`; empty: no operating system is told."""
    complete: bool


def read(document: Any) -> Sent:
    """The packages of a CycloneDX document. Raises `ValidationException`."""
    if not isinstance(document, dict) or document.get("bomFormat") != "CycloneDX":
        raise invalid("The SBOM has to be a CycloneDX document.", "sbom")
    if not isinstance(document.get("components", []), list):
        raise invalid("components has to be a list.", "sbom")
    packages: list[Package] = []
    platform, whole = "", True
    for component in cyclonedx.components(document):
        if component.type == "operating-system" and component.name and not platform:
            platform = _platform(component.name, component.version)
        whole = whole and component is not MALFORMED
        if component.package is None:
            continue
        packages.append(msgspec.structs.replace(component.package, ref=""))
        if len(packages) > MOST_PACKAGES:
            raise invalid(f"The SBOM has more than {MOST_PACKAGES} packages.", "sbom")
    return Sent(tuple(dict.fromkeys(packages)), platform, cyclonedx.declared_complete(document) and whole)


def _platform(id: str, version: str) -> str:
    family = _FAMILIES.get(id.lower(), id.upper().replace("-", "_"))
    return f"{family}_{version.replace('.', '_')}" if version else family
