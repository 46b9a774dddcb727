"""One package as it was found, whatever installed it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class PackageManager(StrEnum):
    """Inspector's `PackageManager` enum; every value as the API spells it."""

    OS = "OS"
    PYTHONPKG = "PYTHONPKG"
    PIP = "PIP"
    PIPENV = "PIPENV"
    POETRY = "POETRY"
    NODEPKG = "NODEPKG"
    NPM = "NPM"
    YARN = "YARN"
    GOBINARY = "GOBINARY"
    GOMOD = "GOMOD"
    CARGO = "CARGO"
    JAR = "JAR"
    POM = "POM"
    BUNDLER = "BUNDLER"
    GEMSPEC = "GEMSPEC"
    COMPOSER = "COMPOSER"
    NUGET = "NUGET"
    DOTNET_CORE = "DOTNET_CORE"


class Package(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A name and a version in an ecosystem, and where they stand. The same package at two paths is two of these.

    `native_version` is what versions are compared by; `version`, `epoch` and `release` are its parts, as Inspector's
    `VulnerablePackage` has them.
    """

    ecosystem: str
    """As OSV names it, with a distribution's release: `PyPI`, `Debian:12`, `Ubuntu:22.04:LTS`, `Alpine:v3.19`. A
    distribution OSV lacks is named in the same manner (`Amazon Linux:2023`); empty: not known."""
    name: str
    """In the ecosystem's canonical spelling: PyPI by PEP 503, Maven `group:artifact`, NuGet and Composer lower-case
    for Composer and as written for NuGet, Go and npm as written."""
    version: str
    """Without epoch and release. Go: without the leading `v`; its toolchain's standard library is named `stdlib`."""
    epoch: int | None = None
    """deb and rpm; None where none is written."""
    release: str = ""
    """rpm's release, deb's Debian revision, apk's `r0`."""
    arch: str = ""
    source_name: str = ""
    """deb, rpm, apk: the source package, which is what their advisories name; empty where it is the same as `name`."""
    source_version: str = ""
    """Full version of the source package in native form (`1:2.3-4`); empty where it is that of the package."""
    purl: str = ""
    """In Inspector's dialect: the epoch and a different source are qualifiers."""
    manager: PackageManager = PackageManager.OS
    path: str = ""
    """Where it was read: relative to the scanned root, with `/` between parts; in archives `outer.war!/inner.jar`."""
    layer: str = ""
    """`sha256:...`, the diff id of the image layer that last wrote it; empty outside images."""
    modularity: str = ""
    """rpm's modularity label, `nodejs:18:8090020231018081133:rhel9`; empty: not of a module."""
    dev: bool = False
    """Its lock file marks it as wanted for development or tests only."""
    distributed: bool = False
    """A language's package that came with a distribution's package, by where it stands: the distribution's advisories
    speak for it, with its backported fixes, and the language's would be false alarms."""
    collector: str = ""
    """Name of the collector, as Inspector's SBOM generator names it: `debian-dpkg`, `python-pkg`, ..."""
    ref: str = ""
    """SBOMs: the component's `bom-ref` or SPDX id; empty elsewhere."""

    @property
    def native_version(self) -> str:
        """The whole version as the ecosystem writes and compares it: `1:2.3-4` for deb and rpm, `1.2.3-r4` for apk."""
        full = f"{self.version}-{self.release}" if self.release else self.version
        return f"{self.epoch}:{full}" if self.epoch is not None else full

    @property
    def matched_name(self) -> str:
        """What advisories of its ecosystem name: the source package of a distribution's package, else the name."""
        return self.source_name or self.name

    @property
    def matched_version(self) -> str:
        """The version that belongs to `matched_name`."""
        return self.source_version or self.native_version
