"""Whether a version is one of those an advisory is about, and what it is fixed in."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from garrison.scan.inventory.package import Package
from garrison.scan.versions import Scheme, scheme_of
from garrison.scan.vulndb.database import Database, Rule


class Hit(NamedTuple):
    """An advisory that is about a package."""

    rid: int
    fixed: str
    """Empty: no fix known."""
    not_fixed: str
    """Why there is none, if the source says."""


_BY_SOURCE = frozenset(["Debian", "Ubuntu", "Echo", "Alpine", "Wolfi", "Chainguard", "MinimOS"])
"""Distributions whose advisories name source packages."""
_BY_BOTH = frozenset(
    ["Rocky Linux", "SUSE", "openSUSE", "Mageia", "openEuler", "Photon OS", "Azure Linux", "CBL-Mariner"]
)
"""Of these some feeds name source packages and some the packages made of them."""


def candidates(package: Package) -> tuple[tuple[str, str, str], ...]:
    """Ecosystem, name and version under which advisories may speak of a package."""
    ecosystem = package.ecosystem
    base, colon, release = ecosystem.partition(":")
    if base in _BY_SOURCE:
        found = [(ecosystem, package.matched_name, package.matched_version)]
    else:
        found = [(ecosystem, _name(base, package.name), package.native_version)]
        if base in _BY_BOTH and package.source_name:
            found.append((ecosystem, package.source_name, package.matched_version))
    if colon:
        # An advisory for a distribution without a release is for all of them.
        found += [(base, name, version) for _, name, version in found]
        if base == "Azure Linux" and release == "2":
            found += [("CBL-Mariner:2", name, version) for _, name, version in found[:1]]
    return tuple(found)


def _name(base: str, name: str) -> str:
    return name.lower() if base in ("NuGet", "Packagist") else name


def rules_for(package: Package, database: Database) -> bool:
    """Whether any advisory speaks of the package, whatever its version."""
    return any(database.rules(ecosystem, name) for ecosystem, name, _ in candidates(package))


def hits(package: Package, database: Database) -> tuple[Hit, ...]:
    """The advisories that are about this version of the package."""
    found: dict[int, Hit] = {}
    for ecosystem, name, version in candidates(package):
        rules = database.rules(ecosystem, name)
        if not rules:
            continue
        scheme = scheme_of(ecosystem)
        for rule in rules:
            if rule.rid in found and found[rule.rid].fixed:
                continue
            if (rule.module or scheme is Scheme.RPM) and not _same_module(rule.module, package):
                continue
            if affects(rule, version, scheme):
                found[rule.rid] = Hit(rule.rid, rule.fixed, rule.not_fixed)
    return tuple(found.values())


def affects(rule: Rule, version: str, scheme: Scheme) -> bool:
    """Whether the rule's interval or list has the version."""
    if rule.versions and f"\n{version}\n" in rule.versions:
        return True
    if rule.introduced is None:
        return scheme.key(version) in _listed(rule.versions, scheme)
    if scheme is Scheme.RPM:
        return _rpm(rule, version, scheme)
    key = scheme.key
    own = key(version)
    if rule.introduced and own < key(rule.introduced):
        return False
    if rule.fixed:
        return bool(own < key(rule.fixed))
    return not rule.last_affected or bool(own <= key(rule.last_affected))


def _rpm(rule: Rule, version: str, scheme: Scheme) -> bool:
    # Without a release in the advisory, releases are not compared.
    if rule.introduced and scheme.compare(version, rule.introduced) < 0:
        return False
    if rule.fixed:
        return scheme.compare(version, rule.fixed) < 0
    return not rule.last_affected or scheme.compare(version, rule.last_affected) <= 0


@lru_cache(maxsize=4096)
def _listed(versions: str, scheme: Scheme) -> tuple[object, ...]:
    return tuple(scheme.key(v) for v in versions.split("\n") if v)


def _same_module(module: str, package: Package) -> bool:
    """A package of a module stream is compared with advisories for that stream alone, all others with none."""
    own = package.modularity
    if not module:
        return not own and ".module" not in package.release
    if not own:
        return module == "*" and ".module" in package.release
    return module == "*" or own == module or own.startswith(module + ":")


__all__ = ["Hit", "affects", "candidates", "hits", "rules_for"]
