"""The upgrade to make, as people of each ecosystem would type it."""

from __future__ import annotations

from garrison.scan.inventory.package import Package, PackageManager


def command(package: Package, fixed: str) -> str:
    """A command that brings the package to the fixed version; empty if there is no such version.

    For a distribution's package it is the package manager's upgrade: which build it brings is the repository's affair.
    """
    if not fixed:
        return ""
    name = package.name
    manager = package.manager
    if manager is PackageManager.OS:
        return _os(package.ecosystem.partition(":")[0], name)
    if manager in (PackageManager.NPM, PackageManager.NODEPKG):
        return f"npm install {name}@{fixed}"
    if manager is PackageManager.YARN:
        return f"yarn up {name}@{fixed}"
    if manager in (PackageManager.PIP, PackageManager.PYTHONPKG):
        return f"pip install --upgrade '{name}>={fixed}'"
    if manager is PackageManager.PIPENV:
        return f"pipenv upgrade '{name}>={fixed}'"
    if manager is PackageManager.POETRY:
        return f"poetry add '{name}>={fixed}'"
    if manager in (PackageManager.GOMOD, PackageManager.GOBINARY):
        if name in ("stdlib", "toolchain"):
            return f"go get toolchain@go{fixed}, and build again"
        return f"go get {name}@v{fixed.removeprefix('v')}" + (
            ", and build again" if manager is PackageManager.GOBINARY else ""
        )
    if manager is PackageManager.CARGO:
        return f"cargo update -p {name} --precise {fixed.removesuffix('-0')}"
    if manager in (PackageManager.BUNDLER, PackageManager.GEMSPEC):
        return f"bundle update --conservative {name}"
    if manager is PackageManager.COMPOSER:
        return f"composer require '{name}:^{fixed}'"
    if manager in (PackageManager.NUGET, PackageManager.DOTNET_CORE):
        return f"dotnet add package {name} --version {fixed}"
    return f"Use {name} {fixed} or newer"


def _os(base: str, name: str) -> str:
    if base in ("Debian", "Ubuntu", "Echo"):
        return f"apt-get install --only-upgrade {name}"
    if base in ("Alpine", "Wolfi", "Chainguard", "MinimOS"):
        return f"apk upgrade {name}"
    if base in ("SUSE", "openSUSE"):
        return f"zypper update {name}"
    if base in ("Azure Linux", "CBL-Mariner", "Photon OS"):
        return f"tdnf update {name}"
    return f"dnf upgrade {name}"
