"""Names of ecosystems and packages, spelled one way on both sides of a match."""

from __future__ import annotations

import re

_PEP503 = re.compile(r"[-_.]+")

DEBIAN = {
    "buzz": "1.1", "rex": "1.2", "bo": "1.3", "hamm": "2.0", "slink": "2.1", "potato": "2.2", "woody": "3.0",
    "sarge": "3.1", "etch": "4.0", "lenny": "5.0", "squeeze": "6.0", "wheezy": "7", "jessie": "8", "stretch": "9",
    "buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13", "forky": "14", "duke": "15", "sid": "unstable",
}  # fmt: skip
"""Debian's releases by code name."""


def canonical(ecosystem: str, name: str) -> str:
    """A package's name as it is looked up: PyPI by PEP 503, NuGet and Composer lower-case, all others as written."""
    base = ecosystem.partition(":")[0]
    if base == "PyPI":
        return _PEP503.sub("-", name).lower()
    if base in ("NuGet", "Packagist"):
        return name.lower()
    return name


def ecosystem(text: str) -> str:
    """An ecosystem as advisories name it -> as it is looked up.

    Red Hat's are platform names (`Red Hat:enterprise_linux:9::appstream`, `Red Hat:rhel_eus:9.4::baseos`): of the plain
    product the major release remains, other products stay apart.
    """
    base, colon, release = text.partition(":")
    if not colon:
        return text
    if base == "Red Hat":
        product, _, rest = release.partition(":")
        if product == "enterprise_linux":
            return f"Red Hat:{rest.partition(':')[0].partition('.')[0]}"
        return text
    if base in ("AlmaLinux", "Rocky Linux", "Oracle Linux"):
        return f"{base}:{release.partition('.')[0]}"
    if base == "Debian":
        return f"Debian:{DEBIAN.get(release.lower(), release)}"
    return text
