"""Which ecosystem orders its versions how."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from typing import Any

from garrison.scan.versions import apk, composer, dpkg, gem, maven, nuget, pep440, rpm, semver


class Scheme(StrEnum):
    """An order of versions."""

    DPKG = "dpkg"
    RPM = "rpm"
    APK = "apk"
    PEP440 = "pep440"
    SEMVER = "semver"
    GEM = "gem"
    MAVEN = "maven"
    NUGET = "nuget"
    COMPOSER = "composer"

    @property
    def key(self) -> Callable[[str], Any]:
        """Turns a version into what orders it: comparable with keys of the same scheme."""
        return _KEYS[self]

    def compare(self, one: str, other: str) -> int:
        """Below 0, 0 or above, as `one` is older than, the same as or newer than `other`."""
        if self is Scheme.RPM and ("-" in one) != ("-" in other):
            one, other = rpm.without_release(one), rpm.without_release(other)
        a, b = self.key(one), self.key(other)
        return 0 if a == b else -1 if a < b else 1


_KEYS: dict[Scheme, Callable[[str], Any]] = {
    Scheme.DPKG: dpkg.key,
    Scheme.RPM: rpm.key,
    Scheme.APK: apk.key,
    Scheme.PEP440: pep440.key,
    Scheme.SEMVER: semver.key,
    Scheme.GEM: gem.key,
    Scheme.MAVEN: maven.key,
    Scheme.NUGET: nuget.key,
    Scheme.COMPOSER: composer.key,
}

_SCHEMES: dict[str, Scheme] = {
    "Debian": Scheme.DPKG,
    "Ubuntu": Scheme.DPKG,
    "Echo": Scheme.DPKG,
    "AlmaLinux": Scheme.RPM,
    "Amazon Linux": Scheme.RPM,
    "Azure Linux": Scheme.RPM,
    "CentOS": Scheme.RPM,
    "Fedora": Scheme.RPM,
    "Mageia": Scheme.RPM,
    "openEuler": Scheme.RPM,
    "openSUSE": Scheme.RPM,
    "Oracle Linux": Scheme.RPM,
    "Photon OS": Scheme.RPM,
    "Red Hat": Scheme.RPM,
    "Rocky Linux": Scheme.RPM,
    "SUSE": Scheme.RPM,
    "Alpine": Scheme.APK,
    "Chainguard": Scheme.APK,
    "MinimOS": Scheme.APK,
    "Wolfi": Scheme.APK,
    "PyPI": Scheme.PEP440,
    "RubyGems": Scheme.GEM,
    "Maven": Scheme.MAVEN,
    "NuGet": Scheme.NUGET,
    "Packagist": Scheme.COMPOSER,
}


@lru_cache(maxsize=4096)
def scheme_of(ecosystem: str) -> Scheme:
    """The order of an ecosystem as OSV names it, with or without a release; semantic versions where none is its own."""
    return _SCHEMES.get(ecosystem.partition(":")[0], Scheme.SEMVER)
